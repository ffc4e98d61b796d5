"""An embedding as the lowest layer of a stack: an id comes in, and its column of E goes up.

    e⟨t⟩ = E x⟨t⟩        x⟨t⟩ is 1 at the id of step t and 0 elsewhere, so that E x⟨t⟩ is the column of that id

It has no memory: nothing leads from the state before to the state, and its Jacobian is zero. One step back:

    δ_e = ∂L/∂e⟨s⟩        ∂L/∂e⟨s−1⟩ = 0

so that the contribution of lag k to E is what comes down from the layers above at step s = t − k, in the column of the
id that is used there. E is (n, V): the table of a file, which has a row for each of the V ids, transposed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from core.network.activations import ACTIVATIONS, Activation
from core.network.cells.protocol import Cell, Equations, Jacobian, Linearization, Part, Use
from core.numerics.scaled import Floats, Scaled
from core.numerics.shaking import Noise

USES: Mapping[str, Use] = MappingProxyType({"E": Use("e", "x", role="input")})


@dataclass(frozen=True)
class EmbeddingLayer(Cell):
    """e⟨t⟩ = E x⟨t⟩."""

    name = "embedding"
    title = "embedding"
    summary = "a table with a column for each id, which a layer above reads; it has no memory"
    offered = False
    remembers = False

    def equations(self) -> Equations:
        """One product, and nothing on the way back."""
        return Equations({"e": "e⟨t⟩ = E x⟨t⟩"}, {"e": "δ_e⟨s⟩ = ∂L/∂e⟨s⟩"})

    def uses(self) -> Mapping[str, Use]:
        """Which parameters there are: E, which reads the id."""
        return USES

    def functions(self, activation: Activation) -> Mapping[str, Activation]:
        """What is looked up is what it is."""
        return {"e": ACTIVATIONS["identity"]}

    def parts(self, n_a: int) -> tuple[Part, ...]:
        """One part, the row that is looked up."""
        return (Part("e", n_a, read_out=True),)

    def forward(
        self, parameters: Mapping[str, Floats], activation: Activation, inputs: Floats, initial_state: Floats
    ) -> tuple[Floats, Floats]:
        """States (T+1, B, n) and the same as pre-activations (T, B, n)."""
        made = inputs @ parameters["E"].T
        return np.concatenate([initial_state[np.newaxis], made]), made

    def linearize(
        self, parameters: Mapping[str, Floats], activation: Activation, states: Floats, preactivations: Floats
    ) -> Linearization:
        """The gradient at what is looked up, and nothing to the step before."""
        return _Forgetting(states.shape[2])


class _Forgetting(Linearization):
    """A step back that nothing comes back through."""

    deltas = ("e",)

    def __init__(self, size: int) -> None:
        self.size = self.width = size
        self.delta_widths = {"e": size}
        self.delta_exponents = {"e": None}
        self.previous_exponent = None

    def pull_into(self, gradient: Floats, rows: slice, deltas: Mapping[str, Floats], previous: Floats) -> None:
        """The gradient itself, and zeros."""
        deltas["e"][...] = gradient
        previous[...] = 0.0

    def jacobian(self, row: int, noise: Noise | None = None) -> Jacobian:
        """∂e⟨s⟩/∂e⟨s−1⟩ = 0, (n, n)."""
        nothing = np.zeros((self.size, self.size))
        return Jacobian(Scaled(np.zeros(self.size), np.zeros(self.size, dtype=np.int64)), nothing, nothing != 0)
