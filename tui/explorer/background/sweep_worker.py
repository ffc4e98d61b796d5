"""The networks of the Sweep screen, computed in a thread of its own and handed over some at a time."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

from textual.message import Message
from textual.screen import Screen
from textual.worker import Worker, get_current_worker

from core.study.grid import Grid
from core.study.outcome import Outcome
from tui.explorer.background.responsiveness import UiFirst
from tui.explorer.background.sweep_run import run_sweep
from tui.explorer.background.trace_worker import Superseded, reporting
from tui.explorer.session.sweeping import SweepRequest

EVERY: Final = 0.25
"""Seconds between two times that the diagram is painted again, at least"""

PAINTED: Final = 10_000
"""A sweep of so many networks is painted again once in a second"""


class Came(Message):
    """From the thread: summaries of some networks, by their places in the grid."""

    def __init__(self, worker: Worker[None], outcomes: Mapping[int, Outcome]) -> None:
        self.worker, self.outcomes = worker, outcomes
        super().__init__()


class Progressed(Message):
    """From the thread: how many networks are done; a later report replaces an earlier one."""

    def __init__(self, worker: Worker[None], share: float) -> None:
        self.worker, self.share = worker, share
        super().__init__()

    def can_replace(self, message: Message) -> bool:
        """Whether an earlier report is dropped for this one: only the newest matters."""
        return isinstance(message, Progressed)


class Ended(Message):
    """From the thread: all is done, or it cannot go on."""

    def __init__(self, worker: Worker[None], problem: str) -> None:
        self.worker, self.problem = worker, problem
        super().__init__()


def sweep_for(
    screen: Screen[Any], found: Grid, outcomes: Mapping[int, Outcome], request: SweepRequest, ui_first: UiFirst
) -> None:
    """In the thread: compute what is missing, and post to the screen what has come.

    Args:
        screen: Who is told.
        found: The grid.
        outcomes: What there is.
        request: What is to be found out, and where results are kept.
        ui_first: Lets the interface go first.
    """
    worker: Worker[None] = get_current_worker()
    came: dict[int, Outcome] = {}
    every, told, problem = max(EVERY, len(found) / PAINTED), 0.0, ""

    def hand_over() -> None:
        nonlocal told
        told = time.monotonic()
        if came:
            screen.post_message(Came(worker, dict(came)))
            came.clear()

    def take(some: Mapping[int, Outcome]) -> None:
        came.update(some)
        if time.monotonic() - told > every:
            hand_over()

    def report(share: float) -> None:
        screen.post_message(Progressed(worker, share))

    progress = reporting(worker, ui_first, report)
    try:
        run_sweep(found, outcomes, request.what, request.store, take, progress)
    except Superseded:
        return
    except (ValueError, MemoryError, OSError) as error:
        problem = str(error) or "not enough memory"
    hand_over()
    screen.post_message(Ended(worker, problem))
