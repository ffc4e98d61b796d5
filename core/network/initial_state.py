"""The state that a sequence starts from, in the shapes that people have it in.

(B, n_a)             a⟨0⟩ only: the first part of the state; the others are 0
(B, n_state)         the whole state, its parts side by side
(layers, B, n_a)     by layer, as frameworks have h₀: the first part of each layer's state
(layers, B, n)       by layer, all parts of the layer's state side by side, as (h₀, c₀) of an LSTM

Of a network of two directions, both have the place of a layer, the forward one first.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from core.network.cells.bidirectional import Bidirectional
from core.network.network import Network
from core.numerics.frozen import FrozenMapping
from core.numerics.scaled import Floats


def layers_of(network: Network) -> Mapping[int, tuple[str, ...]]:
    """Layer, from 1 at the bottom → the names of the parts of its state.

    A part belongs to the layer whose recurrent matrices read it. One that no matrix reads, as the cell state of an
    LSTM, belongs to the layer of the part before it.
    """
    stack = network.cell.stack
    if len(stack) > 1:
        names = iter(part.name for part in network.parts)
        return FrozenMapping({at: tuple(islice(names, len(cell.parts(1)))) for at, cell in enumerate(stack, 1)})
    readers = {use.source: use.layer for use in network.cell.uses().values() if use.role == "recurrent"}
    layer = min(use.layer for use in network.cell.uses().values())
    found: dict[int, tuple[str, ...]] = {}
    for part in network.parts:
        layer = readers.get(part.name, layer)
        found[layer] = (*found.get(layer, ()), part.name)
    return FrozenMapping(dict(sorted(found.items())))


def initial_state(network: Network, given: Floats | None, examples: int) -> Floats:
    """The whole state before the first step, (B, n_state), from any of the shapes above; zeros for None.

    Raises:
        ValueError: if it has none of these shapes.

    Runnable example:

        >>> import numpy as np
        >>> import core
        >>> network = core.make_network(core.Experiment(cell="lstm", hidden_size=2))
        >>> initial_state(network, np.ones((1, 3, 2)), 3)[0].tolist()
        [1.0, 1.0, 0.0, 0.0]
    """
    start = np.zeros((examples, network.state_size))
    if given is None:
        return start
    expected = (examples, network.parts[0].width)
    if given.shape in (expected, start.shape):
        start[:, : given.shape[1]] = given
        return start
    layers = places_of(network)
    by_layer = given.ndim == 3 and given.shape[:2] == (len(layers), examples)
    if by_layer and all(own.shape[1] in (n, len(at)) for own, (at, n) in zip(given, layers, strict=True)):
        for own, (at, _) in zip(given, layers, strict=True):
            start[:, at[: own.shape[1]]] = own
        return start
    whole = f", {start.shape} for the whole state" if start.shape != expected else ""
    fitting = (len(layers), examples, layers[0][1])
    raise ValueError(f"the initial state must have shape {expected}{whole} or {fitting} by layer, got {given.shape}")


def places_of(network: Network) -> list[tuple[NDArray[np.intp], int]]:
    """Where the state of each layer or direction stands in the whole, and the width of its first part."""
    places = network.by_part(np.arange(float(network.state_size)))
    found = []
    for cell, names in zip(network.cell.stack, layers_of(network).values(), strict=True):
        own = np.concatenate([places[name].astype(np.intp) for name in names])
        if isinstance(cell, Bidirectional):
            sizes = [cell.size(at, network.hidden_size) for at in (0, 1)]
            firsts = [one.parts(size)[0].width for one, size in zip(cell.cells, sizes, strict=True)]
            found += [(own[cell.columns(at)], firsts[at]) for at in (0, 1)]
        else:
            found.append((own, places[names[0]].size))
    return found
