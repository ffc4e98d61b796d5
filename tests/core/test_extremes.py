"""Beyond float64: every contribution against 200-bit arithmetic, down to 2^−1 000 000 000.

At T = 2000 and the scales of ordinary networks log₂ norms agree to 1e−9. A float64 of size 10⁹ is spaced by
1.2e−7, so where a log₂ itself is that large the tolerance is 2e−15 of it on top: the result and each slope's
logarithm are rounded to float64.
"""

from __future__ import annotations

import mpmath
import numpy as np
import precise
import pytest
from cases import RECURRENT, make_case

import core
from core.tasks import make_batch


def assert_close(found: np.ndarray, expected: np.ndarray) -> None:
    assert np.array_equal(np.isneginf(found), np.isneginf(expected))
    np.testing.assert_allclose(found, expected, rtol=2e-15, atol=1e-9)


def assert_precise(tape: core.Tape, times: tuple[int, ...]) -> core.LagProfile:
    lags = core.lag_profile(tape)
    for t in times:
        expected = precise.log2_norms(tape, t)
        for name in RECURRENT:
            assert_close(lags.log2_norm[name][t - 1, :t], np.array(expected[name]))
        assert_close(lags.log2_state_norm[t - 1, :t], np.array(expected["state"]))
    assert lags.residual < 1e-11
    return lags


@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
@pytest.mark.parametrize("gain", [1e-3, 50.0, 1e6])
def test_every_lag_is_exact_at_gains_far_from_one(activation: str, gain: float) -> None:
    tape = make_case(steps=300, n_a=4, activation=activation, gain=gain, seed=2).tape()
    lags = assert_precise(tape, (1, 2, 150, 300))
    furthest = lags.log2_norm["b_a"][-1, -1]
    assert furthest < -1100, "this test is about numbers that float64 cannot hold"


@pytest.mark.parametrize("steps", [800, pytest.param(2000, marks=pytest.mark.slow)])
def test_thousands_of_steps_of_a_small_network_are_exact(steps: int) -> None:
    tape = make_case(steps=steps, n_a=4, gain=0.3, seed=5).tape()
    lags = assert_precise(tape, (1, steps))
    assert lags.log2_norm["W_aa"][-1, -1] < -1.5 * steps


def at_rest(gain: float, steps: int) -> core.Tape:
    """No input and no bias: tanh stays where φ' = 1, and every step back is `gain` times a rotation."""
    case = make_case(steps=steps, n_a=3, seed=1)
    turn = np.linalg.qr(case.network.parameters["W_aa"])[0]
    network = case.network.replace_parameters(W_aa=gain * turn, b_a=np.zeros(3))
    return core.forward(network, core.Batch(np.zeros_like(case.batch.inputs), case.batch.targets, case.batch.scored))


def test_growth_past_float64_is_exact() -> None:
    tape = at_rest(3.0, 800)
    lags = assert_precise(tape, (3, 800))
    assert lags.log2_norm["b_a"][-1, -1] > 1200
    assert core.backward(tape).log2_norm("b_a") > 1200


def test_growth_past_float64_leaves_exact_zeros_zero() -> None:
    """W_aa and W_ax read zeros here, while δ is past 2^1024: zero times that is zero, not NaN."""
    gradients = core.backward(at_rest(3.0, 700))
    for name in ("W_aa", "W_ax", "W_y"):
        assert np.array_equal(gradients[name], np.zeros_like(gradients[name]))


def test_a_zero_initial_state_does_not_spoil_an_exploding_gradient() -> None:
    """A chaotic network whose long lags are past 2^1024, started from zeros: step 1 adds nothing to W_aa."""
    experiment = core.Experiment(gain=20.0, hidden_size=64, timesteps=1000, task="noise", input_gain=0.1)
    gradients = core.backward(core.forward(core.make_network(experiment), make_batch(experiment)))
    for gradient in gradients.scaled.values():
        assert np.all(np.isfinite(gradient.mantissa))
    assert gradients.log2_norm("b_a") > 1024
    assert gradients.log2_norm("W_aa") == pytest.approx(gradients.log2_norm("b_a"), abs=10)


@pytest.mark.parametrize("gain", [1e-3, 50.0])
def test_batches_are_exact_beyond_float64_too(gain: float) -> None:
    """Examples of one batch have unlike slopes, so that their deltas differ by hundreds of powers of two."""
    tape = make_case(steps=120, examples=3, n_a=4, n_x=2, gain=gain, seed=8).tape()
    lags = assert_precise(tape, (120,))
    assert lags.log2_norm["b_a"][-1, -1] < -1000


@pytest.mark.parametrize("examples", [1, 2])
@pytest.mark.parametrize(("gain", "input_gain"), [(100.0, 100.0), (1e3, 1e3), (1e6, 1e6)])
def test_units_that_never_mix_each_keep_their_own_size(gain: float, input_gain: float, examples: int) -> None:
    """W_aa diagonal: now one unit is the most saturated, now another, by 2^1000 and more a step.

    The unit that is negligible at one step can be all there is at the next, so none may be lost in between.
    """
    experiment = core.Experiment(
        initializer="identity",
        gain=gain,
        input_gain=input_gain,
        hidden_size=4,
        timesteps=120,
        batch_size=examples,
        task="noise",
    )
    tape = core.forward(core.make_network(experiment), make_batch(experiment))
    lags = assert_precise(tape, (2, 120))
    assert -np.inf < lags.log2_norm["b_a"][-1, -1] < -10_000


def test_the_sum_over_loss_times_is_exact_beyond_float64() -> None:
    """Terms of unlike exponents: the longest lags have few loss times, all far below the shortest lags."""
    tape = make_case(steps=40, n_a=3, gain=1e6, activation="sigmoid", seed=3).tape()
    lags = core.lag_profile(tape)
    sums = precise.summed(tape)
    flat = [[entry for row in matrix for entry in row] for matrix in sums]
    with mpmath.workprec(precise.BITS):
        assert_close(lags.log2_summed["W_aa"], np.array([precise.log2_length(entries) for entries in flat]))
        total = [mpmath.fsum(column) for column in zip(*flat, strict=True)]
    assert core.backward(tape).log2_norm("W_aa") == pytest.approx(precise.log2_length(total), abs=1e-9)


def test_a_gradient_past_float64_says_so_and_keeps_its_norm() -> None:
    gradients = core.backward(at_rest(3.0, 700))
    with pytest.raises(OverflowError, match=r"the gradient of b_a is about 2\^1\d\d\d.*2\^1024"):
        gradients["b_a"]
    assert gradients.log2_norm("b_a") > 1024


def test_the_whole_gradient_is_reported_where_float64_would_have_lost_it_all() -> None:
    """A loss at the last step alone, and 1500 steps of gain 0.3 with input only in step 1: 2^−2000 and less."""
    case = make_case(steps=1500, n_a=3, gain=0.3, scored="last", initial=False, seed=6)
    inputs = np.zeros_like(case.batch.inputs)
    inputs[0] = 1.0
    batch = core.Batch(inputs, case.batch.targets, case.batch.scored)
    tape = core.forward(case.network, batch)
    expected = precise.log2_norms(tape, 1500)
    size = core.backward(tape).log2_norm("W_ax")
    assert size == pytest.approx(expected["W_ax"][-1], rel=0, abs=1e-9)
    assert size < -2000
