"""The decomposition in 200-bit arithmetic, whose exponents have no limit.

It takes the recorded trajectory (z, a, x and the errors e) as exact numbers and does everything after that, the
slopes φ'(z⟨s⟩) included, by the equations. So it checks the way back at every scale, and not whether a chaotic
forward pass can be repeated digit by digit, which it cannot.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import mpmath
import numpy as np

import core

BITS = 200
Vector = list[mpmath.mpf]


def precise(array: np.ndarray) -> Vector:
    return [mpmath.mpf(float(value)) for value in array]


def slope(activation: str, z: float) -> mpmath.mpf:
    """φ'(z): tanh 1/cosh²z, sigmoid 1/(2 + e^z + e^−z)."""
    if activation == "identity":
        return mpmath.mpf(1)
    if activation == "relu":
        return mpmath.mpf(1 if z > 0 else 0)
    exact = mpmath.mpf(z)
    if activation == "tanh":
        return 1 / mpmath.cosh(exact) ** 2
    return 1 / (2 + mpmath.exp(exact) + mpmath.exp(-exact))


class Exact:
    """A matrix of float64 numbers, as whole numbers times a power of two: products are exact until they are rounded
    to an mpf, and a dot product of Python's integers takes a tenth of the time of one of mpfs. Vectors whose entries
    lie further apart than that pays for are multiplied as mpfs."""

    def __init__(self, matrix: np.ndarray) -> None:
        self._rows = [precise(row) for row in matrix]
        mantissas, exponents = np.frexp(matrix)
        self._power = int(np.min(exponents, where=matrix != 0, initial=0)) - 53
        whole = [
            int(m * 2.0**53) << max(int(e) - 53 - self._power, 0)
            for m, e in zip(mantissas.flat, exponents.flat, strict=True)
        ]
        self._numbers = np.array(whole, dtype=object).reshape(matrix.shape)

    def __matmul__(self, vector: Vector) -> Vector:
        parts = [value._mpf_ for value in vector]
        exponents = [exponent for _, man, exponent, _ in parts if man] or [0]
        power = min(exponents)
        if max(exponents) - power > 5000:
            return [mpmath.fdot(row, vector) for row in self._rows]
        whole = [(-man if sign else man) << (exponent - power) if man else 0 for sign, man, exponent, _ in parts]
        products = self._numbers.dot(np.array(whole, dtype=object))
        return [mpmath.ldexp(mpmath.mpf(int(value)), power + self._power) for value in products]


def squares(values: Vector) -> mpmath.mpf:
    return mpmath.fsum(values, squared=True)


def log2_root(square: mpmath.mpf) -> float:
    """log₂ √square, −inf for zero; the mantissa's logarithm to float64 and the exponent exactly."""
    if not square:
        return float("-inf")
    mantissa, exponent = mpmath.frexp(square)
    return (math.log2(float(mantissa)) + int(exponent)) / 2


def log2_length(values: Vector) -> float:
    return log2_root(squares(values))


def walk_back(tape: core.Tape, t: int) -> Iterator[tuple[int, list[Vector], list[Vector]]]:
    """(k, ∂L_t/∂a⟨s⟩ and δ_{t,s} of every example) for s = t, t − 1 … 1; the steps count from 1."""
    network = tape.network
    w_aa, w_y = (Exact(network.parameters[name].T) for name in ("W_aa", "W_y"))
    examples = range(tape.batch.inputs.shape[1])
    into_state = [w_y @ precise(tape.errors[t - 1, b]) for b in examples]
    for k in range(t):
        slopes = [[slope(network.activation_name, z) for z in tape.preactivations[t - 1 - k, b]] for b in examples]
        delta = [[f * g for f, g in zip(slopes[b], into_state[b], strict=True)] for b in examples]
        yield k, into_state, delta
        into_state = [w_aa @ delta[b] for b in examples]


def log2_norms(tape: core.Tape, t: int) -> dict[str, list[float]]:
    """Name → log₂ ‖contribution(t, k)‖_F for k = 0 … t − 1; `state` for ‖∂L_t/∂a⟨t−k⟩‖."""
    found: dict[str, list[float]] = {name: [] for name in ("W_aa", "W_ax", "b_a", "state")}
    with mpmath.workprec(BITS):
        for k, into_state, delta in walk_back(tape, t):
            s = t - k
            found["state"].append(log2_length([value for row in into_state for value in row]))
            reads = {"W_aa": tape.states[s - 1], "W_ax": tape.batch.inputs[s - 1], "b_a": np.ones((len(delta), 1))}
            for name, rows in reads.items():
                found[name].append(_log2_product(delta, [precise(row) for row in rows]))
    return found


def _log2_product(deltas: list[Vector], reads: list[Vector]) -> float:
    """log₂ ‖Σ_b δ_b u_bᵀ‖_F: entry by entry, or by ‖δ‖² ‖u‖² for one example."""
    if len(deltas) == 1:
        return log2_root(squares(deltas[0]) * squares(reads[0]))
    return log2_root(
        squares(
            [
                mpmath.fsum(delta[i] * u[j] for delta, u in zip(deltas, reads, strict=True))
                for i in range(len(deltas[0]))
                for j in range(len(reads[0]))
            ]
        )
    )


def summed(tape: core.Tape) -> list[list[list[mpmath.mpf]]]:
    """Σ_t contribution(t, k) to W_aa for k = 0 … T − 1, as n_a × n_a entries; one example."""
    steps, n = len(tape.losses), tape.network.hidden_size
    with mpmath.workprec(BITS):
        sums = [[[mpmath.mpf(0)] * n for _ in range(n)] for _ in range(steps)]
        for t in range(1, steps + 1):
            for k, _, (delta,) in walk_back(tape, t):
                reads = precise(tape.states[t - k - 1, 0])
                for i in range(n):
                    for j in range(n):
                        sums[k][i][j] += delta[i] * reads[j]
    return sums
