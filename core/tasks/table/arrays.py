"""Arrays from .npy and .npz files as columns: (T,) is one, (T, n) are n, (N, T, n) are n columns of N sequences.

Nothing in such a file is ever run (allow_pickle=False), and nothing is made that the file does not hold: what its
header promises is compared with its size first.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from tokenize import TokenError
from typing import Any, Final

import numpy as np
from numpy.lib import format as npy_format
from numpy.typing import NDArray

from core.settings.files import is_encrypted, visible
from core.tasks.table.columns import Column, column_of

MOST_ARRAY_BYTES: Final = 1_000_000_000
"""The most that is read from a compressed file, in bytes"""

_NO_HEADER = (ValueError, OSError, SyntaxError, TypeError, MemoryError, RecursionError, ArithmeticError, TokenError)
"""What NumPy raises where a header is none"""

Read = tuple[tuple[Column, ...], tuple[int, ...], tuple[str, ...]]
"""Columns, where the sequences begin, and what was found, in sentences"""


def read_npy(content: bytes) -> Read:
    """The columns of a .npy file.

    Raises:
        ValueError: it is damaged, or no array of numbers of 1, 2 or 3 axes; a sentence that follows `FILE `.
    """
    return _columns({"value": _array(io.BytesIO(content), len(content), "the array")}, ())


def read_npz(content: bytes) -> Read:
    """The columns of the arrays of an .npz file that have as many rows as most of its numbers.

    Raises:
        ValueError: it is damaged, or has no array of numbers of 1, 2 or 3 axes; a sentence that follows `FILE `.
    """
    arrays: dict[str, NDArray[Any]] = {}
    refused: list[str] = []
    size = 0
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if any(is_encrypted(one.flag_bits) for one in archive.infolist()):
                raise ValueError("is encrypted; decrypt it first")
            members = [one for one in archive.infolist() if one.filename.endswith(".npy")]
            if not members:
                raise ValueError(
                    "is a zip archive without NumPy arrays, perhaps a spreadsheet; save the table as csv and give that"
                )
            for member in members:
                name = visible(member.filename.removesuffix(".npy"))
                size += member.file_size
                if size > MOST_ARRAY_BYTES:
                    raise ValueError(f"has arrays of more than {MOST_ARRAY_BYTES:,} bytes; save a part of them")
                with archive.open(member) as file:
                    inside = file.read(member.file_size + 1)
                try:
                    arrays[name] = _array(io.BytesIO(inside), len(inside), f"the array {name}")
                except ValueError as error:
                    refused.append(str(error))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, zlib.error) as error:
        raise ValueError(f"cannot be read as .npz ({error}); save it again with numpy.savez") from None
    if not arrays:
        raise ValueError(refused[0])
    rows = {name: array.shape[:-1] if array.ndim > 1 else array.shape for name, array in arrays.items()}
    shape = max(rows.values(), key=lambda one: (sum(arrays[name].size for name in rows if rows[name] == one), one))
    left = [name for name in arrays if rows[name] != shape]
    notes = [f"{name} {arrays[name].shape} left out: its rows are others" for name in left]
    return _columns({name: array for name, array in arrays.items() if name not in left}, tuple(notes))


def _array(file: io.BytesIO, size: int, what: str) -> NDArray[Any]:
    """One array, once its header is known to promise no more than there is."""
    try:
        version = npy_format.read_magic(file)
        header = npy_format.read_array_header_1_0 if version == (1, 0) else npy_format.read_array_header_2_0
        shape, _, dtype = header(file)
    except _NO_HEADER:
        raise ValueError("is damaged: its header is no NumPy header; save it again with numpy.save") from None
    if dtype.hasobject or dtype.kind not in "biuf":
        raise ValueError(f"holds {what} of type {visible(str(dtype))}; give numbers (integers or floats)")
    promised = dtype.itemsize * _product(shape)
    if promised > size - file.tell():
        raise ValueError(f"is cut off: {what} of shape {shape} needs {promised:,} bytes; copy or save it again")
    if len(shape) not in (1, 2, 3) or 0 in shape:
        raise ValueError(
            f"holds {what} of shape {shape}; give (T,), (T, n) or (N, T, n): rows in time, columns, N sequences"
        )
    file.seek(0)
    return npy_format.read_array(file, allow_pickle=False)


def _product(shape: tuple[int, ...]) -> int:
    found = 1
    for one in shape:
        found *= one
    return found


def _columns(arrays: Mapping[str, NDArray[Any]], notes: tuple[str, ...]) -> Read:
    first = next(iter(arrays.values()))
    steps = first.shape[1] if first.ndim == 3 else first.shape[0]
    sequences = first.shape[0] if first.ndim == 3 else 1
    columns = tuple(
        column_of(name, values, np.zeros(len(values), dtype=np.int32), ()) for name, values in _named(arrays)
    )
    if sequences > 1:
        notes = (f"{sequences:,} sequences of {steps:,} rows", *notes)
    return columns, tuple(range(0, sequences * steps + 1, steps)), notes


def _named(arrays: Mapping[str, NDArray[Any]]) -> Iterator[tuple[str, NDArray[np.float64]]]:
    for name, array in arrays.items():
        flat = array.reshape(-1, array.shape[-1]) if array.ndim > 1 else array.reshape(-1, 1)
        for i in range(flat.shape[1]):
            values = flat[:, i].astype(np.float64)
            values[~np.isfinite(values)] = np.nan
            single = flat.shape[1] == 1
            yield name if single else f"column {i + 1}" if len(arrays) == 1 else f"{name} {i + 1}", values
