"""The work behind the screen: a subject made into a trace, and the backward pass of one loss or of all."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from textual.message import Message
from textual.worker import Worker

from core import BackwardPass, Trace, backward_pass
from core.bptt.parameter_groups import groupings
from core.numerics.progress import Progress
from core.training.recorded import RecordedHistory
from tui.explorer.background.responsiveness import UiFirst, limit_blas_threads
from tui.explorer.session.losses import Loss, has, shown_loss
from tui.explorer.session.subject import Subject

if TYPE_CHECKING:
    from tui.explorer.session.run import Run


NOTICEABLE = 0.15
"""Seconds after which a person notices that what was asked for takes its time"""


class Superseded(Exception):
    """A computation was overtaken by a newer one, or stopped."""


@dataclass(frozen=True, eq=False)
class Result:
    """A trace and the backward pass of the losses that are looked at, which are shown together."""

    trace: Trace
    asked: Loss
    """Which losses are shown: as it was asked for, unless the trace has none there"""
    backward_pass: BackwardPass
    """The backward pass of these losses"""


@dataclass(frozen=True, eq=False)
class TraceRequest:
    """What a trace is to be made of, and the losses whose backward pass is to be shown."""

    subject: Subject
    loss: Loss = "last"
    """The losses to go back from; the last takes the place of one that the trace does not have"""
    trace: Trace | None = None
    """The trace, if it is there already"""
    training: Run | None = None
    training_step: int = 0
    """After how many steps of this training"""

    @property
    def followed(self) -> bool:
        """Whether it is one of the networks of a training that goes on, which nobody has asked for."""
        return self.training is not None and self.training.hurries

    def made(self, progress: Progress) -> Trace:
        """The trace that is asked for: the one that is there already, or else made now."""
        if self.trace is not None:
            return self.trace
        if self.subject.watched is not None:
            return self.subject.trace(None, self.training_step, progress)
        if self.training is None or not self.training_step or isinstance(self.training.history, RecordedHistory):
            return self.subject.trace(None, 0, progress)
        network = self.training.history.network_at(self.training_step, progress=lambda done, total: progress(0, total))
        return self.subject.trace(network, self.training_step, progress)


class Computed(Message):
    """A result is ready, or the settings cannot be run."""

    def __init__(self, request: TraceRequest, result: Result | None, problem: str = "") -> None:
        self.request, self.result, self.problem = request, result, problem
        super().__init__()


class Progressed(Message):
    """A share of the running computation is done; a later report replaces an earlier one."""

    def __init__(self, worker: Worker[None], share: float) -> None:
        self.worker, self.share = worker, share
        super().__init__()

    def can_replace(self, message: Message) -> bool:
        """Whether an earlier report is dropped for this one: only the newest matters."""
        return isinstance(message, Progressed)


def make(request: TraceRequest, worker: Worker[None], ui_first: UiFirst, post: Callable[[Message], object]) -> None:
    """In a thread: `compute`, and post its progress and what comes of it; nothing any more once it is overtaken."""

    def report(share: float) -> None:
        post(Progressed(worker, share))

    try:
        result = compute(request, reporting(worker, ui_first, report, 0.0 if request.followed else NOTICEABLE))
    except Superseded:
        return
    except (ValueError, MemoryError) as error:
        post(Computed(request, None, str(error) or "not enough memory"))
    else:
        post(Computed(request, result))


def reporting(
    worker: Worker[None], ui_first: UiFirst, report: Callable[[float], None], hurry: float = NOTICEABLE
) -> Progress:
    """A progress that ends overtaken work, and reports at most ten times a second.

    Work that takes longer than `hurry`, in seconds, lets the interface go first from then on; short work is what the
    interface waits for.
    """
    began = reported = time.monotonic()

    def progress(done: int, total: int) -> None:
        nonlocal reported
        if worker.is_cancelled:
            raise Superseded
        if time.monotonic() - began > hurry:
            ui_first.yield_to_ui()
        if time.monotonic() - reported > 0.1:
            reported = time.monotonic()
            report(done / total)

    return progress


def compute(request: TraceRequest, progress: Progress) -> Result:
    """Make the trace, and go back from one of its losses, or from all of them.

    Raises:
        ValueError, MemoryError: if the settings cannot be run.
    """
    limit_blas_threads()
    trace = request.made(progress)
    scored = trace.lags.scored
    asked = request.loss if has(scored, request.loss) else "last"
    loss = shown_loss(scored, asked)
    if loss is None or np.count_nonzero(scored) == 1:
        followed = trace.backward_pass
    else:
        followed = backward_pass(trace.tape, losses=[loss], progress=progress)
    # These are made when first asked for, which must not be on the interface's thread.
    _ = followed.log2_so_far, followed.log2_state_gradient, trace.backward_pass
    for by in groupings(trace.network):
        profile = trace.profile(by)
        for name in profile.log2_norm:
            progress(1, 1)
            profile.typical(name)
            profile.rate(name)
    return Result(trace, asked, followed)
