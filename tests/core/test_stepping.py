"""One step of the forward pass in numbers: z⟨t⟩ = W_aa a⟨t−1⟩ + W_ax x⟨t⟩ + b_a, and the norms of its terms.

Each number is one product or norm of recorded arrays: relative 1e−12.
"""

from __future__ import annotations

import numpy as np
import pytest
from cases import Case, cases, make_case
from cell_equations import EQUATIONS
from hypothesis import given
from oracles import PHI, SLOPE, functions

import core

GATES = {
    "gru": {"r": "sigmoid", "z": "sigmoid", "m": "identity"},
    "gru-before": {"r": "sigmoid", "z": "sigmoid"},
    "lstm": {"i": "sigmoid", "f": "sigmoid", "o": "sigmoid"},
    "mingru": {"z": "sigmoid", "n": "identity"},
}
"""What a pre-activation goes through where it is not φ."""


def log2(x: float) -> float:
    return float(np.log2(x)) if x > 0 else -np.inf


@given(cases())
def test_every_step_reports_the_terms_of_its_equation(case: Case) -> None:
    tape, n = case.tape(), case.network.hidden_size
    equations, made_of = EQUATIONS[case.network.cell_name], functions(case.network)
    through = GATES.get(case.network.cell_name, {})
    for t in range(1, len(case.batch.inputs) + 1):
        step = core.forward_step(tape, t)
        p = equations.at(case.network.parameters, t - 1)
        record = case.network.by_preactivation(tape.preactivations[t - 1])
        reads = equations.reads(made_of, tape.states[t - 1], case.batch.inputs[t - 1], record)
        for name, (delta, source) in equations.uses.items():
            term = reads[source] @ equations.multiplies(name, p[name], made_of).T
            assert step.log2_drives[name] == pytest.approx(log2(np.linalg.norm(term)), rel=1e-12, abs=1e-12)
            assert step.gates[delta].log2_drives[name] == step.log2_drives[name]
        both = [
            equations.forward(p, made_of, *pair)
            for pair in zip(tape.states[t - 1], case.batch.inputs[t - 1], strict=True)
        ]
        state, saturated = np.array([after for after, _ in both]), 0
        assert tuple(step.gates) == equations.made
        for name, gate in step.gates.items():
            z = np.array([made[name] for _, made in both])
            function = through.get(name) or case.network.activation_name
            slope = SLOPE[function](z)
            assert gate.function == function
            assert gate.log2_preactivation == pytest.approx(log2(np.linalg.norm(z)), rel=1e-11, abs=1e-11)
            assert gate.mean == pytest.approx(PHI[function](z).mean(), rel=1e-11, abs=1e-13)
            assert gate.mean_slope == pytest.approx(slope.mean(), rel=1e-11, abs=1e-13)
            assert gate.saturated == np.sum(slope < 0.1 * {"sigmoid": 0.25}.get(function, 1.0))
            assert gate.saturated_below == 0.1 * {"sigmoid": 0.25}.get(function, 1.0)
            np.testing.assert_allclose(gate.values, PHI[function](z), rtol=1e-11, atol=1e-13)
            assert gate.units == z.size
            saturated += gate.saturated
        assert step.step == t
        assert step.log2_preactivation == pytest.approx(
            log2(np.linalg.norm(tape.preactivations[t - 1])), rel=1e-11, abs=1e-11
        )
        assert step.log2_state == pytest.approx(log2(np.linalg.norm(state[:, :n])), rel=1e-11, abs=1e-11)
        assert list(step.log2_parts.values()) == pytest.approx(
            [log2(np.linalg.norm(part)) for part in np.split(state, equations.parts, axis=1)], rel=1e-11, abs=1e-11
        )
        assert step.mean_slope == pytest.approx(np.mean([gate.mean_slope for gate in step.gates.values()]), rel=1e-14)
        assert step.saturated == saturated
        assert step.units == tape.preactivations[t - 1].size
        assert step.scored == case.batch.scored[t - 1]
        assert step.loss == tape.losses[t - 1]
        assert np.array_equal(step.inputs, case.batch.inputs[t - 1])
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
