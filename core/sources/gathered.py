"""A read-out that reads more than the last layer: the layers side by side, with or without the embedding below them.

textgenrnn has one: an attention over time over its embedding and both LSTM layers, 100 + 128 + 128 numbers, and then
one linear layer. A read-out of a network here reads one part of the state, and so such a one is not part of it. Its
gradient at every state that it reads is that of `core.Head`, and is put in there from outside (`Batch.injecting`): all
that the recurrence and the embedding see of it. Its own parameters are behind no Jacobian, and are not told of.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.network.batch import Batch
from core.network.cells.stacked import Stacked
from core.network.heads import Head as NetworkHead
from core.network.heads import HeadLayer
from core.network.network import Network
from core.numerics.frozen import FrozenRecord
from core.numerics.scaled import Floats
from core.sources.arrays import Arrays
from core.sources.layers import RecurrentLayer
from core.sources.merging import width_of
from core.sources.surroundings import Embedding, Head, matrices

_ATTENTION: Final = re.compile(r"att(entio)?n", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class Gathered(FrozenRecord):
    """A read-out that reads several layers together: weights (n_y, n) and the query (n,) of its attention."""

    head: Head
    parts: tuple[tuple[str, int], ...]
    """What it reads, the lowest first: the name of a layer or of the table, and how many numbers"""
    embedded: bool
    """Whether the table is the first of them"""
    query_name: str = ""
    query: NDArray[Any] | None = None
    """q, (n,) or (n, 1), as many numbers as are read; None without an attention"""

    @property
    def said(self) -> str:
        """What it reads, in a clause."""
        *told, top = [f"{width} of {name}" for name, width in self.parts]
        through = f" through {self.query_name}, an attention over time" if self.query is not None else ""
        reads = f"{self.head.name} reads {self.head.reads} numbers{through}"
        return f"{reads}: as many as {', '.join(told)} and {top} together"

    def put_in(self, network: Network, batch: Batch, g: str) -> Batch:
        """A batch with the gradient of this read-out at the states of all layers in the place of its targets.

        Args:
            network: The recurrence without a read-out, whose layers are those that are read.
            batch: The inputs, targets (T, B, n_y) or (T, B) and which of them are scored.
            g: The read-out whose loss is meant.

        Raises:
            ValueError: the network is of other layers.
        """
        cell = network.cell
        names = [cell.named(cell.shown(at), at) for at in range(len(cell.cells))] if isinstance(cell, Stacked) else []
        widths = {part.name: part.width for part in network.parts}
        if [widths[name] for name in names] != [width for _, width in self.parts]:
            raise ValueError(
                f"{self.head.name} reads {', '.join(name for name, _ in self.parts)}, and not all of these are layers "
                "here; take the whole network, with fewer steps or examples where there is a table of embeddings"
            )
        start = np.zeros((batch.inputs.shape[1], network.state_size))
        states, _ = network.cell.forward(network.parameters, network.activation, batch.inputs, start)
        own = network.by_part(states[1:])
        weights = self.head.parameters()
        query = None if self.query is None else np.asarray(self.query, np.float64).ravel()
        over_time = "every" if query is None else "attention"
        head = NetworkHead([HeadLayer(weights["W_y"], weights["b_y"])], over_time, g, query)  # type: ignore[arg-type]
        found = head.of_states(np.concatenate([own[name] for name in names], axis=2), batch).state_gradients
        return Batch.injecting(batch.inputs, _at_states(network, names, found))


def _at_states(network: Network, names: Sequence[str], gradients: Floats) -> Floats:
    """Gradients at parts of the state side by side, (T, B, n), where these stand in the whole, (T, B, n_state)."""
    places = network.by_part(np.arange(float(network.state_size)))
    whole = np.zeros((*gradients.shape[:2], network.state_size))
    whole[..., np.concatenate([places[name] for name in names]).astype(np.intp)] = gradients
    return whole


def gathered(
    stack: Sequence[Sequence[RecurrentLayer]], embedding: Embedding | None, arrays: Arrays, used: Collection[str]
) -> Gathered | None:
    """Which read-out of a file reads several layers together; None where none does.

    Args:
        stack: The layers, the lowest first.
        embedding: The table of embeddings below them, if there is one.
        arrays: All that stands in the file.
        used: Names of arrays that are something else.
    """
    layers = [(each[0].part, width_of(each)) for each in stack]
    if len({name for name, _ in layers}) < len(layers):
        layers = [(f"layer {number} of {name}", width) for number, (name, width) in enumerate(layers, 1)]
    below = [] if embedding is None else [(embedding.name, embedding.array.shape[1])]
    for parts in (below + layers, layers):
        whole = sum(width for _, width in parts)
        heads = [head for head in matrices(arrays, used, whole) if head.reads == whole and head.outputs > 1]
        if len(parts) < 2 or not heads:
            continue
        query = next((name for name, one in arrays.arrays.items() if one.size == whole and _ATTENTION.search(name)), "")
        return Gathered(heads[0], tuple(parts), len(parts) > len(layers), query, arrays.arrays.get(query))
    return None
