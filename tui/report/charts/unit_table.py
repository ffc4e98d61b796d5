"""The units as numbers: the part around the cursor, a row for each unit, a column for each step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tui.report.charts.glyph_grid import GlyphGrid
from tui.report.charts.map_colors import paints
from tui.report.charts.map_frame import inks
from tui.report.charts.map_table import COLUMN, Window, part_around
from tui.report.charts.terminal import SMALLEST
from tui.report.numbers import WIDTH
from tui.report.words.units import ABOVE, BELOW, value_at

if TYPE_CHECKING:
    from tui.report.charts.unit_grid import UnitGrid
    from tui.report.palette import Palette

GUTTER: Final = len("unit ╲ t") + 1
"""Cells of the units' numbers at the left"""

CELL: Final = COLUMN + 1
"""Cells of a column, the mark of a saturated unit among them"""


def unit_window(grid: UnitGrid, unit: int, step: int, width: int, height: int) -> Window | None:
    """The units and steps that a table of this size shows, those of the cursor as near the middle as there are."""
    if width < max(SMALLEST[0], GUTTER + CELL) or height < SMALLEST[1]:
        return None
    units = part_around(unit - 1, grid.units, height - 1)
    steps = part_around(step - 1, grid.steps, (width - GUTTER) // CELL)
    return Window(range(units.start + 1, units.stop + 1), range(steps.start + 1, steps.stop + 1), GUTTER, CELL)


def draw_unit_table(
    grid: UnitGrid, window: Window, width: int, height: int, palette: Palette | None, *, unit: int, step: int
) -> GlyphGrid:
    """The numbers of the window, those of saturated units with their mark, and nothing where there is no gradient."""
    cells = GlyphGrid(width, height)
    colors = None if palette is None else paints(palette)
    muted, strong, accent = inks(colors)
    cells.write(0, 0, f"{'unit ╲ t':>{window.gutter - 2}}", strong)
    for column, t in enumerate(window.lags):
        label = f"{('▼' if t == step else '') + str(t):>{WIDTH + 1}}"
        cells.write(window.gutter + column * CELL, 0, label, accent if t == step else muted)
    for row, i in enumerate(window.losses, start=1):
        here = i == unit
        cells.write(0, row, f"{i}{' ▶' if here else '  '}".rjust(window.gutter - 1), accent if here else muted)
        for column, t in enumerate(t for t in window.lags if t <= grid.last):
            mark = " "
            if grid.saturated[i - 1, t - 1]:
                mark = ABOVE if grid.above[i - 1, t - 1] else BELOW
            text, x = f"{value_at(grid, i, t):>{WIDTH + 1}}{mark}", window.gutter + column * CELL
            if colors is not None and here and t == step:
                cells.write(x, row, text, colors.accent_ink, colors.accent)
            else:
                cells.write(x, row, text, strong)
    return cells
