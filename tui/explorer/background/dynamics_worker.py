"""What the charts show beyond the trace, measured when it is asked for: the Jacobians, the exponents, theory's lines.

It takes longer than a trace may, and is needed only while it is looked at. This widget paints nothing: it receives
the values that decide what is needed, works it out in a thread that the next request overtakes, and posts it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from textual import on
from textual.message import Message
from textual.worker import Worker, get_current_worker

from core import Dynamics, Tape, Trace, dynamics_of
from core.numerics.progress import Progress
from tui.explorer.background.responsiveness import HandOff, UiFirst
from tui.explorer.background.trace_worker import Superseded, reporting
from tui.explorer.background.working_panel import WorkingPanel
from tui.explorer.session.shown import DynamicsState


@dataclass(frozen=True)
class Request:
    """A forward pass, the t of its products, and whether these are asked for at all."""

    tape: Tape
    step: int
    profile: bool

    def fulfilled_by(self, found: Dynamics | None) -> bool:
        """Whether everything that is asked for has been measured already."""
        if found is None or found.tape is not self.tape:
            return False
        return not self.profile or (found.profile is not None and found.profile.step == self.step)


class DynamicsWorker(WorkingPanel):
    """Works out what is asked for and is not known yet."""

    DEFAULT_CSS = "DynamicsWorker { display: none; }"

    class Changed(Message):
        """Something is known, or on its way."""

        def __init__(self, measured: DynamicsState) -> None:
            self.measured = measured
            super().__init__()

    class Retry(Message):
        """What was stopped is to be worked out after all."""

    class _Reported(Message, bubble=False):
        """From the thread: a result, the share of the work that is done, or why there is no result."""

        def __init__(self, worker: Worker[None], found: Dynamics | None, share: float, problem: str) -> None:
            self.worker, self.found, self.share, self.problem = worker, found, share, problem
            super().__init__()

    def __init__(self) -> None:
        super().__init__()
        self._known = DynamicsState()
        self._asked: tuple[Request, ...] = ()

    def on_mount(self) -> None:
        """Look again at what is to be measured whenever something changes that decides it."""
        self.show_when_changed("shown.trace", "shown.pinned", "shown.asked", "view.theory", "view.tab")

    def show(self) -> None:
        """Start on what is missing; leave what is under way, or was stopped, alone."""
        requests = self._requests()
        missing = tuple(request for request in requests if not request.fulfilled_by(self._found(request)))
        if missing and missing != self._asked:
            self._start(missing)
        elif not missing and self._asked:
            self._stop()

    @property
    def is_missing_something(self) -> bool:
        """Whether something is asked for that is neither known nor given up."""
        known = self._known
        return not known.problem and any(not one.fulfilled_by(self._found(one)) for one in self._requests())

    def again(self) -> None:
        """Start again on what was stopped or has failed."""
        self._asked = ()
        self.show()

    def stop(self) -> bool:
        """End what is under way, and do not start it again unasked; whether there was anything."""
        if self._worker is None:
            return False
        self.end_work()
        self._tell(share=None, problem="stopped; enter starts it again")
        return True

    def _requests(self) -> tuple[Request, ...]:
        spectra = self.view.tab == "tab-jacobians"
        if not (self.view.theory or spectra):
            return ()
        traces = ((self.trace, self.shown.loss), (self.pinned if spectra else None, self.shown.pinned_loss))
        every = (Request(trace.tape, loss_time(trace, loss), spectra) for trace, loss in traces if trace is not None)
        return tuple(dict.fromkeys(every))

    def _found(self, request: Request) -> Dynamics | None:
        return next((one for one in (self._known.now, self._known.pinned) if one and one.tape is request.tape), None)

    def _start(self, requests: tuple[Request, ...]) -> None:
        self.end_work()
        self._asked = requests
        asked = HandOff([(request, self._found(request)) for request in requests])
        self.start_work(partial(self._measure, asked, UiFirst()), "dynamics", "measure")

    def _measure(self, asked: HandOff[list[tuple[Request, Dynamics | None]]], ui_first: UiFirst) -> None:
        """In the thread: one request after the other, each with what is known of it."""
        requests = asked.take()
        worker: Worker[None] = get_current_worker()

        def tell(found: Dynamics | None, done: float, problem: str = "") -> None:
            self.post_message(self._Reported(worker, found, done / len(requests), problem))

        def progress(place: int) -> Progress:
            return reporting(worker, ui_first, lambda share: tell(None, place + share))

        for place, (request, before) in enumerate(requests):
            tape, step, profile = request.tape, request.step, request.profile
            try:
                found = dynamics_of(tape, step=step, profile=profile, known=before, progress=progress(place))
            except Superseded:
                return
            except (ValueError, MemoryError) as error:
                tell(None, len(requests), str(error) or "not enough memory")
                return
            tell(found, place + 1)

    def _stop(self) -> None:
        self.end_work()
        self._asked = ()
        self._tell(share=None)

    @on(_Reported)
    def _reported(self, message: _Reported) -> None:
        if message.worker is not self._worker:
            return
        # All of the work may be said to be done before the result of it is there, and the result must not be missed.
        if not message.problem and (message.share < 1 or message.found is None):
            self._tell(message.share, found=message.found)
            return
        self._worker = None
        self._asked = self._asked if message.problem else ()
        self._tell(None, message.problem, message.found)

    def _tell(self, share: float | None, problem: str = "", found: Dynamics | None = None) -> None:
        candidates = [one for one in (found, self._known.now, self._known.pinned) if one is not None]

        def of(trace: Trace | None) -> Dynamics | None:
            return next((one for one in candidates if trace is not None and one.tape is trace.tape), None)

        # What was found of the network before stays until there is something new.
        self._known = DynamicsState(of(self.trace) or self._known.now, of(self.pinned), share, problem)
        self.post_message(self.Changed(self._known))


def loss_time(trace: Trace, loss: int | None) -> int:
    """The t whose products are looked at: of the one loss that is shown, or else of the last."""
    scored = np.flatnonzero(trace.lags.scored)
    if loss is not None and loss - 1 in scored:
        return loss
    return int(scored[-1]) + 1 if scored.size else len(trace.tape.losses)
