"""Activation functions φ, with derivatives that stay exact when a unit saturates.

1 − tanh²(z) is exactly 0 from |z| ≈ 19 on and 4 % off at 18, so derivatives are taken from z itself:

    tanh      φ'(z) = 4 e^(−2|z|) / (1 + e^(−2|z|))²     log φ' = 2 (log 2 − |z| − log1p e^(−2|z|))
    sigmoid   φ'(z) =   e^(−|z|)  / (1 + e^(−|z|))²      log φ' = −|z| − 2 log1p e^(−|z|)
    relu      φ'(z) = 1 where z > 0, else 0
    identity  φ'(z) = 1
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.scaled import COMFORT, Floats, Integers, Scaled

_LN2_HIGH, _LN2_LOW = float.fromhex("0x1.62e42f8p-1"), float.fromhex("0x1.be8e7bcd5e4f2p-27")
"""log 2 in two parts, the first of 26 bits: whole multiples of it up to 2^27 are exact."""

_FURTHEST = 2.0**44
"""|z| beyond this counts as this: φ' is below 2^(−10^13) there, and exponents must add up in 64 bits."""


@dataclass(frozen=True)
class Activation:
    """φ and its derivative, elementwise."""

    name: str
    value: Callable[[Floats], Floats]
    derivative: Callable[[Floats], Floats]
    log2_derivative: Callable[[Floats], Floats]
    slope_bound: float
    """γ = sup φ', in Pascanu, Mikolov & Bengio (2013): 1 for tanh, ¼ for the logistic function."""
    tail: tuple[float, float] | None = None
    """(c, A) where φ'(z) = A e^(−c|z|) / (1 + e^(−c|z|))²; None where φ' never becomes small without being 0."""

    def scaled_derivative(self, z: Floats) -> Scaled:
        """φ'(z) with one exponent for each row (the last axis shares it), exact however far z saturates.

        Args:
            z: Pre-activations (..., n).

        Returns:
            Mantissas (..., n) and exponents (..., 1); the exponents are 0 where float64 is comfortable.
        """
        plain = self.derivative(z)
        exponent = np.zeros((*z.shape[:-1], 1), dtype=np.int64)
        if self.tail is None or np.min(plain, initial=1.0) >= 2.0**-COMFORT:
            return Scaled(plain, exponent)
        small = np.max(plain, axis=-1) < 2.0**-COMFORT
        if small.any():
            mantissa, powers = _tail(z[small], *self.tail)
            highest = np.max(powers, axis=-1, keepdims=True)
            rows = Scaled.canonical(np.ldexp(mantissa, np.maximum(powers - highest, -2000)), highest, axis=-1)
            plain[small], exponent[small] = rows.mantissa, rows.exponent
        return Scaled(plain, exponent)

    def unit_derivative(self, z: Floats) -> Scaled:
        """φ'(z) with an exponent for each number: mantissas near 1 or 0, and exponents, both of z's shape."""
        if self.tail is not None:
            return Scaled(*_tail(z, *self.tail))
        mantissa, power = np.frexp(self.derivative(z))
        return Scaled(mantissa, power.astype(np.int64))


def _tail(z: Floats, c: float, factor: float) -> tuple[Floats, Integers]:
    """A e^(−c|z|) / (1 + e^(−c|z|))² as mantissas near 1 and powers of two, for any z."""
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


def _sigmoid(z: Floats) -> Floats:
    decay = np.exp(-np.abs(z))
    return np.where(z < 0, decay, 1.0) / (1.0 + decay)


def _tanh_derivative(z: Floats) -> Floats:
    return _bell(_decay(z, 2.0), 4.0)


def _tanh_log2_derivative(z: Floats) -> Floats:
    size = np.abs(z)
    return 2.0 * (1.0 - (size + np.log1p(np.exp(-2.0 * size))) / np.log(2.0))


def _sigmoid_derivative(z: Floats) -> Floats:
    return _bell(_decay(z, 1.0), 1.0)


def _decay(z: Floats, c: float) -> Floats:
    """e^(−c|z|)."""
    decay = np.abs(z)
    decay *= -c
    return np.asarray(np.exp(decay, out=decay))


def _bell(decay: Floats, factor: float) -> Floats:
    """A d / (1 + d)², written over d; rounding would take it past its largest value, A/4, close to d = 1."""
    denominator = decay + 1.0
    denominator *= denominator
    decay *= factor
    decay /= denominator
    return np.asarray(np.minimum(decay, factor / 4.0, out=decay))


def _sigmoid_log2_derivative(z: Floats) -> Floats:
    size = np.abs(z)
    return -(size + 2.0 * np.log1p(np.exp(-size))) / np.log(2.0)


def _relu_derivative(z: Floats) -> Floats:
    return (z > 0).astype(np.float64)


def _relu_log2_derivative(z: Floats) -> Floats:
    return np.where(z > 0, 0.0, -np.inf)


ACTIVATIONS: dict[str, Activation] = {
    "tanh": Activation("tanh", np.tanh, _tanh_derivative, _tanh_log2_derivative, 1.0, (2.0, 4.0)),
    "relu": Activation("relu", lambda z: np.maximum(z, 0.0), _relu_derivative, _relu_log2_derivative, 1.0),
    "sigmoid": Activation("sigmoid", _sigmoid, _sigmoid_derivative, _sigmoid_log2_derivative, 0.25, (1.0, 1.0)),
    "identity": Activation("identity", np.copy, np.ones_like, np.zeros_like, 1.0),
}
