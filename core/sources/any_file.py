"""open_file(path): a file opened as what it is: settings, a network, a saved trace, a recorded step, or data.

What stands in it decides. Its name is asked only where that leaves it open: a text that is no TOML, but is called so.
"""

from __future__ import annotations

import hashlib
import tomllib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from core.numerics.frozen import FrozenRecord
from core.settings.experiment import Experiment, read_toml
from core.settings.files import expanded, looks_like_text, ordinary_file, visible
from core.sources.checkpoint import Checkpoint, checkpoint_of, named_as_weights
from core.sources.figures import NotOursError, is_figure, read_figure
from core.sources.formats import MOST_BYTES, READABLE, read_file
from core.sources.given import Given
from core.sources.pages import is_page, read_page
from core.sources.recording import Recording
from core.sources.recording_file import recording_of
from core.sources.saved_trace import saved_trace
from core.tasks.table.opening import open_table
from core.tasks.table.table import Table

POSSIBLE: Final = (
    "a network (.pt, .safetensors, .keras, .h5, .onnx, .npz, msgpack), data (csv, tsv, .npy, .npz, .wav, .parquet), a "
    "saved trace or a recorded training step (.npz), settings (.toml), or a figure or page that says them (.svg, .pdf, "
    ".png, .html)"
)
"""What can be opened"""

_DATA: Final = (b"\x93NUMPY", b"RIFF", b"PAR1", b"\x1f\x8b", b"\xff\xfe", b"\xfe\xff")
"""How files begin that can be data only: the last of them in UTF-16"""

_NETWORKS: Final = (b"\x80", b"\x08", b"\x89HDF")
"""How files begin that can be networks only"""

_LOOKED_AT: Final = 4096
"""Bytes at its beginning that show whether it is text"""

_LONGEST_SETTINGS: Final = 1_000_000
"""The longest text, in bytes, that may be settings"""


@dataclass(frozen=True, eq=False)
class SettingsFile(FrozenRecord):
    """A file of settings: the experiment that it describes, and its texts."""

    path: str
    experiment: Experiment
    about: Mapping[str, str]
    """What it says of itself: `title`, `look_for`"""


class OwnFileError(ValueError):
    """A file that this program wrote is damaged, or of a later version: it is nothing else."""


Opened: TypeAlias = SettingsFile | Given | Recording | Checkpoint | Table


def open_file(path: str | Path) -> Opened:
    r"""A file as what it is, whichever of those that this program reads. Nothing in it is ever run.

    Args:
        path: The file.

    Returns:
        Settings; a saved trace, as what it is made of; a recorded training step; a network of another library or of our
        own; or data.

    Raises:
        ValueError: there is no such file, or it is nothing that can be opened: one sentence that says what was found,
            what is possible and what to do.

    Runnable example:

        >>> import core, tempfile, pathlib
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = pathlib.Path(folder) / "what"
        ...     found = []
        ...     for text in ("cell = 'gru'", "day,rain\n1,0.5\n2,0.25\n"):
        ...         _ = path.write_text(text)
        ...         found.append(type(core.open_file(path)).__name__)
        >>> found
        ['SettingsFile', 'Table']
    """
    place = expanded(str(path))
    begins = _beginning(place)
    if is_page(begins):
        return SettingsFile(str(place), *read_page(place))
    if is_figure(begins):
        try:
            return SettingsFile(str(place), *read_figure(place))
        except NotOursError:
            if not begins.startswith(b"%PDF"):
                raise
    if begins.startswith(b"PK"):
        return _archive(place)
    if begins.startswith(_DATA):
        return open_table(place)
    if begins.startswith(_NETWORKS) or not looks_like_text(begins):
        return _network(place)
    return _text(place)


def _beginning(place: Path) -> bytes:
    try:
        if place.is_dir():
            read_file(place)  # which says what the folder is, where it knows, and what to do
        state = ordinary_file(place, MOST_BYTES)
        if not state.st_size:
            raise ValueError(f"{visible(place)}: the file is empty; {POSSIBLE} can be opened")
        with open(place, "rb") as file:
            return file.read(_LOOKED_AT)
    except FileNotFoundError:
        raise ValueError(f"{visible(place)} is no file; give the path of {POSSIBLE}") from None
    except OSError as error:
        why = error.strerror or error
        raise ValueError(f"{visible(place)} cannot be read: {why}; give the path of {POSSIBLE}") from None


def _archive(place: Path) -> Opened:
    """A zip archive: a network of PyTorch or Keras, or NumPy's, with a network, a saved trace or data in it."""
    try:
        return _network(place)
    except OwnFileError:
        raise
    except ValueError as error:
        network = str(error)
    try:
        table = open_table(place)
    except ValueError as error:
        data = str(error).removeprefix(f"{visible(place)} ")
        if "none of its arrays is a recurrent" not in network:
            raise ValueError(network) from None
        raise ValueError(f"{network}; nor are they data: it {data}") from None
    with zipfile.ZipFile(place) as archive:
        if any(map(named_as_weights, archive.namelist())):
            raise ValueError(network)  # weights of integers, or of shapes that do not fit, are no data
    return table


def _network(place: Path) -> Given | Recording | Checkpoint:
    try:
        arrays, data = read_file(place)
    except ValueError as error:
        said = str(error)
        if said.endswith(READABLE):
            said = f"{said} as networks; csv, tsv, .npy, .npz, .wav and .parquet as data, and settings as TOML"
        raise ValueError(said) from None
    sha256 = hashlib.sha256(data).hexdigest()
    try:
        own = saved_trace(arrays, place, sha256) or recording_of(arrays, place, sha256)
    except ValueError as error:
        raise OwnFileError(f"{visible(place)}: {' '.join(str(error).split())}") from None
    try:
        return own or checkpoint_of(arrays, str(place), sha256)
    except ValueError as error:
        raise ValueError(f"{visible(place)}: {' '.join(str(error).split())}") from None


def _text(place: Path) -> SettingsFile | Table:
    name = place.name.lower()
    table = _toml(place)
    if isinstance(table.get("steps"), list):
        raise ValueError(f"{visible(place)}: it is a tour or a lesson; rnn-tui tour plays it")
    if name.endswith(".toml") or table:
        experiment, about = read_toml(place)
        return SettingsFile(str(place), experiment, about)
    try:
        return open_table(place)
    except ValueError as error:
        if _begins_as_json(place):
            raise ValueError(
                f"{visible(place)}: it is JSON, as a report for programs is, which cannot be opened again; "
                "rnn-tui report --npz saves a trace that can"
            ) from None
        raise ValueError(
            f"{error}; {POSSIBLE} can be opened, and --text-file learns the characters of a text"
        ) from None


def _toml(place: Path) -> dict[str, Any]:
    """What a text says as TOML; nothing where it is none, as a table of data is."""
    try:
        if place.stat().st_size > _LONGEST_SETTINGS:
            return {}
        return tomllib.loads(place.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return {}


def _begins_as_json(place: Path) -> bool:
    with open(place, "rb") as file:
        return file.read(64).lstrip().startswith((b"{", b"["))
