"""Changes of the settings or of what is given: one new Subject for each, with undo and redo."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import partial

from textual import on
from textual.message import Message
from textual.worker import get_current_worker

from core import Experiment, InvalidSettingsError, input_size, settings
from core.settings.experiment import Value
from tui.explorer.actions.computing import Computing
from tui.explorer.panels.settings import SettingsPanel
from tui.explorer.session.history import History
from tui.explorer.session.subject import Subject


class Changing(Computing):
    """Puts another subject in force."""

    class Looked(Message):
        """What a setting names outside the program was looked at: what is wrong with it, if anything is."""

        def __init__(self, name: str, value: Value, problem: str) -> None:
            self.name, self.value, self.problem = name, value, problem
            super().__init__()

    @on(SettingsPanel.Edited)
    def _edited(self, message: SettingsPanel.Edited) -> None:
        changed = self._changed(message.name, message.value)
        if changed is None:
            return
        if changed.task == "text" and changed.text_file:
            # A file may be large, or not there: the settings are in force once it has been read.
            look = partial(self._look, changed, message.name, message.value)
            self.run_worker(look, thread=True, exclusive=True, group=f"look at {message.name}", description="look")
        else:
            self._accept(changed, message.name)

    def _look(self, changed: Experiment, name: str, value: Value) -> None:
        worker, problem = get_current_worker(), ""
        try:
            input_size(changed)
        except (ValueError, MemoryError) as error:
            problem = str(error).removeprefix("text_file: ") or "not enough memory"
        if not worker.is_cancelled:
            self.post_message(self.Looked(name, value, problem))

    @on(Looked)
    def _looked(self, message: Looked) -> None:
        if message.problem:
            self._refuse(message.name, {message.name: message.problem})
        elif (changed := self._changed(message.name, message.value)) is not None:
            self._accept(changed, message.name)

    def _changed(self, name: str, value: Value) -> Experiment | None:
        """The experiment in force with another value; None, and the reason told, where that is not allowed."""
        try:
            return self.experiment.replace(**{name: value})
        except InvalidSettingsError as error:
            self._refuse(name, error.problems)
            return None

    def _refuse(self, name: str, problems: Mapping[str, str]) -> None:
        self.problems = {**self._problems_but(name), **problems}

    def _accept(self, changed: Experiment, name: str) -> None:
        self.problems = self._problems_but(name)
        self.change(changed, name)

    def _problems_but(self, name: str) -> dict[str, str]:
        return {other: text for other, text in self.problems.items() if other not in (name, "size")}

    def change(self, experiment: Experiment, what: str = "") -> None:
        """Put other settings, and what they make, in force; changes of one in one gesture are undone together.

        A change of how to train leaves a network that was given where it is, as does what is the same as before.
        """
        if what and experiment == self.experiment:
            return
        trained = what != "" and settings()[what].hint.group == "training"
        self.take_up(Subject(experiment, self.given if trained else None), what)

    def take_up(self, subject: Subject, what: str = "") -> None:
        """Put another subject in force."""
        if subject != self.subject:
            self._take(self._history.changed(subject, what, time.monotonic()))

    def action_undo(self) -> None:
        """Back to what was in force before."""
        self.problems = {}
        self._take(self._history.undone())

    def action_redo(self) -> None:
        """On to what was undone."""
        self.problems = {}
        self._take(self._history.redone())

    def _take(self, history: History) -> None:
        self._history = history
        self.preset = None
        # Both are set before anything is told of one, so that nothing sees two that do not belong together.
        subject, other = history.now, history.now.given is not self.given
        self.set_reactive(Changing.given, subject.given)
        self.experiment = subject.experiment
        if other:
            self.mutate_reactive(Changing.given)
        self._refresh_commands()

    def action_seed(self) -> None:
        """The next seed."""
        self.change(self.experiment.replace(seed=(self.experiment.seed + 1) % 2**32))
