"""PyTorch's tensors as they lie in a file: a storage of numbers, and a view of it by offset, sizes and strides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from core.sources.arrays import counted, widened_bfloat16
from core.sources.pickles import Calls, Global, Record

TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "DoubleStorage": "f8",
        "FloatStorage": "f4",
        "HalfStorage": "f2",
        "BFloat16Storage": "bf",
        "LongStorage": "i8",
        "IntStorage": "i4",
        "ShortStorage": "i2",
        "CharStorage": "i1",
        "ByteStorage": "u1",
        "BoolStorage": "b1",
    }
)
"""PyTorch's name of a type of storage → NumPy's of its numbers, `bf` for bfloat16"""


@dataclass(eq=False)
class Storage:
    """So many numbers of one type, which stand somewhere in the file: shape (n,) once they have been found."""

    type_name: str
    key: str
    length: int
    order: str = "<"
    values: NDArray[Any] | None = None
    """(length,), or None where the type is not one that weights have"""

    @property
    def itemsize(self) -> int:
        """Bytes for each number, 0 for a type that is not known."""
        code = TYPES.get(self.type_name, "0")
        return 2 if code == "bf" else int(code[-1])

    def fill(self, raw: bytes | memoryview) -> None:
        """Take the numbers from the bytes of the file, without a copy unless they are bfloat16.

        Raises:
            ValueError: there are fewer bytes than numbers.
        """
        if not self.itemsize:
            return
        if len(raw) < self.length * self.itemsize:
            raise ValueError(
                f"its storage {self.key} says {self.length:,} numbers of {self.itemsize} bytes, and has only "
                f"{len(raw):,} bytes"
            )
        raw = memoryview(raw)[: self.length * self.itemsize]
        code = TYPES[self.type_name]
        if code != "bf":
            self.values = np.frombuffer(raw, f"{self.order}{code}")
        else:
            halves = np.frombuffer(raw, f"{self.order}u2")
            self.values = widened_bfloat16(halves.astype("<u2"))


@dataclass(eq=False)
class Tensor:
    """A view of a storage. It is looked at only when the whole file has been read."""

    storage: object
    offset: object
    size: object
    stride: object

    def array(self) -> NDArray[Any] | None:
        """The numbers, of shape `size`, not writeable; None where they are of a type that no weights have.

        Raises:
            ValueError: it does not lie within its storage, or is larger than it.
        """
        size, stride, offset = _whole(self.size), _whole(self.stride), self.offset
        if not isinstance(self.storage, Storage) or self.storage.values is None:
            return None
        values = self.storage.values
        if size is None or stride is None or len(size) != len(stride) or type(offset) is not int or offset < 0:
            raise ValueError("a tensor in it has no sizes and strides that fit together")
        count = counted(size, "a tensor in it")
        last = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
        if count and not (count <= len(values) and last < len(values)):
            raise ValueError(f"a tensor of shape {size} does not lie within the {len(values):,} numbers of its storage")
        if not count:
            return np.zeros(size, values.dtype)
        return as_strided(values[offset:], size, [step * values.itemsize for step in stride], writeable=False)


def _whole(given: object) -> tuple[int, ...] | None:
    """A tuple of whole numbers that are not negative, or None."""
    if isinstance(given, tuple | list) and all(type(n) is int and n >= 0 for n in given):
        return tuple(given)
    return None


@dataclass(eq=False)
class PickledArray:
    """A NumPy array of any shape inside a pickle; its state is set once it is known."""

    values: NDArray[Any] | None = None
    """The array in its own shape; None where it is of objects or damaged"""

    def built(self, state: object) -> PickledArray:
        """The array that its state describes: version, shape, type, order, bytes."""
        if isinstance(state, tuple) and len(state) == 5:
            _, shape, dtype, fortran, raw = state
            size = _whole(shape)
            if isinstance(dtype, PickledType) and dtype.numbers and isinstance(raw, bytes) and size is not None:
                found = np.frombuffer(raw, dtype.numbers)
                if counted(size, "an array in it") != len(found):
                    raise ValueError(f"an array of shape {size} in it has {len(found):,} numbers")
                return PickledArray(found.reshape(size, order="F" if fortran else "C"))
        return self


@dataclass(eq=False)
class PickledType:
    """NumPy's type of numbers inside a pickle."""

    name: str
    order: str = "<"

    @property
    def numbers(self) -> str:
        """As NumPy names it, `<f4`; empty where it is no type of floats or integers."""
        return f"{self.order}{self.name}" if self.name in {"f2", "f4", "f8", "i4", "i8"} else ""

    def built(self, state: object) -> PickledType:
        """The type with the order of bytes that its state says."""
        big = isinstance(state, tuple) and len(state) > 1 and state[1] == ">"
        return PickledType(self.name, ">" if big else "<")


def _mapping(*arguments: object) -> dict[object, object]:
    found: dict[object, object] = {}
    if len(arguments) == 1 and isinstance(arguments[0], list | tuple):
        for pair in arguments[0]:
            if isinstance(pair, list | tuple) and len(pair) == 2 and isinstance(pair[0], str | int):
                found[pair[0]] = pair[1]
    return found


def _tensor(*arguments: object) -> object:
    if len(arguments) < 4:
        raise ValueError("a tensor in it lacks its storage, offset, sizes or strides")
    return Tensor(*arguments[:4])


def _first(*arguments: object) -> object:
    return arguments[0] if arguments else None


def _of_type(function: object = None, kind: object = None, arguments: object = (), *_: object) -> object:
    if isinstance(function, Global) and function in CALLS and isinstance(arguments, tuple):
        return CALLS[function](*arguments) if function != _FROM_TYPE else Record(kind, arguments)
    return Record(kind, arguments)


def _bytes(text: object = "", encoding: object = "") -> object:
    return text.encode("latin-1") if isinstance(text, str) and encoding == "latin1" else b""


def _type(name: object = "", *_: object) -> PickledType:
    return PickledType(str(name))


_FROM_TYPE: Final = Global("torch._tensor", "_rebuild_from_type_v2")


def _calls() -> dict[Global, Callable[..., object]]:
    calls: dict[Global, Callable[..., object]] = {
        Global("collections", "OrderedDict"): _mapping,
        Global("collections", "defaultdict"): lambda *_: {},
        Global("torch._utils", "_rebuild_tensor"): _tensor,
        Global("torch._utils", "_rebuild_tensor_v2"): _tensor,
        Global("torch._utils", "_rebuild_parameter"): _first,
        Global("torch._utils", "_rebuild_parameter_with_state"): _first,
        Global("torch", "Size"): _first,
        _FROM_TYPE: _of_type,
        Global("_codecs", "encode"): _bytes,
        Global("numpy", "dtype"): _type,
    }
    for module in ("builtins", "__builtin__"):
        calls |= {Global(module, name): _first for name in ("set", "frozenset", "list", "tuple")}
    for name in ("build_intlist", "build_doublelist", "build_boollist", "build_tensorlist", "restore_type_tag"):
        calls[Global("torch.jit._pickle", name)] = _first
    for module in ("numpy.core.multiarray", "numpy._core.multiarray"):
        calls[Global(module, "_reconstruct")] = lambda *_: PickledArray()
    return calls


CALLS: Final[Calls] = MappingProxyType(_calls())
"""The closed list of what a pickle may ask for; functions of our own, that make values and nothing else"""
