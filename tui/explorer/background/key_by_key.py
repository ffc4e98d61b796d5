"""A key that may lead to another field, and those that are typed right after it.

Textual hands a key to the widget that has the focus when it comes. The one before may still be on its way through that
widget and all around it, so that what is typed after enter would go into the field that is about to be left. So in a
form a key waits until the one before has been dealt with, and what that has brought about too.
"""

from __future__ import annotations

from typing import Final

from textual import events
from textual.app import App
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input

ROUNDS: Final = 3
"""How often it is asked: once after the key, then after what the field says (entered), then after what the form says"""

LOST: Final = 0.25
"""Seconds after which it is looked whether the field was taken away, with what it had to do"""

MOST: Final = 20
"""How often that is looked at: what a field does for longer is waited for no more"""


class Through(Message):
    """Follows a key from the widget that got it all the way up: then everything before has been dealt with."""

    def __init__(self, turn: int, rounds: int) -> None:
        self.turn, self.rounds = turn, rounds
        super().__init__()


class KeyByKey:
    """Knows whether a key is still being dealt with."""

    def __init__(self, app: App[None]) -> None:
        self._app = app
        self._turn = 0
        self._by: Widget | None = None
        self._lost: Timer | None = None
        self._looks = 0

    @property
    def busy(self) -> bool:
        """Whether a key is on its way that may take the focus elsewhere; one whose dialog has gone is on no way."""
        return self._by is not None and self._by.is_attached and self._by.is_running

    def sent(self, key: events.Key, to: Widget | None) -> None:
        """A key has been handed to a widget; one that only writes into a field leaves the focus where it is."""
        if to is None or (isinstance(to, Input) and key.is_printable):
            return
        self._turn += 1
        if to.post_message(Through(self._turn, ROUNDS)):
            self._by = to
            if self._lost is not None:
                self._lost.stop()
            self._looks = 0
            self._lost = self._app.set_interval(LOST, self._look)

    def dealt_with(self, news: Through) -> bool:
        """Whether with this news nothing is on its way any more."""
        if self._by is None or news.turn != self._turn:
            return False
        if news.rounds > 1 and self._by.post_message(Through(news.turn, news.rounds - 1)):
            return False
        self._by = None
        if self._lost is not None:
            self._lost.stop()
        return True

    def _look(self) -> None:
        """On a busy machine a key takes its time: the next ones are let by only where nobody deals with it any more."""
        self._looks += 1
        if self._by is None or not (self._by.is_attached and self._by.is_running) or self._looks >= MOST:
            if self._lost is not None:
                self._lost.stop()
            self._app.post_message(Through(self._turn, 1))
