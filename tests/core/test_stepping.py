"""One step of the forward pass in numbers: z⟨t⟩ = W_aa a⟨t−1⟩ + W_ax x⟨t⟩ + b_a, and the norms of its terms.

Each number is one product or norm of recorded arrays: relative 1e−12.
"""

from __future__ import annotations

import numpy as np
import pytest
from cases import Case, cases, make_case
from hypothesis import given, settings
from oracles import PHI, SLOPE

import core


def log2(x: float) -> float:
    return float(np.log2(x)) if x > 0 else -np.inf


@settings(max_examples=60)
@given(cases())
def test_every_step_reports_the_terms_of_its_equation(case: Case) -> None:
    tape, p = case.tape(), case.network.parameters
    for t in range(1, len(case.batch.inputs) + 1):
        step = core.forward_step(tape, t)
        before, x = tape.states[t - 1], case.batch.inputs[t - 1]
        terms = {
            "W_aa": before @ p["W_aa"].T,
            "W_ax": x @ p["W_ax"].T,
            "b_a": np.tile(p["b_a"], (len(x), 1)),
        }
        for name, term in terms.items():
            assert step.log2_drives[name] == pytest.approx(log2(np.linalg.norm(term)), rel=1e-12, abs=1e-12)
        z = sum(terms.values())
        a = PHI[case.network.activation_name](z)
        slope = SLOPE[case.network.activation_name](z)
        assert step.step == t
        assert step.log2_preactivation == pytest.approx(log2(np.linalg.norm(z)), rel=1e-11, abs=1e-11)
        assert step.log2_state == pytest.approx(log2(np.linalg.norm(a)), rel=1e-11, abs=1e-11)
        assert step.mean_slope == pytest.approx(slope.mean(), rel=1e-11, abs=1e-13)
        assert step.saturated == np.sum(slope < 0.1 * case.network.activation.slope_bound)
        assert step.units == z.size
        assert step.scored == case.batch.scored[t - 1]
        assert step.loss == tape.losses[t - 1]
        assert np.array_equal(step.inputs, x)
        assert np.array_equal(step.outputs, tape.outputs[t - 1])
        assert np.array_equal(step.targets, case.batch.targets[t - 1])


def test_the_tape_obeys_the_forward_equations() -> None:
    case = make_case(steps=10, examples=3, n_a=5)
    tape, p = case.tape(), case.network.parameters
    assert np.array_equal(tape.states[0], case.batch.initial_state)
    z = tape.states[:-1] @ p["W_aa"].T + case.batch.inputs @ p["W_ax"].T + p["b_a"]
    np.testing.assert_allclose(tape.preactivations, z, rtol=0, atol=1e-14 * 10)
    assert np.array_equal(tape.states[1:], np.tanh(tape.preactivations))
    np.testing.assert_allclose(tape.outputs, tape.states[1:] @ p["W_y"].T + p["b_y"], rtol=0, atol=1e-13)


@pytest.mark.parametrize("outside", [0, 11, -3])
def test_a_step_outside_the_sequence_is_an_error_that_names_the_range(outside: int) -> None:
    with pytest.raises(ValueError, match=rf"step must lie in 1 … 10, got {outside}"):
        core.forward_step(make_case(steps=10).tape(), outside)
