"""The deep chain: depth in the place of time, and a matrix of its own for every layer.

    z⟨s⟩ = W_aa⟨s⟩ a⟨s−1⟩ + W_ax x⟨s⟩ + b_a⟨s⟩        a⟨s⟩ = (1 − α) a⟨s−1⟩ + α φ(z⟨s⟩)

W_aa is (T, n_a, n_a) and b_a (T, n_a): layer s has W_aa[s − 1]. Fed at the first step only, it is a feed-forward
network of T layers, and α < 1 gives it skip connections. The step back is that of the vanilla cell with the layer's
matrix,

    δ⟨s⟩ = α φ'(z⟨s⟩) ⊙ ∂L/∂a⟨s⟩        ∂L/∂a⟨s−1⟩ = W_aa⟨s⟩ᵀ δ⟨s⟩ + (1 − α) ∂L/∂a⟨s⟩

so that the same product of Jacobians forms, J⟨T⟩ … J⟨s+1⟩, and all that differs from a recurrent network is whether its
factors have one matrix in common. Contributions of different layers never add up into one matrix.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from core.network.activations import Activation
from core.network.cells.protocol import Equations, Linearization, Use
from core.network.cells.vanilla import Leaky, leaky, leaky_equations, leaky_linear
from core.numerics.scaled import Floats

USES: Mapping[str, Use] = MappingProxyType(
    {
        "W_aa": Use("z", "a", tied=False, role="recurrent", gate="a"),
        "W_ax": Use("z", "x", role="input", gate="a"),
        "b_a": Use("z", "1", tied=False, role="bias", gate="a"),
    }
)
"""Parameter → its use; one value, as it is asked for at every step of training"""


@dataclass(frozen=True)
class Deep(Leaky):
    """a⟨s⟩ = (1 − α) a⟨s−1⟩ + α φ(W_aa⟨s⟩ a⟨s−1⟩ + W_ax x⟨s⟩ + b_a⟨s⟩)."""

    name = "deep"
    title = "deep chain"
    summary = "no recurrence, T layers with a matrix each"

    def equations(self) -> Equations:
        """One pre-activation, z, and the state a."""
        return leaky_equations("W_aa⟨t⟩", "b_a⟨t⟩", self.leak)

    def uses(self) -> Mapping[str, Use]:
        """W_aa and b_a have numbers of their own for every layer; W_ax, which only feeds the chain, is shared."""
        return USES

    def functions(self, activation: Activation) -> Mapping[str, Activation]:
        """Pre-activation → its function: z goes through φ."""
        return {"z": activation}

    def forward(
        self, parameters: Mapping[str, Floats], activation: Activation, inputs: Floats, initial_state: Floats
    ) -> tuple[Floats, Floats]:
        """States (T+1, B, n_a) and pre-activations z (T, B, n_a)."""
        layers, steps = parameters["W_aa"], len(inputs)
        z = inputs @ parameters["W_ax"].T + parameters["b_a"][:steps, np.newaxis]
        states = np.empty((steps + 1, *initial_state.shape))
        states[0] = state = initial_state
        for t in range(steps):
            z[t] += state @ layers[t].T
            states[t + 1] = state = leaky(self.leak, state, activation.value(z[t]))
        return states, z

    def linearize(
        self, parameters: Mapping[str, Floats], activation: Activation, states: Floats, preactivations: Floats
    ) -> Linearization:
        """α φ'(z⟨s⟩) and W_aa⟨s⟩ of every layer, and the leak."""
        layers = parameters["W_aa"][: len(preactivations)]
        return leaky_linear(self.leak, activation, states, preactivations, layers, by_step=True)
