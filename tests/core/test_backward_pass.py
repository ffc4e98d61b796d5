"""The backward pass's norms, for all steps at once, are those of the matrices it makes one at a time.

Two routes to one logarithm, by factors and by matrices: 1e−10, relative to Σ_b ‖δ_b‖ ‖u_b‖ where examples may
cancel, to 1 otherwise.
"""

from __future__ import annotations

import numpy as np
import pytest
from cases import PARAMETERS, Case, cases, make_case
from hypothesis import given

import core
from core.numerics.scaled import log2_norm


def assert_same_norm(found: float, expected: float) -> None:
    assert found == pytest.approx(expected, rel=1e-12, abs=1e-10)


@given(cases(most_examples=1))
def test_the_norms_of_the_backward_pass_are_those_of_its_steps(case: Case) -> None:
    backward_pass = core.backward_pass(case.tape())
    assert len(backward_pass) == len(case.batch.inputs)
    for step in backward_pass:
        at = step.step - 1
        assert_same_norm(backward_pass.log2_injected[at], float(step.injected.log2_norm()))
        assert_same_norm(backward_pass.log2_carried[at], float(step.carried.log2_norm()))
        assert_same_norm(backward_pass.log2_state_gradient[at], float(step.state_gradient.log2_norm()))
        whole = step.state_gradient.to_float64()
        for name, part in zip(
            backward_pass.log2_parts, np.split(whole, len(backward_pass.log2_parts), axis=1), strict=True
        ):
            assert_same_norm(backward_pass.log2_parts[name][at], float(log2_norm(part)))
        for name, delta in step.deltas.items():
            assert_same_norm(backward_pass.log2_deltas[name][at], float(delta.log2_norm()))
        for name in case.parameters:
            assert_same_norm(backward_pass.log2_here[name][at], float(step.contributions[name].log2_norm()))


@pytest.mark.parametrize("gain", [1e-3, 0.8, 30.0])
@pytest.mark.parametrize("examples", [1, 2, 9])
def test_a_batch_at_any_scale_has_the_norms_of_its_steps(examples: int, gain: float) -> None:
    backward_pass = core.backward_pass(make_case(steps=150, examples=examples, n_a=5, gain=gain, scored="last").tape())
    for step in backward_pass:
        at = step.step - 1
        for name in PARAMETERS:
            assert_same_norm(backward_pass.log2_here[name][at], float(step.contributions[name].log2_norm()))
            assert_same_norm(backward_pass.log2_so_far[name][at], float(step.so_far[name].log2_norm()))
    assert np.array_equal(backward_pass.log2_here["W_y"] > -np.inf, np.arange(150) == 149)


def test_what_is_gathered_at_the_first_step_is_the_gradient() -> None:
    tape = make_case(steps=90, examples=2, n_a=6).tape()
    backward_pass = core.backward_pass(tape)
    gradients = core.backward(tape)
    for name in PARAMETERS:
        assert np.array_equal(backward_pass.gradients[name], gradients[name])
        assert_same_norm(backward_pass.log2_so_far[name][0], gradients.log2_norm(name))


def test_a_step_is_found_by_its_number() -> None:
    backward_pass = core.backward_pass(make_case(steps=7).tape())
    assert [step.step for step in backward_pass] == [7, 6, 5, 4, 3, 2, 1]
    assert backward_pass.step(3).step == 3
    for outside in (0, 8):
        with pytest.raises(ValueError, match=rf"step must lie in 1 … 7, got {outside}"):
            backward_pass.step(outside)
