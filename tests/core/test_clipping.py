"""Clipping keeps what it promises: the direction or the range, at any size of the gradient.

Beyond float64 the expected numbers come from mpmath.
"""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from cases import Case, cases, make_case
from hypothesis import given
from hypothesis import strategies as st

import core
from core.numerics.scaled import Scaled
from core.training.clipping import clip

HUGE = [0, 40, 1020, 5000, 10**9]


def scaled(mantissa: list[float], exponent: int) -> Scaled:
    return Scaled.canonical(np.array(mantissa), exponent)


@given(cases())
def test_a_flat_gradient_is_every_parameters_in_their_order(case: Case) -> None:
    gradients = core.backward(case.tape())
    expected = np.concatenate([gradients[name].ravel() for name in case.network.parameters])
    assert np.array_equal(gradients.flat().to_float64(), expected)


def test_gradients_of_very_different_size_share_one_power() -> None:
    gradients = core.Gradients(
        {"W_aa": scaled([[3.0, 0.0]], 2000), "b_a": scaled([1.0], 0), "W_y": scaled([4.0], 2000)}
    )
    flat = gradients.flat()
    assert flat.exponent.shape == (1,)
    assert flat.log2_norm() == pytest.approx(2000 + np.log2(5.0), rel=1e-15)
    clipped = clip(flat, "norm", 1.0).to_float64()
    np.testing.assert_allclose(clipped, [0.6, 0.0, 0.0, 0.8], rtol=1e-15)


def test_the_norm_of_a_training_step_is_that_of_all_parameters_together() -> None:
    gradients = core.backward(make_case(examples=3).tape())
    squares = sum(float(np.sum(np.square(gradients[name]))) for name in gradients)
    assert 2 ** float(gradients.flat().log2_norm()) == pytest.approx(squares**0.5, rel=1e-14)


@pytest.mark.parametrize("exponent", HUGE)
@given(
    st.lists(st.floats(-10, 10).filter(lambda x: x == 0 or abs(x) > 1e-3), min_size=1, max_size=6),
    st.floats(1e-6, 1e6),
)
def test_by_norm_the_direction_stays_and_the_length_is_at_most_c(exponent: int, values: list[float], at: float) -> None:
    gradient = scaled(values, exponent)
    found = clip(gradient, "norm", at).to_float64()
    with mpmath.workprec(200):
        exact = [mpmath.ldexp(mpmath.mpf(value), exponent) for value in values]
        norm = mpmath.sqrt(mpmath.fsum(value**2 for value in exact))
        factor = min(mpmath.mpf(1), at / norm) if norm else mpmath.mpf(1)
        expected = [float(value * factor) for value in exact]
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert np.linalg.norm(found) <= at * (1 + 1e-12)


@pytest.mark.parametrize("exponent", HUGE)
def test_by_value_every_entry_is_cut_to_the_range(exponent: int) -> None:
    found = clip(scaled([3.0, -2.0, 0.0, 1e-3], exponent), "value", 0.5).to_float64()
    small = min(0.5, 1e-3 * 2.0 ** min(exponent, 1000))
    np.testing.assert_allclose(found, [0.5, -0.5, 0.0, small], rtol=1e-12)


@pytest.mark.parametrize("how", ["none", "norm", "value"])
def test_what_is_within_the_limit_is_left_to_the_last_bit(how: str) -> None:
    gradient = scaled([0.3, -0.4, 1e-9], 0)
    assert np.array_equal(clip(gradient, how, 0.51).to_float64(), gradient.to_float64())


@pytest.mark.parametrize("how", ["none", "norm", "value"])
def test_a_gradient_of_zero_stays_zero(how: str) -> None:
    assert not clip(scaled([0.0, 0.0], 0), how, 1.0).to_float64().any()


def test_without_clipping_a_gradient_past_float64_stays_so() -> None:
    with pytest.raises(OverflowError):
        clip(scaled([1.0], 1100), "none", 1.0).to_float64()


def test_an_unknown_way_to_clip_is_refused() -> None:
    with pytest.raises(ValueError, match="'length' was given, allowed is none, norm, value"):
        clip(scaled([1.0], 0), "length", 1.0)
