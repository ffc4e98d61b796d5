"""The backward pass, step by step: what a loss injects and what the future carries in, and their sum.

Each relation is one operation on recorded numbers, so it holds to the last bits: relative 1e−13. Sums over steps
are gathered in another order than here: 1e−12 of the terms' size.
"""

from __future__ import annotations

import numpy as np
import pytest
from cases import PARAMETERS, Case, cases, make_case
from cell_equations import EQUATIONS
from hypothesis import given
from oracles import functions, take_apart

import core


@given(cases())
def test_every_step_obeys_the_equations_of_backpropagation(case: Case) -> None:
    tape, p, n = case.tape(), case.network.parameters, case.network.hidden_size
    equations, made_of = EQUATIONS[case.network.cell_name], functions(case.network)
    steps = list(core.backward_steps(tape))
    assert [step.step for step in steps] == list(range(len(case.batch.inputs), 0, -1))
    carried = np.zeros_like(tape.states[0])
    for step in steps:
        s = step.step
        injected = np.zeros_like(carried)
        injected[:, :n] = tape.errors[s - 1] @ p["W_y"]
        size = np.linalg.norm(injected) + np.linalg.norm(carried)
        close = {"rtol": 0, "atol": 1e-13 * size}
        np.testing.assert_allclose(step.injected.to_float64(), injected, **close)
        np.testing.assert_allclose(step.carried.to_float64(), carried, **close)
        np.testing.assert_allclose(step.state_gradient.to_float64(), injected + carried, **close)
        carried = np.zeros_like(carried)
        for b, into in enumerate(step.state_gradient.to_float64()):
            made = dict(zip(equations.made, np.split(tape.preactivations[s - 1, b], len(equations.made)), strict=True))
            deltas, carried[b] = equations.back(equations.at(p, s - 1), made_of, tape.states[s - 1, b], made, into)
            assert set(step.deltas) == set(deltas)
            for name, delta in deltas.items():
                np.testing.assert_allclose(step.deltas[name].to_float64()[b], delta, rtol=1e-11, atol=1e-13 * size)


@given(cases())
def test_each_steps_contribution_is_delta_times_what_the_parameter_reads(case: Case) -> None:
    tape, n = case.tape(), case.network.hidden_size
    apart, equations = take_apart(case.network, case.batch), EQUATIONS[case.network.cell_name]
    for step in core.backward_steps(tape):
        s = step.step
        error, one = tape.errors[s - 1], np.ones((tape.states.shape[1], 1))
        made = case.network.by_preactivation(tape.preactivations[s - 1])
        reads = equations.reads(functions(case.network), tape.states[s - 1], tape.batch.inputs[s - 1], made)
        expected = {
            name: equations.contribution(name, step.deltas[delta].to_float64(), reads[source])
            for name, (delta, source) in equations.uses.items()
        }
        expected |= {"W_y": error.T @ tape.states[s, :, :n], "b_y": error.T @ one}
        for name in case.parameters:
            found = step.contributions[name].to_float64()
            assert found.shape == case.network.parameters[name].shape
            if name in equations.untied:
                assert not np.any(np.delete(found, s - 1, axis=0))
                found = found[s - 1]
            np.testing.assert_allclose(
                found, expected[name].reshape(found.shape), rtol=0, atol=1e-13 * apart.scale(name)
            )


@given(cases())
def test_what_is_gathered_so_far_is_the_sum_and_ends_as_the_gradient(case: Case) -> None:
    tape = case.tape()
    apart = take_apart(case.network, case.batch)
    gathered = {name: np.zeros(value.shape) for name, value in case.network.parameters.items()}
    for step in core.backward_steps(tape):
        for name in case.parameters:
            gathered[name] += step.contributions[name].to_float64()
            difference = step.so_far[name].to_float64() - gathered[name]
            assert np.linalg.norm(difference) <= 1e-12 * apart.scale(name)
    gradients = core.backward(tape)
    for name in case.parameters:
        assert np.array_equal(step.so_far[name].to_float64(), gradients[name])


def test_following_one_loss_gives_the_row_of_the_lag_profile() -> None:
    tape = make_case(steps=9, examples=2, n_a=4).tape()
    lags = core.lag_profile(tape)
    for t in (1, 5, 9):
        for step in core.backward_steps(tape, losses=[t]):
            k = t - step.step
            for name in PARAMETERS:
                found = float(step.contributions[name].log2_norm())
                expected = lags.log2_norm[name][t - 1, k] if k >= 0 else -np.inf
                assert found == pytest.approx(expected, abs=1e-11)


def test_the_losses_followed_one_by_one_add_up_to_all() -> None:
    tape = make_case(steps=6, examples=3).tape()
    parts = []
    for t in range(1, 7):
        *_, last = core.backward_steps(tape, losses=[t])
        parts.append(last.so_far)
    gradients = core.backward(tape)
    for name in PARAMETERS:
        total = sum(part[name].to_float64() for part in parts)
        np.testing.assert_allclose(total, gradients[name], rtol=1e-11, atol=1e-13)


def test_following_no_loss_gives_zeros() -> None:
    for step in core.backward_steps(make_case(steps=4).tape(), losses=()):
        assert all(not np.any(part.mantissa) for part in step.contributions.values())


@pytest.mark.parametrize("outside", [0, 7, -1])
def test_a_loss_outside_the_sequence_is_an_error_that_names_the_range(outside: int) -> None:
    with pytest.raises(ValueError, match=rf"losses must be steps in 1 … 6, got {outside}"):
        next(core.backward_steps(make_case(steps=6).tape(), losses=[2, outside]))


def test_a_trace_keeps_the_backward_pass_from_the_last_step_to_the_first() -> None:
    trace = core.run(core.Experiment(timesteps=12))
    assert [step.step for step in trace.steps] == list(range(12, 0, -1))
    assert all(step.backward_pass is trace.backward_pass is trace.walk for step in trace.steps)
    for name in PARAMETERS:
        assert np.array_equal(trace.steps[-1].so_far[name].to_float64(), trace.gradients[name])
