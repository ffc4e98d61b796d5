"""The minimal GRU without a recurrent matrix (Feng, Tung, Ahmed, Bengio & Hajimirsadeghi 2024), their minGRU.

    z⟨t⟩ = σ(W_zx x⟨t⟩ + b_z)                             the update gate
    n⟨t⟩ = W_nx x⟨t⟩ + b_n                                the candidate, which they call h̃
    a⟨t⟩ = (1 − z⟨t⟩) ⊙ a⟨t−1⟩ + z⟨t⟩ ⊙ n⟨t⟩

Gate and candidate read the input only, so that the state is linear in the state before and all steps can be made at
once, by a parallel scan. One step back:

    δ_n = z ⊙ ∂L/∂a⟨s⟩        δ_z = (n − a⟨s−1⟩) ⊙ σ' ⊙ ∂L/∂a⟨s⟩        ∂L/∂a⟨s−1⟩ = (1 − z) ⊙ ∂L/∂a⟨s⟩

The Jacobian is diag (1 − z⟨s⟩): no unit's gradient ever grows on its way back, and how fast it fades the inputs decide,
unit by unit. The direct path is the only one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from core.network.activations import ACTIVATIONS, Activation
from core.network.cells.gate_products import LOGISTIC, difference, gates, log2_gate, slopes
from core.network.cells.one_part import Term, linear
from core.network.cells.protocol import Cell, DirectFactor, Equations, Linearization, Use
from core.numerics.scaled import Floats

USES: Mapping[str, Use] = MappingProxyType(
    {
        "W_zx": Use("z", "x", role="input"),
        "b_z": Use("z", "1", role="bias"),
        "W_nx": Use("n", "x", role="input"),
        "b_n": Use("n", "1", role="bias"),
    }
)
"""Parameter → its use; one value, as it is asked for at every step of training"""


@dataclass(frozen=True)
class MinGRU(Cell):
    """a⟨t⟩ = (1 − z⟨t⟩) ⊙ a⟨t−1⟩ + z⟨t⟩ ⊙ n⟨t⟩, z⟨t⟩ and n⟨t⟩ of x⟨t⟩ only."""

    name = "mingru"
    title = "minGRU"
    summary = "a GRU whose gate and candidate read the input only: no recurrent matrix, every way back is 1 − z"
    direct = DirectFactor(
        "(1 − z)",
        "∏ (1 − z⟨r⟩)",
        "What the update gates let by: of a gradient at the state a⟨r⟩, 1 − z⟨r⟩ goes to a⟨r−1⟩; nothing else does",
    )

    def equations(self) -> Equations:
        """One gate, a candidate, and the state between the two."""
        return Equations(
            {
                "z": "z⟨t⟩ = σ(W_zx x⟨t⟩ + b_z)",
                "n": "n⟨t⟩ = W_nx x⟨t⟩ + b_n",
                "a": "a⟨t⟩ = (1 − z⟨t⟩) ⊙ a⟨t−1⟩ + z⟨t⟩ ⊙ n⟨t⟩",
            },
            {
                "n": "δ_n⟨s⟩ = z⟨s⟩ ⊙ ∂L/∂a⟨s⟩",
                "z": "δ_z⟨s⟩ = (n⟨s⟩ − a⟨s−1⟩) ⊙ σ' ⊙ ∂L/∂a⟨s⟩",
                "a": "carried: (1 − z⟨s+1⟩) ⊙ ∂L/∂a⟨s+1⟩",
            },
        )

    def uses(self) -> Mapping[str, Use]:
        """Gate and candidate; no parameter reads the state."""
        return USES

    def functions(self, activation: Activation) -> Mapping[str, Activation]:
        """The gate through σ; the candidate is what it is."""
        return {"z": LOGISTIC, "n": ACTIVATIONS["identity"]}

    def forward(
        self, parameters: Mapping[str, Floats], activation: Activation, inputs: Floats, initial_state: Floats
    ) -> tuple[Floats, Floats]:
        """States (T+1, B, n_a) and pre-activations z, n side by side (T, B, 2 n_a)."""
        p, n = parameters, initial_state.shape[1]
        into, bias = np.concatenate([p["W_zx"], p["W_nx"]]).T, np.concatenate([p["b_z"], p["b_n"]])
        record = inputs @ into + bias
        kept, taken = LOGISTIC.value(-record[..., :n]), LOGISTIC.value(record[..., :n]) * record[..., n:]
        states = np.empty((len(inputs) + 1, *initial_state.shape))
        states[0] = state = initial_state
        for t, (keeps, takes) in enumerate(zip(kept, taken, strict=True)):
            states[t + 1] = state = keeps * state + takes
        return states, record

    def linearize(
        self, parameters: Mapping[str, Floats], activation: Activation, states: Floats, preactivations: Floats
    ) -> Linearization:
        """Two pre-activations, of which neither reads the state, and 1 − z as the direct path."""
        width = states.shape[-1]
        before = states[:-1].reshape(-1, width)
        z, n = np.split(preactivations.reshape(-1, 2 * width), 2, axis=1)
        update = gates(z)
        return linear(
            {
                "z": Term((difference(n, before), slopes(LOGISTIC, z, update.plain)), None),
                "n": Term((update,), None),
            },
            [gates(-z)],
        )

    def log2_direct(self, activation: Activation, preactivations: Floats) -> Floats | None:
        """log₂ (1 − z⟨t⟩), (T, B, n_a)."""
        return log2_gate(-np.split(preactivations, 2, axis=-1)[0])
