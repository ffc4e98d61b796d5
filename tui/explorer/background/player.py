"""Playing: one tick after another, at a speed that can be changed meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from textual.message_pump import MessagePump
from textual.timer import Timer

SPEEDS: Final = (1, 2, 5, 10, 20, 50)
"""Ticks per second"""


class Player:
    """Calls `tick` until it says that there is no more; tells `shown` what to say of it, empty when it stops."""

    def __init__(self, owner: MessagePump, tick: Callable[[], bool], shown: Callable[[str], None], speed: int) -> None:
        self._owner, self._tick, self._shown = owner, tick, shown
        self._timer: Timer | None = None
        self.speed = speed
        """Ticks per second"""

    @property
    def playing(self) -> bool:
        """Whether the cursor is being moved on by a timer."""
        return self._timer is not None

    def start(self) -> None:
        """Move on from now on, as many times per second as `speed` says."""
        self.stop()
        self._timer = self._owner.set_interval(1 / self.speed, self._on)
        self._shown(f"playing, {self.speed} steps a second: space stops")

    def stop(self) -> None:
        """Stay where the cursor is; nothing happens where nothing plays."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
            self._shown("")

    def faster(self, by: int) -> None:
        """The speed `by` places on; from now on, if it plays."""
        at = min(range(len(SPEEDS)), key=lambda i: abs(SPEEDS[i] - self.speed))
        self.speed = SPEEDS[min(max(at + by, 0), len(SPEEDS) - 1)]
        if self.playing:
            self.start()

    def _on(self) -> None:
        if not self._tick():
            self.stop()
