"""Subject → Trace, in a thread, the newest wish superseding all others; and the networks of a training in turn."""

from __future__ import annotations

import time
from functools import partial

from textual import on, work
from textual.worker import Worker, get_current_worker

from core import settings
from tui.explorer.actions.state import State
from tui.explorer.background.responsiveness import HandOff, UiFirst
from tui.explorer.background.trace_worker import NOTICEABLE, Computed, Progressed, Wanted, make
from tui.explorer.background.trainer import Trainer
from tui.explorer.painting.repaint_hold import RepaintHold
from tui.explorer.painting.view import seen
from tui.explorer.panels.map import MapPanel
from tui.explorer.session.cursor import Cursor
from tui.explorer.session.preferences import Preferences
from tui.explorer.session.subject import Subject

DIMMED = 0.5
"""How opaque what is shown is meanwhile"""

PACE = 0.5
"""Seconds at least between two networks of a training that goes on"""


class Computing(State):
    """Makes the trace of what is in force."""

    def __init__(self, subject: Subject, preferences: Preferences) -> None:
        super().__init__(subject, preferences)
        self._taken_up = subject
        """The subject that was taken up last"""
        self._worker: Worker[None] | None = None
        """What makes the trace; None once it is there"""
        self._trainer = Trainer(self)
        self._offered: set[str] = set()
        """The settings that have an effect"""
        self._followed = 0.0
        self._live = True
        """Whether the latest network of a training is shown as it goes on"""

    def on_mount(self) -> None:
        """Start on what the experiment says."""
        self._courtesy = UiFirst()
        self._picture = RepaintHold(self)
        self._compute()

    def watch_experiment(self) -> None:
        """Other settings: make their trace, as far as it has been trained."""
        self._take_up()

    def watch_given(self) -> None:
        """Another network or other data from elsewhere, or none any more."""
        self._take_up()

    def _take_up(self) -> None:
        if self.is_mounted and self._taken_up != self.subject:
            self._taken_up = self.subject
            self._trainer.pause()
            self.run = self._trainer.run_of(self.subject)
            self.set_reactive(State.training_step, 0 if self.run is None else self.run.last_step)
            self.mutate_reactive(State.training_step)
            self._look_behind()

    def watch_pinned(self) -> None:
        """Another trace is pinned: its training stands behind this one's."""
        if self.is_mounted:
            self._look_behind()

    def _look_behind(self) -> None:
        known, pinned = self.behind, None if self._pinned_of is None else self._pinned_of[0]
        if self.pinned is None or pinned is None or pinned == self.subject:
            self.behind = None
        elif known is None or known.subject != pinned:
            self.behind = self._trainer.run_of(pinned)

    def watch_training_step(self) -> None:
        """Another step of its training: make the trace of that network."""
        if self.is_mounted:
            self._compute()
            self._tell()

    def watch_preset(self) -> None:
        """Another preset, or none: say what to look for in it."""
        self._tell()

    def _tell(self) -> None:
        """What a preset says is said of its untrained network, unless training is what it is about."""
        preset = self.preset
        spoken_of = preset is not None and (self.training_step == 0 or preset.topic == "training")
        self.look_for = preset.look_for if preset is not None and spoken_of else ""

    def _compute(self) -> None:
        offered = {setting.name for setting in settings().values() if setting.matters(self.experiment)}
        moved, self._offered = offered != self._offered, offered
        if self._is_shown:
            if self._worker is not None:
                self._worker.cancel()
                self._worker = None
            self.progress = None
            return
        if self.trace is not None and not self._following and not moved:
            self._picture.hold()  # where settings come or go, their rows alone are a picture's work
        loss = None if self.cursor is None else self.cursor.loss
        self._worker = self._make(HandOff(Wanted(self.subject, loss, None, self.run, self.training_step)))
        self.set_timer(NOTICEABLE, partial(self._say_computing, self._worker))

    def _say_computing(self, worker: object) -> None:
        """Say so where it takes longer than a person would call at once, also before there is progress to report."""
        if self.progress is None and worker is self._worker and not self._following:
            self.progress = 0.0

    def watch_progress(self) -> None:
        """Show what is old as such."""
        self._dim()

    def _dim(self) -> None:
        """Dim what is shown while it is not what the settings say.

        By the style itself: a class would have the rules of every widget below looked up again. Not what is out of
        sight: it would be asked to paint itself too, and for that the whole screen laid out.
        """
        old = self.progress is not None and self.trace is not None and not self._is_shown
        for place in self.query("#strip, #side, TabPane"):
            opacity = DIMMED if old and seen(place) else 1.0
            if place.styles.opacity != opacity:
                place.styles.opacity = opacity

    @work(thread=True, exclusive=True, group="trace", description="make the trace")
    def _make(self, wanted: HandOff[Wanted]) -> None:
        """Make the trace, unless it is there already, and follow a loss of it back."""
        make(wanted.take(), get_current_worker(), self._courtesy, self.post_message)

    @on(Progressed)
    def _progressed(self, message: Progressed) -> None:
        if message.worker is self._worker and not self._following:
            self.progress = message.share

    @on(Computed)
    def _computed(self, message: Computed) -> None:
        wanted = message.wanted
        if (wanted.subject, wanted.training_step) != (self.subject, self.training_step):
            return
        self._worker = None
        self.progress = None
        if message.result is None:
            self._picture.release()
            self.problems = {**self.problems, "run": message.problem}
            return
        self._shown = wanted.subject, wanted.training_step
        trace, loss = message.result.trace, message.result.loss
        steps = len(trace.tape.losses)
        cursor = Cursor(steps) if self.cursor is None else self.cursor.resized(steps)
        with self.app.batch_update():
            if "run" in self.problems:
                self.problems = {name: text for name, text in self.problems.items() if name != "run"}
            # All three are set before any panel is told of one, so that none sees two that do not belong together.
            self.set_reactive(State.trace, trace)
            self.set_reactive(State.walk, message.result.walk)
            self.set_reactive(State.cursor, cursor.following(loss))
            self.mutate_reactive(State.walk)
            self.mutate_reactive(State.cursor)
            self.mutate_reactive(State.trace)
            self.query_one(MapPanel).loss_time = loss
        self._picture.release_soon()
        self._refresh_commands()
        self._keep_up()

    def _keep_up(self) -> None:
        """Show the latest network of the training, once the one before is shown and unless an earlier one is wanted."""
        if not self._live or self.run is None or not self._is_shown:
            return
        if self.run.running and time.monotonic() - self._followed < PACE:
            return  # the next report comes soon, and painting every panel takes the interface's time
        self._followed = time.monotonic()
        self.training_step = self.run.last_step
