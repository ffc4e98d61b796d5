"""A widget that paints nothing: what it receives decides what a thread works out, which the next change overtakes."""

from __future__ import annotations

from collections.abc import Callable

from textual.worker import Worker

from tui.explorer.widgets.session_panel import SessionPanel


class WorkingPanel(SessionPanel):
    """Has one piece of work under way, or none."""

    _worker: Worker[None] | None = None

    def start_work(self, work: Callable[[], None], group: str, description: str) -> None:
        """Begin work in a thread, in the place of what was under way.

        Args:
            work: What is done there; an error of it is its own to tell.
            group: What it is called among the workers.
            description: What it does.
        """
        self._worker = self.run_worker(
            work, thread=True, exclusive=True, group=group, exit_on_error=False, description=description
        )

    def end_work(self) -> None:
        """End what is under way."""
        if self._worker is not None:
            self._worker.cancel()
            self._worker = None
