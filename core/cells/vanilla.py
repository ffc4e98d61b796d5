"""The vanilla (Elman) cell.

    z⟨t⟩ = W_aa a⟨t−1⟩ + W_ax x⟨t⟩ + b_a        a⟨t⟩ = φ(z⟨t⟩)

One step back:  δ⟨s⟩ = φ'(z⟨s⟩) ⊙ ∂L/∂a⟨s⟩,   ∂L/∂a⟨s−1⟩ = W_aaᵀ δ⟨s⟩,
so the Jacobian ∂a⟨s⟩/∂a⟨s−1⟩ = diag φ'(z⟨s⟩) W_aa is what every parameter's gradient shares.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.activations import Activation
from core.cells.protocol import Pulled, Use
from core.scaled import Floats, Integers, Scaled


class Vanilla:
    """a⟨t⟩ = φ(W_aa a⟨t−1⟩ + W_ax x⟨t⟩ + b_a)."""

    name = "rnn"
    title = "vanilla RNN"

    def uses(self) -> Mapping[str, Use]:
        """All three parameters make z; they differ by what they read."""
        return {"W_aa": Use("z", "a"), "W_ax": Use("z", "x"), "b_a": Use("z", "1")}

    def shapes(self, n_x: int, n_a: int) -> Mapping[str, tuple[int, ...]]:
        """W_aa (n_a, n_a), W_ax (n_a, n_x), b_a (n_a,)."""
        return {"W_aa": (n_a, n_a), "W_ax": (n_a, n_x), "b_a": (n_a,)}

    def forward(
        self, parameters: Mapping[str, Floats], activation: Activation, inputs: Floats, initial_state: Floats
    ) -> tuple[Floats, Floats]:
        """States (T+1, B, n_a) and pre-activations z (T, B, n_a)."""
        recurrent = np.ascontiguousarray(parameters["W_aa"].T)
        z = inputs @ parameters["W_ax"].T + parameters["b_a"]
        states = np.empty((len(inputs) + 1, *initial_state.shape))
        states[0] = initial_state
        for t, z_t in enumerate(z):
            z_t += states[t] @ recurrent
            states[t + 1] = activation.value(z_t)
        return states, z

    def linearize(
        self, parameters: Mapping[str, Floats], activation: Activation, preactivations: Floats
    ) -> _VanillaLinearization:
        """φ'(z⟨s⟩) of every step, and W_aa."""
        z = preactivations.reshape(-1, preactivations.shape[-1])
        return _VanillaLinearization(activation.scaled_derivative(z), Scaled.canonical(parameters["W_aa"]))


class _VanillaLinearization:
    def __init__(self, slope: Scaled, recurrent: Scaled) -> None:
        self._slope = slope.mantissa
        self._slope_exponent = slope.exponent if np.any(slope.exponent) else None
        self._recurrent = recurrent.mantissa
        self._recurrent_exponent = int(recurrent.exponent.item())

    def pull(self, gradient: Floats, rows: slice) -> Pulled:
        delta = self._slope[rows] * gradient
        exponent: Integers | int = 0 if self._slope_exponent is None else self._slope_exponent[rows]
        return Pulled({"z": delta}, delta @ self._recurrent, exponent, exponent + self._recurrent_exponent)
