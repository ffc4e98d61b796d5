"""How long bands over seeds take while a slider is dragged: from a move of the mouse to the bands of what it set.

Measured from outside, as in `benchmarks.interface`: the gain is dragged over most of its range, a cell every
`BETWEEN` seconds, and no value is set twice. The screen says which value the bands on it are of: in words where that
is not the value of the network before them, and else by the title, in which no two values have the same numbers. A
value that is passed over waits for the bands of a later one. `python -m benchmarks.dragging` prints only this.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator, Mapping, Sequence

from benchmarks.terminal import EXPLORER, SETTLED, Latency, Terminal, shows
from core import Experiment, ensemble_lines, run, settings
from tui.explorer.widgets.slider import TRAVEL
from tui.report.words.seeds import title as title_among_seeds

BETWEEN = 0.05
"""Seconds between two moves of the mouse"""
FIRST = -20
"""Cells from the knob of the default to where the dragging begins"""
LAST = 31
"""Cells from the knob of the default to where the dragging ends"""
SEEDS = 20
NAMED = re.compile(rf"≈ (?:\w+ over )?{SEEDS} seeds of gain ([\d.e+-]+)[;,]")
"""What is said above the chart of bands that are of another value than the network before them"""
DOWN = "\x1b[<0;{x};{y}M"
"""The button pressed, as terminals report it"""
HELD = "\x1b[<32;{x};{y}M"
"""The mouse moved while the button is held"""
UP = "\x1b[<0;{x};{y}m"
"""The button released"""


def gain_at(cells: int) -> float:
    """The gain that the slider sets where the knob of the default has been dragged so far."""
    low, high = settings()["gain"].hint.slider or (0.0, 0.0)
    start = Experiment().gain / low
    return float(f"{low * start * (high / low) ** (cells / TRAVEL):.3g}")


def titles(gains: Sequence[float]) -> Mapping[str, float]:
    """Every wording of the title that says of a network where it is among its seeds → its gain."""
    found: dict[str, float] = {}
    for gain in gains:
        experiment = Experiment(gain=gain)
        trace = run(experiment)
        last = len(trace.tape.losses)
        for form in title_among_seeds(trace, ensemble_lines(experiment, SEEDS, curve=last)):
            if f"over {SEEDS} seeds" in form and found.setdefault(form, gain) != gain:
                raise ValueError(f"the title of gain {gain:g} is that of gain {found[form]:g}: {form}")
    return found


def behind(lines: Sequence[str], told: Mapping[str, float]) -> float | None:
    """The gain of the bands on the screen; None where there are none."""
    named = NAMED.search("\n".join(lines))
    if named is not None:
        return float(named[1])
    return next((gain for form, gain in told.items() if any(form in line for line in lines[:2])), None)


def dragging(count: int = 6) -> tuple[Latency, Latency]:
    """From a move of the mouse that holds the gain's knob to the bands of the gain that it set, with 20 seeds.

    The second is of every move, also of those whose values are passed over: to the bands of a later one.

    Args:
        count: How often the whole range is dragged over.
    """
    gains = [gain_at(cells) for cells in range(FIRST, LAST + 1)]
    told, place = titles(gains), {gain: at for at, gain in enumerate(gains)}
    own: list[float] = []
    every: list[float] = []
    for _ in range(count):
        for waits in _dragged(told, place):
            own.append(waits[-1])
            every += waits
    return Latency("a value dragged to its bands", tuple(own)), Latency("the same, or a later value's", tuple(every))


def _dragged(told: Mapping[str, float], place: Mapping[float, int]) -> Iterator[list[float]]:
    """Drag once over the range, and give at all new bands the milliseconds since what waited for them was set.

    The last of them is the value that they are of.

    Args:
        told: What the title says, and of which gain it says so.
        place: Gain → after how many moves it is set.
    """
    terminal = Terminal(EXPLORER)
    terminal.wait(shows("per step"))
    terminal.send("M")
    terminal.wait(shows(f"over {SEEDS} seeds"))
    terminal.rest(SETTLED)
    y, x = next(
        (row + 1, line.index("●") + 1)
        for row, line in enumerate(terminal.screen.display)
        if re.match(r"\W*gain\b.*●", line)
    )
    terminal.press(DOWN.format(x=x, y=y))
    terminal.rest(SETTLED)  # it is held once the program has read so
    terminal.press(HELD.format(x=x + FIRST, y=y))
    terminal.wait(lambda lines: place.get(behind(lines, told) or 0.0) == 0)
    terminal.rest(SETTLED)
    sent, shown = [time.perf_counter()], 1
    begun = sent[0]
    while shown < len(place):
        due = begun + len(sent) * BETWEEN - time.perf_counter()
        if due <= 0 and len(sent) < len(place):
            terminal.press(HELD.format(x=x + FIRST + len(sent), y=y))
            sent.append(time.perf_counter())
        elif terminal.read(max(due, 1e-3)):
            now = place.get(behind(terminal.screen.display, told) or 0.0, 0)
            if now >= shown:
                yield [1e3 * (terminal.arrived - at) for at in sent[shown : now + 1]]
                shown = now + 1
    terminal.press(UP.format(x=x, y=y))
    terminal.close()


def main() -> None:
    """Measure it, and print a line."""
    sys.setswitchinterval(1e-4)
    for found in dragging():
        rest = f"95 % below {found.quantile(95):7.1f} ms   longest {max(found.milliseconds):7.1f} ms"
        print(f"{found.what:34} median {found.median:7.1f} ms   {rest}, of {len(found.milliseconds)}")


if __name__ == "__main__":
    main()
