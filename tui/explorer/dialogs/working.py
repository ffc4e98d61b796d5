"""A screen of its own with help beside it and work behind it: what leaves, stops and reads on is the same on each."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable

from textual.screen import ScreenResultType
from textual.worker import Worker

from tui.explorer.dialogs.closing import Dialog
from tui.explorer.widgets import help_panel as helping
from tui.explorer.widgets.written import text_on


class WorkingScreen(Dialog[ScreenResultType]):
    """Escape closes the help, then stops the work, then closes the screen."""

    _worker: Worker[None] | None = None
    """The work that is under way"""

    @abstractmethod
    def say(self) -> None:
        """Say how far the work is."""

    def start_work(self, work: Callable[[], None], group: str) -> None:
        """Begin work in a thread, in the place of what was under way.

        Args:
            work: What is done there.
            group: What it is called among the workers.
        """
        self._worker = self.run_worker(work, thread=True, exclusive=True, group=group, description=group)

    def stop_work(self) -> None:
        """End what is under way."""
        if self._worker is not None:
            self._worker.cancel()
            self._worker = None

    def action_leave(self) -> None:
        """Close the help, stop the work, or close the screen."""
        if helping.is_open(self):
            helping.toggle(self)
        elif self._worker is not None:
            self.stop_work()
            self.say()
        else:
            self.dismiss(None)

    def action_help(self) -> None:
        """Open the help of this screen, or close it."""
        helping.toggle(self)

    def action_help_on(self, by: int) -> None:
        """Scroll the help by a page, on or back."""
        helping.read_on(self, by)

    def action_symbols(self) -> None:
        """Say what the symbols and words of this screen mean."""
        from tui.explorer.dialogs.symbols import Symbols  # the start does not wait for it
        from tui.report.glossary import terms_in

        self.app.push_screen(Symbols("this screen", terms_in(text_on(self))))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The page keys are for help that is open."""
        return helping.is_open(self) if action == "help_on" else super().check_action(action, parameters)
