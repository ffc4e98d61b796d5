"""Which format a file has, by what stands in it and never by its name, and its arrays."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from numpy.typing import NDArray

from core.settings.files import looks_like_text, ordinary_file, visible
from core.sources import hdf5, msgpack, npz, onnx_files, safetensors, torch_files
from core.sources.arrays import Arrays
from core.sources.zips import Archive

MOST_BYTES: Final = 2**32
"""The longest file that is read: 4 GiB"""

READABLE: Final = ".npz, .npy, .safetensors, .pt, .keras, .h5, .onnx and Flax's msgpack are read"

_KNOWN: Final = (
    (b"\x1f\x8b", "it is compressed by gzip; unpack it first"),
    (b"BZh", "it is compressed by bzip2; unpack it first"),
    (b"\xfd7zXZ", "it is compressed by xz; unpack it first"),
    (b"\x28\xb5\x2f\xfd", "it is compressed by zstd; unpack it first"),
    (b"7z\xbc\xaf", "it is a 7z archive; unpack it first"),
    (b"GGUF", "it is GGUF, which holds no recurrent network as others write it; save it as safetensors"),
    (b"PAR1", "it is a table of data in Parquet, no network"),
    (b"%PDF", "it is a PDF"),
    (b"\xd0\xcf\x11\xe0", "it is an old or an encrypted Excel file"),
)
"""How a file begins → what it is"""

_FOLDERS: Final = (
    ("saved_model.pb", "a TensorFlow SavedModel; load it and save it as .keras"),
    ("checkpoint", "a TensorFlow checkpoint; load it and save it as .keras"),
    ("_METADATA", "an Orbax checkpoint; restore it and write it with flax.serialization.to_bytes"),
    ("_CHECKPOINT_METADATA", "an Orbax checkpoint; restore it and write it with flax.serialization.to_bytes"),
    ("Manifest.json", "a CoreML package; save the network from the framework that made it"),
)
"""A name in a folder → what the folder is, and how to get a file from it"""


def read_file(path: Path) -> tuple[Arrays, bytes]:
    """The arrays that stand in a file, and its bytes.

    Raises:
        ValueError: there is no such file, its format is not known, or it is damaged; one sentence that begins with
            its path, and says what was found and what to do.
    """
    try:
        if path.is_dir():
            raise ValueError(_folder(path))
        ordinary_file(path, MOST_BYTES)
        data = path.read_bytes()
        return _readable(arrays_of(data, path)), data
    except OSError as error:
        raise ValueError(f"{visible(path)}: {error.strerror or error}; give the path of a file: {READABLE}") from None
    except (ValueError, RecursionError, MemoryError) as error:
        said = " ".join((str(error) or "it needs more memory than there is; give a smaller one").split())[:400]
        raise ValueError(f"{visible(path)}: {_with_what_to_do(said)}") from None


def _with_what_to_do(said: str) -> str:
    """What is wrong with a file, and what to do: where its reader knows nothing better, to get the file once more."""
    own_words = re.sub(r"\(.*\)", "", said)  # what a library said of it stands in brackets
    return said if ";" in own_words else f"{said}; copy or save it again"


def _readable(arrays: Arrays) -> Arrays:
    """Arrays with each name on one line of characters that can be seen, and not too long for a message."""
    if all(visible(name) == name for name in arrays.arrays):
        return arrays
    shown: dict[str, NDArray[Any]] = {}
    for name, array in arrays.arrays.items():
        one, number = visible(name), 1
        while one in shown:
            one, number = f"{visible(name)} {number}", number + 1
        shown[one] = array
    modules = {visible(name): told for name, told in arrays.modules.items()}
    return replace(arrays, arrays=shown, modules=modules)


def arrays_of(data: bytes, path: Path) -> Arrays:
    """The arrays that stand in the bytes of a file.

    Args:
        data: The whole file.
        path: Where it lies, for a format that has its weights in a second file.

    Raises:
        ValueError: its format is not known, or it is damaged.
    """
    if not data:
        raise ValueError(f"the file is empty; {READABLE}")
    if data.startswith(b"PK"):
        return _of_zip(Archive(data))
    if data.startswith(npz.MAGIC):
        return npz.read_npy(data)
    if data.startswith(hdf5.MAGIC):
        return hdf5.read(data)
    if torch_files.is_legacy(data):
        return torch_files.read_legacy(data)
    if safetensors.looks_like(data):
        return safetensors.read(data)
    for start, said in _KNOWN:
        if data.startswith(start):
            raise ValueError(f"{said}; {READABLE}")
    if data[257:262] == b"ustar":
        raise ValueError(f"it is a tar archive, as PyTorch wrote before 0.4 and others write; unpack it; {READABLE}")
    if data[:1] == b"\x80" and data[1:2] in b"\x02\x03\x04\x05":
        return torch_files.read_pickle(data)
    if msgpack.looks_like(data):
        return msgpack.read(data)
    if data[:1] == b"\x08":
        return onnx_files.read(data, lambda name: _beside(path, name))
    raise ValueError(f"{_unknown(data)}; {READABLE}")


def _of_zip(archive: Archive) -> Arrays:
    if archive.named("data.pkl") is not None:
        return torch_files.read_zip(archive)
    if archive.named("model.weights.h5") is not None:
        return hdf5.read_keras(archive)
    if any(name.endswith(".npy") for name in archive.names):
        return npz.read_npz(archive)
    if any("exported_program" in name or name.endswith("models/model.json") for name in archive.names):
        raise ValueError("it is a program that torch.export saved; save the state_dict of its module instead")
    if archive.encrypted:
        raise ValueError("it is encrypted; decrypt it first")
    if archive.named("[Content_Types].xml") is not None:
        raise ValueError(f"it is a spreadsheet or another office document; save its table as csv; {READABLE}")
    raise ValueError(f"it is a zip archive without a network in it; unpack it first; {READABLE}")


def _beside(path: Path, name: str) -> bytes:
    """The second file of a model, which must lie in the same folder."""
    if not name or name in (".", "..") or any(sign in name for sign in "/\\\0"):
        raise ValueError(f"its weights stand in {visible(name)!r}, which is no file beside it; save it as one file")
    second = path.parent / name
    try:
        ordinary_file(second, MOST_BYTES)
        return second.read_bytes()
    except OSError as error:
        raise ValueError(f"its weights stand in {visible(name)}, beside it, and: {error.strerror or error}") from None


def _folder(path: Path) -> str:
    for name, said in _FOLDERS:
        if (path / name).exists():
            return f"the folder is {said}"
    return f"it is a folder; give a file: {READABLE}"


def _unknown(data: bytes) -> str:
    if data[:9].lstrip()[:1] == b"<":
        return "it is a web page or other markup, no network: perhaps a download that failed"
    if data.startswith(b"version https://git-lfs"):
        return "it is a pointer of Git LFS to a file that was not downloaded; git lfs pull fetches it"
    if safetensors.claims_to_be(data):
        return "it begins as safetensors do, with a header that is longer than the file; copy or save it again"
    try:
        begins = data[:4096]
        begins.decode("utf-8")
    except UnicodeDecodeError:
        return "no format of networks begins as it does"
    return "it is text, no network" if looks_like_text(begins) else "no format of networks begins as it does"
