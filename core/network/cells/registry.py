"""The cells by name: the one list that the setting `cell`, its help and every error message are made from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from core.network.activations import ACTIVATIONS
from core.network.cells.embedding import EmbeddingLayer
from core.network.cells.projected import ProjectedLSTM
from core.network.cells.protocol import Cell

_CELLS: dict[str, Cell] = {}

CELLS: Mapping[str, Cell] = MappingProxyType(_CELLS)
"""Name → cell, in the order of display; `register` adds to it"""

GIVEN_ONLY: Mapping[str, Cell] = MappingProxyType({"lstm-projected": ProjectedLSTM(), "embedding": EmbeddingLayer()})
"""Name → cell of networks that are given, from a file or from Python, and that no setting draws"""


def cell_of(name: str) -> Cell:
    """The cell of this name, whether settings can draw it or not.

    Raises:
        ValueError: if there is none.
    """
    found = CELLS.get(name) or GIVEN_ONLY.get(name)
    if found is None:
        raise ValueError(f"unknown cell {name!r}; known are {', '.join([*CELLS, *GIVEN_ONLY])}")
    return found


def register(cell: Cell) -> Cell:
    """Make a cell known by its name, to settings, files, the command line and the explorer.

    Returns:
        The cell.

    Raises:
        ValueError: if the name is taken or cannot be one, or the cell contradicts itself; the message says how.
    """
    if cell.name in _CELLS:
        raise ValueError(f"there is a cell named {cell.name!r} already; give another name than {', '.join(_CELLS)}")
    if not re.fullmatch("[a-z][a-z0-9-]*", cell.name):
        raise ValueError(f"a cell's name is lower-case letters, digits and hyphens, a letter first; got {cell.name!r}")
    for problem in problems(cell):
        raise ValueError(f"the cell {cell.name!r}: {problem}")
    _CELLS[cell.name] = cell
    return cell


def unregister(name: str) -> None:
    """Forget a cell that was registered.

    Raises:
        ValueError: if there is no cell of this name.
    """
    if name not in _CELLS:
        raise ValueError(f"unknown cell {name!r}; known are {', '.join(_CELLS)}")
    del _CELLS[name]


def problems(cell: Cell) -> tuple[str, ...]:
    """Where what a cell says of itself does not fit together, a sentence each; none where all is well."""
    uses, shapes, parts = cell.uses(), cell.shapes(2, 3, 4), cell.parts(3)
    made, widths, symbols = tuple(cell.functions(ACTIVATIONS["tanh"])), cell.widths(3), cell.symbols()
    lines, read_out = cell.equations(), [part.name for part in parts if part.read_out]
    found = []
    if type(cell).__hash__ is None:
        found.append("it has no hash, and cells that are made of it are looked up by it; write @dataclass(frozen=True)")
    if len(read_out) != 1:
        found.append(f"exactly one part of the state is read out, got {', '.join(read_out) or 'none'}")
    if set(shapes) != set(uses):
        found.append(f"shapes() has {', '.join(shapes)}, uses() has {', '.join(uses)}; give the same parameters")
    if set(widths) != set(made):
        found.append(f"widths() has {', '.join(widths)}, functions() has {', '.join(made)}; give the same")
    if not cell.constants.keys() <= set(cell.settings):
        missing = ", ".join(sorted(cell.constants.keys() - set(cell.settings)))
        found.append(f"its constants are settings of its own, and settings lacks {missing}")
    for name, use in uses.items():
        shape = shapes.get(name, ())
        if use.delta not in made:
            found.append(f"{name} makes {use.delta!r}, which is none of {', '.join(made)}")
        if use.source not in symbols:
            found.append(f"{name} reads {use.source!r}, which symbols() does not have: {', '.join(symbols)}")
        if use.role == "recurrent" and (len(shape) < 2 or shape[-1] != shape[-2]):
            found.append(f"{name} is recurrent, so its matrix is square; got shape {shape}")
    if not any(use.role == "recurrent" for use in uses.values()) and cell.direct is None:
        found.append(
            "nothing leads from the state before to the state: no parameter has the role recurrent, and there "
            "is no direct path"
        )
    if not any(use.source == "x" for use in uses.values()):
        found.append("no parameter reads x; one must read the input")
    written = {*made, *(part.name for part in parts)}
    if not written <= set(lines.forward):
        missing = ", ".join(sorted(written - set(lines.forward)))
        found.append(f"equations().forward has no line for {missing}; give one for each pre-activation and part")
    return tuple(found)
