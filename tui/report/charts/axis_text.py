"""What is written around a canvas: tick labels where their ticks are, text in exactly so many cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from rich.cells import cell_len, set_cell_size

from tui.report.charts.path import to_unit

if TYPE_CHECKING:
    from tui.report.charts.path import Limits
    from tui.report.charts.ticks import Ticks


def tick_cells(ticks: Ticks, limits: Limits, cells: int, per_cell: int) -> list[tuple[int, str]]:
    """Place the ticks that are on the scale: (cell, label), one a cell."""
    positions = np.asarray(ticks.positions, dtype=np.float64)
    units = to_unit(positions, limits)
    found: dict[int, str] = {}
    for unit, label in zip(units.tolist(), ticks.labels, strict=True):
        if 0 <= unit <= 1:
            found.setdefault(int(unit * (cells * per_cell - 1) + 0.5) // per_cell, clean(label))
    return sorted(found.items())


def tick_line(ticks: list[tuple[int, str]], left: int, width: int) -> str:
    """Labels centered under their ticks, leaving out any that would touch the one before."""
    line = ""
    for cell, label in ticks:
        size = cell_len(label)
        start = min(max(0, left + cell - (size - 1) // 2), width - size)
        used = cell_len(line)
        if size and start >= used + (1 if used else 0):
            line += " " * (start - used) + label
    return fit(line, width)


def single(text: str) -> str:
    """The text with every character one cell wide."""
    return "".join(character if cell_len(character) == 1 else "?" for character in clean(text))


def clean(text: str) -> str:
    """The text without what a terminal might obey."""
    return "".join(character for character in text if character.isprintable())


def fit(text: str, width: int, align: Literal["left", "center", "right"] = "left", *, pad_right: int = 0) -> str:
    """`text` in exactly `width` cells, cut with … where it is longer."""
    text, room = clean(text), max(0, width - pad_right)
    if cell_len(text) > room:
        text = set_cell_size(text, room - 1) + "…" if room else ""
    spare = room - cell_len(text)
    before = {"left": 0, "center": spare // 2, "right": spare}[align]
    return " " * before + text + " " * (spare - before + pad_right)
