"""Subject → Trace, in a thread, the newest wish superseding all others; and the networks of a training in turn."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from textual.worker import Worker, get_current_worker

from core import Trace, settings
from tui.explorer.actions.files import tell_of_file
from tui.explorer.background.responsiveness import HandOff, UiFirst
from tui.explorer.background.trace_worker import NOTICEABLE, Computed, Progressed, TraceRequest, make
from tui.explorer.painting.repaint_hold import RepaintHold
from tui.explorer.session.pins import Source

if TYPE_CHECKING:
    from tui.explorer.session_screen import SessionScreen

PACE = 0.5
"""Seconds at least between two networks of a training that goes on"""

FIRST: Final = 0.25
"""Seconds that the panels wait at most for the first trace, so as not to be laid out and painted once without it"""


class Tracing:
    """Makes the trace of what is in force."""

    def __init__(self, explorer: SessionScreen) -> None:
        self._explorer = explorer
        self._ui_first = UiFirst()
        self._hold = RepaintHold(explorer)
        self._worker: Worker[None] | None = None
        """What makes the trace; None once it is there"""
        self._offered: set[str] = set()
        """The settings that have an effect"""
        self._followed = 0.0
        """When a network of a training was shown last"""
        self.live = True
        """Whether the latest network of a training is shown as it goes on"""

    def compute(self) -> None:
        """Make the trace that is wanted, unless it is shown already."""
        explorer, session = self._explorer, self._explorer.session
        offered = {one.name for one in settings().values() if one.matters(session.subject.experiment)}
        moved, self._offered = offered != self._offered, offered
        if session.is_shown:
            self._stop()
            self._cleared()
            self.follow()
            return
        if session.shown.trace is None:
            self._hold.hold(FIRST)  # the frame is on the screen meanwhile
        elif not session.shown.following and not moved:
            self._hold.hold()  # where settings come or go, their rows alone are a repaint's work
        self._start(None)
        explorer.set_timer(NOTICEABLE, partial(self._say_computing, self._worker))

    def follow(self) -> None:
        """Go back from the losses that are wanted, unless that is shown already; what makes another one ends."""
        session = self._explorer.session
        if session.is_followed:
            self._stop()
        elif session.is_shown:
            self._hold.hold()  # a click in the map moves the cursor too, and the two are one repaint
            self._start(session.shown.trace)
        elif self._worker is not None:
            self._start(None)

    def _stop(self) -> None:
        if self._worker is not None:
            self._worker.cancel()
            self._worker = None
        self._explorer.progress = None

    def _cleared(self) -> None:
        """Take back the reason why what is in force could not be computed."""
        problems = self._explorer.problems
        if "run" in problems:
            self._explorer.problems = {name: text for name, text in problems.items() if name != "run"}

    def _start(self, trace: Trace | None) -> None:
        session = self._explorer.session
        request = TraceRequest(session.subject, session.view.loss, trace, session.shown.run, session.training_step)
        self._worker = self._explorer.run_worker(
            partial(self._make, HandOff(request)),
            thread=True,
            exclusive=True,
            group="trace",
            description="make the trace",
        )

    def _make(self, request: HandOff[TraceRequest]) -> None:
        """In the thread: make the trace, unless it is there already, and go back from the losses that are wanted."""
        make(request.take(), get_current_worker(), self._ui_first, self._explorer.post_message)

    def _say_computing(self, worker: object) -> None:
        """Say so where it takes longer than a person would call at once, also before there is progress to report."""
        explorer = self._explorer
        if explorer.progress is None and worker is self._worker and not explorer.shown.following:
            explorer.progress = 0.0

    def progressed(self, message: Progressed) -> None:
        """Show the share of the work that is done, where it is the newest's."""
        if message.worker is self._worker and not self._explorer.shown.following:
            self._explorer.progress = message.share

    def computed(self, message: Computed) -> None:
        """Take up what a thread has made, or why it cannot be made, unless something newer is wanted by now."""
        explorer, request = self._explorer, message.request
        source = Source(request.subject, request.training_step)
        if (source, request.loss) != (explorer.session.wanted, explorer.view.loss):
            return  # another one is on its way
        self._worker = None
        explorer.progress = None
        before = explorer.shown.trace
        if message.result is None:
            self._hold.release()
            explorer.problems = {**explorer.problems, "run": message.problem}
            return
        trace, asked = message.result.trace, message.result.asked
        steps = len(trace.tape.losses)
        with explorer.app.batch_update():
            self._cleared()
            # Panels are told of each, but show them in a turn of their own, when all three have arrived.
            explorer.shown = replace(
                explorer.shown, trace=trace, source=source, asked=asked, backward_pass=message.result.backward_pass
            )
            explorer.land(steps)
            explorer.view = explorer.view.following(asked)
        self._hold.release_soon()
        explorer.refresh_commands()
        tell_of_file(explorer, before, trace)
        self.keep_up()

    def keep_up(self) -> None:
        """Show the latest network of the training, once the one before is shown and unless an earlier one is wanted."""
        explorer, run = self._explorer, self._explorer.shown.run
        if not self.live or run is None or not explorer.session.is_shown:
            return
        if run.hurries and time.monotonic() - self._followed < PACE:
            return  # the next report comes soon, and painting every panel takes the interface's time
        self._followed = time.monotonic()
        explorer.training_step = run.last_step

    @property
    def at_rest(self) -> bool:
        """Whether no trace and no backward pass is being made."""
        return self._worker is None
