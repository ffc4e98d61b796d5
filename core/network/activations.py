"""Activation functions φ, with derivatives that stay exact when a unit saturates.

1 − tanh²(z) is exactly 0 from |z| ≈ 19 on and 4 % off at 18, so derivatives are taken from z itself:

    tanh      φ'(z) = 4 e^(−2|z|) / (1 + e^(−2|z|))²     log φ' = 2 (log 2 − |z| − log1p e^(−2|z|))
    sigmoid   φ'(z) =   e^(−|z|)  / (1 + e^(−|z|))²      log φ' = −|z| − 2 log1p e^(−|z|)
    relu      φ'(z) = 1 where z > 0, else 0
    identity  φ'(z) = 1
    hard-sigmoid          φ(z) = z/6 + ½ cut to 0 … 1, φ'(z) = 1/6 where |z| < 3, else 0      (Keras 3)
    hard-sigmoid-keras2   φ(z) = z/5 + ½ cut to 0 … 1, φ'(z) = 1/5 where |z| < 2½, else 0     (Keras 2)

Where φ is known, its rounding error grows by 2φ²/φ' in the first of these and by φ/(1 − φ) in the second, at most
2 and 3, and no exponential is taken:

    tanh      φ' = 1 − φ²       while that is ≥ ½
    sigmoid   φ' = φ (1 − φ)    while φ ≤ ¾
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.numerics.scaled import Floats, Integers, Scaled

_LN2_HIGH = float.fromhex("0x1.62e42f8p-1")
"""The first 26 bits of log 2: whole multiples of it up to 2^27 are exact."""

_LN2_LOW = float.fromhex("0x1.be8e7bcd5e4f2p-27")
"""What is left of log 2 after its first 26 bits."""

_FURTHEST = 2.0**44
"""|z| beyond this counts as this: φ' is below 2^(−10^13) there, and exponents must add up in 64 bits."""


class Elementwise(Protocol):
    """A function of every number by itself."""

    def __call__(self, z: Floats, out: Floats | None = None, /) -> Floats:
        """The values, written into `out` where it is given."""
        ...


class Slope(Protocol):
    """A derivative φ'(z), as a function of an array, element by element."""

    def __call__(self, z: Floats, value: Floats | None = None, /) -> Floats:
        """The slopes at z; quicker where φ(z) is known and given as `value`, and as exact."""
        ...


@dataclass(frozen=True)
class Activation:
    """An activation φ and its derivative, as functions of arrays, element by element."""

    name: str
    value: Elementwise
    derivative: Slope
    log2_derivative: Callable[[Floats], Floats]
    slope_bound: float
    """γ = sup φ', in Pascanu, Mikolov & Bengio (2013): 1 for tanh, ¼ for the logistic function."""
    tail: tuple[float, float] | None = None
    """(c, A) where φ'(z) = A e^(−c|z|) / (1 + e^(−c|z|))²; None where φ' never becomes small without being 0."""
    kinks: tuple[float, ...] = ()
    """Where φ' jumps, in ascending order"""

    def unit_derivative(self, z: Floats) -> Scaled:
        """φ'(z) with an exponent for each number: mantissas near 1 or 0, and exponents, both of z's shape."""
        if self.tail is not None:
            return Scaled(*_tail(z, *self.tail))
        mantissa, power = np.frexp(self.derivative(z))
        return Scaled(mantissa, power.astype(np.int64))


def _tail(z: Floats, c: float, factor: float) -> tuple[Floats, Integers]:
    """`factor` · e^(−c|z|) / (1 + e^(−c|z|))² as mantissas near 1 and powers of two, for any z."""
    y = c * np.minimum(np.abs(z), _FURTHEST)
    mantissa, power = decaying(y)
    return factor * mantissa / np.square(1.0 + np.exp(-y)), power


def decaying(y: Floats) -> tuple[Floats, Integers]:
    """e^(−y) for any y ≥ 0 as mantissas near 1 and powers of two.

    The power is divided out before the exponential is taken (Cody & Waite 1980), so that the mantissa is right to the
    last bits even where the power itself has millions.
    """
    y = np.minimum(y, 2.0 * _FURTHEST)
    power = np.rint(y / np.log(2.0))
    rest = (y - power * _LN2_HIGH) - power * _LN2_LOW
    return np.exp(-rest), -power.astype(np.int64)


def _sigmoid(z: Floats, out: Floats | None = None, /) -> Floats:
    """1 / (1 + e^(−z)), to the last digits on either side; 0 where e^(−z) is beyond float64, from z = −709.8 down."""
    with np.errstate(over="ignore"):
        denominator = np.negative(z)
        np.exp(denominator, out=denominator)
    denominator += 1.0
    return np.divide(1.0, denominator, denominator if out is None else out)


def _relu(z: Floats, out: Floats | None = None, /) -> Floats:
    return np.maximum(z, 0.0, out=out)


def _tanh_derivative(z: Floats, value: Floats | None = None, /) -> Floats:
    if value is None:
        return _bell(z, 2.0, 4.0)
    slope = np.square(value, order="C")
    np.subtract(1.0, slope, out=slope)
    return _unless(slope < 0.5, slope, z, 2.0, 4.0)


def _tanh_log2_derivative(z: Floats) -> Floats:
    size = np.abs(z)
    return 2.0 * (1.0 - (size + np.log1p(np.exp(-2.0 * size))) / np.log(2.0))


def _sigmoid_derivative(z: Floats, value: Floats | None = None, /) -> Floats:
    if value is None:
        return _bell(z, 1.0, 1.0)
    slope = np.subtract(1.0, value, order="C")
    slope *= value
    return _unless(value > 0.75, slope, z, 1.0, 1.0)


def _unless(canceled: NDArray[np.bool_], slope: Floats, z: Floats, c: float, factor: float) -> Floats:
    """The slope from the value, in C order, and from z where digits of it have canceled."""
    at = np.flatnonzero(canceled)
    if at.size:
        slope.reshape(-1)[at] = _bell(z.reshape(-1)[at], c, factor)
    return slope


def _bell(z: Floats, c: float, factor: float) -> Floats:
    """`factor` · d / (1 + d)² with d = e^(−c|z|), never more than its largest value, `factor`/4, at d = 1."""
    decay = np.abs(z)
    np.minimum(decay, _FURTHEST, out=decay)
    decay *= -c
    np.exp(decay, out=decay)
    denominator = decay + 1.0
    denominator *= denominator
    decay *= factor
    decay /= denominator
    return np.asarray(np.minimum(decay, factor / 4.0, out=decay))


def _sigmoid_log2_derivative(z: Floats) -> Floats:
    size = np.abs(z)
    return -(size + 2.0 * np.log1p(np.exp(-size))) / np.log(2.0)


def _relu_derivative(z: Floats, value: Floats | None = None, /) -> Floats:
    return (z > 0).astype(np.float64)


def _relu_log2_derivative(z: Floats) -> Floats:
    return np.where(z > 0, 0.0, -np.inf)


def _identity_derivative(z: Floats, value: Floats | None = None, /) -> Floats:
    return np.ones_like(z)


@dataclass(frozen=True)
class _Hard:
    """clip(z/width + ½, 0, 1) and its derivatives."""

    width: float

    def value(self, z: Floats, out: Floats | None = None, /) -> Floats:
        return np.clip(z / self.width + 0.5, 0.0, 1.0, out=out)

    def derivative(self, z: Floats, value: Floats | None = None, /) -> Floats:
        return np.where(np.abs(z) < self.width / 2.0, 1.0 / self.width, 0.0)

    def log2_derivative(self, z: Floats) -> Floats:
        return np.where(np.abs(z) < self.width / 2.0, -np.log2(self.width), -np.inf)

    def activation(self, name: str) -> Activation:
        edge = self.width / 2.0
        return Activation(
            name, self.value, self.derivative, self.log2_derivative, 1.0 / self.width, kinks=(-edge, edge)
        )


ACTIVATIONS: dict[str, Activation] = {
    "tanh": Activation("tanh", np.tanh, _tanh_derivative, _tanh_log2_derivative, 1.0, (2.0, 4.0)),
    "relu": Activation("relu", _relu, _relu_derivative, _relu_log2_derivative, 1.0, kinks=(0.0,)),
    "sigmoid": Activation("sigmoid", _sigmoid, _sigmoid_derivative, _sigmoid_log2_derivative, 0.25, (1.0, 1.0)),
    "identity": Activation("identity", np.positive, _identity_derivative, np.zeros_like, 1.0),
    "hard-sigmoid": _Hard(6.0).activation("hard-sigmoid"),
    "hard-sigmoid-keras2": _Hard(5.0).activation("hard-sigmoid-keras2"),
}
