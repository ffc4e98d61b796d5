"""PyTorch's names: `weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0`, `…_reverse`, `weight_hr_l0`; cells without `_l0`.

Weight norm stands as `weight_hh_l0_g` and `_v`, or as `parametrizations.weight_hh_l0.original0` and `original1`; a
weight that is dropped in training as `weight_hh_l0_raw`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.sources.arrays import Arrays
from core.sources.layers import RecurrentLayer, cell_of, fits

_NAME: Final = re.compile(
    r"(?P<part>.*\.|)(?P<what>weight_ih|weight_hh|bias_ih|bias_hh|weight_hr)(?:_l(?P<layer>\d{1,4}))?(?P<reverse>_reverse)?"
)
_PARAMETRIZED: Final = re.compile(r"(.*\.|)parametrizations\.([^.]+)\.original([01])")
ROLES: Final = {
    "weight_ih": "input",
    "weight_hh": "recurrent",
    "bias_ih": "bias",
    "bias_hh": "recurrent_bias",
    "weight_hr": "projection",
}


def find(arrays: Arrays) -> list[RecurrentLayer]:
    """Every recurrent layer among PyTorch's names, in the order of the file."""
    groups: dict[tuple[str, int, bool], dict[str, tuple[str, NDArray[Any]]]] = {}
    for name, (shown, array) in _plain(arrays.arrays).items():
        found = _NAME.fullmatch(name)
        if found is not None:
            key = found["part"].rstrip("."), int(found["layer"] or 0), bool(found["reverse"])
            groups.setdefault(key, {})[ROLES[found["what"]]] = shown, array
    layers = []
    for (part, index, backward), group in groups.items():
        if not {"input", "recurrent"} <= group.keys():
            continue
        stored = {role: array for role, (_, array) in group.items()}
        projection = stored.get("projection")
        units = projection.shape[-1] if projection is not None and projection.ndim == 2 else 0
        cell = cell_of(stored["recurrent"], "torch", units)
        if cell is None or not fits(cell, "torch", stored):
            continue
        names = {role: shown for role, (shown, _) in group.items()}
        told = arrays.modules.get(part, {})
        layers.append(RecurrentLayer(part or cell, cell, "torch", stored, names, index, backward, told=told))
    return layers


def _plain(arrays: Mapping[str, NDArray[Any]]) -> dict[str, tuple[str, NDArray[Any]]]:
    """Name without its parametrization → how the file calls it, and the weight that comes out, of any shape."""
    found: dict[str, tuple[str, NDArray[Any]]] = {}
    sizes: dict[str, NDArray[Any]] = {}
    directions: dict[str, tuple[str, NDArray[Any]]] = {}
    for name, array in arrays.items():
        parametrized = _PARAMETRIZED.fullmatch(name)
        plain = f"{parametrized[1]}{parametrized[2]}" if parametrized else name[:-2]
        if name.endswith("_g") or (parametrized and parametrized[3] == "0"):
            sizes[plain] = array
        elif name.endswith("_v") or parametrized:
            directions[plain] = name, array
        found[name.removesuffix("_raw")] = name, array
    for plain, (name, direction) in directions.items():
        if plain in sizes and (weight := _with_norm(sizes[plain], direction)) is not None:
            found[plain] = name, weight
    return found


def _with_norm(sizes: NDArray[Any], directions: NDArray[Any]) -> NDArray[Any] | None:
    """g v / ‖v‖, the norm over the axes that g does not have, (G·H, P) as v; None where the shapes are not those."""
    if sizes.ndim not in (0, directions.ndim):
        return None
    if sizes.ndim and any(one not in (1, n) for one, n in zip(sizes.shape, directions.shape, strict=True)):
        return None
    v = np.asarray(directions, np.float64)
    axes = tuple(axis for axis in range(v.ndim) if sizes.ndim == 0 or sizes.shape[axis] == 1)
    norms = np.sqrt(np.sum(np.square(v), axis=axes, keepdims=True))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(sizes, np.float64) * v / norms
