"""Network: a cell, its parameters, its activation φ and its read-out g."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from core.network.activations import ACTIVATIONS, Activation
from core.network.cells import CELLS, Cell, Leaky
from core.network.readout import READOUTS, Readout
from core.numerics.frozen import FrozenMapping, FrozenRecord
from core.numerics.given import array_of
from core.numerics.scaled import Floats

OUTPUT_PARAMETERS = ("W_y", "b_y")
"""The read-out's parameters: used after the state, so never behind a Jacobian of the recurrence."""


@dataclass(frozen=True, eq=False)
class Network(FrozenRecord):
    """A recurrent network.

    Raises:
        ValueError: if a name is unknown, a parameter is missing or unknown, a shape does not fit or a number
            is not finite, or no number: a tensor has to be taken out of its library first.
    """

    cell_name: str
    """A key of `core.network.cells.CELLS`, e.g. `rnn`"""
    parameters: Mapping[str, Floats]
    """Those of the cell, W_aa (n_a, n_a), W_ax (n_a, n_x), b_a (n_a,) in the vanilla; and W_y (n_y, n_a), b_y (n_y,)"""
    activation_name: str = "tanh"
    readout_name: str = "identity"
    leak: float = 1.0
    """α of a leaky cell, in [0, 1]; 1 for every other"""

    def __post_init__(self) -> None:
        for given, known, what in (
            (self.cell_name, CELLS, "cell"),
            (self.activation_name, ACTIVATIONS, "activation"),
            (self.readout_name, READOUTS, "readout"),
        ):
            if given not in known:
                raise ValueError(f"unknown {what} {given!r}; known are {', '.join(known)}")
        if not 0.0 <= self.leak <= 1.0:
            raise ValueError(f"leak must lie in 0 … 1, got {self.leak}")
        if self.leak != 1.0 and not isinstance(CELLS[self.cell_name], Leaky):
            raise ValueError(f"the {self.cell.title} cell has no leak; leave leak at 1, got {self.leak}")
        names = (*self.cell.uses(), *OUTPUT_PARAMETERS)
        given_parameters: object = self.parameters
        if not isinstance(given_parameters, Mapping):
            given = type(given_parameters).__name__
            raise ValueError(f"the parameters must be a mapping of {', '.join(names)} to arrays; got {given}")
        if set(self.parameters) != set(names):
            raise ValueError(f"the parameters must be {', '.join(names)}; got {', '.join(self.parameters)}")
        arrays = {name: array_of(self.parameters[name], name, np.float64) for name in names}
        object.__setattr__(self, "parameters", FrozenMapping(arrays))
        for name, axes in {**{n: len(s) for n, s in self.cell.shapes(1, 1, 1).items()}, "W_y": 2}.items():
            if axes > 1 and arrays[name].ndim != axes:
                what = "a matrix" if axes == 2 else "a stack of matrices"
                raise ValueError(f"{name} must be {what}, got shape {arrays[name].shape}")
        shapes = {
            **self.cell.shapes(self.input_size, self.hidden_size, self.layers or 1),
            "W_y": (self.output_size, self.hidden_size),
            "b_y": (self.output_size,),
        }
        for name, array in arrays.items():
            if array.shape != shapes[name]:
                raise ValueError(f"{name} must have shape {shapes[name]} beside the others, got {array.shape}")
            if not np.all(np.isfinite(array)):
                raise ValueError(f"{name} must be finite numbers; remove NaN and infinities")
            array.flags.writeable = False

    @property
    def cell(self) -> Cell:
        """The recurrent cell."""
        return cell_named(self.cell_name, self.leak)

    @property
    def activation(self) -> Activation:
        """φ with its derivative."""
        return ACTIVATIONS[self.activation_name]

    @property
    def readout(self) -> Readout:
        """G with its loss."""
        return READOUTS[self.readout_name]

    @property
    def hidden_size(self) -> int:
        """n_a."""
        return self.parameters["W_y"].shape[1]

    @property
    def state_size(self) -> int:
        """n_state: n_a for every part of the cell's state."""
        return len(self.cell.parts) * self.hidden_size

    @property
    def layers(self) -> int | None:
        """How many steps have numbers of their own; None where all steps share them."""
        untied = [self.parameters[name] for name, use in self.cell.uses().items() if not use.tied]
        return len(untied[0]) if untied else None

    @property
    def input_size(self) -> int:
        """n_x."""
        return next(self.parameters[name].shape[1] for name, use in self.cell.uses().items() if use.source == "x")

    @property
    def output_size(self) -> int:
        """n_y."""
        return self.parameters["W_y"].shape[0]

    def of_steps(self, steps: slice) -> Network:
        """The same network with the numbers of some steps alone (from 0), where steps have numbers of their own."""
        own = {name: self.parameters[name][steps] for name, use in self.cell.uses().items() if not use.tied}
        return self.replace_parameters(**own) if own else self

    def replace_parameters(self, **changes: Floats) -> Network:
        """The same network with some parameters replaced."""
        return replace(self, parameters={**self.parameters, **changes})

    def same_as(self, other: Network) -> bool:
        """Whether the two are one network: the same cell, functions and leak, and every parameter the same numbers."""
        return self.kind == other.kind and all(
            np.array_equal(array, other.parameters[name]) for name, array in self.parameters.items()
        )

    @property
    def kind(self) -> tuple[object, ...]:
        """All but the numbers: the cell, φ, g, the leak and every parameter's shape; equal for networks of one kind."""
        shapes = tuple((name, array.shape) for name, array in self.parameters.items())
        return self.cell_name, self.activation_name, self.readout_name, self.leak, shapes


def cell_named(name: str, leak: float = 1.0) -> Cell:
    """The recurrent cell of that name; where it is one that leaks, with this leak α.

    Args:
        name: A key of `core.network.cells.CELLS`.
        leak: α in [0, 1]; a cell that does not leak has none, and is returned as it is.
    """
    cell = CELLS[name]
    return replace(cell, leak=leak) if isinstance(cell, Leaky) and leak != 1.0 else cell
