"""Files that a person names, read with care: ordinary ones, of a size that can be meant, in UTF-8.

A pipe or a device may give nothing for ever, or never end; neither is opened here.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

LONGEST_NAMED: Final = 160
"""The most characters of a path or a name that a message repeats: two lines of a narrow terminal"""


CLOSED: Final = "the files of this computer are closed to its visitors"
"""Why a file is not read or written for somebody who is not the one that started the program"""


@dataclass(frozen=True)
class Closed:
    """What files a process may open for a person who is a visitor on this computer."""

    readable: frozenset[str] = frozenset()
    """The files that may be read, as whole paths without links"""
    folder: str = ""
    """The folder in which files may be read and written, as a whole path without links; none where it is empty"""

    def allows(self, path: Path, *, writing: bool = False) -> bool:
        """Whether a file may be read, or written."""
        try:
            place = os.path.realpath(path)
        except ValueError:  # a character that no path can have
            return False
        inside = bool(self.folder) and place.startswith(self.folder + os.sep)
        return inside or (not writing and place in self.readable)


_closed: Closed | None = None


def close_files(readable: Iterable[Path | str] = (), folder: Path | str | None = None) -> None:
    """From now on open no file that a person names, but these: for a process that serves a visitor.

    It holds for the whole process and is never taken back.

    Args:
        readable: The files that may be read.
        folder: The folder in which files may be read and written.
    """
    global _closed
    place = "" if folder is None else os.path.realpath(folder)
    _closed = Closed(frozenset(os.path.realpath(path) for path in readable), place)


def closed_files() -> Closed | None:
    """What may be opened for a visitor; None where the person at the keyboard has started the program."""
    return _closed


def expanded(path: str) -> Path:
    """The path that a person means: a leading `~` or `~name` stands for a home folder.

    Raises:
        ValueError: there is no such user; one line with the path and what to do.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise ValueError(f"{visible(path)}: no such user's folder; write the whole path") from None


def shortened(text: str) -> str:
    """What somebody gave, as a message names it: where it is long, its beginning and its end, which tell it apart.

    Runnable example:

        >>> shortened("notes.txt"), len(shortened("n" * 4000 + ".txt")) == LONGEST_NAMED
        ('notes.txt', True)
    """
    if len(text) <= LONGEST_NAMED:
        return text
    half = LONGEST_NAMED // 2
    return f"{text[: half - 1]}…{text[-half:]}"


def visible(path: Path | str) -> str:
    r"""A path on one line: as it stands, or as a Python string where it holds characters that cannot be seen.

    A long one is shortened in the middle.

    Runnable example:

        >>> print(visible("a.toml"), visible("a\n.toml"))
        a.toml 'a\n.toml'
    """
    text = shortened(os.fspath(path))
    return text if text.isprintable() else repr(text)


def looks_like_text(begins: bytes) -> bool:
    """Whether bytes may be those of a text, in whatever encoding of eight bits: without zeros, hardly a control.

    Runnable example:

        >>> looks_like_text("größe;1,5".encode()), looks_like_text(bytes(8) + b"{}")
        (True, False)
    """
    controls = sum(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in begins)
    return b"\0" not in begins and controls <= 0.05 * len(begins)


def is_encrypted(flags: int) -> bool:
    """Whether an entry of a zip archive with these flags is encrypted."""
    return bool(flags & 0x1)


def ordinary_file(path: Path, most_bytes: int) -> os.stat_result:
    """The state of a file that may be read to its end.

    Raises:
        OSError: there is none, it is a folder, a pipe or a device, or it is longer than `most_bytes`; its `strerror`
            says which.
    """
    if _closed is not None and not _closed.allows(path):
        raise PermissionError(errno.EACCES, CLOSED)
    try:
        state = os.stat(path)
    except ValueError:  # a character that no path can have
        raise OSError(errno.EINVAL, "not a file name") from None
    if stat.S_ISDIR(state.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(state.st_mode):
        raise OSError(errno.EINVAL, "not an ordinary file")
    _limit(state.st_size, most_bytes)
    return state


def _limit(size: int, most_bytes: int) -> None:
    if size > most_bytes:
        raise OSError(errno.EFBIG, f"longer than the {most_bytes:,} bytes that are allowed")


def read_text(path: Path, most_bytes: int) -> str:
    """The whole of a UTF-8 text, without the byte order mark that it may begin with, line ends as they are.

    Raises:
        OSError: it cannot be read, is no ordinary file, or is longer than `most_bytes`, be it while it is read.
        UnicodeDecodeError: it is not UTF-8.
    """
    ordinary_file(path, most_bytes)
    with open(path, "rb") as file:
        content = file.read(most_bytes + 1)
    _limit(len(content), most_bytes)
    return content.decode("utf-8-sig")
