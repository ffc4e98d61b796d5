"""Following the recordings of a training that goes on elsewhere: what there is of it at a time, in a thread.

The folder is listed once a second. Between two looks it waits, and asks five times a second whether it is to end.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from core.sources.recordings import Watched
from core.training.recorded import Reader, RecordedHistory
from tui.explorer.background.responsiveness import limit_blas_threads
from tui.explorer.session.run import Run

EVERY: Final = 1.0
"""Seconds between two looks at the folder, and at most between two reports while it is read"""

ASKED: Final = 0.2
"""Seconds between two questions whether to end"""


class _Ended(Exception):
    """Reading is to end in the middle of a step."""


def follow(
    run: Run,
    watched: Watched,
    report: Callable[[Run], None],
    stopped: Callable[[], bool],
    wait: Callable[[float], object] | None = None,
) -> None:
    """Read what there is and what arrives, the newest first, until stopped; report whenever there is something new.

    Args:
        run: What is known already.
        watched: The folder.
        report: Called with what there is.
        stopped: Whether to end; asked at every lag of a step, and while nothing is to be done.
        wait: Waits so many seconds; None for the clock's.
    """
    limit_blas_threads()
    pause = threading.Event().wait if wait is None else wait
    assert isinstance(run.history, RecordedHistory)
    reader = Reader(watched, run.history)

    def now(running: bool) -> Run:
        history = reader.history
        return replace(run, history=history, length=len(history), profiles=history.profiles, running=running)

    def progress(done: int, total: int) -> None:
        if stopped():
            raise _Ended

    report(now(running=True))
    while not stopped():
        if reader.look():
            report(now(running=True))
        looked = said = time.monotonic()
        while (step := reader.due) is not None and time.monotonic() - looked < EVERY:
            newest = step == max(reader.history.present, default=step)
            try:
                reader.read(step, progress)
            except _Ended:
                break
            if newest or time.monotonic() - said > ASKED:
                said = time.monotonic()
                report(now(running=True))
        if reader.due is None or stopped():
            report(now(running=True))
            for _ in range(round(EVERY / ASKED)):
                if stopped():
                    break
                pause(ASKED)
    report(now(running=False))
