"""The rate is the slope that the losses share; its standard error tells how far it would be from this on other data.

An exact exponential has its slope to rounding, 1e−12, and a standard error of 0. For a random walk with drift,
the curve of a product of random Jacobians, the error is statistical: two of them should cover the truth about 95
times in 100, for steps that are independent, slow or come in cycles. `tests/core/test_rate_errors.py` has networks.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import pytest
from cases import RECURRENT, make_case

import core
from core.bptt.rate import State, _regime, fit_rate, fit_rates, typical_curve
from core.numerics.slow_series import error_of_sum


def profile(curve: np.ndarray) -> np.ndarray:
    """log₂ norms (T, T) whose every loss time has the same curve, cut off at the first step."""
    steps = len(curve)
    t, k = np.meshgrid(np.arange(1, steps + 1), np.arange(steps), indexing="ij")
    return np.where(k < t, curve[k], -np.inf)


def walk(gains: np.ndarray, start: np.ndarray | None = None) -> np.ndarray:
    """log₂ ‖contribution(t, k)‖ = start(t) + the log gains of the steps s = t − k + 1 … t; gains[s−1] is step s's."""
    steps = len(gains)
    gathered = np.concatenate([[0.0], np.cumsum(gains)])
    t, k = np.meshgrid(np.arange(1, steps + 1), np.arange(steps), indexing="ij")
    norms = gathered[t] - gathered[np.maximum(t - k, 0)] + (0.0 if start is None else start[:, np.newaxis])
    return np.where(k < t, norms, -np.inf)


@pytest.mark.parametrize("slope", [-3.0, -0.5, -1e-3, 1e-3, 0.25, 7.0])
@pytest.mark.parametrize("steps", [5, 22, 200])
def test_an_exact_exponential_has_its_slope_and_no_error(slope: float, steps: int) -> None:
    rate = fit_rate(profile(3.0 + slope * np.arange(steps)))
    assert rate.log2_per_step == pytest.approx(slope, rel=1e-11, abs=1e-13)
    assert rate.standard_error == pytest.approx(0, abs=1e-12)
    assert rate.factor == pytest.approx(2**slope, rel=1e-11)
    assert rate.lags == steps - 1
    goes = "vanishing" if slope < 0 else "exploding"
    matters = abs(slope) * (steps - 1) >= (1 if steps > 20 else math.log2(100))
    assert rate.regime == (goes if matters else "steady" if steps > 20 else "undetermined")
    assert rate.half_life == (pytest.approx(-1 / slope, rel=1e-9) if matters else None)


def test_lag_zero_does_not_bend_the_slope() -> None:
    curve = -0.5 * np.arange(30.0)
    curve[0] = 40.0
    assert fit_rate(profile(curve)).log2_per_step == pytest.approx(-0.5, rel=1e-12)


def test_a_constant_curve_is_steady_and_has_no_half_life() -> None:
    rate = fit_rate(profile(np.full(40, -7.0)))
    assert rate.regime == "steady"
    assert rate.log2_per_step == pytest.approx(0, abs=1e-12)
    assert rate.factor == pytest.approx(1, abs=1e-12)
    assert rate.half_life is None
    assert rate.horizon is None


@pytest.mark.parametrize("slope", [-0.05, -0.5, -1.0, -7.0])
def test_the_horizon_of_a_curve_that_falls_is_the_first_lag_with_less_than_one_percent_left(slope: float) -> None:
    """Less than 2^−6.64 of lag 0."""
    expected = int(np.floor(np.log2(100) / -slope)) + 1
    assert fit_rate(profile(slope * np.arange(200.0))).horizon == expected


def test_exactly_one_percent_is_not_less() -> None:
    """The mean over losses of equal logarithms is rounded, hence not quite at the mark."""
    curve = np.zeros(10)
    curve[4:] = np.log2(0.01) + 1e-12
    assert fit_rate(profile(curve)).horizon is None
    curve[6:] -= 2e-12
    assert fit_rate(profile(curve)).horizon == 6


def test_the_horizon_is_where_the_curve_stays_below_for_good() -> None:
    """A dip below 1 % that comes back is no horizon: at lag 42 through one input near 0, 0.55 is left at lag 43."""
    curve = np.zeros(100)
    curve[42] = -10.0
    assert fit_rate(profile(curve)).horizon is None
    curve[60:] = -8.0
    assert fit_rate(profile(curve)).horizon == 60
    curve[99] = 0.0
    assert fit_rate(profile(curve)).horizon is None


def test_the_horizon_of_one_loss_is_that_of_its_own_curve() -> None:
    """Found by going through the lags from the last: the first that has 1 % again ends the search."""
    lags = core.run(core.Experiment(gain=0.8)).lags
    found = {}
    for t in (1, 2, 20, 35, 50):
        curve = lags.log2_norm["b_a"][t - 1, :t]
        kept = max(k for k in range(t) if curve[k] >= curve[0] + np.log2(0.01))
        found[t] = lags.horizon("b_a", t)
        assert found[t] == (kept + 1 if kept + 1 < t else None), t
    assert found[1] is None and found[50] is not None


def test_an_exact_zero_at_the_last_lag_alone_is_no_horizon() -> None:
    """W_aa reads a⟨0⟩ = 0 there; two zeros at the end are an end of the gradient."""
    curve = np.zeros(30)
    curve[29] = -np.inf
    assert fit_rate(profile(curve)).horizon is None
    curve[28] = -np.inf
    assert fit_rate(profile(curve)).horizon == 28


def test_a_growing_curve_has_no_horizon() -> None:
    assert fit_rate(profile(0.5 * np.arange(50.0))).horizon is None


@pytest.mark.parametrize("steps", [1, 2, 3, 4])
def test_with_fewer_than_four_lags_nothing_is_claimed(steps: int) -> None:
    rate = fit_rate(profile(-1.0 * np.arange(steps)))
    assert rate.regime == "undetermined"
    assert np.isnan(rate.log2_per_step)
    assert np.isnan(rate.standard_error)
    assert rate.half_life is None


def test_contributions_of_lag_zero_alone_are_absent_not_slow() -> None:
    curve = np.full(20, -np.inf)
    curve[0] = 2.0
    rate = fit_rate(profile(curve))
    assert rate.regime == "absent"
    assert rate.lags == 0
    assert rate.factor == 0
    assert rate.half_life is None
    assert rate.horizon == 1


def test_contributions_that_end_in_exact_zeros_vanish() -> None:
    curve = np.full(30, -np.inf)
    curve[:3] = [0.0, -1.0, -2.0]
    rate = fit_rate(profile(curve))
    assert rate.regime == "vanishing"
    assert rate.lags == 2
    assert rate.horizon == 3


def test_nothing_scored_is_undetermined() -> None:
    rate = fit_rate(np.full((20, 20), -np.inf))
    assert rate.regime == "undetermined"
    assert rate.horizon is None


def test_the_typical_curve_leaves_exact_zeros_out_of_the_mean() -> None:
    norms = np.array([[1.0, -np.inf], [-np.inf, 4.0], [5.0, -np.inf]])
    assert typical_curve(norms).tolist() == [3.0, 4.0]
    assert typical_curve(np.full((2, 2), -np.inf)).tolist() == [-np.inf, -np.inf]


Gains: TypeAlias = Callable[[np.random.Generator, int], np.ndarray]


def independent(rng: np.random.Generator, steps: int) -> np.ndarray:
    """White noise."""
    return rng.standard_normal(steps)


def slow(rng: np.random.Generator, steps: int) -> np.ndarray:
    """An AR(1) series of variance 1, φ = 0.9: neighbors are alike over some ten steps."""
    series = rng.standard_normal(steps)
    for s in range(1, steps):
        series[s] = 0.9 * series[s - 1] + np.sqrt(1 - 0.9**2) * series[s]
    return series


def cyclic(rng: np.random.Generator, steps: int) -> np.ndarray:
    """A cycle of eleven steps, of any phase, and noise."""
    cycle = np.sin(2 * np.pi * (np.arange(steps) / 11 + rng.random()))
    return cycle + 0.5 * rng.standard_normal(steps)


def fitted(gains: Gains, steps: int, every: bool) -> tuple[np.ndarray, np.ndarray]:
    """Slopes and standard errors of 150 walks without drift, the losses of different sizes."""
    drawn = []
    for seed in range(150):
        rng = np.random.default_rng(seed)
        norms = walk(gains(rng, steps), 3.0 * rng.standard_normal(steps))
        if not every:
            norms[:-1] = -np.inf
        drawn.append(norms.T)
    rates = fit_rates(np.array(drawn))
    return np.array([rate.log2_per_step for rate in rates]), np.array([rate.standard_error for rate in rates])


@pytest.mark.parametrize("every", [True, False], ids=["every step scored", "last step scored"])
@pytest.mark.parametrize(
    ("gains", "steps", "least"),
    [
        (independent, 12, 0.88),
        (independent, 50, 0.88),
        (slow, 30, 0.75),
        (slow, 50, 0.85),
        (slow, 120, 0.88),
        (cyclic, 30, 0.88),
        (cyclic, 50, 0.88),
    ],
)
def test_two_standard_errors_cover_the_drift_also_where_gains_are_slow_or_cyclic(
    gains: Gains, steps: int, least: float, every: bool
) -> None:
    """95 % is meant, and known to 1.8 %; where the memory lasts a third of the steps, they cannot quite show it."""
    slopes, errors = fitted(gains, steps, every)
    assert np.mean(np.abs(slopes) < 2 * errors) > least


@pytest.mark.parametrize("gains", [independent, slow])
def test_the_standard_error_is_the_scatter_from_run_to_run(gains: Gains) -> None:
    """The scatter is known to 6 %; the error is wider, by Student's t and for the memory that is left open."""
    slopes, errors = fitted(gains, 120, True)
    assert abs(np.mean(slopes)) < 4 * np.std(slopes) / np.sqrt(len(slopes))
    assert 0.85 < np.sqrt(np.mean(np.square(errors))) / np.std(slopes) < 1.6


def test_a_curve_that_bends_alike_for_all_losses_does_not_scatter() -> None:
    """Gains 2^(1/k): the same on any data. Taken for scatter of the steps, as where one loss is scored, it would be."""
    bend = profile(np.concatenate([[0.0], -np.cumsum(1.0 / np.arange(1, 60))]))
    alone = bend.copy()
    alone[:-1] = -np.inf
    assert fit_rate(bend).standard_error < 0.2 * fit_rate(alone).standard_error


def test_what_is_read_scatters_and_does_not_add_up() -> None:
    """Curves of slope −0.3 plus what the parameter reads: over 200 seeds two errors cover it, and are not too wide."""
    steps, slopes, errors = 50, [], []
    state = walk(np.full(steps, -0.3))
    t, k = np.meshgrid(np.arange(1, steps + 1), np.arange(steps), indexing="ij")
    for seed in range(200):
        reads = np.log2(np.abs(np.random.default_rng(seed).standard_normal(steps)))
        rate = fit_rate(state + reads[np.maximum(t - 1 - k, 0)], State(state, fit_rate(state).standard_error))
        slopes.append(rate.log2_per_step)
        errors.append(rate.standard_error)
    away = np.abs(np.array(slopes) + 0.3)
    assert 0.88 < np.mean(away < 2 * np.array(errors)) < 0.99
    assert 0.85 < np.sqrt(np.mean(np.square(errors))) / np.std(slopes) < 1.5


def test_a_drift_that_the_scatter_could_explain_is_called_neither_way() -> None:
    """No drift at all: one run in twenty or so may be called vanishing or exploding, not one in five."""
    regimes = [fit_rate(walk(np.random.default_rng(seed).standard_normal(100))).regime for seed in range(200)]
    assert regimes.count("steady") + regimes.count("undetermined") > 160


def test_steady_has_to_be_shown() -> None:
    """Over 100 lags a factor of 10 is 0.0332 bits a lag: two standard errors out it must not be reached."""
    assert _regime(0.001, 0.016, 100) == "steady"
    assert _regime(0.001, 0.017, 100) == "undetermined"
    assert _regime(0.5, math.nan, 2) == "undetermined"


def test_a_change_has_to_be_distinguishable_and_to_matter() -> None:
    """Over 100 lags 0.01 bits a lag are a factor of 2: at a smaller slope nothing halves, however well it is known."""
    assert _regime(-0.5, 0.1, 100) == "vanishing"
    assert _regime(0.5, 0.1, 100) == "exploding"
    assert _regime(-0.011, 0.0, 100) == "vanishing"
    assert _regime(-0.009, 0.0, 100) == "steady"
    assert _regime(-0.011, 0.006, 100) == "undetermined"


@pytest.mark.parametrize("sign", [-1, 1])
def test_fewer_than_twenty_lags_have_a_regime_only_if_it_is_decisive(sign: int) -> None:
    """19 lags at 0.35 bits are a factor of 100.3; with an error of 0.1 it takes 0.55."""
    goes = "vanishing" if sign < 0 else "exploding"
    assert _regime(sign * 0.35, 0.0, 19) == goes
    assert _regime(sign * 0.35, 0.1, 19) == "undetermined"
    assert _regime(sign * 0.56, 0.1, 19) == goes
    assert _regime(sign * 0.35, 0.1, 20) == goes
    assert _regime(0.0, 0.0, 19) == "undetermined"


def test_independent_noise_around_a_line_leaves_a_small_error() -> None:
    """Inputs of random size multiply W_ax's contributions and add no drift: the slope is that of the line."""
    rng = np.random.default_rng(0)
    steps = 150
    t, k = np.meshgrid(np.arange(1, steps + 1), np.arange(steps), indexing="ij")
    reads = rng.standard_normal(steps)
    norms = np.where(k < t, -0.3 * k + reads[np.maximum(t - 1 - k, 0)], -np.inf)
    rate = fit_rate(norms)
    assert rate.log2_per_step == pytest.approx(-0.3, abs=0.02)
    assert rate.standard_error < 0.05
    assert rate.regime == "vanishing"


def by_definition(norms: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """The slope of a regression with a column for each loss; what every step s adds to the gains beyond what their
    lag does, by a regression with a column for each step and each power of two of the lag; and how far a unit of it
    moves that slope: its effect on all norms that it is part of, regressed in turn."""
    steps = len(norms)
    t, k = np.nonzero(np.isfinite(norms) & (np.arange(steps) >= 1))
    losses, at = np.unique(t, return_inverse=True)
    regress = np.linalg.pinv(np.column_stack([k, np.eye(len(losses))[at]]))[0]
    gains, places, octaves, moved = [], [], [], np.zeros(steps)
    for loss, lag in zip(t, k, strict=True):
        if lag + 1 < steps and np.isfinite(norms[loss, lag + 1]):
            gains.append(norms[loss, lag + 1] - norms[loss, lag])
            places.append(loss - lag)
            octaves.append(min(int(np.log2(lag)), int(np.log2((steps - 2) // 2))))
            moved[loss - lag] += regress[(t == loss) & (k > lag)].sum()
    there = np.unique(places)
    design = np.column_stack([np.eye(steps)[places][:, there], np.eye(max(octaves) + 1)[octaves]])
    return regress @ norms[t, k], (np.linalg.pinv(design) @ gains)[: len(there)], moved[there]


@pytest.mark.parametrize("block", [1, 40, 100, 1 << 15])
@pytest.mark.parametrize("zeros", [0.0, 0.15])
def test_the_rate_is_that_of_the_definition_in_blocks_of_any_size(
    block: int, zeros: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exact zeros anywhere among the norms, and losses that are not scored; to rounding, 1e−9."""
    monkeypatch.setattr("core.bptt.step_sums.BLOCK", block)
    rng = np.random.default_rng(round(100 * zeros))
    norms = walk(rng.standard_normal(25) - 0.3, rng.standard_normal(25)) + 0.1 * rng.standard_normal((25, 25))
    norms[rng.random((25, 25)) < zeros] = -np.inf
    norms[[3, 11, 12]] = -np.inf
    slope, gains, moved = by_definition(norms)
    found = fit_rate(norms)
    assert found.log2_per_step == pytest.approx(slope, rel=1e-10)
    assert found.standard_error == pytest.approx(error_of_sum(moved, gains), rel=1e-9)
    finite = np.isfinite(norms)
    with np.errstate(invalid="ignore"):
        expected = np.sum(np.where(finite, norms, 0.0), axis=0) / finite.sum(axis=0)
    np.testing.assert_allclose(typical_curve(norms), np.where(finite.any(axis=0), expected, -np.inf), rtol=1e-13)


def test_the_profile_gives_the_slope_of_its_own_curve() -> None:
    """One scored step, so that the curve is one line of the profile."""
    lags = core.lag_profile(make_case(steps=40, gain=0.5, scored="last").tape())
    for name in RECURRENT:
        slope, _ = np.polyfit(np.arange(1, 40), lags.typical(name)[1:], 1)
        assert lags.rate(name).log2_per_step == pytest.approx(slope, rel=1e-9)


@pytest.mark.parametrize("scored", ["every", "last"])
@pytest.mark.parametrize("gain", [0.5, 1.0, 2.0])
def test_a_linear_network_has_the_rate_of_its_gain(gain: float, scored: str) -> None:
    """W_aa = g times a rotation and φ = identity: ∂L_t/∂b_a changes by exactly g a step, whatever the losses' sizes."""
    experiment = core.Experiment(
        activation="identity", initializer="orthogonal", gain=gain, timesteps=40, scored=scored
    )
    rate = core.run(experiment).lags.rate("b_a")
    assert rate.log2_per_step == pytest.approx(np.log2(gain), abs=1e-11)
    assert rate.standard_error < 1e-11
    assert rate.regime == {0.5: "vanishing", 1.0: "steady", 2.0: "exploding"}[gain]


def test_a_start_from_zeros_is_not_taken_for_a_gradient_that_is_gone() -> None:
    """W_aa reads a⟨0⟩ = 0 at step 1: an exact zero of what it reads, at the longest lag, and no horizon."""
    growing = core.Experiment(activation="identity", initializer="orthogonal", gain=1.5, timesteps=40)
    lags = core.run(growing).lags
    assert np.isneginf(lags.log2_norm["W_aa"][39, 39])
    assert {lags.rate(name).horizon for name in RECURRENT} == {None}


def test_a_sequence_too_short_for_a_rate_is_not_called_vanishing() -> None:
    """Five steps from a zero state leave W_aa three lags k ≥ 1: too few to say, and nothing has vanished."""
    lags = core.run(core.Experiment(timesteps=5)).lags
    assert lags.rate("W_aa").regime == "undetermined"


def test_lags_longer_than_the_last_scored_step_are_not_taken_for_vanished() -> None:
    """A rotation keeps every length; with step 3 alone scored there are two lags k ≥ 1, and both keep it all."""
    experiment = core.Experiment(activation="identity", initializer="orthogonal", gain=1.0, timesteps=30)
    given = core.run(experiment).batch
    rate = core.run(experiment, batch=core.Batch(given.inputs, given.targets, np.arange(30) == 2)).lags.rate("b_a")
    assert rate.lags == 2
    assert rate.regime == "undetermined"
    assert rate.horizon is None


def test_inputs_of_zeros_are_not_taken_for_a_gradient_that_is_gone() -> None:
    """An input every other step: W_ax's contributions are 0 between, and as large as ever where there is one."""
    experiment = core.Experiment(activation="identity", initializer="orthogonal", gain=1.0, timesteps=40)
    inputs = np.where(np.arange(40) % 2 == 0, 1.0, 0.0).reshape(40, 1, 1)
    batch = core.Batch(inputs, np.zeros((40, 1, 1)), np.arange(40) == 39)
    lags = core.run(experiment, batch=batch).lags
    assert np.isneginf(lags.log2_norm["W_ax"][39, ::2]).all()
    np.testing.assert_allclose(lags.log2_norm["W_ax"][39, 1::2], lags.log2_norm["W_ax"][39, 1], atol=1e-11)
    assert lags.rate("W_ax").regime in {"steady", "undetermined"}
