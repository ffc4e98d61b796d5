"""Flax's msgpack: nested maps whose leaves are arrays, as `flax.serialization.to_bytes` writes them.

An array is an extension of type 1, whose content is again msgpack: shape, name of the type, bytes. An array of more
than 2^30 bytes stands as a map of its shape and its pieces. The format is a page long, and read here by itself, so that
a list that claims a billion entries takes no memory. Source: https://github.com/msgpack/msgpack/blob/master/spec.md.
"""

from __future__ import annotations

import struct
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.sources.arrays import MOST_ARRAYS, Arrays, viewed, widened_bfloat16

DEEPEST: Final = 60
MOST_VALUES: Final = 1_000_000

_NUMBERS: Final = {
    0xCA: ">f",
    0xCB: ">d",
    0xCC: ">B",
    0xCD: ">H",
    0xCE: ">I",
    0xCF: ">Q",
    0xD0: ">b",
    0xD1: ">h",
    0xD2: ">i",
    0xD3: ">q",
}
_CONSTANTS: Final = {0xC0: None, 0xC2: False, 0xC3: True}
_LENGTHS: Final = {
    0xC4: ("bytes", 1),
    0xC5: ("bytes", 2),
    0xC6: ("bytes", 4),
    0xD9: ("text", 1),
    0xDA: ("text", 2),
    0xDB: ("text", 4),
    0xDC: ("list", 2),
    0xDD: ("list", 4),
    0xDE: ("map", 2),
    0xDF: ("map", 4),
    0xC7: ("extension", 1),
    0xC8: ("extension", 2),
    0xC9: ("extension", 4),
}
_TYPES: Final = {"float16": "<f2", "float32": "<f4", "float64": "<f8"}


def looks_like(data: bytes) -> bool:
    """Whether a file begins with a map that is not empty, whose first key is a text."""
    if len(data) < 3 or not (0x81 <= data[0] <= 0x8F or data[0] in (0xDE, 0xDF)):
        return False
    key = data[{0xDE: 3, 0xDF: 5}.get(data[0], 1) :][:1]
    return bool(key) and (0xA0 <= key[0] <= 0xBF or key[0] in (0xD9, 0xDA, 0xDB))


def read(data: bytes) -> Arrays:
    """The arrays of floats of a file that Flax wrote.

    Raises:
        ValueError: it is cut off or damaged, or nested more deeply than any network.
    """
    reader = _Reader(memoryview(data))
    value = reader.value(0)
    if reader.at != len(data):
        raise ValueError(f"{len(data) - reader.at:,} bytes follow what it says that it holds")
    arrays: dict[str, NDArray[Any]] = {}
    _collect(value, "", arrays)
    return Arrays("Flax msgpack", "flax", arrays)


class _Reader:
    """Where in the bytes the next value begins, and how many there were."""

    def __init__(self, data: memoryview) -> None:
        self._data, self.at, self._values = data, 0, 0

    def _taken(self, count: int) -> memoryview:
        if count > len(self._data) - self.at:
            raise ValueError("it is cut off: it ends within a value")
        self.at += count
        return self._data[self.at - count : self.at]

    def value(self, depth: int) -> object:
        """The next value: maps and lists as dicts, bytes and arrays as views of the file."""
        self._values += 1
        if depth > DEEPEST or self._values > MOST_VALUES:
            raise ValueError("it is nested more deeply or has more values than any network")
        first = self._taken(1)[0]
        if first <= 0x7F:
            return first
        if first >= 0xE0:
            return first - 256
        if first <= 0xBF:
            kind, length = _short(first)
        elif first in _CONSTANTS:
            return _CONSTANTS[first]
        elif first in _NUMBERS:
            code = _NUMBERS[first]
            return struct.unpack(code, self._taken(struct.calcsize(code)))[0]
        elif 0xD4 <= first <= 0xD8:
            kind, length = "extension", 1 << (first - 0xD4)
        elif first in _LENGTHS:
            kind, size = _LENGTHS[first]
            length = int.from_bytes(self._taken(size), "big")
        else:
            raise ValueError(f"its byte {self.at - 1} begins no value of msgpack")
        return self._long(kind, length, depth)

    def _long(self, kind: str, length: int, depth: int) -> object:
        if kind == "text":
            return bytes(self._taken(length)).decode("utf-8", "replace")
        if kind == "bytes":
            return self._taken(length)
        if kind == "extension":
            code = self._taken(1)[0]
            return _array(self._taken(length), depth) if code == 1 else None
        found: dict[str, object] = {}
        for index in range(length):
            key = self.value(depth + 1) if kind == "map" else index
            found[f"{key}" if isinstance(key, str | int) else f"key {index}"] = self.value(depth + 1)
        return found


def _short(first: int) -> tuple[str, int]:
    if first <= 0x8F:
        return "map", first & 0x0F
    return ("list", first & 0x0F) if first <= 0x9F else ("text", first & 0x1F)


def _array(data: memoryview, depth: int) -> NDArray[Any] | None:
    """The array of an extension; None where its numbers are no floats."""
    reader = _Reader(data)
    parts = reader.value(depth + 1)
    if not isinstance(parts, dict) or len(parts) != 3:
        raise ValueError("an array in it has no shape, type and bytes")
    shape, name, raw = parts.values()
    if not isinstance(shape, dict) or not isinstance(raw, memoryview):
        raise ValueError("an array in it has no shape and bytes")
    size = tuple(shape.values())
    if name == "bfloat16":
        return viewed(widened_bfloat16(raw).tobytes(), np.dtype("<f4"), size, "an array")
    return viewed(raw, np.dtype(_TYPES[name]), size, "an array") if name in _TYPES else None


def _collect(value: object, path: str, arrays: dict[str, NDArray[Any]]) -> None:
    if isinstance(value, np.ndarray):
        if len(arrays) >= MOST_ARRAYS:
            raise ValueError(f"it has more than {MOST_ARRAYS:,} arrays, as no network has")
        arrays[path] = value
    elif isinstance(value, dict) and "__msgpack_chunked_array__" in value:
        arrays[path] = _joined(value, path)
    elif isinstance(value, dict):
        for key, one in value.items():
            _collect(one, f"{path}.{key}" if path else key, arrays)


def _joined(value: dict[str, Any], path: str) -> NDArray[Any]:
    """An array that stands in pieces, each flat."""
    shape, pieces = value.get("shape"), value.get("chunks")
    if not isinstance(shape, dict) or not isinstance(pieces, dict) or not pieces:
        raise ValueError(f"{path} stands in pieces without a shape")
    if not all(isinstance(piece, np.ndarray) for piece in pieces.values()):
        raise ValueError(f"{path} stands in pieces that are no arrays")
    whole = np.concatenate([piece.ravel() for piece in pieces.values()])
    return viewed(whole.tobytes(), whole.dtype, tuple(shape.values()), path)
