"""The vanilla (Elman) cell.

    z⟨t⟩ = W_aa a⟨t−1⟩ + W_ax x⟨t⟩ + b_a        a⟨t⟩ = φ(z⟨t⟩)

One step back:  δ⟨s⟩ = φ'(z⟨s⟩) ⊙ ∂L/∂a⟨s⟩,   ∂L/∂a⟨s−1⟩ = W_aaᵀ δ⟨s⟩,
so the Jacobian ∂a⟨s⟩/∂a⟨s−1⟩ = diag φ'(z⟨s⟩) W_aa is what every parameter's gradient shares.

A dense W_aa mixes the units at every step, so that none can fall 2^1000 behind the others and matter again:
they share a power of two. A diagonal W_aa (the identity initializer) never mixes them, and each has its own.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.activations import Activation
from core.cells.protocol import Jacobian, Linearization, Use
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
        steps, examples, n_x = inputs.shape
        driven = inputs.reshape(-1, n_x) @ parameters["W_ax"].T + parameters["b_a"]
        z = driven.reshape(steps, examples, -1)
        states = np.empty((steps + 1, *initial_state.shape))
        states[0] = state = initial_state
        for t in range(steps):
            z_t = z[t]
            z_t += state @ recurrent
            states[t + 1] = state = activation.value(z_t)
        return states, z

    def linearize(
        self, parameters: Mapping[str, Floats], activation: Activation, preactivations: Floats
    ) -> Linearization:
        """φ'(z⟨s⟩) of every step, and W_aa."""
        recurrent, n = parameters["W_aa"], preactivations.shape[-1]
        diagonal = np.diag(recurrent)
        if np.count_nonzero(recurrent) == np.count_nonzero(diagonal):
            return _Separate(activation.scaled_derivative(preactivations.reshape(-1, 1)), diagonal)
        return _Mixing(activation.scaled_derivative(preactivations.reshape(-1, n)), recurrent)


class _Mixing(Linearization):
    """W_aa of any kind: the units share a power of two."""

    deltas = ("z",)

    def __init__(self, slope: Scaled, recurrent: Floats) -> None:
        w = Scaled.canonical(recurrent)
        self.size = self.width = len(recurrent)
        self.delta_exponent = _exponents(slope)
        self.previous_exponent = _sum(self.delta_exponent, int(w.exponent.item()), len(slope.mantissa))
        self._slope, self._recurrent = slope.mantissa, w.mantissa

    def pull_into(self, gradient: Floats, rows: slice, deltas: Mapping[str, Floats], previous: Floats) -> None:
        delta = deltas["z"]
        np.multiply(self._slope[rows], gradient, out=delta)
        np.matmul(delta, self._recurrent, out=previous)

    def jacobian(self, row: int) -> Jacobian:
        power = 0 if self.previous_exponent is None else int(self.previous_exponent[row])
        slope = self._slope[row]
        return Jacobian(Scaled(slope, np.full(len(slope), power)), self._recurrent)


class _Separate(Linearization):
    """A diagonal W_aa: every unit has its own power of two."""

    deltas = ("z",)
    width = 1

    def __init__(self, slope: Scaled, diagonal: Floats) -> None:
        w = Scaled.canonical(diagonal[:, np.newaxis], axis=1)
        self.size = len(diagonal)
        repeats = len(slope.mantissa) // len(diagonal)
        self.delta_exponent = _exponents(slope)
        power = np.tile(w.exponent[:, 0], repeats) if np.any(w.exponent) else 0
        self.previous_exponent = _sum(self.delta_exponent, power, len(slope.mantissa))
        self._slope, self._diagonal, self._unit = slope.mantissa, w.mantissa[:, 0], np.eye(self.size)

    def pull_into(self, gradient: Floats, rows: slice, deltas: Mapping[str, Floats], previous: Floats) -> None:
        delta, n = deltas["z"], len(self._diagonal)
        np.multiply(self._slope[rows], gradient, out=delta)
        np.multiply(delta.reshape(-1, n), self._diagonal, out=previous.reshape(-1, n))

    def jacobian(self, row: int) -> Jacobian:
        units = slice(row * self.size, (row + 1) * self.size)
        power = 0 if self.previous_exponent is None else self.previous_exponent[units]
        scale = Scaled(self._slope[units, 0] * self._diagonal, np.zeros(self.size, dtype=np.int64) + power)
        return Jacobian(scale, self._unit)


def _exponents(slope: Scaled) -> Integers | None:
    return slope.exponent[:, 0] if np.any(slope.exponent) else None


def _sum(exponent: Integers | None, power: Integers | int, rows: int) -> Integers | None:
    if isinstance(power, int) and power == 0:
        return exponent
    return np.zeros(rows, dtype=np.int64) + power if exponent is None else exponent + power
