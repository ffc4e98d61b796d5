"""The names of lines at their right ends, each in a row of its own, and a bracket around those that go together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len

from tui.report.charts.axis_text import single

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui.report.charts.glyph_grid import GlyphGrid
    from tui.report.charts.model import Bracket

GAP: Final = 1
"""Cells between where the data ends and the names"""

LARGEST_SHARE: Final = 0.28
"""What part of the columns the names may have"""


@dataclass(frozen=True)
class EndLabel:
    """A line's name, and where the line ends."""

    name: str
    marker: str
    row: int
    """From the top"""
    ink: int
    height: float = 0.0
    """Which of two that end in one row ends higher"""


@dataclass(frozen=True)
class EndColumn:
    """What there is room for at the right of the data."""

    markers: bool = False
    names: bool = False
    bracket: bool = False
    words: bool = False
    width: int = 0
    """Cells, the gap before the names among them"""
    longest: int = 0
    """Cells of the longest name that there is room for; of a longer one only the marker stands there"""
    gap: int = GAP


def end_column(names: Sequence[str], brackets: Sequence[Bracket], columns: int) -> EndColumn:
    """Find what the columns have room for: the names, a bracket around some of them, and its words.

    Args:
        names: The names of the lines that have one at their ends.
        brackets: What is around some of them.
        columns: Cells that data and names have together.
    """
    if not names:
        return EndColumn()
    room = int(columns * LARGEST_SHARE)
    lengths = sorted(cell_len(single(name)) for name in names)
    plain = GAP + 2 + lengths[-1]
    framed = plain + 2 if brackets else plain
    worded = framed + 1 + max(cell_len(single(one.text)) for one in brackets) if brackets else framed
    for width, bracket, words in ((worded, True, True), (framed, True, False), (plain, False, False)):
        if width <= room:
            return EndColumn(True, True, bracket, words, width, longest=lengths[-1])
    if GAP + 2 + lengths[0] <= room:
        longest = max(length for length in lengths if GAP + 2 + length <= room)
        return EndColumn(markers=True, names=True, width=GAP + 2 + longest, longest=longest)
    return EndColumn(markers=True, width=GAP + 1) if room >= GAP + 1 else EndColumn()


def apart(nearest: Sequence[int], height: int) -> list[int]:
    """A row for each, in the order given, none twice, and as near to those given as may be.

    Args:
        nearest: Where each would best be, in ascending order, no more of them than `height`.
        height: Rows there are, from 0.
    """
    blocks: list[tuple[int, list[int]]] = []
    for row in nearest:
        start, members = row, [row]
        while True:
            start = min(max(start, 0), height - len(members))
            if not blocks or blocks[-1][0] + len(blocks[-1][1]) <= start:
                break
            members = blocks.pop()[1] + members
            start = round(sum(one - place for place, one in enumerate(members)) / len(members))
        blocks.append((start, members))
    return [start + place for start, members in blocks for place in range(len(members))]


def write_ends(
    labels: Sequence[EndLabel],
    brackets: Sequence[Bracket],
    room: EndColumn,
    grid: GlyphGrid,
    left: int,
    top: int,
    height: int,
    ink: int,
) -> None:
    """Write the names from a column on, or else the markers, and the brackets behind them.

    Args:
        labels: What to write; those that there is no row for are left out.
        brackets: What is around some of them; one whose lines do not stand in consecutive order is left out.
        room: What there is room for.
        grid: Where to write.
        left: The column where the names start.
        top: The first row.
        height: Rows there are.
        ink: The color of the brackets.
    """
    ordered = sorted(labels, key=lambda one: (one.row, -one.height))[:height]
    rows = dict(zip((one.name for one in ordered), apart([one.row for one in ordered], height), strict=True))
    for one in ordered:
        named = room.names and cell_len(single(one.name)) <= room.longest
        grid.write(left, top + rows[one.name], f"{one.marker} {single(one.name)}" if named else one.marker, one.ink)
    if not room.bracket:
        return
    column = left + 3 + max((cell_len(single(one.name)) for one in ordered), default=0)
    for bracket in brackets:
        around = sorted(rows[name] for name in bracket.names if name in rows)
        between = [row for name, row in rows.items() if name not in bracket.names and around]
        if len(around) < 2 or any(around[0] < row < around[-1] for row in between):
            continue
        middle = (around[0] + around[-1]) // 2
        for row in range(around[0], around[-1] + 1):
            text = _edge(row, around, middle if room.words else None)
            grid.write(column, top + row, f"{text} {bracket.text}" if room.words and row == middle else text, ink)
        if not room.words:
            _write_near(bracket.text, column, [around[0] - 1, around[-1] + 1], grid, top, height, ink)


def _write_near(text: str, column: int, rows: Sequence[int], grid: GlyphGrid, top: int, height: int, ink: int) -> None:
    """A bracket's words above it or below, up to its column, where nothing else stands and nothing is touched."""
    start = column + 1 - cell_len(single(text))
    for row in rows:
        if 0 <= row < height and start > 0 and (grid.glyphs[top + row, start - 1 : column + 1] == " ").all():
            grid.write(start, top + row, single(text), ink)
            return


def _edge(row: int, around: Sequence[int], middle: int | None) -> str:
    """The character of a bracket in a row: it has a line on the left at every name, on the right before its words."""
    if row == around[0]:
        return "┬" if row == middle else "┐"
    if row == around[-1]:
        return "┴" if row == middle else "┘"
    if row in around:
        return "┼" if row == middle else "┤"
    return "├" if row == middle else "│"
