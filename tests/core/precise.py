"""The decomposition in 200-bit arithmetic, whose exponents have no limit.

It takes the recorded trajectory (z, a, x and the errors e) as exact numbers and does everything after that, the
slopes φ'(z⟨s⟩) included, by the equations. So it checks the way back at every scale, and not whether a chaotic
forward pass can be repeated digit by digit, which it cannot.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cached_property

import mpmath
import numpy as np
from cell_equations import EQUATIONS, Functions

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
        self._matrix = matrix
        self._rows = [precise(row) for row in matrix]
        mantissas, exponents = np.frexp(matrix)
        self._power = int(np.min(exponents, where=matrix != 0, initial=0)) - 53
        whole = [
            int(m * 2.0**53) << max(int(e) - 53 - self._power, 0)
            for m, e in zip(mantissas.flat, exponents.flat, strict=True)
        ]
        self._numbers = np.array(whole, dtype=object).reshape(matrix.shape)

    @cached_property
    def T(self) -> Exact:
        return Exact(self._matrix.T)

    def __matmul__(self, vector: np.ndarray) -> np.ndarray:
        parts = [value._mpf_ for value in vector]
        exponents = [exponent for _, man, exponent, _ in parts if man] or [0]
        power = min(exponents)
        if max(exponents) - power > 5000:
            return np.array([mpmath.fdot(row, vector) for row in self._rows], dtype=object)
        whole = [(-man if sign else man) << (exponent - power) if man else 0 for sign, man, exponent, _ in parts]
        products = self._numbers.dot(np.array(whole, dtype=object))
        return np.array([mpmath.ldexp(mpmath.mpf(int(one)), power + self._power) for one in products], dtype=object)


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


def exactly(array: np.ndarray) -> np.ndarray:
    """The same numbers as objects of 200 bits."""
    return np.array([mpmath.mpf(float(value)) for value in array.flat], dtype=object).reshape(array.shape)


def functions(network: core.Network) -> Functions:
    """Slopes and gates exactly; what φ gave on the way forward as it was recorded, in float64."""
    name = network.activation_name

    of_cell = EQUATIONS[network.cell_name].gate

    def gate(z: np.ndarray) -> np.ndarray:
        if of_cell is not None:
            return exactly(of_cell[0](z.astype(np.float64)))
        return np.array([1 / (1 + mpmath.exp(-value)) for value in z], dtype=object)

    return Functions(
        phi=lambda z: exactly(network.activation.value(z.astype(np.float64))),
        phi_slope=lambda z: np.array([slope(name, value) for value in z], dtype=object),
        gate=gate,
        gate_slope=lambda z: gate(z) * gate(-z) if of_cell is None else exactly(of_cell[1](z.astype(np.float64))),
        # As an array: an mpf times an array first writes the whole array out, to say that it is no number.
        leak=exactly(np.array([network.leak])),
        **{name: exactly(np.array([value])) for name, value in network.constants.items()},
    )


def walk_back(tape: core.Tape, t: int) -> Iterator[tuple[int, list[np.ndarray], list[dict[str, np.ndarray]]]]:
    """(k, ∂L_t/∂a⟨s⟩ and the deltas of every example) for s = t, t − 1 … 1; the steps count from 1."""
    network, equations, made_of = tape.network, EQUATIONS[tape.network.cell_name], functions(tape.network)
    p = {
        name: Exact(w) if w.ndim == 2 and name not in equations.untied else exactly(w)
        for name, w in network.parameters.items()
    }
    examples, n = range(tape.batch.inputs.shape[1]), network.hidden_size
    rest = exactly(np.zeros((equations.parts - 1) * n))
    into_state = [np.concatenate([p["W_y"].T @ exactly(tape.errors[t - 1, b]), rest]) for b in examples]
    for k in range(t):
        s, pulled = t - 1 - k, []
        for b in examples:
            blocks = np.split(exactly(tape.preactivations[s, b]), len(equations.made))
            made = dict(zip(equations.made, blocks, strict=True))
            before = exactly(tape.states[s, b])
            if equations.parts > 1:
                made["c"] = exactly(tape.states[s + 1, b, n:])
            pulled.append(equations.back(equations.at(p, s), made_of, before, made, into_state[b]))
        yield k, into_state, [deltas for deltas, _ in pulled]
        into_state = [previous for _, previous in pulled]


def log2_norms(tape: core.Tape, t: int) -> dict[str, list[float]]:
    """Name → log₂ ‖contribution(t, k)‖_F for k = 0 … t − 1; `state` for ‖∂L_t/∂a⟨t−k⟩‖."""
    uses, antisymmetric = (getattr(EQUATIONS[tape.network.cell_name], of) for of in ("uses", "antisymmetric"))
    found: dict[str, list[float]] = {name: [] for name in (*uses, "state")}
    with mpmath.workprec(BITS):
        for k, into_state, deltas in walk_back(tape, t):
            s = t - k
            found["state"].append(log2_length([value for row in into_state for value in row]))
            for name, (delta, _) in uses.items():
                rows = [list(of_one[delta]) for of_one in deltas]
                reads = [precise(row) for row in tape.reads[name][s - 1]]
                found[name].append(
                    _log2_antisymmetric(rows, reads) if name in antisymmetric else _log2_product(rows, reads)
                )
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


def _log2_antisymmetric(deltas: list[Vector], reads: list[Vector]) -> float:
    """log₂ ‖Σ_b (δ_b u_bᵀ − u_b δ_bᵀ)‖_F, entry by entry."""
    pairs, n = list(zip(deltas, reads, strict=True)), range(len(deltas[0]))
    return log2_root(squares([mpmath.fsum(d[i] * u[j] - u[i] * d[j] for d, u in pairs) for i in n for j in n]))


def summed(tape: core.Tape) -> list[list[list[mpmath.mpf]]]:
    """Σ_t contribution(t, k) to W_aa for k = 0 … T − 1, as n_a × n_a entries; one example."""
    steps, n = len(tape.losses), tape.network.hidden_size
    with mpmath.workprec(BITS):
        sums = [[[mpmath.mpf(0)] * n for _ in range(n)] for _ in range(steps)]
        for t in range(1, steps + 1):
            for k, _, (deltas,) in walk_back(tape, t):
                delta = deltas["z"]
                reads = precise(tape.states[t - k - 1, 0])
                for i in range(n):
                    for j in range(n):
                        sums[k][i][j] += delta[i] * reads[j]
    return sums
