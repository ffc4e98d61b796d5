"""The gated recurrent unit as first published (Cho et al. 2014): the reset gate acts before the matrix.

    r⟨t⟩ = σ(W_ra a⟨t−1⟩ + W_rx x⟨t⟩ + b_r)               the reset gate
    z⟨t⟩ = σ(W_za a⟨t−1⟩ + W_zx x⟨t⟩ + b_z)               the update gate
    n⟨t⟩ = φ(W_nx x⟨t⟩ + b_n + W_na (r⟨t⟩ ⊙ a⟨t−1⟩))      the candidate
    a⟨t⟩ = (1 − z⟨t⟩) ⊙ n⟨t⟩ + z⟨t⟩ ⊙ a⟨t−1⟩

It is `GRU(reset_after=False)` of Keras and the default of ONNX; PyTorch and cuDNN compute the other form, `gru`. What
W_na reads is r⟨s⟩ ⊙ a⟨s−1⟩. One step back, with v the gradient at r ⊙ a:

    δ_n = (1 − z) ⊙ φ' ⊙ ∂L/∂a⟨s⟩        δ_z = (a⟨s−1⟩ − n) ⊙ σ' ⊙ ∂L/∂a⟨s⟩
    v = W_naᵀ δ_n                        δ_r = a⟨s−1⟩ ⊙ σ' ⊙ v
    ∂L/∂a⟨s−1⟩ = z ⊙ ∂L/∂a⟨s⟩ + r ⊙ v + W_raᵀ δ_r + W_zaᵀ δ_z

The first term is the direct path. δ_r has passed through W_na within its own step. All units of a state share a power
of two, so that of one that has fallen 2^1000 behind the others nothing is left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from core.network.activations import Activation
from core.network.cells.gate_products import (
    ExactFactor,
    difference,
    gates,
    log2_gate,
    numbers,
    product,
    row_product,
    slopes,
)
from core.network.cells.gru import GRU
from core.network.cells.one_part import exponents, graded_sum, leveled
from core.network.cells.protocol import Equations, Jacobian, Linearization, Use
from core.numerics.scaled import Floats, Integers, Scaled, shift
from core.numerics.shaking import Noise

READ = "r⊙a"
"""What W_na reads, among the sources"""

USES: Mapping[str, Use] = MappingProxyType(
    {
        "W_ra": Use("r", "a", role="recurrent"),
        "W_rx": Use("r", "x", role="input"),
        "b_r": Use("r", "1", role="bias"),
        "W_za": Use("z", "a", role="recurrent"),
        "W_zx": Use("z", "x", role="input"),
        "b_z": Use("z", "1", role="bias"),
        "W_na": Use("n", READ, role="recurrent"),
        "W_nx": Use("n", "x", role="input"),
        "b_n": Use("n", "1", role="bias"),
    }
)
"""Parameter → its use; one value, as it is asked for at every step of training"""


@dataclass(frozen=True)
class GRUBefore(GRU):
    """a⟨t⟩ = (1 − z⟨t⟩) ⊙ n⟨t⟩ + z⟨t⟩ ⊙ a⟨t−1⟩, n⟨t⟩ reading r⟨t⟩ ⊙ a⟨t−1⟩."""

    name: str = "gru-before"
    called = "GRU, reset before"
    summary = "a GRU whose reset gate acts before the matrix, as in Keras with reset_after=False and in ONNX"

    def equations(self) -> Equations:
        """Two gates, a candidate, and the state between the two."""
        sigma = self.written_sigma
        return Equations(
            {
                "r": f"r⟨t⟩ = {sigma}(W_ra a⟨t−1⟩ + W_rx x⟨t⟩ + b_r)",
                "z": f"z⟨t⟩ = {sigma}(W_za a⟨t−1⟩ + W_zx x⟨t⟩ + b_z)",
                "n": "n⟨t⟩ = φ(W_nx x⟨t⟩ + b_n + W_na (r⟨t⟩ ⊙ a⟨t−1⟩))",
                "a": "a⟨t⟩ = (1 − z⟨t⟩) ⊙ n⟨t⟩ + z⟨t⟩ ⊙ a⟨t−1⟩",
            },
            {
                "n": "δ_n⟨s⟩ = (1 − z⟨s⟩) ⊙ φ' ⊙ ∂L/∂a⟨s⟩; v⟨s⟩ = W_naᵀ δ_n⟨s⟩",
                "z": "δ_z⟨s⟩ = (a⟨s−1⟩ − n⟨s⟩) ⊙ σ' ⊙ ∂L/∂a⟨s⟩",
                "r": "δ_r⟨s⟩ = a⟨s−1⟩ ⊙ σ' ⊙ v⟨s⟩",
                "a": "carried: z⟨s+1⟩ ⊙ ∂L/∂a⟨s+1⟩ + r⟨s+1⟩ ⊙ v⟨s+1⟩ + W_raᵀ δ_r⟨s+1⟩ + W_zaᵀ δ_z⟨s+1⟩",
            },
        )

    def uses(self) -> Mapping[str, Use]:
        """Gate by gate; W_na reads what the reset gate lets through."""
        return USES

    def functions(self, activation: Activation) -> Mapping[str, Activation]:
        """Two gates through σ, the candidate through φ."""
        return {"r": self.sigma, "z": self.sigma, "n": activation}

    def reads(
        self,
        activation: Activation,
        states: Mapping[str, Floats],
        inputs: Floats,
        preactivations: Mapping[str, Floats],
    ) -> Mapping[str, Floats]:
        """The state before, the input, 1, and the state before as far as the reset gate lets it through."""
        found = self.sources(states, inputs)
        return {**found, READ: self.sigma.value(preactivations["r"]) * found["a"]}

    def symbols(self) -> Mapping[str, str]:
        """Source → how it is written at step s."""
        return {"a": "a⟨s−1⟩", READ: "r⟨s⟩ ⊙ a⟨s−1⟩", "x": "x⟨s⟩", "1": "1"}

    def forward(
        self, parameters: Mapping[str, Floats], activation: Activation, inputs: Floats, initial_state: Floats
    ) -> tuple[Floats, Floats]:
        """States (T+1, B, n_a) and pre-activations r, z, n side by side (T, B, 3 n_a)."""
        p, n, sigma = parameters, initial_state.shape[1], self.sigma.value
        of_gates, of_candidate = np.concatenate([p["W_ra"], p["W_za"]]).T, p["W_na"].T
        into = np.concatenate([p["W_rx"], p["W_zx"], p["W_nx"]]).T
        record = inputs @ into + np.concatenate([p["b_r"], p["b_z"], p["b_n"]])
        states = np.empty((len(inputs) + 1, *initial_state.shape))
        states[0] = state = initial_state
        for t, now in enumerate(record):
            now[:, : 2 * n] += state @ of_gates
            gate = sigma(now[:, : 2 * n])
            now[:, 2 * n :] += (gate[:, :n] * state) @ of_candidate
            candidate = activation.value(now[:, 2 * n :])
            states[t + 1] = state = sigma(-now[:, n : 2 * n]) * candidate + gate[:, n:] * state
        return states, record

    def linearize(
        self, parameters: Mapping[str, Floats], activation: Activation, states: Floats, preactivations: Floats
    ) -> Linearization:
        """Three pre-activations, the update gate as the direct path, and the reset gate before W_na."""
        width, sigma = states.shape[-1], self.sigma
        before = states[:-1].reshape(-1, width)
        r, z, n = np.split(preactivations.reshape(-1, 3 * width), 3, axis=1)
        reset, update, candidate = gates(r, sigma), gates(z, sigma), activation.value(n)
        factors: Mapping[str, Sequence[ExactFactor]] = {
            "n": (gates(-z, sigma), slopes(activation, n, candidate)),
            "z": (difference(before, candidate), slopes(sigma, z, update.plain)),
            "r": (numbers(before), slopes(sigma, r, reset.plain)),
        }
        matrices = {gate: parameters[f"W_{gate}a"] for gate in "nzr"}
        return GRUBeforeStep(factors, matrices, (reset,), (update,))

    def log2_direct(self, activation: Activation, preactivations: Floats) -> Floats | None:
        """log₂ z⟨t⟩, the update gate, (T, B, n_a)."""
        return log2_gate(np.split(preactivations, 3, axis=-1)[1], self.sigma)


class GRUBeforeStep(Linearization):
    """Rows of n_a numbers that share a power of two."""

    deltas = ("n", "z", "r")

    def __init__(
        self,
        factors: Mapping[str, Sequence[ExactFactor]],
        matrices: Mapping[str, Floats],
        reset: Sequence[ExactFactor],
        update: Sequence[ExactFactor],
    ) -> None:
        """What ∂L/∂a, or v for δ_r, is multiplied by for each δ, the matrices, and the factors of r and of z."""
        self._factors, self._reset, self._update = factors, reset, update
        found = {name: product(parts) for name, parts in factors.items()}
        passed, kept = product(reset), product(update)
        self._weights = {name: Scaled.canonical(matrix) for name, matrix in matrices.items()}
        self.size = self.width = next(iter(matrices.values())).shape[0]
        self.delta_widths = dict.fromkeys(self.deltas, self.size)
        self._coefficients = {name: one.mantissa for name, one in found.items()}
        self._passed = passed.mantissa
        power = {name: one.exponent + self._weights[name].exponent for name, one in found.items()}
        through = found["n"].mantissa.any(axis=1, keepdims=True)  # v is exactly 0 where δ_n is
        of_reset = Scaled(found["r"].mantissa * through, found["r"].exponent + power["n"])
        self.delta_exponents: Mapping[str, Integers | None] = {
            "n": exponents(found["n"]),
            "z": exponents(found["z"]),
            "r": exponents(of_reset),
        }
        ways = {
            "z": Scaled(found["z"].mantissa, power["z"]),
            "r": Scaled(of_reset.mantissa, of_reset.exponent + self._weights["r"].exponent),
            "v": Scaled(passed.mantissa * through, passed.exponent + power["n"]),
            "": kept,
        }
        self.previous_exponent, scales = leveled(ways)
        self._scales = scales
        self._kept = kept.mantissa * scales.get("", 1.0)

    def pull_into(self, gradient: Floats, rows: slice, deltas: Mapping[str, Floats], previous: Floats) -> None:
        """Vector–Jacobian product of one or several steps: the three deltas, and the gradient at a⟨s−1⟩."""
        weights = self._weights
        np.multiply(self._coefficients["n"][rows], gradient, out=deltas["n"])
        np.multiply(self._coefficients["z"][rows], gradient, out=deltas["z"])
        v = deltas["n"] @ weights["n"].mantissa
        np.multiply(self._coefficients["r"][rows], v, out=deltas["r"])
        np.multiply(self._kept[rows], gradient, out=previous)
        for name in ("z", "r"):
            way = deltas[name] @ weights[name].mantissa
            previous += way * self._scales[name][rows] if name in self._scales else way
        way = self._passed[rows] * v
        previous += way * self._scales["v"][rows] if "v" in self._scales else way

    def jacobian(self, row: int, noise: Noise | None = None) -> Jacobian:
        """∂a⟨s⟩/∂a⟨s−1⟩ = diag z + diag K_z W_za + diag K_n W_na (diag r + diag K_r W_ra), of one row."""
        scale = {name: row_product(parts, row, noise) for name, parts in self._factors.items()}
        reset = row_product(self._reset, row, noise)

        def plain(values: Scaled) -> Floats:
            return shift(values.mantissa, values.exponent)

        def whole(name: str) -> Floats:
            return shift(self._weights[name].mantissa, self._weights[name].exponent)

        inner = np.diag(plain(reset)) + plain(scale["r"])[:, np.newaxis] * whole("r")
        parts = [
            (row_product(self._update, row, noise), np.eye(self.size)),
            (scale["z"], whole("z")),
            (scale["n"], whole("n") @ inner),
        ]
        return graded_sum(parts, noise)
