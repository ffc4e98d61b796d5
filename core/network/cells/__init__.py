"""Recurrent cells behind one protocol: one file a cell, found by name in `CELLS`."""

from core.network.cells.deep import Deep
from core.network.cells.gru import GRU
from core.network.cells.lstm import LSTM
from core.network.cells.protocol import (
    Biases,
    Cell,
    DirectFactor,
    Direction,
    Equations,
    Jacobian,
    Linearization,
    Part,
    Pulled,
    Role,
    Use,
)
from core.network.cells.registry import CELLS, register, unregister
from core.network.cells.vanilla import Leaky, Vanilla

for _cell in (Vanilla(), GRU(), LSTM(), Deep()):
    register(_cell)

__all__ = [
    "CELLS",
    "GRU",
    "LSTM",
    "Biases",
    "Cell",
    "Deep",
    "DirectFactor",
    "Direction",
    "Equations",
    "Jacobian",
    "Leaky",
    "Linearization",
    "Part",
    "Pulled",
    "Role",
    "Use",
    "Vanilla",
    "register",
    "unregister",
]
