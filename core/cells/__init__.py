"""Recurrent cells behind one protocol: one file a cell, found by name in `CELLS`."""

from core.cells.protocol import Cell, Jacobian, Linearization, Pulled, Use
from core.cells.vanilla import Vanilla

CELLS: dict[str, Cell] = {"rnn": Vanilla()}

__all__ = ["CELLS", "Cell", "Jacobian", "Linearization", "Pulled", "Use", "Vanilla"]
