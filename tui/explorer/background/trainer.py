"""Training runs in the background: those of the last few subjects are kept, and one of them goes on in a thread."""

from __future__ import annotations

import threading
from functools import partial
from typing import Final

from textual.message import Message
from textual.screen import Screen
from textual.worker import Worker, get_current_worker

from tui.explorer.background.responsiveness import UiFirst
from tui.explorer.background.training_run import go_on
from tui.explorer.background.watching import follow
from tui.explorer.session.run import Run
from tui.explorer.session.subject import Subject

KEPT: Final = 3
"""Runs of so many subjects are kept, so that an undone change of a setting brings its run back"""


class Trained(Message):
    """A run is further than it was, or cannot be made; a later report on the same run replaces an earlier one."""

    def __init__(self, subject: Subject, run: Run | None, problem: str = "") -> None:
        self.subject, self.run, self.problem = subject, run, problem
        super().__init__()

    def can_replace(self, message: Message) -> bool:
        """Whether an earlier report is dropped for this one: only the newest of the same subject matters."""
        return isinstance(message, Trained) and message.subject == self.subject


class Trainer:
    """Starts and stops training; what there is arrives at the screen as `Trained`."""

    def __init__(self, screen: Screen[None]) -> None:
        self._screen = screen
        self._runs: dict[Subject, Run] = {}
        self._worker: Worker[None] | None = None
        # A run that was paused finishes its step before the next thread takes it up.
        self._one_at_a_time = threading.Lock()
        self._forgotten = 0

    def run_of(self, subject: Subject) -> Run | None:
        """The run of a subject, if it has been trained and is still kept.

        What was recorded elsewhere is the same, whatever the settings in force.
        """
        if subject.watched is not None:
            same = (run for run in list(self._runs.values()) if run.given is subject.given)
            run = next(same, None)
            return None if run is None else run.under(subject.experiment)
        return self._runs.get(subject)

    @property
    def longest(self) -> Run | None:
        """The run of those kept that took longest; None where nothing was trained."""
        return max(list(self._runs.values()), key=lambda run: run.seconds, default=None)

    @property
    def running(self) -> bool:
        """Whether a training goes on in a thread."""
        return self._worker is not None and self._worker.is_running

    def start(self, subject: Subject, steps: int | None = None) -> None:
        """Train on, `steps` further or to the end; or follow the recordings of a training elsewhere."""
        self.pause()
        self._worker = self._screen.run_worker(
            partial(self._work, subject, steps, UiFirst()),
            thread=True,
            exclusive=True,
            group="training",
            description="train the network",
        )

    def pause(self) -> None:
        """Stop after the step that is being done."""
        if self._worker is not None:
            self._worker.cancel()
            self._worker = None

    def forget(self, subject: Subject) -> None:
        """Drop the run of a subject, so that training starts over."""
        self.pause()
        self._forgotten += 1
        self._runs.pop(subject, None)

    def _work(self, subject: Subject, steps: int | None, ui_first: UiFirst) -> None:
        worker, forgotten = get_current_worker(), self._forgotten

        def stopped() -> bool:
            ui_first.yield_to_ui()
            return worker.is_cancelled

        with self._one_at_a_time:
            if worker.is_cancelled:
                return
            try:
                run = self.run_of(subject) or Run.of(subject)
                report = partial(self._report, forgotten)
                if subject.watched is not None:
                    follow(run, subject.watched, report, stopped)
                else:
                    go_on(run, steps, report, stopped)
            except (ValueError, MemoryError) as error:
                self._screen.post_message(Trained(subject, None, str(error) or "not enough memory"))

    def _report(self, forgotten: int, run: Run) -> None:
        if forgotten < self._forgotten:
            return  # the last step of a run that was dropped while it was done
        self.keep(run)
        self._screen.post_message(Trained(run.subject, run))

    def keep(self, run: Run) -> None:
        """Keep a run, in the place of an earlier one of its subject."""
        if run.goes_on_elsewhere:
            self._runs = {subject: one for subject, one in self._runs.items() if one.given is not run.given}
        self._runs.pop(run.subject, None)
        self._runs[run.subject] = run
        while len(self._runs) > KEPT:
            del self._runs[next(iter(self._runs))]
