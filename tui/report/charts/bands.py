"""Bands: the cells between two lines have a color of their own behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tui.report.charts.glyph_grid import pack
from tui.report.charts.path import to_unit
from tui.report.palette import blend

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tui.report.charts.area import Area
    from tui.report.charts.glyph_grid import GlyphGrid
    from tui.report.charts.model import Band
    from tui.report.palette import Palette

SHADE: Final = 0.16
"""How much of a band's color is behind it: lines and letters on it stay readable"""


def shade(bands: Iterable[Band], grid: GlyphGrid, area: Area, palette: Palette) -> None:
    """Put the color of each band behind the cells of the area whose middle is within it.

    Args:
        bands: What to shade.
        grid: The cells.
        area: Which of them have data, and the limits.
        palette: The colors of the theme.
    """
    columns = range(area.left, area.left + area.width)
    x = np.array([area.x_at(column) for column in columns])
    middle = (np.arange(area.height)[::-1, np.newaxis] + 0.5) / area.height
    for band in bands:
        edges = []
        for line in (band.low, band.high):
            known = np.isfinite(line) & np.isfinite(band.x)
            at, values = np.asarray(band.x)[known], np.asarray(line)[known]
            if not at.size:
                break
            edges.append(to_unit(np.interp(x, at, values, left=np.nan, right=np.nan), area.y_limits))
        else:
            with np.errstate(invalid="ignore"):
                inside = (middle >= edges[0]) & (middle <= edges[1])
            cells = grid.behind[area.top : area.top + area.height, area.left : area.left + area.width]
            cells[inside] = pack(blend(palette.backdrop, palette.readable(band.color), SHADE))
