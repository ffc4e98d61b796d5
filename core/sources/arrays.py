"""What a file holds, whatever wrote it: names → arrays of floats, and what is said beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.numerics.frozen import FrozenMapping, FrozenRecord


def frozen(arrays: Mapping[str, NDArray[Any]]) -> FrozenMapping[str, NDArray[Any]]:
    """Arrays of any shape by name, neither of which can be written to any longer."""
    for array in arrays.values():
        array.flags.writeable = False
    return FrozenMapping(arrays)


MOST_ARRAYS: Final = 100_000
"""More names than any network has: a file with more is refused before they cost memory"""


@dataclass(frozen=True, eq=False)
class Arrays(FrozenRecord):
    """Arrays of any shape by name, floats in the type that the file has, and what the file says of its modules."""

    format: str
    """What wrote the file, and how: `PyTorch zip`, `NumPy npz`"""
    library: str
    """Whose names and layouts these are: `torch`, `keras`, `onnx`, `flax`; empty where nothing tells"""
    arrays: Mapping[str, NDArray[Any]]
    """Name, its levels joined by dots → array of any shape"""
    modules: Mapping[str, Mapping[str, object]] = field(default_factory=lambda: FrozenMapping({}))
    """Name of a module or layer → what stands in the file about it: class, nonlinearity, number of layers"""
    metadata: Mapping[str, str] = field(default_factory=lambda: FrozenMapping({}))
    """What the file says of itself, name → text"""
    others: Mapping[str, NDArray[Any]] = field(default_factory=lambda: FrozenMapping({}))
    """Arrays of any shape of integers and of yes and no, where the format is NumPy's"""

    def __post_init__(self) -> None:
        object.__setattr__(self, "arrays", frozen(self.arrays))
        object.__setattr__(self, "others", frozen(self.others))


def not_finite(name: str, array: NDArray[Any]) -> str:
    """What is wrong with weights (…) that are no finite numbers, by their name in the file; empty where all are."""
    finite = np.isfinite(array)
    if finite.all():
        return ""
    count = array.size - int(np.count_nonzero(finite))
    are = "1 number that is" if count == 1 else f"{count:,} numbers that are"
    return (
        f"{name} of shape {array.shape} has {are} NaN or infinite, as weights have after a training that diverged; "
        "save the network of an earlier step"
    )


def widened_bfloat16(data: bytes | memoryview | NDArray[Any]) -> NDArray[np.float32]:
    """bfloat16 as float32, exactly: the upper half of its bits. From little-endian bytes to shape (n,)."""
    halves = np.frombuffer(data, "<u2")
    return (halves.astype(np.uint32) << 16).view(np.float32)


def is_number(dtype: np.dtype[Any]) -> bool:
    """Whether numbers of this type can be weights: floats of 2, 4 or 8 bytes."""
    return dtype.kind == "f" and dtype.itemsize in (2, 4, 8)


def viewed(data: bytes | memoryview, dtype: np.dtype[Any], shape: tuple[int, ...], what: str) -> NDArray[Any]:
    """An array of this shape that lies in `data`, from its beginning on.

    Raises:
        ValueError: a size is negative, or there are not exactly as many bytes as the shape asks for.
    """
    count = counted(shape, what)
    if count * dtype.itemsize != len(data):
        raise ValueError(f"{what} of shape {shape} takes {count * dtype.itemsize:,} bytes, and there are {len(data):,}")
    return np.frombuffer(data, dtype).reshape(shape)


def counted(shape: tuple[int, ...], what: str) -> int:
    """How many numbers an array of this shape has.

    Raises:
        ValueError: it is no shape: a size that is no whole number or is negative, or more axes than an array can have.
    """
    if len(shape) > 16 or not all(type(n) is int and 0 <= n < 2**48 for n in shape):
        raise ValueError(f"{what} has a shape that no array has")
    count = 1
    for n in shape:
        count *= n
    return count
