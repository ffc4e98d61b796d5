"""The search for the edge in a thread: one at a time, ended by a change of the settings, or by esc."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from textual.message import Message
from textual.screen import Screen
from textual.worker import Worker, get_current_worker

from core import Experiment, critical
from core.study.evaluate import Here
from tui.explorer.background.responsiveness import UiFirst, limit_blas_threads
from tui.explorer.background.trace_worker import Superseded, reporting
from tui.explorer.session.edge import Edge


class Searched(Message):
    """How far the search is, or what has come of it."""

    def __init__(self, worker: Worker[None], edge: Edge) -> None:
        self.worker, self.edge = worker, edge
        super().__init__()


class EdgeSearch:
    """Looks for the edge of one setting in a thread."""

    def __init__(self, screen: Screen[None], show: Callable[[Edge | None], None]) -> None:
        self._screen, self._show = screen, show
        self._edge: Edge | None = None
        self._worker: Worker[None] | None = None

    def _put(self, edge: Edge | None) -> None:
        """Show the edge, as far as it has been found, or none."""
        self._edge = edge
        self._show(edge)

    def start(self, experiment: Experiment, name: str) -> None:
        """Look for the edge of a setting; a search that is under way ends."""
        edge = Edge(experiment, name, share=0.0)
        self._put(edge)
        self._worker = self._screen.run_worker(
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
        there = self._edge is not None
        self._put(None)
        return there

    def searched(self, message: Searched) -> None:
        """Take up what the thread tells, unless it is another's by now."""
        if message.worker is not self._worker:
            return
        if message.edge.share is None:
            self._worker = None
        self._put(message.edge)

    def _search(self, edge: Edge, ui_first: UiFirst) -> None:
        """In the thread: in this process, where the interface comes first."""
        worker = get_current_worker()

        def tell(now: Edge) -> None:
            self._screen.post_message(Searched(worker, now))

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
