"""A history keeps every scalar, a bounded number of networks, and gives back any other to the last bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import core
from core.training import history as training_history
from core.training.history import MOST_STATES, SCALARS, TrainingHistory
from core.training.steps import TrainingStep, begin, train

TINY = core.Experiment(task="noise", timesteps=2, hidden_size=2, batch_size=1, training_steps=700, seed=5)


def recorded(experiment: core.Experiment) -> tuple[TrainingHistory, list[TrainingStep]]:
    history, steps = TrainingHistory(experiment), list(train(experiment))
    for step in steps:
        history.add(step)
    return history, steps


LONG, STEPS = recorded(TINY)


def test_every_scalar_of_every_step_is_there() -> None:
    assert LONG.steps.tolist() == list(range(1, 701))
    assert len(LONG) == 700
    for name, of in (
        ("loss", lambda step: step.metrics.loss),
        ("metric", lambda step: step.metrics.value),
        ("log2_gradient", lambda step: step.log2_gradient),
        ("log2_clipped", lambda step: step.log2_clipped),
    ):
        assert LONG.scalars(name).tolist() == [of(step) for step in STEPS]
    assert np.all(np.isnan(LONG.scalars("accuracy")))
    classes, steps = recorded(TINY.replace(task="temporal-order", training_steps=5))
    assert classes.scalars("accuracy").tolist() == [step.metrics.accuracy for step in steps]


@given(st.integers(0, 700))
def test_any_steps_network_is_given_back_to_the_last_bit(step: int) -> None:
    found = LONG.network_at(step)
    expected = begin(TINY).network if step == 0 else STEPS[step - 1].network
    for name, value in expected.parameters.items():
        assert np.array_equal(found.parameters[name], value)
    assert LONG.state_at(step).step == step


def test_states_are_thinned_evenly_and_never_the_first_or_the_latest() -> None:
    history = TrainingHistory(TINY)
    for step in STEPS:
        history.add(step)
        kept = list(history.states)
        assert len(kept) <= MOST_STATES
        assert kept[0] == 0
        assert kept[-1] == step.step
        gaps = np.diff(kept)
        assert len(set(gaps[:-1].tolist())) <= 1
        assert len(kept) < 4 or gaps[0] <= 4 * (step.step / MOST_STATES) + 2


@pytest.mark.parametrize("most", [1, 4, 5, 20])
def test_memory_is_bounded_by_the_size_of_the_networks_too(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """However large a state is, four are kept: the first, the latest, and two between."""
    state = begin(TINY)
    size = sum(array.nbytes for array in (*state.network.parameters.values(), *state.optimizer.moments))
    monkeypatch.setattr(training_history, "MOST_BYTES", most * size)
    history = TrainingHistory(TINY)
    for step in STEPS[:300]:
        history.add(step)
        assert len(history.states) <= max(most, 4)
    assert np.array_equal(history.network_at(123).parameters["W_aa"], STEPS[122].network.parameters["W_aa"])


def test_a_history_can_begin_at_any_state_of_a_run() -> None:
    start = STEPS[299].state
    history = TrainingHistory(TINY, start)
    for step in STEPS[300:420]:
        history.add(step)
    assert history.steps[0] == 301
    assert history.latest is STEPS[419].state
    assert np.array_equal(history.network_at(350).parameters["W_y"], STEPS[349].network.parameters["W_y"])
    with pytest.raises(ValueError, match=r"step must lie in 300 … 420, got 299"):
        history.network_at(299)


def test_steps_come_in_their_order_alone() -> None:
    history = TrainingHistory(TINY)
    with pytest.raises(ValueError, match="step 2 was given, the next one is 1"):
        history.add(STEPS[1])
    history.add(STEPS[0])
    with pytest.raises(ValueError, match="step 1 was given, the next one is 2"):
        history.add(STEPS[0])


def test_a_run_that_ended_keeps_its_last_finite_network_and_takes_no_more() -> None:
    experiment = core.Experiment(activation="identity", gain=3.0, timesteps=40, optimizer="sgd", learning_rate=0.1)
    history, steps = recorded(experiment)
    assert history.ended == steps[-1].ended
    assert len(history) == steps[-1].step
    assert history.latest.step == steps[-1].step - 1
    assert history.network_at(history.latest.step) is steps[-1].network
    with pytest.raises(ValueError, match="the run has ended"):
        history.add(steps[-1])


def test_what_was_read_stays_as_it_was() -> None:
    history = TrainingHistory(TINY)
    history.add(STEPS[0])
    before, states = history.scalars("loss"), history.states
    history.add(STEPS[1])
    assert len(before) == 1
    assert list(states) == [0, 1]
    with pytest.raises(ValueError, match="read-only"):
        before[0] = 1.0
    with pytest.raises(ValueError, match=", ".join(SCALARS)):
        history.scalars("rho")


@given(st.integers(1, 40))
def test_thinned_steps_are_few_and_evenly_spaced_with_both_ends(most: int) -> None:
    steps = LONG.thinned(most)
    assert len(steps) <= most
    assert set(steps) <= set(LONG.states)
    assert steps[0] == 0
    assert most == 1 or steps[-1] == 700
