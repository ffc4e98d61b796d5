"""A recording for slides: a tour, or keys that are pressed, as an asciicast of version 2.

The form is that of https://docs.asciinema.org/manual/asciicast/v2: a header, then a line for each event, which is what
the terminal is sent, `o`, or a marker, `m`. The explorer runs without a terminal. After each key the recording waits
until everything is worked out and painted, and keeps the lines that have changed; so how long anything took here is not
in it, and its times are those that a reader needs: the same recording is the same file, but for its provenance.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tui.cli.request import BadInputError

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from tui.explorer.app import RnnApp
    from tui.explorer.session.setup import Setup
    from tui.explorer.session.tour import Tour

SUFFIX: Final = ".cast"

SIZE: Final = (120, 36)
SMALLEST: Final = (60, 20)
LARGEST: Final = (300, 100)

BETWEEN: Final = 0.4
"""Seconds from one key to the next"""

START: Final = 1.0
"""Seconds before the first key"""

SHORTEST: Final = 2.0
"""Seconds that a text stands at least"""

PER_WORD: Final = 0.3
"""Seconds for each word of it: 200 in a minute"""

MOST_KEYS: Final = 2000

BY_THE_CLOCK: Final = ("space", "w")
"""Keys after which something goes on by itself, as fast as the computer does it"""

HOMES: Final = ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")


@dataclass(frozen=True)
class Press:
    """A key, what is said of the moment before, and how long what comes then is looked at."""

    key: str = ""
    """As Textual calls it; empty where none is pressed"""
    seconds: float = BETWEEN
    marker: str = ""
    """What a player calls the place; empty where it has none"""


@dataclass(frozen=True)
class Event:
    """One line of a recording."""

    seconds: float
    """From the beginning"""
    kind: str
    """`o`, what the terminal is sent; or `m`, a marker"""
    text: str


def presses_of(keys: str) -> tuple[Press, ...]:
    """The keys of a text: names with commas between, `right*10` for ten times, `wait2.5` for seconds of rest.

    Raises:
        ValueError: a part of it is no key, or goes on by the clock.

    Runnable example:

        >>> [press.key for press in presses_of("right*2, end")]
        ['right', 'right', 'end']
    """
    found: list[Press] = []
    for part in filter(None, (part.strip() for part in keys.split(","))):
        if rest := re.fullmatch(r"wait(\d{1,3}(\.\d+)?)", part):
            found.append(Press(seconds=float(rest[1])))
            continue
        name, times = re.fullmatch(r"(.+?)(?:\*(\d{1,4}))?", part, re.DOTALL).groups()  # type: ignore[union-attr]
        if name in BY_THE_CLOCK:
            raise ValueError(f"{name} goes on by the clock, and no two recordings were the same; give right*10 or W*10")
        if not re.fullmatch(r"[a-z0-9_+]+|.", name):
            raise ValueError(f"{part!r} is no key; give names as right, end, f2, enter or letters, with commas between")
        found += [Press(name)] * int(times or 1)
    if not found or len(found) > MOST_KEYS:
        raise ValueError(f"{len(found)} keys were given, allowed are 1 … {MOST_KEYS}")
    return tuple(found)


def presses_through(tour: Tour) -> tuple[Press, ...]:
    """The keys that go through a tour, each question answered right, with the time to read what is said."""
    found = []
    for number, step in enumerate(tour.steps, start=1):
        marker = f"{number} of {len(tour.steps)}: {step.title or step.text[:40]}"
        asked = "" if step.question is None else f"{step.question.ask} {' '.join(step.question.answers)}"
        found.append(Press("enter" if number > 1 else "", reading(f"{step.title} {step.text} {asked}"), marker))
        if step.question is not None:
            key = "enter" if step.question.right is None else str(step.question.right)
            found.append(Press(key, reading(step.question.reason)))
    return tuple(found)


def reading(text: str) -> float:
    """Seconds that a text stands, for its words."""
    return round(SHORTEST + PER_WORD * len(text.split()), 1)


def size_of(text: str | None) -> tuple[int, int]:
    """Columns and rows, as they are given: `120x36`.

    Raises:
        ValueError: that is no size, or not allowed.
    """
    if text is None:
        return SIZE
    found = re.fullmatch(r"(\d{1,4})x(\d{1,4})", text)
    size = (int(found[1]), int(found[2])) if found else (0, 0)
    if not all(low <= one <= high for low, one, high in zip(SMALLEST, size, LARGEST, strict=True)):
        low, high = ("x".join(map(str, one)) for one in (SMALLEST, LARGEST))
        raise ValueError(f"size: {text!r} was given, allowed is columns x rows, {low} … {high}")
    return size


def contents(events: Sequence[Event], size: tuple[int, int], title: str, code: str = "") -> bytes:
    """The file of a recording.

    Args:
        events: What the terminal is sent, and when.
        size: Columns and rows.
        title: What a player calls it.
        code: The code of the setup that it begins with; empty where it has none.
    """
    from dataclasses import replace

    from core.settings.provenance import provenance

    made = replace(provenance(), setup=code)
    header: Mapping[str, Any] = {
        "version": 2,
        "width": size[0],
        "height": size[1],
        "timestamp": int(datetime.fromisoformat(made.date).timestamp()),
        "duration": events[-1].seconds if events else 0.0,
        "command": made.command,
        "title": title,
        "env": {"TERM": "xterm-256color"},
        "provenance": asdict(made),
    }
    lines = [json.dumps(header), *(json.dumps([one.seconds, one.kind, one.text]) for one in events)]
    return "".join(f"{line}\n" for line in lines).encode()


def record(
    presses: Sequence[Press], size: tuple[int, int], *, tour: Tour | None = None, setup: Setup | None = None
) -> list[Event]:
    """Press keys in an explorer that nobody sees, and keep what a terminal would have been sent.

    Args:
        presses: The keys, each with its time.
        size: Columns and rows.
        tour: The tour that it begins with, if any.
        setup: The setup that it begins with; a plain start where there is none.

    Raises:
        BadInputError: the network cannot be computed.
    """
    from tui.explorer import screen  # noqa: F401, so that the explorer is there at once
    from tui.explorer.app import RnnApp

    before = {name: os.environ.get(name) for name in HOMES}
    with tempfile.TemporaryDirectory() as nowhere:  # neither what a person prefers nor what they did last is shown
        os.environ.update(dict.fromkeys(HOMES, nowhere))
        try:
            app = RnnApp(None if setup is None else setup.experiment, tour=tour, setup=setup)
            return asyncio.run(_recorded(app, presses, size))
        finally:
            for name, value in before.items():
                os.environ.pop(name)
                if value is not None:
                    os.environ[name] = value


async def _recorded(app: RnnApp, presses: Sequence[Press], size: tuple[int, int]) -> list[Event]:
    async with app.run_test(size=size) as pilot:
        await _rest(app, pilot)
        if app._tour is not None:
            while app.screen.touring is None:  # type: ignore[attr-defined]
                await pilot.pause(0.02)
            await _rest(app, pilot)
        events, shown, now = [], list[str](), 0.0
        for press in (Press(seconds=START), *presses) if presses[0].key else presses:
            if press.key:
                await pilot.press(press.key)
                await _rest(app, pilot)
            if press.marker:
                events.append(Event(round(now, 3), "m", press.marker))
            lines = _lines(app)
            if text := "".join(_changes(shown, lines)):
                begin = "" if shown else "\x1b[?25l\x1b[0m\x1b[2J"
                events.append(Event(round(now, 3), "o", begin + text))
            shown, now = lines, now + press.seconds
            if not app.is_running or app._exit:
                break
        events.append(Event(round(now, 3), "o", "\x1b[0m\x1b[?25h"))
    return events


async def _rest(app: RnnApp, pilot: Pilot[None]) -> None:
    """Wait until nothing is worked out any more, and all of it is painted.

    Raises:
        BadInputError: the settings cannot be run.
    """
    from tui.explorer.screen import Explorer

    for _ in range(2):
        await pilot.pause()
        while True:
            explorer = next((one for one in app.screen_stack if isinstance(one, Explorer)), None)
            if explorer is None or app._exit:
                break
            if explorer.problems and explorer.shown.trace is None:
                raise BadInputError("; ".join(f"{name}: {text}" for name, text in explorer.problems.items()))
            if explorer._is_at_rest and not explorer.trainer.running:
                break
            await pilot.pause(0.02)
        await pilot.pause(0.05)


def _lines(app: RnnApp) -> list[str]:
    """Every line of the screen, as a terminal with all colors is sent it."""
    from rich.console import Console
    from textual._compositor import LayoutUpdate
    from textual.strip import Strip

    console = Console(file=io.StringIO(), color_system="truecolor", force_terminal=True, legacy_windows=False)
    update = app.screen._compositor.render_update(full=True, screen_stack=app._background_screens)
    assert isinstance(update, LayoutUpdate)
    return [Strip.join(row).render(console) for row in update.strips]


def _changes(before: Sequence[str], now: Sequence[str]) -> Iterator[str]:
    """What has a terminal show these lines in the place of those."""
    for row, line in enumerate(now):
        if row >= len(before) or before[row] != line:
            yield f"\x1b[{row + 1};1H\x1b[0m{line}"


def save(path: Path, data: bytes, *, overwrite: bool) -> Path:
    """Put a recording in its place, whole or not at all.

    Raises:
        ExportError: nothing was written.
    """
    from tui.report.atomic_files import write_whole

    return write_whole(lambda: data, path, overwrite=overwrite)
