"""A heat map laid out as a figure: its cells, its axes, lines on it, and a color bar beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from tui.report.charts.heatmap import Heatmap, PixelKind
from tui.report.charts.map_colors import LEVELS, NOTES, level, paints, signed_paints
from tui.report.charts.ticks import Ticks
from tui.report.figures.axes import Plot, bottom_margin, draw_axes, fitting_size, left_margin, placed_ticks
from tui.report.figures.legend import Entry, draw_legend, legend_rows
from tui.report.figures.shapes import Cells, Line, Spot, Text, text_width

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tui.report.charts.path import Limits
    from tui.report.figures.shapes import XY, Sheet
    from tui.report.figures.themes import Look

MOST_CELLS: Final = 120
"""Cells across or down at most: more are not told apart at the width of a column"""

MOST_SPOTS: Final = 20
"""Places across or down at most that tell their number when one points at them"""

Contour: TypeAlias = tuple[Sequence[Sequence[tuple[float, float]]], bool, str]
"""Lines on a heat map as (column, row) in cells from the top left; whether they are dotted; what they are"""


@dataclass(frozen=True, eq=False)
class Heat:
    """A heat map as a value."""

    reduce: Callable[[int, int], Heatmap]
    """The heat map for so many cells down and across"""
    rows: int
    """How many things there are down"""
    columns: int
    """How many there are across"""
    x_label: str
    y_label: str
    bar_label: str
    """What a color stands for"""
    x_ticks: Callable[[int], Ticks]
    """At most so many ticks, by the place of a column from 0"""
    y_ticks: Callable[[int], Ticks]
    bar_ticks: Callable[[Limits, int], Ticks]
    """Ticks for a color bar of these limits with room for so many characters"""
    said: Callable[[range, range, float], str]
    """(rows, columns, the largest value there) → what it is in words"""
    signed: bool = False
    """Whether 0 is a boundary, with another color on each side"""
    contours: Sequence[Contour] = ()
    aspect: float = 0.8
    """How high it is, in its width"""


def draw_heat(sheet: Sheet, heat: Heat, left: float, top: float, width: float, look: Look, heading: str = "") -> float:
    """Lay a heat map out, and return where it ends below; arguments as `draw_plot` has them."""
    if heading:
        top += look.font
        sheet.add(Text((left, top), heading, look.font, look.ink, bold=True))
        top += look.font * 0.5
    shown = heat.reduce(min(heat.rows, MOST_CELLS), min(heat.columns, MOST_CELLS))
    paint = (signed_paints if heat.signed else paints)(look.palette)
    top = draw_legend(sheet, legend_rows(_entries(heat, shown, look), width, look), left, top, look)
    x_limits, y_limits = (-0.5, heat.columns - 0.5), (heat.rows - 0.5, -0.5)
    limits, small = shown.limits, look.font * 0.92
    bar = () if limits is None else placed_ticks(heat.bar_ticks(limits, 40), limits)
    widest = max((text_width(label, small) for _, label in bar), default=0.0)
    beside = look.font * 3.9 + widest if bar else look.font
    y_ticks = heat.y_ticks(12)
    margin = left_margin(y_ticks, y_limits, look, named=True)
    across = max(width - margin - beside, look.font * 4)
    plot = Plot(left + margin, top + look.font * 0.5, across, across * heat.aspect, x_limits, y_limits)
    special = np.array([-1, -1, paint.zero, paint.unscored, paint.undefined])
    colors = special[shown.kinds]
    if limits is not None:
        known = shown.kinds == PixelKind.VALUE
        colors[known] = paint.scale[level(shown.values[known], limits, LEVELS)]
    sheet.add(Cells((plot.left, plot.top), (plot.width, plot.height), colors))
    for runs, dotted, _ in heat.contours:
        if runs:
            dash = (look.line, 1.6 * look.line) if dotted else ()
            sheet.add(Line([[_at(plot, heat, x, y) for x, y in run] for run in runs], look.ink, look.line * 0.9, dash))
    _spots(sheet, heat, plot)
    x_ticks = heat.x_ticks(max(2, int(across / (look.font * 3))))
    draw_axes(sheet, plot, look, x_ticks, y_ticks, heat.x_label, heat.y_label, left + look.font)
    if limits is not None:
        _bar(sheet, plot, paint.scale, bar, heat.bar_label, look)
    return plot.bottom + bottom_margin(look, ticked=True, named=True)


def _at(plot: Plot, heat: Heat, x: float, y: float) -> XY:
    return plot.left + plot.width * x / heat.columns, plot.top + plot.height * y / heat.rows


def _entries(heat: Heat, shown: Heatmap, look: Look) -> list[Entry]:
    """What has a color of its own, and the lines."""
    paint = paints(look.palette)
    colors = {
        PixelKind.ZERO: paint.zero,
        PixelKind.UNSCORED: paint.unscored,
        PixelKind.UNDEFINED: paint.undefined,
    }
    found = [
        Entry(NOTES[kind][0], look.ink, line=False, band=f"#{color:06x}")
        for kind, color in colors.items()
        if (shown.kinds == kind).any()
    ]
    for runs, dotted, name in heat.contours:
        if runs and name:
            found.append(Entry(name, look.ink, dash=(1.0, 1.6) if dotted else (), width=0.9))
    return found


def _spots(sheet: Sheet, heat: Heat, plot: Plot) -> None:
    """What stands where, told of places large enough to be pointed at."""
    coarse = heat.reduce(min(heat.rows, MOST_SPOTS), min(heat.columns, MOST_SPOTS))
    rows, columns = coarse.values.shape
    for row in range(rows):
        for column in range(columns):
            if coarse.kinds[row, column] not in (PixelKind.VALUE, PixelKind.ZERO):
                continue
            items = coarse.losses.items(row), coarse.lags.items(column)
            value = float(coarse.values[row, column])
            if coarse.kinds[row, column] == PixelKind.ZERO:
                value = -np.inf
            size = plot.width / columns, plot.height / rows
            at = plot.left + column * size[0], plot.top + row * size[1]
            sheet.add(Spot(at, size, heat.said(*items, value)))


def _bar(
    sheet: Sheet, plot: Plot, scale: NDArray[np.int64], ticks: Sequence[tuple[float, str]], label: str, look: Look
) -> None:
    """The color bar at the right, from the least below to the greatest above."""
    left, width, size = plot.right + look.font, look.font * 0.9, look.font * 0.92
    sheet.add(Cells((left, plot.top), (width, plot.height), scale[::-1, np.newaxis]))
    last = np.inf
    for share, text in ticks:
        y = plot.bottom - share * plot.height
        if last - y < size * 1.05:
            continue
        last = y
        sheet.add(Line([[(left + width, y), (left + width + size * 0.3, y)]], look.muted, look.hair))
        sheet.add(Text((left + width + size * 0.5, y + size * 0.35), text, size, look.ink))
    widest = max((text_width(text, size) for _, text in ticks), default=0.0)
    at = (left + width + size * 0.5 + widest + look.font * 1.1, plot.top + plot.height / 2)
    sheet.add(Text(at, label, fitting_size(label, look.font, plot.height), look.ink, "middle", upright=True))
