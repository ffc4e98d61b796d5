"""HDF5 as Keras writes it: `.h5`, `.hdf5`, `.weights.h5`, and the weights inside of a `.keras` archive.

The one format that needs a package of its own, h5py: it is imported when such a file is opened. Links to other files,
virtual arrays and arrays in other files are not followed.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.sources import hdf5_heaps
from core.sources.arrays import MOST_ARRAYS, Arrays, is_number
from core.sources.keras_config import modules_of
from core.sources.zips import Archive

MAGIC: Final = b"\x89HDF\r\n\x1a\n"
DEEPEST: Final = 40
MOST_UNPACKED: Final = 50
"""How many times the size of the file its arrays may unpack to"""


def read(data: bytes) -> Arrays:
    """The arrays of a Keras file of HDF5, with the configuration of the model where it stands in it.

    Raises:
        ValueError: h5py is not installed, or the file is damaged.
    """
    return _read(data, "")


def read_keras(archive: Archive) -> Arrays:
    """The arrays of a `.keras` archive, whose configuration stands beside its weights.

    Raises:
        ValueError: h5py is not installed, or the file is damaged.
    """
    weights, config = archive.named("model.weights.h5"), archive.named("config.json")
    if weights is None:
        raise ValueError("the archive has no model.weights.h5")
    text = archive.read(config).decode("utf-8", "replace") if config is not None else ""
    version = ""
    if (metadata := archive.named("metadata.json")) is not None:
        told = _loaded(archive.read(metadata).decode("utf-8", "replace"))
        version = str(told.get("keras_version", "")) if isinstance(told, dict) else ""
    return _read(archive.read(weights), text, version)


def _read(data: bytes, config: str, version: str = "") -> Arrays:
    try:
        import h5py
    except ImportError:
        raise ValueError("this file is HDF5, and h5py reads it: pip install 'rnn-tui[keras]'") from None
    hdf5_heaps.check(data)
    arrays: dict[str, NDArray[Any]] = {}
    names: dict[str, str] = {}
    try:
        with h5py.File(io.BytesIO(data), "r") as file:
            told = _attributes(file)
            left = MOST_UNPACKED * len(data)
            for path, dataset in _datasets(file, "", 0, names):
                if dataset.is_virtual or dataset.external or not is_number(dataset.dtype):
                    continue
                left -= int(dataset.size) * dataset.dtype.itemsize
                if left < 0 or len(arrays) >= MOST_ARRAYS:
                    raise ValueError("its arrays unpack to far more than the file has")
                arrays[path] = np.asarray(dataset[()])
    except ValueError:
        raise
    except Exception as error:  # h5py and HDF5 below it raise many kinds, of whatever is damaged
        raise ValueError(f"it is cut off or damaged ({(str(error).splitlines() or ['unreadable'])[0][:120]})") from None
    modules = modules_of(_loaded(config or told.get("model_config", ""))) or _in_order(told.get("layer_names", ""))
    for path, name in names.items():
        if name in modules:
            modules[path] = modules[name]
    version = version or told.get("keras_version", "")
    kind = "Keras 2 HDF5" if version.startswith(("1", "2")) else "Keras HDF5"
    return Arrays(kind, "keras", arrays, modules, {"keras_version": version} if version else {})


def _attributes(file: Any) -> dict[str, str]:
    """What the file says of itself, as text."""
    found = {}
    for holder in (file, file.get("model_weights")):
        for name in ("model_config", "keras_version") if holder is not None else ():
            value = holder.attrs.get(name)
            if isinstance(value, bytes | str):
                found[name] = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
        names = holder.attrs.get("layer_names") if holder is not None else None
        if names is not None:
            found["layer_names"] = "\n".join(_text(name) for name in names)
    return found


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _in_order(names: str) -> dict[str, dict[str, object]]:
    """Name of a layer → the one that stands before it, where there is no configuration that tells more."""
    order = names.split("\n") if names else []
    return {name: {"follows": before} for before, name in pairwise(order)}


def _loaded(text: str) -> object:
    try:
        return json.loads(text) if text else None
    except (ValueError, RecursionError):
        return None  # the weights are still worth reading


def _datasets(group: Any, path: str, depth: int, names: dict[str, str]) -> Iterator[tuple[str, Any]]:
    """Every dataset below a group that stands in this file, by its path with dots."""
    import h5py

    if depth > DEEPEST:
        raise ValueError("its groups are nested more deeply than any network")
    for key in group:
        if not isinstance(group.get(key, getlink=True), h5py.HardLink):
            continue
        one = group[key]
        below = f"{path}.{key}" if path else str(key)
        if isinstance(one, h5py.Dataset):
            yield below.removesuffix(":0"), one
        elif isinstance(one, h5py.Group):
            given = one.attrs.get("name") if key == "vars" else None
            if isinstance(given, str):
                names[path] = given
            yield from _datasets(one, below, depth + 1, names)
