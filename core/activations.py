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

from core.scaled import Floats, Scaled, magnitude

_SAFE = -900
"""Above 2^_SAFE a derivative is an ordinary float64 with all its bits."""


@dataclass(frozen=True)
class Activation:
    """φ and its derivative, elementwise."""

    name: str
    value: Callable[[Floats], Floats]
    derivative: Callable[[Floats], Floats]
    log2_derivative: Callable[[Floats], Floats]
    slope_bound: float
    """γ = sup φ', in Pascanu, Mikolov & Bengio (2013): 1 for tanh, ¼ for the logistic function."""

    def scaled_derivative(self, z: Floats) -> Scaled:
        """φ'(z) with one exponent for each row (the last axis shares it), exact however far z saturates.

        Args:
            z: Pre-activations (..., n).

        Returns:
            Mantissas (..., n) and exponents (..., 1); the exponents are 0 where float64 is comfortable.
        """
        plain = self.derivative(z)
        small = (magnitude(plain, -1) < _SAFE) | ~np.any(plain, axis=-1, keepdims=True)
        if not np.any(small):
            return Scaled.canonical(plain, axis=-1)
        logs = self.log2_derivative(z)
        highest = np.max(logs, axis=-1, keepdims=True)
        rescue = small & np.isfinite(highest)
        exponent = np.where(rescue, np.floor(np.where(rescue, highest, 0)), 0).astype(np.int64)
        mantissa = np.where(rescue, np.exp2(np.where(rescue, logs, 0) - exponent), plain)
        return Scaled.canonical(mantissa, exponent, axis=-1)


def _sigmoid(z: Floats) -> Floats:
    return 0.5 * (1.0 + np.tanh(0.5 * z))


def _tanh_derivative(z: Floats) -> Floats:
    decay = np.exp(-2.0 * np.abs(z))
    return 4.0 * decay / np.square(1.0 + decay)


def _tanh_log2_derivative(z: Floats) -> Floats:
    size = np.abs(z)
    return 2.0 * (1.0 - (size + np.log1p(np.exp(-2.0 * size))) / np.log(2.0))


def _sigmoid_derivative(z: Floats) -> Floats:
    decay = np.exp(-np.abs(z))
    return decay / np.square(1.0 + decay)


def _sigmoid_log2_derivative(z: Floats) -> Floats:
    size = np.abs(z)
    return -(size + 2.0 * np.log1p(np.exp(-size))) / np.log(2.0)


def _relu_derivative(z: Floats) -> Floats:
    return (z > 0).astype(np.float64)


def _relu_log2_derivative(z: Floats) -> Floats:
    return np.where(z > 0, 0.0, -np.inf)


ACTIVATIONS: dict[str, Activation] = {
    "tanh": Activation("tanh", np.tanh, _tanh_derivative, _tanh_log2_derivative, 1.0),
    "relu": Activation("relu", lambda z: np.maximum(z, 0.0), _relu_derivative, _relu_log2_derivative, 1.0),
    "sigmoid": Activation("sigmoid", _sigmoid, _sigmoid_derivative, _sigmoid_log2_derivative, 0.25),
    "identity": Activation("identity", np.copy, np.ones_like, np.zeros_like, 1.0),
}
