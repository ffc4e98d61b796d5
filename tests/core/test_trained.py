"""Networks trained together are those that each becomes by itself, to the last bit, whichever are beside them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

import core
from core.study import trained as together
from core.study.trained import trained
from core.training.steps import TrainingState
from tests.core.drawn_experiments import draw

SMALL = core.Experiment(hidden_size=4, timesteps=12, training_steps=5)
KINDS = [
    SMALL.replace(clip="norm", clip_at=0.05),
    SMALL.replace(cell="gru", clip="value", clip_at=0.01, optimizer="adagrad"),
    SMALL.replace(cell="lstm", task="adding", batch_size=3, optimizer="rmsprop"),
    SMALL.replace(task="copy", timesteps=40, optimizer="sgd", learning_rate=0.1),
    SMALL.replace(leak=0.3, initial_state=0.5, initializer="identity", optimizer="momentum"),
    SMALL.replace(gain=0.0, input_gain=0.0, readout="sigmoid"),
    SMALL.replace(window_state="carried"),  # one by one
    SMALL.replace(k1=2, k2=4),
]


def by_itself(experiment: core.Experiment) -> TrainingState:
    """The state after the last step of training of one network."""
    *_, last = core.train(experiment)
    return last.state


def over_seeds(experiment: core.Experiment, count: int = 3) -> list[core.Experiment]:
    """Networks that differ in their seeds; two of them are trained on the same data."""
    return [experiment.replace(seed=seed, data_seed=seed // 2) for seed in range(count)]


def assert_same(found: Sequence[TrainingState], experiments: Sequence[core.Experiment]) -> None:
    """Every number of network and memory, to the last bit."""
    for one, experiment in zip(found, experiments, strict=True):
        expected = by_itself(experiment)
        assert one.step == expected.step and one.optimizer.steps == expected.optimizer.steps
        assert one.network.same_as(expected.network)
        for mine, theirs in zip(one.optimizer.moments, expected.optimizer.moments, strict=True):
            np.testing.assert_array_equal(mine, theirs)


def test_networks_trained_together_are_those_trained_by_themselves() -> None:
    every = [one for experiment in KINDS for one in over_seeds(experiment)]
    assert_same(trained(every), every)


@pytest.mark.parametrize("seed", range(4))
def test_they_are_for_any_settings(seed: int) -> None:
    every = over_seeds(draw(seed, 25)[0].replace(training_steps=3))
    assert_same(trained(every), every)


def test_a_network_that_leaves_float64_ends_and_the_others_go_on() -> None:
    linear = SMALL.replace(activation="identity", optimizer="sgd", learning_rate=0.01, timesteps=60)
    every = [linear.replace(gain=gain, seed=seed) for gain in (0.1, 2.0, 1e6) for seed in range(2)]
    found = trained(every)
    assert_same(found, every)
    assert {one.step for one in found[:2]} == {5} and max(one.step for one in found[2:]) < 5


def test_settings_that_no_batch_depends_on_are_those() -> None:
    for task in ("sunspots", "adding", "copy"):
        plain = SMALL.replace(task=task, timesteps=30, initial_state=0.5)
        values = {
            "gain": 3.0,
            "seed": 9,
            "bias": 1.0,
            "initializer": "orthogonal",
            "learning_rate": 0.5,
            "momentum": 0.1,
        }
        values |= {"clip_at": 3.0, "input_gain": 2.0, "forget_bias": 3.0, "leak": 0.5, "input_initializer": "glorot"}
        values |= {"output_initializer": "zeros"}
        assert set(values) == set(together.OF_WEIGHTS)
        for name, value in values.items():
            other = plain.replace(**{name: value})
            assert core.make_batch(other, 3).same_as(core.make_batch(plain, 3)), name
