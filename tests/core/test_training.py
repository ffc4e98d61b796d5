"""Training is the published loop, the same to the last bit for a seed, wherever it starts again, and ends by name.

Exact equality throughout, but against the loop that autograd and plain Python make: 1e-8 after twenty steps.
"""

from __future__ import annotations

import math
from itertools import islice

import numpy as np
import oracles
import pytest
from cases import share
from hypothesis import given, settings
from hypothesis import strategies as st

import core
from core.training.optimizers import make_optimizer
from core.training.steps import TrainingState, TrainingStep, advance, begin, spectral_radii, train

SMALL = core.Experiment(
    task="adding", timesteps=8, hidden_size=5, batch_size=4, training_steps=20, learning_rate=0.01, seed=3
)
EXPLODING = core.Experiment(
    activation="identity", gain=3.0, timesteps=40, hidden_size=6, optimizer="sgd", learning_rate=0.1
)


def same(one: TrainingStep, other: TrainingStep) -> bool:
    return (
        one.step == other.step
        and one.metrics == other.metrics
        and one.log2_gradient == other.log2_gradient
        and one.log2_clipped == other.log2_clipped
        and one.ended == other.ended
        and all(np.array_equal(one.network.parameters[n], other.network.parameters[n]) for n in one.network.parameters)
        and all(map(np.array_equal, one.state.optimizer.moments, other.state.optimizer.moments))
    )


@pytest.mark.parametrize(
    ("optimizer", "clip"),
    [
        ("sgd", "none"),
        ("sgd", "norm"),
        ("sgd", "value"),
        ("momentum", "none"),
        ("adam", "none"),
        ("adam", "norm"),
        *(pytest.param(*pair, marks=pytest.mark.slow) for pair in (("momentum", "norm"), ("momentum", "value"))),
        pytest.param("adam", "value", marks=pytest.mark.slow),
    ],
)
def test_training_is_the_loop_that_automatic_differentiation_makes(optimizer: str, clip: str) -> None:
    """Gradients by autograd, clipping written out, the optimizer on one vector."""
    experiment = SMALL.replace(optimizer=optimizer, clip=clip, clip_at=0.05)
    network = core.make_network(experiment)
    rule = make_optimizer(optimizer, experiment.learning_rate, experiment.momentum)
    state = rule.start(sum(value.size for value in network.parameters.values()))
    for index, step in enumerate(train(experiment)):
        batch = core.make_batch(experiment, index)
        found = oracles.autograd_gradient(network, batch)
        g = np.concatenate([found[name].ravel() for name in network.parameters])
        norm = math.sqrt(float(np.sum(g * g)))
        assert step.log2_gradient == pytest.approx(math.log2(norm), abs=1e-8)
        assert step.metrics.loss == pytest.approx(float(oracles.loss(network.parameters, network, batch)), rel=1e-8)
        if clip == "norm" and norm > 0.05:
            g = g * (0.05 / norm)
        elif clip == "value":
            g = np.minimum(np.maximum(g, -0.05), 0.05)
        assert step.log2_clipped == pytest.approx(math.log2(math.sqrt(float(np.sum(g * g)))), abs=1e-8)
        state, update = rule.update(state, g)
        places = np.cumsum([0, *(value.size for value in network.parameters.values())])
        network = network.replace_parameters(
            **{
                name: value + update[start:stop].reshape(value.shape)
                for (name, value), start, stop in zip(network.parameters.items(), places, places[1:], strict=False)
            }
        )
        for name, value in network.parameters.items():
            np.testing.assert_allclose(step.network.parameters[name], value, rtol=0, atol=1e-8)
    assert step.step == 20


def test_the_same_settings_train_the_same_network_and_another_seed_another() -> None:
    first, second = list(train(SMALL)), list(train(SMALL))
    assert len(first) == 20
    assert all(map(same, first, second))
    assert not same(first[-1], list(train(SMALL.replace(seed=4)))[-1])


@settings(max_examples=share(2 / 3))
@given(st.integers(0, 20), st.sampled_from(["sgd", "momentum", "adam"]), st.booleans())
def test_a_run_started_again_from_any_step_goes_on_to_the_last_bit(at: int, optimizer: str, as_state: bool) -> None:
    experiment = SMALL.replace(optimizer=optimizer, initial_state=0.5)
    whole = list(train(experiment))
    start: TrainingState | TrainingStep
    start = begin(experiment) if at == 0 else whole[at - 1].state if as_state else whole[at - 1]
    rest = list(train(experiment, start=start))
    assert [step.step for step in rest] == list(range(at + 1, 21))
    assert all(map(same, whole[at:], rest))


def test_a_step_is_scored_before_its_update_on_a_batch_of_its_own() -> None:
    before = begin(SMALL)
    step = advance(SMALL, before)
    tape = core.forward(before.network, core.make_batch(SMALL, 0))
    assert step.metrics == core.metrics(tape)
    after = advance(SMALL, step.state)
    assert after.metrics == core.metrics(core.forward(step.network, core.make_batch(SMALL, 1)))
    assert after.metrics != step.metrics


def test_a_learning_rate_of_zero_changes_nothing() -> None:
    for optimizer in ("sgd", "momentum", "adam"):
        *_, last = train(SMALL.replace(learning_rate=0, optimizer=optimizer))
        start = core.make_network(SMALL)
        assert all(np.array_equal(last.network.parameters[n], start.parameters[n]) for n in start.parameters)


def test_no_steps_are_none() -> None:
    assert list(train(SMALL.replace(training_steps=0))) == []


def test_training_learns_the_sunspots_better_than_persistence() -> None:
    experiment = core.Experiment(batch_size=8, training_steps=150, learning_rate=0.01)
    *_, last = train(experiment)
    probe = core.make_batch(experiment)
    before = core.metrics(core.forward(core.make_network(experiment), probe)).value
    after = core.metrics(core.forward(last.network, probe)).value
    mean, persistence = core.baselines(experiment)
    assert before > mean.value
    assert after < 0.6 * persistence.value


def test_the_spectral_radius_is_of_the_network_after_the_step() -> None:
    for step in islice(train(SMALL), 3):
        w = step.network.parameters["W_aa"]
        assert step.spectral_radius == {"W_aa": pytest.approx(max(abs(np.linalg.eigvals(w))), rel=1e-12)}
    assert spectral_radii(core.make_network(SMALL.replace(initializer="orthogonal", gain=0.7)))["W_aa"] == (
        pytest.approx(0.7, rel=1e-12)
    )


# The end of a run that leaves float64


def test_an_exploding_run_ends_with_the_step_the_reason_and_the_last_finite_network() -> None:
    steps = list(train(EXPLODING))
    last = steps[-1]
    assert last.ended is not None
    assert all(step.ended is None for step in steps[:-1])
    assert len(steps) < EXPLODING.training_steps
    assert f"update {last.step}: " in last.ended
    assert f"the network after update {last.step - 1} is kept" in last.ended
    assert last.state is (steps[-2].state if len(steps) > 1 else last.state)
    assert all(np.all(np.isfinite(value)) for value in last.network.parameters.values())
    again = list(train(EXPLODING, start=last))
    assert len(again) == 1
    assert again[0].ended == last.ended


def test_clipped_by_norm_the_same_run_survives() -> None:
    steps = list(train(EXPLODING.replace(clip="norm", clip_at=1.0, learning_rate=0.01, training_steps=100)))
    assert len(steps) == 100
    assert steps[-1].ended is None
    assert steps[0].log2_gradient > 20
    assert all(step.log2_clipped <= 1e-9 for step in steps)


def chaotic(**settings: object) -> core.Experiment:
    """Its state stays within ±1 while its gradient passes 2^1024."""
    base = {"gain": 10.0, "hidden_size": 48, "timesteps": 1500, "input_gain": 0.1, "initial_state": 1.0}
    return core.Experiment(**{**base, "training_steps": 3, "optimizer": "sgd", **settings})


def test_a_gradient_past_float64_ends_the_training_unless_it_is_clipped() -> None:
    (only,) = train(chaotic())
    assert only.log2_gradient > 1024
    assert only.ended is not None
    assert "past float64" in only.ended
    assert "clip" in only.ended
    assert math.isfinite(only.metrics.loss)
    for how in ("norm", "value"):
        steps = list(train(chaotic(clip=how)))
        assert len(steps) == 3
        assert steps[0].log2_gradient == only.log2_gradient
        assert math.isfinite(steps[0].log2_clipped)
        assert steps[-1].ended is None
    gradients = core.backward(core.forward(core.make_network(chaotic()), core.make_batch(chaotic(), 0)))
    (one, *_) = train(chaotic(clip="norm", clip_at=0.5, learning_rate=1.0))
    moved = core.make_network(chaotic()).parameters["W_aa"] - one.network.parameters["W_aa"]
    direction = gradients.scaled["W_aa"].mantissa
    cosine = np.sum(moved * direction) / np.linalg.norm(moved) / np.linalg.norm(direction)
    assert cosine == pytest.approx(1, abs=1e-9)


def test_an_update_past_float64_ends_the_training() -> None:
    steps = list(train(SMALL.replace(optimizer="sgd", activation="identity", learning_rate=1e6, training_steps=500)))
    assert steps[-1].ended is not None
    assert all(np.all(np.isfinite(value)) for value in steps[-1].network.parameters.values())


def test_a_network_that_overflows_at_the_first_step_of_time_ends_at_its_first_step_of_training() -> None:
    (only,) = train(core.Experiment(activation="identity", input_gain=1e6, timesteps=5), start=overflowing())
    assert only.ended is not None
    assert "at t = 1" in only.ended
    assert only.metrics.loss == math.inf
    assert math.isnan(only.log2_gradient)


def overflowing() -> TrainingState:
    state = begin(core.Experiment(activation="identity", timesteps=5))
    network = state.network.replace_parameters(W_ax=np.full((16, 1), 1e308), W_y=np.full((1, 16), 1e10))
    return TrainingState(0, network, state.optimizer)


def test_a_text_that_is_not_there_is_an_error_and_no_end_of_training() -> None:
    with pytest.raises(ValueError, match="is no file"):
        list(train(SMALL.replace(task="text", text_file="/nowhere/at-all.txt")))
