"""Stepping through time: the cursor on its line of 2T positions, playing, and the loss that is followed."""

from __future__ import annotations

from textual import on

from tui.explorer.actions.changing import Changing
from tui.explorer.background.player import Player
from tui.explorer.background.responsiveness import HandOff
from tui.explorer.background.trace_worker import Wanted
from tui.explorer.panels.unrolled import UnrolledNetwork
from tui.explorer.session.preferences import Preferences
from tui.explorer.session.subject import Subject


class Stepping(Changing):
    """Moves the cursor."""

    def __init__(self, subject: Subject, preferences: Preferences) -> None:
        super().__init__(subject, preferences)
        self._player = Player(self, self._play_on, self._say_playing, preferences.speed)

    def action_move(self, by: int) -> None:
        """Move the cursor along the line of 2T positions."""
        if self.cursor is not None:
            self.cursor = self.cursor.moved(by)

    def action_go(self, where: str) -> None:
        """Move the cursor to the start or the end."""
        if self.cursor is not None:
            self.cursor = self.cursor.at(0 if where == "start" else self.cursor.last)

    def action_turn(self) -> None:
        """The same step in the other direction."""
        if self.cursor is not None:
            self.cursor = self.cursor.turned()

    def action_follow(self) -> None:
        """Follow the loss of this step alone, or all of them again."""
        if self.cursor is None or self.trace is None:
            return
        loss = self.cursor.step if self.cursor.loss is None else None
        if not self._is_shown:
            return
        if loss is not None and not self.trace.lags.scored[loss - 1]:
            self.notify(f"Step {loss} has no loss to follow: go to a scored step.", severity="warning")
            return
        self._worker = self._make(HandOff(Wanted(self.subject, loss, self.trace, self.run, self.training_step)))

    def action_play(self) -> None:
        """Play, from the start if at the end; or pause."""
        if self._player.playing:
            self._player.stop()
        elif self.cursor is not None:
            if self.cursor.position == self.cursor.last:
                self.cursor = self.cursor.at(0)
            self._player.start()

    def action_speed(self, by: int) -> None:
        """Play faster or slower."""
        self._player.faster(by)
        if not self._player.playing:
            self.notify(f"space plays {self._player.speed} steps a second", timeout=2)

    def _play_on(self) -> bool:
        """One step on; whether there was one."""
        if self.cursor is None or self.cursor.position == self.cursor.last:
            return False
        self.cursor = self.cursor.moved(1)
        return True

    def _say_playing(self, text: str) -> None:
        self.query_one(UnrolledNetwork).border_subtitle = text

    @on(UnrolledNetwork.Pointed)
    def _pointed(self, message: UnrolledNetwork.Pointed) -> None:
        if self.cursor is not None:
            self.cursor = self.cursor.at_step(message.step)
