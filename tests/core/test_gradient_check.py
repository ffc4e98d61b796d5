"""The built-in gradient check agrees on a right gradient, objects to a wrong one, and names what it cannot check.

On the default five-point differences err by some 1e−9; 1e−7 is agreement. A gradient with one part in a thousand
wrong must show as about that.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest
from cases import PARAMETERS

import core
from core.numerics.scaled import Scaled


@pytest.fixture(scope="module")
def default() -> core.Trace:
    return core.run(core.Experiment())


def sabotaged(trace: core.Trace, name: str, by: float) -> core.Trace:
    """The trace, a share `by` of one parameter's gradient missing."""
    right = trace.gradients.scaled[name]
    wrong = {**trace.gradients.scaled, name: Scaled(right.mantissa * (1 - by), right.exponent)}
    return replace(trace, gradients=core.Gradients(MappingProxyType(wrong)))


def test_the_default_gradient_passes(default: core.Trace) -> None:
    assert core.check_gradients(default) < 1e-7


@pytest.mark.parametrize("readout", ["sigmoid", "softmax"])
def test_other_readouts_pass(readout: str) -> None:
    trace = core.run(core.Experiment(readout=readout, batch_size=3, timesteps=20, hidden_size=5))
    assert core.check_gradients(trace) < 1e-7


@pytest.mark.parametrize("name", PARAMETERS)
@pytest.mark.parametrize("by", [1e-3, 1.0, 2.0])
def test_a_sabotaged_gradient_fails(default: core.Trace, name: str, by: float) -> None:
    assert core.check_gradients(sabotaged(default, name, by), directions=8) > by / 100


def test_the_error_is_relative_where_the_gradient_is_small_too(default: core.Trace) -> None:
    """Targets so near to the outputs that all of a gradient is less than a hundredth."""
    batch = core.Batch(default.batch.inputs, default.tape.outputs - 1e-5, default.batch.scored)
    small = core.run(network=default.network, batch=batch)
    for name in PARAMETERS:
        assert 0 < np.linalg.norm(small.gradients[name]) < 0.01
        assert core.check_gradients(sabotaged(small, name, 0.5)) > 0.02


def test_a_gradient_of_zeros_is_held_against_the_slope_itself(default: core.Trace) -> None:
    name = "b_y"
    nothing = sabotaged(default, name, 1.0)
    assert not np.any(nothing.gradients[name])
    assert core.check_gradients(nothing) > 0.1


def test_the_same_seed_takes_the_same_directions(default: core.Trace) -> None:
    assert core.check_gradients(default, seed=1) == core.check_gradients(default, seed=1)
    assert core.check_gradients(default, seed=1) != core.check_gradients(default, seed=2)


def kinked(z: float) -> core.Trace:
    """One relu unit without a past whose pre-activation is z at both steps, and a second one far from its kink."""
    parameters = {
        "W_aa": np.zeros((2, 2)),
        "W_ax": np.array([[z], [1.0]]),
        "b_a": np.zeros(2),
        "W_y": np.array([[1000.0, 1.0]]),
        "b_y": np.zeros(1),
    }
    network = core.Network("rnn", parameters, activation_name="relu")
    ones = np.ones((2, 1, 1))
    return core.run(network=network, batch=core.Batch(ones, 0.0 * ones, np.ones(2, dtype=bool)))


def test_a_step_is_made_smaller_until_it_crosses_no_kink() -> None:
    found = core.gradient_check_of(kinked(1e-5))
    assert found.left_out == ()
    assert found.worst < 1e-6


def test_directions_across_a_kink_are_named_and_left_out() -> None:
    trace = kinked(1e-12)
    found = core.gradient_check_of(trace, directions=4)
    assert {one.parameter for one in found.left_out} == {"W_aa", "W_ax", "b_a"}
    assert {(one.preactivation, one.unit) for one in found.left_out} == {("z", 0)}
    # W_aa reads a⟨1⟩, and so moves the second step only; W_ax and b_a move the first.
    assert {(one.parameter, one.step) for one in found.left_out} == {("W_aa", 2), ("W_ax", 1), ("b_a", 1)}
    assert found.checked == 20 - len(found.left_out) == 8
    assert found.worst == core.check_gradients(trace, directions=4) < 1e-6
    assert str(found).startswith("relative error")
    assert "12 left out" in str(found)
    assert "W_ax, direction 1 (z⟨1⟩ of unit 1, example 1)" in str(found)


def test_a_wrong_gradient_beside_a_kink_is_still_noticed() -> None:
    assert core.check_gradients(sabotaged(kinked(1e-5), "W_ax", 1e-3), directions=8) > 1e-5
    assert core.check_gradients(sabotaged(kinked(1e-12), "W_y", 1e-3)) > 1e-5


@pytest.mark.parametrize("seed", [8, 23, 32])
def test_relu_networks_agree_whose_kinks_are_near(seed: int) -> None:
    experiment = core.Experiment(activation="relu", seed=seed, data_seed=seed, timesteps=20, hidden_size=8, gain=1.5)
    assert core.check_gradients(core.run(experiment)) < 1e-5
