"""The operations of ONNX that exporters put between an initializer and a recurrent node, on constants."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from core.sources.protobuf import Message

DEEPEST: Final = 60
"""How many operations are followed, one behind another"""

Given: TypeAlias = Sequence[NDArray[Any] | None]
Attributes: TypeAlias = Mapping[str, Message]


def _ints(given: Given, at: int, attributes: Attributes, name: str) -> list[int] | None:
    """Whole numbers, which newer versions of an operation read and older ones have as an attribute."""
    if at < len(given) and (found := given[at]) is not None:
        return [int(one) for one in found.ravel()]
    return attributes[name].integers(8) if name in attributes else None


def _identity(given: Given, attributes: Attributes) -> NDArray[Any] | None:
    return given[0]


def _transpose(given: Given, attributes: Attributes) -> NDArray[Any] | None:
    array = given[0]
    axes = attributes["perm"].integers(8) if "perm" in attributes else None
    return None if array is None else np.transpose(array, axes)


def _unsqueeze(given: Given, attributes: Attributes) -> NDArray[Any] | None:
    array, axes = given[0], _ints(given, 1, attributes, "axes")
    return None if array is None or axes is None else np.expand_dims(array, tuple(axes))


def _squeeze(given: Given, attributes: Attributes) -> NDArray[Any] | None:
    array, axes = given[0], _ints(given, 1, attributes, "axes")
    return None if array is None else np.squeeze(array, None if axes is None else tuple(axes))


def _reshape(given: Given, attributes: Attributes) -> NDArray[Any] | None:
    array, shape = given[0], _ints(given, 1, attributes, "shape")
    if array is None or shape is None:
        return None
    return array.reshape([array.shape[axis] if size == 0 else size for axis, size in enumerate(shape)])


def _slice(given: Given, attributes: Attributes) -> NDArray[Any] | None:
    array = given[0]
    starts, ends = _ints(given, 1, attributes, "starts"), _ints(given, 2, attributes, "ends")
    if array is None or starts is None or ends is None:
        return None
    axes = _ints(given, 3, attributes, "axes") or list(range(len(starts)))
    steps = _ints(given, 4, attributes, "steps") or [1] * len(starts)
    places = [slice(None)] * array.ndim
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        if step < 1:
            return None
        places[axis] = slice(start, end, step)
    return array[tuple(places)]


def _concat(given: Given, attributes: Attributes) -> NDArray[Any] | None:
    arrays = [array for array in given if array is not None]
    return np.concatenate(arrays, attributes["axis"].integer(3) if "axis" in attributes else 0)


OPERATIONS: Final[Mapping[str, Callable[[Given, Attributes], NDArray[Any] | None]]] = {
    "Identity": _identity,
    "Cast": _identity,
    "Transpose": _transpose,
    "Unsqueeze": _unsqueeze,
    "Squeeze": _squeeze,
    "Reshape": _reshape,
    "Slice": _slice,
    "Concat": _concat,
}
"""Name of an operation → what it makes of constants of any shape; None where it cannot be worked out"""
