"""What keeps lines apart where they coincide: each has its turn in the cells they share, and markers that interleave.

A cell of a terminal has one color and one character. Where several lines run through the same cells, the last one that
is drawn would hide the others, exactly where "they go together" is what is to be seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tui.report.charts.drawn_series import FAINT
from tui.report.charts.glyph_grid import NONE, pack
from tui.report.charts.path import dots

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tui.report.charts.area import Area
    from tui.report.charts.drawn_series import DrawnSeries
    from tui.report.charts.glyph_grid import GlyphGrid
    from tui.report.palette import RGB

STRETCH: Final = 2
"""Columns in a row of one color where lines share their cells"""

GAP: Final = 3
"""Columns from a marker of one line to that of the next"""

CLOSE: Final = 2
"""Columns from a marker to the next one for more lines than `MANY`, and where nothing but markers tells them apart"""

AT_END: Final = 2
"""Columns without a marker before the names at the ends, which begin with one"""

MANY: Final = 4


def tell_apart(lines: Sequence[DrawnSeries], grid: GlyphGrid, area: Area, *, plain: bool) -> None:
    """Share out the cells that several lines cover, and put each line's marker on it at intervals.

    Args:
        lines: Those to tell apart, in their order.
        grid: Where they are drawn already.
        area: The place of the data on it.
        plain: Whether every line is drawn of markers, so that it needs no others.
    """
    if not lines:
        return
    owner = owners(np.stack([line.cells for line in lines]), 1 if plain else STRETCH)
    for row, column in np.argwhere(owner >= 0).tolist():
        line = lines[owner[row, column]]
        faint = column >= line.faint_column
        y, x = area.top + area.height - 1 - row, area.left + column
        if plain:
            grid.glyphs[y, x] = FAINT if faint else line.glyph
        else:
            grid.ink[y, x] = _packed(line.faint if faint else line.color)
    gap = CLOSE if plain or len(lines) > MANY else GAP
    found = [slots(line, place, len(lines), area.width, area.height, gap) for place, line in enumerate(lines)]
    for (column, row), line in _by_turns(lines, found):
        faint = column >= line.faint_column
        if not plain or faint:
            ink = _packed(line.faint if faint else line.color)
            grid.write(area.left + column, area.top + area.height - 1 - row, line.glyph, ink)


def _by_turns(
    lines: Sequence[DrawnSeries], found: Sequence[list[tuple[int, int]]]
) -> list[tuple[tuple[int, int], DrawnSeries]]:
    """The cells with a marker, and whose it is: those that several lines would have go round among them."""
    asked_for: dict[tuple[int, int], list[DrawnSeries]] = {}
    for line, cells in zip(lines, found, strict=True):
        for cell in cells:
            asked_for.setdefault(cell, []).append(line)
    shared = sorted(cell for cell, several in asked_for.items() if len(several) > 1)
    turns = {cell: turn for turn, cell in enumerate(shared)}
    return [(cell, several[turns.get(cell, 0) % len(several)]) for cell, several in asked_for.items()]


def owners(covered: NDArray[np.bool_], stretch: int) -> NDArray[np.intp]:
    """Whose turn it is in each cell that more than one line covers, (height, width); −1 in all others.

    Args:
        covered: (lines, height, width), which cells each line covers.
        stretch: Columns that a turn takes.
    """
    count = np.count_nonzero(covered, axis=0)
    turn = np.arange(covered.shape[2]) // stretch % np.maximum(count, 1)
    rank = np.cumsum(covered, axis=0) - 1
    return np.where(count > 1, np.argmax(covered & (rank == turn), axis=0), -1)


def slots(line: DrawnSeries, place: int, lines: int, width: int, height: int, gap: int) -> list[tuple[int, int]]:
    """The cells (column, row from below) of a line's markers, in columns where no other line has one, if it has room.

    A marker is always at a point of the line: between two that are far apart it would look like a third. Where points
    are farther apart than markers would be, every point has one.

    Args:
        line: A line that goes from left to right.
        place: Its place among the lines.
        lines: How many there are.
        width: Cells across.
        height: Cells down.
        gap: Columns from a marker of one line to that of the next.
    """
    u, v, joined = line.path.u, line.path.v, line.path.joined
    on_line = joined | np.append(joined[1:], False)
    points = np.flatnonzero(on_line)
    if len(points) < 2:
        return []
    columns = dots(u[points], width, 2) // 2
    rows = dots(v[points], height, 4) // 4
    asked_for = np.arange(gap // 2 + place * gap, width - AT_END, lines * gap)
    after = np.clip(np.searchsorted(columns, asked_for), 1, len(points) - 1)
    nearest = np.unique(after - (asked_for - columns[after - 1] <= columns[after] - asked_for))
    room = columns[nearest] < width - AT_END
    return list(zip(columns[nearest[room]].tolist(), rows[nearest[room]].tolist(), strict=True))


def _packed(color: RGB | None) -> int:
    return NONE if color is None else pack(color)
