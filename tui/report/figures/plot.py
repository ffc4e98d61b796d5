"""A `Chart` laid out as a figure: lines with markers, bands, reference lines, axes, and a legend above it.

What the scale cannot show is marked as in a terminal: ▲ and ▼ at the border, × for what is not a number, and a 0 at the
bottom for an exact zero of a logarithmic scale.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from tui.report.charts.dashes import RECEDING
from tui.report.charts.model import Chart
from tui.report.charts.path import to_unit, usable
from tui.report.figures.axes import Plot, bottom_margin, draw_axes, left_margin
from tui.report.figures.legend import Entry, draw_legend, legend_rows
from tui.report.figures.series import Styled, beyond, draw_line, draw_points, styled
from tui.report.figures.shapes import Area, Line, Text, hexed, text_width
from tui.report.palette import blend

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui.report.charts.model import Mark
    from tui.report.figures.shapes import Sheet
    from tui.report.figures.themes import Look
    from tui.report.palette import RGB

Drawn: TypeAlias = Chart | Callable[[int, int], Chart]
"""A chart, or what makes it for so many cells of a terminal across and down, which its ticks depend on"""

SHADE: Final = 0.22
"""How much of a band's color there is"""

_SIGNS: Final = ((), (1.2, 1.6), (3.5, 2.0), (6.0, 1.5, 1.0, 1.5))
"""How reference lines are broken up, in the order of the legend"""


def chart_at(drawn: Drawn, width: float, height: float, look: Look) -> Chart:
    """The chart with ticks for a plot of so many points across and down."""
    if isinstance(drawn, Chart):
        return drawn
    return drawn(max(12, int(width / (0.42 * look.font))), max(6, int(height / (0.75 * look.font))))


def draw_plot(
    sheet: Sheet, drawn: Drawn, left: float, top: float, width: float, height: float, look: Look, heading: str = ""
) -> float:
    """Lay a chart out, and return where it ends below.

    Args:
        sheet: Where to draw.
        drawn: The chart.
        left: Where it begins, in points.
        top: Where it begins.
        width: Of all of it: names, numbers and data.
        height: Of the data by itself; of a chart with `equal` it is as high as wide.
        look: Colors and sizes.
        heading: Stands above it, where a figure has several plots.
    """
    chart = chart_at(drawn, width * 0.82, height, look)
    chart = replace(chart, x_limits=usable(chart.x_limits), y_limits=usable(chart.y_limits))
    lines = sorted(styled(chart.series, look), key=lambda one: not one.series.dim)
    margin = left_margin(chart.y_ticks, chart.y_limits, look, named=bool(chart.y_label))
    right = max(look.font * 0.6, _overhang(chart, look))
    across = max(width - margin - right, look.font * 4)
    if heading:
        top += look.font
        sheet.add(Text((left, top), heading, look.font, look.ink, bold=True))
        top += look.font * 0.5
    top = draw_legend(sheet, legend_rows(_entries(chart, lines, look), width, look), left, top, look)
    if chart.equal:
        across = height = min(across, max(height, look.font * 12))
    top += look.font * 0.6
    plot = Plot(left + margin, top, across, height, chart.x_limits, chart.y_limits)
    top = _names_of_marks(sheet, chart, plot, look)
    plot = replace(plot, top=top)
    _behind(sheet, chart, plot, look)
    for one in lines:
        draw_line(sheet, one, plot)
    for one in lines:
        draw_points(sheet, one, plot, chart)
    draw_axes(sheet, plot, look, chart.x_ticks, chart.y_ticks, chart.x_label, chart.y_label, left + look.font)
    if chart.title:
        middle = (plot.left + plot.width / 2, plot.top + plot.height / 2)
        sheet.add(Text(middle, chart.title, look.font, look.ink, "middle"))
    end = plot.bottom + bottom_margin(look, ticked=bool(chart.x_ticks.labels), named=bool(chart.x_label))
    note = "; ".join([*([chart.note] if chart.note else []), *beyond(lines, plot)])
    if note:
        small = look.font * 0.85
        free = plot.width / 2 - text_width(chart.x_label, look.font) / 2 - text_width(note, small)
        below = 0.0 if free > look.font else small * 1.3
        sheet.add(Text((plot.right, end + below - look.font * 0.25), note, small, look.muted, "end"))
        end += below
    return end


def _entries(chart: Chart, lines: Sequence[Styled], look: Look) -> list[Entry]:
    """One entry for what looks the same, those in front first; reference lines across come last."""
    found: dict[tuple[object, ...], tuple[list[str], Entry]] = {}
    bands = {band.color: _shade(band.color, look) for band in chart.bands}
    for one in sorted(lines, key=lambda one: one.series.dim):
        series = one.series
        name = f"{series.name}, {series.remark}" if series.remark else series.name
        entry = Entry(name, one.color, one.marker, one.line, one.dash, width=0.55 if series.dim else 1.0)
        if series.dim and series.dash == RECEDING and series.color in bands:
            entry = replace(entry, band=bands[series.color])
        whose, comma, _ = name.partition(", ")
        alike = (one.color, one.marker, one.line, one.dash, series.dim, whose if comma else "")
        found.setdefault(alike, ([], entry))[0].append(name)
    entries = [replace(entry, name=_together(names)) for names, entry in found.values()]
    crossing = [mark for mark in chart.marks if mark.axis == "y" and mark.label]
    for at, mark in enumerate(crossing):
        entries.append(Entry(mark.label, _ink_of(mark, look), dash=_SIGNS[1 + at % 3], width=0.7))
    return [one for one in entries if one.name]


def _together(names: Sequence[str]) -> str:
    """The name of several that look the same: the first and the last, what both begin with said once."""
    several = list(dict.fromkeys(names))
    if len(several) == 1:
        return several[0]
    first, last = several[0], several[-1]
    start, comma, _ = first.partition(", ")
    if comma:
        last = last.removeprefix(f"{start}, ")
    return f"{first}, {last}" if len(several) == 2 else f"{first} … {last}"


def _shade(color: RGB, look: Look) -> str:
    return hexed(blend(look.palette.backdrop, look.palette.readable(color), SHADE))


def _ink_of(mark: Mark, look: Look) -> str:
    return look.muted if mark.color is None else look.series(mark.color)


def _overhang(chart: Chart, look: Look) -> float:
    """How far the last number below goes beyond the plot."""
    return max((text_width(label, look.font * 0.92) / 2 for label in chart.x_ticks.labels[-1:]), default=0.0)


def _names_of_marks(sheet: Sheet, chart: Chart, plot: Plot, look: Look) -> float:
    """Write the names of upright reference lines above the plot, and return where the plot begins."""
    size = look.font * 0.85
    placed: list[tuple[int, float, Mark, str, float]] = []
    ends: list[float] = []
    shown = [mark for mark in chart.marks if mark.axis == "x" and mark.label and _within(mark.at, chart.x_limits)]
    for mark in sorted(shown, key=lambda one: one.at):
        x, width = plot.x(mark.at), text_width(mark.label, size)
        start = x if mark.label.endswith("→") else x - width / 2
        start = min(max(start, plot.left - size), plot.right + size - width)
        row = next((at for at, end in enumerate(ends) if start > end + size * 0.5), len(ends))
        ends[row : row + 1] = [start + width]
        placed.append((row, x, mark, mark.label, start))
    rows = len(ends)
    top = plot.top + rows * size * 1.3
    for row, x, mark, label, start in placed:
        base = plot.top + (row + 1) * size * 1.3 - size * 0.45
        sheet.add(Text((start, base), label, size, _ink_of(mark, look)))
        sheet.add(Line([[(x, base + size * 0.2), (x, top)]], _ink_of(mark, look), look.hair))
    return top


def _within(value: float, limits: tuple[float, float]) -> bool:
    return math.isfinite(value) and 0.0 <= float(to_unit(np.array([value]), limits)[0]) <= 1.0


def _behind(sheet: Sheet, chart: Chart, plot: Plot, look: Look) -> None:
    """Bands, faint lines at the numbers, and reference lines."""
    for value in chart.y_ticks.positions:
        if _within(value, chart.y_limits) and plot.y(value) < plot.bottom - 0.5:
            sheet.add(Line([[(plot.left, plot.y(value)), (plot.right, plot.y(value))]], look.grid, look.hair))
    for band in chart.bands:
        x, low, high = (np.asarray(one, dtype=np.float64) for one in (band.x, band.low, band.high))
        with np.errstate(invalid="ignore"):
            inside = (x >= min(chart.x_limits)) & (x <= max(chart.x_limits))
        known = inside & np.isfinite(low) & np.isfinite(high)
        fill = _shade(band.color, look)
        places, (least, most) = np.flatnonzero(known), sorted(chart.y_limits)
        for together in np.split(places, np.flatnonzero(np.diff(places) > 1) + 1):
            if len(together) < 2:
                continue
            held = [np.clip(one[together], least, most) for one in (low, high)]
            edges = [[(plot.x(a), plot.y(b)) for a, b in zip(x[together], one, strict=True)] for one in held]
            sheet.add(Area([*edges[0], *reversed(edges[1])], fill))
    crossing = [mark for mark in chart.marks if mark.axis == "y" and mark.label]
    for mark in chart.marks:
        upright = mark.axis == "x"
        if not _within(mark.at, chart.x_limits if upright else chart.y_limits):
            continue
        dash = _SIGNS[1] if upright or mark not in crossing else _SIGNS[1 + crossing.index(mark) % 3]
        width = look.line * 0.7
        if upright:
            run = [(plot.x(mark.at), plot.top), (plot.x(mark.at), plot.bottom)]
        else:
            run = [(plot.left, plot.y(mark.at)), (plot.right, plot.y(mark.at))]
        sheet.add(Line([run], _ink_of(mark, look), width, tuple(one * width for one in dash)))
