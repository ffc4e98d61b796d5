"""The search for the edge in a thread: one at a time, ended by a change of the settings, or by esc."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from textual.message import Message
from textual.worker import Worker, get_current_worker

from core import Experiment, critical
from core.study.evaluate import Here
from tui.explorer.background.responsiveness import UiFirst, limit_blas_threads
from tui.explorer.background.trace_worker import Superseded, reporting
from tui.explorer.session.edge import Edge

if TYPE_CHECKING:
    from tui.explorer.session_screen import SessionScreen


class Searched(Message):
    """How far the search is, or what has come of it."""

    def __init__(self, worker: Worker[None], edge: Edge) -> None:
        self.worker, self.edge = worker, edge
        super().__init__()


class EdgeSearch:
    """Looks for the edge of one setting in a thread."""

    def __init__(self, explorer: SessionScreen) -> None:
        self._explorer = explorer
        self._worker: Worker[None] | None = None

    def start(self, experiment: Experiment, name: str) -> None:
        """Look for the edge of a setting; a search that is under way ends."""
        edge = Edge(experiment, name, share=0.0)
        self._explorer.edge = edge
        self._worker = self._explorer.run_worker(
            partial(self._search, edge, UiFirst()),
            thread=True,
            exclusive=True,
            group="edge",
            exit_on_error=False,
            description="find the edge",
        )

    def stop(self) -> bool:
        """End the search, or take its result from the screen; whether there was anything."""
        if self._worker is not None:
            self._worker.cancel()
            self._worker = None
        there, self._explorer.edge = self._explorer.edge is not None, None
        return there

    def searched(self, message: Searched) -> None:
        """Take up what the thread tells, unless it is another's by now."""
        if message.worker is not self._worker:
            return
        if message.edge.share is None:
            self._worker = None
        self._explorer.edge = message.edge

    def _search(self, edge: Edge, ui_first: UiFirst) -> None:
        """In the thread: in this process, where the interface comes first."""
        worker = get_current_worker()

        def tell(now: Edge) -> None:
            self._explorer.post_message(Searched(worker, now))

        progress = reporting(worker, ui_first, lambda share: tell(replace(edge, share=share)), 0.0)
        limit_blas_threads()
        try:
            found = critical(edge.experiment, edge.name, executor=Here(), progress=progress)
        except Superseded:
            return
        except (ValueError, MemoryError) as error:
            tell(replace(edge, share=None, problem=str(error) or "not enough memory"))
            return
        tell(replace(edge, share=None, found=found))
