"""How fast a gradient fades or grows with the lag: the rate, its uncertainty, the horizon and the regime.

The **typical** curve is the mean over scored t of log₂ ‖contribution(t, k)‖; the slope that the losses share
over k ≥ 1 estimates a Lyapunov exponent (in bits per step).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.scaled import Floats

Regime = Literal["vanishing", "steady", "exploding", "absent", "undetermined"]
"""absent: exactly nothing at any lag k ≥ 1. undetermined: too few lags to say, or rate and error both large."""

FEWEST_LAGS = 4
"""With fewer lags k ≥ 1 than this, neither a slope nor its scatter can be told."""

HORIZON_SHARE = 0.01
"""The horizon is the first lag at which less than this share of the lag-0 contribution is left."""

SIGNIFICANT = 2.0
"""A rate is told from 0 when it is this many standard errors away, some 95 % over many steps."""

ROUNDING = 1e-9
"""Rates below this, in bits per step, are rounding."""


@dataclass(frozen=True)
class Rate:
    """The change of a gradient contribution per step of lag."""

    log2_per_step: float
    """Least-squares slope over k ≥ 1, an intercept for each loss, in bits per step; nan if there are too few lags,
    −inf if the contributions end in exact zeros before a slope can be told"""
    standard_error: float
    """Its standard error, in bits per step; nan if there are too few lags"""
    horizon: int | None
    """First lag with less than 1 % of the lag-0 contribution; None if all lags keep more"""
    regime: Regime
    lags: int
    """How many lags k ≥ 1 have a contribution that is not exactly zero"""

    @property
    def factor(self) -> float:
        """The factor per step, 2^slope: 0.7 means that 70 % is left after one more step."""
        return float(np.exp2(self.log2_per_step))

    @property
    def half_life(self) -> float | None:
        """Steps until half is left (negative: until it has doubled); None where nothing changes or is known."""
        if not np.isfinite(self.log2_per_step) or abs(self.log2_per_step) < ROUNDING:
            return None
        return -1.0 / self.log2_per_step


def typical_curve(log2_norms: Floats) -> Floats:
    """The mean over t of log₂ norms (T, T) at [t−1, k], exact zeros left out; −inf where all are zero."""
    finite = np.isfinite(log2_norms)
    count = finite.sum(axis=0)
    total = np.where(finite, log2_norms, 0.0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), -np.inf)


def fit_rate(log2_norms: Floats) -> Rate:
    """Slope, standard error, horizon and regime from log₂ ‖contribution(t, k)‖, (T, T) at [t−1, k].

    T is the last step that is scored: lags that no loss reaches say nothing.

    The losses that reach back k + 1 steps are fewer than those that reach back k, and may be larger or smaller
    ones, so that the plain mean over t can slope where no single loss does. Least squares therefore gives each
    loss an intercept of its own: one common slope for all log₂ ‖contribution(t, k)‖, k ≥ 1.

    Each lag adds the log gain of one more Jacobian, and these fluctuate from step to step: every curve is close
    to a random walk with drift, all share the steps, and least squares' own standard error, which takes the
    points for independent, would be far too small. See `_standard_error` for the one used.
    """
    curve = typical_curve(log2_norms)
    possible = len(curve) - 1
    lags = np.flatnonzero(np.isfinite(curve[1:])) + 1
    horizon = _horizon(curve)
    unknown = Rate(float("nan"), float("nan"), horizon, "undetermined", len(lags))
    if len(lags) < FEWEST_LAGS:
        # One lag of zeros at the end is what a state a⟨0⟩ of zeros leaves; two are an end of the gradient.
        ended = possible - (lags[-1] if lags.size else 0) >= 2
        if possible < FEWEST_LAGS or not ended or not np.isfinite(curve[0]):
            return unknown
        return Rate(float("-inf"), float("nan"), horizon, "vanishing" if lags.size else "absent", len(lags))
    finite = np.isfinite(log2_norms[:, 1:])
    lag = np.where(finite, np.arange(1.0, possible + 1), 0.0)
    mean = lag.sum(axis=1, keepdims=True) / np.maximum(finite.sum(axis=1, keepdims=True), 1)
    weights = np.where(finite, lag - mean, 0.0)
    if not np.any(weights):
        return unknown
    weights /= np.sum(np.square(weights))
    slope = float(np.sum(weights * np.where(finite, log2_norms[:, 1:], 0.0)))
    error = _standard_error(log2_norms, weights)
    regime: Regime = "vanishing" if slope < 0 else "exploding"
    if np.isnan(error):
        regime = "undetermined"
    elif abs(slope) <= max(SIGNIFICANT * error, ROUNDING):
        regime = "steady"
    return Rate(slope, error, horizon, regime, len(lags))


def _horizon(curve: Floats) -> int | None:
    if not curve.size or not np.isfinite(curve[0]):
        return None
    if curve.size > 1 and np.isneginf(curve[-1]) and np.isfinite(curve[-2]):
        curve = curve[:-1]  # the lag at which W_aa reads a⟨0⟩ = 0: its source is zero, not the gradient
    below = np.flatnonzero(curve < curve[0] + np.log2(HORIZON_SHARE))
    return int(below[0]) if below.size else None


def _standard_error(log2_norms: Floats, weights: Floats) -> float:
    """Standard error of the slope Σ weights · log2_norms[:, 1:], from the scatter of the log gain over the steps s.

    The gain from lag k to k + 1 of loss t, at step s = t − k, moves every later lag of that loss, and so the
    slope by the sum of their weights; over all losses, step s moves it by w⟨s⟩, and its variance is v Σ w² for
    gains of long-run variance v: their correlation with neighbouring steps is taken in by a flat-top kernel
    (Politis & Romano 1995).
    """
    steps = len(log2_norms)
    with np.errstate(invalid="ignore"):
        gains = log2_norms[:, 2:] - log2_norms[:, 1:-1]
    pull = np.cumsum(weights[:, ::-1], axis=1)[:, ::-1][:, 1:]
    t, k = np.nonzero(np.isfinite(gains))
    s = t - k
    count = np.bincount(s, minlength=steps)
    mean = np.bincount(s, weights=gains[t, k], minlength=steps)
    moved = np.bincount(s, weights=pull[t, k], minlength=steps)
    walk = mean[count > 0] / count[count > 0]
    if len(walk) < 2:
        return float("nan")
    return float(np.sqrt(_long_run_variance(walk) * np.sum(np.square(moved))))


def _long_run_variance(series: Floats) -> float:
    """Variance of the series' sum per term, its autocorrelation up to about √m terms apart included.

    Never below 5/m² of the plain variance: what independent noise around a straight line would leave.
    """
    centred = series - series.mean()
    m = len(series)
    plain = float(centred @ centred) / (m - 1)
    bandwidth = int(np.ceil(np.sqrt(m)))
    variance = plain
    for lag in range(1, min(bandwidth, m - 1) + 1):
        weight = min(1.0, 2.0 * (1.0 - lag / (bandwidth + 1)))
        variance += 2.0 * weight * float(centred[lag:] @ centred[:-lag]) / (m - 1)
    return max(variance, 5.0 * plain / m**2)
