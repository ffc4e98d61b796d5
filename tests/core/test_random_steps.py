"""What steps back with slopes drawn at random make of a gradient.

The oracle is the mean of J ⊗ J over all steps and examples, an n² × n² matrix, whose spectral radius is the growth of
the mean square; the function never forms it. A rotation makes the growth waver: 3 % over the steps it is measured on.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import core
from core.dynamics.random_steps import random_step_factor


@pytest.mark.parametrize("gain", [0.5, 0.9, 1.5, 3.0])
def test_it_is_the_growth_of_the_mean_square_of_products_of_jacobians(gain: float) -> None:
    for seed in range(4):
        tape = core.run(core.Experiment(seed=seed, gain=gain, hidden_size=6, timesteps=40)).tape
        slopes = (1.0 - np.tanh(tape.preactivations) ** 2).reshape(-1, 6)
        jacobians = slopes[:, :, np.newaxis] * tape.network.parameters["W_aa"]
        mean = np.mean([np.kron(one, one) for one in jacobians], axis=0)
        expected = np.sqrt(np.max(np.abs(np.linalg.eigvals(mean))))
        assert random_step_factor(tape) == pytest.approx(expected, rel=0.03)


@pytest.mark.parametrize("settings", [{"gain": 0.5}, {"gain": 0.9}, {"gain": 1.5}, {"gain": 3.0}])
def test_it_is_near_the_measured_rate_where_the_bound_is_not(settings: dict[str, float]) -> None:
    off, bound = [], []
    for seed in range(20):
        trace = core.run(core.Experiment(seed=seed, **settings))
        rate = trace.profile().rate("W_aa").log2_per_step
        off.append(np.log2(random_step_factor(trace.tape)) - rate)
        slope = np.mean(1.0 - np.tanh(trace.tape.preactivations) ** 2)
        bound.append(np.log2(np.linalg.norm(trace.network.parameters["W_aa"], 2) * slope) - rate)
    near, far = (np.sqrt(np.mean(np.square(one))) for one in (off, bound))
    assert near < 0.25 < 0.5 < far, "bits per step, root mean square over seeds"


@pytest.mark.parametrize("power", [-1000, -600, 600, 1000])
def test_weights_of_any_size_have_one(power: int) -> None:
    """φ is the identity, so that the slopes are 1 whatever the weights: the factor grows with these, exactly."""
    trace = core.run(core.Experiment(activation="identity", hidden_size=4, timesteps=2))
    parameters = trace.network.parameters
    larger = {**parameters, "W_aa": np.ldexp(parameters["W_aa"], power)}
    other = core.run(network=replace(trace.network, parameters=larger), batch=trace.batch)
    expected = np.ldexp(random_step_factor(trace.tape), power)
    assert random_step_factor(other.tape) == pytest.approx(expected, rel=1e-9, abs=0.0)


def test_zero_slopes_or_weights_leave_nothing() -> None:
    assert random_step_factor(core.run(core.Experiment(gain=0.0)).tape) == 0.0


def test_a_cell_with_gates_has_no_such_factor() -> None:
    with pytest.raises(ValueError, match="choose a vanilla cell"):
        random_step_factor(core.run(core.Experiment(cell="gru")).tape)
