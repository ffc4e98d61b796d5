"""NumPy's .npy and .npz, without objects: an array's header says its type and shape, and its numbers follow."""

from __future__ import annotations

import io
from typing import Any, Final

from numpy.lib import format as npy
from numpy.typing import NDArray

from core.sources.arrays import MOST_ARRAYS, Arrays, is_number, viewed
from core.sources.zips import Archive

MAGIC: Final = b"\x93NUMPY"


def read_npy(data: bytes) -> Arrays:
    """The one array of a .npy file, under the name `array`."""
    array = _array(data, "array")
    return Arrays("NumPy npy", "", {} if array is None or not is_number(array.dtype) else {"array": array})


def read_npz(archive: Archive) -> Arrays:
    """The arrays of floats of a .npz file; texts, arrays of one string each, become its metadata.

    Raises:
        ValueError: an array is damaged or holds Python objects, which only running them could read.
    """
    names = [name for name in archive.names if name.endswith(".npy")]
    if len(names) > MOST_ARRAYS:
        raise ValueError(f"it has {len(names):,} arrays, more than any network")
    arrays, texts, others = {}, {}, {}
    for name in names:
        array = _array(archive.read(name), name)
        if array is not None and is_number(array.dtype):
            arrays[name.removesuffix(".npy")] = array
        elif array is not None and array.dtype.kind == "U" and array.ndim == 0:
            texts[name.removesuffix(".npy")] = str(array)
        elif array is not None and array.dtype.kind in "iub":
            others[name.removesuffix(".npy")] = array
    return Arrays("NumPy npz", "", arrays, metadata=texts, others=others)


def _array(data: bytes, name: str) -> NDArray[Any] | None:
    """The array, a view of `data`; None where it is neither of numbers nor of text."""
    file = io.BytesIO(data)
    try:
        version = npy.read_magic(file)
        header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        if version not in ((1, 0), (2, 0)):
            raise ValueError(f"version {version} of the format is not known")
        shape, fortran, dtype = header(file)
    except Exception as error:  # the header is a Python literal: any of its errors may come
        raise ValueError(f"{name} has no header of a NumPy array ({_line(error)})") from None
    if dtype.hasobject:
        raise ValueError(
            f"{name} holds Python objects, which could only be read by running what is in the file; "
            "save each array by itself with np.savez"
        )
    if dtype.kind not in "fiubU" or dtype.itemsize == 0:
        return None
    raw = memoryview(data)[file.tell() :]
    order: tuple[int, ...] = tuple(shape[::-1]) if fortran else tuple(shape)
    array = viewed(raw, dtype, order, name)
    return array.T if fortran else array


def _line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:120]
