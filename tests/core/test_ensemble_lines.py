"""The lines of an ensemble are those of each of its networks; what is said over seeds follows from them alone."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest

import core
from core import Experiment, ensemble_lines
from core.bptt.lag_profile import Curve
from core.bptt.parameter_groups import Grouping
from core.numerics.frozen import FrozenMapping
from core.numerics.scaled import Floats
from core.study import lines
from core.study.lines import SLICE, EnsembleLines
from core.tasks.drawn import make_network

SMALL = Experiment(hidden_size=4, timesteps=12)


def of_line(log2: Floats, rates: list[float], seeds: tuple[int, ...], asked: int = 0) -> EnsembleLines:
    """An ensemble of one line."""
    values = FrozenMapping({"W": np.array(rates)})
    return EnsembleLines(
        SMALL, seeds, asked or len(seeds), "typical", "source", FrozenMapping({"W": log2}), values, values
    )


@cache
def trace_of(experiment: Experiment) -> core.Trace:
    """One run for the tests of every curve."""
    return core.run(experiment)


@pytest.mark.parametrize("curve", ["typical", "summed", 12, 5, 13])
@pytest.mark.parametrize(
    ("experiment", "by"),
    [
        (SMALL, "source"),
        (SMALL.replace(cell="lstm", batch_size=2), "gate"),
        (SMALL.replace(layers=2, task="adding"), "layer"),
        (SMALL.replace(scored="last"), "source"),
    ],
)
def test_they_are_the_lines_of_each_network(experiment: Experiment, by: Grouping, curve: Curve) -> None:
    count = SLICE + 2  # one more slice than one
    found = ensemble_lines(experiment, count, curve=curve, by=by)
    assert found.seeds == tuple(range(count))
    for row, seed in enumerate(found.seeds):
        trace = trace_of(experiment.replace(seed=experiment.seed + seed, data_seed=experiment.data_seed + seed))
        profile = trace.profile(by)
        assert {*found.log2} == {name for name, group in trace.parameter_groups(by).items() if group.recurrent}
        for name, table in found.log2.items():
            own = profile.curve(name, curve)[: table.shape[1]]
            np.testing.assert_allclose(table[row, : len(own)], own, rtol=0, atol=1e-9)
            np.testing.assert_allclose(found.rates[name][row], profile.rate(name).log2_per_step, atol=1e-9)
            np.testing.assert_allclose(found.errors[name][row], profile.rate(name).standard_error, atol=1e-9)


def test_what_cannot_be_computed_is_left_out_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    def drawn(experiment: Experiment) -> core.Network:
        if experiment.seed == SMALL.seed + 1:
            raise ValueError("this one cannot be drawn")
        return make_network(experiment)

    monkeypatch.setattr(lines, "make_network", drawn)
    found = ensemble_lines(SMALL, 3)
    assert (found.seeds, found.asked, found.failed) == ((0, 2), 3, 1)
    assert len(found.rates["W_aa"]) == len(found.log2["W_aa"]) == 2
    own = core.run(SMALL.replace(seed=SMALL.seed + 2, data_seed=SMALL.data_seed + 2)).profile().rate("W_aa")
    assert found.rates["W_aa"][1] == pytest.approx(own.log2_per_step)


def test_a_network_that_leaves_float64_has_as_many_lags_as_it_has_steps() -> None:
    wild = SMALL.replace(activation="relu", gain=1e6, timesteps=60)
    found = ensemble_lines(wild, 4)
    alone = [core.run(wild.replace(seed=wild.seed + s, data_seed=wild.data_seed + s)) for s in range(4)]
    steps = [len(trace.tape.losses) for trace in alone]
    assert min(steps) < 60, "else this tests nothing"
    assert [int(np.count_nonzero(~np.isnan(row))) for row in found.log2["W_aa"]] == steps


def test_quantiles_are_those_of_numpy_and_a_zero_is_less_than_any_number() -> None:
    draws = np.random.default_rng(0).normal(size=(9, 4))
    found = of_line(draws, [0.0] * 9, tuple(range(9)))
    np.testing.assert_allclose(found.quantiles("W", (0.1, 0.5, 0.9)), np.quantile(draws, (0.1, 0.5, 0.9), axis=0))
    some = of_line(np.array([[-math.inf, -math.inf], [1.0, -math.inf], [2.0, math.nan]]), [0.0] * 3, (0, 1, 2))
    low, middle, high = some.quantiles("W", (0.0, 0.5, 1.0)).T[0]
    assert (low, middle, high) == (-math.inf, 1.0, 2.0)
    assert np.all(np.isneginf(some.quantiles("W", (0.0, 0.5, 1.0))[:, 1])), "a network without that lag does not count"


def test_the_place_of_the_own_network_is_among_those_that_have_a_rate() -> None:
    found = of_line(np.zeros((4, 1)), [0.3, 0.1, math.nan, 0.2], (0, 1, 2, 3))
    assert found.place("W") == (3, 3)
    assert of_line(np.zeros((2, 1)), [math.nan, 0.1], (0, 1)).place("W") is None
    assert of_line(np.zeros((2, 1)), [0.2, 0.1], (1, 2)).place("W") is None


def test_progress_is_told_of_every_slice_and_ends_the_work() -> None:
    told: list[tuple[int, int]] = []
    ensemble_lines(SMALL, 2 * SLICE, progress=lambda done, total: told.append((done, total)))
    assert told == [(SLICE, 2 * SLICE), (2 * SLICE, 2 * SLICE)]

    def end(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ensemble_lines(SMALL, 3, progress=end)
