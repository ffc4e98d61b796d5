"""What stands around a recurrent part: the table of embeddings before it, and the matrices behind it that would fit."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.numerics.frozen import FrozenRecord
from core.numerics.scaled import Floats
from core.sources.arrays import Arrays

_TABLE: Final = re.compile(r"emb|wte|lookup|vocab", re.IGNORECASE)
_LIKELY: Final = ("fc", "out", "decoder", "head", "linear", "dense", "logits", "classifier", "proj")
"""What people call a read-out, the most usual first"""
_ENDS: Final = (("weight", "bias"), ("kernel", "bias"), ("vars.0", "vars.1"), ("_w", "_b"), ("_W", "_b"), ("W", "b"))


@dataclass(frozen=True, eq=False)
class Embedding(FrozenRecord):
    """A table of embeddings, a row of shape (n_x,) for each id."""

    name: str
    array: NDArray[Any]
    """Row i is what the network reads for id i; its shape is ids times n_x"""

    @property
    def ids(self) -> int:
        """How many different ids there are."""
        return self.array.shape[0]


@dataclass(frozen=True, eq=False)
class Head(FrozenRecord):
    """A matrix that fits behind a recurrent part, and its bias: shapes (n_y, n) and (n_y,)."""

    name: str
    """The name of its module or layer: `fc`"""
    names: tuple[str, ...]
    """The names of its arrays in the file"""
    weight: NDArray[Any]
    """(n_y, n)"""
    bias: NDArray[Any] | None
    """(n_y,), or None without one"""
    function: str = ""
    """g, where the file says it: `softmax`, `sigmoid`, `identity`"""

    @property
    def outputs(self) -> int:
        """n_y, how many outputs it makes."""
        return self.weight.shape[0]

    @property
    def known_as(self) -> tuple[str, ...]:
        """What somebody may call it: its name, the last part of that, the names of its arrays."""
        return (self.name, self.name.rpartition(".")[2], *self.names)

    def parameters(self) -> dict[str, Floats]:
        """W_y (n_y, n) and b_y (n_y,), zeros where the file has no bias."""
        weight = np.array(self.weight, np.float64)
        return {"W_y": weight, "b_y": np.zeros(len(weight)) if self.bias is None else np.array(self.bias, np.float64)}


def embedding_before(arrays: Arrays, part: str, width: int) -> Embedding | None:
    """The table of embeddings with so many columns whose name is nearest to that of the part; None without one."""
    tables = [
        Embedding(name, array)
        for name, array in arrays.arrays.items()
        if array.ndim == 2 and array.shape[1] == width and 0 not in array.shape and _TABLE.search(name)
    ]
    return max(tables, key=lambda table: _common(table.name, part), default=None)


def heads_behind(arrays: Arrays, part: str, width: int, used: Collection[str]) -> tuple[Head, ...]:
    """The matrices that read so many numbers, the likeliest first.

    Args:
        arrays: All that stands in the file.
        part: The name of the recurrent part.
        width: How many numbers it shows: units times directions.
        used: Names of arrays that are something else.
    """
    heads = list(_heads(arrays, width, used))
    order = {head.name: at for at, head in enumerate(heads)}
    return tuple(sorted(heads, key=lambda head: (_rank(head.name), -_common(head.name, part), order[head.name])))


def _heads(arrays: Arrays, width: int, used: Collection[str]) -> Iterator[Head]:
    columns = arrays.library in ("keras", "flax")
    for name, array in arrays.arrays.items():
        if array.ndim != 2 or 0 in array.shape or name in used or _TABLE.search(name):
            continue
        if columns or (not arrays.library and array.shape[1] != width):
            array = array.T
        if array.shape[1] != width:
            continue
        bias = next((other for one, end in _ENDS if (other := _beside(name, one, end)) in arrays.arrays), "")
        stored = arrays.arrays.get(bias)
        if stored is not None and stored.shape != (array.shape[0],):
            stored = None
        names = (name,) if stored is None else (name, bias)
        module = _module(name)
        yield Head(module, names, array, stored, _function(arrays, module))


def _beside(name: str, end: str, other: str) -> str:
    return f"{name[: -len(end)]}{other}" if name.endswith(end) else ""


def _module(name: str) -> str:
    """The name without what says that it is a weight: `fc` of `fc.weight`, `fc_w` and `layers.fc.vars.0`."""
    short = re.sub(r"\.(weight|kernel|vars\.0)$|_[wW]$", "", name)
    levels = [level for level in short.split(".") if level not in ("layers", "model_weights", "params")]
    return levels[0] if levels and levels[0] == levels[-1] else ".".join(dict.fromkeys(levels)) or name


def _function(arrays: Arrays, module: str) -> str:
    """What a layer's configuration says of g; empty where it says nothing that is known here."""
    for key in (module, *module.split(".")[::-1]):
        activation = arrays.modules.get(key, {}).get("activation")
        if arrays.library == "keras" and isinstance(activation, str):
            return {"linear": "identity", "softmax": "softmax", "sigmoid": "sigmoid"}.get(activation, "")
    return ""


def _rank(name: str) -> int:
    lower = name.lower()
    return next((at for at, word in enumerate(_LIKELY) if word in lower), len(_LIKELY))


def _common(one: str, other: str) -> int:
    """How many characters two names have in common from their beginning."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
