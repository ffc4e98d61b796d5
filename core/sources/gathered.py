"""A read-out that reads more than the last layer: the layers side by side, with or without the embedding below them.

textgenrnn has one: an attention over time over its embedding and both LSTM layers, 100 + 128 + 128 numbers, and then
one linear layer. A read-out here reads one part of the state, and so such a one is left out, and this is said.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Final

from core.sources.arrays import Arrays
from core.sources.layers import RecurrentLayer
from core.sources.merging import width_of
from core.sources.surroundings import Embedding, matrices

_ATTENTION: Final = re.compile(r"att(entio)?n", re.IGNORECASE)


def left_out(
    stack: Sequence[Sequence[RecurrentLayer]], embedding: Embedding | None, arrays: Arrays, used: Collection[str]
) -> str:
    """Which read-out of a file reads several layers together, and why it is left out; empty where none does.

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
        through = f" through {query}, an attention over time" if query else ""
        *told, top = [f"{width} of {name}" for name, width in parts]
        return (
            f"{heads[0].name} reads {whole} numbers{through}: as many as {', '.join(told)} and {top} together; "
            "a read-out here reads the last layer only, so this one is left out"
        )
    return ""
