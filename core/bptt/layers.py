"""A stack of layers in one cell: whose state is whose, and what a layer passes down at one and the same step.

Inside a step the gradient goes from a layer to the one below it, through the matrices by which the upper layer reads
the lower one:

    Σ_j W_jᵀ δ_j⟨s⟩        over the parameters j of layer l + 1 that read what comes from below

From step to step every layer has a way back of its own, through its own recurrent matrices.
"""

from __future__ import annotations

from collections.abc import Mapping

from core.bptt.backward import StateGradients
from core.bptt.direct_path import through
from core.bptt.forward import Tape
from core.network.initial_state import layers_of
from core.numerics.frozen import FrozenMapping
from core.numerics.scaled import Floats, freeze

__all__ = ["layers_of", "log2_passed_down"]


def log2_passed_down(tape: Tape, returned: StateGradients) -> Mapping[int, Floats]:
    """How much of the gradient each layer passes to the layer below it.

    Returns:
        Layer, from 2 on → (T,) at [s − 1]: log₂ of the Frobenius norm of Σ_j W_jᵀ δ_j⟨s⟩ over its input matrices,
        −inf where it is exactly zero. Nothing for a cell of one layer.
    """
    found = {}
    uses = tape.network.cell.uses()
    for layer in sorted({use.layer for use in uses.values()})[1:]:
        names = [name for name, use in uses.items() if use.layer == layer and use.role == "input"]
        if names:
            found[layer] = through(tape, returned, names).log2_norm(axis=(1, 2))
    freeze(*found.values())
    return FrozenMapping(found)
