"""What keeps the interface answering while threads work.

Only one thread of Python runs at a time, and one that works hands over every few milliseconds at best: with two at
work beside it, the interface takes three times as long for what it paints. So it comes first
(`ui_first_event_loop`), and those who work wait until it has nothing to do (`UiFirst`), since whatever it does without
the interpreter, as NumPy does with large arrays, lets them in again.
"""

from __future__ import annotations

import asyncio
import gc
import os
import selectors
import sys
import threading
import time
from functools import cache
from typing import Final, Generic, TypeVar

from threadpoolctl import threadpool_info, threadpool_limits

T = TypeVar("T")

AT_ONCE: Final = 0.001
"""Seconds within which an interface that has nothing to do answers"""

LONGEST: Final = 0.1
"""Longest time, in seconds, that a thread waits for its turn: an interface that never rests does not stop it"""

BETWEEN: Final = 0.002
"""Seconds of work between two times of asking"""

HANDED_OVER: Final = 0.0001
"""Seconds that a thread works on once the interface has something to do; Python's own 5 ms are a fifth of a step"""

HELD: Final = 0.05
"""Seconds that the interface keeps the interpreter from those who work, while it has something to do"""

SELDOM: Final = (5_000, 1_000, 1_000)
"""The thresholds of the garbage collector: by itself it looks at what has just been made, which takes under a
millisecond; at more when it is called (see `IdleCollector`), unless it never is"""

EVERY: Final = 2.0
"""Seconds between two collections of what is young: some ten milliseconds between two repaints, which came in the
middle of one, where Python counts by itself; more often, and more of it would have grown old by then"""

FULLY: Final = 60.0
"""Seconds at least between two passes through all that is kept, of a tenth of a second"""

AT_REST: Final = 3.0
"""Seconds without a key or a mouse after which nobody waits for anything: the time for such a pass"""

AT_LATEST: Final = 600.0
"""Seconds after which it is taken although there never was a rest"""


class HandOff(Generic[T]):
    """A value on its way to a thread, which takes it out.

    A worker and its task refer to each other, so that what a worker that has ended still holds stays in memory until
    the collector comes by.
    """

    def __init__(self, value: T) -> None:
        self._values = [value]

    def take(self) -> T:
        """Take the value out, so that it is no longer kept; this can be done once."""
        return self._values.pop()


class UiFirst:
    """Lets the interface go first on whose thread it is made."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._gave_way = 0.0

    def yield_to_ui(self) -> None:
        """In a thread that works: wait until the interface has nothing to do, unless it was asked just now."""
        if time.monotonic() - self._gave_way < BETWEEN:
            return
        end = time.monotonic() + LONGEST
        while (asked := time.monotonic()) < end:
            answered = threading.Event()
            try:
                self._loop.call_soon_threadsafe(answered.set)
            except RuntimeError:
                return  # the interface has ended
            answered.wait(end - asked)
            if time.monotonic() - asked < AT_ONCE:
                break
        self._gave_way = time.monotonic()


class _Precedence(selectors.DefaultSelector):
    """What an interface waits with until there is something to do, and by which it comes before other threads.

    The time after which a thread asks another for the interpreter is the same for all of them. So it is short while
    the interface waits here, as it may have something to do at any moment, and long while it has.
    """

    def __init__(self) -> None:
        super().__init__()
        self._before = sys.getswitchinterval()

    def close(self) -> None:
        """End, and leave the switch interval of the threads as it was before."""
        super().close()
        sys.setswitchinterval(self._before)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Wait for what is ready, and hand the interpreter to the other threads only meanwhile."""
        sys.setswitchinterval(HANDED_OVER)
        try:
            return super().select(timeout)
        finally:
            sys.setswitchinterval(HELD)


def ui_first_event_loop() -> asyncio.AbstractEventLoop:
    """An event loop for an interface that comes before other threads."""
    return asyncio.SelectorEventLoop(_Precedence())


class IdleCollector:
    """Collects garbage when it is called: by the interface, when it has nothing to paint."""

    def __init__(self) -> None:
        self._fully = self._touched = time.monotonic()
        self._before: tuple[int, int, int] | None = None
        """Python's own thresholds, while ours are in force"""

    def start(self) -> None:
        """Leave the collection of garbage to this collector, and leave out of it what there is now."""
        self._before = gc.get_threshold()
        gc.freeze()
        gc.set_threshold(*SELDOM)
        gc.enable()

    def stop(self) -> None:
        """Hand it back to Python as it was, with what was left out: a process may go on after its interface.

        What stays frozen is never collected. A process that opens one interface after the other, as the tests do,
        would keep all of them.
        """
        if self._before is not None:
            gc.unfreeze()
            gc.set_threshold(*self._before)
            self._before = None

    def touched(self) -> None:
        """Note that a key or the mouse was used just now."""
        self._touched = time.monotonic()

    def __call__(self) -> None:
        """Collect what is young, or everything if that has not been done for long and nobody is there to notice."""
        now = time.monotonic()
        due = FULLY if now - self._touched >= AT_REST else AT_LATEST
        if now - self._fully < due:
            gc.collect(1)
        else:
            gc.collect(2)
            self._fully = time.monotonic()


def blas_threads(now: int, cores: int) -> int:
    """How many threads the linear algebra is to have: all cores but one, or fewer, if it has been given fewer."""
    return min(now, max(1, cores - 1))


@cache
def limit_blas_threads() -> None:
    """What is done before the first computation: keep a core for the interface.

    On a busy machine the threads of the linear algebra would also wait for each other longer than they work.
    """
    now = [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]
    threadpool_limits(blas_threads(min(now, default=1), os.cpu_count() or 1), user_api="blas")
