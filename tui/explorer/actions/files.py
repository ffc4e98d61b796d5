"""Opening a file, whatever it is: browse for it, answer what it leaves open, and put in force what it has."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from textual import work

from core import Given, Recording, open_checkpoint, open_file
from core.settings.files import expanded
from core.sources.any_file import SettingsFile
from core.sources.driving import Asked
from core.sources.recordings import Watched
from core.tasks.table.table import Table
from tui.explorer.actions import cursor, settings
from tui.explorer.session.subject import Subject
from tui.report.opened import Unanswered, given_of, is_to_choose
from tui.report.printable import printable

if TYPE_CHECKING:
    from core import Experiment, Trace
    from tui.explorer.dialogs.browse import FileBrowser
    from tui.explorer.dialogs.network_file import NetworkDialog
    from tui.explorer.session_screen import SessionScreen

DATA: Final = (".csv", ".tsv", ".txt", ".dat", ".gz", ".npy", ".npz", ".wav", ".parquet")
NETWORKS: Final = (".pt", ".pth", ".ckpt", ".safetensors", ".keras", ".h5", ".hdf5", ".onnx", ".msgpack", ".toml")
HINT: Final = (
    "a network (.pt, .safetensors, .keras, .h5, .onnx, .npz, .msgpack), data (csv, tsv, .npy, .npz, .wav, .parquet), a "
    "saved trace or a recorded training step (.npz) or settings (.toml)"
)
DATA_HINT: Final = "csv, tsv (also .gz), .npy, .npz, .wav or .parquet"


@work
async def open_any(explorer: SessionScreen) -> None:
    """Choose a file, and put in force what it has: settings, data, a saved trace, or a network."""
    from tui.explorer.dialogs.browse import FileBrowser  # the start does not wait for them

    folder, problem = folder_of(explorer), ""
    while True:
        browser = FileBrowser("Open a file", folder, suffixes=(*DATA, *NETWORKS), hint=HINT, problem=problem)
        path = await explorer.ask(browser)
        if path is None:
            return
        try:
            found = await asyncio.to_thread(open_file, path)
            break
        except (ValueError, MemoryError) as error:
            folder, problem = path.parent, str(error) or "there is not enough memory for this file"
    if isinstance(found, SettingsFile):
        _settings(explorer, found.experiment)
    elif isinstance(found, Table):
        from tui.explorer.dialogs.data_file import DataDialog

        experiment = await explorer.ask(DataDialog(path, explorer.subject.experiment))
        if experiment is not None:
            _settings(explorer, experiment)
    elif isinstance(found, Given | Recording):
        take_up(explorer, found if isinstance(found, Given) else await asyncio.to_thread(found.given))
    else:
        await _network(explorer, Unanswered(found, Asked(), on_data=False))


async def _network(explorer: SessionScreen, unanswered: Unanswered) -> None:
    """Put a network in force, once what its file leaves open has been answered."""
    experiment = explorer.subject.experiment
    given: Given | None = None
    if not is_to_choose(unanswered.checkpoint, unanswered.asked):
        try:
            given = await asyncio.to_thread(given_of, unanswered.checkpoint, unanswered.asked, experiment)
        except ValueError:
            given = None  # the dialog says what is wrong, and what else there is
    given = given or await explorer.ask(dialog_of(unanswered, experiment, folder_of(explorer)))
    if given is not None:
        take_up(explorer, given)


@work
async def choose(explorer: SessionScreen) -> None:
    """Ask again which network of its file it is, and what drives it; of recordings that are followed, which part."""
    given = explorer.subject.given
    if explorer.subject.watched is not None:
        await _part(explorer, explorer.subject.watched)
        return
    if not isinstance(given, Given) or given.asked is None or given.origin.file is None:
        return
    try:
        checkpoint = await asyncio.to_thread(open_checkpoint, given.origin.file)
    except ValueError as error:
        explorer.notify(str(error), severity="warning")
        return
    steps, examples, _ = given.whole_batch.inputs.shape
    experiment = explorer.subject.experiment.replace(timesteps=steps, batch_size=examples)
    unanswered = Unanswered(checkpoint, given.asked, on_data=given.experiment is not None)
    again = await explorer.ask(dialog_of(unanswered, experiment, folder_of(explorer)))
    if again is not None:
        take_up(explorer, again)


async def _part(explorer: SessionScreen, watched: Watched) -> None:
    """Follow another part of the same recordings."""
    from tui.explorer.dialogs.recording_parts import RecordingParts

    chosen = await explorer.ask(RecordingParts(watched.parts, watched.part))
    if chosen is None or chosen == watched.part:
        return
    try:
        take_up(explorer, await asyncio.to_thread(watched.other, chosen))
    except ValueError as error:
        explorer.notify(str(error), severity="warning")


def dialog_of(unanswered: Unanswered, experiment: Experiment, folder: Path) -> NetworkDialog:
    """The dialog that asks what a file leaves open."""
    from tui.explorer.dialogs.browse import FileBrowser
    from tui.explorer.dialogs.network_file import NetworkDialog

    def browser() -> FileBrowser:
        return FileBrowser("Data for the network", folder, suffixes=DATA, hint=DATA_HINT)

    return NetworkDialog(unanswered, experiment, browser)


def take_up(explorer: SessionScreen, given: Given) -> None:
    """Put a network and its data in force, or the settings that make them."""
    explorer.problems = {}
    cursor.forget_loss(explorer)
    settings.take_up(explorer, Subject.of(given, explorer.subject.experiment))


def _settings(explorer: SessionScreen, experiment: Experiment) -> None:
    explorer.problems = {}
    cursor.forget_loss(explorer)
    settings.change(explorer, experiment)


def tell_of_file(explorer: SessionScreen, before: Trace | None, now: Trace) -> None:
    """Say how a file is read and what was chosen of it, once it is another file than before."""
    origin, told = now.origin, dict(now.origin.told)
    names = ("loss",) if origin.notes else ("inputs", "loss")  # the notes say what the inputs are
    notes = [*(f"{name}: {told[name]}" for name in names if name in told), *origin.notes]
    if not notes or not origin.file or (before is not None and _same(before, now)):
        return
    said = ". ".join(f"{note[:1].upper()}{note[1:]}" for note in notes) if told else "; ".join(notes)
    tell = partial(explorer.notify, f"{said[:1].upper()}{said[1:]}.", title=printable(origin.label), timeout=12)
    explorer.call_after_refresh(tell)  # at the start the screen is not yet there to show it


def _same(before: Trace, now: Trace) -> bool:
    return (before.origin.file, before.origin.told) == (now.origin.file, now.origin.told)


def folder_of(explorer: SessionScreen) -> Path:
    """Where the file lies that is looked at, or else where the program was started."""
    subject = explorer.subject
    file = subject.given.origin.file if subject.given is not None else None
    if file is None and subject.experiment.task == "table":
        file = subject.experiment.data
    if file:
        try:
            return expanded(file).absolute().parent
        except (ValueError, OSError):
            pass
    return Path.cwd()
