"""Timing in alternation: every contender once a round, medians over the rounds."""

from __future__ import annotations

import statistics
import time
import tracemalloc
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Clock = Callable[[], float]


@dataclass(frozen=True)
class Rounds:
    """Seconds of each contender, round by round."""

    seconds: Mapping[str, tuple[float, ...]]

    def median(self, name: str) -> float:
        """The median over the rounds, in seconds, of one contender."""
        return statistics.median(self.seconds[name])

    def ratio(self, name: str, to: str) -> float:
        """How many times as long `name` takes as `to`."""
        return self.median(name) / self.median(to)


def alternate(contenders: Mapping[str, Callable[[], Any]], rounds: int, clock: Clock, least: float = 0.02) -> Rounds:
    """Run each contender once a round; short ones as often in a row as it takes to last `least` seconds."""
    repeats, seconds = {}, {}
    for name, run in contenders.items():
        run()
        started = clock()
        run()
        repeats[name] = max(1, min(1000, int(least / max(clock() - started, 1e-6))))
        seconds[name] = [0.0] * rounds
    for i in range(rounds):
        for name, run in contenders.items():
            started = clock()
            for _ in range(repeats[name]):
                run()
            seconds[name][i] = (clock() - started) / repeats[name]
    return Rounds({name: tuple(values) for name, values in seconds.items()})


def peak_bytes(run: Callable[[], Any]) -> int:
    """Most memory that Python and NumPy held at once while it ran, beyond what they held before."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        kept = run()
        peak = tracemalloc.get_traced_memory()[1]
        del kept
    finally:
        tracemalloc.stop()
    return peak - before


def wall() -> float:
    """Seconds of the clock on the wall."""
    return time.perf_counter()


def cpu() -> float:
    """Seconds of computing by this process, all its threads added up."""
    return time.process_time()
