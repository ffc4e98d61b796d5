"""Σ over (t, k) of the contributions = the BPTT gradient = automatic differentiation = central differences.

All routes but the last are the same sums in another order, so they agree to rounding, which is relative to
Σ ‖contribution‖ and not to the sum itself, where contributions may cancel: 1e−12 of it allows a few thousand
roundings (the shapes here need some hundreds). Central differences with five points at h = 2e−4 of the
parameter's size err by about 1e−8; 1e−6 holds that, and the loss's own rounding over h comes on top. They are
not asked of relu, whose kink may lie within h; automatic differentiation covers it.
"""

from __future__ import annotations

import numpy as np
import pytest
from cases import HARD, PARAMETERS, Case, cases, make_case, share
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import autograd_gradient, central_difference, loss, take_apart

import core

SMOOTH = ("tanh", "sigmoid", "identity")


@given(st.one_of(cases(), cases(kinds=HARD)))
def test_bptt_is_the_gradient_that_automatic_differentiation_gives(case: Case) -> None:
    gradients = core.backward(case.tape())
    expected = autograd_gradient(case.network, case.batch)
    apart = take_apart(case.network, case.batch)
    assert set(gradients) == set(case.parameters)
    for name in case.parameters:
        assert gradients[name].shape == case.network.parameters[name].shape
        assert np.linalg.norm(gradients[name] - expected[name]) <= 1e-12 * apart.scale(name)


@given(st.one_of(cases(), cases(kinds=HARD)))
def test_contributions_add_up_to_the_bptt_gradient(case: Case) -> None:
    gradients = core.backward(case.tape())
    apart = take_apart(case.network, case.batch)
    for name in case.parameters:
        assert np.linalg.norm(apart.gradient(name) - gradients[name]) <= 1e-12 * apart.scale(name)


@settings(max_examples=share(1 / 2))
@given(cases(activations=SMOOTH))
def test_bptt_is_the_gradient_that_central_differences_give(case: Case) -> None:
    gradients = core.backward(case.tape())
    apart = take_apart(case.network, case.batch)
    size = 1.0 + abs(loss(case.network.parameters, case.network, case.batch))
    rng = np.random.default_rng(0)
    for name in case.parameters:
        parameter = case.network.parameters[name]
        direction = rng.standard_normal(parameter.shape)
        direction /= np.linalg.norm(direction)
        h = 2e-4 * (float(np.max(np.abs(parameter))) or 1.0)
        slope, uncertain = central_difference(case.network, case.batch, name, direction, h)
        rounding = 1e-15 * size / h
        assert abs(slope - np.sum(gradients[name] * direction)) <= 1e-9 * apart.scale(name) + uncertain + rounding


@given(cases())
def test_the_residual_is_rounding(case: Case) -> None:
    tape = case.tape()
    apart = take_apart(case.network, case.batch)
    gradients = core.backward(tape)
    cancellation = [
        apart.scale(name) / np.linalg.norm(gradients[name]) for name in case.parameters if np.any(gradients[name])
    ]
    assert core.lag_profile(tape).residual <= 1e-13 * max(cancellation, default=1.0)


@given(cases())
def test_forward_gives_the_loss_of_the_equations(case: Case) -> None:
    expected = loss(case.network.parameters, case.network, case.batch)
    assert case.tape().loss == pytest.approx(expected, rel=1e-12, abs=1e-13)


def test_the_loss_is_the_batch_mean_summed_over_the_scored_steps_alone() -> None:
    case = make_case(steps=5, examples=3, scored=[True, False, True, False, False])
    tape = case.tape()
    assert np.array_equal(tape.losses != 0, case.batch.scored)
    each = 0.5 * np.sum((tape.outputs - case.batch.targets) ** 2, axis=2).mean(axis=1)
    np.testing.assert_allclose(tape.losses, np.where(case.batch.scored, each, 0.0), rtol=1e-14)


@pytest.mark.parametrize("activation", ["tanh", "relu", "sigmoid", "identity"])
@pytest.mark.parametrize("readout", ["identity", "sigmoid", "softmax"])
def test_every_activation_and_readout_has_its_gradient(activation: str, readout: str) -> None:
    case = make_case(steps=9, examples=3, n_a=5, n_y=3, activation=activation, readout=readout, seed=7)
    gradients = core.backward(case.tape())
    expected = autograd_gradient(case.network, case.batch)
    for name in PARAMETERS:
        np.testing.assert_allclose(gradients[name], expected[name], rtol=1e-10, atol=1e-13)


def test_a_wrong_gradient_would_be_noticed() -> None:
    case = make_case(steps=6)
    wrong = case.network.replace_parameters(W_aa=case.network.parameters["W_aa"] * (1 + 1e-6))
    gradients = core.backward(core.forward(wrong, case.batch))
    expected = autograd_gradient(case.network, case.batch)
    apart = take_apart(case.network, case.batch)
    assert np.linalg.norm(gradients["W_aa"] - expected["W_aa"]) > 1e-9 * apart.scale("W_aa")
