"""A forward pass that leaves float64 ends its tape at the step before, says so, and everything shown is finite.

relu and identity can grow without bound. Where they do is checked against Python's own integers and floats; the
rest is finiteness, without tolerance. Warnings are errors in this suite, so a stray inf or NaN would show.
"""

from __future__ import annotations

import numpy as np
import pytest
from cases import PARAMETERS

import core


def growing(activation: str, **changes: object) -> core.Experiment:
    settings = {"activation": activation, "gain": 50.0, "timesteps": 2000, "hidden_size": 8, **changes}
    return core.Experiment(**settings)


@pytest.fixture(scope="module", params=["relu", "identity"])
def grown(request: pytest.FixtureRequest) -> core.Trace:
    return core.run(growing(request.param))


def test_the_tape_ends_before_the_step_that_overflows(grown: core.Trace) -> None:
    tape = grown.tape
    assert tape.overflow_step is not None
    steps = tape.overflow_step - 1
    assert 1 <= steps < 2000
    assert tape.states.shape[0] == steps + 1
    assert len(tape.preactivations) == len(tape.outputs) == len(tape.losses) == len(tape.errors) == steps
    assert grown.batch.inputs.shape[0] == len(grown.batch.targets) == len(grown.batch.scored) == steps
    assert len(grown.steps) == steps
    assert grown.lags.log2_state_norm.shape == (steps, steps)


def test_everything_on_the_tape_is_finite(grown: core.Trace) -> None:
    tape = grown.tape
    for array in (tape.states, tape.preactivations, tape.outputs, tape.losses, tape.errors):
        assert np.all(np.isfinite(array))
    assert np.isfinite(tape.loss)
    assert np.max(np.abs(tape.states)) > 1e100


def test_every_norm_is_a_number_and_the_identity_still_holds(grown: core.Trace) -> None:
    lags = grown.lags
    for name in PARAMETERS:
        assert not np.any(np.isnan(lags.log2_norm[name]) | np.isposinf(lags.log2_norm[name]))
        assert not np.any(np.isnan(lags.log2_summed[name]) | np.isposinf(lags.log2_summed[name]))
        assert np.isfinite(grown.gradients.log2_norm(name))
    assert lags.residual < 1e-12
    assert lags.rate("W_ax").regime == "exploding"


def test_the_steps_kept_are_those_of_a_shorter_run(grown: core.Trace) -> None:
    short = core.forward(grown.network, grown.batch)
    assert short.overflow_step is None
    assert np.array_equal(short.states, grown.tape.states)
    assert np.allclose(short.losses, grown.tape.losses, rtol=1e-14, atol=0.0), "products of other sizes round otherwise"


def test_the_step_named_is_the_first_that_does_not_fit() -> None:
    """a⟨t⟩ = 2^(100 t): the loss ½ a² is past 2^1024 from t = 6, where the state itself is 2^600."""
    network = core.Network(
        "rnn",
        {
            "W_aa": np.array([[2.0**100]]),
            "W_ax": np.zeros((1, 1)),
            "b_a": np.zeros(1),
            "W_y": np.ones((1, 1)),
            "b_y": np.zeros(1),
        },
        "relu",
    )
    batch = core.Batch(np.zeros((12, 1, 1)), np.zeros((12, 1, 1)), np.ones(12, dtype=bool), np.ones((1, 1)))
    tape = core.forward(network, batch)
    assert tape.overflow_step == 6
    assert np.array_equal(tape.states[:, 0, 0], 2.0 ** (100 * np.arange(6)))


def test_a_first_step_that_overflows_is_an_error_that_says_what_to_do() -> None:
    case = core.Experiment(activation="identity", timesteps=3)
    network = core.make_network(case).replace_parameters(W_ax=np.full((16, 1), 1e200))
    batch = core.Batch(np.full((3, 1, 1), 1e200), np.zeros((3, 1, 1)), np.ones(3, dtype=bool))
    with pytest.raises(ValueError, match=r"first step already leaves float64; lower the gains"):
        core.forward(network, batch)


def test_one_example_that_overflows_ends_the_batch() -> None:
    experiment = growing("identity", batch_size=3, timesteps=300)
    network, batch = core.make_network(experiment), core.run(experiment.replace(timesteps=20)).batch
    calm = np.zeros((300, 3, 1))
    calm[:, 1] = 1.0
    tape = core.forward(network, core.Batch(calm, calm, np.ones(300, dtype=bool)))
    assert batch.inputs.shape[1] == 3
    assert tape.overflow_step is not None
    assert not np.any(tape.states[:, 0])
    assert np.all(np.isfinite(tape.states))


def test_a_last_scored_step_that_is_cut_off_leaves_a_trace_without_a_loss() -> None:
    trace = core.run(growing("relu", scored="last", timesteps=300))
    assert trace.tape.overflow_step is not None
    assert not np.any(trace.batch.scored)
    assert trace.tape.loss == 0.0
    for name in PARAMETERS:
        assert np.all(np.isneginf(trace.lags.log2_norm[name]))
        assert trace.lags.rate(name).regime == "undetermined"


def test_a_loss_that_is_finite_at_every_step_but_not_in_all_says_so() -> None:
    """Slow growth: the last losses together are past 2^1024 while none of them is."""
    experiment = growing("identity", initializer="orthogonal", gain=1.1, timesteps=5000, hidden_size=2)
    network = core.make_network(experiment)
    batch = core.Batch(np.ones((5000, 1, 1)), np.zeros((5000, 1, 1)), np.ones(5000, dtype=bool))
    tape = core.forward(network, batch)
    assert tape.overflow_step is not None
    assert np.all(np.isfinite(tape.losses))
    assert tape.loss > 1e308


def test_bounded_activations_never_overflow() -> None:
    for activation in ("tanh", "sigmoid"):
        experiment = growing(activation, gain=1e6, input_gain=1e6, timesteps=100)
        tape = core.run(experiment).tape
        assert tape.overflow_step is None
        assert np.max(np.abs(tape.states)) <= 1
