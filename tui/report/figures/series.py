"""How a series is drawn in a figure: its line, its markers, and marks for what the scale cannot show."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from tui.report.charts.dashes import RECEDING
from tui.report.charts.path import sanitize, to_unit
from tui.report.charts.theory import STYLES
from tui.report.figures.shapes import Dot, Line, Text
from tui.report.figures.themes import DASHES, MARKERS
from tui.report.numbers import LOG10_2, MINUS, magnitude, number

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from core.numerics.scaled import Floats, Integers
    from tui.report.charts.model import Chart, Series
    from tui.report.charts.path import BoolArray
    from tui.report.figures.axes import Plot
    from tui.report.figures.shapes import XY, Marker, Sheet
    from tui.report.figures.themes import Look

MOST_TOLD: Final = 64
"""Points of a line at most that say what they are when one points at them"""

MARKED: Final = 9
"""Markers on a line, about"""

FAINT: Final = 0.4
"""How much is seen of what few losses hold up"""

_THEORY: Final = dict(
    zip(
        (one.glyph for one in STYLES.values()),
        ((7.0, 3.0), (2.0, 2.0), (5.0, 2.0, 1.0, 2.0), (1.0, 1.6), (1.0, 3.5)),
        strict=True,
    )
)
"""The glyph of a line of theory, which a terminal breaks up by leaving points out → its dashes"""


@dataclass(frozen=True)
class Styled:
    """A series, and how it is drawn."""

    series: Series
    at: int
    """The place among the lines that are told apart; −1 of another"""
    look: Look

    @property
    def color(self) -> str:
        """The color of the series on this background."""
        return self.look.series(self.series.color, dim=self.series.dim)

    @property
    def line(self) -> bool:
        """Whether its points are joined."""
        return self.series.style == "line" and np.size(self.series.x) > 1

    @property
    def dash(self) -> tuple[float, ...]:
        """Dashes and gaps, in widths of the line."""
        if self.series.dash is not None:
            return (1.2, 1.8) if self.series.dash == RECEDING else (4.0, 2.0)
        if self.series.marker in _THEORY:
            return _THEORY[self.series.marker]
        return DASHES[self.at % len(DASHES)] if self.at >= 0 else ()

    @property
    def width(self) -> float:
        """The width of its line, in points."""
        return self.look.line * (0.55 if self.series.dim or self.series.marker in _THEORY else 1.0)

    @property
    def marker(self) -> Marker | None:
        """The marker; none of a line that stands behind, or that is known by its dashes."""
        return None if self.series.dim and self.line else MARKERS.get(self.series.marker)


def styled(series: Sequence[Series], look: Look) -> Iterator[Styled]:
    """Each series with its look: those in front are broken up each in another way.

    Args:
        series: Those of a chart.
        look: Colors and sizes.
    """
    at = 0
    for one in series:
        whole = one
        if one.marker in _THEORY:  # the points that were left out for dashes: a line of figures has its own
            known = ~np.isnan(np.asarray(one.x, dtype=np.float64))
            whole = replace(one, x=np.asarray(one.x)[known], y=np.asarray(one.y)[known])
        if one.dim or one.style != "line" or one.dash is not None or one.marker in _THEORY or one.marker == "·":
            yield Styled(whole, -1, look)
        else:
            yield Styled(whole, at, look)
            at += 1


def draw_line(sheet: Sheet, one: Styled, plot: Plot) -> None:
    """The course of a series, fainter from where few losses hold it up.

    Args:
        sheet: Where to draw.
        one: The series.
        plot: Where the data is.
    """
    if not one.line:
        return
    x, y = (np.asarray(part, dtype=np.float64) for part in (one.series.x, one.series.y))
    path = sanitize(x, y, plot.x_limits, plot.y_limits, max(2, int(4 * plot.width)), name=one.series.name)
    runs: list[list[XY]] = []
    for u, v, joined in zip(path.u.tolist(), path.v.tolist(), path.joined.tolist(), strict=True):
        if not joined:
            runs.append([])
        runs[-1].append((plot.left + u * plot.width, plot.bottom - v * plot.height))
    dash = tuple(part * one.width for part in one.dash)
    faint = plot.x(one.series.faint_from) if math.isfinite(one.series.faint_from) else math.inf
    clear, pale = _parted([run for run in runs if len(run) > 1], faint)
    if clear:
        sheet.add(Line(clear, one.color, one.width, dash))
    if pale:
        sheet.add(Line(pale, one.color, one.width, dash, FAINT))


def _parted(runs: Sequence[Sequence[XY]], at: float) -> tuple[list[list[XY]], list[list[XY]]]:
    """The runs up to an x, and from there on."""
    before: list[list[XY]] = []
    after: list[list[XY]] = []
    for run in runs:
        cut = next((i for i, (x, _) in enumerate(run) if x >= at - 1e-6), len(run))
        if cut > 0 and len(run[: cut + 1]) > 1:
            before.append(list(run[: cut + 1]))
        if cut < len(run) - 1:
            after.append(list(run[cut:]))
    return before, after


def draw_points(sheet: Sheet, one: Styled, plot: Plot, chart: Chart) -> None:
    """The markers of a series, what its points are in words, and marks for what the scale cannot show of them.

    Args:
        sheet: Where to draw.
        one: The series.
        plot: Where the data is.
        chart: What it stands on.
    """
    series, look = one.series, one.look
    x, y = (np.asarray(part, dtype=np.float64).ravel() for part in (series.x, series.y))
    u, v = to_unit(x, plot.x_limits), to_unit(y, plot.y_limits)
    there = np.isfinite(x) & (u >= -1e-9) & (u <= 1 + 1e-9)
    inside = np.flatnonzero(there & np.isfinite(y) & (v >= -1e-9) & (v <= 1 + 1e-9))
    marked = set(inside.tolist())
    if one.line:
        marked = set(_spread(inside, u, one.at).tolist()) if one.marker is not None else set()
    told = set(inside[:: max(1, -(-len(inside) // MOST_TOLD))].tolist())
    for i in sorted(marked | told):
        place = (plot.left + float(u[i]) * plot.width, plot.bottom - float(v[i]) * plot.height)
        marker: Marker | None = (one.marker or "dot") if i in marked else None
        radius = look.font * ((0.2 if series.dim else 0.27) if marker else 0.4)
        title = _said(series, chart, float(x[i]), float(y[i])) if i in told or not one.line else ""
        pale = FAINT if x[i] >= series.faint_from else 1.0
        sheet.add(Dot(place, radius, one.color, marker, look.paper, title, pale))
    _beyond(sheet, one, plot, chart, x, y, there)


def beyond(lines: Sequence[Styled], plot: Plot) -> list[str]:
    """What the marks at the border mean, as far as there are any.

    Args:
        lines: The series.
        plot: Where the data is.
    """
    found = set()
    for one in lines:
        y = np.asarray(one.series.y, dtype=np.float64)
        u, v = to_unit(np.asarray(one.series.x, dtype=np.float64), plot.x_limits), to_unit(y, plot.y_limits)
        there = (u >= -1e-9) & (u <= 1 + 1e-9) & (not one.series.quiet)
        with np.errstate(invalid="ignore"):
            found |= {"▲: above the scale"} if (there & (v > 1 + 1e-9)).any() else set()
            found |= {"▼: below the scale"} if (there & (v < -1e-9) & np.isfinite(y)).any() else set()
    return sorted(found)


def _spread(inside: Integers, u: Floats, at: int) -> Integers:
    """Which points of a line have a marker: evenly spaced, those of each line at other places."""
    if not len(inside):
        return inside
    share = (max(at, 0) * 0.37) % 1.0
    ideal = (np.arange(MARKED) + 0.15 + 0.7 * share) / MARKED
    low, high = u[inside].min(), u[inside].max()
    nearest = np.abs(u[inside][np.newaxis] - (low + ideal * (high - low))[:, np.newaxis]).argmin(axis=1)
    return np.unique(inside[nearest])


def _beyond(sheet: Sheet, one: Styled, plot: Plot, chart: Chart, x: Floats, y: Floats, there: BoolArray) -> None:
    """Marks at the border for what is above, below, exactly zero or not a number, none of a line upon another."""
    size, series, look = one.look.font * 0.85, one.series, one.look
    u, v = to_unit(x, plot.x_limits), to_unit(y, plot.y_limits)
    with np.errstate(invalid="ignore"):
        kinds: list[tuple[BoolArray, Marker | None]] = [
            (there & np.isneginf(y), None),
            (there & np.isnan(y), "cross"),
            (there & (v > 1 + 1e-9) & (not series.quiet), "up"),
            (there & np.isfinite(y) & (v < -1e-9) & (not series.quiet), "down"),
        ]
    for which, marker in kinds:
        last = -math.inf
        for i in np.flatnonzero(which).tolist():
            place = plot.left + float(u[i]) * plot.width
            if place < last + size:
                continue
            last = place
            said = _said(series, chart, float(x[i]), float(y[i]))
            if marker is None:
                sheet.add(Text((place, plot.bottom - size * 0.2), "0", size, one.color, "middle"))
                sheet.add(Dot((place, plot.bottom - size * 0.5), size * 0.5, one.color, None, look.paper, said))
            else:
                at = plot.bottom - size * 0.4 if marker == "down" else plot.top + size * 0.4
                sheet.add(Dot((place, at), size * 0.35, one.color, marker, look.paper, said))


def _said(series: Series, chart: Chart, x: float, y: float) -> str:
    """What a point is, in words."""
    across = chart.x_label.partition(" (")[0] or "x"
    at = 10.0**x if chart.x_log10 else x
    place = f"{at:.0f}".replace("-", MINUS) if float(at).is_integer() else number(at)
    value = magnitude(y / LOG10_2) if chart.y_log10 else number(y)
    return f"{series.name}, {across} {place}: {value}"
