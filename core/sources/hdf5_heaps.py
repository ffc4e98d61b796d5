"""The global heaps of an HDF5 file, in which it keeps texts: looked at before the library does.

A heap is a row of objects, each with its size, up to the heap's own. Where an object of a damaged file is so large that
its end overflows, or free space has no size at all, HDF5 2.0 walks around the same place for ever, and nothing within
the process can end that. Source: HDF5 File Format Specification 3.0, "Global Heap".
"""

from __future__ import annotations

from typing import Final

_SIGNATURE: Final = b"GCOL\x01\x00\x00\x00"
_HEADER: Final = 16
"""Bytes before the data of a heap, and before those of each of its objects"""


def check(data: bytes) -> None:
    """Walk through every global heap.

    Raises:
        ValueError: one does not end where it says.
    """
    at = data.find(_SIGNATURE)
    while at >= 0:
        size = int.from_bytes(data[at + 8 : at + _HEADER], "little")
        if size < _HEADER or at + size > len(data):
            raise ValueError("it is cut off or damaged: a heap of its texts reaches beyond the file")
        _walk(data, at + _HEADER, at + size)
        at = data.find(_SIGNATURE, at + 8)


def _walk(data: bytes, at: int, end: int) -> None:
    while end - at >= _HEADER:
        index = int.from_bytes(data[at : at + 2], "little")
        size = int.from_bytes(data[at + 8 : at + _HEADER], "little")
        step = size if index == 0 else _HEADER + (size + 7) // 8 * 8
        if not _HEADER <= step <= end - at:
            raise ValueError("it is damaged: an object in a heap of its texts reaches beyond the heap")
        at += step
