"""The identities that the decomposition must satisfy whatever the numbers.

‖contribution to W_ax‖ / ‖contribution to W_aa‖ = ‖x⟨s⟩‖ / ‖a⟨s−1⟩‖ for one example: one shared δ, so the two
logarithms differ by that of the sources to a few roundings of a logarithm, 1e−12. W_y and b_y have lag 0 only:
exactly. A linear network's closed forms hold to rounding, 1e−12.
"""

from __future__ import annotations

import numpy as np
import pytest
from cases import RECURRENT, Case, cases, make_case
from hypothesis import given

import core

AT_ALL_SCALES = (1e-3, 0.5, 2.0, 50.0)


@pytest.mark.parametrize("gain", AT_ALL_SCALES)
@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "identity", "relu"])
def test_input_and_recurrent_contributions_differ_by_what_they_read_alone(activation: str, gain: float) -> None:
    case = make_case(steps=60, n_a=5, n_x=2, activation=activation, gain=gain, seed=1)
    tape = case.tape()
    lags = core.lag_profile(tape)
    reads_x = np.log2(np.linalg.norm(tape.batch.inputs[:, 0], axis=1))
    with np.errstate(divide="ignore"):
        reads_a = np.log2(np.linalg.norm(tape.states[:-1, 0], axis=1))
    paths = np.isfinite(lags.log2_norm["b_a"])
    assert paths.any()
    t, k = np.nonzero(paths)
    s = t - k
    bias, recurrent, of_input = (lags.log2_norm[name][t, k] for name in ("b_a", "W_aa", "W_ax"))
    np.testing.assert_allclose(of_input - bias, reads_x[s], rtol=0, atol=1e-11)
    read = np.isfinite(reads_a[s])
    np.testing.assert_allclose((of_input - recurrent)[read], (reads_x - reads_a)[s][read], rtol=0, atol=1e-11)
    assert np.all(np.isneginf(recurrent[~read]))


@given(cases())
def test_the_readout_has_lag_zero_only(case: Case) -> None:
    lags = core.lag_profile(case.tape())
    for name in ("W_y", "b_y"):
        assert np.all(np.isneginf(lags.log2_norm[name][:, 1:]))
        assert np.all(np.isneginf(lags.log2_summed[name][1:]))


@given(cases(kinds=("rnn",), most_examples=1))
def test_each_delta_is_the_state_gradient_times_the_slope(case: Case) -> None:
    """δ⟨s⟩ = φ'(z⟨s⟩) ⊙ ∂L/∂a⟨s⟩: never longer than sup φ' times the state gradient (a hair for rounding)."""
    lags = core.lag_profile(case.tape())
    bound = np.log2(case.network.activation.slope_bound)
    paths = np.isfinite(lags.log2_norm["b_a"])
    assert np.all(lags.log2_norm["b_a"][paths] <= lags.log2_state_norm[paths] + bound + 1e-12)


@pytest.mark.parametrize("w", [0.5, -0.9, 1.0, 1.7])
def test_the_linear_scalar_network_has_its_closed_form(w: float) -> None:
    """∂a⟨t⟩/∂w = t a⟨0⟩ w^(t−1): each lag adds a⟨0⟩ w^(t−1), and sums to it t times.

    With L_T = ½(a⟨T⟩ − y)² at the last step alone, every term is multiplied by the error.
    """
    steps, start, target = 40, 0.8, 0.3
    network = core.Network(
        "rnn",
        {
            "W_aa": np.array([[w]]),
            "W_ax": np.zeros((1, 1)),
            "b_a": np.zeros(1),
            "W_y": np.ones((1, 1)),
            "b_y": np.zeros(1),
        },
        "identity",
    )
    last = np.arange(1, steps + 1) == steps
    batch = core.Batch(np.zeros((steps, 1, 1)), np.full((steps, 1, 1), target), last, initial_state=np.array([[start]]))
    tape = core.forward(network, batch)
    error = start * w**steps - target
    lags = core.lag_profile(tape)
    assert core.backward(tape)["W_aa"][0, 0] == pytest.approx(error * steps * start * w ** (steps - 1), rel=1e-12)
    expected = np.log2(abs(error * start)) + (steps - 1) * np.log2(abs(w))
    np.testing.assert_allclose(lags.log2_norm["W_aa"][-1], expected, rtol=0, atol=1e-11)


@pytest.mark.parametrize("examples", [1, 3])
def test_an_orthogonal_linear_network_carries_every_gradient_at_constant_length(examples: int) -> None:
    experiment = core.Experiment(
        activation="identity", initializer="orthogonal", gain=1.0, batch_size=examples, timesteps=200
    )
    lags = core.run(experiment).lags
    lengths = lags.log2_state_norm
    for t in range(200):
        np.testing.assert_allclose(lengths[t, : t + 1], lengths[t, 0], rtol=0, atol=1e-11)


def test_the_gain_of_an_orthogonal_linear_network_is_its_rate() -> None:
    experiment = core.Experiment(activation="identity", initializer="orthogonal", gain=0.7, timesteps=120)
    lengths = core.run(experiment).lags.log2_state_norm
    for t in range(120):
        expected = lengths[t, 0] + np.arange(t + 1) * np.log2(0.7)
        np.testing.assert_allclose(lengths[t, : t + 1], expected, rtol=0, atol=1e-11)


def test_vanishing_is_the_same_for_all_three_recurrent_parameters() -> None:
    """Their curves differ by what they read, so the difference of any two stays bounded as the lag grows."""
    tape = make_case(steps=150, n_a=6, gain=0.6, seed=4).tape()
    lags = core.lag_profile(tape)
    last = {name: lags.log2_norm[name][-1, :-1] for name in RECURRENT}
    assert last["b_a"][-1] < last["b_a"][0] - 50
    for name in ("W_aa", "W_ax"):
        assert np.ptp(last[name] - last["b_a"]) < 12
    # A rate alike for all three: a line through each, lags 1 … 148.
    slopes = [np.polyfit(np.arange(1, 149), last[name][1:], 1)[0] for name in RECURRENT]
    assert np.ptp(slopes) < 0.02 * abs(np.mean(slopes))


@pytest.mark.parametrize("preset", sorted(core.presets()))
def test_every_preset_adds_up_to_its_gradient(preset: str) -> None:
    assert core.run(core.preset(preset)).lags.residual < 1e-12


@pytest.mark.parametrize("readout", ["identity", "sigmoid", "softmax"])
def test_every_task_and_readout_adds_up_to_its_gradient(readout: str) -> None:
    for task in ("sunspots", "noise"):
        for scored in ("every", "last"):
            experiment = core.Experiment(task=task, readout=readout, scored=scored, batch_size=3, hidden_size=8)
            assert core.run(experiment).lags.residual < 1e-12


def test_the_residual_is_rounding_at_an_optimum_too() -> None:
    """Where contributions cancel the gradient itself is rounding, and no measure for what was added up.

    The gradient is linear in the errors e⟨t⟩ (identity read-out, targets = outputs − e), so that 30 errors leave
    room for some that no parameter can lower: those in the null space of the 11 × 30 matrix of that map.
    """
    case = make_case(steps=30, n_a=2, n_x=1, n_y=1, seed=2)

    def with_errors(errors: np.ndarray) -> core.Tape:
        targets = case.tape().outputs - errors[:, np.newaxis, np.newaxis]
        return core.forward(
            case.network, core.Batch(case.batch.inputs, targets, case.batch.scored, case.batch.initial_state)
        )

    def gradient(errors: np.ndarray) -> np.ndarray:
        return np.concatenate([part.ravel() for part in core.backward(with_errors(errors)).values()])

    columns = np.stack([gradient(unit) for unit in np.eye(30)], axis=1)
    errors = np.linalg.svd(columns)[2][-1]
    assert np.linalg.norm(gradient(errors)) < 1e-13
    lags = core.lag_profile(with_errors(errors))
    assert np.exp2(lags.log2_norm["b_a"]).sum() > 0.1
    assert lags.residual < 1e-12
