"""A recording is an asciicast of version 2, the same each time, and shows what the explorer showed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyte
import pytest

import core
from core.settings.setup_code import setup_code
from tui import cli
from tui.cli.cast import Press, presses_of, presses_through, reading, size_of
from tui.explorer.tours.library import shipped

SMALL = setup_code(core.Experiment(timesteps=5, hidden_size=2))


def read(path: Path) -> tuple[dict[str, Any], list[list[Any]]]:
    """A recording, held against https://docs.asciinema.org/manual/asciicast/v2."""
    header, *events = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    assert header["version"] == 2 and type(header["width"]) is int and type(header["height"]) is int
    assert type(header["timestamp"]) is int and type(header["title"]) is str and type(header["command"]) is str
    assert all(type(value) is str for value in header["env"].values())
    assert all(len(one) == 3 and type(one[0]) in (int, float) and type(one[2]) is str for one in events)
    assert {one[1] for one in events} <= {"o", "m"}
    times = [one[0] for one in events]
    assert times == sorted(times) and header["duration"] == times[-1]
    return header, events


def screens(header: dict[str, Any], events: list[list[Any]]) -> list[str]:
    """The screen after each of what the terminal was sent."""
    screen = pyte.Screen(header["width"], header["height"])
    stream, found = pyte.Stream(screen), []
    for _, kind, text in events:
        if kind == "o":
            stream.feed(text)
            found.append("\n".join(screen.display))
    return found


def test_keys_are_recorded_the_same_each_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    monkeypatch.setattr("sys.argv", ["rnn-tui", "tour"])
    monkeypatch.chdir(tmp_path)
    keys = "right*2,wait3,t,e,escape,3"
    for name in ("a", "b"):
        assert cli.main(["tour", "--keys", keys, "--setup", SMALL, "--size", "100x30", "--cast", name]) == 0
    assert Path("a.cast").read_bytes() == Path("b.cast").read_bytes()
    header, events = read(Path("a.cast"))
    assert (header["width"], header["height"]) == (100, 30)
    assert header["provenance"]["setup"] == SMALL and header["provenance"]["date"] == "1970-01-02T00:00:00Z"
    first, *_, last, end = screens(header, events)
    assert last == end
    every = screens(header, events)
    assert "t = 1 of 5" in first and "t = 2 of 5" in every[1] and "t = 3 of 5" in every[2]
    assert any("s = 3" in one for one in every), every[3]
    assert any("Export" in one for one in every)
    assert "Where" not in end and "unit 1" in end, end
    assert events[-1][0] == pytest.approx(1 + 3 + 6 * 0.4)


@pytest.mark.slow
def test_a_tour_is_recorded_with_a_marker_for_each_step(tmp_path: Path) -> None:
    assert cli.main(["tour", "--cast", str(tmp_path / "a.cast")]) == 0
    header, events = read(tmp_path / "a.cast")
    tour = shipped("question")
    markers = [one[2] for one in events if one[1] == "m"]
    assert markers == [f"{place} of {len(tour.steps)}: {step.title}" for place, step in enumerate(tour.steps, start=1)]
    shown = screens(header, events)
    for place, step in enumerate(tour.steps, start=1):
        assert any(f"{place} of {len(tour.steps)}" in one and step.title[:20] in one for one in shown)


def test_the_keys_through_a_tour_answer_its_questions_with_time_to_read() -> None:
    tour = shipped("question")
    presses = presses_through(tour)
    assert presses[0].key == "" and sum(bool(press.marker) for press in presses) == len(tour.steps)
    assert len(presses) == len(tour.steps) + sum(step.question is not None for step in tour.steps)
    assert reading("one two three") == 2.9 and all(press.seconds >= 2 for press in presses)


def test_keys_are_read_from_a_text() -> None:
    right = Press("right")
    assert presses_of("right*2, f2,W,wait1.5") == (right, right, Press("f2"), Press("W"), Press("", 1.5))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--keys", "space"], "space goes on by the clock"),
        (["--keys", "Not a key"], "is no key"),
        (["--keys", "right\nleft"], "is no key"),
        (["--keys", "right*0"], "0 keys were given"),
        (["--keys", ""], "0 keys were given"),
        (["--keys", "right*9999"], "9999 keys were given"),
        (["--size", "10x10"], "size: '10x10' was given, allowed is columns x rows, 60x20 … 300x100"),
        (["--setup", SMALL], "--setup begins a recording of --keys"),
        (["no-such-tour"], "no-such-tour"),
    ],
)
def test_what_cannot_be_recorded_is_told(
    options: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["tour", *options, "--cast", str(tmp_path / "a.cast")]) == 2
    assert said in capsys.readouterr().err and not (tmp_path / "a.cast").exists()
    assert size_of("80x24") == (80, 24)
