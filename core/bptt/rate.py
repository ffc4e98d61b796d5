"""How fast a gradient fades or grows with the lag: the rate, its uncertainty, the horizon and the regime.

The **typical** curve is the mean over scored t of log₂ ‖contribution(t, k)‖; the slope that the losses share
over k ≥ 1 estimates a Lyapunov exponent (in bits per step).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.bptt.rate_error import errors_of_gains, errors_of_reads
from core.bptt.step_sums import blocks
from core.numerics.scaled import Floats

Regime = Literal["vanishing", "steady", "exploding", "absent", "undetermined"]
"""What a rate shows over the lags at hand, see `_regime`.

vanishing, exploding: distinguishable from ×1, and enough to halve or double. steady: shown to stay near ×1.
undetermined: neither, or too few lags to say. absent: exactly nothing at any lag k ≥ 1.
"""

FEWEST_LAGS = 4
"""With fewer lags k ≥ 1 than this there is no slope and no scatter to judge it by."""

FEW_LAGS = 20
"""With fewer lags than this, what is seen may be the start of the sequence and not what follows.

At a⟨0⟩ = 0 the states are still small, φ' is near its largest, and a gradient has not yet turned into the direction
that the Jacobians shrink least. No statistic of so few lags shows that: the rate is often the same in their first
and their second half. Such a rate has a regime only if it is decisive, see `_regime`.
"""

HORIZON_SHARE = 0.01
"""From the horizon on, less than this share of the lag-0 contribution is left."""

SIGNIFICANT = 2.0
"""A rate is distinguishable from 0 when it is this many standard errors away, which 95 % of all data keep within."""

MATTERS = 2.0
"""A rate matters if all lags at hand, at that rate, change a gradient by this factor or more: it halves or doubles."""

STEADY_WITHIN = 10.0
"""A rate that does not matter is steady if, two standard errors either way, all lags at hand are within this factor."""

_LOG2_HORIZON, _LOG2_MATTERS, _LOG2_STEADY = (float(np.log2(x)) for x in (HORIZON_SHARE, MATTERS, STEADY_WITHIN))
_NOTHING = -1000.0

ROUNDING = 1e-9
"""Rates below this, in bits per step, are rounding."""


@dataclass(frozen=True)
class Rate:
    """The change of a gradient contribution per step of lag: a slope in bits per step, with its standard error."""

    log2_per_step: float
    """Least-squares slope over k ≥ 1, an intercept for each loss, in bits per step; nan if there are too few lags,
    −inf if the contributions end in exact zeros before there are lags enough for a slope"""
    standard_error: float
    """How far the slope may be from that of other data, in bits per step; nan if there are too few lags.

    Two of it cover, about 95 times in 100, the slope over the same lags on average over sequences of this kind and
    length. Where the curve is straight that is the rate in the long run, λ₁ / log 2; where it still bends, as for units
    that leak slowly, more lags may change the slope by more. Short sequences and slow data make it wide, since fewer
    of their steps are independent; how wide, see `core.bptt.rate_error`.
    """
    horizon: int | None
    """The lag from which on less than 1 % of the lag-0 contribution is left, to the last lag known; None if the last
    lag keeps more"""
    regime: Regime
    lags: int
    """How many lags k ≥ 1 have a contribution that is not exactly zero"""

    @property
    def factor(self) -> float:
        """The factor per step, 2^slope: 0.7 means that 70 % is left after one more step.

        ∞ or 0 where the slope is finite but 2^slope is beyond float64; `log2_per_step` has it all the same.
        """
        with np.errstate(over="ignore", under="ignore"):
            return float(np.exp2(self.log2_per_step))

    @property
    def half_life(self) -> float | None:
        """Steps until half is left (negative: until it has doubled); None unless the regime is one of the two."""
        if self.regime not in ("vanishing", "exploding") or not np.isfinite(self.log2_per_step):
            return None
        return -1.0 / self.log2_per_step


@dataclass(frozen=True, eq=False)
class State:
    """The gradient at the state, (T, T) at [t−1, k], which the contributions of all parameters have in common."""

    log2_norms: Floats
    """(T, T) at [t−1, k]: log₂ ‖∂L_t/∂a⟨t−k⟩‖"""
    standard_error: float
    """The standard error of its rate, in bits per step"""


@dataclass(frozen=True, eq=False)
class States:
    """The gradients at the states of N networks: tables (N, K, T) and the errors of their rates (N,)."""

    by_lag: Floats
    """(N, K, T) at [network, k, t−1]: log₂ ‖∂L_t/∂a⟨t−k⟩‖"""
    standard_errors: Floats
    """(N,): the standard errors of their rates, in bits per step"""


def typical_curve(log2_norms: Floats) -> Floats:
    """The mean over t of log₂ norms (T, T) at [t−1, k], exact zeros left out; −inf where all are zero."""
    return typical_curves(log2_norms.T[np.newaxis])[0]


def typical_curves(by_lag: Floats) -> Floats:
    """The `typical_curve` of each of N networks, (N, K), from log₂ norms (N, K, T) at [network, k, t−1].

    Exact zeros are in the same places for every network.
    """
    return _fitted(by_lag)[0]


def fit_rate(log2_norms: Floats, state: State | None = None) -> Rate:
    """Slope, standard error, horizon and regime from log₂ ‖contribution(t, k)‖, (T, T) at [t−1, k].

    T is the last step that is scored: lags that no loss reaches say nothing.

    The losses that reach back k + 1 steps are fewer than those that reach back k, and may be larger or smaller
    ones, so that the plain mean over t can slope where no single loss does. Least squares therefore gives each
    loss an intercept of its own: one common slope for all log₂ ‖contribution(t, k)‖, k ≥ 1.

    Each lag adds the log gain of one more Jacobian, and these fluctuate from step to step: every curve is close
    to a random walk with drift, all share the steps, and least squares' own standard error, which takes the
    points for independent, would be far too small. `core.bptt.rate_error` has the one used.

    Args:
        log2_norms: log₂ ‖contribution(t, k)‖, −inf for exact zeros.
        state: The gradient at the state, where these are contributions of a parameter: what the two have in common
            adds up along the way, and their difference, what the parameter reads, does not. None where there is
            none: then everything is taken to add up.
    """
    states = None if state is None else States(state.log2_norms.T[np.newaxis], np.array([state.standard_error]))
    return fit_rates(log2_norms.T[np.newaxis], states)[0]


def fit_rates(by_lag: Floats, state: States | None = None) -> list[Rate]:
    """The rates of N networks, `fit_rate` of each, whatever the others are.

    Args:
        by_lag: log₂ ‖contribution(t, k)‖, (N, K, T) at [network, k, t−1]. Exact zeros, −inf, are in the same places
            for every network.
        state: The gradients at the states, with zeros in the same places for every network, too.
    """
    curves, slopes, mean, spread = _fitted(by_lag)
    reached = np.isfinite(curves[0])
    lags = np.flatnonzero(reached[1:]) + 1
    possible, horizons = curves.shape[1] - 1, horizons_of(curves)
    unknown = [Rate(float("nan"), float("nan"), horizon, "undetermined", len(lags)) for horizon in horizons]
    if len(lags) < FEWEST_LAGS:
        # One lag of zeros at the end is what a state a⟨0⟩ of zeros leaves; two are an end of the gradient.
        ended = possible - (lags[-1] if lags.size else 0) >= 2
        if possible < FEWEST_LAGS or not ended or not reached[0]:
            return unknown
        regime: Regime = "vanishing" if lags.size else "absent"
        return [Rate(float("-inf"), float("nan"), horizon, regime, len(lags)) for horizon in horizons]
    if not spread:
        return unknown
    # Errors of the states are all known or all unknown: that is decided by how many steps there are.
    if state is None or np.isnan(state.standard_errors[0]):
        errors = errors_of_gains(by_lag, mean, spread)
    else:
        errors = np.hypot(state.standard_errors, errors_of_reads(by_lag, state.by_lag, mean, spread))
    return [
        Rate(slope, error, horizon, _regime(slope, error, len(lags)), len(lags))
        for slope, error, horizon in zip(slopes.tolist(), errors.tolist(), horizons, strict=True)
    ]


def _regime(slope: float, error: float, lags: int) -> Regime:
    """What slope b ± error e, in bits per step, shows over K lags: that it matters, that it does not, or neither.

        vanishing, exploding   |b| > 2 e and K |b| ≥ log₂ 2: it halves or doubles at least once
        steady                 K |b| < log₂ 2 and K (|b| + 2 e) ≤ log₂ 10
        undetermined           |b| ≤ 2 e, and the lags leave room for a change that matters

    With fewer than 20 lags a rate is undetermined unless it is decisive: K (|b| − 2 e) ≥ log₂ 100, so that even two
    standard errors nearer to ×1 the lags at hand reach the horizon, or as far the other way.
    """
    change, margin = lags * abs(slope), lags * SIGNIFICANT * error
    goes: Regime = "vanishing" if slope < 0 else "exploding"
    if lags < FEW_LAGS:
        return goes if change - margin >= -_LOG2_HORIZON else "undetermined"
    if change >= _LOG2_MATTERS:
        return goes if change > margin else "undetermined"
    return "steady" if change + margin <= _LOG2_STEADY else "undetermined"


def horizon_of(curve: Floats) -> int | None:
    """One past the last lag of a curve of log₂ norms that has 1 % of lag 0 or more; None if the last lag has."""
    return horizons_of(curve[np.newaxis])[0]


def horizons_of(curves: Floats) -> list[int | None]:
    """`horizon_of` of each of N curves, (N, K), that are exactly zero at the same lags."""
    first = curves[0]
    if not first.size or not np.isfinite(first[0]):
        return [None] * len(curves)
    if first.size > 1 and np.isneginf(first[-1]) and np.isfinite(first[-2]):
        curves = curves[:, :-1]  # the lag at which W_aa reads a⟨0⟩ = 0: its source is zero, not the gradient
    kept = curves >= curves[:, :1] + _LOG2_HORIZON
    gone = np.argmax(kept[:, ::-1], axis=1)
    return [curves.shape[1] - lags if lags else None for lags in gone.tolist()]


def share_of_past(by_lag: Floats) -> Floats:
    """How much of the contributions to one loss comes from lags k ≥ 1, (N,): see `LagProfile.share_of_past`.

    Args:
        by_lag: log₂ ‖contribution(t, k)‖, (N, K, T) at [network, k, t−1], with exact zeros in the same places.
    """
    alive = np.flatnonzero(np.any(np.isfinite(by_lag[0, :, 1:]), axis=0)) + 1
    if not alive.size:
        return np.zeros(len(by_lag))
    whole = alive.size == by_lag.shape[2] - 1
    norms = by_lag[..., 1:] if whole else np.take(by_lag, alive, axis=2)
    sizes = norms - np.max(norms, axis=1, keepdims=True)
    # What is below 2^−1000 of the largest is nothing beside it; the power of −∞ would take three times as long.
    np.maximum(sizes, _NOTHING, out=sizes)
    np.exp2(sizes, out=sizes)
    sizes -= np.exp2(_NOTHING)  # and an exact zero is one; no other number is changed
    past = np.sum(sizes[:, 1:], axis=1)
    return np.asarray(np.mean(past / (sizes[:, 0] + past), axis=1))


def _fitted(by_lag: Floats) -> tuple[Floats, Floats, Floats, float]:
    """Typical curves, and least squares over k ≥ 1 with an intercept for each loss, from log₂ norms v (N, K, T).

        slope = Σ_t Σ_k (k − k̄_t) v(t, k) / spread,    spread = Σ_t Σ_k (k − k̄_t)²,    k̄_t the mean lag of loss t

    Returns:
        The curves (N, K), the slopes (N,), k̄ (T,) and the spread; the sums are over the v that are finite. A spread
        of 0 has no slope.
    """
    networks, lags_in_all, steps = by_lag.shape
    mean, spread = _lags_of_losses(by_lag[0])
    numbers, totals, slopes = np.zeros(lags_in_all), np.zeros((networks, lags_in_all)), np.zeros(networks)
    for lags in blocks(0, lags_in_all, steps):
        part = by_lag[:, lags, lags.start :]
        finite, k = np.isfinite(part[0]), np.arange(float(lags.start), lags.stop)[:, np.newaxis]
        value = np.where(finite, part, 0.0)
        numbers[lags], totals[:, lags] = np.count_nonzero(finite, axis=1), value.sum(axis=2)
        weights = (k - mean[lags.start :]) * (k > 0)
        # One network's numbers after another, whichever are beside it.
        slopes += np.vecdot(value.reshape(networks, -1), weights.ravel())
    curves = np.where(numbers > 0, totals / np.maximum(numbers, 1), -np.inf)
    return curves, slopes / spread if spread else slopes, mean, spread


def _lags_of_losses(by_lag: Floats) -> tuple[Floats, float]:
    """k̄ (T,), the mean lag k ≥ 1 of each loss, and Σ (k − k̄_t)², over the finite ones of a table (K, T)."""
    lags_in_all, steps = by_lag.shape
    count, lag_sum, square_sum = np.zeros((3, steps))
    for lags in blocks(1, lags_in_all, steps):
        losses, k = slice(lags.start, None), np.arange(float(lags.start), lags.stop)
        reached = np.isfinite(by_lag[lags, losses]).astype(np.float64)
        count[losses] += reached.sum(axis=0)
        lag_sum[losses] += k @ reached
        square_sum[losses] += np.square(k) @ reached
    # Whole numbers until they are divided, so that a single lag leaves exactly nothing.
    some = np.maximum(count, 1.0)
    return lag_sum / some, float(np.sum((count * square_sum - np.square(lag_sum)) / some))
