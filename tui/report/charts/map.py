"""The map: how much of the gradient of each loss L_t comes through the use of one parameter k steps before.

Each row is a loss time t, going down as text does, and each column a lag k, below 0 where paths come from after the
loss. So a row is the journey of one
loss; the last loss, the one that the cursor follows, lies along the axis of the lags; equal colors straight
down mean that only the distance counts; and a slanting line is one step s = t − k. No step comes before the
first, which leaves the triangle k ≥ t at the upper right empty.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tui.report.charts.glyph_grid import GlyphGrid
from tui.report.charts.heatmap import Heatmap, PixelKind
from tui.report.charts.map_colors import KEYS, LEVELS, SHADES, Paints, level, paints
from tui.report.charts.map_frame import CrossHair, Layout, axes, key, middle
from tui.report.numbers import LOG10_2, WIDTH, magnitude
from tui.report.palette import Palette

if TYPE_CHECKING:
    from numpy.typing import NDArray


def draw_map(
    heatmap: Heatmap, layout: Layout, palette: Palette | None, cross: CrossHair | None = None, title: str = ""
) -> GlyphGrid | None:
    """The map with its axes, color bar and cross-hair.

    Args:
        heatmap: Of `layout.pixel_rows` down, layout.columns across.
        layout: Where things go.
        palette: The theme's colors; None paints in shades, without any color.
        cross: What to mark.
        title: Stands in the corner that is empty, as no step comes before the first.
    """
    grid = GlyphGrid(layout.width, layout.height)
    colors = None if palette is None else paints(palette)
    fill(grid, heatmap, layout, colors)
    under = None if colors is None else _under(heatmap, layout, colors)
    if cross is not None:
        _mark(grid, heatmap, layout, under, cross)
    _write_values(grid, heatmap, layout, under, cross)
    axes(grid, heatmap, layout, colors, cross)
    if title:
        grid.write(layout.width - len(title) - 2, 0, f" {title} ", -1 if colors is None else colors.foreground)
    if layout.keyed:
        key(grid, heatmap, layout, colors)
    return grid


def fill(grid: GlyphGrid, heatmap: Heatmap, layout: Layout, colors: Paints | None, shades: str = SHADES) -> None:
    """The heat map itself, in colors, or in shades where there are none."""
    if colors is None:
        _shade(grid, heatmap, layout, shades)
    else:
        _paint(grid, heatmap, layout, colors)


def _paint(grid: GlyphGrid, heatmap: Heatmap, layout: Layout, colors: Paints) -> None:
    """Two pixels a cell: ▀ in the upper one's color on the lower one's, and nothing where there is nothing."""
    special = np.array([-1, -1, colors.zero, colors.unscored, colors.undefined])
    pixels = special[heatmap.kinds]
    if (limits := heatmap.limits) is not None:
        values = heatmap.kinds == PixelKind.VALUE
        pixels[values] = colors.scale[level(heatmap.values[values], limits, LEVELS)]
    per_cell = len(pixels) // layout.rows
    upper, lower = pixels[::per_cell], pixels[per_cell - 1 :: per_cell]
    part = (slice(0, layout.rows), slice(layout.gutter, layout.gutter + layout.columns))
    same, open_above, open_below = upper == lower, upper < 0, lower < 0
    grid.glyphs[part] = np.select([same, open_above], [" ", "▄"], "▀")
    grid.ink[part] = np.select([same, open_above], [-1, lower], upper)
    grid.behind[part] = np.select([same, open_above | open_below], [upper, -1], lower)


def _shade(grid: GlyphGrid, heatmap: Heatmap, layout: Layout, shades: str) -> None:
    """One pixel a cell, and a character of its own for each kind."""
    glyphs = np.array([" ", " ", *KEYS.values()])[heatmap.kinds]
    if (limits := heatmap.limits) is not None:
        values = heatmap.kinds == PixelKind.VALUE
        glyphs[values] = np.array(list(shades))[level(heatmap.values[values], limits, len(shades))]
    grid.glyphs[: layout.rows, layout.gutter : layout.gutter + layout.columns] = glyphs


@dataclass(frozen=True, eq=False)
class _Under:
    """For each cell of the heat map, the color of its largest pixel, and colors to write and draw on it."""

    behind: NDArray[np.int64]
    ink: NDArray[np.int64]
    line: NDArray[np.int64]
    colors: Paints


def _under(heatmap: Heatmap, layout: Layout, colors: Paints) -> _Under:
    kinds, log10 = (part.reshape(layout.rows, -1, layout.columns) for part in (heatmap.kinds, heatmap.values))
    value, zero = (np.any(kinds == kind, axis=1) for kind in (PixelKind.VALUE, PixelKind.ZERO))
    levels = np.zeros(value.shape, dtype=np.intp)
    if (limits := heatmap.limits) is not None:
        levels[value] = level(log10.max(axis=1)[value], limits, LEVELS)
    return _Under(
        behind=np.select([value, zero], [colors.scale[levels], colors.zero], colors.unscored),
        ink=np.select([value, zero], [colors.scale_ink[levels], colors.zero_ink], colors.muted),
        line=np.select([value, zero], [colors.scale_line[levels], colors.zero_line], colors.muted),
        colors=colors,
    )


def _mark(grid: GlyphGrid, heatmap: Heatmap, layout: Layout, under: _Under | None, cross: CrossHair) -> None:
    """Down the lag, through every loss; and from lag 0 to it along the loss: the way that its gradient has come."""
    if cross.k is None:
        return
    left = layout.gutter
    something = heatmap.kinds.reshape(layout.rows, -1, layout.columns) != PixelKind.NOTHING
    whole = np.all(something, axis=1)
    x, y = middle(heatmap.lags.span(cross.k - heatmap.first_lag)), 0
    at_0 = heatmap.lags.span(-heatmap.first_lag)
    if cross.t is not None:
        y = middle(heatmap.losses.span(cross.t - 1)) * layout.rows // len(heatmap.kinds)
    point = cross.t is not None and np.any(something[y, :, x])
    if under is None:
        # Without color the values are characters themselves, whose place a line would take.
        if point:
            grid.write(left + x, y, "╋")
        return
    lines = [(slice(0, layout.rows), slice(x, x + 1), "│")]
    lines += (
        []
        if cross.t is None
        else [(slice(y, y + 1), slice(at_0.start, x) if x >= at_0.start else slice(x + 1, at_0.stop), "─")]
    )
    for rows, columns, glyph in lines:
        at, drawn = (rows, slice(left + columns.start, left + columns.stop)), whole[rows, columns]
        grid.glyphs[at][drawn] = glyph
        grid.ink[at][drawn] = under.line[rows, columns][drawn]
        grid.behind[at][drawn] = under.behind[rows, columns][drawn]
    if point:
        grid.write(left + x, y, "●", under.colors.accent_ink, under.colors.accent)


def _write_values(
    grid: GlyphGrid, heatmap: Heatmap, layout: Layout, under: _Under | None, cross: CrossHair | None
) -> None:
    """The numbers themselves, where there is room for every one of them."""
    lags = heatmap.lags.count
    if layout.columns < lags * (WIDTH + 1):
        return
    per_cell = len(heatmap.kinds) // layout.rows
    for item in range(heatmap.losses.count):
        pixels = heatmap.losses.span(item)
        inside = range(-(-pixels.start // per_cell), pixels.stop // per_cell)
        for lag in range(lags) if inside else ():
            cells = heatmap.lags.span(lag)
            pixel = (pixels.start, cells.start)
            if heatmap.kinds[pixel] not in (PixelKind.VALUE, PixelKind.ZERO):
                continue
            text = f" {magnitude(float(heatmap.values[pixel]) / LOG10_2)} "
            x, y = layout.gutter + cells.start + (len(cells) - len(text)) // 2, middle(inside)
            if under is None:
                grid.write(x, y, text)
            elif cross == CrossHair(item + 1, lag + heatmap.first_lag):
                grid.write(x, y, text, under.colors.accent_ink, under.colors.accent)
            else:
                at = (y, cells.start)
                grid.write(x, y, text, int(under.ink[at]), int(under.behind[at]))
