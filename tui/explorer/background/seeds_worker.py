"""The networks of other seeds behind the one that is shown, worked out while they are asked for.

This widget paints nothing: it receives the values that decide what is needed, works it out in a thread, and posts it.
The next change overtakes the thread, except where values follow one another, as while a slider is dragged: a thread
that begins again at each of them would come to an end only once they rest. So it finishes the value that it is at,
which is shown for what it is, and goes on with the newest; those between are never begun. Once values rest, what is
under way for one that nobody waits for is ended.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from textual import on
from textual.message import Message
from textual.timer import Timer
from textual.worker import Worker, get_current_worker

from core import EnsembleLines, Experiment, Grouping, ensemble_lines
from tui.explorer.background.responsiveness import HandOff, UiFirst, limit_blas_threads
from tui.explorer.background.trace_worker import Superseded, reporting
from tui.explorer.background.working_panel import WorkingPanel
from tui.explorer.session.shown import SeedsState
from tui.report.curves import Curve
from tui.report.words.seeds import apart, why_none

STOPPED = "stopped; M, or any change, starts again"

AT_REST = 0.2
"""Seconds without another value after which values no longer follow one another"""


@dataclass(frozen=True)
class Request:
    """Which networks, and which lines of them."""

    experiment: Experiment
    count: int
    curve: Curve
    by: Grouping

    def fulfilled_by(self, found: EnsembleLines | None) -> bool:
        """Whether this is what has been worked out."""
        if found is None:
            return False
        return self == Request(found.experiment, found.asked, found.curve, found.by)

    def stands_in_for(self, other: Request) -> bool:
        """Whether these networks are worth showing, as what they are, until those of the other are there."""
        same = (self.count, self.curve, self.by) == (other.count, other.curve, other.by)
        return same and apart(self.experiment, other.experiment) is not None


class SeedsWorker(WorkingPanel):
    """Works out what is asked for and is not known yet."""

    DEFAULT_CSS = "SeedsWorker { display: none; }"

    class Changed(Message):
        """Something is known, or on its way."""

        def __init__(self, seeds: SeedsState) -> None:
            self.seeds = seeds
            super().__init__()

    class _Reported(Message, bubble=False):
        """From the thread: the networks, the share of the work that is done, or why there are none."""

        def __init__(self, worker: Worker[None], state: SeedsState) -> None:
            self.worker, self.state = worker, state
            super().__init__()

    def __init__(self) -> None:
        super().__init__()
        self._known = SeedsState()
        self._asked: Request | None = None
        self._doing: Request | None = None
        """What is under way, or was last: what is asked for, or a value before it"""
        self._rest: Timer | None = None
        """Runs while values follow one another"""

    def on_mount(self) -> None:
        """Look again at what is to be worked out whenever something changes that decides it."""
        self.show_when_changed("shown.trace", "shown.asked", "view.seeds", "view.curve", "view.grouping")

    def show(self) -> None:
        """Start on what is asked for, or end what is under way first; leave that, or what was stopped, alone."""
        request = self._request()
        if request == self._asked:
            return
        self._asked = request
        if request is None:
            self.end_work()
            self._tell(SeedsState())
        elif request.fulfilled_by(self._known.found):
            self.end_work()
            if self._known.problem or self._known.share is not None:
                self._tell(SeedsState(self._known.found))
        elif self._worker is not None and self._doing is not None and self._doing.stands_in_for(request):
            if self._rest is not None:
                self._rest.stop()
            self._rest = self.set_timer(AT_REST, self._rested)
        else:
            self._start(request)

    def _rested(self) -> None:
        """Begin what is asked for, in the place of a value before it that nobody waits for any more."""
        if self._worker is not None and self._asked is not None and self._doing != self._asked:
            self._start(self._asked)

    @property
    def is_missing_something(self) -> bool:
        """Whether something is asked for that is neither known nor given up."""
        request = self._request()
        return request is not None and not self._known.problem and not request.fulfilled_by(self._known.found)

    def stop(self) -> bool:
        """End what is under way, and do not start it again unasked; whether there was anything."""
        if self._worker is None:
            return False
        self.end_work()
        self._tell(SeedsState(problem=STOPPED))
        return True

    def _request(self) -> Request | None:
        trace, count = self.trace, self.view.seeds
        if not count or trace is None or why_none(trace) or trace.origin.settings is None:
            return None
        return Request(trace.origin.settings, count, self.curve, self.view.grouping)

    def _start(self, request: Request) -> None:
        self._known = SeedsState(self._known.found)  # of the settings before, until there is something new
        self._doing = request
        self.start_work(partial(self._work_out, HandOff(request), UiFirst()), "seeds", "other seeds")

    def _work_out(self, asked: HandOff[Request], ui_first: UiFirst) -> None:
        """In the thread: all the networks, some at a time; the interface goes first between them."""
        request, worker = asked.take(), get_current_worker()

        def tell(state: SeedsState) -> None:
            self.post_message(self._Reported(worker, state))

        try:
            limit_blas_threads()
            progress = reporting(worker, ui_first, lambda share: tell(SeedsState(share=share)), 0.0)

            def some_done(done: int, total: int) -> None:
                if done < total:  # with all of them there is nothing left that the interface could go before
                    progress(done, total)

            found = ensemble_lines(
                request.experiment, request.count, curve=request.curve, by=request.by, progress=some_done
            )
        except Superseded:
            return
        except (ValueError, MemoryError) as error:
            tell(SeedsState(problem=str(error) or "not enough memory"))
            return
        tell(SeedsState(found))

    @on(_Reported)
    def _reported(self, message: _Reported) -> None:
        if message.worker is not self._worker:
            return
        overtaken = self._asked is not None and self._doing != self._asked
        if message.state.share is not None:
            self._tell(replace(self._known, share=0.0 if overtaken else message.state.share))
            return
        self._worker = None
        if message.state.found is not None or not overtaken:
            self._tell(message.state)
        if overtaken and self._asked is not None:
            self._start(self._asked)

    def _tell(self, state: SeedsState) -> None:
        self._known = state
        self.post_message(self.Changed(state))
