"""Changes of the settings: one new Experiment for each, with undo and redo."""

from __future__ import annotations

import time

from textual import on

from core import Experiment, InvalidSettingsError
from tui.explorer.actions.computing import Computing
from tui.explorer.panels.settings import SettingsPanel
from tui.explorer.session.history import History


class Changing(Computing):
    """Puts another experiment in force."""

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
        """Put another experiment in force; changes of one setting in one gesture are undone together."""
        if experiment != self.experiment:
            self._take(self._history.changed(experiment, what, time.monotonic()))

    def action_undo(self) -> None:
        """Back to the experiment before."""
        self.problems = {}
        self._take(self._history.undone())

    def action_redo(self) -> None:
        """On to the experiment that was undone."""
        self.problems = {}
        self._take(self._history.redone())

    def _take(self, history: History) -> None:
        self._history = history
        self.preset = None
        self.experiment = history.now
        self._refresh_commands()

    def action_seed(self) -> None:
        """The next seed."""
        self.change(self.experiment.replace(seed=(self.experiment.seed + 1) % 2**32))
