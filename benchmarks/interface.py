"""How long a person waits: a key to the painted step, a setting to the new charts, the start to the first paint.

Measured from outside, in a real pseudo-terminal of 160×48: from the bytes of the key, sent once the screen is at rest,
to the arrival of the last bytes of the screen that shows its effect. `python -m benchmarks.interface` prints these.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Iterator

from benchmarks.dragging import dragging
from benchmarks.terminal import EXPLORER, SETTLED, Latency, Terminal, shows, shows_twice
from core import Experiment, settings

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
    yield from dragging()
    yield from start_up()


def main() -> None:
    """Measure every latency, and print a line for each."""
    for latency in every():
        print(f"{latency.what:34} median {latency.median:7.1f} ms   95 % below {latency.quantile(95):7.1f} ms")


if __name__ == "__main__":
    main()
