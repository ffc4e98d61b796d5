"""The residual says whether the contributions are the BPTT gradient, also where the terms cancel to nothing.

Its scale is the sum of the sizes of the terms that are added: 1e−12 allows for thousands of roundings of 1e−16 each.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

import core
from core.bptt.backward import Gradients
from core.numerics.scaled import Scaled
from tests.core.cases import CELLS, Case, cases, make_case
from tests.core.drawn_experiments import run


def canceling(cell: str, readout: str = "identity") -> core.Tape:
    """Three examples of the same inputs whose errors 0.1, 0.2 and −0.3 cancel: only rounding is left at any lag."""
    case = make_case(cell=cell, steps=6, examples=3, n_y=1, readout=readout, seed=1)
    same = np.repeat(case.batch.inputs[:, :1], 3, axis=1)
    assert case.batch.initial_state is not None
    start = np.repeat(case.batch.initial_state[:1], 3, axis=0)
    outputs = core.forward(case.network, core.Batch(same, case.batch.targets, case.batch.scored, start)).outputs
    errors = np.array([0.1, 0.2, -0.3])[:, np.newaxis] * np.arange(1.0, 7.0)[:, np.newaxis, np.newaxis]
    return core.forward(case.network, core.Batch(same, outputs - errors, case.batch.scored, start))


@pytest.mark.parametrize("cell", CELLS)
def test_where_examples_cancel_the_residual_is_rounding(cell: str) -> None:
    tape = canceling(cell)
    gradients = core.backward(tape)
    assert max(gradients.log2_norm(name) for name in gradients) < -45
    assert core.lag_profile(tape).residual < 1e-13


@pytest.mark.parametrize("tiny", [3e-308, 1e-312, 5e-324])
@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_states_too_small_for_all_their_digits_leave_it_rounding(cell: str, tiny: float) -> None:
    case = make_case(cell=cell, steps=5, n_y=1, activation="identity", seed=3)
    parameters = {name: value * (value.ndim > 1) for name, value in case.network.parameters.items()}
    network = case.network.replace_parameters(**parameters)
    start = tiny * np.array([[1.0, -7.0, 3.0]])
    batch = core.Batch(0.0 * case.batch.inputs, case.batch.targets, case.batch.scored, start)
    assert core.lag_profile(core.forward(network, batch)).residual < 1e-12


@given(cases())
def test_its_scale_is_the_sum_of_the_sizes_of_the_terms(case: Case) -> None:
    scale_by_another_route(case)


@pytest.mark.parametrize("gain", [1e-3, 50.0])
@pytest.mark.parametrize("cell", CELLS)
def test_its_scale_is_that_sum_at_any_size(cell: str, gain: float) -> None:
    scale_by_another_route(make_case(cell=cell, steps=70, examples=2, activation="identity", gain=gain, seed=4))


def scale_by_another_route(case: Case) -> None:
    """Held against nothing, the sum of the contributions is ‖∂L/∂θ‖ / S(θ) away, S(θ) added up example by example."""
    tape = case.tape()
    gradients, examples = core.backward(tape), tape.batch.inputs.shape[1]
    nothing = {name: Scaled(0.0 * one.mantissa, one.exponent) for name, one in gradients.scaled.items()}
    sizes = dict.fromkeys(gradients, -np.inf)
    for b in range(examples):
        batch, one = case.batch, slice(b, b + 1)
        start = None if batch.initial_state is None else batch.initial_state[one]
        alone = core.Batch(batch.inputs[:, one], batch.targets[:, one], batch.scored, start)
        own = core.forward(case.network, alone)
        log2_norm = core.lag_profile(own).log2_norm
        for name, norms in log2_norm.items():
            if (use := case.network.uses[name]).parametrization is not None:
                # The terms are δ uᵀ, before they are pulled back; a bias of the same pre-activation reads 1.
                (bias,) = (n for n, u in case.network.uses.items() if (u.delta, u.source) == (use.delta, "1"))
                t, k = np.indices(norms.shape)
                with np.errstate(divide="ignore"):
                    read = np.log2(np.linalg.norm(own.reads[name][:, 0], axis=1))
                norms = log2_norm[bias] + np.where(t >= k, read[t - k], 0.0)
            sizes[name] = np.logaddexp2(sizes[name], np.logaddexp2.reduce(norms, axis=None) - np.log2(examples))
    shares = [np.exp2(gradients.log2_norm(name) - size) for name, size in sizes.items() if np.isfinite(size)]
    assert core.lag_profile(tape, Gradients(nothing)).residual == pytest.approx(max(shares, default=0.0), rel=1e-9)


@pytest.mark.parametrize("cell", CELLS)
def test_a_gradient_that_is_wrong_in_one_number_is_noticed(cell: str) -> None:
    tape = make_case(cell=cell, steps=8, examples=2, seed=5).tape()
    right = core.backward(tape).scaled
    for name, one in right.items():
        wrong = one.mantissa.copy()
        wrong.flat[np.argmax(np.abs(wrong))] *= 1 + 1e-5
        residual = core.lag_profile(tape, Gradients({**right, name: Scaled(wrong, one.exponent)})).residual
        assert residual > 1e-9


@pytest.mark.parametrize("first", [0, 20, pytest.param(40, marks=pytest.mark.slow)])
def test_in_random_experiments_it_is_rounding(first: int) -> None:
    for seed in range(first, first + 20):
        trace = run(seed, longest=30)
        assert trace is None or trace.lags.residual < 1e-12
