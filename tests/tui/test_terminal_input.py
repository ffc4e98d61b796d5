"""Input that breaks off, and an environment that asks for what there is not."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import pairwise

import pytest
from textual import events

from tui.explorer.background import terminal_input
from tui.explorer.background.terminal_input import PatientParser, tolerant_decoder

START, END = "\x1b[200~", "\x1b[201~"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [0.0]
    monkeypatch.setattr(terminal_input.time, "monotonic", lambda: now[0])
    return now


def said(messages: object) -> list[str]:
    return [
        f"pasted {one.text}" if isinstance(one, events.Paste) else getattr(one, "key", type(one).__name__)
        for one in messages  # type: ignore[attr-defined]
    ]


@pytest.mark.parametrize("cuts", [(), (3,), (6, 8), range(1, 40)], ids=["whole", "in the mark", "apart", "by bytes"])
def test_a_paste_that_never_ends_is_over_after_a_silence(cuts: tuple[int, ...], clock: list[float]) -> None:
    parser, sent = PatientParser(), f"x{START}hello q"
    found = []
    for here, there in pairwise((0, *(cut for cut in cuts if cut < len(sent)), len(sent))):
        found += said(parser.feed(sent[here:there])) + said(parser.tick())
    assert found == ["x"], "it may be slow, as long as something comes"
    clock[0] += 0.9
    found += said(parser.tick())
    assert found == ["x"]
    clock[0] += 0.2
    found += said(parser.tick()) + said(parser.tick())
    assert found == ["x", "pasted hello q"]
    assert said(parser.feed("q")) == ["q"]


def test_a_paste_that_ends_is_left_alone(clock: list[float]) -> None:
    parser = PatientParser()
    assert said(parser.feed(f"{START}one{END}a")) == ["pasted one", "a"]
    clock[0] += 5
    assert said(parser.tick()) == []
    assert said(parser.feed(f"{START}two")) == []
    clock[0] += 0.5
    assert said(parser.tick()) == []
    assert said(parser.feed(f" three{END}b")) == ["pasted two three", "b"]


KEYS = {
    "typed now and then": ("q", 0.5),
    "held, repeated": ("q", 1 / 30),
    "an arrow held": ("\x1b[B", 1 / 30),
    "a mouse that moves": ("\x1b[<35;10;10M\x1b[<35;11;10M", 1 / 60),
}


@pytest.mark.parametrize(("key", "every"), KEYS.values(), ids=KEYS)
def test_what_comes_like_keys_does_not_make_a_paste_last(key: str, every: float, clock: list[float]) -> None:
    parser, count = PatientParser(), round(1.2 / every) + 1
    found = said(parser.feed(f"{START}hello"))
    for _ in range(count):
        clock[0] += every
        found += said(parser.feed(key)) + said(parser.tick())
    assert len([one for one in found if one.startswith("pasted hello")]) == 1
    assert said(parser.feed("q")) == ["q"]


@pytest.mark.parametrize(("bytes_at_once", "every"), [(1, 0.001), (7, 0.008), (50, 0.6)], ids=["9600 baud", "", "slow"])
def test_a_long_paste_over_a_slow_line_is_one_paste(bytes_at_once: int, every: float, clock: list[float]) -> None:
    parser, text = PatientParser(), "the quick brown fox " * 200
    sent, found = f"{START}{text}{END}q", []
    for start in range(0, len(sent), bytes_at_once):
        clock[0] += every
        found += said(parser.feed(sent[start : start + bytes_at_once])) + said(parser.tick())
    assert clock[0] > 3 * terminal_input.SILENCE
    assert found == [f"pasted {text}", "q"]


@pytest.mark.parametrize("sent", ["\x11", "\x1b[113;5u", "\x1b[113;133u"], ids=["plain", "kitty", "kitty, num lock"])
def test_ctrl_q_on_its_own_ends_a_paste_at_once(sent: str, clock: list[float]) -> None:
    parser = PatientParser()
    assert said(parser.feed(f"{START}hello")) == []
    clock[0] += 0.1
    assert said(parser.feed(sent)) == ["pasted hello", "ctrl+q"]
    assert said(parser.feed("q")) == ["q"]


def test_ctrl_q_amid_a_paste_is_a_part_of_it(clock: list[float]) -> None:
    parser = PatientParser()
    assert said(parser.feed(f"{START}one\x11two")) == []
    assert said(parser.feed(f"\x11three{END}q")) == ["pasted one\x11two\x11three", "q"]


def test_bytes_of_another_encoding_are_read() -> None:
    decoder = tolerant_decoder("utf-8")()
    assert decoder.decode(b"a\xe4b\xc3") == "a\ufffdb"
    assert decoder.decode(b"\xa4", final=True) == "ä"


@pytest.mark.parametrize(
    ("asked", "system", "plain"), [("none", None, True), ("mauve", None, False), ("standard", "standard", False)]
)
def test_colors_that_there_are_not(asked: str, system: str | None, plain: bool) -> None:
    """In a process of its own: the environment is read once."""
    code = "import tui.explorer.app as a, os; app = a.RnnApp(); print(app.no_color, app.console.color_system)"
    environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**environment, "TEXTUAL_COLOR_SYSTEM": asked, "TERM": "xterm-256color"},
    )
    assert done.stderr == ""
    no_color, found = done.stdout.split()
    assert no_color == str(plain)
    assert system is None or found == system
