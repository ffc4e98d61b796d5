"""The edge that is found is the one that theory has.

With no input, no bias and a⟨0⟩ = 0 a network is at rest, its Jacobian is its matrix, and the rate at gain g is that at
gain 1 and log₂ g more: so a seed's critical gain is 2^−rate(1), without any search. At n → ∞ it is 1. A GRU at rest has
J = ½ + g/4 · W: of W = 1 the factor is ½ + g/4, which is 1 at g = 2, and of a gaussian W, whose lags are few,

    E ‖Jᵏ v‖² = Σ_j C(k, j)² ½^{2(k−j)} (g/4)^{2j}     (n → ∞, ‖v‖ = 1: W^j v are then orthogonal, of equal length).

With a bias b the state is z ~ N(b, q) with q = g² ⟨tanh²(b + √q ξ)⟩, and the edge is where g² ⟨sech⁴(b + √q ξ)⟩ = 1
(Poole et al. 2016; Schoenholz et al. 2017). From a⟨0⟩ = 0, where tanh' is larger, q takes some dozen steps to get
there, and the rate over T steps, which they are among, is 0 at a smaller gain (`mean_field.py` has both).
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from mean_field import WEIGHT, XI, halved, rate_of, tanh_logs

import core
from core.bptt.rate import fit_rate

AT_REST = core.Experiment(task="noise", input_gain=0, timesteps=30, seed=0)


def test_a_seeds_critical_gain_at_rest_is_known_from_its_rate_at_one_gain() -> None:
    found = core.critical(AT_REST.replace(hidden_size=12), "gain", seeds=4, vary="weights", low=0.3, high=3)
    for seed, value in zip(found.seeds, found.values, strict=True):
        rate = core.state_rate(core.run(AT_REST.replace(hidden_size=12, gain=1, seed=seed)).lags).log2_per_step
        assert value == pytest.approx(2**-rate, rel=1e-4)
    over = found.over_seeds
    assert found.value == pytest.approx(np.mean(found.values))
    assert found.standard_error == pytest.approx(np.std(found.values, ddof=1) / 2)
    assert over.count == 4 and (found.below, found.above, found.failed) == (0, 0, 0)


def test_a_gru_whose_matrix_is_the_identity_has_its_edge_at_two() -> None:
    found = core.critical(AT_REST.replace(cell="gru", initializer="identity", hidden_size=3), seeds=2, low=0.5, high=8)
    assert found.values == pytest.approx([2, 2], rel=1e-3)


def test_its_own_uncertainty_is_that_of_the_rate_over_its_slope() -> None:
    """At rest the slope is 1 bit per doubling of the gain."""
    experiment = AT_REST.replace(hidden_size=8, seed=3, timesteps=40)
    found = core.critical(experiment, seeds=1, low=0.5, high=4)
    (value,), (error,) = found.values, found.errors
    rate = core.state_rate(core.run(experiment.replace(gain=value)).lags)
    assert rate.standard_error > 0.001
    assert error == pytest.approx(rate.standard_error * math.log(2) * value, rel=1e-3)
    assert found.over_seeds.of_one_network == error


def test_at_the_horizon_one_percent_is_left() -> None:
    experiment = AT_REST.replace(hidden_size=6, timesteps=40)
    found = core.critical(experiment, horizon=20, seeds=3, vary="weights", low=0.3, high=3)
    for seed, value in zip(found.seeds, found.values, strict=True):
        horizons = [
            core.state_rate(core.run(experiment.replace(seed=seed, gain=gain)).lags).horizon
            for gain in (value * 0.998, value * 1.002)
        ]
        assert horizons[0] is not None and horizons[0] <= 20
        assert horizons[1] is None or horizons[1] > 20


def test_a_setting_of_whole_numbers_has_the_first_value_beyond() -> None:
    experiment = core.Experiment(activation="identity", initializer="identity", gain=0.8, timesteps=30, task="noise")
    found = core.critical(experiment, "timesteps", horizon=4, seeds=1, low=5, high=30)
    assert found.values[0] != found.values[0] and found.above + found.below == 1, "0.8^4 is more than 1 %"
    found = core.critical(core.Experiment(cell="gru", timesteps=25), "hidden_size", seeds=2, low=1, high=40)
    assert all(value == int(value) for value in found.values if not math.isnan(value))


def test_where_there_is_none_it_says_on_which_side() -> None:
    found = core.critical(AT_REST.replace(hidden_size=4), low=0.01, high=0.1, seeds=2)
    assert math.isnan(found.value) and found.over_seeds.count == 0
    assert (found.below, found.above, found.failed) == (2, 0, 0)
    found = core.critical(AT_REST.replace(hidden_size=4), low=10, high=100, seeds=2)
    assert (found.below, found.above) == (0, 2)
    missing = core.Experiment(task="text", text_file="nowhere")
    assert core.critical(missing, seeds=2, low=1, high=2).failed == 2


def test_it_goes_on_from_a_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from core.study import work

    path = tmp_path / "edge.sqlite"
    first = core.critical(AT_REST.replace(hidden_size=3), seeds=2, store=path)
    monkeypatch.setattr(work, "summaries", None)
    assert core.critical(AT_REST.replace(hidden_size=3), seeds=2, store=path) == first


def test_progress_never_goes_back() -> None:
    told: list[tuple[int, int]] = []
    core.critical(AT_REST.replace(hidden_size=3), seeds=2, progress=lambda done, total: told.append((done, total)))
    assert told == sorted(told) and all(done <= total for done, total in told)


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("cell", {}, "'cell' was given, allowed is a setting that is a number: hidden_size"),
        ("gane", {}, "'gane' was given"),
        ("gain", {"low": 2, "high": 1}, "gain: 2 … 1 was given"),
        ("gain", {"low": -1}, "allowed is 0 … 1000000"),
        ("gain", {"horizon": 30}, "horizon: 30 was given, allowed is 1 … 29 for 30 timesteps; give more timesteps"),
    ],
)
def test_what_cannot_be_looked_for_is_refused(name: str, given: dict[str, float], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        core.critical(AT_REST, name, **given)  # type: ignore[arg-type]


def gru_slope(gain: float, steps: int) -> float:
    """The slope over all lags of ½ log₂ E ‖Jᵏ v‖², of a gaussian GRU at rest."""
    curve = [
        0.5 * math.log2(sum(math.comb(k, j) ** 2 * 0.25 ** (k - j) * (gain / 4) ** (2 * j) for j in range(k + 1)))
        for k in range(steps)
    ]
    table = np.full((steps, steps), -np.inf)
    for t in range(steps):
        table[t, : t + 1] = curve[: t + 1]
    return fit_rate(table).log2_per_step


def spread_of_a_difference(gain: float, bias: float) -> float:
    """χ = g² ⟨sech⁴⟩ at the fixed point of q; gradients vanish where it is below 1."""
    q = 1.0
    for _ in range(300):
        q = gain**2 * float(WEIGHT @ np.tanh(bias + math.sqrt(q) * XI) ** 2)
    return gain**2 * float(WEIGHT @ (1 / np.cosh(bias + math.sqrt(q) * XI)) ** 4)


def test_the_theory_of_a_gru_tends_to_two_with_the_lags() -> None:
    edges = [halved(lambda gain, steps=steps: gru_slope(gain, steps), 0.5, 8) for steps in (20, 80)]
    assert 2 < edges[1] < edges[0] < 2.2


@pytest.mark.slow
@pytest.mark.parametrize("units", [64, 200])
def test_a_wide_network_at_rest_has_its_edge_at_one(units: int) -> None:
    found = core.critical(AT_REST.replace(hidden_size=units), seeds=10, vary="weights", low=0.5, high=2)
    assert found.standard_error < 0.2 / math.sqrt(units)
    assert found.value == pytest.approx(1, abs=3 * found.standard_error)


@pytest.mark.slow
def test_a_wide_gru_at_rest_has_the_edge_of_theory() -> None:
    wanted = halved(lambda gain: gru_slope(gain, 30), 0.5, 8)
    found = core.critical(AT_REST.replace(cell="gru", hidden_size=128), seeds=10, vary="weights", low=1, high=4)
    assert found.standard_error < 0.05
    assert found.value == pytest.approx(wanted, abs=3 * found.standard_error)


def biased(bias: float, steps: int, scored: str = "every") -> float:
    """The gain at which theory's rate over so many steps from a⟨0⟩ = 0 is ×1."""
    return halved(lambda gain: rate_of(tanh_logs(gain, np.zeros(steps), bias=bias), scored=scored), 0.5, 3, 14)


@pytest.mark.parametrize("bias", [0.2, 0.5])
def test_the_edge_over_few_steps_tends_to_that_of_the_fixed_point(bias: float) -> None:
    limit = halved(lambda gain: math.log(spread_of_a_difference(gain, bias)), 0.3, 5, 16)
    edges = [biased(bias, steps, "last") for steps in (20, 40, 160)]
    assert edges == sorted(edges) and edges[2] == pytest.approx(limit, rel=0.005)
    assert edges[0] < limit * 0.997


@pytest.mark.slow
@pytest.mark.parametrize(
    ("bias", "steps", "scored", "seeds"), [(0.2, 40, "every", 40), (0.5, 40, "every", 40), (0.2, 160, "last", 16)]
)
def test_with_a_bias_the_edge_is_that_of_mean_field_theory(bias: float, steps: int, scored: str, seeds: int) -> None:
    """Of as many steps as the network has; of 160 that is the published one, of none but the fixed point."""
    wanted = biased(bias, steps, scored)
    limit = halved(lambda gain: math.log(spread_of_a_difference(gain, bias)), 0.3, 5, 16)
    assert wanted < limit and (steps == 40 or wanted == pytest.approx(limit, rel=0.005))
    experiment = AT_REST.replace(hidden_size=96, bias=bias, timesteps=steps, scored=scored, seed=0, data_seed=0)
    found = core.critical(experiment, seeds=seeds, low=0.8, high=2.5)
    assert found.standard_error < 0.25 / math.sqrt(seeds)
    assert found.value == pytest.approx(wanted, abs=3 * found.standard_error)
