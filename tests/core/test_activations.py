"""φ and φ' to the last digits of float64, however far a unit saturates.

Against 200-bit arithmetic from the definitions. A value or a slope is a handful of float64 operations: relative
4e−15. A slope at |z| as large as z² ulp allows is as exact as its own exponent: e^(−2|z|) doubles the relative
error of z, nothing more, as z is exact here. log₂ φ' is rounded to float64: relative 1e−15.
"""

from __future__ import annotations

import mpmath
import numpy as np
import precise
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.network.activations import ACTIVATIONS
from core.network.cells.gate_products import product
from core.network.cells.gate_products import slopes as slopes_of

SATURATING = ("tanh", "sigmoid")
EVERYWHERE = (0.0, 1e-300, 1e-8, 0.3, 1.0, 5.0, 18.0, 19.0, 25.0, 40.0, 300.0)
FAR = (350.0, 372.0, 380.0, 700.0, 744.0, 1e3, 1e4, 1e6)


def exact_value(name: str, z: float) -> float:
    with mpmath.workprec(precise.BITS):
        at = mpmath.mpf(z)
        return float(mpmath.tanh(at) if name == "tanh" else 1 / (1 + mpmath.exp(-at)))


def exact_slope(name: str, z: float) -> mpmath.mpf:
    with mpmath.workprec(precise.BITS):
        return precise.slope(name, z)


def log2(x: mpmath.mpf) -> float:
    with mpmath.workprec(precise.BITS):
        return float(mpmath.log(x, 2))


@pytest.mark.parametrize("name", SATURATING)
@pytest.mark.parametrize("size", EVERYWHERE)
@pytest.mark.parametrize("sign", [1, -1])
def test_a_value_keeps_its_digits_where_it_is_close_to_zero(name: str, size: float, sign: int) -> None:
    z = sign * size
    found = ACTIVATIONS[name].value(np.array([z]))[0]
    assert found == pytest.approx(exact_value(name, z), rel=4e-15, abs=0)


@pytest.mark.parametrize("name", SATURATING)
@pytest.mark.parametrize("size", EVERYWHERE)
@pytest.mark.parametrize("sign", [1, -1])
def test_a_slope_keeps_its_digits_as_the_unit_saturates(name: str, size: float, sign: int) -> None:
    z = sign * size
    found = ACTIVATIONS[name].derivative(np.array([z]))[0]
    assert found == pytest.approx(float(exact_slope(name, z)), rel=4e-15, abs=0)


@pytest.mark.parametrize("name", SATURATING)
@pytest.mark.parametrize("sign", [1, -1])
def test_a_slope_is_as_exact_where_the_value_is_given(name: str, sign: int) -> None:
    """Also around the values from which on digits would cancel, and beside units that have saturated."""
    activation = ACTIVATIONS[name]
    z = sign * np.array([*EVERYWHERE, *np.linspace(0.5, 1.5, 1001)])
    wanted = np.array([float(exact_slope(name, float(one))) for one in z])
    found = activation.derivative(z, activation.value(z))
    np.testing.assert_allclose(found, wanted, rtol=4e-15, atol=0)
    assert found.max() <= activation.slope_bound
    columns = np.stack([z, z[::-1]]).T  # laid out by column, as a gate's part of all pre-activations is by row
    found = activation.derivative(columns, activation.value(columns))
    assert np.array_equal(found, activation.derivative(columns.copy(), activation.value(columns.copy())))
    np.testing.assert_allclose(found[:, 0], wanted, rtol=4e-15, atol=0)


@pytest.mark.parametrize("name", SATURATING)
def test_a_slope_at_the_largest_numbers_is_zero_without_a_warning(name: str) -> None:
    z = np.array([1e308, -1e308])
    assert not np.any(ACTIVATIONS[name].derivative(z))


@pytest.mark.parametrize("name", SATURATING)
@pytest.mark.parametrize("z", [*EVERYWHERE, *FAR])
def test_the_logarithm_of_a_slope_is_exact_where_the_slope_has_left_float64(name: str, z: float) -> None:
    for signed in (z, -z):
        found = ACTIVATIONS[name].log2_derivative(np.array([signed]))[0]
        assert found == pytest.approx(log2(exact_slope(name, signed)), rel=1e-15, abs=1e-15)


@pytest.mark.parametrize("name", SATURATING)
@given(z=st.lists(st.floats(-2e6, 2e6) | st.floats(-40.0, 40.0), min_size=1, max_size=5))
def test_rows_of_slopes_are_exact_at_any_saturation(name: str, z: list[float]) -> None:
    """Relative to the row's largest, as one exponent is shared: what lies 2^800 below it may be lost."""
    row = np.array([z])
    slopes = product([slopes_of(ACTIVATIONS[name], row)])
    assert slopes.mantissa.shape == row.shape
    assert slopes.exponent.shape == (1, 1)
    with mpmath.workprec(precise.BITS):
        expected = [precise.slope(name, value) for value in z]
        largest = max(expected)
        for found, wanted in zip(slopes.mantissa[0], expected, strict=True):
            value = mpmath.mpf(float(found)) * mpmath.mpf(2) ** int(slopes.exponent[0, 0])
            # exp2 of a fraction of a logarithm as large as 6e6 loses 1e−9 of the value, not of its exponent.
            assert abs(value - wanted) <= mpmath.mpf(3e-9) * wanted + largest * mpmath.mpf(2) ** -800


@pytest.mark.parametrize("name", SATURATING)
@pytest.mark.parametrize("power", [-99, -101, -900, -1020, -1024, -1050, -1073, -1080])
def test_a_slope_keeps_its_digits_through_the_edge_of_float64(name: str, power: int) -> None:
    """A unit by itself, with φ' about 2^power: subnormal numbers have fewer bits, and must not be used."""
    z = -power * np.log(2) / (2 if name == "tanh" else 1)
    slopes = product([slopes_of(ACTIVATIONS[name], np.array([[z]]))])
    with mpmath.workprec(precise.BITS):
        found = mpmath.mpf(float(slopes.mantissa[0, 0])) * mpmath.mpf(2) ** int(slopes.exponent[0, 0])
        assert abs(found / precise.slope(name, float(z)) - 1) < 1e-12


def test_ordinary_rows_of_slopes_carry_no_exponent_and_lose_no_bit() -> None:
    z = np.random.default_rng(0).standard_normal((20, 6)) * 3
    for activation in ACTIVATIONS.values():
        slopes = product([slopes_of(activation, z)])
        assert not np.any(slopes.exponent)
        assert np.array_equal(slopes.mantissa, activation.derivative(z))


def test_units_that_are_off_have_slope_exactly_zero_and_the_others_one() -> None:
    relu = ACTIVATIONS["relu"]
    z = np.array([[-1.0, -5e-324, 0.0, 5e-324, 2.0]])
    assert np.array_equal(relu.derivative(z), [[0.0, 0.0, 0.0, 1.0, 1.0]])
    assert np.array_equal(relu.log2_derivative(z), [[-np.inf, -np.inf, -np.inf, 0.0, 0.0]])
    assert np.array_equal(relu.value(z), [[0.0, 0.0, 0.0, 5e-324, 2.0]])
    assert np.array_equal(product([slopes_of(relu, -np.ones((1, 3)))]).to_float64(), np.zeros((1, 3)))


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_the_slope_is_that_of_the_value(name: str) -> None:
    """Central differences at h = 1e−5: the slope to about h² = 1e−10, its rounding included."""
    activation, h = ACTIVATIONS[name], 1e-5
    z = np.random.default_rng(1).uniform(-6, 6, 500)
    z = z[np.abs(z) > 1e-3]
    difference = (activation.value(z + h) - activation.value(z - h)) / (2 * h)
    np.testing.assert_allclose(activation.derivative(z), difference, rtol=0, atol=1e-10)


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
@given(z=st.floats(-100, 100))
def test_the_slope_never_exceeds_its_bound(name: str, z: float) -> None:
    activation = ACTIVATIONS[name]
    rounding = 1 + 2.0**-52
    assert 0 <= activation.derivative(np.array([z]))[0] <= activation.slope_bound * rounding


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_the_bound_is_reached(name: str) -> None:
    activation = ACTIVATIONS[name]
    at = np.array([0.0 if name != "relu" else 1.0])
    assert activation.derivative(at)[0] == activation.slope_bound


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_the_value_is_a_new_array(name: str) -> None:
    z = np.ones(3)
    assert not np.shares_memory(ACTIVATIONS[name].value(z), z)
