"""A program in a pseudo-terminal, watched from outside: keys and mouse sent to it, and when which screen came.

What the emulator here, written in Python, takes to parse what arrives is left out of the times: a thread reads on
meanwhile, as a terminal does.
"""

from __future__ import annotations

import os
import queue
import statistics
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import pexpect
import pyte

COLUMNS, ROWS = 160, 48
PATIENCE = 60.0
AT_REST = 0.1
"""Seconds without a byte after which the screen is at rest"""
SETTLED = 0.4
"""Seconds without a byte after which nothing is computed any more, either"""
EXPLORER = "from tui.cli import main; main([])"
"""The explorer as it starts"""


@dataclass(frozen=True)
class Latency:
    """Waiting times of one kind, in milliseconds."""

    what: str
    milliseconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """The median of the waiting times, in milliseconds."""
        return statistics.median(self.milliseconds)

    def quantile(self, percent: int) -> float:
        """The time that `percent` of them stay below."""
        return statistics.quantiles(self.milliseconds, n=100, method="inclusive")[percent - 1]


class Terminal:
    """A program in a pseudo-terminal, and the screen it paints."""

    def __init__(self, code: str) -> None:
        self.screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self.screen)
        self._child = pexpect.spawn(
            sys.executable,
            ["-c", code],
            dimensions=(ROWS, COLUMNS),
            env={"TERM": "xterm-256color", "COLORTERM": "truecolor", "PATH": "/usr/bin:/bin", "HOME": "/nonexistent"},
            timeout=PATIENCE,
        )
        self.arrived = 0.0
        """When that came which was read last, by `time.perf_counter`"""
        self._arrived: queue.Queue[tuple[float, bytes]] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._child.child_fd, 65536)
            except OSError:
                return
            self._arrived.put((time.perf_counter(), data))

    def send(self, keys: str) -> None:
        """Press keys, once nothing comes any more of what was pressed before."""
        self.rest()
        self.press(keys)

    def rest(self, seconds: float = AT_REST) -> None:
        """Read until nothing comes for so long; a cursor that blinks does, every half a second."""
        while self.read(seconds):
            pass

    def press(self, keys: str) -> None:
        """Press keys, whatever is going on."""
        self._child.send(keys)

    def read(self, seconds: float) -> bool:
        """Take in what comes next, if anything does within this time."""
        try:
            self.arrived, data = self._arrived.get(timeout=seconds)
        except queue.Empty:
            return False
        self._stream.feed(data)
        return True

    def wait(self, reached: Callable[[list[str]], bool]) -> float:
        """Read until the screen satisfies `reached`; the time it took, in seconds."""
        start = at = time.perf_counter()
        while not reached(self.screen.display):
            try:
                at, data = self._arrived.get(timeout=PATIENCE)
            except queue.Empty:
                raise TimeoutError("the screen never showed it:\n" + "\n".join(self.screen.display)) from None
            self._stream.feed(data)
        return max(0.0, at - start)

    def close(self) -> None:
        """End the program, whatever it is doing."""
        self._child.close(force=True)


def shows(text: str) -> Callable[[list[str]], bool]:
    """Whether a text stands anywhere on the screen."""
    return lambda lines: any(text in line for line in lines)


def shows_twice(text: str) -> Callable[[list[str]], bool]:
    """Whether a text stands on two lines of the screen, as a step does in the strip and in the inspector."""
    return lambda lines: sum(text in line for line in lines) >= 2
