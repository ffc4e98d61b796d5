"""Gradient against lag: how much of ∂L_t/∂θ comes through the use of θ k steps before t, for each parameter."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import numpy as np

from core.lags import LagProfile
from tui.charts.canvas import Chart, Limits, Mark, Series, decade_ticks, nice_ticks
from tui.palette import SERIES
from tui.words import READOUT, RECURRENT

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from core.scaled import Floats
    from core.trace import Trace

Curve: TypeAlias = Literal["typical", "summed"]
"""typical: the mean over losses of the log norm, a typical loss's share. summed: the norm of the sum over losses,
what an optimiser sees."""

FEWEST_DECADES: Final = 1.0
"""No axis shows less than this, or rounding would look like a slope."""

_LOG10_2: Final = math.log10(2.0)


def log2_curve(lags: LagProfile, name: str, curve: Curve) -> Floats:
    """One parameter's curve, (T,) at [k]: log₂ of its typical or summed contribution, −inf where there is none."""
    return lags.typical(name) if curve == "typical" else lags.log2_summed[name]


def lags_chart(
    trace: Trace,
    *,
    width: int = 80,
    height: int = 20,
    curve: Curve = "typical",
    lag: int | None = None,
    hidden: Collection[str] = (),
    pinned: Trace | None = None,
) -> Chart:
    """W_aa, W_ax and b_a as lines over the lag k, W_y and b_y as the one point each has, at lag 0.

    The scale is log₁₀ and fits what is shown; a contribution of exactly zero is left to the canvas, which marks
    it at the bottom.

    Args:
        trace: What to show.
        width: Cells across, for the number of ticks.
        height: Cells down, for the number of ticks.
        curve: Which summary over the losses.
        lag: The lag to mark.
        hidden: Parameters to leave out, of both traces.
        pinned: Another trace, dimmed, behind.
    """
    shown = [name for name in (*RECURRENT, *READOUT) if name not in hidden]
    series = [] if pinned is None else [_series(pinned, name, curve, dim=True) for name in shown]
    series += [_series(trace, name, curve) for name in shown]
    y_limits = y_limits_of(np.asarray(one.y) for one in series)
    last = max(len(one.lags.scored) - 1 for one in (trace, pinned) if one is not None)
    x_limits = (0.0, float(max(last, 1)))
    return Chart(
        series=series,
        x_limits=x_limits,
        y_limits=y_limits,
        x_ticks=nice_ticks(*x_limits, max(2, width // 12)),
        y_ticks=decade_ticks(*y_limits, height),
        x_label="lag k",
        marks=() if lag is None else (Mark("x", float(lag), f"k = {lag}"),),
    )


def _series(trace: Trace, name: str, curve: Curve, *, dim: bool = False) -> Series:
    values = log2_curve(trace.lags, name, curve) * _LOG10_2
    style = SERIES[name]
    if name in READOUT:
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
