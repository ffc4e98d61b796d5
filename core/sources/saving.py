"""save_network(network, path): a network in a file, as .safetensors or .npz, that open_checkpoint reads back whole."""

from __future__ import annotations

import io
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import numpy as np

from core.network.network import Network
from core.settings.files import expanded, visible
from core.settings.provenance import Provenance, provenance
from core.sources import safetensors
from core.sources.own_files import KEY, described

SUFFIXES: Final = (".npz", ".safetensors")
"""How the name of a file of ours ends"""


def save_network(network: Network, path: str | Path, *, overwrite: bool = False) -> None:
    """Write a network to a file: its parameters by name in float64, and its cell, φ, read-out and constants.

    Args:
        network: Any network, drawn, trained or read from another file.
        path: Ends in `.safetensors` or `.npz`.
        overwrite: Whether to replace a file that is there.

    Raises:
        ValueError: the name ends in something else, the file is there already or cannot be written: one sentence.

    Runnable example:

        >>> import core, tempfile, pathlib
        >>> network = core.make_network(core.Experiment())
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     core.save_network(network, pathlib.Path(folder) / "network.npz")
        ...     again = core.open_checkpoint(pathlib.Path(folder) / "network.npz").candidate().network()
        >>> again.same_as(network)
        True
    """
    place = expanded(str(path))
    if place.suffix not in SUFFIXES:
        raise ValueError(f"{visible(place)}: a network is saved as .safetensors or .npz; end the name so")
    data = network_bytes(network, place.suffix)
    write_whole(place, data, overwrite=overwrite)


def write_whole(place: Path, data: bytes, *, overwrite: bool) -> None:
    """Write a file, whole or not at all.

    Raises:
        ValueError: it is there already and may not be replaced, or cannot be written: one sentence.
    """
    if place.exists() and not overwrite:
        raise ValueError(f"{visible(place)} is there already; choose another name, or overwrite it")
    try:
        _write(place, data)
    except OSError as error:
        raise ValueError(f"{visible(place)}: {error.strerror or error}") from None


def network_bytes(network: Network, suffix: str, made: Provenance | None = None) -> bytes:
    """What stands in the file of a network.

    Args:
        network: Any network.
        suffix: One of `SUFFIXES`, which says how it is written.
        made: With what, when and how it was made; None for what is so of what is made now.
    """
    texts = {KEY: described(network), "provenance": (made or provenance()).json}
    if suffix == ".safetensors":
        return safetensors.written(network.parameters, texts)
    file = io.BytesIO()
    arrays: dict[str, Any] = {**{name: np.array(text) for name, text in texts.items()}, **network.parameters}
    np.savez(file, **arrays)
    return file.getvalue()


def _write(place: Path, data: bytes) -> None:
    """The whole file or none: it gets its name once it is complete."""
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=".", suffix=place.suffix)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(name, 0o644)
        os.replace(name, place)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise
