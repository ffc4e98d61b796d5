"""Flax's names: a matrix for each gate, `ii if ig io hi hf hg ho`, `ir iz in hr hz hn`, or `i h`; kernels are (I, H).

An LSTM's biases stand with its recurrent matrices, a GRU's with those of its inputs, and its n has one more. In
nnx, `if` is called `if_`, and a GRU has one matrix for all gates, `dense_i` and `dense_h`, in the order r z n.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.sources.arrays import Arrays
from core.sources.layers import RecurrentLayer, fits

_SETS: Final = {
    "lstm": (("ii", "if", "ig", "io"), ("hi", "hf", "hg", "ho")),
    "gru": (("ir", "iz", "in"), ("hr", "hz", "hn")),
}


def find(arrays: Arrays) -> list[RecurrentLayer]:
    """Every recurrent layer among Flax's names, in the order of the file."""
    groups: dict[str, dict[str, NDArray[Any]]] = {}
    for name, array in arrays.arrays.items():
        path = name.removesuffix(".value").split(".")
        if len(path) >= 2 and path[-1] in ("kernel", "bias"):
            key = f"{path[-2].rstrip('_')}.{path[-1]}"
            groups.setdefault(".".join(path[:-2]), {})[key] = array
    layers = (_layer(part, group) for part, group in groups.items())
    return [layer for layer in layers if layer is not None]


def _layer(part: str, group: Mapping[str, NDArray[Any]]) -> RecurrentLayer | None:
    """The layer that a group of arrays is, its gates put together as PyTorch has them; None where it is none."""
    for cell, (into, recurrent) in _SETS.items():
        if all(f"{gate}.kernel" in group for gate in (*into, *recurrent)):
            stored = {
                "input": _stacked(group, into),
                "recurrent": _stacked(group, recurrent),
                "bias": _biases(group, into),
                "recurrent_bias": _biases(group, recurrent),
            }
            return _fitting(part, cell, stored)
    for into_name, recurrent_name in (("dense_i", "dense_h"), ("i", "h")):
        if f"{into_name}.kernel" in group and f"{recurrent_name}.kernel" in group:
            return _whole(part, group, into_name, recurrent_name)
    return None


def _whole(part: str, group: Mapping[str, NDArray[Any]], into: str, recurrent: str) -> RecurrentLayer | None:
    """A layer whose gates stand in one matrix already."""
    matrix = group[f"{recurrent}.kernel"]
    if matrix.ndim != 2 or 0 in matrix.shape:
        return None
    cell = {matrix.shape[0]: "rnn", 3 * matrix.shape[0]: "gru", 4 * matrix.shape[0]: "lstm"}.get(matrix.shape[1])
    stored = {
        "input": group[f"{into}.kernel"].T,
        "recurrent": matrix.T,
        "bias": _biases(group, (into,)),
        "recurrent_bias": _biases(group, (recurrent,)),
    }
    return None if cell is None else _fitting(part, cell, stored)


def _fitting(part: str, cell: str, stored: Mapping[str, NDArray[Any] | None]) -> RecurrentLayer | None:
    arrays = {role: array for role, array in stored.items() if array is not None}
    if not {"input", "recurrent"} <= arrays.keys() or not fits(cell, "torch", arrays):
        return None
    names = {"input": f"{part}.i…", "recurrent": f"{part}.h…"}
    return RecurrentLayer(part or cell, cell, "torch", arrays, names)


def _stacked(group: Mapping[str, NDArray[Any]], gates: tuple[str, ...]) -> NDArray[Any] | None:
    kernels = [group[f"{gate}.kernel"] for gate in gates]
    if any(kernel.ndim != 2 or kernel.shape != kernels[0].shape for kernel in kernels):
        return None
    return np.concatenate([np.asarray(kernel, np.float64).T for kernel in kernels])


def _biases(group: Mapping[str, NDArray[Any]], gates: tuple[str, ...]) -> NDArray[Any] | None:
    """The biases of these gates one after another, zeros for a gate without one, (G·H,)."""
    sizes = [group[f"{gate}.kernel"].shape[-1] for gate in gates]
    biases = [group.get(f"{gate}.bias", np.zeros(size)) for gate, size in zip(gates, sizes, strict=True)]
    return np.concatenate([np.asarray(bias, np.float64).ravel() for bias in biases])
