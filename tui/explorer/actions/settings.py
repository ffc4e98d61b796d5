"""Changes of the settings or of what is given: one new Subject for each, with undo and redo."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from textual.message import Message
from textual.worker import get_current_worker

from core import Experiment, InvalidSettingsError
from core import settings as all_settings
from core.settings.hints import Value
from core.tasks import check_data
from tui.explorer.session import transitions
from tui.explorer.session.subject import Subject

if TYPE_CHECKING:
    from tui.explorer.session_screen import SessionScreen


class Looked(Message):
    """What a setting names outside the program was looked at: what is wrong with it, if anything is."""

    def __init__(self, name: str, value: Value, problem: str) -> None:
        self.name, self.value, self.problem = name, value, problem
        super().__init__()


def edit(explorer: SessionScreen, name: str, value: Value) -> None:
    """Give a setting a value as it was typed; one that is not allowed changes nothing, and the reason is told."""
    explorer.typed[name] = value
    changed = _changed(explorer, name, value)
    if changed is None:
        return
    if changed.reads_file:
        # A file may be large, or not there: the settings are in force once it has been read.
        look = partial(_look, explorer, changed, name, value)
        explorer.run_worker(look, thread=True, exclusive=True, group=f"look at {name}", description="look")
    else:
        _accept(explorer, changed, name)


def _look(explorer: SessionScreen, changed: Experiment, name: str, value: Value) -> None:
    """Read the file that is named, in a thread, to know whether it can be read."""
    worker, problem = get_current_worker(), ""
    try:
        check_data(changed)
    except (ValueError, MemoryError) as error:
        problem = str(error) or "not enough memory"
        for prefix in (name, "text_file", "data"):
            problem = problem.removeprefix(f"{prefix}: ")
    if not worker.is_cancelled:
        explorer.post_message(Looked(name, value, problem))


def looked(explorer: SessionScreen, message: Looked) -> None:
    """What a setting names has been looked at: put it in force, or tell why not, unless another was typed since."""
    if message.value != explorer.typed.get(message.name):
        return
    if message.problem:
        _refuse(explorer, message.name, {message.name: message.problem})
    elif (changed := _changed(explorer, message.name, message.value)) is not None:
        _accept(explorer, changed, message.name)


def _changed(explorer: SessionScreen, name: str, value: Value) -> Experiment | None:
    """The experiment in force with another value; None, and the reason told, where that is not allowed."""
    try:
        return explorer.subject.experiment.replace(**{name: value})
    except InvalidSettingsError as error:
        _refuse(explorer, name, error.problems)
        return None


def _refuse(explorer: SessionScreen, name: str, problems: Mapping[str, str]) -> None:
    explorer.problems = {**_problems_but(explorer, name), **problems}


def _accept(explorer: SessionScreen, changed: Experiment, name: str) -> None:
    explorer.problems = _problems_but(explorer, name)
    change(explorer, changed, name)


def _problems_but(explorer: SessionScreen, name: str) -> dict[str, str]:
    return {other: text for other, text in explorer.problems.items() if other not in (name, "size")}


def change(explorer: SessionScreen, experiment: Experiment, what: str = "") -> None:
    """Put other settings, and what they make, in force; changes of one in one gesture are undone together.

    A change of how to train leaves a network that was given where it is, as does what is the same as before.
    """
    subject = explorer.subject
    if what and experiment == subject.experiment:
        return
    trained = what != "" and all_settings()[what].hint.group == "training"
    take_up(explorer, Subject(experiment, subject.given if trained else None), what)


def take_up(explorer: SessionScreen, subject: Subject, what: str = "") -> None:
    """Put another subject in force; changes of `what` that follow one another quickly are one to undo."""
    explorer.put(transitions.take_up(explorer.session, subject, what, time.monotonic()))


def seed(explorer: SessionScreen) -> None:
    """Put the settings with the next two seeds in force: another network, other data."""
    experiment = explorer.subject.experiment
    seeds = {name: (getattr(experiment, name) + 1) % 2**32 for name in ("seed", "data_seed")}
    change(explorer, experiment.replace(**seeds))
