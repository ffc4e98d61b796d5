"""Files as a person names them, written whole or not at all.

Nothing is overwritten unless it is asked for: a file is written beside its place under another name, and then put in
place in one step. Whatever goes wrong is an `ExportError` that says in one line what, and what to do about it.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from tui.report.printable import printable

PUTTING: Final = threading.Lock()
"""Held while a file is put in place: the process must not end meanwhile"""


class ExportError(ValueError):
    """Nothing was written: one line that says what is wrong and what to do."""


class ExistsAlreadyError(ExportError):
    """A file could not be written because a file or a link is there that may not be replaced."""


def destination(path: Path | str, suffix: str) -> Path:
    """The file that a person means: `~` is their home folder, and the suffix is added where it is missing.

    A name such as `rnn-gain0.9` has no suffix, whatever stands behind its dot. A device or a pipe keeps its own name.

    Raises:
        ExportError: no file is named.
    """
    given = os.fspath(path)
    if "\0" in given or not _encodable(given):
        raise ExportError(f"{shown(given)}: not a file name; leave out the character that cannot be seen")
    if not given.strip():
        raise ExportError("no file name was given; type one")
    try:
        found = Path(given).expanduser()
    except RuntimeError:
        raise ExportError(f"{shown(given)}: no such user's folder; write the whole path") from None
    if given.endswith(("/", os.sep)) or not found.name or os.path.isdir(found):
        raise ExportError(f"{shown(found)}: a folder; add a file name")
    if found.name.lower() == suffix:
        raise ExportError(f"{shown(found)}: a suffix alone; add a name before it")
    return found if found.name.lower().endswith(suffix) or _special(found) else found.with_name(found.name + suffix)


def _special(path: Path) -> bool:
    """Whether a device, a pipe or the like is there."""
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def _encodable(path: str) -> bool:
    try:
        os.fsencode(path)
    except UnicodeEncodeError:
        return False
    return True


def shown(path: Path | str) -> str:
    """A path on one line, as a terminal can show it; a long one is shortened in the middle."""
    from core.settings.files import shortened  # the start of the explorer does not wait for it

    return printable(shortened(os.fspath(path)))


def may_write(path: Path, *, overwrite: bool) -> None:
    """Look whether a file may be written, before the work of making it; changes nothing.

    Raises:
        ExistsAlreadyError: a file is there, and it may not be overwritten.
        ExportError: no file can be written there.
    """
    from core.settings.files import CLOSED, closed_files  # the start of the explorer does not wait for it

    closed = closed_files()
    if closed is not None and not closed.allows(path, writing=True):
        raise ExportError(f"{shown(path.name)}: {CLOSED}; give a name without a folder")
    if existing(path) is not None and not overwrite:
        raise _error(FileExistsError(errno.EEXIST, ""), path)


def existing(path: Path) -> os.stat_result | None:
    """The file that is there already, None if there is none; looks without changing anything.

    Raises:
        ExportError: no file can be written there.
    """
    try:
        found = _look(path)
    except OSError as error:
        raise _error(error, path) from None
    if found is not None and stat.S_ISDIR(found.st_mode):
        raise ExportError(f"{shown(path)}: a folder; add a file name")
    if found is not None and not stat.S_ISREG(found.st_mode) and not stat.S_ISLNK(found.st_mode):
        raise ExportError(f"{shown(path)}: not an ordinary file; choose another name")
    if found is not None and stat.S_ISREG(found.st_mode) and not os.access(path, os.W_OK):
        raise ExportError(f"{shown(path)}: write-protected; choose another name")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise ExportError(f"{shown(path)}: the folder cannot be written to; choose another")
    return found


def _look(path: Path) -> os.stat_result | None:
    """What stands there, be it a link to nothing; None if there is nothing, in a folder that there is."""
    try:
        return os.stat(path)
    except FileNotFoundError:
        if path.is_symlink():
            return os.lstat(path)
        os.stat(path.parent)
        return None


def _error(error: OSError, path: Path) -> ExportError:
    """What the system refused, and what to do."""
    kind = ExistsAlreadyError if error.errno == errno.EEXIST else ExportError
    return kind(_said(error, path))


def _said(error: OSError, path: Path) -> str:
    folder = shown(path.parent)
    told = {
        errno.EEXIST: "exists already; choose another name, or allow it to be overwritten",
        errno.ENOTDIR: f"{folder} is not a folder; choose another place",
        errno.EACCES: "permission denied; choose a folder that you may write to",
        errno.EPERM: "permission denied; choose a folder that you may write to",
        errno.EROFS: "a read-only place; choose another",
        errno.ENOSPC: "the disk is full; make room, or choose another disk",
        errno.EDQUOT: "your share of the disk is full; make room, or choose another disk",
        errno.ENAMETOOLONG: "the name is too long; shorten it",
        errno.ELOOP: "a link that leads back to itself; choose another name",
    }
    if not os.path.exists(path.parent):
        told[errno.ENOENT] = f"there is no folder {folder}; create it first, or choose another"
    reason = told.get(error.errno or 0, f"cannot be written: {error.strerror or error}; choose another place")
    return f"{shown(path)}: {reason}"


def write_whole(contents: Callable[[], bytes], path: Path, *, overwrite: bool) -> Path:
    """Put a whole file in place, or none; what is in it is only worked out where it can be written.

    Raises:
        ExistsAlreadyError: a file is there, and it may not be overwritten.
        ExportError: nothing was written.
    """
    may_write(path, overwrite=overwrite)
    try:
        _put(contents(), path, overwrite=overwrite)
    except OSError as error:
        raise _error(error, path) from None
    return path


def _put(data: bytes, path: Path, *, overwrite: bool) -> None:
    # What a link points at is replaced, never the link.
    target = Path(os.path.realpath(path)) if overwrite else path
    beside = target.with_name(f".rnn-tui-{secrets.token_hex(8)}.tmp")
    with PUTTING:
        _put_beside(data, beside, target, overwrite=overwrite)


def _put_beside(data: bytes, beside: Path, target: Path, *, overwrite: bool) -> None:
    try:
        with open(beside, "xb") as file:
            file.write(data)
        if overwrite:
            with suppress(FileNotFoundError):
                os.chmod(beside, stat.S_IMODE(os.stat(target).st_mode))
            os.replace(beside, target)
        else:
            _put_where_nothing_is(beside, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(beside)
        raise


def _put_where_nothing_is(beside: Path, target: Path) -> None:
    """Take the name first, in one step that fails if somebody has it, and only then replace what is our own."""
    open(target, "xb").close()
    try:
        os.replace(beside, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(target)
        raise
