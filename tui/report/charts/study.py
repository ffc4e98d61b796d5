"""A quantity along a setting, as the factor per step: its mean over seeds, and where nine of ten networks lie."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from tui.report.charts.dashes import RECEDING
from tui.report.charts.drawn import RATE, Drawn
from tui.report.charts.model import Chart, Mark, Series
from tui.report.charts.ticks import Ticks, decade_ticks, nice_ticks
from tui.report.numbers import LOG10_2
from tui.report.palette import SERIES

if TYPE_CHECKING:
    from core.numerics.scaled import Floats
    from core.study.over_seeds import OverSeeds
    from tui.report.charts.path import Limits

MOST_CURVES: Final = 4
"""With more lines of three each nothing is told apart"""

_WIDE: Final = 5.0
"""From so many bits per step between the least and the greatest on, the scale is one of logarithms"""

_LOOKS: Final = tuple(SERIES[name] for name in ("W_aa", "W_ax", "b_a", "state"))


@dataclass(frozen=True)
class Curve:
    """A quantity over seeds along one setting."""

    name: str
    """What the other settings are here; empty where there are none"""
    x: tuple[float, ...]
    """The values of the setting, ascending; of choices their places among them"""
    rates: tuple[OverSeeds, ...]
    """The quantity at each, of the rate in bits per step"""


def study_chart(
    curves: Sequence[Curve],
    name: str,
    *,
    logarithmic: bool,
    width: int = 80,
    height: int = 18,
    bands: bool = True,
    drawn: Drawn = RATE,
    choices: Sequence[str] = (),
    cursor: float | None = None,
    span: tuple[float, float] | None = None,
) -> Chart:
    """A quantity against a setting, one line for each curve, dotted lines around it where 90 % of seeds are.

    Args:
        curves: At most `MOST_CURVES`.
        name: What the setting is called.
        logarithmic: Whether equal factors of the setting are as far apart.
        width: Cells across, for the number of ticks.
        height: Cells down, for the number of ticks.
        bands: Whether the lines around are drawn: with one seed there are none.
        drawn: The quantity; the factor per step as a rule.
        choices: What the setting's choices are called, where it has no numbers; points are drawn then, and no lines.
        cursor: The x that is marked; None for none.
        span: The first and the last x of the chart; None for those of the curves.
    """
    every = [value for curve in curves for one in curve.rates for value in _shown(drawn, one, bands)]
    finite = [value for value in every if math.isfinite(value)]
    low, high = (min(finite), max(finite)) if finite else (-1.0, 0.0)
    far = drawn.kind == "factor" and (high - low > _WIDE or high > 2)
    series: list[Series] = []
    style: Literal["line", "points"] = "points" if choices or all(len(curve.x) < 2 for curve in curves) else "line"
    for curve, look in zip(curves, _LOOKS, strict=False):
        x = np.log10(curve.x) if logarithmic else np.array(curve.x)
        lines = np.array([_shown(drawn, one, bands) for one in curve.rates]).reshape(len(x), -1).T
        if not len(x):
            continue
        for around in lines[1:]:
            label, y = f"{curve.name} 5 % or 95 %".strip(), _scaled(drawn, around, far)
            series.append(Series(label, x, y, look.color, look.marker, style, dim=True, dash=RECEDING))
        called = curve.name or drawn.center_name
        y = _scaled(drawn, lines[0], far)
        series.append(Series(called, x, y, look.color, look.marker, style, end=curve.name, apart=True))
    boundary = (0.0 if far or drawn.kind == "signed" else 1.0) if drawn.parted else None
    low, high = (float(_scaled(drawn, np.array([value]), far)[0]) for value in (low, high))
    limits = _around(low, high, boundary)
    across = np.array(span if span is not None else [value for curve in curves for value in curve.x])
    x_limits = (float(across.min()), float(across.max()))
    x_ticks: Ticks = nice_ticks(*x_limits, max(2, width // 12), integer=False)
    if choices:
        x_limits = (x_limits[0] - 0.5, x_limits[1] + 0.5)
        x_ticks = Ticks(tuple(map(float, range(len(choices)))), tuple(choices))
    elif logarithmic:
        x_limits = (math.log10(x_limits[0]), math.log10(x_limits[1]))
        x_ticks = decade_ticks(*x_limits, 3 * (width // 12))
    count = max(2, height // 4)
    marks = [] if boundary is None else [Mark("y", boundary, drawn.text(0.0))]
    if cursor is not None:
        marks.append(Mark("x", math.log10(cursor) if logarithmic else cursor, ""))
    return Chart(
        series=series,
        x_limits=x_limits,
        y_limits=limits,
        x_ticks=x_ticks,
        y_ticks=decade_ticks(*limits, height) if far or drawn.kind == "sizes" else drawn.ticks(limits, count),
        x_label=name,
        y_label=drawn.title,
        marks=tuple(marks),
        x_log10=logarithmic and not choices,
        y_log10=far or drawn.kind == "sizes",
    )


def _shown(drawn: Drawn, one: OverSeeds, bands: bool) -> tuple[float, ...]:
    return (drawn.center(one), one.quantiles[0], one.quantiles[-1]) if bands else (drawn.center(one),)


def _scaled(drawn: Drawn, values: Floats, far: bool) -> Floats:
    """The factor or, where it goes far, its log₁₀; of another quantity its place on the scale."""
    if drawn.kind == "factor":
        return np.asarray(values * LOG10_2 if far else np.exp2(values))
    return np.array([drawn.placed(float(value)) for value in values])


def _around(low: float, high: float, boundary: float | None) -> Limits:
    """Limits with a little room, the boundary among what they hold."""
    if not (math.isfinite(low) and math.isfinite(high)):
        low, high = -1.0, 0.0
    if boundary is not None:
        low, high = min(low, boundary), max(high, boundary)
    room = 0.05 * (high - low) or 0.5
    return low - room, high + room
