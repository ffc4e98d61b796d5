"""One repaint for a change: settings and charts together, instead of each as it comes."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from typing import Any, Final

from textual.screen import Screen
from textual.timer import Timer

AT_MOST: Final = 0.05
"""Seconds that a change is held back: longer, and a person would wonder whether the key was taken"""


class RepaintHold:
    """Holds back what a screen paints.

    To paint the new setting with the old charts first delays the repaint with the new charts by the time it takes.
    """

    def __init__(self, screen: Screen[Any]) -> None:
        self._screen = screen
        self._held = ExitStack()
        self._timer: Timer | None = None

    def hold(self, seconds: float | None = None) -> None:
        """Paint nothing until `release`, or for so long, `AT_MOST` if None; where it is held already, no longer."""
        if self._timer is None:
            self._held.enter_context(self._screen.app.batch_update())
            self._timer = self._screen.set_timer(AT_MOST if seconds is None else seconds, self.release)

    def release_soon(self) -> None:
        """Paint once the panels, which have been told, have had their turn and their widgets have asked for paint."""
        self._screen.call_later(asyncio.get_running_loop().call_soon, self.release)

    def release(self) -> None:
        """End the hold, and paint everything that has asked for it meanwhile."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
            self._held.close()
            self._screen.check_idle()
