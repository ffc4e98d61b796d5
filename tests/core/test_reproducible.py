"""The same settings are the same run, and one setting does not reshuffle what another decides.

Exact equality of every array throughout.
"""

from __future__ import annotations

import numpy as np
import pytest
from cases import PARAMETERS

import core
from core.tasks import TASKS, make_batch


def parameters(**settings: object) -> dict[str, np.ndarray]:
    return dict(core.make_network(core.Experiment(**settings)).parameters)


def same(left: dict[str, np.ndarray], right: dict[str, np.ndarray]) -> list[str]:
    return [name for name in PARAMETERS if np.array_equal(left[name], right[name])]


@pytest.mark.parametrize("task", TASKS)
def test_the_same_settings_give_the_same_run_to_the_last_bit(task: str) -> None:
    experiment = core.Experiment(task=task, batch_size=3, initial_state=0.5, timesteps=20, seed=11)
    first, second = core.run(experiment), core.run(experiment)
    assert np.array_equal(first.tape.states, second.tape.states)
    assert first.tape.loss == second.tape.loss
    assert first.lags.residual == second.lags.residual
    for name in PARAMETERS:
        assert np.array_equal(first.network.parameters[name], second.network.parameters[name])
        assert np.array_equal(first.gradients[name], second.gradients[name])
        assert np.array_equal(first.lags.log2_norm[name], second.lags.log2_norm[name])


def test_a_seed_gives_other_weights_and_a_data_seed_other_data_and_neither_changes_the_other() -> None:
    assert same(parameters(seed=0), parameters(seed=1)) == ["b_a", "b_y"]
    assert same(parameters(data_seed=0), parameters(data_seed=1)) == list(PARAMETERS)
    for task in TASKS:
        one, held, other = (
            make_batch(core.Experiment(task=task, initial_state=1.0, **change))
            for change in ({}, {"seed": 1}, {"data_seed": 1})
        )
        assert np.array_equal(one.inputs, held.inputs)
        assert np.array_equal(one.initial_state, held.initial_state)
        assert not np.array_equal(one.inputs, other.inputs)
        assert not np.array_equal(one.initial_state, other.initial_state)


@pytest.mark.parametrize(
    "change",
    [{"hidden_size": 64}, {"gain": 3.0}, {"activation": "relu"}, {"initializer": "orthogonal"}, {"bias": 1.0}],
    ids=str,
)
def test_the_network_does_not_decide_the_data(change: dict[str, object]) -> None:
    for task in TASKS:
        before = make_batch(core.Experiment(task=task, batch_size=4))
        after = make_batch(core.Experiment(task=task, batch_size=4, **change))
        assert np.array_equal(before.inputs, after.inputs), task
        assert np.array_equal(before.targets, after.targets), task


@pytest.mark.parametrize(
    "change",
    [{"timesteps": 9}, {"batch_size": 5}, {"task": "noise"}, {"scored": "last"}, {"activation": "relu"}],
    ids=str,
)
def test_the_data_do_not_decide_the_network(change: dict[str, object]) -> None:
    assert same(parameters(), parameters(**change)) == list(PARAMETERS)


@pytest.mark.parametrize("initializer", core.settings()["initializer"].choices)
def test_a_gain_rescales_the_same_matrix_and_touches_no_other(initializer: str) -> None:
    one, other = parameters(initializer=initializer, gain=1.0), parameters(initializer=initializer, gain=2.5)
    assert np.array_equal(other["W_aa"], 2.5 * one["W_aa"])
    assert same(one, other) == ["W_ax", "b_a", "W_y", "b_y"]


def test_an_input_gain_rescales_the_input_weights_alone() -> None:
    one, other = parameters(), parameters(input_gain=4.0)
    assert np.array_equal(other["W_ax"], 4.0 * one["W_ax"])
    assert same(one, other) == ["W_aa", "b_a", "W_y", "b_y"]


def test_the_bias_is_every_entry_of_the_bias() -> None:
    assert np.array_equal(parameters(bias=-1.5)["b_a"], np.full(16, -1.5))
    assert np.array_equal(parameters()["b_y"], [0.0])


def test_the_weights_have_the_sizes_their_initialization_promises() -> None:
    """W_ax ~ N(0, 1/n_x) with n_x = 1 and W_y ~ N(0, 1/n_a): five standard errors of a variance over 1024 draws."""
    drawn = parameters(hidden_size=1024)
    error = 5 * np.sqrt(2 / 1024)
    assert drawn["W_ax"].var() == pytest.approx(1, abs=error)
    assert 1024 * drawn["W_y"].var() == pytest.approx(1, abs=error)


def test_the_draws_of_different_purposes_are_not_the_same_numbers() -> None:
    """Streams that were one would make W_ax a multiple of W_y, or the noise one of the weights."""
    drawn = parameters(hidden_size=64)
    noise = make_batch(core.Experiment(task="noise", timesteps=64, hidden_size=64, initial_state=1.0))
    vectors = [
        drawn["W_aa"].ravel()[:64],
        drawn["W_ax"].ravel(),
        drawn["W_y"].ravel(),
        noise.inputs.ravel(),
        noise.targets.ravel(),
        noise.initial_state.ravel(),
    ]
    correlations = np.corrcoef(vectors)[np.triu_indices(6, 1)]
    # Of 64 independent draws: standard error 1/8.
    assert np.max(np.abs(correlations)) < 4 / 8


def test_a_larger_initial_state_is_the_same_one_scaled() -> None:
    one, other = (make_batch(core.Experiment(initial_state=scale)) for scale in (1.0, 2.5))
    assert np.array_equal(other.initial_state, 2.5 * one.initial_state)


def test_a_network_or_a_batch_of_ones_own_is_used() -> None:
    experiment = core.Experiment(timesteps=8)
    network = core.make_network(experiment.replace(gain=2.0))
    batch = make_batch(experiment.replace(data_seed=5))
    trace = core.run(experiment, network=network, batch=batch)
    assert trace.network is network
    assert np.array_equal(trace.batch.inputs, batch.inputs)
    assert trace.experiment == experiment
