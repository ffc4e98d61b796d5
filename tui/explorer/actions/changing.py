"""Changes of the settings or of what is given: one new Subject for each, with undo and redo."""

from __future__ import annotations

import time

from textual import on

from core import Experiment, InvalidSettingsError, settings
from tui.explorer.actions.computing import Computing
from tui.explorer.panels.settings import SettingsPanel
from tui.explorer.session.history import History
from tui.explorer.session.subject import Subject


class Changing(Computing):
    """Puts another subject in force."""

    @on(SettingsPanel.Edited)
    def _edited(self, message: SettingsPanel.Edited) -> None:
        try:
            changed = self.experiment.replace(**{message.name: message.value})
        except InvalidSettingsError as error:
            problems = dict(error.problems)
            self.problems = {**self._problems_but(message.name), **problems}
            return
        self.problems = self._problems_but(message.name)
        self.change(changed, message.name)

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
