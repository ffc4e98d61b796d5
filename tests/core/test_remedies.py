"""A comparison is the runs it consists of, each as if it were made alone, and each remedy is what its name says."""

from __future__ import annotations

import math

import numpy as np
import pytest

import core
from core.training.remedies import RECENT, remedies

TINY = core.Experiment(task="adding", timesteps=12, hidden_size=6, batch_size=4, training_steps=15, seed=2)


def test_every_remedy_is_a_valid_change_of_any_task() -> None:
    assert next(iter(remedies())) == "vanilla"
    for remedy in remedies().values():
        assert remedy.title
        assert remedy.source
        for task in core.settings()["task"].choices:
            changed = remedy.applied(core.Experiment(task=task))
            assert all(getattr(changed, name) == value for name, value in remedy.changes.items())


def test_a_remedy_is_applied_alone() -> None:
    start = core.Experiment(clip="norm", clip_at=3.0)
    assert remedies()["orthogonal"].applied(start).clip == "none"
    assert remedies()["clipping"].applied(start).clip_at == 1.0
    matrix = core.make_network(remedies()["orthogonal"].applied(start)).parameters["W_aa"]
    np.testing.assert_allclose(matrix.T @ matrix, np.eye(16), atol=1e-12)
    identity = core.make_network(remedies()["identity-relu"].applied(start))
    assert np.array_equal(identity.parameters["W_aa"], np.eye(16))
    assert identity.activation_name == "relu"


@pytest.mark.parametrize("task", ["sunspots", "adding", "text"])
def test_the_identity_of_le_jaitly_and_hinton_has_small_inputs_and_no_bias(task: str) -> None:
    """Entries of W_ax with a standard deviation of 0.001, however many inputs there are (their section 4)."""
    start = core.Experiment(task=task, hidden_size=400, timesteps=20, input_gain=3.0, bias=0.5)
    network = core.make_network(remedies()["identity-relu"].applied(start))
    inputs = network.parameters["W_ax"]
    assert np.std(inputs) == pytest.approx(0.001, rel=4 / inputs.size**0.5)
    assert not np.any(network.parameters["b_a"])


def test_every_row_is_the_run_that_is_made_alone() -> None:
    rows = list(core.compare(TINY))
    assert [row.remedy.name for row in rows] == list(remedies())
    for row in rows:
        steps = list(core.train(row.remedy.applied(TINY)))
        assert row.steps == 15
        assert row.ended is None
        assert row.metric == pytest.approx(np.mean([step.metrics.value for step in steps[-RECENT:]]), rel=1e-12)
        for name, value in steps[-1].network.parameters.items():
            assert np.array_equal(row.network.parameters[name], value)
        trace = core.run(row.experiment, network=row.network)
        assert row.after is not None
        assert row.before is not None
        assert row.after.rate == core.state_rate(trace.lags)
        assert row.before.rate == core.state_rate(core.run(row.experiment).lags)
        assert row.baselines == core.baselines(TINY)


def test_the_same_seed_gives_the_same_table() -> None:
    first, second = (list(core.compare(TINY, only=["orthogonal", "vanilla"])) for _ in range(2))
    assert [row.remedy.name for row in first] == ["orthogonal", "vanilla"]
    assert [row.metric for row in first] == [row.metric for row in second]


def test_classes_have_an_accuracy_and_values_have_none() -> None:
    (row,) = core.compare(TINY.replace(task="temporal-order"), only=["vanilla"])
    assert row.metric_name == "cross-entropy"
    assert row.accuracy == pytest.approx(np.mean(row.history.scalars("accuracy")))
    (row,) = core.compare(TINY, only=["vanilla"])
    assert row.accuracy is None


def test_a_run_that_explodes_is_a_row_that_says_so() -> None:
    experiment = TINY.replace(activation="identity", gain=4.0, timesteps=60, optimizer="sgd", learning_rate=0.1)
    vanilla, clipped = core.compare(experiment, only=["vanilla", "clipping"])
    assert vanilla.ended is not None
    assert vanilla.steps < experiment.training_steps
    assert all(np.all(np.isfinite(value)) for value in vanilla.network.parameters.values())
    assert clipped.steps > vanilla.steps


def test_without_steps_there_is_no_score() -> None:
    (row,) = core.compare(TINY.replace(training_steps=0), only=["vanilla"])
    assert math.isnan(row.metric)
    assert row.steps == 0


def test_progress_counts_the_updates_of_all_and_can_end_the_work() -> None:
    told: list[tuple[int, int]] = []
    list(core.compare(TINY, only=["vanilla", "gru"], progress=lambda done, total: told.append((done, total))))
    assert told == [(i, 30) for i in range(30)]

    def stop(done: int, total: int) -> None:
        if done == 20:
            raise InterruptedError

    rows: list[core.Compared] = []
    with pytest.raises(InterruptedError):
        rows.extend(core.compare(TINY, only=["vanilla", "gru"], progress=stop))
    assert len(told) == 30


def test_an_unknown_remedy_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"remedies: 'prayer' was given, allowed is vanilla, orthogonal"):
        list(core.compare(TINY, only=["prayer"]))
