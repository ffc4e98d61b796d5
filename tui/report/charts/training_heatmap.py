"""How the gradient at each lag changes as the network learns: training step down, lag across, as a heat map.

Each row is one network of the run on the probe batch, the first at the top; a row that grows longer to the right
means that the network learns to pass its gradient further back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tui.report.charts.glyph_grid import GlyphGrid
from tui.report.charts.heatmap import Blocks, Heatmap, PixelKind
from tui.report.charts.map import fill
from tui.report.charts.map_colors import Paints, paints
from tui.report.charts.map_frame import Layout, across_axis, inks, key, middle, ticks
from tui.report.numbers import LOG10_2
from tui.report.palette import Palette

if TYPE_CHECKING:
    from core.numerics.scaled import Floats
    from core.training.profile import ProfileMap

FEWEST_IN_GUTTER: Final = 100_000
"""The gutter has room for a number like this one, and so for the name of the axis"""


def learning_map(
    found: ProfileMap, curve: str, width: int, height: int, palette: Palette | None, step: int
) -> GlyphGrid | None:
    """The map with its axes and color bar; none where there is no room.

    Args:
        found: The profiles.
        curve: Which of their curves.
        width: Cells across.
        height: Cells down.
        palette: The theme's colors; None paints in shades, without any color.
        step: The training step to mark.
    """
    layout = Layout.of(max(FEWEST_IN_GUTTER, int(found.steps[-1])), width, height)
    if layout is None:
        return None
    colors = None if palette is None else paints(palette)
    rows = layout.rows if colors is None else 2 * layout.rows
    heatmap = reduce_curves(found.log2_typical[curve], rows, layout.columns)
    grid = GlyphGrid(layout.width, layout.height)
    fill(grid, heatmap, layout, colors)
    _steps_axis(grid, found, heatmap, layout, colors, step)
    across_axis(grid, heatmap, layout, colors, None, "lag k", first=0)
    if layout.keyed:
        key(grid, heatmap, layout, colors)
    return grid


def reduce_curves(log2: Floats, rows: int, columns: int) -> Heatmap:
    """Reduce (S, T) log₂ norms to rows × columns pixels, each showing the largest that it covers.

    −inf is an exact zero; nan, past an overflow, is nothing at all.
    """
    down, across = Blocks(log2.shape[0], rows), Blocks(log2.shape[1], columns)
    known = np.where(np.isnan(log2), -np.inf, log2)
    values = np.maximum.reduceat(np.maximum.reduceat(known, down.edges[:-1], axis=0), across.edges[:-1], axis=1)
    there = np.logical_or.reduceat(
        np.logical_or.reduceat(~np.isnan(log2), down.edges[:-1], axis=0), across.edges[:-1], axis=1
    )
    kinds = np.select(
        [~there, np.isfinite(values), np.isneginf(values)],
        [PixelKind.NOTHING, PixelKind.VALUE, PixelKind.ZERO],
        PixelKind.UNDEFINED,
    ).astype(np.uint8)
    pixels = np.ix_(down.group_of_cell, across.group_of_cell)
    return Heatmap(values[pixels] * LOG10_2, kinds[pixels], down, across)


def _steps_axis(
    grid: GlyphGrid, found: ProfileMap, heatmap: Heatmap, layout: Layout, colors: Paints | None, step: int
) -> None:
    muted, strong, accent = inks(colors)
    per_cell, left = len(heatmap.kinds) // layout.rows, layout.gutter
    for y in range(layout.rows):
        grid.write(left - 1, y, "│", muted)
    for item in ticks(0, len(found.steps) - 1, max(2, (layout.rows + 1) // 3)):
        grid.write(0, middle(heatmap.losses.span(item)) // per_cell, f"{found.steps[item]:>{left - 2}} ┤", muted)
    here = int(np.argmin(np.abs(found.steps - step)))
    grid.write(0, middle(heatmap.losses.span(here)) // per_cell, f"{step:>{left - 2}} ▶", accent)
    grid.write(0, layout.rows, f"{'update':>{left - 2}}"[: left - 1], strong)
