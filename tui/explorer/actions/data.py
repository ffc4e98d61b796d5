"""Opening a data file: browse for it, choose what is read and asked of it, and put the settings in force."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from textual import work

from core.settings.files import expanded
from tui.explorer.actions import cursor, settings
from tui.report.printable import printable

if TYPE_CHECKING:
    from core import Trace
    from tui.explorer.session_screen import SessionScreen

SUFFIXES: Final = (".csv", ".tsv", ".txt", ".dat", ".gz", ".npy", ".npz", ".wav", ".parquet")
HINT: Final = "csv, tsv (also .gz), .npy, .npz, .wav or .parquet"


@work
async def open_data(explorer: SessionScreen) -> None:
    """Choose a file of data, and what of it is read and asked for; then the network is one for these data."""
    from tui.explorer.dialogs.browse import FileBrowser  # the start does not wait for them
    from tui.explorer.dialogs.data_file import DataDialog

    path = await explorer.ask(FileBrowser("Open a data file", _folder(explorer), suffixes=SUFFIXES, hint=HINT))
    if path is None:
        return
    experiment = await explorer.ask(DataDialog(path, explorer.subject.experiment))
    if experiment is not None:
        explorer.problems = {}
        cursor.forget_loss(explorer)
        settings.change(explorer, experiment)


def tell_of_file(explorer: SessionScreen, before: Trace | None, now: Trace) -> None:
    """Say how the file of the data is read and what was chosen of it, once it is another file than before."""
    origin = now.origin
    if origin.notes and origin.file and (before is None or before.origin.file != origin.file):
        said = "; ".join(origin.notes)
        tell = partial(explorer.notify, f"{said[:1].upper()}{said[1:]}.", title=printable(origin.label), timeout=12)
        explorer.call_after_refresh(tell)  # at the start the screen is not yet there to show it


def _folder(explorer: SessionScreen) -> Path:
    """Where the file lies that is looked at, or else where the program was started."""
    experiment = explorer.subject.experiment
    if experiment.task == "table" and experiment.data:
        try:
            return expanded(experiment.data).absolute().parent
        except (ValueError, OSError):
            pass
    return Path.cwd()
