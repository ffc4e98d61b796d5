"""Random networks have the rate and the edge that mean-field theory gives them, and the theory its closed forms.

A tolerance is three standard errors of the mean over seeds, and nothing else; what n units are away from n → ∞, as 1/n,
is either part of the theory or taken out by a straight line in 1/n.
"""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pytest
from mean_field import Floats, gated_logs, halved, rate_of, tanh_logs

import core
from core.study.batched import summaries

NOISE = core.Experiment(task="noise", batch_size=1, scored="last", timesteps=40)


def rates(experiment: core.Experiment, seeds: int) -> Floats:
    """The rate of each seed, in bits per step."""
    found = summaries([experiment.replace(seed=seed, data_seed=seed) for seed in range(seeds)])
    return np.array([one.lines[0].log2_per_step for one in found])


def inputs(experiment: core.Experiment, seed: int) -> Floats:
    return core.make_batch(experiment.replace(data_seed=seed)).inputs[:, 0, 0]


def near(found: Floats, wanted: Floats | float) -> None:
    """The mean over seeds is what theory has, within three of its standard errors."""
    apart = found - wanted
    error = apart.std(ddof=1) / math.sqrt(len(apart))
    assert abs(apart.mean()) < 3 * error, f"{apart.mean():.4f} ± {error:.4f}"


def at_rest(gain: float, kept: float, steps: int) -> Floats:
    """½ log₂ E ‖(kept + g/4 · W)ᵏ v‖², of a gaussian W."""
    terms = [
        [math.comb(k, j) ** 2 * kept ** (2 * (k - j)) * (gain / 4) ** (2 * j) for j in range(k + 1)]
        for k in range(steps)
    ]
    return np.array([0.5 * math.log2(sum(some)) for some in terms])


@pytest.mark.parametrize(("cell", "forget_bias"), [("gru", 0.0), ("lstm", 0.0), ("lstm", 1.0)])
def test_at_rest_units_that_are_drawn_have_the_closed_form(cell: str, forget_bias: float) -> None:
    """With no input J = f + g/4 · W, f = σ(b_f), ½ of a GRU; at lag 0 the gradient of an LSTM is at a only."""
    logs = gated_logs(cell, 2.0, np.zeros(25), input_gain=0, forget_bias=forget_bias, units=20_000)
    first = 1 if cell == "gru" else 2
    found = logs[-first] - logs[-first:-24:-1]
    assert found == pytest.approx(at_rest(2.0, 1 / (1 + math.exp(-forget_bias)), len(found)), abs=0.1)


def test_matrices_that_are_drawn_again_at_each_step_are_another_theory() -> None:
    """Then what W made before is not met again: ‖J v‖² = ¼ + g²/16 at rest, and the edge at √12 in place of 2."""
    logs = gated_logs("gru", math.sqrt(12), np.zeros(20), input_gain=0, tied=False, units=20_000)
    assert np.diff(logs[1:]) == pytest.approx(np.zeros(19), abs=0.05)
    assert rate_of(gated_logs("gru", math.sqrt(12), np.zeros(20), input_gain=0)) > 0.4


@pytest.mark.parametrize("forget_bias", [0.0, 1.0])
def test_an_lstm_whose_matrix_is_the_identity_has_its_edge_where_f_and_a_quarter_of_the_gain_are_one(
    forget_bias: float,
) -> None:
    still = NOISE.replace(cell="lstm", initializer="identity", input_gain=0, hidden_size=3, forget_bias=forget_bias)
    found = core.critical(still, seeds=2, low=0.5, high=8)
    assert found.values == pytest.approx(2 * [4 * (1 - 1 / (1 + math.exp(-forget_bias)))], rel=1e-3)


@pytest.mark.parametrize(("input_gain", "gain", "units"), [(0.5, 1.5, 64), (1.0, 1.8, 32), (1.0, 1.8, 64)])
def test_units_that_noise_drives_have_the_rate_of_theory(input_gain: float, gain: float, units: int) -> None:
    """Theory of the same input, seed by seed; of so few units with the term in 1/n, which alone is 0.03 bits here."""
    experiment = NOISE.replace(gain=gain, input_gain=input_gain, hidden_size=units)
    outside = [input_gain**2 * inputs(experiment, seed) ** 2 for seed in range(40)]
    near(
        rates(experiment, 40), np.array([rate_of(tanh_logs(gain, one, units=units), scored="last") for one in outside])
    )


def test_noise_that_changes_is_not_its_mean_variance() -> None:
    """Two steps in three it is smaller than its mean, and the rate is that of most steps: so the edge comes sooner."""
    drawn = np.random.default_rng(0).standard_normal(400) ** 2
    edges = [
        halved(lambda gain, one=one: float(tanh_logs(gain, one)[-1]), 1, 4, 12)  # type: ignore[misc]
        for one in (drawn, np.full(400, drawn.mean()))
    ]
    assert edges[0] < edges[1] - 0.05


def test_a_driven_lstm_has_the_rate_of_theory() -> None:
    """The rest in 1/n out of two sizes; with other matrices at each step theory would be 0.25 bits lower."""
    experiment = NOISE.replace(cell="lstm", gain=2.3, timesteps=30)
    several = [rates(experiment.replace(hidden_size=units), 12) for units in (48, 96)]
    wanted, other = (
        np.array([driven(experiment, seed, tied=tied, units=4000) for seed in range(12)]) for tied in (True, False)
    )
    near(2 * several[1] - several[0], wanted)
    assert other.mean() < wanted.mean() - 0.15


def driven(experiment: core.Experiment, seed: int, *, tied: bool = True, units: int = 8000) -> float:
    logs = gated_logs(
        experiment.cell,
        experiment.gain,
        inputs(experiment, seed),
        forget_bias=experiment.forget_bias,
        tied=tied,
        units=units,
        seed=seed,
    )
    return rate_of(logs, scored="last")


@pytest.mark.slow
@pytest.mark.parametrize(("cell", "gain", "told"), [("gru", 2.0, True), ("gru", 3.0, False), ("lstm", 2.3, True)])
def test_gates_have_the_rate_of_theory_as_n_grows(cell: str, gain: float, told: bool) -> None:
    """The straight line in 1/n, fitted to the rates of each seed, ends at n → ∞ where theory is.

    Where it can be told, that of matrices that are drawn again at each step is not there.
    """
    experiment, sizes = NOISE.replace(cell=cell, gain=gain), np.array([96.0, 192.0, 384.0])
    found = np.array([rates(experiment.replace(hidden_size=int(size)), 16) for size in sizes])
    limit = np.polyfit(1 / sizes, found, 1, w=np.sqrt(sizes))[1]
    wanted = np.array([driven(experiment, seed) for seed in range(16)])
    near(limit, wanted)
    if told:
        other = np.array([driven(experiment, seed, tied=False) for seed in range(16)])
        with pytest.raises(AssertionError):
            near(limit, other)


@pytest.mark.slow
@pytest.mark.parametrize(("input_gain", "units"), [(0.5, 64), (1.0, 64), (0.5, 128)])
def test_units_that_noise_drives_have_the_edge_of_theory(input_gain: float, units: int) -> None:
    experiment = NOISE.replace(input_gain=input_gain, hidden_size=units, timesteps=60, seed=0, data_seed=0)
    found = core.critical(experiment, seeds=20, low=0.8, high=4)
    wanted = []
    for seed in found.seeds:
        outside = (input_gain * inputs(experiment, seed)) ** 2
        rate = partial(rate_at, outside=outside, units=units)
        wanted.append(halved(rate, 0.8, 4, 14))
    near(np.array(found.values), np.array(wanted))


def rate_at(gain: float, outside: Floats, units: int) -> float:
    return rate_of(tanh_logs(gain, outside, units=units), scored="last")
