"""A terminal with a person at it: a real pseudo-terminal, a shell in it, and pyte as the screen to read.

The shell prints the terminal's settings, runs the program, and prints its exit status and the settings again,
so that what a program leaves behind is seen the way its user would see it.
"""

from __future__ import annotations

import os
import re
import signal
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType

import pexpect
import pyte

PROGRAM = Path(sys.executable).parent / "rnn-tui"

PATIENCE = 60.0
"""Seconds to wait for the screen to say something before giving up: a busy machine is slow, not wrong"""

# The signals are caught by the shell, and so have their usual effect only on the program.
SHELL = r"""
    trap : INT TERM HUP
    printf "before[%s]\r\n" "$(stty -g)"
    "$@"
    printf "status[%s] after[%s]\r\n" "$?" "$(stty -g)"
"""

KEYS = {
    "right": "\x1b[C",
    "left": "\x1b[D",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "home": "\x1b[H",
    "end": "\x1b[F",
    "tab": "\t",
    "enter": "\r",
    "escape": "\x1b",
    "backspace": "\x7f",
    "ctrl+c": "\x03",
    "ctrl+q": "\x11",
}

HOMES = ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")
"""Where the program keeps what it remembers"""

USUALLY_ON = {7, 25}
"""The private modes a terminal has on to begin with: wrapping at the margin, and a visible cursor"""


class Terminal:
    """The program running in a terminal of some size; leave the `with` block and it is gone.

    Nothing here sleeps: `wait_for` reads what the program writes until the screen says what is waited for.
    """

    def __init__(
        self,
        *arguments: str,
        columns: int = 80,
        rows: int = 24,
        first: bool = False,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Start it.

        Args:
            arguments: What follows the program's name.
            columns: Of the terminal.
            rows: Of the terminal.
            first: Whether the program has never been used before, and so begins with its tour.
            environment: Variables in addition to those of the tests.
        """
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self.written = b""
        """Everything the program and the shell have written, escape sequences and all"""
        # Textual asks COLUMNS and LINES before it asks the terminal, and so would not see it resized.
        kept = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
        # A first start begins with a tour; a person who has used the program before is at this terminal.
        self._home = tempfile.TemporaryDirectory()
        preferences = Path(self._home.name) / "rnn-tui" / "preferences.toml"
        if not first:
            preferences.parent.mkdir()
            preferences.touch()
        with warnings.catch_warnings():
            # Python 3.12 warns of any fork beside threads, NumPy's among them; this one goes on to exec at once.
            warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
            self._child = pexpect.spawn(
                "/bin/sh",
                ["-c", SHELL, "sh", str(PROGRAM), *arguments],
                dimensions=(rows, columns),
                env={**kept, "TERM": "xterm-256color", **dict.fromkeys(HOMES, self._home.name), **(environment or {})},
                timeout=None,
            )

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._child.close(force=True)
        self._home.cleanup()

    @property
    def text(self) -> str:
        """What is on the screen."""
        return "\n".join(self.screen.display)

    def press(self, *keys: str) -> None:
        """Press keys by name, or type text as it is."""
        for key in keys:
            self._child.send(KEYS.get(key, key))

    def click(self, column: int, row: int) -> None:
        """Press and release the left mouse button on a cell, counted from 0."""
        self._child.send(f"\x1b[<0;{column + 1};{row + 1}M\x1b[<0;{column + 1};{row + 1}m")

    def find(self, text: str) -> tuple[int, int]:
        """Column and row of the first place where the screen says this."""
        for row, line in enumerate(self.screen.display):
            if text in line:
                return line.index(text), row
        raise AssertionError(f"{text!r} is not on the screen:\n{self.text}")

    def look(self, row: int) -> list[tuple[str, str, bool]]:
        """The colors of a row, cell by cell: what tells where the focus is."""
        cells = (self.screen.buffer[row][column] for column in range(self.screen.columns))
        return [(cell.fg, cell.bg, cell.reverse) for cell in cells]

    def resize(self, columns: int, rows: int) -> None:
        """Drag the window to another size."""
        self.screen.resize(rows, columns)
        self._child.setwinsize(rows, columns)

    def interrupt(self, number: signal.Signals) -> None:
        """Send a signal to what runs in the foreground, as `kill` or a closing window would."""
        os.killpg(os.tcgetpgrp(self._child.child_fd), number)

    def wait_for(self, wanted: str | Callable[[str], bool], seconds: float = PATIENCE) -> str:
        """Read until the screen holds a text, or satisfies a predicate; the screen's text."""
        holds = (lambda text: wanted in text) if isinstance(wanted, str) else wanted
        end = time.monotonic() + seconds
        while not holds(self.text):
            self._read(end, f"{wanted!r} was not on the screen")
        return self.text

    def wait_until_ended(self, seconds: float = PATIENCE) -> int:
        """Read until the program has ended; its exit status, as the shell has it."""
        end = time.monotonic() + seconds
        while (found := re.search(rb"status\[(\d+)\] after\[(.*?)\]", self.written)) is None:
            self._read(end, "the program did not end")
        return int(found[1])

    def _read(self, end: float, otherwise: str) -> None:
        """Take what has been written, waiting for it until `end`."""
        try:
            data = self._child.read_nonblocking(65536, timeout=max(0.0, end - time.monotonic()))
        except pexpect.TIMEOUT:
            raise AssertionError(f"{otherwise} in time:\n{self.text}") from None
        except pexpect.EOF:
            raise AssertionError(f"{otherwise} before all was over:\n{self.text}") from None
        self.written += data
        self._stream.feed(data)

    def close_window(self, seconds: float = PATIENCE) -> bool:
        """Close the terminal under the program, as a window is closed; whether all that ran in it ends.

        The shell, which waits for the program, is the only one that the system tells, and does not pass it on.
        """
        self._child.ptyproc.fileobj.close()
        ended = threading.Thread(target=self._child.wait, daemon=True)
        ended.start()
        ended.join(seconds)
        return not ended.is_alive()

    def left_behind(self) -> list[str]:
        """What the program, now ended, has not put back as it was; empty if all is well."""
        before = re.search(rb"before\[(.*?)\]", self.written)
        after = re.search(rb"after\[(.*?)\]", self.written)
        assert before is not None and after is not None, "the program has not ended"
        found = [] if before[1] == after[1] else [f"stty was {before[1]!r}, is {after[1]!r}"]
        modes: dict[int, bool] = {}
        for numbers, letter in re.findall(rb"\x1b\[\?([\d;]+)([hl])", self.written):
            for number in numbers.split(b";"):
                modes[int(number)] = letter == b"h"
        found += [
            f"mode {mode} is left {'on' if on else 'off'}" for mode, on in modes.items() if on != (mode in USUALLY_ON)
        ]
        pushed, popped = len(re.findall(rb"\x1b\[>\d+u", self.written)), self.written.count(b"\x1b[<u")
        if pushed != popped:
            found.append(f"keyboard protocol pushed {pushed} times, popped {popped}")
        if b"Traceback" in self.written:
            found.append("a traceback")
        return found
