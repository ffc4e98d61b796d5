"""A chart as lines of a terminal: a pure function of what it shows, its size and its colours.

The only module that knows plotext, and plotext is never shown data: it ends the process on NaN and infinity,
and walks to a point off the scale cell by cell. `sanitise` maps a series to the unit square, u to the right
and v upward, and plotext joins the dots of a canvas measured in its own cells. The frame is laid around it here.

What a scale cannot show is never dropped quietly: a point above or below it leaves ▲ or ▼ at the border, a
NaN leaves × at the top, and `Drawing.clipped` counts them all. A point whose x and y are both NaN lifts the
pen: a break asked for, which leaves no mark.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
from rich.cells import cell_len, set_cell_size

from tui.charts.path import Clipped, Limits, Path, dots, in_middle, sanitise, to_unit, usable
from tui.charts.ticks import NO_TICKS, Ticks, decade_ticks, nice_ticks

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import ArrayLike

    from tui.palette import RGB, Palette

__all__ = [
    "SMALLEST", "Area", "Chart", "Clipped", "Drawing", "Limits", "Mark", "Path", "Series", "Ticks",
    "decade_ticks", "draw", "draw_plain", "nice_ticks", "sanitise",
]  # fmt: skip

SMALLEST: Final = (12, 5)  # cells across and down, below which a chart says nothing


@dataclass(frozen=True, eq=False)
class Series:
    """Points (x_i, y_i) of any values, drawn as a line in braille dots or as points of the glyph `marker`."""

    name: str
    x: ArrayLike
    y: ArrayLike
    color: RGB
    marker: str
    style: Literal["line", "points"] = "line"
    dim: bool = False  # behind the others, its colour receding
    label: str = ""  # written where it ends, on a row of its own


@dataclass(frozen=True)
class Mark:
    """A reference line: vertical at an x, or horizontal at a y. Without a colour, the palette's."""

    axis: Literal["x", "y"]
    at: float
    label: str = ""
    color: RGB | None = None


@dataclass(frozen=True, eq=False)
class Chart:
    """Everything on a chart. Limits are never taken from the data, and may run backwards.

    With `equal` they are widened until a unit is as long across as up, so that a circle is round.
    """

    series: Sequence[Series]
    x_limits: Limits
    y_limits: Limits
    x_ticks: Ticks = NO_TICKS
    y_ticks: Ticks = NO_TICKS
    x_label: str = ""
    y_label: str = ""
    title: str = ""
    marks: Sequence[Mark] = ()
    equal: bool = False


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


@dataclass(frozen=True)
class Drawing:
    """A chart drawn: its lines, what did not fit the scale, and where the data is (None: too small)."""

    lines: tuple[str, ...]
    clipped: tuple[Clipped, ...] = ()
    area: Area | None = None


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


def _mark_layers(
    chart: Chart, palette: Palette | None, width: int, height: int
) -> tuple[list[_Layer], list[_Layer], list[Clipped], set[tuple[int, int]]]:
    """Lay out the reference lines and their labels, list those off the scale, and the (row, column) of the labels.

    A vertical line's label stands at the top, or under those that are in the way there.
    """
    lines, labels, clipped, taken = [], [], [], set[tuple[int, int]]()
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
        text = "".join(c if cell_len(c) == 1 else "?" for c in _clean(mark.label))
        if vertical:
            column = int(dots(unit, width, 2)[0]) // 2
            lines.append(_Layer([column + 0.5] * height, (np.arange(height) + 0.5).tolist(), "│", color))
            start = column + 2 if column + 2 + len(text) <= width else max(0, column - 1 - len(text))
            cells = range(max(0, start) - 1, start + len(text) + 1)
            rows = range(height - 1, height // 2, -1)
            y = next((r for r in rows if not taken.intersection((r, c) for c in cells)), height - 1) + 0.5
        else:
            y = int(dots(unit, height, 4)[0]) // 4 + 0.5
            lines.append(_Layer((np.arange(width) + 0.5).tolist(), [y] * width, "╌", color))
            text = f" {text} " if text else ""
            start = max(0, width - len(text))
        text = text[: width - start]
        labels.append(_Layer([start + 0.5 + i for i in range(len(text))], [y] * len(text), text, color))
        taken.update((int(y), start + i) for i in range(len(text)))
    return lines, labels, clipped, taken


class _Names:
    """Puts the name of a series beside its end, on the nearest row where no other name is in the way."""

    def __init__(self, width: int, height: int, taken: set[tuple[int, int]]) -> None:
        self.width, self.height = width, height
        self._taken = set(taken)

    def beside(self, path: Path, label: str, color: RGB | None) -> list[_Layer]:
        text = "".join(c if cell_len(c) == 1 else "?" for c in _clean(label))[: self.width]
        if not text or not len(path.u):
            return []
        column, row = int(dots(path.u[-1:], self.width, 2)[0]) // 2, int(dots(path.v[-1:], self.height, 4)[0]) // 4
        start = min(column + 1, self.width - len(text))
        cells = list(range(start, start + len(text)))
        # The rows at the edges are those of the marks' names and of ▲ and ▼.
        rows = range(1, self.height - 1) if self.height > 2 else range(self.height)
        around = range(start - 1, start + len(text) + 1)
        free = [r for r in rows if not self._taken.intersection((r, c) for c in around)]
        if not free:
            return []
        place = min(free, key=lambda r: abs(r - row))
        self._taken.update((place, c) for c in cells)
        return [_Layer([c + 0.5 for c in cells], [place + 0.5] * len(cells), text, color)]


_FIGURE_IN_USE: Final = threading.Lock()  # plotext has one figure for the whole process


@cache
def _plotext() -> Any:
    """Plotext, imported when the first chart is drawn: it costs as much as a tenth of a second."""
    import plotext

    plotext.terminal.limit(False, False)
    return plotext


def _rasterise(layers: Iterable[_Layer], width: int, height: int, *, color: bool) -> list[str]:
    """`height` lines of `width` cells; of two layers on one cell the later one wins its colour."""
    plt = _plotext()
    with _FIGURE_IN_USE:
        figure = plt.figure
        # Not clear(), which would ask the terminal for its size.
        for aspect in ("subplots", "data", "settings", "pixels", "styles"):
            getattr(figure.clear, aspect)()
        figure.plot_size(width, height).canvas("default").axes(False)
        figure.ruler("both", "both").frequency(0).alignment(lim="edge")
        figure.ruler("x", "both").lim(0, width)
        figure.ruler("y", "both").lim(0, height)
        for layer in layers:
            if not layer.x:
                continue
            pixel = plt.pixel(layer.color)
            markers = [plt.marker(glyph, pixel=pixel) for glyph in layer.glyphs or ("braille",)]
            signal = figure.signal(layer.x, layer.y, marker=markers)
            for index in layer.joined:
                signal.line(index, True)
            figure.draw(signal)
        text: str = figure.build().string(colorless=not color)
    return text.split("\n")[:height]


def draw(chart: Chart, width: int, height: int, palette: Palette) -> Drawing:
    """Draw a chart as `height` lines of `width` cells, coloured by SGR sequences, the background left alone."""
    return _draw(chart, width, height, palette)


def draw_plain(chart: Chart, width: int, height: int) -> Drawing:
    """Draw a chart without escape sequences, where each series is told by its marker."""
    return _draw(chart, width, height, None)


def _draw(chart: Chart, width: int, height: int, palette: Palette | None) -> Drawing:
    width, height = max(0, width), max(0, height)
    if width < SMALLEST[0] or height < SMALLEST[1]:
        message = [_fit(f"needs {SMALLEST[0]}×{SMALLEST[1]}", width)]
        return Drawing(tuple((message + [" " * width] * height)[:height]))

    header = 1 if (chart.title or chart.y_label) and height > SMALLEST[1] else 0
    footer = 2 if chart.x_ticks.labels else 1
    rows = height - header - footer
    gutter = min(max((cell_len(_clean(label)) for label in chart.y_ticks.labels), default=0), width // 3)
    left = gutter + 2 if gutter else 1
    columns = width - left
    chart = replace(chart, x_limits=usable(chart.x_limits), y_limits=usable(chart.y_limits))
    if chart.equal:
        chart = _equalised(chart, columns, rows)
    x_ticks = _tick_cells(chart.x_ticks, chart.x_limits, columns, 2)
    y_ticks = {rows - 1 - cell: label for cell, label in _tick_cells(chart.y_ticks, chart.y_limits, rows, 4)}

    body, clipped = _body(chart, columns, rows, palette)
    muted = None if palette is None else palette.muted
    strong = None if palette is None else palette.foreground
    lines = []
    if header:
        name = _fit(chart.y_label, min(cell_len(_clean(chart.y_label)), width))
        title = _fit(chart.title, width - cell_len(name), "center")
        lines.append(_ink(name, muted) + _ink(title, strong))
    for row, cells in enumerate(body):
        label = _fit(y_ticks.get(row, ""), left - 1, "right", pad_right=1 if gutter else 0)
        lines.append(_ink(label + ("┤" if row in y_ticks else "│"), muted) + cells)
    ticked = {cell for cell, _ in x_ticks}
    axis = "".join("┬" if column in ticked else "─" for column in range(columns))
    name = _fit(f" {chart.x_label}", min(cell_len(_clean(chart.x_label)) + 1, columns // 2)).rstrip()
    lines.append(_ink((" " * (left - 1) + "└" + axis)[: width - cell_len(name)], muted) + _ink(name, strong))
    if footer == 2:
        lines.append(_ink(_tick_line(x_ticks, left, width), muted))
    return Drawing(tuple(lines), clipped, Area(left, header, columns, rows, chart.x_limits, chart.y_limits))


def _equalised(chart: Chart, columns: int, rows: int) -> Chart:
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


def _body(chart: Chart, width: int, height: int, palette: Palette | None) -> tuple[list[str], tuple[Clipped, ...]]:
    lines, labels, clipped, taken = _mark_layers(chart, palette, width, height)
    layers, border, names = lines, [], _Names(width, height, taken)
    for series in sorted(chart.series, key=lambda one: not one.dim):
        color = None
        if palette is not None:
            color = palette.dimmed(series.color) if series.dim else palette.readable(series.color)
        path = sanitise(
            series.x,
            series.y,
            chart.x_limits,
            chart.y_limits,
            width,
            line=series.style == "line",
            name=series.name,
        )
        layers += _series_layers(series, path, color, width, height, braille=palette is not None)
        border += _border_layers(path, color, width, height)
        labels += names.beside(path, series.label, color)
        if path.clipped.total:
            clipped.append(path.clipped)
    return _rasterise(layers + labels + border, width, height, color=palette is not None), tuple(clipped)


def _tick_cells(ticks: Ticks, limits: Limits, cells: int, per_cell: int) -> list[tuple[int, str]]:
    """Place the ticks that are on the scale: (cell, label), one a cell."""
    positions = np.asarray(ticks.positions, dtype=np.float64)
    units = to_unit(positions, limits)
    found: dict[int, str] = {}
    for unit, label in zip(units.tolist(), ticks.labels, strict=True):
        if 0 <= unit <= 1:
            found.setdefault(int(unit * (cells * per_cell - 1) + 0.5) // per_cell, _clean(label))
    return sorted(found.items())


def _tick_line(ticks: list[tuple[int, str]], left: int, width: int) -> str:
    """Labels centred under their ticks, leaving out any that would touch the one before."""
    line = ""
    for cell, label in ticks:
        size = cell_len(label)
        start = min(max(0, left + cell - (size - 1) // 2), width - size)
        used = cell_len(line)
        if size and start >= used + (1 if used else 0):
            line += " " * (start - used) + label
    return _fit(line, width)


def _glyph(marker: str) -> str:
    """Allow a marker of one cell only: another width would shift the rest of its line."""
    return marker if len(marker) == 1 and marker.isprintable() and cell_len(marker) == 1 else "•"


def _clean(text: str) -> str:
    return "".join(character for character in text if character.isprintable())


def _fit(text: str, width: int, align: Literal["left", "center", "right"] = "left", *, pad_right: int = 0) -> str:
    """`text` in exactly `width` cells, cut with … where it is longer."""
    text, room = _clean(text), max(0, width - pad_right)
    if cell_len(text) > room:
        text = set_cell_size(text, room - 1) + "…" if room else ""
    spare = room - cell_len(text)
    before = {"left": 0, "center": spare // 2, "right": spare}[align]
    return " " * before + text + " " * (spare - before + pad_right)


def _ink(text: str, color: RGB | None) -> str:
    if color is None or not text:
        return text
    return f"\x1b[38;2;{color[0]};{color[1]};{color[2]}m{text}\x1b[0m"
