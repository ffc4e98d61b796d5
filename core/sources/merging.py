"""Two directions put together to one row of numbers, as Keras' Bidirectional does it: side by side, added, averaged.

    concat   h = (a_fwd, a_bwd)            W h
    sum      h = a_fwd + a_bwd             W h = (W  W) (a_fwd, a_bwd)
    ave      h = (a_fwd + a_bwd) / 2       W h = (W  W)/2 (a_fwd, a_bwd)
    mul      h = a_fwd ⊙ a_bwd             no matrix of the two side by side: a read-out of their product

Here the directions stand side by side, and so a matrix W behind the sum stands there twice, once for each of them. What
comes out is the same, and so is every gradient at a state, at a direction's own parameters and at the inputs; W's own
contributions are told of its two copies, and training may take these apart. A product is read by a read-out that
multiplies them (`core.network.head_readout`); no layer above does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from core.network.head_readout import PRODUCT
from core.network.network import Network
from core.numerics.scaled import Floats
from core.sources.layers import RecurrentLayer

CONCATENATED: Final = "concat"
"""Keras' word for two directions side by side, which PyTorch and ONNX always have"""

MULTIPLIED: Final = "mul"

FACTORS: Final[Mapping[str, float]] = {"sum": 1.0, "ave": 0.5}
"""How directions are put together → what W is multiplied by where it stands twice"""


def mode_of(layer: Sequence[RecurrentLayer]) -> str:
    """How the directions of a layer are put together; `concat` for a single one."""
    return str(layer[0].told.get("merge_mode", CONCATENATED)) if len(layer) > 1 else CONCATENATED


def multiplied(layer: Sequence[RecurrentLayer]) -> bool:
    """Whether the directions of a layer are multiplied."""
    return mode_of(layer) == MULTIPLIED


def read_by(layer: Sequence[RecurrentLayer], over_time: str) -> str:
    """How a read-out reads a layer: over time so, or the product of its directions, where they are multiplied.

    Raises:
        ValueError: it is to be both.
    """
    if over_time and multiplied(layer):
        raise ValueError(f"pooling {over_time} of the product of two directions is read by no read-out here")
    return PRODUCT if multiplied(layer) else over_time


def not_read_so(layers: Sequence[Sequence[RecurrentLayer]]) -> str:
    """How the directions of a layer are put together, where nothing here reads them so; empty where something does."""
    known = {CONCATENATED, *FACTORS}
    wrong = [mode_of(layer) for layer in layers[:-1] if mode_of(layer) not in known]
    wrong += [mode_of(layer) for layer in layers[-1:] if mode_of(layer) not in {*known, MULTIPLIED}]
    return next(iter(wrong), "")


def width_of(layer: Sequence[RecurrentLayer]) -> int:
    """How many numbers a layer shows what reads it."""
    return sum(one.output_size for one in layer) if mode_of(layer) == CONCATENATED else layer[0].output_size


def merged(layer: Sequence[RecurrentLayer], states: Sequence[Floats]) -> Floats:
    """What a layer shows, (T, B, n), of the states of its directions, (T, B, m) each."""
    mode = mode_of(layer)
    if mode == CONCATENATED:
        return np.concatenate(states, axis=2)
    return np.prod(states, axis=0) if mode == MULTIPLIED else np.sum(states, axis=0) * FACTORS[mode]


def side_by_side(matrix: Floats, layer: Sequence[RecurrentLayer]) -> Floats:
    """A matrix (m, n) that reads a layer, as it reads the directions side by side; or, as it is, their product."""
    mode = mode_of(layer)
    return matrix if mode in (CONCATENATED, MULTIPLIED) else np.hstack([matrix, matrix]) * FACTORS[mode]


def reading_side_by_side(network: Network, below: Sequence[RecurrentLayer]) -> Network:
    """A layer as it reads the directions of the layer below it side by side."""
    uses = network.cell.uses()
    own = {
        name: side_by_side(matrix, below) if name in uses and uses[name].source == "x" else matrix
        for name, matrix in network.parameters.items()
    }
    return replace(network, parameters=own)
