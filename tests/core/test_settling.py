"""States that grow from one half of the steps to the other: by their definition, and where a gradient's growth ends."""

from __future__ import annotations

import math

import numpy as np
import pytest

import core
from core.bptt.rate import fit_rate
from core.dynamics.settling import state_growth, still_growing

GROWS = core.Experiment(
    initializer="orthogonal", gain=1.29, input_gain=0.05, hidden_size=9, timesteps=300, seed=426, data_seed=426
)
"""From a⟨0⟩ = 0 the states take some forty steps to grow to where tanh saturates."""


def test_the_growth_is_that_of_the_root_mean_square() -> None:
    tape = core.run(core.Experiment(timesteps=7, batch_size=2)).tape
    early, late = tape.states[1:4], tape.states[4:]
    assert state_growth(tape) == pytest.approx(math.sqrt(np.mean(late**2) / np.mean(early**2)), rel=1e-12)


def test_one_step_and_no_state_have_not_grown() -> None:
    assert state_growth(core.run(core.Experiment(timesteps=1)).tape) == 1
    assert state_growth(core.run(core.Experiment(input_gain=0.0)).tape) == 1


def test_states_that_leave_the_range_of_squares_have_a_growth() -> None:
    tape = core.run(core.Experiment(activation="identity", gain=1e5, timesteps=50)).tape
    assert state_growth(tape) > 1e50


@pytest.mark.parametrize(("activation", "grows"), [("tanh", True), ("identity", False)])
def test_only_a_function_that_saturates_ends_the_growth_of_a_gradient(activation: str, grows: bool) -> None:
    assert still_growing(core.run(GROWS.replace(activation=activation, timesteps=30)).tape) == grows


def test_a_gradient_that_grows_while_the_states_do_vanishes_in_the_long_run() -> None:
    """The same network over its first 30 steps and over 600: told by the states, and by nothing in the rate."""
    trace = core.run(GROWS)
    first = fit_rate(trace.lags.log2_norm["b_a"][:30, :30])
    long = fit_rate(core.run(GROWS.replace(timesteps=600)).lags.log2_norm["b_a"])
    assert (first.regime, long.regime) == ("exploding", "vanishing")
    assert not still_growing(trace.tape)
