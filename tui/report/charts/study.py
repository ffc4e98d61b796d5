"""The factor per step along a setting: the mean over seeds, and between which factors nine of ten networks lie."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from tui.report.charts.dashes import RECEDING
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
    """The rate over seeds along one setting."""

    name: str
    """What the other settings are here; empty where there are none"""
    x: tuple[float, ...]
    """The values of the setting, ascending"""
    rates: tuple[OverSeeds, ...]
    """Bits per step at each"""


def study_chart(
    curves: Sequence[Curve], name: str, *, logarithmic: bool, width: int = 80, height: int = 18, bands: bool = True
) -> Chart:
    """The factor per step against a setting, one line for each curve, dotted lines around it where 90 % of seeds are.

    Args:
        curves: At most `MOST_CURVES`.
        name: What the setting is called.
        logarithmic: Whether equal factors of the setting are as far apart.
        width: Cells across, for the number of ticks.
        height: Cells down, for the number of ticks.
        bands: Whether the lines around are drawn: with one seed there are none.
    """
    every = [value for curve in curves for one in curve.rates for value in _shown(one, bands)]
    finite = [value for value in every if math.isfinite(value)]
    low, high = (min(finite), max(finite)) if finite else (-1.0, 0.0)
    far = high - low > _WIDE or high > 2
    series: list[Series] = []
    for curve, look in zip(curves, _LOOKS, strict=False):
        x = np.log10(curve.x) if logarithmic else np.array(curve.x)
        lines = np.array([_shown(one, bands) for one in curve.rates]).T
        for around in lines[1:]:
            label = f"{curve.name} 5 % or 95 %".strip()
            series.append(Series(label, x, _scaled(around, far), look.color, look.marker, dim=True, dash=RECEDING))
        middle = _scaled(lines[0], far)
        style: Literal["line", "points"] = "line" if len(x) > 1 else "points"
        called = curve.name or "mean"
        series.append(Series(called, x, middle, look.color, look.marker, style, end=curve.name, apart=True))
    limits = _around(float(_scaled(np.array([low]), far)[0]), float(_scaled(np.array([high]), far)[0]), 0 if far else 1)
    across = np.array([value for curve in curves for value in curve.x])
    x_limits = (float(across.min()), float(across.max()))
    x_ticks: Ticks = nice_ticks(*x_limits, max(2, width // 12), integer=False)
    if logarithmic:
        x_limits = (math.log10(x_limits[0]), math.log10(x_limits[1]))
        x_ticks = decade_ticks(*x_limits, 3 * (width // 12))
    count = max(2, height // 4)
    return Chart(
        series=series,
        x_limits=x_limits,
        y_limits=limits,
        x_ticks=x_ticks,
        y_ticks=decade_ticks(*limits, height) if far else nice_ticks(*limits, count, integer=False),
        x_label=name,
        y_label="factor per step",
        marks=(Mark("y", 0.0 if far else 1.0, "×1"),),
    )


def _shown(one: OverSeeds, bands: bool) -> tuple[float, ...]:
    return (one.mean, one.quantiles[0], one.quantiles[-1]) if bands else (one.mean,)


def _scaled(log2: Floats, far: bool) -> Floats:
    """log₁₀ of the factor, or the factor."""
    return np.asarray(log2 * LOG10_2 if far else np.exp2(log2))


def _around(low: float, high: float, one: float) -> Limits:
    """Limits with a little room, ×1 among what they hold."""
    low, high = min(low, one), max(high, one)
    room = 0.05 * (high - low) or 0.5
    return low - room, high + room
