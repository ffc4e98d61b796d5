"""The step back of a cell that is made of others' steps: layers of a stack, or the two directions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.network.cells.protocol import Layer, Linearization
from core.numerics.scaled import Floats, shift


class ComposedStep(Linearization):
    """The steps back of several layers together; each has powers of two of its own, and `pull` has to keep them."""

    previous_exponent = None

    def __init__(self, layers: Sequence[Layer]) -> None:
        """Gather what the layers have: their pre-activations, by the names of the whole, and their sizes."""
        self.deltas = tuple(layer.names[name] for layer in layers for name in layer.step.deltas)
        self.size = self.width = sum(layer.step.size for layer in layers)
        self.delta_widths = {
            layer.names[name]: layer.step.delta_widths[name] * (layer.step.size // layer.step.width)
            for layer in layers
            for name in layer.step.deltas
        }
        self.delta_exponents = dict.fromkeys(self.deltas)

    def pull_into(self, gradient: Floats, rows: slice, deltas: Mapping[str, Floats], previous: Floats) -> None:
        """Vector–Jacobian product in plain float64; `pull` has powers of two."""
        pulled = self.pull(gradient, rows)
        for name, delta in deltas.items():
            delta[...] = shift(pulled.deltas[name], pulled.delta_exponents[name])
        previous[...] = shift(pulled.previous, pulled.previous_exponent)
