"""A chart drawn in the cells of a terminal: a pure function of what it shows, its size and its colors.

`sanitize` maps a series to the unit square, u to the right and v upward, `plotext_canvas` joins its dots in the cells
of a canvas, and `line_markers` keeps apart those that coincide. The frame and what is written is laid around it here.

What a scale cannot show is never dropped quietly: a point above or below it leaves ▲ or ▼ at the border, y = −∞
`Chart.zero`, a NaN × at the top, and `Drawing.clipped` counts them all. A point whose x and y are both NaN lifts the
pen: a break asked for, which leaves no mark.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Final

import numpy as np
from rich.cells import cell_len

from tui.report.charts.area import Area
from tui.report.charts.axis_text import clean, fit, single, tick_cells, tick_line
from tui.report.charts.bands import shade
from tui.report.charts.drawn_series import drawn
from tui.report.charts.end_labels import EndColumn, EndLabel, end_column, write_ends
from tui.report.charts.glyph_grid import NONE, GlyphGrid, pack
from tui.report.charts.label_placement import Names
from tui.report.charts.line_markers import tell_apart
from tui.report.charts.path import Clipped, dots, to_unit, usable
from tui.report.charts.plotext_canvas import Layer, rasterize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tui.report.charts.drawn_series import DrawnSeries
    from tui.report.charts.model import Chart
    from tui.report.palette import RGB, Palette
    from tui.report.styled_lines import Line

SMALLEST: Final = (12, 5)  # cells across and down, below which a chart says nothing

BEHIND: Final = (" ", "│", "╌")
"""What a cell has in which nothing of the data stands: nothing, or a mark's line"""

AWAY: Final = 3
"""Rows above or below points in which their names may be"""


@dataclass(frozen=True, eq=False)
class Drawing:
    """A chart drawn: its cells, what did not fit the scale, and where the data is (None: too small)."""

    grid: GlyphGrid
    clipped: tuple[Clipped, ...] = ()
    area: Area | None = None

    @property
    def lines(self) -> tuple[str, ...]:
        """The cells as plain text, row by row."""
        return self.grid.lines()

    @property
    def segments(self) -> tuple[Line, ...]:
        """The cells as styled text, row by row."""
        return tuple(self.grid.segments(y) for y in range(len(self.grid.glyphs)))


@dataclass(frozen=True)
class _Reference:
    """A mark within the limits: its line, where it stands, and what is to be written beside it."""

    line: Layer
    vertical: bool
    cell: int
    text: str

    def place(self, names: Names) -> tuple[int, int] | None:
        """Where its name is written, as (row, column)."""
        return (names.upright if self.vertical else names.level)(self.text, self.cell)


def _references(
    chart: Chart, palette: Palette | None, width: int, height: int
) -> tuple[list[_Reference], list[Clipped]]:
    """The reference lines, and those off the scale."""
    found, clipped = [], []
    for mark in chart.marks:
        vertical = mark.axis == "x"
        unit = to_unit(np.array([mark.at]), chart.x_limits if vertical else chart.y_limits)
        if not (math.isfinite(mark.at) and 0 <= unit[0] <= 1):
            missing = math.isnan(mark.at)
            clipped.append(
                Clipped(
                    mark.label or f"{mark.axis} = {mark.at:g}",
                    above=int(not vertical and unit[0] > 1),
                    below=int(not vertical and unit[0] < 0),
                    beside=int(vertical and not missing),
                    undefined=int(missing),
                )
            )
            continue
        color = None
        if palette is not None:
            own = palette.accent if vertical else palette.muted
            color = own if mark.color is None else palette.readable(mark.color)
        text = single(mark.label)
        if vertical:
            cell = int(dots(unit, width, 2)[0]) // 2
            line = Layer([cell + 0.5] * height, (np.arange(height) + 0.5).tolist(), "│", color)
        else:
            cell = int(dots(unit, height, 4)[0]) // 4
            line = Layer((np.arange(width) + 0.5).tolist(), [cell + 0.5] * width, "╌", color)
            text = f" {text} " if text else ""
        found.append(_Reference(line, vertical, cell, text[:width]))
    return found, clipped


def draw(chart: Chart, width: int, height: int, palette: Palette) -> Drawing:
    """Draw a chart in `height` rows of `width` cells, in colors, the background left alone."""
    return _draw(chart, width, height, palette)


def draw_plain(chart: Chart, width: int, height: int) -> Drawing:
    """Draw a chart without colors, where each series is recognized by its marker."""
    return _draw(chart, width, height, None)


def _draw(chart: Chart, width: int, height: int, palette: Palette | None) -> Drawing:
    width, height = max(0, width), max(0, height)
    grid = GlyphGrid(width, height)
    if width < SMALLEST[0] or height < SMALLEST[1]:
        grid.write(0, 0, fit(f"needs {SMALLEST[0]}×{SMALLEST[1]}", width))
        return Drawing(grid)

    header = 1 if (chart.title or chart.y_label) and height > SMALLEST[1] else 0
    footer = 2 if chart.x_ticks.labels else 1
    rows = height - header - footer
    gutter = min(max((cell_len(clean(label)) for label in chart.y_ticks.labels), default=0), width // 3)
    left = gutter + 2 if gutter else 1
    columns = width - left
    chart = replace(chart, x_limits=usable(chart.x_limits), y_limits=usable(chart.y_limits))
    if chart.equal:
        chart = _equalized(chart, columns, rows)
    ends = end_column([one.end for one in chart.series if one.end and one.style == "line"], chart.brackets, columns)
    area = Area(left, header, _narrowed(chart, columns, ends), rows, chart.x_limits, chart.y_limits)
    clipped = _body(chart, grid, area, ends, palette)
    _frame(chart, grid, area, palette)
    return Drawing(grid, clipped, area)


def _narrowed(chart: Chart, columns: int, ends: EndColumn) -> int:
    """How many of the columns the scale has, so that the names at the ends come after all data."""
    x = np.concatenate([np.asarray(one.x, dtype=np.float64).ravel() for one in chart.series] or [np.empty(0)])
    units = to_unit(x[np.isfinite(x)], chart.x_limits)
    last = min(1.0, float(np.max(units, initial=0.0)))
    room = columns - ends.width
    return columns if last * columns <= room else max(1, int(room / last))


def _frame(chart: Chart, grid: GlyphGrid, area: Area, palette: Palette | None) -> None:
    """Names, axes and ticks around the data."""
    muted, strong = (-1, -1) if palette is None else (pack(palette.muted), pack(palette.foreground))
    width, bottom = grid.glyphs.shape[1], area.top + area.height
    left = area.left
    x_ticks = tick_cells(chart.x_ticks, chart.x_limits, area.width, 2)
    y_ticks = {
        area.height - 1 - cell: label for cell, label in tick_cells(chart.y_ticks, chart.y_limits, area.height, 4)
    }
    if area.top:
        name = fit(chart.y_label, min(cell_len(clean(chart.y_label)), width))
        grid.write(0, 0, name, muted)
        grid.write(cell_len(name), 0, fit(chart.title, width - cell_len(name), "center"), strong)
    for row in range(area.height):
        label = fit(y_ticks.get(row, ""), left - 1, "right", pad_right=1 if left > 1 else 0)
        grid.write(0, area.top + row, label + ("┤" if row in y_ticks else "│"), muted)
    ticked = {cell for cell, _ in x_ticks}
    axis = "".join("┬" if column in ticked else "─" for column in range(width - left))
    name = fit(f" {chart.x_label}", min(cell_len(clean(chart.x_label)) + 1, (width - left) // 2)).rstrip()
    grid.write(0, bottom, " " * (left - 1) + "└" + axis, muted)
    grid.write(width - cell_len(name), bottom, name, strong)
    if chart.x_ticks.labels:
        line, note = tick_line(x_ticks, left, width), clean(chart.note)
        grid.write(0, bottom + 1, line, muted)
        if note and cell_len(line.rstrip()) + 2 + cell_len(note) <= width:
            grid.write(width - cell_len(note), bottom + 1, note, muted)
        elif note and (start := grid.blank(bottom - 1, cell_len(note) + 2, left)) is not None:
            grid.write(start + 1, bottom - 1, note, muted)  # in the row that it tells of


def _equalized(chart: Chart, columns: int, rows: int) -> Chart:
    """Widen the limits until dots, which are as far apart across as up, stand for equal steps."""
    widths = [high - low for low, high in (chart.x_limits, chart.y_limits)]
    steps = [columns * 2 - 1, rows * 4 - 1]
    step = max(abs(width) / count for width, count in zip(widths, steps, strict=True))
    if not math.isfinite(step):
        return chart
    x_limits, y_limits = (
        (
            low + (width - math.copysign(step * count, width)) / 2,
            low + (width + math.copysign(step * count, width)) / 2,
        )
        for (low, _), width, count in zip((chart.x_limits, chart.y_limits), widths, steps, strict=True)
    )
    return replace(chart, x_limits=x_limits, y_limits=y_limits)


def _body(chart: Chart, grid: GlyphGrid, area: Area, ends: EndColumn, palette: Palette | None) -> tuple[Clipped, ...]:
    """The data with its reference lines and names; what did not fit the scale."""
    width, height = area.width, area.height
    references, clipped = _references(chart, palette, width, height)
    lines = [drawn(one, chart, palette, width, height) for one in sorted(chart.series, key=lambda one: not one.dim)]
    layers = [*(reference.line for reference in references), *(layer for line in lines for layer in line.layers)]
    if palette is not None:
        shade(chart.bands, grid, area, palette)
    rasterize(layers, grid, area, color=palette is not None)
    tell_apart([line for line in lines if line.series.apart and not line.series.dim], grid, area, plain=palette is None)
    covered = np.any([np.zeros((height, width), dtype=bool), *(line.cells for line in lines)], axis=0)
    for line in lines:
        _border(line, chart.zero, grid, area, covered)
    # What stands in the gaps of a dashed line: its markers.
    drawn_at = grid.glyphs[area.top : area.top + height, area.left : area.left + width][::-1]
    covered |= ~np.isin(drawn_at, BEHIND)
    end = int(np.flatnonzero(covered.any(axis=0))[-1]) + 1 if covered.any() else 0
    covered[:, end : end + ends.width] = True
    names = Names(width, height, covered, [reference.cell for reference in references if reference.vertical])
    # The last mark is the one that moves: its name comes first, and the others make room.
    for reference in reversed(references):
        _write(grid, area, reference.text, reference.place(names), reference.line.color)
    for line in lines:
        _write(grid, area, *_named(line, names), line.color)
    _name_points([line for line in lines if line.series.style == "points"], names, grid, area)
    if ends.markers:
        labels = [
            _end(line, area) for line in lines if line.series.end and line.series.style == "line" and len(line.path.u)
        ]
        ink = NONE if palette is None else pack(palette.foreground)
        write_ends(labels, chart.brackets, ends, grid, area.left + end + ends.gap, area.top, height, ink)
    return (*clipped, *(line.path.clipped for line in lines if line.path.clipped.total))


def _named(line: DrawnSeries, names: Names) -> tuple[str, tuple[int, int] | None]:
    """What is written beside a series' last point, and where."""
    text = single(line.series.label)
    if not text or len(text) > names.width or not len(line.path.u):
        return "", None
    return text, names.beside(text, *_last_cell(line, names.width, names.height))


def _name_points(points: Sequence[DrawnSeries], names: Names, grid: GlyphGrid, area: Area) -> None:
    """Name the single points, those that share a cell together: only one of them is seen."""
    cells: dict[tuple[int, int], list[DrawnSeries]] = {}
    for one in points:
        if one.series.end and len(one.path.u):
            cells.setdefault(_last_cell(one, area.width, area.height), []).append(one)
    for (column, row), several in cells.items():
        marked = " ".join(f"{one.glyph} {single(one.series.end)}" for one in several)
        alone, remark = single(several[0].series.end), single(several[-1].series.remark)
        said = f": {remark}" if remark and all(one.series.remark == several[0].series.remark for one in several) else ""
        shorter = said.rpartition(" ")[0] if " " in said.removeprefix(": ") else ""
        # Shorter rather than across a vertical line, and across it rather than without what is said.
        told = list(product((False, True), dict.fromkeys(one for one in (said, shorter) if one)))
        for crossing, ending in (*told, (False, ""), (True, "")):
            beside = None
            if len(several) == 1:
                beside = names.clear(alone + ending, column, row, near=True, crossing=crossing)
            # With its marker it may stand in a row nearby: what is said of the points comes before where it is said.
            rows = sorted(range(max(0, row - AWAY), min(area.height, row + AWAY + 1)), key=lambda one: abs(one - row))
            place = beside or next(
                (
                    found
                    for one in rows
                    if (found := names.clear(marked + ending, column, one, crossing=crossing)) is not None
                ),
                None,
            )
            if place is None:
                continue
            start = place[1]
            for one in several:
                text = alone if beside else f"{one.glyph} {single(one.series.end)}"
                _write(grid, area, text + (ending if one is several[-1] else ""), (place[0], start), one.color)
                start += cell_len(text) + 1
            break


def _last_cell(line: DrawnSeries, width: int, height: int) -> tuple[int, int]:
    u, v = line.path.u[-1:], line.path.v[-1:]
    return int(dots(u, width, 2)[0]) // 2, int(dots(v, height, 4)[0]) // 4


def _end(line: DrawnSeries, area: Area) -> EndLabel:
    _, row = _last_cell(line, area.width, area.height)
    return EndLabel(line.series.end, line.glyph, area.height - 1 - row, _packed(line.color), float(line.path.v[-1]))


def _border(line: DrawnSeries, zero: str, grid: GlyphGrid, area: Area, covered: NDArray[np.bool_]) -> None:
    """What the scale cannot show, marked at its border; `covered` learns of these cells, row 0 at the bottom."""
    top, path = area.height - 1, line.path
    beyond = () if line.series.quiet else ((path.over, top, "▲", math.inf), (path.under, 0, "▼", math.inf))
    for units, row, glyph, until in ((path.undefined, top, "×", math.inf), *beyond, (path.zero, 0, zero, 0.0)):
        columns = dots(units, area.width, 2) // 2
        y, x = area.top + area.height - 1 - row, area.left + columns
        clear = columns < min(until, line.faint_column)
        grid.glyphs[y, x], grid.ink[y, x] = glyph, np.where(clear, _packed(line.color), _packed(line.faint))
        covered[row, columns] = True


def _write(grid: GlyphGrid, area: Area, text: str, place: tuple[int, int] | None, color: RGB | None) -> None:
    if place is not None:
        row, column = place
        grid.write(area.left + column, area.top + area.height - 1 - row, text, _packed(color))


def _packed(color: RGB | None) -> int:
    return NONE if color is None else pack(color)
