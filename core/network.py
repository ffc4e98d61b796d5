"""Network: a cell, its parameters, its activation φ and its read-out g."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from core.activations import ACTIVATIONS, Activation
from core.cells import CELLS, Cell
from core.readout import READOUTS, Readout
from core.scaled import Floats

OUTPUT_PARAMETERS = ("W_y", "b_y")
"""The read-out's parameters: used after the state, so never behind a Jacobian of the recurrence."""


@dataclass(frozen=True, eq=False)
class Network:
    """A recurrent network.

    Raises:
        ValueError: if a name is unknown, a parameter is missing or unknown, a shape does not fit or a number
            is not finite.
    """

    cell_name: str
    """A key of `core.cells.CELLS`, e.g. `rnn`"""
    parameters: Mapping[str, Floats]
    """W_aa (n_a, n_a), W_ax (n_a, n_x), b_a (n_a,), W_y (n_y, n_a), b_y (n_y,)"""
    activation_name: str = "tanh"
    readout_name: str = "identity"

    def __post_init__(self) -> None:
        for given, known, what in (
            (self.cell_name, CELLS, "cell"),
            (self.activation_name, ACTIVATIONS, "activation"),
            (self.readout_name, READOUTS, "readout"),
        ):
            if given not in known:
                raise ValueError(f"unknown {what} {given!r}; known are {', '.join(known)}")
        names = (*self.cell.uses(), *OUTPUT_PARAMETERS)
        if set(self.parameters) != set(names):
            raise ValueError(f"the parameters must be {', '.join(names)}; got {', '.join(self.parameters)}")
        arrays = {name: np.array(self.parameters[name], dtype=np.float64) for name in names}
        object.__setattr__(self, "parameters", MappingProxyType(arrays))
        for name in (*names[:2], "W_y"):
            if arrays[name].ndim != 2:
                raise ValueError(f"{name} must be a matrix, got shape {arrays[name].shape}")
        shapes = {
            **self.cell.shapes(self.input_size, self.hidden_size),
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
        return CELLS[self.cell_name]

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
    def input_size(self) -> int:
        """n_x."""
        return next(self.parameters[name].shape[1] for name, use in self.cell.uses().items() if use.source == "x")

    @property
    def output_size(self) -> int:
        """n_y."""
        return self.parameters["W_y"].shape[0]

    def replace_parameters(self, **changes: Floats) -> Network:
        """The same network with some parameters replaced."""
        return Network(self.cell_name, {**self.parameters, **changes}, self.activation_name, self.readout_name)
