"""A chart drawn in the cells of a terminal: a pure function of what it shows, its size and its colors.

The only module that knows plotext, and plotext is never shown data: it ends the process on NaN and infinity,
and walks to a point off the scale cell by cell. `sanitize` maps a series to the unit square, u to the right
and v upward, and plotext joins the dots of a canvas measured in its own cells. The frame is laid around it here.

What a scale cannot show is never dropped quietly: a point above or below it leaves ▲ or ▼ at the border, a
NaN leaves × at the top, and `Drawing.clipped` counts them all. A point whose x and y are both NaN lifts the
pen: a break asked for, which leaves no mark.
"""

from __future__ import annotations

import ctypes
import math
import threading
from dataclasses import dataclass, replace
from functools import cache
from itertools import cycle
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from rich.cells import cell_len

from tui.report.charts.axis_text import clean, fit, single, tick_cells, tick_line
from tui.report.charts.glyph_grid import GlyphGrid, pack
from tui.report.charts.label_placement import Names, cells_between
from tui.report.charts.model import Chart, Series
from tui.report.charts.path import Clipped, Limits, Path, dots, in_middle, sanitize, to_unit, usable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tui.report.palette import RGB, Palette
    from tui.report.styled_lines import Line

SMALLEST: Final = (12, 5)  # cells across and down, below which a chart says nothing


@dataclass(frozen=True)
class Area:
    """The cells of a drawing that data can fall on, and the limits in use there."""

    left: int
    top: int
    width: int
    height: int
    x_limits: Limits
    y_limits: Limits

    def x_at(self, column: int) -> float:
        """Find the x in the middle of a column of the drawing, held to the limits: what a click points at."""
        return in_middle(column - self.left, self.width, 2, self.x_limits)

    def y_at(self, row: int) -> float:
        """Find the y in the middle of a row of the drawing, held to the limits."""
        return in_middle(self.top + self.height - 1 - row, self.height, 4, self.y_limits)


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


@dataclass(frozen=True, eq=False)
class _Layer:
    x: list[float]
    y: list[float]
    glyphs: str | None  # one for all the points, or one a point; None for braille dots
    color: RGB | None
    joined: Sequence[int] = ()  # the points that a line runs to


def _series_layers(
    series: Series, path: Path, color: RGB | None, width: int, height: int, *, braille: bool
) -> list[_Layer]:
    glyph = "·" if series.dim and color is None else _glyph(series.marker)
    column, row = dots(path.u, width, 2), dots(path.v, height, 4)
    joined = np.flatnonzero(path.joined).tolist()
    if series.style == "line" and braille:
        return [_Layer(((column + 0.5) / 2).tolist(), ((row + 0.5) / 4).tolist(), None, color, joined)]
    at = np.stack((column // 2, row // 4), axis=1)
    if series.style == "points":
        at = np.unique(at, axis=0)
    return [_Layer((at[:, 0] + 0.5).tolist(), (at[:, 1] + 0.5).tolist(), glyph, color, joined)]


def _border_layers(path: Path, color: RGB | None, width: int, height: int) -> list[_Layer]:
    top, bottom = height - 0.5, 0.5
    layers = []
    for units, y, glyph in ((path.undefined, top, "×"), (path.over, top, "▲"), (path.under, bottom, "▼")):
        if len(units):
            columns = np.unique(dots(units, width, 2) // 2) + 0.5
            layers.append(_Layer(columns.tolist(), [y] * len(columns), glyph, color))
    return layers


@dataclass(frozen=True)
class _Reference:
    """A mark within the limits: its line, where it stands, and what is to be written beside it."""

    line: _Layer
    vertical: bool
    cell: int
    text: str

    def named(self, names: Names) -> list[_Layer]:
        return _written(self.text, (names.upright if self.vertical else names.level)(self.text, self.cell), self.line)


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
            line = _Layer([cell + 0.5] * height, (np.arange(height) + 0.5).tolist(), "│", color)
        else:
            cell = int(dots(unit, height, 4)[0]) // 4
            line = _Layer((np.arange(width) + 0.5).tolist(), [cell + 0.5] * width, "╌", color)
            text = f" {text} " if text else ""
        found.append(_Reference(line, vertical, cell, text[:width]))
    return found, clipped


def _end_named(label: str, path: Path, color: RGB | None, names: Names) -> list[_Layer]:
    """The name of a series beside its last point."""
    text = single(label)[: names.width]
    if not text or not len(path.u):
        return []
    column, row = int(dots(path.u[-1:], names.width, 2)[0]) // 2, int(dots(path.v[-1:], names.height, 4)[0]) // 4
    return _written(text, names.beside(text, column, row), _Layer([], [], None, color))


def _written(text: str, place: tuple[int, int] | None, like: _Layer) -> list[_Layer]:
    if place is None or not text:
        return []
    row, start = place
    return [_Layer([start + 0.5 + i for i in range(len(text))], [row + 0.5] * len(text), text, like.color)]


# plotext has one figure for the whole process, and two threads must not import it with `ctypes.CDLL` put aside twice.
_FIGURE_IN_USE: Final = threading.Lock()


@cache
def _plotext() -> Any:
    """Plotext, imported when the first chart is drawn: it costs as much as a tenth of a second.

    It calls its kernel some forty times a point, and at each call a `ctypes.CDLL` hands the interpreter over to any
    thread that waits for it: while another one trains, a chart took three times as long. A `PyDLL` keeps it.
    """
    shared, ctypes.CDLL = ctypes.CDLL, ctypes.PyDLL  # type: ignore[misc]
    try:
        import plotext
    finally:
        ctypes.CDLL = shared  # type: ignore[misc]

    plotext.terminal.limit(False, False)
    return plotext


def _rasterise(layers: Iterable[_Layer], grid: GlyphGrid, area: Area, *, color: bool) -> None:
    """Put layers into an area; of two on one cell the later one wins its color."""
    with _FIGURE_IN_USE:
        plt = _plotext()
        figure = plt.figure
        # Not clear(), which would ask the terminal for its size.
        for aspect in ("subplots", "data", "settings", "pixels", "styles"):
            getattr(figure.clear, aspect)()
        figure.plot_size(area.width, area.height).canvas("default").axes(False)
        figure.ruler("both", "both").frequency(0).alignment(lim="edge")
        figure.ruler("x", "both").lim(0, area.width)
        figure.ruler("y", "both").lim(0, area.height)
        for layer in layers:
            if not layer.x:
                continue
            pixel = plt.pixel(layer.color)
            markers = [plt.marker(glyph, pixel=pixel) for glyph in layer.glyphs or ("braille",)]
            signal = figure.signal(layer.x, layer.y, marker=markers)
            for index in layer.joined:
                signal.line(index, True)
            figure.draw(signal)
        cells = figure.build()
        # The color of a cell costs two calls of plotext's kernel, and so only what can be seen is asked for.
        for row, line in enumerate(cells.string(colorless=True).split("\n")[: area.height]):
            grid.write(area.left, area.top + row, line)
            if color:
                for column, glyph in enumerate(line):
                    if glyph != " " and (ink := cells.get(row, column).foreground()) is not None:
                        grid.ink[area.top + row, area.left + column] = pack(ink)


def _stamp(layer: _Layer, grid: GlyphGrid, area: Area) -> None:
    """Put glyphs of one cell each over what is there."""
    ink = -1 if layer.color is None else pack(layer.color)
    for x, y, glyph in zip(layer.x, layer.y, cycle(layer.glyphs or ""), strict=False):
        grid.write(area.left + int(x), area.top + area.height - 1 - int(y), glyph, ink)


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
    area = Area(left, header, columns, rows, chart.x_limits, chart.y_limits)
    clipped = _body(chart, grid, area, palette)
    _frame(chart, grid, area, palette)
    return Drawing(grid, clipped, area)


def _frame(chart: Chart, grid: GlyphGrid, area: Area, palette: Palette | None) -> None:
    """Names, axes and ticks around the data."""
    muted, strong = (-1, -1) if palette is None else (pack(palette.muted), pack(palette.foreground))
    left, width, bottom = area.left, area.left + area.width, area.top + area.height
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
    axis = "".join("┬" if column in ticked else "─" for column in range(area.width))
    name = fit(f" {chart.x_label}", min(cell_len(clean(chart.x_label)) + 1, area.width // 2)).rstrip()
    grid.write(0, bottom, " " * (left - 1) + "└" + axis, muted)
    grid.write(width - cell_len(name), bottom, name, strong)
    if chart.x_ticks.labels:
        grid.write(0, bottom + 1, tick_line(x_ticks, left, width), muted)


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


def _body(chart: Chart, grid: GlyphGrid, area: Area, palette: Palette | None) -> tuple[Clipped, ...]:
    """The data with its reference lines and names; what did not fit the scale."""
    width, height = area.width, area.height
    references, clipped = _references(chart, palette, width, height)
    data, border, ends = [], [], []
    points = np.zeros((height, width), dtype=bool)
    for series in sorted(chart.series, key=lambda one: not one.dim):
        color = None
        if palette is not None:
            color = palette.dimmed(series.color) if series.dim else palette.readable(series.color)
        path = sanitize(
            series.x,
            series.y,
            chart.x_limits,
            chart.y_limits,
            width,
            line=series.style == "line",
            name=series.name,
        )
        for layer in _series_layers(series, path, color, width, height, braille=palette is not None):
            data.append(layer)
            points |= cells_between(np.asarray(layer.x), np.asarray(layer.y), layer.joined, width, height)
        border += _border_layers(path, color, width, height)
        ends.append((series.label, path, color))
        if path.clipped.total:
            clipped.append(path.clipped)
    names = Names(width, height, points)
    # The last mark is the one that moves: its name comes first, and the others make room.
    labels = [layer for reference in reversed(references) for layer in reference.named(names)]
    labels += [layer for label, path, color in ends for layer in _end_named(label, path, color, names)]
    _rasterise([*(reference.line for reference in references), *data], grid, area, color=palette is not None)
    for layer in (*labels, *border):
        _stamp(layer, grid, area)
    return tuple(clipped)


def _glyph(marker: str) -> str:
    """Allow a marker of one cell only: another width would shift the rest of its line."""
    return marker if len(marker) == 1 and marker.isprintable() and cell_len(marker) == 1 else "•"
