"""open_table(path) → Table: which kind of file it is, told by its first bytes and not by its name.

Read are text with separators (csv, tsv and their kin, also compressed by gzip), .npy and .npz, .wav, and .parquet where
DuckDB is installed (the extra `data`). What is no table is refused in one sentence: what was found, what is possible,
what to do.

Text is read by the standard library's `csv`. DuckDB, pandas and polars were tried on the same files: DuckDB reads them
faster, but leaves to us what makes such files hard (decimal commas, −999, texts below the table), and takes an unclosed
quotation mark without a word; each of the three weighs more than the whole program (69, 88 and 181 MB).
"""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Final

from core.numerics.scaled import freeze
from core.settings.files import expanded, looks_like_text, ordinary_file, visible
from core.tasks.table.arrays import Read, read_npy, read_npz
from core.tasks.table.columns import Column
from core.tasks.table.delimited import read_delimited
from core.tasks.table.parquet import read_parquet
from core.tasks.table.sound import read_wav
from core.tasks.table.table import Table

MOST_BYTES: Final = 256_000_000
"""The largest file of data that is read, and the longest text in a compressed one, in bytes."""

POSSIBLE: Final = "a csv or tsv file, .npy, .npz, .wav or .parquet"

_OTHERS: Final = (
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF8", "an image"),
    (b"\x89HDF", "an HDF5 file"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\xd0\xcf\x11\xe0", "an old or an encrypted Excel file"),
    (b"BZh", "compressed by bzip2"),
    (b"\xfd7zXZ", "compressed by xz"),
    (b"\x28\xb5\x2f\xfd", "compressed by zstd"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"\x7fELF", "a program"),
    *((bytes((0x80, number)), "a Python pickle, which could run anything and is not opened") for number in range(2, 6)),
)


def open_table(path: Path | str) -> Table:
    r"""What is in a file of data, column by column; read once as long as it does not change.

    Args:
        path: A text with separators (also .gz), .npy, .npz, .wav or .parquet.

    Returns:
        Its columns, each with its name, its kind (number, time or words) and its gaps.

    Raises:
        ValueError: there is no such file, it is too large, damaged, or no table.

    Runnable example:

        >>> import pathlib, tempfile
        >>> import core
        >>> path = pathlib.Path(tempfile.mkdtemp(), "weather.csv")
        >>> _ = path.write_text("day;rain;wind\n2026-01-01;0,5;NW\n2026-01-02;NA;SE\n")
        >>> table = core.open_table(path)
        >>> [(column.name, column.kind, column.gaps) for column in table.columns]
        [('day', 'time', 0), ('rain', 'number', 1), ('wind', 'words', 0)]
    """
    try:
        file = expanded(os.fspath(path))
        state = ordinary_file(file, MOST_BYTES)
        return _opened(file, state.st_mtime_ns, state.st_size)
    except (FileNotFoundError, NotADirectoryError):
        raise ValueError(f"{visible(path)} is no file; give the path of {POSSIBLE}") from None
    except IsADirectoryError:
        raise ValueError(f"{visible(path)} is a folder; give the path of {POSSIBLE}") from None
    except OSError as error:
        why = error.strerror or error
        raise ValueError(f"{visible(path)} cannot be read: {why}; give the path of {POSSIBLE}") from None


@lru_cache(maxsize=2)
def _opened(path: Path, modified: int, size: int) -> Table:
    """The file as it is at this time; another time or size is another table."""
    with open(path, "rb") as file:
        content = file.read(MOST_BYTES + 1)
    try:
        columns, bounds, notes = _reader_of(content)(content)
    except ValueError as error:
        raise ValueError(f"{visible(path)} {error}") from None
    except MemoryError:
        raise ValueError(f"{visible(path)} does not fit into memory; give a part of it") from None
    for column in columns:
        freeze(column.numbers, *(() if column.places is None else (column.places,)))
    return Table(visible(path.name), columns, bounds, hashlib.sha256(content).hexdigest(), notes)


def _reader_of(content: bytes) -> Callable[[bytes], Read]:
    """What reads a file that begins like this.

    Raises:
        ValueError: nothing does; a sentence that follows `FILE `.
    """
    if content.startswith(b"\x93NUMPY"):
        return read_npy
    if content.startswith(b"PK"):
        return read_npz
    if content.startswith(b"RIFF") and content[8:12] == b"WAVE":
        return lambda content: _one_sequence(*read_wav(content))
    if content.startswith(b"PAR1"):
        return lambda content: _one_sequence(*read_parquet(content))
    for beginning, what in _OTHERS:
        if content.startswith(beginning):
            raise ValueError(f"is {what}; save the table as csv and give that")
    return lambda content: _one_sequence(*read_delimited(text_of(content)))


def _one_sequence(columns: tuple[Column, ...], notes: tuple[str, ...]) -> Read:
    return columns, (0, len(columns[0].numbers)), notes


def text_of(content: bytes) -> str:
    """The text of a file: decompressed, decoded from UTF-8, UTF-16 or, where it is neither, Windows' Latin letters.

    Raises:
        ValueError: it is no text, or cannot be decompressed; a sentence that follows `FILE `.
    """
    if content.startswith(b"\x1f\x8b"):
        content = _decompressed(content)
        if content.startswith(b"\x1f\x8b"):
            raise ValueError("is compressed by gzip more than once; decompress it once and give that")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return content.decode("utf-16")
        except UnicodeDecodeError:
            raise ValueError("is cut off or no text in UTF-16; save it as UTF-8") from None
    if b"\0" in content or not looks_like_text(content[:4096]):
        raise ValueError(f"is no text and nothing else that is known; give {POSSIBLE}")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _decompressed(content: bytes) -> bytes:
    found, rest = [], content
    size = 0
    try:
        while rest:
            stream = zlib.decompressobj(31)
            found.append(stream.decompress(rest, MOST_BYTES + 1 - size))
            size += len(found[-1])
            if size > MOST_BYTES:
                raise ValueError(f"holds more than {MOST_BYTES:,} bytes once decompressed; give a part of it")
            if not stream.eof:
                raise ValueError("is cut off: its compressed text does not end; copy or save it again")
            rest = stream.unused_data.lstrip(b"\0")
    except zlib.error:
        raise ValueError("is damaged: it cannot be decompressed; copy or save it again") from None
    return b"".join(found)
