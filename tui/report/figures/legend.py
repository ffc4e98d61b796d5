"""What each line of a plot is: samples with their names, in rows above it, where no data is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tui.report.figures.shapes import Area, Dot, Line, Text, rectangle, text_width

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui.report.figures.shapes import Marker, Sheet
    from tui.report.figures.themes import Look


@dataclass(frozen=True)
class Entry:
    """A line of the legend: how something looks, and what it is."""

    name: str
    color: str
    marker: Marker | None = None
    line: bool = True
    dash: tuple[float, ...] = ()
    band: str = ""
    """The color of what is shaded; empty where nothing is"""
    opacity: float = 1.0
    width: float = 1.0
    """How wide the line is, in widths of a line"""


SAMPLE: Final = 2.4
"""The length of a sample, in letters"""

BETWEEN: Final = 1.2
"""Between two entries, in letters"""


def legend_rows(entries: Sequence[Entry], width: float, look: Look) -> list[list[Entry]]:
    """The entries in as many rows as they need.

    Args:
        entries: What there is to tell.
        width: Points across.
        look: The size of letters.
    """
    rows: list[list[Entry]] = []
    left = 0.0
    for entry in entries:
        needed = _width(entry, look)
        if not rows or left + needed > width:
            rows.append([])
            left = 0.0
        rows[-1].append(entry)
        left += needed + BETWEEN * look.font
    return rows


def _width(entry: Entry, look: Look) -> float:
    sample = SAMPLE if entry.line or entry.band else 1.0
    return look.font * (sample + 0.4) + text_width(entry.name, look.font * 0.92)


def draw_legend(sheet: Sheet, rows: Sequence[Sequence[Entry]], left: float, top: float, look: Look) -> float:
    """Write the rows, and return where they end.

    Args:
        sheet: Where to draw.
        rows: As `legend_rows` has them.
        left: Where they begin.
        top: Where the first begins.
        look: Colors and sizes.
    """
    size = look.font
    for row in rows:
        x, middle = left, top + size * 0.62
        for entry in row:
            length = size * (SAMPLE if entry.line or entry.band else 1.0)
            if entry.band:
                sheet.add(Area(rectangle(x, middle - size * 0.35, length, size * 0.7), entry.band))
            if entry.line:
                run = [(x, middle), (x + length, middle)]
                width = look.line * entry.width
                dash = tuple(one * width for one in entry.dash)
                sheet.add(Line([run], entry.color, width, dash, entry.opacity))
            if entry.marker is not None:
                sheet.add(Dot((x + length / 2, middle), size * 0.27, entry.color, entry.marker, look.paper))
            small = size * 0.92
            sheet.add(Text((x + length + size * 0.4, middle + small * 0.35), entry.name, small, look.ink))
            x += _width(entry, look) + BETWEEN * size
        top += size * 1.35
    return top
