"""A difference between remedies is distinguished from the scatter of seeds, and a task says how far back it reaches."""

from __future__ import annotations

import math

import numpy as np
import pytest

import core
from core.tasks import TASKS, make_batch, reach, sunspots
from core.training.remedies import remedies
from core.training.remedies_over_seeds import STUDENT, Score, difference, middle, score, with_seed

TINY = core.Experiment(task="adding", timesteps=12, hidden_size=4, batch_size=4, training_steps=6, seed=2, data_seed=5)


def of(remedy: str, seed: int, error: float) -> Score:
    return Score(remedy, seed, error, None, None, -1.0, -1.0, 9.0, 9.0, 10, 0, None)


def scores(seeds: int, rng: np.random.Generator, effect: float) -> list[Score]:
    """Errors that differ by a factor of four from seed to seed, and a remedy whose factor scatters less."""
    plain = np.exp2(rng.normal(0, 2, seeds))
    own = plain * np.exp2(effect + rng.normal(0, 0.5, seeds))
    return [of(name, i, error) for name, errors in (("vanilla", plain), ("gru", own)) for i, error in enumerate(errors)]


@pytest.mark.parametrize("seeds", [2, 3, 5, 20])
def test_what_is_scatter_matters_in_one_case_of_twenty(seeds: int) -> None:
    rng = np.random.default_rng(seeds)
    found = [difference(scores(seeds, rng, 0.0), "gru") for _ in range(2000)]
    share = np.mean([one is not None and one.matters for one in found])
    assert share == pytest.approx(0.05, abs=4 * math.sqrt(0.05 * 0.95 / 2000))


def test_an_effect_is_found_although_seeds_differ_by_more() -> None:
    rng = np.random.default_rng(0)
    found = [difference(scores(5, rng, -1.5), "gru") for _ in range(200)]
    assert np.mean([one is not None and one.matters and one.log2_ratio < 0 for one in found]) > 0.9


def test_quantiles_of_student_are_those_of_a_million_draws() -> None:
    rng = np.random.default_rng(1)
    for freedom in (2, 4, 9):
        draws = rng.standard_t(freedom, 1_000_000)
        assert np.mean(np.abs(draws) > STUDENT[freedom - 1]) == pytest.approx(0.05, abs=0.001)


def test_only_seeds_that_both_have_are_compared() -> None:
    known = [of("vanilla", 0, 1.0), of("vanilla", 1, math.nan), of("gru", 0, 0.5), of("gru", 1, 0.5), of("gru", 2, 9.0)]
    found = difference(known, "gru")
    assert found is not None
    assert (found.count, found.better, found.log2_ratio, found.matters) == (1, 1, -1.0, False)
    assert difference(known[:2], "gru") is None
    same = difference([*known[:1], of("vanilla", 3, 2.0), of("clipping", 0, 1.0), of("clipping", 3, 2.0)], "clipping")
    assert same is not None and same.none and not same.matters
    assert all(math.isnan(value) for value in middle([math.nan]))


def test_a_score_is_what_its_training_came_to() -> None:
    for seed in (0, 3):
        own = with_seed(TINY, seed)
        assert (own.seed, own.data_seed) == (2 + seed, 5 + seed)
        (row,) = core.compare(own, only=["clipping"])
        found = score(row, seed)
        assert (found.error, found.steps, found.seed) == (row.metric, 6, seed)
        assert row.after is not None and found.after == row.after.rate.log2_per_step
        norms = row.history.scalars("log2_gradient")
        assert found.clipped == int(np.count_nonzero(norms > 0)), "those longer than 1 were cut to 1"


def test_what_helps_against_what() -> None:
    against = {name: remedy.against for name, remedy in remedies().items()}
    assert [name for name, what in against.items() if what is None] == ["vanilla", "untied"]
    assert [name for name, what in against.items() if what == "exploding"] == ["clipping"]


@pytest.mark.parametrize("task", ["adding", "temporal-order"])
def test_the_reach_of_a_task_lies_before_every_first_mark(task: str) -> None:
    """Changing what was read later than that does not touch what is asked of the first mark."""
    experiment = core.Experiment(task=task, timesteps=40, batch_size=200)
    batch, needed = make_batch(experiment), reach(experiment)
    assert needed is not None
    marks = batch.inputs[..., 1] if task == "adding" else batch.inputs[..., 4:].sum(axis=-1)
    first = np.argmax(marks > 0, axis=0)
    assert (39 - first).min() == needed


def test_copies_and_echoes_reach_back_by_their_delay() -> None:
    experiment = core.Experiment(task="copy", timesteps=50, batch_size=3)
    batch = make_batch(experiment)
    read, asked = np.argmax(batch.inputs, axis=-1), np.asarray(batch.targets)
    assert np.array_equal(asked[-10:], read[:10]) and reach(experiment) == 40
    assert reach(core.Experiment(task="echo", echo_delay=7)) == 7
    assert all(
        found is None or found >= 0 for found in (reach(core.Experiment(task=task, timesteps=1)) for task in TASKS)
    )


def test_two_years_say_nearly_all_that_thirty_say_of_the_next() -> None:
    numbers = sunspots()[1]
    series = (numbers - numbers.mean()) / numbers.std()

    def error(years: int) -> float:
        read = np.stack([series[30 - lag : -1 - lag] for lag in range(years)] + [np.ones(len(series) - 31)], axis=1)
        weights = np.linalg.lstsq(read, series[31:], rcond=None)[0]
        return float(np.mean((series[31:] - read @ weights) ** 2))

    assert (error(1), error(2), error(30)) == pytest.approx((0.34, 0.17, 0.12), abs=0.01)
    assert reach(core.Experiment(task="sunspots")) == 1
