"""Numbers as people read them: the value is right to the digits shown, and no text is wider than its column."""

import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.report.numbers import WIDTH, factor, factor_error, factor_with_error, magnitude, number

PATTERN = re.compile(r"(?:(10)\^(−?[\d.]+(?:e\d+)?))|(−?[\d.]+)(?:e([−+]\d+))?")


def log10_of(text: str) -> float:
    """What a formatted size says, as its log10."""
    matched = PATTERN.fullmatch(text)
    assert matched is not None, text
    tower, power, mantissa, exponent = matched.groups()
    if tower:
        return float(power.replace("−", "-"))
    return math.log10(float(mantissa)) + int((exponent or "0").replace("−", "-"))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.61, "0.61"),
        (0.6134, "0.613"),
        (12.3, "12.3"),
        (12.0, "12"),
        (999.6, "1000"),
        (1390.4, "1390"),
        (9995.1, "1e+4"),
        (12345.0, "1.2e+4"),
        (2.125, "2.125"),  # not 2.12 and not 2.13: who redoes it on paper finds all of it
        (0.1875, "0.1875"),
        (2.1251, "2.13"),
        (0.001, "0.001"),
        (0.00099999, "1e−3"),
        (3.4e-12, "3.4e−12"),
        (9.96e-7, "1e−6"),
        (1.0, "1"),
    ],
)
def test_ordinary_sizes_have_three_digits_and_small_ones_a_power(value: float, text: str) -> None:
    assert magnitude(math.log2(value)) == text
    assert number(value) == text
    assert number(-value) == f"−{text}"


def test_sizes_beyond_float64_keep_their_digits() -> None:
    assert magnitude(-1818.3) == "4.3e−548"
    assert magnitude(-1e6) == "1e−301030"
    assert magnitude(-1.4e10) == "10^−4.2e9"


def test_exact_zero_and_the_unknown_have_their_own_signs() -> None:
    assert (magnitude(-math.inf), magnitude(math.nan), magnitude(math.inf)) == ("0", "–", "∞")
    assert (number(0.0), number(math.nan), number(-math.inf)) == ("0", "–", "−∞")


def test_padded_sizes_keep_their_last_zeros() -> None:
    assert magnitude(math.log2(0.34), padded=True) == "0.340"
    assert magnitude(math.log2(1e-21), padded=True) == "1.0e−21"
    assert magnitude(0.0, padded=True) == "1.00"


@settings(deadline=None, derandomize=True)
@given(st.floats(-1e10, 1e10))
def test_a_size_fits_its_column_and_is_right_to_the_digits_shown(log2: float) -> None:
    text = magnitude(log2)
    assert len(text) <= WIDTH
    assert len(magnitude(log2, padded=True)) <= WIDTH
    expected = log2 * math.log10(2)
    # A mantissa of one digit, 1, may stand for 1.5, 0.18 in the log10; a power of two digits for 5 % more of it.
    tolerance = 0.05 * abs(expected) if text.startswith("10^") else 0.18
    assert log10_of(text) == pytest.approx(expected, abs=tolerance)


@settings(deadline=None, derandomize=True)
@given(st.floats(allow_nan=False))
def test_no_size_is_wider_than_its_column_by_much(log2: float) -> None:
    assert len(magnitude(log2)) <= WIDTH + 2


@settings(deadline=None, derandomize=True)
@given(st.floats(0.001, 9000))
def test_an_ordinary_number_is_right_to_three_digits(value: float) -> None:
    assert float(number(value)) == pytest.approx(value, rel=0.0051)


@settings(deadline=None, derandomize=True)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_any_number_fits_its_column_and_has_a_true_minus(value: float) -> None:
    text = number(value)
    assert len(text) <= WIDTH
    assert "-" not in text
    assert text.startswith("−") == (value < 0)


@pytest.mark.parametrize(
    ("log2", "text"),
    [
        (-0.17563, "×0.885"),
        (0.0, "×1"),
        (1e-12, "×1"),
        (0.5, "×1.41"),
        (-1e-5, "×0.999993"),
        (0.004, "×1.003"),
        (-81.0, "×4.1e−25"),
        (-math.inf, "×0"),
        (math.nan, "–"),
    ],
)
def test_a_factor_near_one_keeps_the_digit_that_tells_it_from_one(log2: float, text: str) -> None:
    assert factor(log2) == text


def test_the_error_of_a_factor_follows_from_that_of_its_log() -> None:
    slope, error = -0.3, 0.01
    difference = (2 ** (slope + 1e-6) - 2 ** (slope - 1e-6)) / 2e-6 * error
    assert factor_error(slope, error) == pytest.approx(difference, rel=1e-9)
    assert math.isnan(factor_error(slope, math.nan))
    assert math.isnan(factor_error(-math.inf, 0.1))
    assert (factor_error(5000.0, 0.1), factor_error(-5000.0, 0.1), factor_error(0.3, 0.0)) == (math.inf, 0.0, 0.0)


@pytest.mark.parametrize(
    ("slope", "error", "text"),
    [
        (-0.17563, 0.02403, "×0.885 ± 0.015"),
        (0.0087, 0.0678, "×1.006 ± 0.047"),
        (0.0087, 0.0, "×1.01"),
        (0.0087, math.nan, "×1.01"),
        (-81.6, 0.19, "×2.7e−25 ± 3.6e−26"),
        (5.0, 3.0, "×32 ± 67"),
        (5000.0, 0.1, "×1.4e+1505 ± 9.8e+1503"),
        (-5000.0, 0.1, "×7.1e−1506 ± 4.9e−1507"),
        (1023.9, 3.0, "×1.7e+308 ± 3.5e+308"),
    ],
)
def test_a_factor_and_its_error_end_at_the_same_decimal(slope: float, error: float, text: str) -> None:
    assert factor_with_error(slope, error) == text
