"""What cells with gates have in common: σ, the function of the gates, of which files bring three forms."""

from __future__ import annotations

from dataclasses import dataclass

from core.network.activations import ACTIVATIONS, Activation
from core.network.cells.gate_products import GATES_TOLD, SIGMA
from core.network.cells.protocol import Cell


@dataclass(frozen=True)
class Gated(Cell):
    """A cell whose gates go through σ, or through a hard form of it."""

    gate: str = "sigmoid"
    """σ: one of `GATE_FUNCTIONS`"""

    called = ""
    """What a person calls the cell with logistic gates"""

    @property
    def title(self) -> str:
        """What it is called, and which gates where they are not logistic: `GRU, hard gates`."""
        return f"{self.called}{GATES_TOLD[self.gate]}"

    @property
    def offered(self) -> bool:
        """Offer it with logistic gates only."""
        return self.gate == "sigmoid"

    @property
    def sigma(self) -> Activation:
        """What the gates go through."""
        return ACTIVATIONS[self.gate]

    @property
    def written_sigma(self) -> str:
        """How that is written in equations: `σ`, or `hσ` for a hard one."""
        return SIGMA[self.gate]
