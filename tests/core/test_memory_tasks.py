"""The memory tasks are what the literature says they are, and a predictor without a memory scores their baseline.

Structure is exact. Expectations are held to five standard errors of the draws they are taken over.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import core
from core.tasks import TASKS, make_batch
from core.tasks.memory import MOST_SYMBOLS, SYMBOLS

MEMORY = ("adding", "copy", "temporal-order")
LENGTHS = st.integers(1, 70)


def batch_of(task: str, timesteps: int, **settings: object) -> core.Batch:
    return make_batch(core.Experiment(task=task, timesteps=timesteps, **settings))


@given(LENGTHS, st.integers(0, 30))
def test_adding_marks_a_number_in_each_half_and_asks_for_their_sum(steps: int, seed: int) -> None:
    batch = batch_of("adding", steps, batch_size=5, seed=seed)
    numbers, marks = batch.inputs[..., 0], batch.inputs[..., 1]
    assert np.all((numbers >= 0) & (numbers < 1))
    assert np.all(marks[: steps // 2].sum(axis=0) == (steps > 1))
    assert np.all(marks[steps // 2 :].sum(axis=0) == 1)
    assert np.all((marks == 0) | (marks == 1))
    np.testing.assert_allclose(batch.targets[-1, :, 0], (numbers * marks).sum(axis=0), rtol=1e-15)
    assert batch.scored.tolist() == [False] * (steps - 1) + [True]


def test_always_one_has_the_baseline_of_adding() -> None:
    targets = batch_of("adding", 40, batch_size=1024).targets[-1, :, 0]
    squares = np.square(targets - 1.0)
    (baseline,) = core.baselines(core.Experiment(task="adding", timesteps=40))
    assert baseline.name == "always 1"
    assert baseline.value == pytest.approx(1 / 6, rel=1e-15)
    assert np.mean(squares) == pytest.approx(baseline.value, abs=5 * np.std(squares) / np.sqrt(1024))


@pytest.mark.parametrize("readout", ["sigmoid", "softmax"])
@pytest.mark.parametrize("steps", [1, 30])
def test_a_sum_asked_for_as_a_class_is_in_each_class_alike(readout: str, steps: int) -> None:
    targets = batch_of("adding", steps, batch_size=1024, readout=readout).targets[-1].ravel().astype(int)
    classes = 3 if readout == "softmax" else 2
    shares = np.bincount(targets, minlength=classes) / 1024
    np.testing.assert_allclose(shares, 1 / classes, atol=5 * np.sqrt(0.25 / 1024))
    (baseline,) = core.baselines(core.Experiment(task="adding", timesteps=steps, readout=readout))
    assert baseline.value == pytest.approx(np.log(classes))


@given(LENGTHS, st.integers(0, 30))
def test_echo_asks_at_every_step_for_the_number_of_the_step_before(steps: int, seed: int) -> None:
    batch = batch_of("echo", steps, batch_size=4, seed=seed)
    assert np.array_equal(batch.targets[1:], batch.inputs[:-1])
    assert {*batch.inputs.ravel(), *batch.targets.ravel()} <= {1.0, 2.0, 3.0}
    assert np.all(batch.scored)


@pytest.mark.parametrize("delay", [1, 3, 7, 20])
def test_echo_asks_for_the_number_of_as_many_steps_before_as_the_delay(delay: int) -> None:
    batch = core.make_batch(core.Experiment(task="echo", timesteps=12, batch_size=3, echo_delay=delay))
    assert np.array_equal(batch.targets[delay:], batch.inputs[:-delay])
    assert set(np.unique(batch.targets)) <= {1.0, 2.0, 3.0}
    if delay == 1:
        assert batch.same_as(core.make_batch(core.Experiment(task="echo", timesteps=12, batch_size=3)))


@pytest.mark.parametrize("readout", ["identity", "sigmoid", "softmax"])
def test_always_two_and_the_shares_have_the_baselines_of_echo(readout: str) -> None:
    (baseline,) = core.baselines(core.Experiment(task="echo", readout=readout))
    targets = batch_of("echo", 1, batch_size=1024, readout=readout).targets.ravel()
    if readout == "identity":
        assert baseline.name == "always 2"
        assert baseline.value == pytest.approx(2 / 3)
        assert np.mean(np.square(targets - 2.0)) == pytest.approx(2 / 3, abs=5 * np.sqrt(2 / 9 / 1024))
        return
    shares = np.bincount(targets.astype(int)) / 1024
    expected = [2 / 3, 1 / 3] if readout == "sigmoid" else [1 / 3] * 3
    np.testing.assert_allclose(shares, expected, atol=5 * np.sqrt(0.25 / 1024))
    assert baseline.value == pytest.approx(-sum(share * np.log(share) for share in expected))


@given(LENGTHS, st.integers(0, 30))
def test_copy_asks_at_the_end_for_what_stood_at_the_start(steps: int, seed: int) -> None:
    batch = batch_of("copy", steps, batch_size=4, seed=seed)
    read, count = np.argmax(batch.inputs, axis=-1), min(MOST_SYMBOLS, (steps - 1) // 2)
    blank, sign = SYMBOLS, SYMBOLS + 1
    assert np.all(batch.inputs.sum(axis=-1) == 1)
    assert np.all(read[:count] < SYMBOLS)
    assert np.array_equal(batch.targets[steps - count :], read[:count])
    assert np.all(batch.targets[: steps - count] == blank)
    between = np.full((steps - count, 4), blank)
    if count:
        between[steps - 2 * count - 1] = sign
    assert np.array_equal(read[count:], between)
    assert np.all(batch.scored)


def test_with_a_delay_of_d_steps_copy_has_the_layout_and_the_baseline_of_the_literature() -> None:
    delay = 100
    read = np.argmax(batch_of("copy", delay + 20, batch_size=8).inputs, axis=-1)
    assert np.all(read[10 : 10 + delay - 1] == 8)
    assert np.all(read[10 + delay - 1] == 9)
    (baseline,) = core.baselines(core.Experiment(task="copy", timesteps=delay + 20))
    assert baseline.value == pytest.approx(10 * np.log(8) / (delay + 20), rel=1e-15)


@pytest.mark.parametrize("scored", ["every", "last"])
@pytest.mark.parametrize("steps", [1, 2, 3, 9, 50])
def test_a_network_that_knows_the_clock_alone_scores_the_baseline_of_copy(steps: int, scored: str) -> None:
    """The probabilities that such a network gives, written out: certain of blanks, one in eight for symbols."""
    experiment = core.Experiment(task="copy", timesteps=steps, batch_size=3, scored=scored)
    batch = make_batch(experiment)
    symbol_due = batch.targets < SYMBOLS
    nats = np.where(symbol_due, -np.log(1 / 8), 0.0)[batch.scored]
    assert np.mean(nats) == pytest.approx(core.baselines(experiment)[0].value, abs=1e-15)


@given(LENGTHS, st.integers(0, 30))
def test_temporal_order_asks_which_came_first_and_which_second(steps: int, seed: int) -> None:
    batch = batch_of("temporal-order", steps, batch_size=5, seed=seed)
    read = np.argmax(batch.inputs, axis=-1)
    assert batch.scored.tolist() == [False] * (steps - 1) + [True]
    for b in range(5):
        places = np.flatnonzero(read[:, b] >= 4)
        assert len(places) == min(2, steps)
        which = [*(read[places, b] - 4), 0][:2]
        assert batch.targets[-1, b] == 2 * which[0] + which[1]


def test_the_two_symbols_stand_where_the_literature_has_them() -> None:
    steps = 100
    read = np.argmax(batch_of("temporal-order", steps, batch_size=1024).inputs, axis=-1)
    first, second = np.array([np.flatnonzero(read[:, b] >= 4) for b in range(1024)]).T
    assert (first.min(), first.max()) == (10, 19)
    assert (second.min(), second.max()) == (40, 49)


def test_the_four_orders_are_drawn_alike_and_the_baseline_is_their_entropy() -> None:
    targets = batch_of("temporal-order", 30, batch_size=1024).targets[-1]
    np.testing.assert_allclose(np.bincount(targets) / 1024, 0.25, atol=5 * np.sqrt(0.25 * 0.75 / 1024))
    (baseline,) = core.baselines(core.Experiment(task="temporal-order", timesteps=30))
    assert baseline.value == pytest.approx(-np.log(0.25), rel=1e-15)


@pytest.mark.parametrize("task", ["copy", "temporal-order", "text"])
@pytest.mark.parametrize("readout", ["identity", "sigmoid", "softmax"])
def test_a_task_of_classes_is_read_out_by_softmax_whatever_the_setting_says(task: str, readout: str) -> None:
    experiment = core.Experiment(task=task, readout=readout, timesteps=25)
    network = core.make_network(experiment)
    assert core.readout_name(experiment) == network.readout_name == "softmax"
    assert core.run(experiment).lags.residual < 1e-12


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("steps", [1, 2, 3, 50])
def test_every_task_runs_at_every_length_and_scores_every_or_the_last_target(task: str, steps: int) -> None:
    every, last = (core.Experiment(task=task, timesteps=steps, batch_size=2, scored=s) for s in ("every", "last"))
    asked = np.flatnonzero(make_batch(every).scored)
    assert np.flatnonzero(make_batch(last).scored).tolist() == [asked[-1]]
    trace = core.run(every)
    assert trace.network.input_size == core.input_size(every)
    assert trace.network.output_size == core.output_size(every)
    assert trace.lags.residual < 1e-12


@pytest.mark.parametrize("task", TASKS)
def test_training_batches_are_fresh_each_and_each_can_be_drawn_alone(task: str) -> None:
    experiment = core.Experiment(task=task, timesteps=30, batch_size=8, initial_state=1.0)
    batches = [make_batch(experiment, index) for index in (None, 0, 1, 2)]
    for i, one in enumerate(batches):
        for other in batches[:i]:
            assert not np.array_equal(one.inputs, other.inputs)
            assert not np.array_equal(one.initial_state, other.initial_state)
    again = make_batch(experiment, 2)
    assert np.array_equal(again.inputs, batches[3].inputs)
    assert np.array_equal(again.targets, batches[3].targets)
    assert np.array_equal(again.initial_state, batches[3].initial_state)


def test_input_weights_shrink_with_the_number_of_inputs() -> None:
    """W_ax ~ N(0, 1/n_x): five standard errors of a variance over n_a · n_x draws."""
    for task, n_x in (("adding", 2), ("copy", 10)):
        w = core.make_network(core.Experiment(task=task, hidden_size=512)).parameters["W_ax"]
        assert w.shape == (512, n_x)
        assert n_x * w.var() == pytest.approx(1, abs=5 * np.sqrt(2 / w.size))


def test_the_baselines_of_the_sunspots_are_those_of_the_numbers_themselves() -> None:
    numbers = core.tasks.sunspots()[1]
    z = [(n - numbers.mean()) / numbers.std() for n in numbers]
    mean, persistence = core.baselines(core.Experiment())
    assert mean.value == pytest.approx(sum(v * v for v in z) / 309, rel=1e-12)
    assert persistence.value == pytest.approx(sum((b - a) ** 2 for a, b in pairwise(z)) / 308)
    assert persistence.value < 0.5 * mean.value


@pytest.mark.parametrize("task", ["sunspots", "noise"])
@pytest.mark.parametrize("readout", ["sigmoid", "softmax"])
def test_the_baseline_of_a_series_in_classes_is_the_entropy_of_the_classes(task: str, readout: str) -> None:
    experiment = core.Experiment(task=task, readout=readout, timesteps=309 if task == "sunspots" else 5000)
    shares = np.bincount(make_batch(experiment).targets.ravel().astype(int))
    shares = shares / shares.sum()
    (baseline,) = core.baselines(experiment)
    tolerance = 1e-12 if task == "sunspots" else 1e-3
    assert baseline.value == pytest.approx(-np.sum(shares * np.log(shares)), abs=tolerance)


def test_a_batch_too_large_for_memory_is_refused() -> None:
    experiment = core.Experiment(task="text", timesteps=1400, batch_size=1024)
    with pytest.raises(ValueError, match=r"36 inputs is 51,609,600, allowed is at most 50,000,000; lower timesteps"):
        make_batch(experiment)
