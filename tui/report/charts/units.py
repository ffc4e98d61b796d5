"""Every unit over time as a heat map: a row for each unit, a column for each step, and saturated units marked.

A quantity with a sign has one color below 0 and another above it, and hardly any around 0; a gate or a slope, which
lies between 0 and 1, has the colors of the map. A gradient has its sign as such, and its size by decades. Saturated
units have a character on their color, ⊞ where the pre-activation is above 0 and ⊟ where it is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tui.report.charts.glyph_grid import GlyphGrid
from tui.report.charts.heatmap import Heatmap, PixelKind
from tui.report.charts.map import fill
from tui.report.charts.map_colors import LEVELS, SHADES, Paints, level, paints, signed_paints
from tui.report.charts.map_frame import DECADES, Layout, Scale, across_axis, down_axis, inks, key, middle
from tui.report.charts.ticks import Ticks, nice_ticks
from tui.report.charts.unit_grid import UnitGrid, reduce_units
from tui.report.numbers import LOG10_2, MINUS, magnitude, number
from tui.report.words.units import ABOVE, BELOW, DEAD

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tui.report.charts.path import Limits
    from tui.report.palette import Palette

SIGNED_SHADES: Final = "≡=-·░▒█"
"""The scale of a quantity with a sign where there is no color"""

WIDE_GUTTER: Final = 100
"""The gutter has room for a number like this one, and so for the name of the axis"""


def draw_units(
    grid: UnitGrid, width: int, height: int, palette: Palette | None, *, unit: int | None, step: int | None
) -> GlyphGrid | None:
    """The heat map with its axes and color bar; None where there is no room.

    Args:
        grid: What is shown.
        width: Cells across.
        height: Cells down.
        palette: The theme's colors; None paints in shades, without any color.
        unit: The unit to mark, from 1.
        step: The step to mark, from 1.
    """
    layout = unit_layout(grid, width, height)
    if layout is None:
        return None
    colors = None if palette is None else paints(palette) if grid.is_share else signed_paints(palette)
    heatmap, marks = reduce_units(grid, layout.rows, layout.columns)
    cells, scale = GlyphGrid(width, height), scale_of(grid)
    fill(cells, heatmap, layout, colors, scale.shades)
    lines = None if colors is None else _lines(heatmap, colors)
    _mark_saturated(cells, layout, lines, marks)
    down_axis(cells, heatmap, layout, colors, unit, "unit")
    across_axis(cells, heatmap, layout, colors, step, "step t", first=1)
    _mark_dead(cells, grid, heatmap, layout, colors)
    if step is not None:
        _mark_step(cells, heatmap, layout, colors, lines, step, unit)
    if layout.keyed:
        key(cells, heatmap, layout, colors, scale)
    return cells


def unit_layout(grid: UnitGrid, width: int, height: int) -> Layout | None:
    """Where the parts of the chart go."""
    return Layout.of(max(grid.units, WIDE_GUTTER), width, height)


def scale_of(grid: UnitGrid) -> Scale:
    """How the numbers of the bar are written."""
    if grid.sign is None:
        return Scale(_evenly, number, SHADES if grid.is_share else SIGNED_SHADES)
    least, _ = grid.decades

    def size(place: float) -> str:
        return (MINUS if place < 0 else "") + magnitude((abs(place) + least) / LOG10_2)

    return Scale(lambda limits, width: _both_signs(least, limits[1] + least, width), size, SIGNED_SHADES)


def _evenly(limits: Limits, width: int) -> Ticks:
    return nice_ticks(*limits, max(3, width // 8), integer=False)


def _both_signs(low: float, high: float, width: int) -> Ticks:
    """The decades of sizes from `low` to `high`: to the left from the middle below 0, to the right above it."""
    found = DECADES.ticks((low, high), width // 2)
    above = [(place - low, label) for place, label in zip(found.positions, found.labels, strict=True) if place > low]
    both = [*((-place, MINUS + label) for place, label in reversed(above)), *above]
    return Ticks(tuple(place for place, _ in both), tuple(label for _, label in both))


def _lines(heatmap: Heatmap, colors: Paints) -> NDArray[np.int64]:
    """What can be drawn on the color of each cell."""
    lines = np.where(heatmap.kinds == PixelKind.ZERO, colors.zero_line, colors.muted)
    if (limits := heatmap.limits) is not None:
        values = heatmap.kinds == PixelKind.VALUE
        lines[values] = colors.scale_line[level(heatmap.values[values], limits, LEVELS)]
    return lines


def _mark_saturated(cells: GlyphGrid, layout: Layout, lines: NDArray[np.int64] | None, marks: NDArray[np.int8]) -> None:
    part = (slice(0, layout.rows), slice(layout.gutter, layout.gutter + layout.columns))
    marked = marks != 0
    cells.glyphs[part][marked] = np.where(marks > 0, ABOVE, BELOW)[marked]
    if lines is not None:
        cells.ink[part][marked] = lines[marked]


def _mark_step(
    cells: GlyphGrid,
    heatmap: Heatmap,
    layout: Layout,
    colors: Paints | None,
    lines: NDArray[np.int64] | None,
    step: int,
    unit: int | None,
) -> None:
    """A line down the step, behind the marks of what is saturated, and a point at the unit."""
    x = middle(heatmap.lags.span(step - 1))
    y = None if unit is None else middle(heatmap.losses.span(unit - 1))
    if colors is None or lines is None:
        # Without color the values are characters themselves, whose place a line would take.
        if y is not None:
            cells.write(layout.gutter + x, y, "╋")
        return
    free = cells.glyphs[: layout.rows, layout.gutter + x] == " "
    cells.glyphs[: layout.rows, layout.gutter + x][free] = "│"
    cells.ink[: layout.rows, layout.gutter + x][free] = lines[free, x]
    if y is not None:
        cells.write(layout.gutter + x, y, "●", colors.accent_ink, colors.accent)


def _mark_dead(cells: GlyphGrid, grid: UnitGrid, heatmap: Heatmap, layout: Layout, colors: Paints | None) -> None:
    """A sign beside every row whose units are all dead."""
    strong = inks(colors)[1]
    for y in range(layout.rows):
        units = heatmap.losses.items(y)
        if grid.dead[units.start : units.stop].all():
            cells.write(layout.gutter - 1, y, DEAD, strong)
