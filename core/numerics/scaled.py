"""Numbers beyond float64: an array of mantissas times a power of two.

    value = mantissa · 2^exponent

A contribution to the gradient leaves float64's range (2^±1074) long before the horizons people ask about.
Scaling by a power of two is exact, so a calculation in this form gives bit for bit what plain float64 gives
wherever plain float64 neither over- nor underflows. The **canonical** exponent of a group of numbers is 0 as
long as the largest of them lies within 2^±100, and that of the largest number if it does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from core.numerics.frozen import FrozenRecord

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]
Axis: TypeAlias = int | tuple[int, ...] | None

COMFORT = 100
"""Within 2^±COMFORT the exponent stays 0: squares and sums of such numbers are safe in float64."""

SAFE = 300
"""Within 2^±SAFE the squares and products of two rows of numbers are safe in float64."""

FAR_BELOW = -(1 << 60)
"""The exponent that stands for an exact zero where exponents are compared; never stored in a result."""


def magnitude(values: Floats, axis: Axis = None) -> Integers:
    """Binary exponent e of the largest |value| along `axis` (kept as 1): 2^(e−1) ≤ max < 2^e, 0 for all zeros."""
    return np.frexp(_largest(values, axis))[1].astype(np.int64)


def _largest(values: Floats, axis: Axis) -> Floats:
    """The largest |value| along `axis`, kept as 1; 0 where there is none."""
    found: Floats = np.maximum.reduce(np.abs(values), axis=axis, keepdims=True, initial=0.0)
    return found


def shift(values: Floats, by: Integers | int) -> Floats:
    """`values` · 2^`by`, exact unless the result leaves float64; `by` may be any integer."""
    # np.clip looks the limits of the integers up at every call, which takes longer than the rest.
    return np.ldexp(values, np.minimum(np.maximum(by, -4200), 4200).astype(np.int32))


def power_of_two(by: Integers) -> Floats:
    """2^by for by ≤ 0, as factors that bring numbers to the largest exponent among them; 0 below 2^−1074."""
    return np.ldexp(1.0, np.maximum(by, -1100))


@dataclass(frozen=True, eq=False)
class Scaled(FrozenRecord):
    """Numbers of any shape as mantissa · 2^exponent, with an integer exponent that broadcasts against the mantissa.

    Runnable example:

        >>> import numpy as np
        >>> from core import Scaled
        >>> tiny = Scaled.canonical(np.array([3.0, 4.0]), -5000)  # 3 · 2^−5000 and 4 · 2^−5000
        >>> round(2 ** float(tiny.log2_norm() + 5000), 9)
        5.0
    """

    mantissa: Floats
    exponent: Integers

    @staticmethod
    def canonical(mantissa: Floats, exponent: Integers | int = 0, axis: Axis = None) -> Scaled:
        """Make numbers with the canonical exponent for each group along `axis`.

        Args:
            mantissa: Finite numbers of any shape.
            exponent: Integers that broadcast against the mantissa with `axis` reduced to 1.
            axis: The axes that share one exponent; None gives the whole array one.
        """
        if isinstance(exponent, int) and exponent == 0:
            squares = sums_of_squares(mantissa, axis)
            if comfortable(squares, mantissa.size) or not np.any(np.abs(magnitude(mantissa, axis)) > COMFORT):
                return Scaled(mantissa, np.zeros(squares.shape, dtype=np.int64))
        largest = _largest(mantissa, axis)
        after = exponent + np.frexp(largest)[1].astype(np.int64)
        after = np.where((np.abs(after) <= COMFORT) | (largest == 0.0), 0, after)
        by = exponent - after
        if not by.any():
            return Scaled(mantissa, after)
        return Scaled(shift(mantissa, by), after)

    def frozen(self) -> Scaled:
        """Make both arrays read-only, and give these numbers back."""
        freeze(self.mantissa, self.exponent)
        return self

    def normalized(self, axis: Axis = None) -> Scaled:
        """Write these numbers with canonical exponents along `axis`, along which they must share one already."""
        return Scaled.canonical(self.mantissa, self.exponent, axis)

    def shared(self, axis: Axis) -> Scaled:
        """Write these numbers with one exponent along `axis`; what is 2^1000 below the largest there becomes 0."""
        powers = np.where(self.mantissa != 0, self.exponent, FAR_BELOW)
        high = powers.max(axis=axis, keepdims=True)
        high = np.where(high == FAR_BELOW, 0, high)
        return Scaled(self.mantissa * power_of_two(powers - high), high)

    def __add__(self, other: Scaled) -> Scaled:
        """The sum, both brought to the larger exponent first; where one is zero, the other is exact."""
        mine = _exponent_if_any(self)
        theirs = _exponent_if_any(other)
        common = np.maximum(mine, theirs)
        common = np.where(common == FAR_BELOW, 0, common)
        return Scaled(
            shift(self.mantissa, self.exponent - common) + shift(other.mantissa, other.exponent - common),
            common,
        )

    def log2_norm(self, axis: Axis = None) -> Floats:
        """log₂ of the Euclidean (Frobenius) norm along `axis`; −inf where every number is exactly zero."""
        if axis is None and not self.exponent.any():
            return np.asarray(log2_length(self.mantissa))[()]
        high = np.max(_exponent_if_any(self), axis=axis, keepdims=True)
        level = shift(self.mantissa, self.exponent - np.where(high == FAR_BELOW, 0, high))
        largest = magnitude(level, axis)
        squares = np.sum(np.square(shift(level, -largest)), axis=axis, keepdims=True)
        exponent = np.where(high == FAR_BELOW, 0, high) + largest
        return np.squeeze(log2(squares) / 2 + exponent, axis=axis)

    def to_float64(self, what: str = "this number") -> Floats:
        """The plain array.

        Raises:
            OverflowError: if a number is beyond float64 (2^1024); its log2 norm still is exact.
        """
        with np.errstate(over="ignore"):
            plain = shift(self.mantissa, self.exponent) if self.exponent.any() else self.mantissa.copy()
        if not all_finite(plain):
            raise OverflowError(
                f"{what} is about 2^{float(self.log2_norm()):.0f}, past float64's 2^1024; "
                "read its log2 norm, or its mantissa and exponent, instead"
            )
        return plain


def freeze(*arrays: NDArray[np.generic]) -> None:
    """Make arrays read-only, so that a value that was handed out cannot change."""
    for array in arrays:
        array.flags.writeable = False


def sums_of_squares(values: Floats, axis: Axis = -1) -> Floats:
    """Σ x² along `axis`, kept as 1; ∞ and 0 where they leave float64."""
    if axis is None:
        return np.asarray(_square(values)).reshape((1,) * values.ndim)
    with np.errstate(over="ignore", under="ignore"):
        if axis in (-1, values.ndim - 1):
            return np.vecdot(values, values)[..., np.newaxis]
        return np.sum(np.square(values), axis=axis, keepdims=True)


def all_finite(values: Floats) -> bool:
    """Whether no number is infinite or NaN: decided by the sum of the squares where that is finite."""
    return bool(np.isfinite(_square(values)) or np.isfinite(values).all())


def _square(values: Floats) -> np.floating[Any]:
    """Σ x² of all numbers, by the product that is quickest."""
    flat = values.reshape(-1)
    return np.vdot(flat, flat)


def comfortable(squares: Floats, count: int) -> bool:
    """Whether sums of squares tell that the largest number of each is within 2^±COMFORT; False tells nothing.

    Args:
        squares: Sums of squares, of one group of numbers each.
        count: How many numbers a group has, or more.
    """
    least, most = squares.min(initial=np.inf), squares.max(initial=0.0)
    return bool(count * 4.0**-COMFORT <= least and most < 4.0**COMFORT)


def unsafe(values: Floats, squares: Floats) -> NDArray[np.bool_]:
    """Whether rows (…, n) of these sums of squares (…,) are neither exactly 0 nor within 2^±SAFE."""
    out: NDArray[np.bool_] = ~((squares <= 4.0**SAFE) & (squares >= 4.0**-SAFE))
    if out.any():
        out[out] = np.any(values[out], axis=1)
    return out


def log2(values: Floats) -> Floats:
    """log₂ of non-negative numbers, with −inf for exact zeros and no warning; a NaN stays one."""
    with np.errstate(divide="ignore"):
        return np.log2(values)


def log2_norm(values: Floats, axis: Axis = None) -> Floats:
    """log₂ of the Euclidean norm of plain numbers along `axis`, safe for 1e±300; −inf for exact zeros."""
    return Scaled(values, np.zeros((1,) * values.ndim, dtype=np.int64)).log2_norm(axis)


def log2_norms(rows: Floats) -> Floats:
    """log₂ of the norm of each row (R, n) → (R,), by plain squares where these are safe; −inf for zeros."""
    with np.errstate(over="ignore", under="ignore"):
        squares = np.vecdot(rows, rows)
    logs = log2(squares) / 2
    out = unsafe(rows, squares)
    if out.any():
        size = magnitude(rows[out], axis=1)
        level = shift(rows[out], -size)
        logs[out] = log2(np.vecdot(level, level)) / 2 + size[:, 0]
    return logs


def log2_length(values: Floats) -> float:
    """log₂ of the norm of all numbers of an array, as `log2_norms` gives it for a row; −inf for zeros."""
    square = _square(values)
    if 4.0**-SAFE <= square <= 4.0**SAFE:
        return float(np.log2(square)) / 2
    return float(log2_norms(values.reshape(1, -1))[0])


def _exponent_if_any(number: Scaled) -> Integers:
    """The exponent where the mantissa is not zero, and one far below all others where it is."""
    if number.exponent.shape == number.mantissa.shape:
        return np.where(number.mantissa != 0, number.exponent, FAR_BELOW)
    if number.exponent.size == 1:
        alive = np.any(number.mantissa, keepdims=True)
    else:
        shared = tuple(i for i, n in enumerate(number.exponent.shape) if n == 1)
        alive = np.any(number.mantissa, axis=shared, keepdims=True)
    return np.where(alive, number.exponent, FAR_BELOW)
