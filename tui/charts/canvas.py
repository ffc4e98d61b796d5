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
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import numpy as np
from rich.cells import cell_len, set_cell_size

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import ArrayLike, NDArray

    from tui.palette import RGB, Palette

    FloatArray: TypeAlias = NDArray[np.float64]
    IntArray: TypeAlias = NDArray[np.intp]
    BoolArray: TypeAlias = NDArray[np.bool_]

Limits: TypeAlias = tuple[float, float]

SMALLEST: Final = (12, 5)  # cells across and down, below which a chart says nothing
MINUS: Final = "−"
_FAR: Final = 1e300  # farther off any scale than matters, and still safe to subtract


@dataclass(frozen=True)
class Ticks:
    """Marks on an axis: where, and what is written there."""

    positions: tuple[float, ...] = ()
    labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(self.positions) != len(self.labels):
            raise ValueError(f"expected a label a tick, got {len(self.labels)} for {len(self.positions)}")


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
    x_ticks: Ticks = Ticks()
    y_ticks: Ticks = Ticks()
    x_label: str = ""
    y_label: str = ""
    title: str = ""
    marks: Sequence[Mark] = ()
    equal: bool = False


@dataclass(frozen=True)
class Clipped:
    """How many points of a series the chart could not put at their place, and why."""

    name: str
    above: int = 0
    below: int = 0
    beside: int = 0
    infinite: int = 0  # y = +∞
    minus_infinite: int = 0  # y = −∞: on an axis of logarithms, an exact zero
    undefined: int = 0  # y is NaN, or x is not finite

    @property
    def total(self) -> int:
        """Points not at their place."""
        return self.above + self.below + self.beside + self.infinite + self.minus_infinite + self.undefined

    def __str__(self) -> str:
        counts = (
            (self.above, "above the scale"),
            (self.below, "below the scale"),
            (self.beside, "beside the scale"),
            (self.infinite, "infinite"),
            (self.minus_infinite, f"{MINUS}infinite"),
            (self.undefined, "not a number"),
        )
        return f"{self.name}: " + ", ".join(f"{count} {what}" for count, what in counts if count)


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
        return _in_middle(column - self.left, self.width, 2, self.x_limits)

    def y_at(self, row: int) -> float:
        """Find the y in the middle of a row of the drawing, held to the limits."""
        return _in_middle(self.top + self.height - 1 - row, self.height, 4, self.y_limits)


@dataclass(frozen=True)
class Drawing:
    """A chart drawn: its lines, what did not fit the scale, and where the data is (None: too small)."""

    lines: tuple[str, ...]
    clipped: tuple[Clipped, ...] = ()
    area: Area | None = None


def nice_ticks(lo: float, hi: float, count: int, *, integer: bool = True) -> Ticks:
    """Put at most `count` ticks at multiples of 1, 2 or 5 times a power of ten, no finer than 1 unless told."""
    if not (abs(lo) < _FAR and abs(hi) < _FAR):
        return Ticks()
    lo, hi = min(lo, hi), max(lo, hi)
    step = _step(lo, hi, count, smallest=1.0 if integer else 0.0)
    values = [0.0 if k == 0 else k * step for k in _multiples(lo, hi, step)]
    if lo == hi and not integer:
        return Ticks((lo,), (f"{lo:g}".replace("-", MINUS),))
    largest = max(map(abs, values), default=0.0)
    labels = tuple(_number(value, step, largest) for value in values)
    return Ticks(tuple(min(max(value, lo), hi) for value in values), labels)


def decade_ticks(lo: float, hi: float, height: int) -> Ticks:
    """Put ticks on an axis of base-10 logarithms from `lo` to `hi`, `height` cells high.

    Whole decades, thinned by 2, 5, 10, 20, … to fit; within fewer than three decades 1, 2 and 5 of each, or
    round numbers, whichever says most. Positions are logarithms, labels the numbers themselves.
    """
    if not (abs(lo) < _FAR and abs(hi) < _FAR):
        return Ticks()
    lo, hi = min(lo, hi), max(lo, hi)
    room = max(2, (height + 2) // 3)
    whole = _multiples(lo, hi, 1.0)
    if whole.stop - whole.start >= 3:
        step = _step(lo, hi, room, smallest=1.0)
        decades = [round(k * step) for k in _multiples(lo, hi, step)]
        if len(decades) < 2:
            decades = [whole[0], whole[-1]]
        labels = tuple(_scientific(1, e, 0) for e in decades)
        return Ticks(tuple(min(max(float(e), lo), hi) for e in decades), labels)
    first, last = math.floor(lo), math.floor(hi)
    choices = [
        [
            (float(m), e, 0)
            for e in range(first, last + 1)
            for m in mantissas
            if lo - 1e-9 <= e + math.log10(m) <= hi + 1e-9
        ]
        for mantissas in ((1,), (1, 2, 5))
    ]
    if 1e-6 < hi - lo < 0.7:
        bottom, top = 10 ** (lo - first), 10 ** (hi - first)
        step = _step(bottom, top, room)
        digits = max(0, -math.floor(math.log10(step) + 1e-9))
        choices.append([(k * step, first, digits) for k in _multiples(bottom, top, step)])
    best = max((choice for choice in choices if len(choice) <= room), key=len)
    if not best:
        middle = lo + (hi - lo) / 2
        best = [(10 ** (middle - math.floor(middle)), math.floor(middle), 2)]
    plain = all(-4 < e < 4 for _, e, _ in best)
    labels = tuple(_decimal(*one) if plain else _scientific(*one) for one in best)
    return Ticks(tuple(min(max(e + math.log10(m), lo), hi) for m, e, _ in best), labels)


def _multiples(lo: float, hi: float, step: float) -> range:
    """List the k for which k·step lies on the axis, its ends included despite rounding."""
    return range(math.ceil(lo / step - 1e-9), math.floor(hi / step + 1e-9) + 1)


def _step(lo: float, hi: float, count: int, smallest: float = 0.0) -> float:
    """Find the least of …, 1, 2, 5, 10, … with at most `count` multiples from `lo` to `hi`."""
    count = max(1, count)
    raw = max(hi / count - lo / count, smallest, abs(hi) * 1e-12, abs(lo) * 1e-12, 1e-300)
    power = 10.0 ** math.floor(math.log10(raw))
    steps = [factor * power for factor in (1, 2, 5, 10, 20, 50) if factor * power >= smallest]
    for step in steps:
        found = _multiples(lo, hi, step)
        if found.stop - found.start <= count:
            break
    return step


def _number(value: float, step: float, largest: float) -> str:
    """Write a number with the decimals that tell it from one a step away."""
    place = math.floor(math.log10(step) + 1e-9)
    if value == 0:
        return "0"
    if place >= -5 and largest < 1e6:
        return f"{value:.{max(0, -place)}f}".replace("-", MINUS)
    exponent = math.floor(math.log10(abs(value)) + 1e-9)
    return _scientific(value / 10.0**exponent, exponent, min(15, max(0, exponent - place)))


def _decimal(mantissa: float, exponent: int, digits: int) -> str:
    return f"{mantissa * 10.0**exponent:.{max(0, digits - exponent)}f}"


def _scientific(mantissa: float, exponent: int, digits: int) -> str:
    if abs(mantissa) >= 10:
        mantissa, exponent, digits = mantissa / 10, exponent + 1, digits + 1
    text = f"{mantissa:.{digits}f}e{exponent:+d}"
    return text.replace("-", MINUS)


@dataclass(frozen=True, eq=False)
class Path:
    """A series as plotext may see it: finite, within the unit square, and no more of it than columns show."""

    u: FloatArray  # (n,) in [0, 1]
    v: FloatArray  # (n,) in [0, 1]
    joined: BoolArray  # (n,) at [i]: a line runs from point i−1 to point i
    over: FloatArray  # the u of points above the top, +∞ among them
    under: FloatArray  # the u of points below the bottom
    undefined: FloatArray  # the u of points whose y is NaN
    clipped: Clipped


def sanitise(
    x: ArrayLike,
    y: ArrayLike,
    x_limits: Limits,
    y_limits: Limits,
    columns: int,
    *,
    line: bool = True,
    name: str = "",
) -> Path:
    """Make any (x, y) safe to draw within the limits.

    A line is broken at values that are not finite, cut exactly where it crosses the limits, and reduced to
    each column's lowest and highest point. Points are only sorted into shown and not.

    Raises:
        ValueError: x and y differ in length.
    """
    with np.errstate(all="ignore"):
        x, y = np.asarray(x, dtype=np.float64).ravel(), np.asarray(y, dtype=np.float64).ravel()
    if len(x) != len(y):
        raise ValueError(f"series {name!r}: expected as many x as y, got {len(x)} and {len(y)}")
    u, v = _unit(x, x_limits), _unit(y, y_limits)
    x_finite, y_finite, y_missing = np.isfinite(x), np.isfinite(y), np.isnan(y)
    placed = x_finite & (u >= 0) & (u <= 1)
    over, under = placed & (v > 1), placed & (v < 0)
    report = Clipped(
        name,
        above=_count(over & y_finite),
        below=_count(under & y_finite),
        beside=_count(x_finite & ~placed & ~y_missing),
        infinite=_count(placed & np.isposinf(y)),
        minus_infinite=_count(placed & np.isneginf(y)),
        undefined=_count((y_missing | ~x_finite) & ~(np.isnan(x) & y_missing)),
    )
    marks = (u[over], u[under], u[placed & y_missing])
    shown = placed & ~over & ~under & ~y_missing
    if not line:
        return Path(u[shown], v[shown], np.zeros(_count(shown), dtype=np.bool_), *marks, report)
    finite = x_finite & y_finite
    joined = (finite & np.concatenate(([False], finite[:-1]))[: len(finite)])[finite]
    u, v = u[finite], v[finite]
    run = np.cumsum(~joined | (u < 0) | (u > 1), dtype=np.intp)
    if not np.all(shown[finite]):
        u, v, joined, run = _cut(u, v, joined, run)
    return Path(*_thin(u, v, joined, run, columns), *marks, report)


def _unit(values: FloatArray, limits: Limits) -> FloatArray:
    """(value − lo) / (hi − lo), reckoned in halves: the difference of two finite numbers can be infinite."""
    lo, hi = _usable(limits)
    span = hi / 2 - lo / 2
    if span == 0:
        return np.where(values > hi, _FAR, np.where(values < lo, -_FAR, 0.5))
    with np.errstate(all="ignore"):
        return np.clip((values / 2 - lo / 2) / span, -_FAR, _FAR)


def _usable(limits: Limits) -> Limits:
    return limits if all(map(math.isfinite, limits)) else (0.0, 1.0)


def _cut(
    u: FloatArray, v: FloatArray, joined: BoolArray, run: IntArray
) -> tuple[FloatArray, FloatArray, BoolArray, IntArray]:
    """Keep the part of a broken line that lies inside the unit square.

    Each segment p(t) = a + t (b − a) is kept for t from its last entry to its first exit (Liang and Barsky,
    "A new concept and method for line clipping", 1984).
    """
    places = np.zeros((2, len(u), 2))  # (u and v, the segments from each point on, start and end)
    enter, leave = np.zeros(len(u) - 1), np.ones(len(u) - 1)
    crossings = []
    with np.errstate(all="ignore"):
        for p in (u, v):
            a, step = p[:-1], p[1:] - p[:-1]
            to_0, to_1 = -a / step, (1 - a) / step
            never = np.where((a >= 0) & (a <= 1), -np.inf, np.inf)
            near = np.where(step == 0, never, np.minimum(to_0, to_1))
            far = np.where(step == 0, -never, np.maximum(to_0, to_1))
            enter, leave = np.maximum(enter, near), np.minimum(leave, far)
            crossings.append((a, step, near, far))
        for place, (a, step, near, far) in zip(places, crossings, strict=True):
            # The border itself where this side is what cut the segment: a + t·step loses it for large a.
            start = np.where((near == enter) & (enter > 0), step < 0, a + enter * step)
            end = np.where((far == leave) & (leave < 1), step > 0, a + leave * step)
            place[:-1] = np.clip(np.stack((start, end), axis=1), 0, 1)
    kept = joined[1:] & (enter <= leave)
    alone = (u >= 0) & (u <= 1) & (v >= 0) & (v <= 1) & ~joined & ~np.append(joined[1:], False)
    places[:, alone, 0] = u[alone], v[alone]
    kept = np.append(kept, False)
    used = np.stack((kept | alone, kept), axis=1)
    point, end_of_segment = np.nonzero(used)
    return *places[:, used], end_of_segment == 1, run[point]


def _thin(
    u: FloatArray, v: FloatArray, joined: BoolArray, run: IntArray, columns: int
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Keep each column's lowest and highest point, in the order the line passes them.

    Next to columns that the line skips, also its first or last point there, where it comes from or goes on. The
    points stay joined where the data goes from one to the other without a break, be it by way of what lies
    above or below the scale; `run` numbers the stretches without a break or a departure sideways. A line that
    turns back passes a column more than once, and keeps points of each passage.
    """
    if len(u) <= 2:
        return u, v, joined
    column = _dots(u, columns, 2) // 2
    starts = np.append(True, column[1:] != column[:-1])
    first, passage = np.flatnonzero(starts), np.cumsum(starts) - 1
    keep = np.zeros(len(u), dtype=np.bool_)
    for extreme in (np.minimum, np.maximum):
        there = np.flatnonzero(v == extreme.reduceat(v, first)[passage])
        keep[there[np.append(True, np.diff(passage[there]) > 0)]] = True
    skips = np.abs(np.diff(column[first])) > 1
    keep[first[1:][skips]] = keep[first[1:][skips] - 1] = True
    passage, run = passage[keep], run[keep]
    within = np.append(False, passage[1:] == passage[:-1])
    same_run = np.append(False, run[1:] == run[:-1])
    return u[keep], v[keep], np.where(within, same_run, joined[first[passage]])


def _dots(unit: FloatArray, cells: int, per_cell: int) -> IntArray:
    """Find the dot, of `per_cell` in each of `cells`, for numbers from 0, the first dot, to 1, the last."""
    return np.floor(unit * (cells * per_cell - 1) + 0.5).astype(np.intp)


def _in_middle(cell: int, cells: int, per_cell: int, limits: Limits) -> float:
    """Find the value in the middle of a cell, the inverse of `_dots`."""
    unit = min(1.0, max(0.0, (cell * per_cell + (per_cell - 1) / 2) / (cells * per_cell - 1)))
    return limits[0] * (1 - unit) + limits[1] * unit


def _count(which: BoolArray) -> int:
    return int(np.count_nonzero(which))


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
    column, row = _dots(path.u, width, 2), _dots(path.v, height, 4)
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
            columns = np.unique(_dots(units, width, 2) // 2) + 0.5
            layers.append(_Layer(columns.tolist(), [y] * len(columns), glyph, color))
    return layers


def _mark_layers(
    chart: Chart, palette: Palette | None, width: int, height: int
) -> tuple[list[_Layer], list[_Layer], list[Clipped]]:
    """Lay out the reference lines and their labels, and list those off the scale."""
    lines, labels, clipped = [], [], []
    for mark in chart.marks:
        vertical = mark.axis == "x"
        unit = _unit(np.array([mark.at]), chart.x_limits if vertical else chart.y_limits)
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
            column = int(_dots(unit, width, 2)[0]) // 2
            lines.append(_Layer([column + 0.5] * height, (np.arange(height) + 0.5).tolist(), "│", color))
            start = column + 2 if column + 2 + len(text) <= width else max(0, column - 1 - len(text))
            y = height - 0.5
        else:
            y = int(_dots(unit, height, 4)[0]) // 4 + 0.5
            lines.append(_Layer((np.arange(width) + 0.5).tolist(), [y] * width, "╌", color))
            text = f" {text} " if text else ""
            start = max(0, width - len(text))
        text = text[: width - start]
        labels.append(_Layer([start + 0.5 + i for i in range(len(text))], [y] * len(text), text, color))
    return lines, labels, clipped


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
    chart = replace(chart, x_limits=_usable(chart.x_limits), y_limits=_usable(chart.y_limits))
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
    dots = [columns * 2 - 1, rows * 4 - 1]
    step = max(abs(width) / count for width, count in zip(widths, dots, strict=True))
    if not math.isfinite(step):
        return chart
    x_limits, y_limits = (
        (
            low + (width - math.copysign(step * count, width)) / 2,
            low + (width + math.copysign(step * count, width)) / 2,
        )
        for (low, _), width, count in zip((chart.x_limits, chart.y_limits), widths, dots, strict=True)
    )
    return replace(chart, x_limits=x_limits, y_limits=y_limits)


def _body(chart: Chart, width: int, height: int, palette: Palette | None) -> tuple[list[str], tuple[Clipped, ...]]:
    lines, labels, clipped = _mark_layers(chart, palette, width, height)
    layers, border = lines, []
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
        if path.clipped.total:
            clipped.append(path.clipped)
    return _rasterise(layers + labels + border, width, height, color=palette is not None), tuple(clipped)


def _tick_cells(ticks: Ticks, limits: Limits, cells: int, per_cell: int) -> list[tuple[int, str]]:
    """Place the ticks that are on the scale: (cell, label), one a cell."""
    positions = np.asarray(ticks.positions, dtype=np.float64)
    units = _unit(positions, limits)
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
