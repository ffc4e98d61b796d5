"""Recurrent cells behind one protocol: one file a cell, found by name in `CELLS`."""

from core.network.cells.deep import Deep
from core.network.cells.gru import GRU
from core.network.cells.lstm import LSTM
from core.network.cells.protocol import Cell, DirectFactor, Equations, Jacobian, Linearization, Pulled, Use
from core.network.cells.vanilla import Leaky, Vanilla

CELLS: dict[str, Cell] = {"rnn": Vanilla(), "gru": GRU(), "lstm": LSTM(), "deep": Deep()}

__all__ = [
    "CELLS",
    "GRU",
    "LSTM",
    "Cell",
    "Deep",
    "DirectFactor",
    "Equations",
    "Jacobian",
    "Leaky",
    "Linearization",
    "Pulled",
    "Use",
    "Vanilla",
]
