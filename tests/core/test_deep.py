"""The deep chain against the recurrent network: layers that are made equal give the tied network, to rounding.

Sums over layers are the tied gradient, 1e−12 relative; norms of single layers agree with the lag profile to 1e−10 in
the logarithm, two routes to one number.
"""

from __future__ import annotations

import numpy as np
import pytest
from cases import make_case

import core

DEEP = core.Experiment(cell="deep", hidden_size=6, timesteps=40, scored="last", fed="first", gain=0.8)


@pytest.mark.parametrize("leak", [1.0, 0.4])
def test_equal_layers_are_the_tied_network(leak: float) -> None:
    tied = make_case(steps=9, examples=3, n_a=4, leak=leak, seed=5)
    p = tied.network.parameters
    layers = {"W_aa": np.tile(p["W_aa"], (9, 1, 1)), "b_a": np.tile(p["b_a"], (9, 1))}
    network = core.Network("deep", {**p, **layers}, leak=leak)
    deep, shared = core.forward(network, tied.batch), tied.tape()
    np.testing.assert_allclose(deep.states, shared.states, rtol=0, atol=1e-14)
    ours, theirs = core.backward(deep), core.backward(shared)
    for name in p:
        total = ours[name].sum(axis=0) if name in layers else ours[name]
        np.testing.assert_allclose(total, theirs[name], rtol=1e-12, atol=1e-13)
    lags, alike = core.lag_profile(deep), core.lag_profile(shared)
    for name in p:
        np.testing.assert_allclose(lags.log2_norm[name], alike.log2_norm[name], rtol=0, atol=1e-10)


def test_the_summed_profile_of_layers_is_the_root_of_the_sum_of_squares() -> None:
    lags = core.lag_profile(make_case(cell="deep", steps=30, n_a=4, examples=2).tape())
    for name in ("W_aa", "b_a"):
        expected = np.log2(np.linalg.norm(np.exp2(lags.log2_norm[name]), axis=0))
        np.testing.assert_allclose(lags.log2_summed[name], expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize("gain", [0.3, 3.0])
def test_every_layers_gradient_keeps_its_digits(gain: float) -> None:
    """With one loss, at the top, a layer's gradient is its contribution: down to 2^−3000 of the last layer's."""
    settings = DEEP.replace(timesteps=2000, gain=gain, fed="every", activation="identity" if gain < 1 else "tanh")
    trace = core.run(settings)
    gradient = trace.gradients.scaled["W_aa"]
    assert gradient.mantissa.shape == (2000, 6, 6)
    of_layers = gradient.log2_norm(axis=(1, 2))
    np.testing.assert_allclose(of_layers, trace.lags.log2_norm["W_aa"][-1, ::-1], rtol=0, atol=1e-9)
    if gain < 1:
        assert of_layers[1] < of_layers[-1] - 3000
    assert trace.lags.residual < 1e-12


def test_a_layer_is_gathered_at_its_own_step_alone() -> None:
    backward_pass = core.backward_pass(make_case(cell="deep", steps=6).tape())
    for step in backward_pass:
        so_far = step.so_far["W_aa"].to_float64()
        assert not np.any(so_far[: step.step - 1])
        assert all(np.any(layer) for layer in so_far[step.step - 1 :])


def test_the_tied_twin_has_the_first_layers_matrix_and_all_else_the_same() -> None:
    deep, tied = core.make_network(DEEP), core.make_network(DEEP.replace(cell="rnn"))
    assert np.array_equal(deep.parameters["W_aa"][0], tied.parameters["W_aa"])
    assert not np.array_equal(deep.parameters["W_aa"][1], tied.parameters["W_aa"])
    for name in ("W_ax", "W_y", "b_y"):
        assert np.array_equal(deep.parameters[name], tied.parameters[name])


@pytest.mark.parametrize("cell", ["rnn", "deep", "gru", "lstm"])
def test_fed_at_the_bottom_alone(cell: str) -> None:
    inputs = core.run(DEEP.replace(cell=cell)).batch.inputs
    assert np.any(inputs[0])
    assert not np.any(inputs[1:])
    assert np.array_equal(inputs[0], core.run(DEEP.replace(cell=cell, fed="every")).batch.inputs[0])


def test_too_many_layers_are_an_error_that_says_what_to_lower() -> None:
    with pytest.raises(core.InvalidSettingsError, match=r"timesteps × hidden_size² = 327,680,000 .* 50,000,000; lower"):
        core.Experiment(cell="deep", hidden_size=256, timesteps=5000)
    core.Experiment(cell="rnn", hidden_size=256, timesteps=5000)


def test_a_batch_of_more_steps_than_layers_is_an_error() -> None:
    short, long = (make_case(cell="deep", steps=steps) for steps in (5, 6))
    with pytest.raises(ValueError, match="the network has 5 layers, the batch 6 steps; give no more"):
        core.forward(short.network, long.batch)
    assert not np.any(core.backward(core.forward(long.network, short.batch))["W_aa"][5])


def test_there_is_no_one_spectrum_of_many_matrices() -> None:
    network = core.make_network(DEEP)
    with pytest.raises(ValueError, match="the deep chain has 40 matrices W_aa; give a network of one of them"):
        core.recurrent_spectrum(network)


def test_a_deep_gradient_passes_the_check_against_central_differences() -> None:
    assert core.check_gradients(core.run(DEEP.replace(timesteps=12))) < 1e-6
