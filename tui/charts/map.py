"""The map: how much of the gradient of each loss L_t comes through the use of one parameter k steps before.

Each row is a loss time t, going down as text does, and each column a lag k. So a row is the journey of one
loss; the last loss, the one that the cursor follows, lies along the axis of the lags; equal colours straight
down mean that only the distance counts; and a slanting line is one step s = t − k. No step comes before the
first, which leaves the triangle k ≥ t at the upper right empty.

Where a cell covers several (t, k), it shows the largest of them: its colour says that no more than this comes
through any of them, and no path is lost from sight because it is narrow. A mean of logarithms could say neither,
having no place for an exact zero. The scale runs over what is painted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum
from functools import cache, lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.charts.canvas import SMALLEST, Limits, Ticks, decade_ticks, nice_ticks
from tui.charts.lags import FEWEST_DECADES
from tui.colormap import visible
from tui.numbers import WIDTH, magnitude
from tui.palette import RGB, Palette, blend, contrast

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from core.scaled import Floats

LEVELS: Final = 64
"""Colours on the scale: more cannot be told apart, and fewer are painted faster"""

SHADES: Final = "░▒▓█"
"""The scale where there is no colour"""

FEWEST_BAR: Final = 16
"""Cells that the colour bar keeps for itself"""

_LOG10_2: Final = math.log10(2.0)


class Kind(IntEnum):
    """What there is to say about a part of the map."""

    NOTHING = 0
    """No step so far back, or a parameter that does not act there"""
    VALUE = 1
    ZERO = 2
    """The contribution is exactly zero"""
    UNSCORED = 3
    """No loss at this t"""
    UNDEFINED = 4
    """Not a number, or infinite"""


KEYS: Final = {Kind.ZERO: "0", Kind.UNSCORED: "·", Kind.UNDEFINED: "?"}
"""What stands for a part that has no value where there is no colour"""

NOTES: Final = {
    Kind.ZERO: ("exactly 0", "0"),
    Kind.UNSCORED: ("no loss at t", "no loss"),
    Kind.UNDEFINED: ("not a number", "?"),
}
"""What the key says of it, at length and in brief"""


@dataclass(frozen=True)
class Blocks:
    """`count` items side by side on `cells` cells: several items a cell, or several cells an item."""

    count: int
    cells: int

    def items(self, cell: int) -> range:
        """The items that a cell shows."""
        return _shared(cell, self.cells, self.count)

    def span(self, item: int) -> range:
        """The cells that show an item."""
        return _shared(item, self.count, self.cells)

    @property
    def edges(self) -> NDArray[np.intp]:
        """Where the groups of items begin and, last, where they end; a group is what is shown as one."""
        groups = min(self.count, self.cells)
        return np.arange(groups + 1) * self.count // groups

    @property
    def group_of_cell(self) -> NDArray[np.intp]:
        """The group that each cell shows."""
        groups = min(self.count, self.cells)
        return ((np.arange(self.cells) + 1) * groups - 1) // self.cells


def _shared(index: int, of: int, among: int) -> range:
    """The indices below `among` that share a place with one of the indices below `of`."""
    if of <= among:
        return range(index * among // of, (index + 1) * among // of)
    at = ((index + 1) * among - 1) // of
    return range(at, at + 1)


@dataclass(frozen=True, eq=False)
class Picture:
    """A map reduced to the pixels that show it."""

    log10: Floats
    """(rows, columns): the largest contribution under each pixel, −inf where there is none"""
    kinds: NDArray[np.uint8]
    """(rows, columns): a `Kind` for each pixel"""
    losses: Blocks
    """Loss times t − 1 down the rows"""
    lags: Blocks
    """Lags k along the columns"""

    @property
    def limits(self) -> Limits | None:
        """The scale, log₁₀: from the smallest to the largest value, and at least a decade; None without any."""
        values = self.log10[self.kinds == Kind.VALUE]
        if not values.size:
            return None
        low, high = float(values.min()), float(values.max())
        missing = max(0.0, FEWEST_DECADES - (high - low)) / 2
        return (low - missing, high + missing)


def reduce_map(
    log2_norm: Floats, scored: NDArray[np.bool_], rows: int, columns: int, *, lag_0_only: bool = False
) -> Picture:
    """Reduce (T, T) log norms at [t−1, k] to rows × columns pixels; T may be smaller or larger than either.

    Args:
        log2_norm: log₂ of the contributions, −inf where there is none.
        scored: (T,), which steps have a loss.
        rows: Pixels down, at least 1.
        columns: Pixels across, at least 1.
        lag_0_only: The parameter acts at lag 0 alone, so that the lack of anything at k ≥ 1 is no zero.
    """
    losses, lags = Blocks(len(log2_norm), rows), Blocks(len(log2_norm), columns)
    t_edges, k_edges = losses.edges, lags.edges
    by_lag = log2_norm.T
    largest = np.full((len(k_edges) - 1, len(log2_norm)), -np.inf)
    for group, (start, end) in enumerate(pairwise(k_edges)):
        # Rows of one lag are contiguous in the profile, and none of them has anything before t = k + 1.
        np.max(by_lag[start:end, start:], axis=0, out=largest[group, start:])
    values = np.maximum.reduceat(largest, t_edges[:-1], axis=1).T

    first = np.maximum(t_edges[:-1, np.newaxis], k_edges[np.newaxis, :-1])
    last = t_edges[1:, np.newaxis]
    possible = first < last
    if lag_0_only:
        possible &= k_edges[np.newaxis, :-1] == 0
    scored_before = np.concatenate(([0], np.cumsum(scored)))
    has_loss = scored_before[last] > scored_before[np.minimum(first, last)]
    kinds = np.select(
        [~possible, np.isfinite(values), ~has_loss, np.isneginf(values)],
        [Kind.NOTHING, Kind.VALUE, Kind.UNSCORED, Kind.ZERO],
        Kind.UNDEFINED,
    ).astype(np.uint8)
    pixels = np.ix_(losses.group_of_cell, lags.group_of_cell)
    return Picture(values[pixels] * _LOG10_2, kinds[pixels], losses, lags)


@dataclass(frozen=True)
class Layout:
    """Where the parts of the map go on a widget of width × height cells."""

    width: int
    height: int
    gutter: int
    """Cells at the left, the axis among them"""
    rows: int
    """Cells down of the picture itself"""
    columns: int
    keyed: bool
    """Whether there is a line for the colour bar"""

    @classmethod
    def of(cls, steps: int, width: int, height: int) -> Layout | None:
        """The layout for T steps; None where there is no room to show anything."""
        if width < SMALLEST[0] or height < SMALLEST[1]:
            return None
        gutter = len(str(steps)) + 2
        keyed = height > SMALLEST[1]
        return cls(width, height, gutter, height - 2 - keyed, width - gutter, keyed)

    def pixel_rows(self, steps: int, *, plain: bool) -> int:
        """Pixels down: two a cell in colour, unless every t has cells enough to end where a cell ends."""
        return self.rows if plain or steps * 3 <= self.rows else self.rows * 2

    def place(self, x: int, y: int) -> tuple[int, int] | None:
        """The (row, column) of the picture at a cell of the widget, None beside it."""
        row, column = y, x - self.gutter
        return (row, column) if 0 <= row < self.rows and 0 <= column < self.columns else None


@dataclass(frozen=True)
class CrossHair:
    """What is marked: a loss time t and, if the gradient is on its way back, a lag k."""

    t: int
    k: int | None


class Canvas:
    """Cells with a character, an ink and what is behind it; colours are packed RGB, −1 for none."""

    def __init__(self, width: int, height: int) -> None:
        self.glyphs = np.full((height, width), " ", dtype="<U1")
        self.ink = np.full((height, width), -1, dtype=np.int64)
        self.behind = np.full((height, width), -1, dtype=np.int64)

    def write(self, x: int, y: int, text: str, ink: int = -1, behind: int | None = None) -> None:
        """Put text on a line, as far as it fits."""
        height, width = self.glyphs.shape
        text = text[max(0, -x) : max(0, width - x)]
        if not text or not 0 <= y < height:
            return
        at = slice(max(0, x), max(0, x) + len(text))
        self.glyphs[y, at] = list(text)
        self.ink[y, at] = ink
        if behind is not None:
            self.behind[y, at] = behind

    def strips(self) -> list[Strip]:
        """One strip a line, a segment wherever the colours change."""
        return [Strip(list(self._segments(y)), self.glyphs.shape[1]) for y in range(len(self.glyphs))]

    def _segments(self, y: int) -> Iterator[Segment]:
        text, ink, behind = "".join(self.glyphs[y].tolist()), self.ink[y], self.behind[y]
        starts = np.flatnonzero((ink[1:] != ink[:-1]) | (behind[1:] != behind[:-1])) + 1
        bounds = [0, *starts.tolist(), len(text)]
        for start, end in pairwise(bounds):
            yield Segment(text[start:end], _style(int(ink[start]), int(behind[start])))


@lru_cache(maxsize=16384)
def _style(ink: int, behind: int) -> Style:
    return Style.from_color(_color(ink), _color(behind))


@lru_cache(maxsize=4096)
def _color(packed: int) -> Color | None:
    return None if packed < 0 else Color.from_rgb(packed >> 16, packed >> 8 & 255, packed & 255)


def _pack(color: RGB) -> int:
    return color[0] << 16 | color[1] << 8 | color[2]


@dataclass(frozen=True, eq=False)
class Paints:
    """Every colour of the map, packed, and what can be read when written on it."""

    scale: NDArray[np.int64]
    """(LEVELS,), from the least to the greatest"""
    scale_ink: NDArray[np.int64]
    scale_line: NDArray[np.int64]
    zero: int
    zero_ink: int
    zero_line: int
    unscored: int
    undefined: int
    foreground: int
    muted: int
    accent: int
    accent_ink: int


@cache
def paints(palette: Palette) -> Paints:
    """The colours of the map on a theme's background."""
    backdrop = palette.backdrop
    scale = [_rgb(color) for color in visible(LEVELS, backdrop)]
    # Viridis has no rose, no red and no grey, so that none of these can be taken for a value.
    zero = blend((204, 121, 167), backdrop, 0.45)
    return Paints(
        scale=np.array([_pack(color) for color in scale]),
        scale_ink=np.array([_pack(_ink_on(color)) for color in scale]),
        scale_line=np.array([_pack(_line_on(color)) for color in scale]),
        zero=_pack(zero),
        zero_ink=_pack(_ink_on(zero)),
        zero_line=_pack(_line_on(zero)),
        unscored=_pack(blend(backdrop, palette.foreground, 0.22)),
        undefined=_pack((213, 94, 0)),
        foreground=_pack(palette.foreground),
        muted=_pack(palette.muted),
        accent=_pack(palette.accent),
        accent_ink=_pack(_ink_on(palette.accent)),
    )


def _ink_on(color: RGB) -> RGB:
    black, white = (0, 0, 0), (255, 255, 255)
    return black if contrast(color, black) >= contrast(color, white) else white


def _line_on(color: RGB) -> RGB:
    return blend(color, _ink_on(color), 0.6)


def _rgb(color: NDArray[np.uint8]) -> RGB:
    red, green, blue = (int(channel) for channel in color)
    return red, green, blue


def _level(log10: Floats, limits: Limits, levels: int) -> NDArray[np.intp]:
    low, high = limits
    shares = (np.asarray(log10) - low) / (high - low)
    return np.clip(np.floor(shares * levels), 0, levels - 1).astype(np.intp)


def draw_map(picture: Picture, layout: Layout, palette: Palette | None, cross: CrossHair | None = None) -> list[Strip]:
    """The map with its axes, colour bar and cross-hair, as strips.

    Args:
        picture: Of `layout.pixel_rows` down, layout.columns across.
        layout: Where things go.
        palette: The theme's colours; None paints in shades, without any colour.
        cross: What to mark.
    """
    canvas = Canvas(layout.width, layout.height)
    colors = None if palette is None else paints(palette)
    under = None
    if colors is None:
        _shade(canvas, picture, layout)
    else:
        _paint(canvas, picture, layout, colors)
        under = _under(picture, layout, colors)
    if cross is not None:
        _mark(canvas, picture, layout, under, cross)
    _write_values(canvas, picture, layout, under, cross)
    _axes(canvas, picture, layout, colors, cross)
    if layout.keyed:
        _key(canvas, picture, layout, colors)
    return canvas.strips()


def _paint(canvas: Canvas, picture: Picture, layout: Layout, colors: Paints) -> None:
    """Two pixels a cell: ▀ in the upper one's colour on the lower one's, and nothing where there is nothing."""
    special = np.array([-1, -1, colors.zero, colors.unscored, colors.undefined])
    pixels = special[picture.kinds]
    if (limits := picture.limits) is not None:
        values = picture.kinds == Kind.VALUE
        pixels[values] = colors.scale[_level(picture.log10[values], limits, LEVELS)]
    per_cell = len(pixels) // layout.rows
    upper, lower = pixels[::per_cell], pixels[per_cell - 1 :: per_cell]
    part = (slice(0, layout.rows), slice(layout.gutter, layout.gutter + layout.columns))
    same, open_above, open_below = upper == lower, upper < 0, lower < 0
    canvas.glyphs[part] = np.select([same, open_above], [" ", "▄"], "▀")
    canvas.ink[part] = np.select([same, open_above], [-1, lower], upper)
    canvas.behind[part] = np.select([same, open_above | open_below], [upper, -1], lower)


def _shade(canvas: Canvas, picture: Picture, layout: Layout) -> None:
    """One pixel a cell, and a character of its own for each kind."""
    glyphs = np.array([" ", " ", *KEYS.values()])[picture.kinds]
    if (limits := picture.limits) is not None:
        values = picture.kinds == Kind.VALUE
        glyphs[values] = np.array(list(SHADES))[_level(picture.log10[values], limits, len(SHADES))]
    canvas.glyphs[: layout.rows, layout.gutter : layout.gutter + layout.columns] = glyphs


@dataclass(frozen=True, eq=False)
class _Under:
    """For each cell of the picture, the colour of its largest pixel, and colours to write and draw on it."""

    behind: NDArray[np.int64]
    ink: NDArray[np.int64]
    line: NDArray[np.int64]
    colors: Paints


def _under(picture: Picture, layout: Layout, colors: Paints) -> _Under:
    kinds, log10 = (part.reshape(layout.rows, -1, layout.columns) for part in (picture.kinds, picture.log10))
    value, zero = (np.any(kinds == kind, axis=1) for kind in (Kind.VALUE, Kind.ZERO))
    level = np.zeros(value.shape, dtype=np.intp)
    if (limits := picture.limits) is not None:
        level[value] = _level(log10.max(axis=1)[value], limits, LEVELS)
    return _Under(
        behind=np.select([value, zero], [colors.scale[level], colors.zero], colors.unscored),
        ink=np.select([value, zero], [colors.scale_ink[level], colors.zero_ink], colors.muted),
        line=np.select([value, zero], [colors.scale_line[level], colors.zero_line], colors.muted),
        colors=colors,
    )


def _mark(canvas: Canvas, picture: Picture, layout: Layout, under: _Under | None, cross: CrossHair) -> None:
    """Down the lag, through every loss; and from lag 0 to it along the loss: the way that its gradient has come."""
    if cross.k is None:
        return
    left = layout.gutter
    something = picture.kinds.reshape(layout.rows, -1, layout.columns) != Kind.NOTHING
    whole = np.all(something, axis=1)
    y = _middle(picture.losses.span(cross.t - 1)) * layout.rows // len(picture.kinds)
    x = _middle(picture.lags.span(cross.k))
    point = np.any(something[y, :, x])
    if under is None:
        # Without colour the values are characters themselves, whose place a line would take.
        if point:
            canvas.write(left + x, y, "╋")
        return
    for rows, columns, glyph in ((slice(0, layout.rows), slice(x, x + 1), "│"), (slice(y, y + 1), slice(0, x), "─")):
        at, drawn = (rows, slice(left + columns.start, left + columns.stop)), whole[rows, columns]
        canvas.glyphs[at][drawn] = glyph
        canvas.ink[at][drawn] = under.line[rows, columns][drawn]
        canvas.behind[at][drawn] = under.behind[rows, columns][drawn]
    if point:
        canvas.write(left + x, y, "●", under.colors.accent_ink, under.colors.accent)


def _middle(cells: range) -> int:
    return cells[(len(cells) - 1) // 2]


def _write_values(
    canvas: Canvas, picture: Picture, layout: Layout, under: _Under | None, cross: CrossHair | None
) -> None:
    """The numbers themselves, where there is room for every one of them."""
    steps = picture.lags.count
    if layout.columns < steps * (WIDTH + 1):
        return
    per_cell = len(picture.kinds) // layout.rows
    for item in range(steps):
        pixels = picture.losses.span(item)
        inside = range(-(-pixels.start // per_cell), pixels.stop // per_cell)
        for lag in range(item + 1) if inside else ():
            cells = picture.lags.span(lag)
            pixel = (pixels.start, cells.start)
            if picture.kinds[pixel] not in (Kind.VALUE, Kind.ZERO):
                continue
            text = f" {magnitude(float(picture.log10[pixel]) / _LOG10_2)} "
            x, y = layout.gutter + cells.start + (len(cells) - len(text)) // 2, _middle(inside)
            if under is None:
                canvas.write(x, y, text)
            elif cross == CrossHair(item + 1, lag):
                canvas.write(x, y, text, under.colors.accent_ink, under.colors.accent)
            else:
                at = (y, cells.start)
                canvas.write(x, y, text, int(under.ink[at]), int(under.behind[at]))


def _axes(canvas: Canvas, picture: Picture, layout: Layout, colors: Paints | None, cross: CrossHair | None) -> None:
    """The t down the left, k along the bottom, and the cross-hair's own t and k among their labels."""
    muted, strong, accent = (-1, -1, -1) if colors is None else (colors.muted, colors.foreground, colors.accent)
    steps, left, bottom = picture.lags.count, layout.gutter, layout.rows
    per_cell = len(picture.kinds) // layout.rows
    for y in range(bottom):
        canvas.write(left - 1, y, "│", muted)
    canvas.write(0, bottom, f"{'t':>{left - 2}}", strong)
    canvas.write(left - 1, bottom, "└" + "─" * layout.columns, muted)

    losses = {_middle(picture.losses.span(t - 1)) // per_cell: t for t in _ticks(1, steps, max(2, (bottom + 1) // 3))}
    for y, t in losses.items():
        canvas.write(0, y, f"{t:>{left - 2}} ┤", muted)
    if cross is not None:
        y = _middle(picture.losses.span(cross.t - 1)) // per_cell
        canvas.write(0, y, f"{cross.t:>{left - 2}} ▶", accent)

    marked = None if cross is None else cross.k
    ticks = [k for k in _ticks(0, steps - 1, max(2, layout.columns // 8)) if k != marked]
    used: list[range] = []
    for k in ticks if marked is None else [marked, *ticks]:
        x = _middle(picture.lags.span(k))
        ink = accent if k == marked else muted
        label = str(k)
        start = min(max(0, x - (len(label) - 1) // 2), layout.columns - len(label))
        place = range(start - 1, start + len(label) + 1)
        if any(place.start < other.stop - 1 and other.start < place.stop - 1 for other in used):
            continue
        used.append(place)
        canvas.write(left + x, bottom, "▲" if k == marked else "┬", ink)
        canvas.write(left + start, bottom + 1, label, ink)
    name = " lag k"
    canvas.write(layout.width - len(name), bottom, name, strong)


def _ticks(low: int, high: int, count: int) -> list[int]:
    return [round(position) for position in nice_ticks(low, high, count).positions]


def _key(canvas: Canvas, picture: Picture, layout: Layout, colors: Paints | None) -> None:
    """The colour bar with its decades written on it, and what the other colours mean."""
    y, end = layout.height - 1, layout.width
    room = layout.columns - FEWEST_BAR
    notes = [(kind, *NOTES[kind]) for kind in KEYS if np.any(picture.kinds == kind)]
    short = sum(len(long) + 3 for _, long, _ in notes) > room
    for kind, long, brief in reversed(notes):
        text = brief if short else long
        end -= len(text) + 3
        if colors is None:
            canvas.write(end, y, f" {KEYS[kind]} {text}")
            continue
        paint = {Kind.ZERO: colors.zero, Kind.UNSCORED: colors.unscored}.get(kind, colors.undefined)
        canvas.write(end + 1, y, "■", paint)
        canvas.write(end + 3, y, text, colors.muted)
    limits = picture.limits
    if limits is None:
        return
    if colors is None:
        _shades(canvas, limits, layout.gutter, y, end - layout.gutter)
    else:
        _bar(canvas, limits, layout.gutter, y, end - layout.gutter - (end < layout.width), colors)


def _bar(canvas: Canvas, limits: Limits, left: int, y: int, width: int, colors: Paints) -> None:
    levels = (np.arange(width) * LEVELS) // width
    canvas.behind[y, left : left + width] = colors.scale[levels]
    free = 0
    for position, label in _decades(limits, width):
        middle = round((position - limits[0]) / (limits[1] - limits[0]) * (width - 1))
        start = min(max(0, middle - len(label) // 2), width - len(label))
        if start >= free:
            canvas.write(left + start, y, label, int(colors.scale_ink[levels[middle]]))
            free = start + len(label) + 1


def _decades(limits: Limits, width: int) -> Iterator[tuple[float, str]]:
    ticks: Ticks = decade_ticks(*limits, 3 * (width // 9) - 2)
    return zip(ticks.positions, ticks.labels, strict=True)


def _shades(canvas: Canvas, limits: Limits, left: int, y: int, width: int) -> None:
    """Each shade between the numbers it lies between, as many of them as there is room for."""
    low, high = limits
    bounds = [magnitude((low + (high - low) * i / len(SHADES)) / _LOG10_2) for i in range(len(SHADES) + 1)]
    full = bounds[0] + "".join(f" {shade} {bound}" for shade, bound in zip(SHADES, bounds[1:], strict=True))
    canvas.write(left, y, full if len(full) <= width else f"{bounds[0]} {SHADES} {bounds[-1]}"[:width])
