"""What `torch.save` and TorchScript write: a zip archive since PyTorch 1.6, and pickles one after another before.

In both, one pickle describes the objects and names storages, which stand outside of it as plain numbers. Whole modules
are read through their `_parameters` and `_modules`, which also say their class, nonlinearity and number of layers.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.sources.arrays import MOST_ARRAYS, Arrays, is_number
from core.sources.pickles import Global, Record, unpickled
from core.sources.tensors import CALLS, PickledArray, Storage, Tensor
from core.sources.zips import Archive

MAGIC: Final = 0x1950A86A20F9469CFC6C
"""The number that a file from before PyTorch 1.6 begins with, as its first pickle"""

MAGIC_BYTES: Final = MAGIC.to_bytes(10, "little")

DEEPEST: Final = 60
"""How many levels of modules and dicts are looked into"""


def is_legacy(data: bytes) -> bool:
    """Whether a file begins with the number that PyTorch wrote before 1.6."""
    return data[:1] == b"\x80" and MAGIC_BYTES in data[:32]


def read_zip(archive: Archive) -> Arrays:
    """The arrays of a .pt file as it is since PyTorch 1.6, or of TorchScript.

    Raises:
        ValueError: it is damaged, or a tensor does not lie where it says.
    """
    described = archive.named("data.pkl")
    if described is None:
        raise ValueError("the archive has no data.pkl")
    root = described.removesuffix("data.pkl")
    byteorder = f"{root}byteorder"
    big = byteorder in archive.names and archive.read(byteorder, packed=False).strip() == b"big"
    storages: dict[str, Storage] = {}
    value, _ = unpickled(
        archive.read(described, packed=False), CALLS, lambda named: _storage(named, storages, ">" if big else "<")
    )
    for storage in storages.values():
        if storage.itemsize:
            storage.fill(archive.read(f"{root}data/{storage.key}", packed=False))
    scripted = any(name.startswith(f"{root}code/") for name in archive.names)
    return _arrays(value, "TorchScript" if scripted else "PyTorch zip")


def read_legacy(data: bytes) -> Arrays:
    """The arrays of a .pt file as it was before PyTorch 1.6.

    Raises:
        ValueError: it is damaged, or a tensor does not lie where it says.
    """
    storages: dict[str, Storage] = {}

    def next_value(at: int) -> tuple[object, int]:
        return unpickled(data, CALLS, lambda named: _storage(named, storages, order), at)

    order = "<"
    _, at = next_value(0)
    _, at = next_value(at)
    system, at = next_value(at)
    order = ">" if isinstance(system, dict) and system.get("little_endian") is False else "<"
    value, at = next_value(at)
    keys, at = next_value(at)
    for key in keys if isinstance(keys, list) else ():
        storage = storages.get(str(key))
        if storage is None:
            continue
        length = int.from_bytes(data[at : at + 8], "big" if order == ">" else "little")
        if length != storage.length or not storage.itemsize:
            raise ValueError(
                f"its storage {storage.key} is of another length than its tensors say, or of no known type"
            )
        storage.fill(memoryview(data)[at + 8 :])
        at += 8 + length * storage.itemsize
    return _arrays(value, "PyTorch before 1.6")


def read_pickle(data: bytes) -> Arrays:
    """The NumPy arrays of a pickle that PyTorch did not write, such as a dict of arrays.

    Raises:
        ValueError: it is damaged, or names something that stands outside of it.
    """
    value, _ = unpickled(data, CALLS, lambda named: _storage(named, {}, "<"))
    return replace(_arrays(value, "pickle"), library="")


def _storage(named: object, storages: dict[str, Storage], order: str) -> object:
    """What a persistent id stands for: a storage, or the class of a module."""
    if not isinstance(named, tuple) or not named:
        raise ValueError("it names something outside of its pickle that is no storage")
    if named[0] == "module" and len(named) > 1:
        return named[1]
    if named[0] != "storage" or len(named) < 5 or not isinstance(named[1], Global) or type(named[4]) is not int:
        raise ValueError("it names something outside of its pickle that is no storage")
    _, kind, key, _, length, *view = named
    if length < 0:
        raise ValueError(f"its storage {key} has a negative length")
    if view and view[0] is not None:
        raise ValueError("it has views of storages, as only PyTorch before 0.4 wrote; load and save it again")
    found = storages.setdefault(str(key), Storage(kind.name, str(key), length, order))
    if (found.type_name, found.length) != (kind.name, length):
        raise ValueError(f"its storage {key} is of two types or lengths")
    return found


def _arrays(value: object, kind: str) -> Arrays:
    arrays: dict[str, NDArray[np.generic]] = {}
    modules: dict[str, dict[str, object]] = {}
    _collect(value, "", arrays, modules, set(), 0)
    return Arrays(kind, "torch", arrays, modules)


def _collect(
    value: object,
    path: str,
    arrays: dict[str, NDArray[np.generic]],
    modules: dict[str, dict[str, object]],
    seen: set[int],
    depth: int,
) -> None:
    """Put every tensor below a value under its path, each container once, whatever holds it a second time."""
    if isinstance(value, Tensor | PickledArray):
        found = value.array() if isinstance(value, Tensor) else value.values
        if found is not None and is_number(found.dtype):
            if len(arrays) >= MOST_ARRAYS:
                raise ValueError(f"it has more than {MOST_ARRAYS:,} arrays, as no network has")
            arrays[path] = found
        return
    if depth > DEEPEST or id(value) in seen or not isinstance(value, dict | list | tuple | Record):
        return
    seen.add(id(value))
    items = value
    if isinstance(value, Record):
        items = value.state if isinstance(value.state, dict) else value.items
        modules[path] = _told(value, items)
    named = items.items() if isinstance(items, dict) else enumerate(items if isinstance(items, list | tuple) else ())
    for key, one in named:
        if isinstance(value, Record) and key == "_flat_weights":  # a module's own weights, a second time
            continue
        inside = isinstance(value, Record) and key in ("_parameters", "_modules", "_buffers")
        _collect(one, path if inside else f"{path}.{key}" if path else f"{key}", arrays, modules, seen, depth + 1)


def _told(record: Record, state: object) -> dict[str, object]:
    """What a module says of itself: its class, and its settings that are single values."""
    plain = state.items() if isinstance(state, dict) else ()
    told: dict[str, object] = {str(key): one for key, one in plain if isinstance(one, str | int | float | bool)}
    return {**told, "class": str(record.made_by)[-200:]}
