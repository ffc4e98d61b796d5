"""The work behind the Training tab: a run that goes on in a thread, and what there is of it at a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final

from core.tasks import make_batch
from core.training.history import TrainingHistory
from core.training.profile import ProbeProfile, probe_profile
from core.training.steps import train
from tui.explorer.background.responsiveness import limit_blas_threads
from tui.explorer.session.run import Run

MOST_PROFILES: Final = 96
"""How many profiles a whole run has: about as many as a map has rows"""

SHARE_OF_PROFILES: Final = 0.25
"""How much of the time may go into profiles"""

EVERY: Final = 0.5
"""Seconds between two reports"""


def go_on(run: Run, steps: int | None, report: Callable[[Run], None], stopped: Callable[[], bool]) -> None:
    """Train on until the end, `steps` further, or until stopped; report now and then, and at the end.

    Args:
        run: Where to go on from.
        steps: How many steps at most; None for all there are.
        report: Called with what there is.
        stopped: Whether to stop after this step; asked at every step and in between, to let others go first.

    Raises:
        ValueError, MemoryError: if the settings cannot be run.
    """
    limit_blas_threads()
    history, pace = run.history, _Pace(run)
    assert isinstance(history, TrainingHistory)
    probe = run.subject.probe
    batch = make_batch(run.experiment) if probe is None else probe
    began = said = time.monotonic()

    def now(running: bool) -> Run:
        seconds = run.seconds + time.monotonic() - began
        return replace(run, length=len(history), profiles=pace.profiles, running=running, seconds=seconds)

    for done, step in enumerate(train(run.experiment, start=history.latest, batches=history.batches), start=1):
        history.add(step)
        if step.ended is None and pace.is_due(step.step):
            make = partial(probe_profile, run.experiment, step.network, step.step, batch=batch)
            pace.take(partial(make, progress=lambda done, total: stopped()))
        if stopped() or done == steps:
            break
        if time.monotonic() - said > EVERY:
            said = time.monotonic()
            report(now(running=True))
    report(now(running=False))


class _Pace:
    """Which steps of a run get a profile: evenly spaced, as long as they take a bounded share of the time."""

    def __init__(self, run: Run) -> None:
        self.profiles = run.profiles
        self._every = -(-run.experiment.training_steps // MOST_PROFILES) or 1
        self._began, self._spent = time.monotonic(), 0.0

    def is_due(self, step: int) -> bool:
        """Whether this step is to have a profile, and there is time for it."""
        share = self._spent / max(time.monotonic() - self._began, 1e-9)
        return step % self._every == 0 and (share <= SHARE_OF_PROFILES or self._spent <= EVERY)

    def take(self, make: Callable[[], ProbeProfile]) -> None:
        """Make a profile, keep it, and count the time that it took."""
        now = time.monotonic()
        try:
            self.profiles = (*self.profiles, make())
        except ValueError:
            return  # the probe batch overflows where the training batch did not: there is nothing to show of it
        self._spent += time.monotonic() - now
