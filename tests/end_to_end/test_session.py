"""The program as it is installed, in a real terminal: what a person types and sees, and what is left afterwards.

In the fast run are a session at one size, a lesson that is gone on with after a kill, and one signal.

The screens are read, never timed: every wait is for something the screen says.
"""

from __future__ import annotations

import re
import signal
import subprocess
import time
from pathlib import Path

import pytest
from terminal import HOMES, PROGRAM, Terminal

import core

NARROW, WIDE = (80, 24), (160, 48)
LONG = ("--timesteps", "2000", "--hidden-size", "64", "--batch-size", "4")
"""Settings that take long enough to compute for something else to happen meanwhile"""


def verdict(*arguments: str) -> str:
    """What the program says of these settings where there is no screen: the rate in the line of its report."""
    report = subprocess.run([PROGRAM, "report", *arguments], capture_output=True, text=True, check=True)
    line = next(line for line in report.stdout.splitlines() if "gradient of W_aa" in line)
    rate = re.search(r"×\S+( ± \S+)?", line)
    assert rate is not None
    return rate[0]


def go_to_setting(terminal: Terminal, name: str) -> None:
    """Open the settings and tab to one, waiting at each for the focus to be seen there, as a person would."""
    shown = [one for one in core.settings().values() if one.matters(core.Experiment())]
    terminal.press("s")
    for place, setting in enumerate(shown[: [one.name for one in shown].index(name) + 1]):
        if place:
            terminal.press("tab")
        # The panel says what the setting in focus is, from its first words on.
        terminal.wait_for(setting.help[:14])


@pytest.mark.parametrize("size", [pytest.param(NARROW, marks=pytest.mark.slow), WIDE], ids=["80x24", "160x48"])
def test_a_session(size: tuple[int, int]) -> None:
    columns, rows = size
    first, second = verdict(), verdict("--gain", "2")
    assert first != second
    with Terminal(columns=columns, rows=rows) as terminal:
        terminal.wait_for(first)
        assert "16 units · sunspots, 50 steps" in terminal.screen.display[0]

        go_to_setting(terminal, "gain")
        terminal.press("2")
        terminal.wait_for(lambda text: second in text and first not in text)

        terminal.press("escape")
        if columns < 100:
            terminal.wait_for(lambda text: "NETWORK" not in text)
        terminal.press("right", "right", "right")
        terminal.wait_for("forward, t = 4 of 50")
        terminal.press("left")
        terminal.wait_for("forward, t = 3 of 50")
        _, row = terminal.find("state a")
        terminal.click(columns - 3, row)
        terminal.wait_for("forward, t = 50 of 50")
        terminal.press("end")
        terminal.wait_for("backward, s = 1 of 50")
        terminal.press("left")
        terminal.wait_for("backward, s = 2 of 50")

        terminal.press("q")
        assert terminal.wait_until_ended() == 0
        assert terminal.left_behind() == []


@pytest.mark.slow
def test_what_has_the_focus_is_seen() -> None:
    with Terminal(columns=160, rows=48) as terminal:
        terminal.wait_for(verdict())
        column, row = terminal.find("Settings")

        def frame() -> object:
            return terminal.screen.buffer[row][column - 2].fg

        without = frame()
        terminal.press("s")
        terminal.wait_for(lambda text: frame() != without)
        terminal.press("escape")
        terminal.wait_for(lambda text: frame() == without)


@pytest.mark.slow
def test_resized_while_it_computes() -> None:
    with Terminal(*LONG, columns=80, rows=24) as terminal:
        terminal.wait_for("computing")
        assert "NETWORK" not in terminal.text
        terminal.resize(160, 48)
        terminal.wait_for(lambda text: "NETWORK" in text and "quit" in text.splitlines()[47])
        terminal.resize(40, 12)
        terminal.wait_for(lambda text: "NETWORK" not in text and "step" in text.splitlines()[11])
        terminal.resize(80, 24)
        terminal.wait_for(lambda text: "NETWORK" not in text and "step" in text.splitlines()[23])
        terminal.press("q")
        assert terminal.wait_until_ended() == 0
        assert terminal.left_behind() == []


@pytest.mark.slow
def test_progress_is_shown_and_escape_stops_it() -> None:
    with Terminal("--seed", "3") as terminal:
        terminal.wait_for(re.compile(r"gradient (of \w+ )?[A-Z]+ ×").search)
        go_to_setting(terminal, "timesteps")
        terminal.press("5000")
        terminal.wait_for(re.compile(r"computing \d+ %|computing \d+%").search)
        terminal.press("escape")
        terminal.wait_for("sunspots, 50 steps")
        terminal.press("ctrl+q")
        assert terminal.wait_until_ended() == 0
        assert terminal.left_behind() == []


@pytest.mark.parametrize(
    ("arguments", "number"),
    [
        pytest.param(LONG, signal.SIGTERM, id="computing-SIGTERM"),
        *(
            pytest.param((), number, id=f"idle-{number.name}", marks=pytest.mark.slow)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        ),
        *(
            pytest.param(LONG, number, id=f"computing-{number.name}", marks=pytest.mark.slow)
            for number in (signal.SIGINT, signal.SIGHUP)
        ),
    ],
)
def test_a_signal_ends_it_and_leaves_the_terminal_as_it_was(arguments: tuple[str, ...], number: signal.Signals) -> None:
    with Terminal(*arguments) as terminal:
        terminal.wait_for("computing" if arguments else "VANISHES")
        terminal.interrupt(number)
        assert terminal.wait_until_ended() == 128 + number
        assert terminal.left_behind() == []


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_a_signal_while_the_screen_is_made_leaves_no_traceback(number: signal.Signals) -> None:
    """The screen is made in the first fifth of a second, where the machine has nothing else to do."""
    for delay in (0, 40, 80, 120, 160, 200, 320, 480):
        with Terminal() as terminal:
            terminal.wait_for("rnn-tui")
            time.sleep(delay / 1000)
            terminal.interrupt(number)
            assert terminal.wait_until_ended() == 128 + number, f"after {delay} ms: {terminal.text()}"
            assert b"Traceback" not in terminal.written
            assert terminal.left_behind() == []


@pytest.mark.slow
def test_control_c_says_how_to_quit() -> None:
    with Terminal() as terminal:
        terminal.wait_for("VANISHES")
        terminal.press("ctrl+c")
        terminal.wait_for("to quit")
        terminal.press("q")
        assert terminal.wait_until_ended() == 0
        assert terminal.left_behind() == []


@pytest.mark.parametrize(
    ("arguments", "keys"),
    [
        pytest.param((), "", id="idle", marks=pytest.mark.slow),
        pytest.param((), " ", id="playing", marks=pytest.mark.slow),
        pytest.param(LONG, "", id="computing", marks=pytest.mark.slow),
    ],
)
def test_a_closed_window_ends_it(arguments: tuple[str, ...], keys: str) -> None:
    with Terminal(*arguments) as terminal:
        terminal.wait_for("computing" if arguments else "VANISHES")
        if keys:
            terminal.press(keys)
            terminal.wait_for("playing")
        assert terminal.close_window()


@pytest.mark.slow
def test_the_very_first_start_is_a_tour_and_the_next_one_is_not(tmp_path: Path) -> None:
    home = dict.fromkeys(HOMES, str(tmp_path))
    with Terminal(columns=120, rows=36, first=True, environment=home) as terminal:
        terminal.wait_for("1 of 7")
        terminal.press("enter")
        terminal.wait_for("2 of 7")
        terminal.press("2")
        terminal.wait_for("it shrinks, on the whole")
        terminal.press("escape")
        terminal.wait_for(lambda text: "of 7" not in text)
        terminal.press("q")
        terminal.wait_until_ended()
    with Terminal(columns=120, rows=36, first=True, environment=home) as terminal:
        terminal.wait_for("L_50: under 1 %")
        terminal.press("f")
        terminal.wait_for(lambda text: "L_50: under" not in text and "all losses: typical gradient" in text)
        assert "of 7" not in terminal.text


@pytest.mark.slow
def test_a_lesson_of_five_steps_is_made_by_keys_and_played_in_another_process(tmp_path: Path) -> None:
    began, path = time.monotonic(), tmp_path / "lesson.toml"
    with Terminal(columns=80, rows=24) as terminal:
        terminal.wait_for("VANISHES")
        for number, key in enumerate(("right", "end", "f", ".", "."), start=1):
            terminal.press(key, "S")
            terminal.wait_for(f"Keep this screen as step {number}")
            terminal.press(f"Scene {number}", "enter", f"note {number}", "enter")
            if number == 3:
                terminal.press("Which?", "enter", "this; *that", "enter", "because")
            terminal.press("enter")
            terminal.wait_for(f"Kept as step {number}")
        terminal.press("E")
        terminal.wait_for("Lesson · no file so far")
        terminal.press("\x13")
        terminal.wait_for("Lesson, to play and to edit")
        terminal.press("tab", "\x15", str(path), "enter")
        terminal.wait_for("plays it")
        terminal.press("escape")
        terminal.wait_for(lambda text: "Lesson    A lesson" not in text)
        terminal.press("q")
        terminal.wait_until_ended()
    with Terminal("tour", str(path), columns=80, rows=24) as terminal:
        for number in range(1, 6):
            terminal.wait_for(f"{number} of 5")
            terminal.wait_for(f"note {number}")
            if number == 3:
                terminal.wait_for("Which?")
                terminal.press("2")
                terminal.wait_for("✓ Right: “that”. because")
            terminal.press("enter")
        terminal.wait_for(lambda text: "note 5" not in text)
    assert time.monotonic() - began < 180, "within three minutes, waiting for the screen and all"


def test_a_lesson_that_is_being_made_survives_a_kill(tmp_path: Path) -> None:
    kept_in = {"XDG_DATA_HOME": str(tmp_path)}
    with Terminal(columns=80, rows=24, environment=kept_in) as terminal:
        terminal.wait_for("VANISHES")
        terminal.press("S")
        terminal.wait_for("Keep this screen as step 1")
        terminal.press("Before the end", "enter", "enter", "enter")
        terminal.wait_for("Kept as step 1")
        terminal.wait_for(lambda _: any(tmp_path.rglob("*-not-saved.toml")))
        terminal.interrupt(signal.SIGKILL)
    with Terminal(columns=80, rows=24, environment=kept_in) as terminal:
        terminal.wait_for("VANISHES")
        terminal.press("o")
        terminal.wait_for("type to narrow")
        terminal.press("a lesson")
        terminal.wait_for("lesson, 1 step")
        terminal.press("enter")
        terminal.wait_for("Before the end")
