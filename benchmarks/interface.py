"""How long a person waits: a key to the painted step, a setting to the new charts, the start to the first paint.

Measured from outside, in a real pseudo-terminal of 160×48: from the bytes of the key, sent once the screen is at rest,
to the arrival of the last bytes of the screen that shows its effect. What the emulator here, written in Python, takes
to parse them is left out: a thread reads on meanwhile, as a terminal does. `python -m benchmarks.interface` prints
only these.
"""

from __future__ import annotations

import os
import queue
import random
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pexpect
import pyte

from core import Experiment, settings

COLUMNS, ROWS = 160, 48
PATIENCE = 60.0
AT_REST = 0.1
"""Seconds without a byte after which the screen is at rest"""
SETTLED = 0.4
"""Seconds without a byte after which nothing is computed any more, either"""
PAUSES = (0.15, 0.45)
"""Seconds between two keys beside a training, at least and at most"""
RIGHT, LEFT = "\x1b[C", "\x1b[D"
EMPTY_APP = """
from textual.app import App
from textual.widgets import Label

class Empty(App):
    def compose(self):
        yield Label("painted")

Empty().run()
"""
EXPLORER = "from tui.cli import main; main([])"
TRAINING = """
from core import Experiment
from tui.explorer.app import RnnApp

lstm = Experiment(task="adding", cell="lstm", hidden_size=32, timesteps=50, batch_size=16, training_steps=100_000)
RnnApp(lstm).explore()
"""

BESIDE_SEEDS = """
from core import Experiment
from tui.explorer.app import RnnApp

RnnApp(Experiment(task="adding", cell="lstm", hidden_size=32, timesteps=50, batch_size=16)).explore()
"""


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


def title(lines: list[str]) -> str:
    """What the title says, on one line or two."""
    return "".join(lines[:2]).strip()


def stepping(count: int = 60) -> Latency:
    """From the press of → to the strip and the inspector that show the next step."""
    terminal = Terminal(EXPLORER)
    terminal.wait(shows("forward, t = 1 of 50"))
    terminal.wait(shows("per step"))
    times = []
    for t in range(2, 2 + min(count, 48)):
        terminal.send(RIGHT)
        times.append(1e3 * terminal.wait(shows_twice(f"t = {t} of 50")))
    terminal.close()
    return Latency("a key press to the painted step", tuple(times))


def stepping_while_training(count: int = 48) -> Latency:
    """From the press of → to the next step, beside a training that every panel follows; no pause is like another."""
    pauses = random.Random(0)
    terminal = Terminal(TRAINING)
    terminal.wait(shows("forward, t = 1 of 50"))
    terminal.wait(shows("per step"))
    terminal.send("w")
    terminal.wait(shows("updates"))
    times = []
    for t in range(2, 2 + min(count, 48)):
        end = time.monotonic() + pauses.uniform(*PAUSES)
        while (left := end - time.monotonic()) > 0:
            terminal.read(left)
        terminal.press(RIGHT)
        times.append(1e3 * terminal.wait(shows_twice(f"t = {t} of 50")))
    terminal.close()
    return Latency("the same while it trains", tuple(times))


def stepping_beside_seeds(count: int = 48) -> Latency:
    """From the press of → to the next step, while a hundred networks of other seeds are worked out behind this one."""
    pauses = random.Random(0)
    terminal = Terminal(BESIDE_SEEDS)
    terminal.wait(shows("forward, t = 1 of 50"))
    terminal.wait(shows("per step"))
    terminal.send("MM")
    terminal.wait(shows("100 seeds: computing"))
    times = []
    for t in range(2, 2 + min(count, 48)):
        end = time.monotonic() + pauses.uniform(*PAUSES)
        while (left := end - time.monotonic()) > 0:
            terminal.read(left)
        terminal.press(RIGHT)
        times.append(1e3 * terminal.wait(shows_twice(f"t = {t} of 50")))
        if not shows("100 seeds: computing")(terminal.screen.display):
            break  # all of them are there: a key would wait for nothing
    terminal.close()
    return Latency("the same beside 100 seeds", tuple(times))


def setting(count: int = 40) -> Latency:
    """From a step of the gain to the title line and the chart made of it."""
    return Latency("a setting to the new charts", _settings(count, "", "per step"))


def setting_with_seeds(count: int = 40) -> Latency:
    """From a step of the gain to the bands over twenty seeds made of it, and to both uncertainties in the title."""
    return Latency("a setting to the bands of 20 seeds", _settings(count, "M", "over 20 seeds"))


def _settings(count: int, keys: str, said: str) -> tuple[float, ...]:
    """Milliseconds from each step of the gain, down and up in turn, to the whole title that it makes.

    Args:
        count: How many steps.
        keys: What is pressed before.
        said: What a title has once everything is there.
    """
    terminal = Terminal(EXPLORER)
    terminal.wait(shows("per step"))
    terminal.send(keys)
    shown = [one.name for one in settings().values() if one.matters(Experiment())]
    terminal.send("s" + "\t" * shown.index("gain"))
    titles = []
    for key in (LEFT, RIGHT):  # so that no half of a title is taken for the next
        before = title(terminal.screen.display)
        terminal.send(key)
        terminal.wait(lambda lines, before=before: said in title(lines) != before)  # type: ignore[misc]
        terminal.rest(SETTLED)
        titles.append(title(terminal.screen.display))
    times = []
    for i in range(count):
        terminal.send((LEFT, RIGHT)[i % 2])
        times.append(1e3 * terminal.wait(lambda lines, whole=titles[i % 2]: title(lines) == whole))  # type: ignore[misc]
    terminal.close()
    return tuple(times)


def start(code: str, painted: Callable[[list[str]], bool], count: int = 5) -> tuple[float, ...]:
    """Milliseconds from the start of a program to a screen that shows something."""
    times = []
    for _ in range(count):
        begin = time.perf_counter()
        terminal = Terminal(code)
        started = time.perf_counter()
        times.append(1e3 * (started - begin + terminal.wait(painted)))
        terminal.close()
    return tuple(times)


def start_up(count: int = 5) -> tuple[Latency, ...]:
    """Our start to the frame, to the panels and to the charts, and an empty Textual application's, in turn."""
    kinds = {
        "start to first paint": (EXPLORER, shows("Unrolled network")),
        "start to the panels": (EXPLORER, shows("16 units")),
        "start to the charts": (EXPLORER, shows("└┬")),
        "start of an empty Textual app": (EMPTY_APP, shows("painted")),
    }
    times: dict[str, list[float]] = {what: [] for what in kinds}
    for _ in range(count):
        for what, (code, painted) in kinds.items():
            times[what] += start(code, painted, 1)
    return tuple(Latency(what, tuple(found)) for what, found in times.items())


def every() -> Iterator[Latency]:
    """All of them, one after another."""
    sys.setswitchinterval(1e-4)  # or the thread that reads would wait 5 ms for the parser at every 4 kB of a screen
    yield stepping()
    yield stepping_while_training()
    yield stepping_beside_seeds()
    yield setting()
    yield setting_with_seeds()
    yield from start_up()


def main() -> None:
    """Measure every latency, and print a line for each."""
    for latency in every():
        print(f"{latency.what:34} median {latency.median:7.1f} ms   95 % below {latency.quantile(95):7.1f} ms")


if __name__ == "__main__":
    main()
