"""A quantity over two settings, as a heat map: of a rate vanishing in one color, exploding in another, ×1 between them.

A line is drawn where what is drawn is at its boundary, of a rate ×1, and dotted ones where it would be if the mean over
seeds were two standard errors more or less. Between the points that were computed it is drawn straight; the colors are
those of the points themselves.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from tui.report.charts.drawn import RATE, Drawn
from tui.report.charts.glyph_grid import GlyphGrid
from tui.report.charts.heatmap import Blocks, Heatmap, PixelKind
from tui.report.charts.map import fill
from tui.report.charts.map_colors import LEVELS, SHADES, Paints, level, paints, signed_paints
from tui.report.charts.map_frame import DECADES, Layout, Scale, inks, key, middle
from tui.report.charts.terminal import SMALLEST
from tui.report.charts.ticks import Ticks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.numerics.scaled import Floats
    from tui.report.charts.path import Limits
    from tui.report.palette import Palette

_BELOW: Final = (0.9, 0.8, 0.7, 0.5, 0.3, 0.2, 0.1, 0.03, 0.01, 1e-3, 1e-4, 1e-5, 1e-6)
_ABOVE: Final = (1.1, 1.2, 1.5, 2, 3, 5, 10, 30, 100, 1e3, 1e4, 1e5, 1e6)
_TICKS: Final = tuple(sorted((1.0, *_BELOW, *_ABOVE), key=lambda one: abs(math.log(one))))
"""Factors that are written on the color bar, those nearest to ×1 first"""

_LEAST: Final = 0.1
"""A scale with a sign reaches at least so far to either side: so many bits per step"""

_LEGEND_FROM: Final = 12
"""From so many rows on there is one for what the lines mean"""

_SHADES: Final = "█▓░·"
"""Without color, from vanishing to exploding, ×1 in the middle"""


@dataclass(frozen=True, eq=False)
class PhaseDiagram:
    """What is shown: a quantity over two settings, arrays (R, C) at [row, column]; of the rate in bits per step."""

    down: tuple[str, ...]
    """What stands at each row, the first at the top"""
    across: tuple[str, ...]
    """What stands below each column"""
    down_name: str
    across_name: str
    center: Floats
    """(R, C), the mean or the middle one over seeds; NaN where there is none"""
    margin: Floats
    """(R, C), two standard errors of the mean; NaN where it is not known"""
    drawn: Drawn = RATE
    down_ordered: bool = True
    """Whether something lies between two rows: numbers, and not choices"""
    across_ordered: bool = True
    """Whether something lies between two columns"""


def phase_layout(found: PhaseDiagram, width: int, height: int) -> Layout | None:
    """Where the parts of the diagram go; None where there is no room.

    Args:
        found: What is shown.
        width: Cells across.
        height: Cells down.
    """
    gutter = max(len(found.down_name), *(len(label) for label in found.down)) + 2
    if width < SMALLEST[0] + gutter or height < SMALLEST[1] + 2:
        return None
    rows = height - 3 - (found.drawn.parted and height >= _LEGEND_FROM)
    return Layout(width, height, gutter, rows, width - gutter, keyed=True)


def point_under(found: PhaseDiagram, layout: Layout, x: int, y: int) -> tuple[int, int] | None:
    """The (row, column) of the point that a cell shows, None beside the diagram.

    Args:
        found: What is shown.
        layout: Where its parts are.
        x: The cell's column.
        y: The cell's row.
    """
    at = layout.place(x, y)
    if at is None:
        return None
    rows, columns = found.center.shape
    return Blocks(rows, layout.rows).items(at[0])[0], Blocks(columns, layout.columns).items(at[1])[0]


def draw_phases(
    found: PhaseDiagram, width: int, height: int, palette: Palette | None, cursor: tuple[int, int] | None = None
) -> GlyphGrid | None:
    """The diagram with its axes, its boundary and its color bar; None where there is no room.

    Args:
        found: What is shown.
        width: Cells across.
        height: Cells down.
        palette: The colors; None paints in shades, without any.
        cursor: The (row, column) that is marked; None for none.
    """
    layout = phase_layout(found, width, height)
    if layout is None:
        return None
    colors = None if palette is None else (signed_paints if found.drawn.parted else paints)(palette)
    pixels = layout.rows if colors is None else 2 * layout.rows
    heatmap = _reduced(found, pixels, layout.columns)
    scale = scale_of(found.drawn)
    grid = GlyphGrid(width, height)
    fill(grid, heatmap, layout, colors, scale.shades)
    if found.drawn.parted:
        _lines(grid, found, heatmap, layout, colors)
    _axes(grid, found, heatmap, layout, colors)
    if cursor is not None:
        _mark(grid, found, heatmap, layout, colors, cursor)
    key(grid, heatmap, layout, colors, scale)
    if layout.rows < height - 3:
        _legend(grid, found, layout, colors)
    return grid


def _reduced(found: PhaseDiagram, rows: int, columns: int) -> Heatmap:
    down, across = Blocks(found.center.shape[0], rows), Blocks(found.center.shape[1], columns)
    known = ~np.isnan(found.center)
    # Where there are more points than pixels, the one nearest to the boundary is shown, which is what is looked for.
    size = np.where(known, np.abs(found.center) if found.drawn.parted else -found.center, np.inf)
    values, kinds = np.empty((rows, columns)), np.empty((rows, columns), dtype=np.uint8)
    for y in range(rows):
        for x in range(columns):
            part = np.ix_(list(down.items(y)), list(across.items(x)))
            at = np.unravel_index(np.argmin(size[part]), size[part].shape)
            values[y, x] = shaded(found.drawn, float(found.center[part][at]))
            kinds[y, x] = PixelKind.VALUE if known[part][at] else PixelKind.NOTHING
    return Heatmap(values, kinds, down, across, scale=limits_of(found.drawn, found.center[known]))


def limits_of(drawn: Drawn, known: Floats) -> Limits:
    """The ends of the color bar; what is infinite has the color of an end.

    Args:
        drawn: The quantity.
        known: What there is of it.
    """
    placed = np.array([shaded(drawn, float(value)) for value in known])
    placed = placed[np.isfinite(placed)]
    if drawn.parted:
        reach = float(np.max(np.abs(placed), initial=shaded(drawn, _LEAST)))
        return -reach, reach
    low, high = (float(placed.min()), float(placed.max())) if placed.size else (0.0, 0.0)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def shaded(drawn: Drawn, value: float) -> float:
    """Where a value lies on the color bar.

    Args:
        drawn: The quantity.
        value: A value of it.
    """
    return shade_of(value) if drawn.kind == "factor" else drawn.placed(value)


def scale_of(drawn: Drawn) -> Scale:
    """How the color bar of a quantity is written.

    Args:
        drawn: The quantity.
    """
    if drawn.kind == "factor":
        return Scale(partial(_ticks, drawn), lambda shade: drawn.text(math.copysign(shade * shade, shade)), _SHADES)
    if drawn.kind == "sizes":
        return Scale(DECADES.ticks, lambda log10: drawn.text(10.0**log10))
    return Scale(partial(_even_ticks, drawn), drawn.text, _SHADES if drawn.parted else SHADES)


def _even_ticks(drawn: Drawn, limits: Limits, width: int) -> Ticks:
    return drawn.ticks(limits, max(2, width // 12))


def shade_of(rate: float) -> float:
    """Where a rate, in bits per step, lies on the color bar: by its root, so that what is near ×1 can be told apart.

    Args:
        rate: The rate.
    """
    return math.copysign(math.sqrt(abs(rate)), rate)


def _ticks(drawn: Drawn, limits: Limits, width: int) -> Ticks:
    places = {one: shade_of(math.log2(one)) for one in _TICKS}
    cell = (limits[1] - limits[0]) / width
    chosen: list[float] = []
    for one, at in places.items():
        if limits[0] <= at <= limits[1] and all(abs(at - places[other]) >= 8 * cell for other in chosen):
            chosen.append(one)
    chosen.sort()
    return Ticks(tuple(places[one] for one in chosen), tuple(drawn.text(math.log2(one)) for one in chosen))


def between(
    values: Floats, rows: int, columns: int, *, down_ordered: bool = True, across_ordered: bool = True
) -> Floats:
    """Values (R, C) at the middles of equal blocks, straight in between, (rows, columns) of them.

    Args:
        values: What is known, at least one value; NaN spreads to what lies next to it.
        rows: How many down.
        columns: How many across.
        down_ordered: Whether something lies between two rows; where not, each block has the values of its own row.
        across_ordered: Whether something lies between two columns.

    Runnable example:

        >>> between(np.array([[0.0, 1.0]]), 1, 4).tolist()
        [[0.0, 0.25, 0.75, 1.0]]
    """
    down, across = (
        np.clip((np.arange(cells) + 0.5) / cells * count - 0.5, 0, count - 1)
        for cells, count in ((rows, values.shape[0]), (columns, values.shape[1]))
    )
    if not down_ordered:
        down = np.round(down)
    if not across_ordered:
        across = np.round(across)
    y, x = (
        np.minimum(down.astype(int), max(values.shape[0] - 2, 0)),
        np.minimum(across.astype(int), max(values.shape[1] - 2, 0)),
    )
    v, u = (down - y)[:, np.newaxis], (across - x)[np.newaxis, :]
    y_next, x_next = np.minimum(y + 1, values.shape[0] - 1), np.minimum(x + 1, values.shape[1] - 1)

    def at(row: NDArray[np.intp], column: NDArray[np.intp]) -> Floats:
        return np.asarray(values[np.ix_(row, column)])

    upper = at(y, x) * (1 - u) + at(y, x_next) * u
    lower = at(y_next, x) * (1 - u) + at(y_next, x_next) * u
    return np.asarray(upper * (1 - v) + lower * v)


def crossings(values: Floats) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Where a field (R, C) changes its sign: before which cells in their row, and before which in their column."""
    above = values > 0
    known = ~np.isnan(values)
    in_row, in_column = np.zeros(values.shape, dtype=bool), np.zeros(values.shape, dtype=bool)
    in_row[:, 1:] = (above[:, 1:] != above[:, :-1]) & known[:, 1:] & known[:, :-1]
    in_column[1:] = (above[1:] != above[:-1]) & known[1:] & known[:-1]
    return in_row, in_column


def _lines(grid: GlyphGrid, found: PhaseDiagram, heatmap: Heatmap, layout: Layout, colors: Paints | None) -> None:
    """The boundary, and dotted the lines where it would be by two standard errors more or less."""
    size = (layout.rows, layout.columns)
    for field, upright, level_glyph in (
        (found.center - found.margin, "┊", "┄"),
        (found.center + found.margin, "┊", "┄"),
        (found.center, "┃", "━"),
    ):
        ordered = {"down_ordered": found.down_ordered, "across_ordered": found.across_ordered}
        in_row, in_column = crossings(between(field, *size, **ordered))
        # Between two choices there is nothing, so that no boundary lies there.
        in_row, in_column = in_row & found.across_ordered, in_column & found.down_ordered
        for cells, glyph in ((in_column & ~in_row, level_glyph), (in_row, upright)):
            for y, x in zip(*np.nonzero(cells), strict=True):
                ink, behind = _on(heatmap, layout, colors, int(y), int(x))
                grid.write(layout.gutter + int(x), int(y), glyph, ink, behind)


def _legend(grid: GlyphGrid, found: PhaseDiagram, layout: Layout, colors: Paints | None) -> None:
    """What the lines mean, as far as there is room, above the color bar."""
    muted, strong, _ = inks(colors)
    at, y = layout.gutter, layout.height - 2
    boundary = found.drawn.text(0.0) if found.drawn.kind == "factor" else "0"
    lines = [("━┃", f"the mean is {boundary}")]
    if np.isfinite(found.margin).any():
        lines.append(("┄┊", "it is two standard errors above or below"))
    for glyphs, said in lines:
        if at + len(glyphs) + len(said) + 1 > layout.width:
            break
        grid.write(at, y, glyphs, strong)
        grid.write(at + len(glyphs) + 1, y, said, muted)
        at += len(glyphs) + len(said) + 4


def _on(heatmap: Heatmap, layout: Layout, colors: Paints | None, y: int, x: int) -> tuple[int, int | None]:
    """The ink to write with on a cell of the heat map, and what is behind it."""
    if colors is None:
        return -1, None
    pixel = (y * (len(heatmap.kinds) // layout.rows), x)
    limits = heatmap.limits
    if limits is None or heatmap.kinds[pixel] != PixelKind.VALUE:
        return colors.foreground, None
    shade = int(level(heatmap.values[pixel], limits, LEVELS))
    return int(colors.scale_ink[shade]), int(colors.scale[shade])


def _axes(grid: GlyphGrid, found: PhaseDiagram, heatmap: Heatmap, layout: Layout, colors: Paints | None) -> None:
    muted, strong, _ = inks(colors)
    left, bottom, per_cell = layout.gutter, layout.rows, len(heatmap.kinds) // layout.rows
    for y in range(bottom):
        grid.write(left - 1, y, "│", muted)
    used: set[int] = set()
    for item in _thinned(len(found.down), layout.rows):
        y = middle(heatmap.losses.span(item)) // per_cell
        if y not in used:
            grid.write(0, y, f"{found.down[item]:>{left - 2}} ┤", muted)
            used.add(y)
    grid.write(0, bottom, f"{found.down_name:>{left - 2}}", strong)
    grid.write(left - 1, bottom, "└" + "─" * layout.columns, muted)
    free, end = 0, layout.columns - len(found.across_name) - 1
    for item in _thinned(len(found.across), layout.columns // (max(map(len, found.across)) + 2)):
        label, x = found.across[item], middle(heatmap.lags.span(item))
        start = min(max(0, x - (len(label) - 1) // 2), layout.columns - len(label))
        if start < free:
            continue
        if x < end:
            grid.write(left + x, bottom, "┬", muted)
        grid.write(left + start, bottom + 1, label, muted)
        free = start + len(label) + 1
    grid.write(left + end, bottom, f" {found.across_name}", strong)


def _mark(
    grid: GlyphGrid,
    found: PhaseDiagram,
    heatmap: Heatmap,
    layout: Layout,
    colors: Paints | None,
    cursor: tuple[int, int],
) -> None:
    """Mark a point, and its two values among the labels."""
    accent, per_cell = inks(colors)[2], len(heatmap.kinds) // layout.rows
    x, y = middle(heatmap.lags.span(cursor[1])), middle(heatmap.losses.span(cursor[0])) // per_cell
    left, bottom = layout.gutter, layout.rows
    if colors is None:
        grid.write(left + x, y, "╋")
    else:
        grid.write(left + x, y, "●", colors.accent_ink, colors.accent)
    grid.write(0, y, f"{found.down[cursor[0]]:>{left - 2}} ▶", accent)
    label = found.across[cursor[1]]
    start = min(max(0, x - (len(label) - 1) // 2), layout.columns - len(label))
    grid.write(left + start - 1, bottom + 1, f" {label} ", accent)
    grid.write(left + x, bottom, "▲", accent)


def _thinned(count: int, room: int) -> Sequence[int]:
    """At most so many of a row of places, evenly spaced, the first among them."""
    return range(0, count, max(1, math.ceil(count / max(room, 1))))
