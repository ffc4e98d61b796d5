"""Scaled numbers: mantissa · 2^exponent is exact, and its arithmetic rounds as float64's does.

Values are compared as fractions, so exactness means exactness. A sum is rounded once (relative 2^−52 of the
larger term); log₂ of a norm, against 200 bits, to 1e−12 and the rounding of a float64 of that size.
"""

from __future__ import annotations

from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from core.numerics.scaled import COMFORT, Scaled, all_finite, log2, log2_norm, magnitude, shift

MANTISSAS = st.floats(-1e300, 1e300, allow_subnormal=True)
ORDINARY = st.one_of(st.just(0.0), st.floats(2.0**-90, 2.0**90), st.floats(-(2.0**90), -(2.0**-90)))
EXPONENTS = st.integers(-5000, 5000)


def fractions(number: Scaled) -> list[Fraction]:
    exponents = np.broadcast_to(number.exponent, number.mantissa.shape)
    return [
        Fraction(float(m)) * Fraction(2) ** int(e)
        for m, e in zip(number.mantissa.ravel(), exponents.ravel(), strict=True)
    ]


@given(arrays(np.float64, array_shapes(max_dims=2, max_side=4), elements=ORDINARY), EXPONENTS)
def test_the_canonical_form_is_the_same_number(mantissa: np.ndarray, exponent: int) -> None:
    before = [Fraction(float(m)) * Fraction(2) ** exponent for m in mantissa.ravel()]
    assert fractions(Scaled.canonical(mantissa, exponent)) == before


@given(arrays(np.float64, (3, 4), elements=ORDINARY), arrays(np.int64, (3, 1), elements=EXPONENTS))
def test_each_row_has_the_exponent_zero_or_that_of_its_largest_number(
    mantissa: np.ndarray, exponent: np.ndarray
) -> None:
    number = Scaled.canonical(mantissa, exponent, axis=1)
    assert fractions(number) == fractions(Scaled(mantissa, exponent))
    for row, (power,), given_row, (given_power,) in zip(
        number.mantissa, number.exponent, mantissa, exponent, strict=True
    ):
        largest = np.max(np.abs(row))
        if largest == 0:
            assert power == 0
        elif power == 0:
            assert 2.0**-COMFORT / 2 <= largest < 2.0**COMFORT
        else:
            assert 0.5 <= largest < 1
            assert power == np.frexp(np.max(np.abs(given_row)))[1] + given_power


EDGES = st.sampled_from([0.0, 1e-200, *(2.0**power for power in (-102, -101, -100, -99, 99, 100, 101, 300))])
AXES = st.sampled_from([None, 0, 1, -1, (-2, -1)])
MATRICES = arrays(np.float64, array_shapes(min_dims=2, max_dims=2, max_side=4), elements=EDGES)


@given(arrays(np.float64, array_shapes(min_dims=2, max_dims=2, max_side=4), elements=EDGES), AXES)
def test_the_canonical_form_is_the_same_by_the_short_way(
    values: np.ndarray, axis: int | tuple[int, ...] | None
) -> None:
    """The short way is only for the plain exponent 0; an array of zeros says the same."""
    short = Scaled.canonical(values, axis=axis)
    long = Scaled.canonical(values, np.zeros_like(short.exponent), axis=axis)
    assert np.array_equal(short.mantissa, long.mantissa)
    assert np.array_equal(short.exponent, long.exponent)


@given(arrays(np.float64, (3, 4), elements=st.floats(width=64)))
def test_what_is_not_finite_never_passes_as_finite(values: np.ndarray) -> None:
    for some in (values, values.T, values[:, ::2], values[:0]):
        assert all_finite(some) == bool(np.isfinite(some).all())


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e200, 1e308, 5e-324, 0.0])
def test_a_number_among_others_tells_whether_all_are_finite(value: float) -> None:
    assert all_finite(np.array([[1.0, value], [0.0, 1e200]])) == bool(np.isfinite(value))


@given(
    arrays(np.float64, (2, 3), elements=ORDINARY),
    arrays(np.int64, (2, 1), elements=EXPONENTS),
    arrays(np.float64, (2, 3), elements=ORDINARY),
    arrays(np.int64, (2, 1), elements=EXPONENTS),
)
def test_a_sum_is_rounded_once_and_commutes(a: np.ndarray, p: np.ndarray, b: np.ndarray, q: np.ndarray) -> None:
    left, right = Scaled.canonical(a, p, axis=1), Scaled.canonical(b, q, axis=1)
    both = left + right
    assert fractions(both) == fractions(right + left)
    # What lies 2^800 below the row's largest number may be lost when the row is aligned, and nothing else.
    for i, (found, x, y) in enumerate(zip(fractions(both), fractions(left), fractions(right), strict=True)):
        row = slice(3 * (i // 3), 3 * (i // 3) + 3)
        largest = max(abs(value) for value in fractions(left)[row] + fractions(right)[row])
        rounding = max(abs(x), abs(y)) * Fraction(1, 2**52) + largest * Fraction(1, 2**800)
        assert abs(found - (x + y)) <= rounding


@given(arrays(np.float64, (2, 3), elements=ORDINARY), arrays(np.int64, (2, 1), elements=EXPONENTS))
def test_adding_zero_is_exact_whatever_its_exponent(mantissa: np.ndarray, exponent: np.ndarray) -> None:
    number = Scaled(mantissa, exponent)
    zero = Scaled(np.zeros((2, 3)), np.array([[4000], [-4000]]))
    assert fractions(number + zero) == fractions(number)
    assert fractions(zero + number) == fractions(number)


@given(arrays(np.float64, 4, elements=MANTISSAS), EXPONENTS)
def test_the_norm_is_that_of_exact_arithmetic(mantissa: np.ndarray, exponent: int) -> None:
    found = float(Scaled(mantissa, np.array([exponent])).log2_norm())
    with mpmath.workprec(200):
        squares = mpmath.fsum(mpmath.mpf(float(m)) ** 2 for m in mantissa)
        expected = float(mpmath.log(squares, 2) / 2 + exponent) if squares else -np.inf
    assert found == pytest.approx(expected, rel=1e-15, abs=1e-12)


@given(arrays(np.float64, (3, 4), elements=ORDINARY), arrays(np.int64, (3, 1), elements=EXPONENTS))
def test_the_norm_of_rows_with_unlike_exponents_is_that_of_all_their_numbers(
    mantissa: np.ndarray, exponent: np.ndarray
) -> None:
    number = Scaled(mantissa, exponent)
    with mpmath.workprec(200):
        rows = [
            mpmath.fsum(mpmath.mpf(float(m)) ** 2 for m in row) * mpmath.mpf(2) ** (2 * int(power))
            for row, (power,) in zip(mantissa, exponent, strict=True)
        ]
        expected = [float(mpmath.log(total, 2) / 2) if total else -np.inf for total in [*rows, sum(rows)]]
    np.testing.assert_allclose(number.log2_norm(axis=1), expected[:3], rtol=1e-15, atol=1e-12)
    assert float(number.log2_norm()) == pytest.approx(expected[3], rel=1e-15, abs=1e-12)


@given(arrays(np.float64, 5, elements=MANTISSAS))
def test_an_ordinary_number_comes_back_as_it_was(values: np.ndarray) -> None:
    assert np.array_equal(Scaled(values, np.array([0])).to_float64(), values)


@given(arrays(np.float64, 5, elements=ORDINARY), st.integers(-4000, 4000))
def test_a_shift_there_and_back_is_exact(values: np.ndarray, by: int) -> None:
    far = Scaled.canonical(values, by)
    back = Scaled.canonical(far.mantissa, far.exponent - by)
    assert fractions(back) == [Fraction(float(value)) for value in values]


def test_a_number_past_float64_says_how_large_it_is() -> None:
    number = Scaled(np.array([0.75]), np.array([2000]))
    with pytest.raises(OverflowError, match=r"the gradient is about 2\^2000, past float64's 2\^1024"):
        number.to_float64("the gradient")


def test_a_number_below_float64_is_zero_in_it_without_a_warning() -> None:
    assert Scaled(np.array([0.75]), np.array([-2000])).to_float64() == 0.0


def test_a_shift_by_any_integer_saturates_instead_of_wrapping() -> None:
    assert shift(np.array([1.0]), np.array([-(1 << 60)])) == 0.0
    assert shift(np.array([0.0]), np.array([1 << 60])) == 0.0
    assert shift(np.array([1.0]), -(1 << 60)) == 0.0


def test_the_magnitude_is_the_power_just_above_the_largest() -> None:
    assert magnitude(np.array([0.5, -0.25])) == 0
    assert magnitude(np.array([1.0])) == 1
    assert magnitude(np.array([5e-324])) == -1073
    assert magnitude(np.zeros(3)) == 0


def test_a_norm_of_plain_numbers_neither_over_nor_underflows() -> None:
    assert log2_norm(np.array([3e300, 4e300])) == pytest.approx(np.log2(5e300), rel=1e-15)
    assert log2_norm(np.array([3e-300, 4e-300])) == pytest.approx(np.log2(5e-300), rel=1e-15)
    assert log2_norm(np.array([5e-324])) == -1074


def test_the_logarithm_of_zero_is_minus_infinity_and_that_of_nan_is_not() -> None:
    found = log2(np.array([0.0, 1.0, 8.0, np.nan]))
    assert np.array_equal(found[:3], [-np.inf, 0.0, 3.0])
    assert np.isnan(found[3]), "a NaN that reads as an exact zero would hide itself"
