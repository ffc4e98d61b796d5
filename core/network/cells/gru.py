"""The gated recurrent unit (Cho et al. 2014), in the reset-after form that PyTorch and cuDNN compute.

    r⟨t⟩ = σ(W_ra a⟨t−1⟩ + W_rx x⟨t⟩ + b_r)               the reset gate
    z⟨t⟩ = σ(W_za a⟨t−1⟩ + W_zx x⟨t⟩ + b_z)               the update gate
    m⟨t⟩ = W_na a⟨t−1⟩ + b_na                             what the reset gate lets through
    n⟨t⟩ = φ(W_nx x⟨t⟩ + b_n + r⟨t⟩ ⊙ m⟨t⟩)               the candidate; φ = tanh in PyTorch
    a⟨t⟩ = (1 − z⟨t⟩) ⊙ n⟨t⟩ + z⟨t⟩ ⊙ a⟨t−1⟩

One step back, with δ_r, δ_z, δ_n the gradients at what stands in the brackets and δ_m that at m, and φ' and σ' taken
there too:

    δ_n = (1 − z) ⊙ φ' ⊙ ∂L/∂a⟨s⟩        δ_z = (a⟨s−1⟩ − n) ⊙ σ' ⊙ ∂L/∂a⟨s⟩
    δ_m = r ⊙ δ_n                        δ_r = m ⊙ σ' ⊙ δ_n
    ∂L/∂a⟨s−1⟩ = z ⊙ ∂L/∂a⟨s⟩ + W_raᵀ δ_r + W_zaᵀ δ_z + W_naᵀ δ_m

The first term is the direct path: where the update gate is close to 1, a gradient goes back through no matrix at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from core.network.activations import ACTIVATIONS, Activation
from core.network.cells.gate_products import difference, gates, log2_gate, numbers, slopes
from core.network.cells.gated import Gated
from core.network.cells.one_part import Term, linear
from core.network.cells.protocol import DirectFactor, Equations, Linearization, Use
from core.numerics.rows import plus, times, transposed
from core.numerics.scaled import Floats

USES: Mapping[str, Use] = MappingProxyType(
    {
        "W_ra": Use("r", "a", role="recurrent"),
        "W_rx": Use("r", "x", role="input"),
        "b_r": Use("r", "1", role="bias"),
        "W_za": Use("z", "a", role="recurrent"),
        "W_zx": Use("z", "x", role="input"),
        "b_z": Use("z", "1", role="bias"),
        "W_na": Use("m", "a", role="recurrent", gate="n"),
        "W_nx": Use("n", "x", role="input"),
        "b_n": Use("n", "1", role="bias"),
        "b_na": Use("m", "1", role="bias", gate="n"),
    }
)
"""Parameter → its use; one value, as it is asked for at every step of training"""


@dataclass(frozen=True)
class GRU(Gated):
    """a⟨t⟩ = (1 − z⟨t⟩) ⊙ n⟨t⟩ + z⟨t⟩ ⊙ a⟨t−1⟩."""

    name: str = "gru"
    called = "GRU"
    in_rows = True
    direct = DirectFactor(
        "z",
        "∏ z⟨r⟩",
        "What the update gates let by: of a gradient at the state a⟨r⟩, z⟨r⟩ goes to a⟨r−1⟩ without passing through "
        "a matrix",
    )
    summary = (
        "a gated recurrent unit, whose update gate z lets a gradient pass without any matrix: ×z, about a half at a "
        "bias of 0, more above"
    )

    def equations(self) -> Equations:
        """Two gates, a candidate, and the state between the two."""
        return Equations(
            {
                "r": f"r⟨t⟩ = {self.written_sigma}(W_ra a⟨t−1⟩ + W_rx x⟨t⟩ + b_r)",
                "z": f"z⟨t⟩ = {self.written_sigma}(W_za a⟨t−1⟩ + W_zx x⟨t⟩ + b_z)",
                "m": "m⟨t⟩ = W_na a⟨t−1⟩ + b_na",
                "n": "n⟨t⟩ = φ(W_nx x⟨t⟩ + b_n + r⟨t⟩ ⊙ m⟨t⟩)",
                "a": "a⟨t⟩ = (1 − z⟨t⟩) ⊙ n⟨t⟩ + z⟨t⟩ ⊙ a⟨t−1⟩",
            },
            {
                "n": "δ_n⟨s⟩ = (1 − z⟨s⟩) ⊙ φ' ⊙ ∂L/∂a⟨s⟩",
                "z": "δ_z⟨s⟩ = (a⟨s−1⟩ − n⟨s⟩) ⊙ σ' ⊙ ∂L/∂a⟨s⟩",
                "m": "δ_m⟨s⟩ = r⟨s⟩ ⊙ δ_n⟨s⟩",
                "r": "δ_r⟨s⟩ = m⟨s⟩ ⊙ σ' ⊙ δ_n⟨s⟩",
                "a": "carried: z⟨s+1⟩ ⊙ ∂L/∂a⟨s+1⟩ + W_raᵀ δ_r⟨s+1⟩ + W_zaᵀ δ_z⟨s+1⟩ + W_naᵀ δ_m⟨s+1⟩",
            },
        )

    def uses(self) -> Mapping[str, Use]:
        """Gate by gate. The candidate's two biases differ: b_na is behind the reset gate."""
        return USES

    def functions(self, activation: Activation) -> Mapping[str, Activation]:
        """Two gates through σ, the candidate through φ; m is what it is."""
        return {"r": self.sigma, "z": self.sigma, "n": activation, "m": ACTIVATIONS["identity"]}

    def forward(
        self, parameters: Mapping[str, Floats], activation: Activation, inputs: Floats, initial_state: Floats
    ) -> tuple[Floats, Floats]:
        """States (T+1, B, n_a) and pre-activations r, z, n, m side by side (T, B, 4 n_a)."""
        p, sigma = parameters, self.sigma.value
        steps, examples, _ = inputs.shape
        n = initial_state.shape[1]
        recurrent = np.ascontiguousarray(transposed(np.concatenate([p["W_ra"], p["W_za"], p["W_na"]], axis=-2)))
        into = transposed(np.concatenate([p["W_rx"], p["W_zx"], p["W_nx"]], axis=-2))
        record = np.empty((steps, examples, 4 * n))
        record[..., : 3 * n] = plus(times(inputs, into), np.concatenate([p["b_r"], p["b_z"], p["b_n"]], axis=-1))
        states = np.empty((steps + 1, *initial_state.shape))
        states[0] = initial_state
        read, gate = np.empty((2, examples, 3 * n))  # r, z and 1 − z
        for now, before, after in zip(record, states[:-1], states[1:], strict=True):
            times(before, recurrent, out=read)
            gates_now, candidate, m = now[:, : 2 * n], now[:, 2 * n : 3 * n], now[:, 3 * n :]
            gates_now += read[:, : 2 * n]
            m[...] = plus(read[:, 2 * n :], p["b_na"])
            gate[:, : 2 * n] = gates_now
            np.negative(gates_now[:, n:], out=gate[:, 2 * n :])
            sigma(gate, gate)
            candidate += gate[:, :n] * m
            activation.value(candidate, after)
            after *= gate[:, 2 * n :]
            after += gate[:, n : 2 * n] * before
        return states, record

    def linearize(
        self, parameters: Mapping[str, Floats], activation: Activation, states: Floats, preactivations: Floats
    ) -> Linearization:
        """Four pre-activations, and the update gate as the direct path."""
        p, width = parameters, states.shape[-1]
        before = states[:-1].reshape(-1, width)
        r, z, n, m = np.split(preactivations.reshape(-1, 4 * width), 4, axis=1)
        sigma = self.sigma
        reset, update, candidate = gates(r, sigma), gates(z, sigma), activation.value(n)
        into_candidate = (gates(-z, sigma), slopes(activation, n, candidate))
        return linear(
            {
                "r": Term((*into_candidate, numbers(m), slopes(sigma, r, reset.plain)), p["W_ra"]),
                "z": Term((difference(before, candidate), slopes(sigma, z, update.plain)), p["W_za"]),
                "n": Term(into_candidate, None),
                "m": Term((*into_candidate, reset), p["W_na"]),
            },
            [update],
        )

    def log2_direct(self, activation: Activation, preactivations: Floats) -> Floats | None:
        """log₂ z⟨t⟩, the update gate, (T, B, n_a)."""
        z = np.split(preactivations, 4, axis=-1)[1]
        return log2_gate(z, self.sigma)
