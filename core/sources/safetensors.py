"""safetensors: eight bytes with the length of a header, the header in JSON, and the numbers, array after array.

A reader of our own in a few lines: the package's NumPy side cannot decode bfloat16, and everything that makes the
format safe, that each array lies where the header says and nowhere else, is checked here.
Source: https://huggingface.co/docs/safetensors, "Format".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.settings.files import looks_like_text
from core.sources.arrays import Arrays, counted, viewed, widened_bfloat16

LONGEST_HEADER: Final = 100_000_000
"""The format's own limit, in bytes"""

_TYPES: Final[Mapping[str, np.dtype[Any]]] = {"F16": np.dtype("<f2"), "F32": np.dtype("<f4"), "F64": np.dtype("<f8")}


def looks_like(data: bytes) -> bool:
    """Whether a file begins as this format does: a length that fits, and JSON's first brace."""
    return len(data) >= 9 and int.from_bytes(data[:8], "little") <= len(data) - 8 and data[8:9] == b"{"


def claims_to_be(data: bytes) -> bool:
    """Whether a file begins as this format does, and its header would end beyond the file."""
    return data[8:9] == b"{" and int.from_bytes(data[:8], "little") > len(data) - 8 and not looks_like_text(data[:9])


def read(data: bytes) -> Arrays:
    """The arrays of floats in a safetensors file; others, integers and 8-bit floats, are left out.

    Raises:
        ValueError: the header is not one, or an array does not lie within the file.
    """
    length = int.from_bytes(data[:8], "little")
    if length > LONGEST_HEADER:
        raise ValueError(f"its header of {length:,} bytes is longer than the format allows")
    try:
        header = json.loads(data[8 : 8 + length])
    except RecursionError:
        raise ValueError("its header is nested more deeply than that of any network; save it again") from None
    if not isinstance(header, dict):
        raise ValueError("its header is no JSON object")
    body = memoryview(data)[8 + length :]
    metadata = header.pop("__metadata__", {})
    told = metadata if isinstance(metadata, dict) else {}
    arrays = {name: _array(name, entry, body) for name, entry in header.items() if _is_float(name, entry)}
    return Arrays("safetensors", "", arrays, metadata={str(key): str(value) for key, value in told.items()})


def _is_float(name: str, entry: object) -> bool:
    if not isinstance(entry, dict):
        raise ValueError(f"its header says of {name!r} no type, shape and place")
    return entry.get("dtype") in {*_TYPES, "BF16"}


def _array(name: str, entry: Mapping[str, Any], body: memoryview) -> NDArray[Any]:
    shape, place = entry.get("shape"), entry.get("data_offsets")
    if not isinstance(shape, list) or not isinstance(place, list) or len(place) != 2:
        raise ValueError(f"its header says of {name!r} no shape and place")
    start, end = place
    if not (type(start) is type(end) is int and 0 <= start <= end <= len(body)):
        raise ValueError(f"{name!r} lies at {start} … {end}, outside the {len(body):,} bytes of numbers")
    raw = body[start:end]
    if entry["dtype"] != "BF16":
        return viewed(raw, _TYPES[entry["dtype"]], tuple(shape), repr(name))
    if 2 * counted(tuple(shape), repr(name)) != len(raw):
        raise ValueError(f"{name!r} of shape {tuple(shape)} does not take the {len(raw):,} bytes that it has")
    return widened_bfloat16(raw).reshape(shape)


def written(arrays: Mapping[str, NDArray[np.float64]], metadata: Mapping[str, str]) -> bytes:
    """The bytes of a safetensors file with these arrays of any shape, in float64."""
    header: dict[str, object] = {"__metadata__": dict(metadata)}
    at = 0
    for name, array in arrays.items():
        header[name] = {"dtype": "F64", "shape": list(array.shape), "data_offsets": [at, at + array.nbytes]}
        at += array.nbytes
    text = json.dumps(header, ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    numbers = (np.ascontiguousarray(array, "<f8").tobytes() for array in arrays.values())
    return b"".join([len(text).to_bytes(8, "little"), text, *numbers])
