"""The terminal as the command line finds it: whether there is one, how wide, in which colors."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TextIO

from tui.cli.request import BadInputError
from tui.report.printable import printable
from tui.report.words.time_left import time_left

if TYPE_CHECKING:
    from rich.console import Console

    from tui.report.palette import Palette
    from tui.report.styled_lines import Line

PROGRAM: Final = "rnn-tui"


def tell(message: str) -> None:
    """Print a message in one line on standard error, whatever characters are in it."""
    line = " ".join(printable(message, lines=True).split())
    with suppress(OSError):
        sys.stderr.write(f"{PROGRAM}: {line}\n")
        sys.stderr.flush()


def open_streams() -> None:
    """Have streams that take every character, also where a shell closed one or its encoding is a narrow one."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, it stays open to the end
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def drop_output() -> None:
    """Let what is still buffered go nowhere, or the interpreter complains of it at its end."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def missing_terminal() -> str:
    """Why the explorer cannot run here; empty if it can."""
    for name, stream in (("input", sys.stdin), ("output", sys.stdout), ("error", sys.stderr)):
        if stream is None or not stream.isatty():
            return f"standard {name} is no terminal"
    return "TERM is dumb" if os.environ.get("TERM") == "dumb" else ""


def columns(stream: TextIO) -> int:
    """The terminal's columns, 80 where there is none."""
    if stream.isatty():
        with suppress(OSError, ValueError):
            return os.get_terminal_size(stream.fileno()).columns or 80
    return 80


def plain(stream: TextIO) -> bool:
    """Whether to write there without colors or any other escape sequence."""
    return not stream.isatty() or bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"


def palette(stream: TextIO) -> Palette | None:
    """The colors for this stream; None where it is to stay plain."""
    if plain(stream):
        return None
    from tui.report.palette import dark_palette, light_palette

    # Terminals that tell their colors do it as foreground;background, 7 and 15 being white.
    light = os.environ.get("COLORFGBG", "").rpartition(";")[2] in ("7", "15")
    found = light_palette() if light else dark_palette()
    return replace(found, foreground=found.muted, background=None)


def write_lines(lines: Iterable[Line]) -> None:
    """Write lines, in as many colors as the terminal has, without anything in their texts that it would obey."""
    from rich.segment import SegmentLines

    shown = [[segment._replace(text=printable(segment.text)) for segment in line] for line in lines]
    console().print(SegmentLines(shown, new_lines=True), crop=False)


def console() -> Console:
    """Standard output, in as many colors as it has."""
    from rich.console import Console

    class Output(Console):
        """Leaves a reader that has gone to `main`."""

        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    return Output(file=sys.stdout, highlight=False, color_system=None if plain(sys.stdout) else "auto")


CLEARED: Final = "\r\x1b[K"
"""To the beginning of the line, with nothing behind it"""


@dataclass
class Ended:
    """How a long run has ended."""

    interrupted: bool = False
    """Whether Ctrl-C ended it; what there was by then is kept"""


@contextmanager
def metered(meter: Meter) -> Iterator[Ended]:
    """A long run: Ctrl-C ends it with what there is, and its line of progress is gone behind it.

    Args:
        meter: The line of progress.

    Raises:
        BadInputError: in place of a ValueError within it, which says what was wrong with what was given.
    """
    ended = Ended()
    try:
        yield ended
    except KeyboardInterrupt:
        ended.interrupted = True
    except ValueError as error:
        raise BadInputError(str(error)) from None
    finally:
        meter.clear()


class Meter:
    """How far a long run is, on a line of its own that goes away; nothing in the first half second."""

    def __init__(self, stream: TextIO, what: str = "lag") -> None:
        self.stream, self.what = stream, what
        self.shown = stream.isatty() and os.environ.get("TERM") != "dumb"
        self._next = time.monotonic() + 0.5
        self._dirty = False

    def __call__(self, done: int, total: int) -> None:
        """Show how much is done, ten times a second at most."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + 0.1
            self._dirty = True
            self._show(f"\r{self.what} {done} of {total}")

    def clear(self) -> None:
        """Clear the line of progress, if there is one."""
        if self._dirty:
            self._show(CLEARED)

    def _show(self, text: str) -> None:
        self.stream.write(text)
        self.stream.flush()


class Bar(Meter):
    """How far a long run is, as a bar with the time that is left, which is judged by how long it has taken so far."""

    WIDTH: Final = 24

    def __init__(self, stream: TextIO, what: str) -> None:
        super().__init__(stream, what)
        self._began = time.monotonic()
        self._first: int | None = None

    def __call__(self, done: int, total: int) -> None:
        """Show how much is done, ten times a second at most."""
        if self._first is None:
            self._first = done  # what a store had already says nothing of the time
        now = time.monotonic()
        if self.shown and now >= self._next:
            self._next = now + 0.1
            self._dirty = True
            self._show(f"{CLEARED}{bar(self.what, done, total, self._first, now - self._began)}")


def bar(what: str, done: int, total: int, first: int, seconds: float) -> str:
    """`networks ███████▌    310 of 930, 1 min 5 s left`.

    Args:
        what: What is counted.
        done: How many are done.
        total: How many there are.
        first: How many were done before it began.
        seconds: How long it has taken.
    """
    eighths = Bar.WIDTH * 8 * done // max(total, 1)
    full = "█" * (eighths // 8) + ("", *"▏▎▍▌▋▊▉")[eighths % 8]
    left = time_left(done, total, first, seconds)
    return f"{what} {full:<{Bar.WIDTH}} {done} of {total}{left and f', {left}'}"
