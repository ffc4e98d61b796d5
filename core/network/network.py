"""Network: a cell, its parameters, its activation φ and its read-out g."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from core.network.activations import ACTIVATIONS, Activation
from core.network.cells import CELLS, Cell, Part, Use
from core.network.readout import READOUTS, Readout
from core.numerics.frozen import FrozenMapping, FrozenRecord
from core.numerics.given import array_of
from core.numerics.scaled import Floats


@dataclass(frozen=True, eq=False)
class Network(FrozenRecord):
    """A recurrent network.

    Raises:
        ValueError: if a name is unknown, a parameter is missing or unknown, a shape does not fit or a number
            is not finite, or no number: a tensor has to be taken out of its library first.

    Runnable example:

        >>> import numpy as np
        >>> import core
        >>> network = core.Network(
        ...     "rnn",
        ...     {
        ...         "W_aa": np.diag([0.5, 0.9]),
        ...         "W_ax": np.ones((2, 1)),
        ...         "b_a": np.zeros(2),
        ...         "W_y": np.ones((1, 2)),
        ...         "b_y": np.zeros(1),
        ...     },
        ... )
        >>> network.hidden_size, network.activation_name, network.input_size, network.output_size
        (2, 'tanh', 1, 1)
    """

    cell_name: str
    """A key of `core.network.cells.CELLS`, e.g. `rnn`"""
    parameters: Mapping[str, Floats]
    """The cell's, W_aa (n_a, n_a), W_ax (n_a, n_x), b_a (n_a,) in the vanilla cell; and the read-out's, W_y
    (n_y, n_a), b_y (n_y,)"""
    activation_name: str = "tanh"
    readout_name: str = "identity"
    """A key of `core.network.readout.READOUTS`; `none` for a network without W_y and b_y, see `Batch.injected`"""
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
        if self.leak != 1.0:
            CELLS[self.cell_name].leaking(self.leak)  # a ValueError where the cell has none
        names = tuple(self.uses)
        given_parameters: object = self.parameters
        if not isinstance(given_parameters, Mapping):
            given = type(given_parameters).__name__
            raise ValueError(f"the parameters must be a mapping of {', '.join(names)} to arrays; got {given}")
        if set(self.parameters) != set(names):
            raise ValueError(f"the parameters must be {', '.join(names)}; got {', '.join(self.parameters)}")
        arrays = {name: array_of(self.parameters[name], name, np.float64) for name in names}
        object.__setattr__(self, "parameters", FrozenMapping(arrays))
        self._check_shapes(arrays)
        for name, array in arrays.items():
            if not np.isfinite(array).all():
                raise ValueError(f"{name} must be finite numbers; remove NaN and infinities")
            array.flags.writeable = False

    def _check_shapes(self, arrays: Mapping[str, Floats]) -> None:
        """The sizes are taken from axes of some parameters; all parameters must have these axes and fit the sizes."""
        for name, shape in {**self.cell.shapes(1, 1, 1), **self.readout.shapes(1, 1)}.items():
            axes = len(shape)
            if axes > 1 and arrays[name].ndim != axes:
                what = "a matrix" if axes == 2 else "a stack of matrices"
                raise ValueError(f"{name} must be {what}, got shape {arrays[name].shape}")
        shapes = {
            **self.cell.shapes(self.input_size, self.hidden_size, self.layers or 1),
            **self.readout.shapes(self.output_size, self.read_out.width),
        }
        for name, array in arrays.items():
            if array.shape != shapes[name]:
                raise ValueError(f"{name} must have shape {shapes[name]} to fit the others, got {array.shape}")

    @cached_property
    def cell(self) -> Cell:
        """The recurrent cell: its equations, forward and back, and the facts about it."""
        return cell_named(self.cell_name, self.leak)

    @property
    def activation(self) -> Activation:
        """The activation function φ with its derivative."""
        return ACTIVATIONS[self.activation_name]

    @property
    def readout(self) -> Readout:
        """W_y and b_y, the function g and its loss; or what stands in their place."""
        return READOUTS[self.readout_name]

    @cached_property
    def uses(self) -> Mapping[str, Use]:
        """Every parameter → its use: those of the cell, then those of the read-out."""
        return {**self.cell.uses(), **self.readout.uses}

    def symbol(self, parameter: str) -> str:
        """How what a parameter reads is written at step s: `a⟨s−1⟩`, `x⟨s⟩`, `1`; `a⟨s⟩` of the read-out."""
        use = self.uses[parameter]
        if use.role != "readout":
            return self.cell.symbols()[use.source]
        return "1" if use.source == "1" else f"{self.read_out.name}⟨s⟩"

    @cached_property
    def hidden_size(self) -> int:
        """n_a, the number of hidden units."""
        return self.cell.hidden_size(self.parameters)

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """The parts of the state, in their order."""
        return self.cell.parts(self.hidden_size)

    @cached_property
    def read_out(self) -> Part:
        """The part of the state that the read-out reads."""
        return next(part for part in self.parts if part.read_out)

    @cached_property
    def state_size(self) -> int:
        """n_state: the numbers of all parts of the cell's state."""
        return sum(part.width for part in self.parts)

    def by_part(self, states: Floats) -> Mapping[str, Floats]:
        """Part of the state → its columns of (…, n_state)."""
        return _split(states, {part.name: part.width for part in self.parts})

    def by_preactivation(self, preactivations: Floats) -> Mapping[str, Floats]:
        """Pre-activation → its columns of (…, n_z), where all stand side by side."""
        widths = self.cell.widths(self.hidden_size)
        return _split(preactivations, {name: widths[name] for name in self.cell.functions(self.activation)})

    def injected(self, errors: Floats) -> Floats:
        """W_yᵀ e⟨t⟩ at the part that is read out, 0 at all others: (…, n_state) from the errors (…, n_y)."""
        values = self.readout.injected(self.parameters, errors)
        if values.shape[-1] == self.state_size:
            return values
        whole = np.zeros((*values.shape[:-1], self.state_size))
        self.by_part(whole)[self.read_out.name][...] = values
        return whole

    @property
    def state_name(self) -> str:
        """The whole state in symbols: `a`, or `(a, c)` where it has more parts."""
        names = [part.name for part in self.parts]
        return names[0] if len(names) == 1 else f"({', '.join(names)})"

    @cached_property
    def layers(self) -> int | None:
        """How many steps have numbers of their own; None where all steps share them."""
        untied = [self.parameters[name] for name, use in self.cell.uses().items() if not use.tied]
        return len(untied[0]) if untied else None

    @cached_property
    def input_size(self) -> int:
        """n_x: how many inputs the network has at each step."""
        return next(self.parameters[name].shape[1] for name, use in self.cell.uses().items() if use.source == "x")

    @cached_property
    def output_size(self) -> int:
        """n_y, the number of outputs; without a read-out as many as one would read."""
        return self.readout.output_size(self.parameters, self.read_out.width)

    def of_steps(self, steps: slice) -> Network:
        """This network over some of its steps (from 0): where steps have numbers of their own, only those steps'."""
        own = {name: self.parameters[name][steps] for name, use in self.cell.uses().items() if not use.tied}
        return self.replace_parameters(**own) if own else self

    def replace_parameters(self, **changes: Floats) -> Network:
        """A network of this kind in which some parameters are replaced by those given, name by name."""
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
    return cell.leaking(leak) if "leak" in cell.settings and leak != 1.0 else cell


def _split(values: Floats, widths: Mapping[str, int]) -> Mapping[str, Floats]:
    """Name → so many of the last axis, one after another; views."""
    found, start = {}, 0
    for name, width in widths.items():
        found[name] = values[..., start : start + width]
        start += width
    return found
