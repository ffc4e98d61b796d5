"""Gradient against lag: how much of ∂L_t/∂θ comes through the use of θ k steps before t, for each parameter."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from tui.report.charts.model import Chart, Mark, Series
from tui.report.charts.path import Limits
from tui.report.charts.theory import theory_series, widened
from tui.report.charts.ticks import decade_ticks, nice_ticks
from tui.report.curves import log2_curve
from tui.report.numbers import LOG10_2
from tui.report.styles import styles

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from core.bptt.lag_profile import LagProfile
    from core.bptt.parameter_groups import Grouping
    from core.bptt.truncation import Truncation
    from core.dynamics.theory import TheoryLine
    from core.numerics.scaled import Floats
    from core.trace import Trace
    from tui.report.curves import Curve
    from tui.report.palette import SeriesStyle

FEWEST_DECADES: Final = 1.0
"""No axis shows less than this, or rounding would look like a slope."""

FEW: Final = 10
"""Where fewer losses than this reach back so far, a few of them decide the course of the lines"""

GRAY: Final = (128, 128, 128)
CUT: Final = (170, 90, 90)
"""The color of the marks of what truncation throws away: a gray that is red"""


def lags_chart(
    trace: Trace,
    *,
    width: int = 80,
    height: int = 20,
    curve: Curve = "typical",
    by: Grouping = "source",
    lag: int | None = None,
    hidden: Collection[str] = (),
    pinned: Trace | None = None,
    pinned_curve: Curve | None = None,
    theory: Sequence[TheoryLine] = (),
) -> Chart:
    """The recurrent parameters as lines over the lag k, W_y and b_y as the one point each has, at lag 0.

    The scale is log₁₀ and fits what is shown; a contribution of exactly zero is left to the canvas, which marks
    it at the bottom.

    Args:
        trace: What to show.
        width: Cells across, for the number of ticks.
        height: Cells down, for the number of ticks.
        curve: Which summary over the losses, or the t of the one loss L_t, whose lines end before the first step.
        by: What the parameters have in common that are shown as one line.
        lag: The lag to mark.
        hidden: Lines to leave out, of both traces.
        pinned: Another trace, dimmed, behind.
        pinned_curve: Its curve, where that is another; a loss that it does not have shows nothing of it.
        theory: Theory's lines, hung on the first line that is shown; they hardly widen the scale.
    """
    behind = curve if pinned_curve is None else pinned_curve
    series = [] if pinned is None else _all(pinned, behind, by, hidden, dim=True)
    series += _all(trace, curve, by, hidden)
    y_limits = y_limits_of(np.asarray(one.y) for one in series)
    last = max(len(one.lags.scored) - 1 for one in (trace, pinned) if one is not None)
    x_limits = (0.0, float(max(last, 1)))
    loss = curve if isinstance(curve, int) else None
    few = few_from(trace.lags) if loss is None else None
    marks = [] if few is None else [Mark("x", float(few), f"< {FEW} losses →", GRAY)]
    marks += truncation_marks(trace.truncation, loss)
    if lag is not None:
        marks.append(Mark("x", float(lag), f"k = {lag}"))
    anchor = theory_anchor(trace, curve, by, hidden)
    if theory and anchor is not None:
        y_limits = widened(y_limits, theory, anchor[1], x_limits[1])
        series = [*theory_series(theory, anchor[1], y_limits, x_limits[1], width), *series]
    return Chart(
        series=series,
        x_limits=x_limits,
        y_limits=y_limits,
        x_ticks=nice_ticks(*x_limits, max(2, width // 12)),
        y_ticks=decade_ticks(*y_limits, height),
        x_label="lag k",
        marks=marks,
    )


def few_from(lags: LagProfile) -> int | None:
    """The first lag that fewer than `FEW` losses reach; None if so few is all there are, or none does."""
    found = np.flatnonzero(lags.losses < FEW)
    return int(found[0]) if found.size and found[0] > 0 else None


def truncation_marks(found: Truncation | None, loss: int | None = None) -> list[Mark]:
    """From which lag on some losses, and from which on all of them, lose theirs; or from which on the one at t does."""
    if found is None or found.first_cut is None:
        return []
    if loss is not None:
        first = found.cut_from(loss)
        return [] if first is None else [Mark("x", float(first), "thrown away →", CUT)]
    first, every = found.first_cut, found.all_cut
    if first == every:
        return [Mark("x", float(first), "thrown away →", CUT)]
    marks = [Mark("x", float(first), "some thrown away →", CUT)]
    return marks if every is None else [*marks, Mark("x", float(every), "all thrown away →", CUT)]


def theory_anchor(
    trace: Trace, curve: Curve, by: Grouping = "source", hidden: Collection[str] = ()
) -> tuple[str, float] | None:
    """The line that theory's lines hang on, and log₁₀ of its size at lag 0; None where no line has any."""
    for name, group in trace.parameter_groups(by).items():
        values = log2_curve(trace.profile(by), name, curve)
        if group.recurrent and name not in hidden and values.size and math.isfinite(values[0]):
            return name, float(values[0]) * LOG10_2
    return None


def _all(trace: Trace, curve: Curve, by: Grouping, hidden: Collection[str], *, dim: bool = False) -> list[Series]:
    looks = styles(trace.network, by)
    lines = [_series(trace, name, curve, by, looks[name], dim=dim) for name in looks if name not in hidden]
    return [line for line in lines if np.size(line.x)]


def _series(trace: Trace, name: str, curve: Curve, by: Grouping, style: SeriesStyle, *, dim: bool) -> Series:
    values = log2_curve(trace.profile(by), name, curve) * LOG10_2
    if not trace.parameter_groups(by)[name].recurrent:
        values = values[:1]
    return Series(
        name=f"{name}, pinned" if dim else name,
        x=np.arange(len(values), dtype=np.float64),
        y=values,
        color=style.color,
        marker=style.marker,
        style="points" if len(values) == 1 else "line",
        dim=dim,
    )


def y_limits_of(curves: Iterable[Floats]) -> Limits:
    """From the lowest to the highest finite value, and at least `FEWEST_DECADES`; one decade up to 1 if none is."""
    finite = [values[np.isfinite(values)] for values in curves]
    every = np.concatenate(finite) if finite else np.empty(0)
    if not every.size:
        return (-1.0, 0.0)
    low, high = float(every.min()), float(every.max())
    missing = max(0.0, FEWEST_DECADES - (high - low)) / 2
    return (low - missing, high + missing)
