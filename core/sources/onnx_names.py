"""ONNX's recurrent nodes: W (D, G·H, I), R (D, G·H, H), B (D, 2·G·H), D the number of directions; P are peepholes."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from core.sources.arrays import Arrays
from core.sources.layers import RecurrentLayer, fits

_CELLS: Final = {"RNN": "rnn", "GRU": "gru", "LSTM": "lstm"}
_ROLES: Final = {"W": "input", "R": "recurrent", "B": "bias", "P": "peephole"}


def find(arrays: Arrays) -> list[RecurrentLayer]:
    """Every recurrent node of the graph, one layer for each of its directions."""
    layers = []
    for part, told in arrays.modules.items():
        cell = _CELLS.get(str(told.get("class")))
        names = {role: f"{part}.{end}" for end, role in _ROLES.items() if f"{part}.{end}" in arrays.arrays}
        if cell is None or not {"input", "recurrent"} <= names.keys():
            continue
        whole = {role: arrays.arrays[name] for role, name in names.items()}
        directions = whole["recurrent"].shape[0] if whole["recurrent"].ndim == 3 else 0
        if any(array.ndim < 2 or array.shape[0] != directions for array in whole.values()):
            continue
        for at in range(min(directions, 2)):
            stored = {role: array[at] for role, array in whole.items()}
            backward = at == 1 or told.get("direction") == "reverse"
            after = bool(told.get("linear_before_reset", 0))
            if fits(cell, "onnx", stored):
                layer = RecurrentLayer(part, cell, "onnx", stored, names, backward=backward, told=told)
                layers.append(replace(layer, resets_after=after, reads=str(told.get("reads", ""))))
    return layers
