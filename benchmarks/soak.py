"""Training for minutes with every panel looked at in turn: memory, and how long the interface was blocked.

`python -m benchmarks.soak --minutes 10` drives the real application without a terminal and prints a line a minute
or so. A block is the longest time that a timer of 5 ms on the interface's thread was late in the interval.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from pathlib import Path

from core import Experiment
from tui.explorer.app import RnnApp
from tui.explorer.background.responsiveness import ui_first_event_loop
from tui.explorer.screen import Explorer

EVERY = 0.005
VISIT = 2.0
"""Seconds in a tab"""


def resident() -> float:
    """Resident memory in MB, as Linux says."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


class Lateness:
    """How late the interface's thread was, in milliseconds."""

    def __init__(self) -> None:
        self.late: list[float] = []

    async def watch(self) -> None:
        """Measure how late each wake-up comes, until canceled."""
        while True:
            began = time.perf_counter()
            await asyncio.sleep(EVERY)
            self.late.append(1e3 * (time.perf_counter() - began - EVERY))

    def take(self) -> tuple[float, float, int]:
        """The longest since the last time, the one that 99 % stay below, and how many were over 50 ms."""
        found, self.late = sorted(self.late) or [0.0], []
        return found[-1], found[int(0.99 * (len(found) - 1))], sum(late > 50 for late in found)


async def soak(minutes: float, interval: float) -> None:
    """Train, visit every tab, and print what it costs."""
    experiment = Experiment(task="adding", cell="lstm", batch_size=16, hidden_size=32, training_steps=100_000)
    app, lateness = RnnApp(experiment), Lateness()
    async with app.run_test(size=(160, 48)) as pilot:
        explorer = app.screen
        assert isinstance(explorer, Explorer)
        while explorer.shown.trace is None:
            await pilot.pause(0.05)
        await pilot.press("w")
        watching = asyncio.create_task(lateness.watch())
        began = said = time.monotonic()
        while time.monotonic() - began < 60 * minutes:
            await pilot.press("full_stop")
            await asyncio.sleep(VISIT)
            if time.monotonic() - said >= interval:
                said = time.monotonic()
                longest, most, over = lateness.take()
                steps = 0 if explorer.shown.run is None else explorer.shown.run.length
                print(
                    f"{said - began:6.0f} s  {steps:7} steps  {resident():7.0f} MB  "
                    f"block: longest {longest:5.0f} ms, 99 % below {most:4.0f} ms, {over} over 50 ms",
                    flush=True,
                )
        watching.cancel()
        await pilot.press("w")


def main() -> None:
    """Take the arguments, and soak for as long as they say."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--interval", type=float, default=30.0, help="seconds between two lines")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as nowhere:
        os.environ["XDG_CONFIG_HOME"] = nowhere
        with asyncio.Runner(loop_factory=ui_first_event_loop) as runner:
            runner.run(soak(arguments.minutes, arguments.interval))


if __name__ == "__main__":
    main()
