"""Where an export goes and what is there, in words; and how it goes to a visitor's browser."""

from __future__ import annotations

import io
import os
import stat
import time
from pathlib import Path

from textual.app import App

from core.settings.files import closed_files
from tui.report.atomic_files import shown
from tui.report.numbers import number


def deliver(app: App[object], path: Path) -> None:
    """Send a file to the browser that the program is looked at in, and keep none of it."""
    data = path.read_bytes()
    path.unlink()
    app.deliver_binary(io.BytesIO(data), save_filename=path.name)


def saved(path: Path) -> str:
    """What is said of a file that the dialog has saved: where it is."""
    return f"Saved {shown(path)}" if closed_files() is None else f"Sent to your browser: {shown(path.name)}"


def from_home(path: Path) -> str:
    """The whole path, as short as it can be told."""
    whole, home = os.path.abspath(path), os.path.expanduser("~")
    if home not in ("~", os.sep) and f"{whole}{os.sep}".startswith(f"{home}{os.sep}"):
        whole = "~" + whole[len(home) :]
    return shown(whole)


def described(file: os.stat_result) -> str:
    """A file that is there: its size and when it was written."""
    if stat.S_ISLNK(file.st_mode):
        return "a link to nothing"
    size, units = float(file.st_size), ["bytes", "kB", "MB", "GB"]
    while size >= 1000 and len(units) > 1:
        size, units = size / 1000, units[1:]
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(file.st_mtime))
    return f"{number(size)} {units[0]} of {when}"
