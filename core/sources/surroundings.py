"""What stands around a recurrent part: the table of embeddings before it, and the matrices behind it that would fit."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.numerics.frozen import FrozenRecord
from core.numerics.scaled import Floats
from core.sources.arrays import Arrays, not_finite
from core.sources.facts import Fact

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
    """A matrix that fits behind a recurrent part and its bias, (n_y, n) and (n_y,); or several layers of these."""

    name: str
    """The name of its module or layer: `fc`; of several layers those of all, the lowest first: `fc1+fc2`"""
    names: tuple[str, ...]
    """The names of its arrays in the file, those of the last layer"""
    weight: NDArray[Any]
    """(n_y, n), of the last layer"""
    bias: NDArray[Any] | None
    """(n_y,), or None without one"""
    function: str = ""
    """g, where the file says it: `softmax`, `sigmoid`, `identity`; of a hidden layer φ"""
    hidden: tuple[Head, ...] = ()
    """The layers between the state and the last one, the lowest first; none for a single matrix"""
    between: tuple[Fact, ...] = ()
    """What is known of φ of each hidden layer"""

    @property
    def reads(self) -> int:
        """How many numbers its lowest layer reads."""
        return self.hidden[0].reads if self.hidden else self.weight.shape[1]

    @property
    def outputs(self) -> int:
        """n_y, how many outputs it makes."""
        return self.weight.shape[0]

    @property
    def wrong(self) -> str:
        """Which of its numbers are none; empty where all are."""
        arrays = (self.weight, self.bias) if self.bias is not None else (self.weight,)
        told = [*(layer.wrong for layer in self.hidden), *map(not_finite, self.names, arrays)]
        return next(filter(None, told), "")

    @property
    def known_as(self) -> tuple[str, ...]:
        """What somebody may call it: its name, the last part of that, the names of its arrays."""
        last = self.name.rpartition("+")[2]
        return (self.name, last, last.rpartition(".")[2], *self.names)

    def parameters(self) -> dict[str, Floats]:
        """W_h1, b_h1, … of its hidden layers, W_y (n_y, n) and b_y (n_y,), zeros where the file has no bias."""
        found: dict[str, Floats] = {}
        for name, layer in [(f"h{at}", one) for at, one in enumerate(self.hidden, 1)] + [("y", self)]:
            weight = np.array(layer.weight, np.float64)
            found[f"W_{name}"] = weight
            found[f"b_{name}"] = np.zeros(len(weight)) if layer.bias is None else np.array(layer.bias, np.float64)
        return found


def called(heads: Collection[Head], name: str) -> Head | None:
    """The read-out of this name: by its whole name first, and then by what else it may be called."""
    exact = next((one for one in heads if one.name == name), None)
    return exact or next((one for one in heads if name in one.known_as), None)


def embedding_before(arrays: Arrays, part: str, width: int) -> Embedding | None:
    """The table of embeddings with so many columns whose name is nearest to that of the part; None without one."""
    tables = [
        Embedding(name, array)
        for name, array in arrays.arrays.items()
        if array.ndim == 2 and array.shape[1] == width and 0 not in array.shape and _TABLE.search(name)
    ]
    return max(tables, key=lambda table: common(table.name, part), default=None)


def matrices(arrays: Arrays, used: Collection[str], width: int = 0) -> Iterator[Head]:
    """The matrices of a file as layers of a read-out, in its order.

    Args:
        arrays: All that stands in the file.
        used: Names of arrays that are something else.
        width: How many numbers they are to read, where the file does not say which axis that is; 0 for any.
    """
    columns = arrays.library in ("keras", "flax")
    for name, array in arrays.arrays.items():
        if array.ndim != 2 or 0 in array.shape or name in used or _TABLE.search(name):
            continue
        if columns or (not arrays.library and width and array.shape[1] != width):
            array = array.T
        bias = next((other for one, end in _ENDS if (other := _next_to(name, one, end)) in arrays.arrays), "")
        stored = arrays.arrays.get(bias)
        if stored is not None and stored.shape != (array.shape[0],):
            stored = None
        names = (name,) if stored is None else (name, bias)
        yield Head(_module(name), names, array, stored, _function(arrays, name))


def likeliest(heads: Collection[Head], part: str, width: int) -> tuple[Head, ...]:
    """The layers of a read-out that read so many numbers, the likeliest first.

    Args:
        heads: Every matrix, in the order of the file.
        part: The name of the recurrent part.
        width: How many numbers it shows: units times directions.
    """
    fitting = [head for head in heads if head.reads == width]
    return tuple(sorted(fitting, key=lambda head: (_rank(head.name), -common(head.name, part))))


def answers_another(head: Head, own: Embedding | None, others: Mapping[str, Embedding]) -> str:
    """What a read-out is behind, where it answers ids of another part and not of this one; empty where it may be this.

    Args:
        head: The read-out.
        own: The table before this part.
        others: Another part → the table before it.
    """
    if own is None or head.outputs == own.ids:
        return ""
    part = next((part for part, table in others.items() if table.ids == head.outputs and table.name != own.name), None)
    return (
        ""
        if part is None
        else f"{part}, whose table {others[part].name} has {head.outputs} ids, as many as there are outputs"
    )


def is_called_a_readout(name: str) -> bool:
    """Whether a layer is called as people call a read-out."""
    return _rank(name) < len(_LIKELY)


def path_of(name: str) -> str:
    """The name of an array without what says that it is a weight: `layers.fc` of `layers.fc.vars.0`."""
    return re.sub(r"\.(weight|kernel|vars\.0)$|_[wW]$", "", name)


def told_of(arrays: Arrays, name: str) -> Mapping[str, object]:
    """What the file says of the layer whose weights these are."""
    path = path_of(name).split(".")
    for key in [".".join(path[:end]) for end in range(len(path), 0, -1)] + path[::-1]:
        if key in arrays.modules:
            return arrays.modules[key]
    return {}


def _next_to(name: str, end: str, other: str) -> str:
    return f"{name[: -len(end)]}{other}" if name.endswith(end) else ""


def _module(name: str) -> str:
    """The name without what says that it is a weight: `fc` of `fc.weight`, `fc_w` and `layers.fc.vars.0`."""
    levels = [level for level in path_of(name).split(".") if level not in ("layers", "model_weights", "params")]
    return levels[0] if levels and levels[0] == levels[-1] else ".".join(dict.fromkeys(levels)) or name


def _function(arrays: Arrays, name: str) -> str:
    """What a layer's configuration says of g; empty where it says nothing that is known here."""
    activation = told_of(arrays, name).get("activation")
    if arrays.library == "keras" and isinstance(activation, str):
        return {"linear": "identity", "softmax": "softmax", "sigmoid": "sigmoid"}.get(activation, "")
    return ""


def _rank(name: str) -> int:
    lower = name.lower()
    return next((at for at, word in enumerate(_LIKELY) if word in lower), len(_LIKELY))


def common(one: str, other: str) -> int:
    """How many characters two names have in common from their beginning."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
