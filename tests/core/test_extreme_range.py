"""Thousands of steps at gains far from 1, every activation: nothing warns, nothing is inf or NaN, all is exact.

Where 1000 steps leave float64 as surely as 5000, which are as many as the settings allow, the latter are slow, and with
4 units only.

Warnings are errors here, so a run that ends has not warned. −inf stands for exact zeros alone, and where these
are is known: beyond the first step (k ≥ t), at step 1 for W_aa if a⟨0⟩ = 0, for the read-out at every k ≥ 1, and
behind a step of a relu network at which all units rest.
"""

from __future__ import annotations

import numpy as np
import precise
import pytest
from cases import ACTIVATIONS, RECURRENT

import core
from core.tasks import make_batch

GAINS = (0.3, 50.0)
OTHER_CELLS = [
    {"leak": 0.3},
    {"cell": "gru"},
    {"cell": "gru", "bias": -900.0},
    {"cell": "gru", "bias": 20.0},
    {"cell": "lstm"},
    {"cell": "lstm", "bias": -300.0},
    {"cell": "gru-before"},
    {"cell": "gru-before", "bias": -300.0},
    {"cell": "deep"},
]


LONG = pytest.param(5000, marks=pytest.mark.slow)


def experiment(**settings: object) -> core.Experiment:
    return core.Experiment(initial_state=1.0, **settings)


def no_nan_or_inf(*arrays: np.ndarray) -> None:
    for array in arrays:
        assert not np.isnan(array).any()
        assert not np.isposinf(array).any()


def check_every_number(trace: core.Trace, losses: slice) -> None:
    """Everything at the loss times given; the rest of a table of T² numbers costs more than the run."""
    lags, backward_pass = trace.lags, trace.backward_pass
    no_nan_or_inf(*(lags.log2_norm[name][losses] for name in RECURRENT), lags.log2_state_norm[losses])
    no_nan_or_inf(*lags.log2_summed.values())
    no_nan_or_inf(
        backward_pass.log2_injected,
        backward_pass.log2_carried,
        backward_pass.log2_state_gradient,
        *backward_pass.log2_deltas.values(),
    )
    no_nan_or_inf(*backward_pass.log2_here.values(), *backward_pass.log2_so_far.values())
    assert lags.residual < 1e-11
    for name, gradient in trace.gradients.scaled.items():
        assert np.isfinite(gradient.mantissa).all()
        assert not np.isnan(trace.gradients.log2_norm(name))


@pytest.mark.parametrize(
    ("activation", "gain", "last"),
    [("tanh", 0.3, -1.4), ("sigmoid", 50.0, -4.0), ("relu", 50.0, None), ("identity", 50.0, None)],
)
@pytest.mark.parametrize("steps", [1000, LONG])
def test_a_loss_at_each_of_thousands_of_steps(activation: str, gain: float, last: float | None, steps: int) -> None:
    """Of the last loss at its first step, b_a's contribution is under 2^(`last` a step)."""
    trace = core.run(experiment(hidden_size=4, activation=activation, gain=gain, timesteps=steps))
    check_every_number(trace, slice(None))
    no_nan_or_inf(trace.lags.typical("W_aa"))
    if last is not None:
        reached = np.tri(steps, dtype=bool)
        assert np.array_equal(np.isfinite(trace.lags.log2_norm["W_aa"]), reached)
        assert trace.lags.log2_norm["b_a"][-1, -1] < last * steps
    else:
        assert trace.tape.overflow_step is not None
        assert trace.tape.overflow_step < 300


QUICK = {("tanh", 50.0, 4, 1000), ("sigmoid", 0.3, 4, 1000), ("relu", 50.0, 4, 1000), ("identity", 0.3, 4, 1000)}
"""Each activation, and each gain twice, among them one that overflows"""


@pytest.mark.parametrize(
    ("activation", "gain", "units", "steps"),
    [
        pytest.param(*row, marks=() if row in QUICK else pytest.mark.slow)
        for activation in ACTIVATIONS
        for gain in GAINS
        for row in [(activation, gain, *size) for size in ((4, 1000), (4, 5000), (64, 1000))]
    ],
)
def test_every_number_of_the_last_loss_agrees_with_precise_arithmetic(
    activation: str, gain: float, units: int, steps: int
) -> None:
    """1e−9 in the log₂, at every lag of the last loss and at every step of its way back: down to 2^−160 000."""
    trace = core.run(experiment(hidden_size=units, activation=activation, gain=gain, scored="last", timesteps=steps))
    check_every_number(trace, slice(-1, None))
    overflows = activation in ("relu", "identity") and gain == 50.0
    assert (trace.tape.overflow_step is not None) == overflows
    if activation != "relu" and not overflows:
        assert all(np.isfinite(trace.lags.log2_norm[name][-1]).all() for name in RECURRENT)
    tape, lags, backward_pass = trace.tape, trace.lags, trace.backward_pass
    if overflows:  # the loss asked for is beyond the last step that is left, which has one in its place
        last = np.arange(len(tape.losses)) == len(tape.losses) - 1
        tape = core.forward(tape.network, core.Batch(tape.batch.inputs, tape.batch.targets, last))
        lags, backward_pass = core.lag_profile(tape), core.backward_pass(tape)
    expected = {name: np.array(values) for name, values in precise.log2_norms(tape, len(tape.losses)).items()}
    for name in RECURRENT:
        np.testing.assert_allclose(lags.log2_norm[name][-1], expected[name], rtol=0, atol=1e-9)
        np.testing.assert_allclose(backward_pass.log2_here[name][::-1], expected[name], rtol=0, atol=1e-9)
    np.testing.assert_allclose(lags.log2_state_norm[-1], expected["state"], rtol=0, atol=1e-9)
    np.testing.assert_allclose(backward_pass.log2_state_gradient[::-1], expected["state"], rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    ("gain", "wanted"),
    [(0.003, 130), pytest.param(0.3, 500, marks=pytest.mark.slow), pytest.param(50.0, 1000, marks=pytest.mark.slow)],
)
@pytest.mark.parametrize(
    "settings",
    [{"activation": activation} for activation in ("tanh", "sigmoid", "identity")] + OTHER_CELLS,
    ids=lambda given: " ".join(str(value) for value in given.values()),
)
def test_every_norm_agrees_with_precise_arithmetic(settings: dict[str, object], gain: float, wanted: int) -> None:
    """1e−9 in the log₂, batch of two: down to 2^−33 000 (sigmoid at gain 50), of a GRU of bias −900 2^−1 300 000."""
    settings = experiment(
        hidden_size=3, gain=gain, scored="last", batch_size=2, task="noise", timesteps=wanted, **settings
    )
    tape = core.forward(core.make_network(settings), make_batch(settings))
    steps = len(tape.losses)
    if tape.overflow_step is not None:
        tape = core.forward(
            tape.network, core.Batch(tape.batch.inputs, tape.batch.targets, np.arange(steps) == steps - 1)
        )
    else:
        assert steps == wanted
    lags, expected = core.lag_profile(tape), precise.log2_norms(tape, steps)
    for name in tape.network.cell.uses():
        np.testing.assert_allclose(lags.log2_norm[name][steps - 1], expected[name], rtol=0, atol=1e-9)
    np.testing.assert_allclose(lags.log2_state_norm[steps - 1], expected["state"], rtol=0, atol=1e-9)


@pytest.mark.parametrize("steps", [1000, LONG])
@pytest.mark.parametrize("gain", GAINS)
def test_jacobians_and_exponents_stay_finite(gain: float, steps: int) -> None:
    settings = experiment(hidden_size=4, gain=gain, timesteps=steps)
    tape = core.forward(core.make_network(settings), make_batch(settings))
    profile = core.jacobian_profile(tape, lags=[0, 1, 10, 100, steps - 1])
    assert np.isfinite(profile.log2_singular_values).all()
    found = core.lyapunov_along(tape)
    assert np.isfinite(found.exponents).all()
    slopes = tape.network.activation.log2_derivative(tape.preactivations[:, 0]).sum(axis=1)
    determinant = np.linalg.slogdet(tape.network.parameters["W_aa"])[1] / np.log(2.0)
    expected = (steps - 1) * determinant + slopes[1:].sum()
    assert profile.log2_singular_values[-1].sum() == pytest.approx(expected, rel=1e-12)
