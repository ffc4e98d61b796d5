"""A series on its way to the cells: its path, its colors, the layers drawn of it and the cells they fall on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from rich.cells import cell_len

from tui.report.charts.dashes import RECEDING, dashed
from tui.report.charts.label_placement import cells_between
from tui.report.charts.path import dots, sanitize, to_unit
from tui.report.charts.plotext_canvas import Layer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tui.report.charts.dashes import Dash
    from tui.report.charts.model import Chart, Series
    from tui.report.charts.path import FloatArray, Path
    from tui.report.palette import RGB, Palette

FAINT: Final = "·"
"""What is dimmed, where there are no colors"""


@dataclass(frozen=True, eq=False)
class DrawnSeries:
    """A series within the limits of a canvas of width × height cells."""

    series: Series
    path: Path
    color: RGB | None
    faint: RGB | None
    """The color from `faint_from` on"""
    glyph: str
    layers: tuple[Layer, ...]
    cells: NDArray[np.bool_]
    """(height, width), what it covers, row 0 at the bottom"""
    faint_column: float
    """The first column of what is faint"""


def drawn(series: Series, chart: Chart, palette: Palette | None, width: int, height: int) -> DrawnSeries:
    """Take a series to its layers. Without a palette each is of its marker, and what is dimmed of dots."""
    color = faint = None
    if palette is not None:
        faint = palette.dimmed(series.color)
        color = faint if series.dim else palette.readable(series.color)
    path = sanitize(
        series.x, series.y, chart.x_limits, chart.y_limits, width, line=series.style == "line", name=series.name
    )
    glyph = FAINT if series.dim and palette is None else _glyph(series.marker)
    column, row = dots(path.u, width, 2), dots(path.v, height, 4)
    joined = np.flatnonzero(path.joined)
    if series.style == "line" and palette is not None:
        x, y, glyphs = (column + 0.5) / 2, (row + 0.5) / 4, None
    else:
        at = np.stack((column // 2, row // 4), axis=1)
        at = np.unique(at, axis=0) if series.style == "points" else at
        x, y, glyphs = at[:, 0] + np.float64(0.5), at[:, 1] + np.float64(0.5), glyph
    if not math.isfinite(series.faint_from):
        layer, cells = _layer(x, y, joined.tolist(), glyphs, color, series.dash, width, height)
        return DrawnSeries(series, path, color, faint, glyph, (layer,), cells, math.inf)
    start = float(to_unit(np.array([series.faint_from]), chart.x_limits)[0])
    first = int(np.searchsorted(path.u, start, side="right"))
    before = max(0, first - 1)
    bright, cells = _layer(
        x[:first], y[:first], joined[joined < first].tolist(), glyphs, color, series.dash, width, height
    )
    rest = (joined[joined > before] - before).tolist()
    tail, more = _layer(x[before:], y[before:], rest, glyphs and FAINT, faint, RECEDING, width, height)
    return DrawnSeries(series, path, color, faint, glyph, (tail, bright), cells | more, start * (width - 0.5))


def _layer(
    x: FloatArray,
    y: FloatArray,
    joined: list[int],
    glyphs: str | None,
    color: RGB | None,
    dash: Dash | None,
    width: int,
    height: int,
) -> tuple[Layer, NDArray[np.bool_]]:
    """The points of a line, in dashes if it has any, and the cells that they cover."""
    if dash is not None and joined:
        x, y, joined = dashed(x, y, joined, dash)
    return Layer(x.tolist(), y.tolist(), glyphs, color, joined), cells_between(x, y, joined, width, height)


def _glyph(marker: str) -> str:
    """Allow a marker of one cell only: another width would shift the rest of its line."""
    return marker if len(marker) == 1 and marker.isprintable() and cell_len(marker) == 1 else "•"
