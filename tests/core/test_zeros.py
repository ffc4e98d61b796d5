"""Exactly zero is −inf, and nothing else is: a contribution of 2^−600 is not reported as none.

These are statements about −inf and finite, so there is no tolerance, but where a value is checked too: against
200-bit arithmetic, to 1e−9 in the log₂.
"""

from __future__ import annotations

import numpy as np
import precise
import pytest
from cases import RECURRENT, make_case

import core


def test_a_step_at_which_every_unit_is_off_ends_every_path_through_it() -> None:
    case = make_case(steps=10, n_a=4, activation="relu", gain=0.4, seed=3)
    inputs = np.ones_like(case.batch.inputs)
    weights = np.abs(case.network.parameters["W_ax"])
    inputs[4] = -1e6
    network = case.network.replace_parameters(W_ax=weights, b_a=np.ones(4))
    tape = core.forward(network, core.Batch(inputs, case.batch.targets, case.batch.scored))
    assert not np.any(tape.states[5])
    lags = core.lag_profile(tape)
    for t in range(1, 11):
        for k in range(t):
            crosses = t >= 5 >= t - k
            assert np.isneginf(lags.log2_norm["b_a"][t - 1, k]) == crosses, (t, k)
    # After the dead step W_aa reads a⟨5⟩ = 0.
    assert np.isneginf(lags.log2_norm["W_aa"][5, 0])
    assert np.isfinite(lags.log2_norm["W_ax"][5, 0])


def test_an_input_of_zeros_gives_the_input_weights_nothing_to_learn() -> None:
    case = make_case(steps=8, n_a=3)
    inputs = case.batch.inputs.copy()
    inputs[[2, 5]] = 0.0
    lags = core.lag_profile(core.forward(case.network, core.Batch(inputs, case.batch.targets, case.batch.scored)))
    for t in range(8):
        for k in range(t + 1):
            assert np.isneginf(lags.log2_norm["W_ax"][t, k]) == (t - k in {2, 5})
            assert np.isfinite(lags.log2_norm["b_a"][t, k])


@pytest.mark.parametrize("examples", [1, 3])
def test_a_zero_initial_state_gives_the_recurrent_weights_nothing_at_step_one_alone(examples: int) -> None:
    lags = core.lag_profile(make_case(steps=7, examples=examples, initial=False).tape())
    for t in range(7):
        assert np.isneginf(lags.log2_norm["W_aa"][t, t])
        assert np.all(np.isfinite(lags.log2_norm["W_aa"][t, :t]))
        assert np.all(np.isfinite(lags.log2_norm["W_ax"][t, : t + 1]))


def test_a_gain_of_zero_leaves_lag_zero_alone() -> None:
    lags = core.lag_profile(make_case(steps=6, gain=0.0).tape())
    for name in RECURRENT:
        assert np.all(np.isfinite(lags.log2_norm[name][:, 0]))
        assert np.all(np.isneginf(lags.log2_norm[name][:, 1:]))
        assert lags.rate(name).regime == "absent"


def test_a_readout_of_zeros_sends_nothing_back_and_still_learns() -> None:
    case = make_case(steps=5)
    network = case.network.replace_parameters(W_y=np.zeros((2, 3)))
    lags = core.lag_profile(core.forward(network, case.batch))
    assert all(np.all(np.isneginf(lags.log2_norm[name])) for name in RECURRENT)
    assert np.all(np.isfinite(lags.log2_norm["W_y"][:, 0]))
    assert lags.residual < 1e-12


def test_outputs_that_hit_their_targets_have_no_gradient_at_all() -> None:
    case = make_case(steps=5, examples=2)
    hit = core.Batch(case.batch.inputs, case.tape().outputs, case.batch.scored, case.batch.initial_state)
    tape = core.forward(case.network, hit)
    lags = core.lag_profile(tape)
    assert all(np.all(np.isneginf(norms)) for norms in lags.log2_norm.values())
    assert lags.residual == 0.0
    assert tape.loss == 0.0


def test_softmax_over_one_class_is_always_right_and_never_learns() -> None:
    lags = core.lag_profile(make_case(steps=4, n_y=1, readout="softmax").tape())
    assert all(np.all(np.isneginf(norms)) for norms in lags.log2_norm.values())


def half_saturated(examples: int) -> core.Tape:
    """Two units that do not hear each other: the one the read-out reads has φ' near 2^−600, the other rests."""
    network = core.Network(
        "rnn",
        {
            "W_aa": np.eye(2) / 2,
            "W_ax": np.array([[1.0], [0.0]]),
            "b_a": np.array([208.0, 0.0]),
            "W_y": np.array([[1.0, 0.0]]),
            "b_y": np.zeros(1),
        },
    )
    inputs = np.linspace(-1.0, 100.0, 4 * examples).reshape(4, examples, 1)
    return core.forward(network, core.Batch(inputs, np.zeros((4, examples, 1)), np.ones(4, dtype=bool)))


@pytest.mark.parametrize("examples", [1, 2, 3])
def test_a_tiny_delta_beside_a_resting_unit_is_not_taken_for_zero(examples: int) -> None:
    tape = half_saturated(examples)
    lags = core.lag_profile(tape)
    for t in range(1, 5):
        expected = precise.log2_norms(tape, t)
        for name in RECURRENT:
            np.testing.assert_allclose(lags.log2_norm[name][t - 1, :t], expected[name], rtol=1e-15, atol=1e-9)
    assert lags.log2_summed["b_a"][3] < -1500
    assert core.backward(tape).log2_norm("b_a") == pytest.approx(lags.log2_summed["b_a"][0], abs=0.1)


@pytest.mark.parametrize("saturation", [85.0, 170.0, 177.0, 184.0, 190.0, 208.0, 360.0])
def test_tiny_deltas_of_a_batch_keep_all_their_digits(saturation: float) -> None:
    """Products of two Gram matrices of deltas of 2^−500 are near the smallest float64, with few bits or none.

    Five units near φ' = e^(−2·saturation) are read, and one at rest, not read, keeps the row's exponent at 0.
    """
    case = make_case(steps=3, examples=3, n_a=6, n_x=6, n_y=2, seed=1)
    deaf = np.ones(6)
    deaf[5] = 0.0
    network = case.network.replace_parameters(
        W_aa=np.zeros((6, 6)),
        W_ax=case.network.parameters["W_ax"] * deaf[:, np.newaxis],
        b_a=saturation * deaf,
        W_y=case.network.parameters["W_y"] * deaf,
    )
    tape = core.forward(network, case.batch)
    lags = core.lag_profile(tape)
    for t in (1, 2, 3):
        expected = precise.log2_norms(tape, t)
        for name in RECURRENT:
            np.testing.assert_allclose(lags.log2_norm[name][t - 1, 0], expected[name][0], rtol=0, atol=1e-9)
