"""The gradient at the inputs and at the initial state, against automatic differentiation and against identities.

Tolerances are those of rounding: 1e−12 of the largest number, 1e−9 of a log₂ that stands for 2^−5000 and less.
"""

from __future__ import annotations

import pickle
from dataclasses import replace
from types import SimpleNamespace

import autograd
import numpy as np
import pytest
from cases import Case, cases, make_case
from hypothesis import given
from oracles import autograd_gradient, loss

import core
from core.bptt.input_gradients import InputTables
from core.bptt.lag_sweep import LagSweep


def by_autograd(case: Case) -> np.ndarray:
    """∂L/∂x, (T, B, n_x)."""
    if not np.any(case.batch.scored):
        return np.zeros_like(case.batch.inputs)

    def of_inputs(inputs: np.ndarray) -> float:
        batch = SimpleNamespace(**{**case.batch.arrays, "inputs": inputs})
        batch.initial_state = case.batch.initial_state
        return loss(case.network.parameters, case.network, batch)

    return autograd.grad(of_inputs)(case.batch.inputs)


def close(one: np.ndarray, other: np.ndarray, scale: float) -> bool:
    return float(np.max(np.abs(one - other), initial=0.0)) <= 1e-12 * max(scale, 1e-300)


def scale_of(case: Case) -> float:
    """The size of the terms that are added up: those of every loss, and of every example, may cancel."""
    tape = case.tape()
    found = 0.0
    for delta in core.backward_pass(tape).returned.deltas.values():
        found += float(np.max(np.abs(delta.mantissa) * 2.0**delta.exponent))
    weights = max(float(np.max(np.abs(value))) for value in case.network.parameters.values())
    return max(1.0, found) * max(1.0, weights) * 100


@given(cases(gains=(0.0, 0.3, 1.0)))
def test_the_gradient_at_the_inputs_is_that_of_automatic_differentiation(case: Case) -> None:
    found = core.backward(case.tape()).inputs
    assert found.shape == case.batch.inputs.shape
    assert close(found, by_autograd(case), scale_of(case))


@given(cases(gains=(0.0, 0.3, 1.0)))
def test_the_gradient_at_the_initial_state_is_the_slope_along_every_direction(case: Case) -> None:
    tape = case.tape()
    found, start = core.backward(tape).initial_state, tape.states[0]
    assert found.shape == start.shape

    def at(state: np.ndarray) -> core.Tape:
        return core.forward(case.network, replace(case.batch, initial_state=state))

    direction, h = np.random.default_rng(0).standard_normal(start.shape), 1e-5
    kinked = case.network.activation_name == "relu"
    if kinked:  # a slope across a kink is the slope of neither side
        tapes = [at(start + by * h * direction) for by in (-2, 2)]
        kinds = [(np.sign(one.preactivations), np.sign(one.states)) for one in tapes]  # of φ(c), too
        if not all(np.array_equal(*signs) for signs in zip(*kinds, strict=True)):
            return
    low, minus, plus, high = (at(start + by * h * direction).loss for by in (-2, -1, 1, 2))
    slope = (8 * (plus - minus) - (high - low)) / (12 * h)
    assert slope == pytest.approx(float(np.sum(found * direction)), abs=1e-7 * max(1.0, abs(tape.loss)), rel=1e-6)


@given(cases(gains=(0.0, 0.3, 1.0)))
def test_every_loss_and_lag_has_the_norm_of_that_loss_alone(case: Case) -> None:
    tape = case.tape()
    lags, steps = core.lag_profile(tape), len(tape.losses)
    expected = np.full((steps, steps), -np.inf)
    columns = np.full((case.batch.inputs.shape[2], steps, steps), -np.inf)
    for t in np.flatnonzero(case.batch.scored) + 1:
        one = core.backward_pass(tape, losses=[int(t)])
        expected[t - 1, :t] = one.log2_inputs[:t][::-1]
        with np.errstate(divide="ignore"):
            by_column = np.log2(np.linalg.norm(one.gradients.inputs, axis=1))
        columns[:, t - 1, :t] = by_column[:t][::-1].T
    with np.errstate(over="ignore"):
        scale = np.exp2(np.max(lags.log2_state_norm)) * 1e-13 * scale_of(case)
        assert np.allclose(np.exp2(lags.log2_input_norm), np.exp2(expected), rtol=1e-9, atol=scale)
        for j, table in enumerate(columns):
            assert np.allclose(np.exp2(lags.inputs.column(j)), np.exp2(table), rtol=1e-9, atol=scale)


@given(cases())
def test_the_same_sweep_and_one_of_its_own_give_the_same_numbers(case: Case) -> None:
    tape = case.tape()
    together = core.lag_profile(tape, inputs=True).log2_input_norm
    assert np.array_equal(together, core.lag_profile(tape).log2_input_norm)


@pytest.mark.parametrize("examples", [1, 3])
@pytest.mark.parametrize("gain", [0.02, 30.0])
def test_an_orthogonal_input_matrix_gives_the_deltas_own_norm_however_far_beyond_float64(
    gain: float, examples: int
) -> None:
    case = make_case(steps=250, n_a=4, n_x=4, gain=gain, examples=examples, activation="tanh", scored="last")
    q, _ = np.linalg.qr(np.random.default_rng(3).standard_normal((4, 4)))
    weak = {"W_ax": q, "W_aa": case.network.parameters["W_aa"]}
    tape = core.forward(case.network.replace_parameters(**weak), case.batch)
    lags = core.lag_profile(tape)
    delta = core.backward_pass(tape, losses=[250]).log2_deltas["z"]
    assert np.min(delta) < -1074 or gain > 1
    assert np.allclose(lags.log2_input_norm[-1], delta[::-1], rtol=1e-12, atol=1e-9)


def test_gradients_beyond_float64_are_told_by_their_size_and_refused_as_numbers() -> None:
    case = make_case(steps=800, n_a=2, gain=0.0, activation="identity", scored="last", initial=False)
    silent = {"W_aa": np.diag([4.0, 8.0]), "W_ax": np.ones((2, 2)), "b_a": np.zeros(2), "b_y": np.ones(2)}
    network, nothing = case.network.replace_parameters(**silent), np.zeros((800, 1, 2))
    gradients = core.backward(core.forward(network, core.Batch(nothing, nothing, case.batch.scored)))
    # ∂L_T/∂x_j⟨1⟩ = Σ_i w_i^799 (W_yᵀ e)_i with e = 1, of which 8^799 is all that is left
    injected = np.log2(np.abs(network.parameters["W_y"].sum(axis=0)[1]))
    assert gradients.scaled_inputs.log2_norm((1, 2))[0] == pytest.approx(3 * 799 + injected + 0.5, abs=1e-6)
    assert gradients.scaled_initial_state.log2_norm() == pytest.approx(3 * 800 + injected, abs=1e-6)
    with pytest.raises(OverflowError, match="the gradient at the inputs is about"):
        _ = gradients.inputs
    with pytest.raises(OverflowError, match="the gradient at the initial state is about"):
        _ = gradients.initial_state


def test_columns_of_x_that_differ_by_more_than_float64_each_keep_their_size() -> None:
    case = make_case(steps=4, n_a=3, n_x=2)
    inputs = case.batch.inputs * [1.0, 0.0]
    batch, w = replace(case.batch, inputs=inputs), case.network.parameters["W_ax"]
    near = core.lag_profile(core.forward(case.network, batch)).inputs
    small = case.network.replace_parameters(W_ax=w * [1.0, 2.0**-1000])
    far = core.lag_profile(core.forward(small, batch)).inputs
    assert np.allclose(far.column(1) + 1000, near.column(1), rtol=1e-12)
    assert np.array_equal(far.column(0), near.column(0))
    assert np.allclose(far.whole, near.column(0), rtol=1e-12)


def test_no_loss_leaves_no_gradient_at_the_inputs() -> None:
    case = make_case(steps=5, n_x=2, scored=[False] * 5)
    lags, gradients = core.lag_profile(case.tape()), core.backward(case.tape())
    assert np.all(np.isneginf(lags.log2_input_norm))
    assert np.all(np.isneginf(lags.inputs.column(1)))
    assert not np.any(gradients.inputs)
    assert not np.any(gradients.initial_state)


def test_a_later_loss_alone_leaves_the_rows_of_the_others_empty() -> None:
    case = make_case(steps=6, scored=[False, False, True, False, True, False])
    norms = core.lag_profile(case.tape()).log2_input_norm
    assert np.isfinite(norms[[2, 4]]).sum() == 3 + 5
    assert np.all(np.isneginf(norms[[0, 1, 3, 5]]))


def test_the_curves_over_the_losses_are_their_definitions() -> None:
    lags = core.lag_profile(make_case(steps=6, n_x=2).tape())
    norms = lags.log2_input_norm
    for k in range(6):
        there = norms[k:, k]
        assert lags.input_curve("typical")[k] == pytest.approx(np.mean(there))
        assert lags.input_curve("summed")[k] == pytest.approx(np.log2(np.sqrt(np.sum(4.0**there))))


def test_the_gradient_at_the_input_fades_at_the_rate_of_the_recurrent_parameters() -> None:
    trace = core.run(core.Experiment(gain=0.7, timesteps=80, task="noise", initializer="orthogonal"))
    of_input, of_matrix = trace.lags.input_rate, trace.lags.rate("b_a")
    assert of_input.regime == "vanishing"
    assert of_input.log2_per_step == pytest.approx(of_matrix.log2_per_step, abs=0.05)


def test_columns_that_do_not_exist_are_refused() -> None:
    lags = core.lag_profile(make_case(steps=3, n_x=2).tape())
    with pytest.raises(ValueError, match=r"x has the columns 0 … 1, got 2"):
        lags.inputs.column(2)


def test_truncated_gradients_have_none_at_the_inputs() -> None:
    tape = make_case(steps=6).tape()
    with pytest.raises(ValueError, match="no single backward pass"):
        _ = core.truncated_gradients(tape, 2, 2).inputs


def test_a_trace_that_left_the_process_has_the_same_numbers() -> None:
    trace = core.run(core.Experiment(hidden_size=3, timesteps=8))
    again = pickle.loads(pickle.dumps(trace))
    assert np.array_equal(again.lags.log2_input_norm, trace.lags.log2_input_norm)
    assert np.array_equal(again.lags.inputs.column(0), trace.lags.inputs.column(0))
    assert np.array_equal(again.gradients.inputs, trace.gradients.inputs)
    with pytest.raises(ValueError, match="read-only"):
        again.lags.log2_input_norm[0, 0] = 0.0


def test_a_sweep_in_many_tiles_enters_every_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    tape = make_case(steps=30, n_a=5, n_x=2, examples=2).tape()
    whole = core.lag_profile(tape).log2_input_norm
    monkeypatch.setattr("core.bptt.lag_sweep.BLOCK", 1)
    monkeypatch.setattr("core.bptt.lag_sweep.TILE", 40)
    monkeypatch.setattr("core.bptt.lag_sweep.SQUARES", 1)
    tables = InputTables(tape, 0, 29)
    tiles = 0
    for tile in LagSweep(tape, 0, 29):
        tables.add(tile)
        tiles += 1
    assert tiles > 30
    assert np.allclose(tables.tables()[0], whole, rtol=1e-12, atol=1e-12)


def test_the_parameters_gradients_stay_what_they_were() -> None:
    case = make_case(steps=5, cell="gru", examples=2)
    found, expected = core.backward(case.tape()), autograd_gradient(case.network, case.batch)
    assert all(np.allclose(found[name], expected[name], rtol=1e-10, atol=1e-12) for name in found)


@pytest.mark.parametrize("cells", [("rnn", "rnn", "rnn"), ("lstm", "gru"), ("gru", "lstm")])
@pytest.mark.parametrize("gain", [0.01, 1.0])
def test_through_the_layers_of_a_stack_the_gradients_are_the_slopes_along_every_direction(
    cells: tuple[str, ...], gain: float
) -> None:
    layers = [make_case(cell=cell, n_a=3, n_x=3 if at else 2, gain=gain, seed=at) for at, cell in enumerate(cells)]
    network = core.Network.stacked([layer.network for layer in layers])
    batch = replace(make_case(steps=7, examples=2, seed=9).batch, initial_state=None)
    rng = np.random.default_rng(3)
    start = rng.standard_normal((2, network.state_size))
    trace = core.run(network=network, batch=replace(batch, initial_state=start))
    found, h = trace.gradients, 1e-4
    of_state, of_inputs = rng.standard_normal(start.shape), rng.standard_normal(batch.inputs.shape)

    def at(by: float) -> float:
        moved = replace(batch, inputs=batch.inputs + by * h * of_inputs, initial_state=start + by * h * of_state)
        return core.forward(network, moved).loss

    slope = (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * h)
    here = float(np.sum(found.initial_state * of_state) + np.sum(found.inputs * of_inputs))
    assert slope == pytest.approx(here, rel=1e-8, abs=1e-9)
    for t in range(1, 8):
        alone = core.backward_pass(trace.tape, losses=[t]).returned if batch.scored_steps[t - 1] else None
        if alone is not None:
            norms = core.bptt.leaf_gradients.input_gradient(trace.tape, alone).log2_norm((1, 2))
            assert trace.lags.log2_input_norm[t - 1, :t][::-1] == pytest.approx(norms[:t], abs=1e-9)


@pytest.mark.parametrize("cells", [("rnn", "rnn"), ("lstm", "gru")])
def test_of_two_directions_the_inputs_behind_come_by_the_one_and_those_ahead_by_the_other(
    cells: tuple[str, str],
) -> None:
    one, other = (make_case(cell=cell, n_a=3 + at, seed=at).network for at, cell in enumerate(cells))
    network = core.Network.bidirectional(one, other)
    batch = replace(make_case(steps=6, examples=2, seed=9).batch, initial_state=None)
    rng, h = np.random.default_rng(3), 1e-4
    start = rng.standard_normal((2, network.state_size))
    trace = core.run(network=network, batch=replace(batch, initial_state=start))
    of_state, of_inputs = rng.standard_normal(start.shape), rng.standard_normal(batch.inputs.shape)

    def at(by: float) -> float:
        moved = replace(batch, inputs=batch.inputs + by * h * of_inputs, initial_state=start + by * h * of_state)
        return core.forward(network, moved).loss

    slope = (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * h)
    here = float(np.sum(trace.gradients.initial_state * of_state) + np.sum(trace.gradients.inputs * of_inputs))
    assert slope == pytest.approx(here, rel=1e-8, abs=1e-9)
    behind, ahead = trace.lags.log2_input_norm, trace.lags.directions[1].log2_input_norm
    column = trace.lags.inputs.column(1)
    for t in range(1, 7):
        alone = core.backward_pass(trace.tape, losses=[t]).returned
        gradient = core.bptt.leaf_gradients.input_gradient(trace.tape, alone)
        norms = gradient.log2_norm((1, 2))
        assert behind[t - 1, :t][::-1] == pytest.approx(norms[:t], abs=1e-9)
        assert ahead[6 - t, 1 : 7 - t] == pytest.approx(norms[t:], abs=1e-9)
        of_column = np.log2(np.linalg.norm(gradient.to_float64()[:t, :, 1], axis=1))
        assert column[t - 1, :t][::-1] == pytest.approx(of_column, abs=1e-9)
