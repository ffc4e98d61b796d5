"""`rnn-tui FILE` and `report FILE`: a file opened as what it is; and a network of a file on data of another."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import core
from core import Experiment, Given
from core.sources.driving import Asked
from tui import cli
from tui.cli import terminal
from tui.report.formats import Bundle, contents, format_named
from tui.report.input_rows import input_rows
from tui.report.opened import Unanswered, given_of, is_to_choose

FILES = Path(__file__).parents[1] / "core" / "files"
SMALL = Experiment(cell="gru", hidden_size=3, timesteps=8)


def printed(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    assert cli.main(arguments) == 0
    captured = capsys.readouterr()
    return captured.out, captured.err


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert cli.main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.count("\n") == 1
    return captured.err.removeprefix("rnn-tui: ").rstrip("\n")


def weather(folder: Path, columns: int = 3, rows: int = 60) -> Path:
    path = folder / "weather.csv"
    names = ["rain", "wind", "sun", "snow"][:columns]
    values = [[f"{np.sin(row / (3 + place)):.4f}" for place in range(columns)] for row in range(rows)]
    path.write_text(
        "\n".join(",".join(row) for row in [["day", *names], *([str(i), *v] for i, v in enumerate(values))])
    )
    return path


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Experiment, Any]]:
    """What explorers were opened on, in a terminal that is not there."""
    found: list[tuple[Experiment, Any]] = []

    class Explorer:
        def __init__(self, experiment: Experiment, *, given: object, **_: object) -> None:
            found.append((experiment, given))

        def explore(self) -> int:
            return 0

    monkeypatch.setitem(sys.modules, "tui.explorer.app", SimpleNamespace(RnnApp=Explorer))
    monkeypatch.setattr(terminal, "missing_terminal", lambda: "")
    return found


def test_a_report_on_a_saved_trace_is_the_report_that_it_was_saved_with(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "trace.npz"
    out, _ = printed(["report", "--preset", "vanishing", "--npz", str(path)], capsys)
    assert printed(["report", str(path)], capsys) == (out, "")
    assert printed([str(path)], capsys)[0] == out
    file = FILES / "stack3.pt"
    out, _ = printed(["report", str(file), "--timesteps", "7", "--npz", str(tmp_path / "own.npz")], capsys)
    assert printed(["report", str(tmp_path / "own.npz")], capsys) == (out, "")
    assert "rnn, all 3 layers, from" in " ".join(out.split())


def test_settings_and_data_are_reported_on_as_by_their_options(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings, data = tmp_path / "mine.toml", weather(tmp_path)
    settings.write_bytes(contents(format_named("toml"), Bundle(core.run(SMALL))))
    for file, option in ((settings, "--experiment"), (data, "--data")):
        by_option = printed(["report", option, str(file), "--hidden-size", "2"], capsys)
        assert printed(["report", str(file), "--hidden-size", "2"], capsys) == by_option
        assert "was given too; give one of them" in refused(["report", str(file), option, str(file)], capsys)
    assert "was given too" in refused(["report", str(settings), "--preset", "vanishing"], capsys)
    err = printed(["report", str(data), "--window", "5", "--hidden-size", "2", "--part", "rnn"], capsys)[1]
    assert err == f"rnn-tui: --part has no effect: {data} has no network\n"


def test_the_explorer_is_opened_on_what_a_file_is(tmp_path: Path, opened: list[tuple[Experiment, Any]]) -> None:
    settings, data = tmp_path / "mine.toml", weather(tmp_path)
    settings.write_bytes(contents(format_named("toml"), Bundle(core.run(SMALL))))
    core.save_trace(core.run(SMALL, network=core.make_network(SMALL.replace(gain=2.0))), tmp_path / "a.npz")
    for arguments in (
        [str(settings), "--gain", "2"],
        [str(data), "--window", "9"],
        [str(tmp_path / "a.npz"), "--k2", "3", "--learning-rate", "0.5"],
        [str(FILES / "stack3.pt"), "--timesteps", "9", "--layer", "2"],
        [str(FILES / "rnn_weights.pt")],
        [str(FILES / "rnn_weights.pt"), "--activation", "relu"],
        [str(FILES / "bidirectional.pt")],
    ):
        assert cli.main(arguments) == 0
    of_toml, of_data, of_trace, of_network, unknown, answered, both_ways = opened
    assert of_toml == (SMALL.replace(gain=2.0), None)
    assert of_data == (Experiment(task="table", data=str(data), timesteps=9), None)
    experiment, given = of_trace
    assert isinstance(given, Given) and given.k2 == 3 and experiment.learning_rate == 0.5
    assert isinstance(of_network[1], Given)
    assert of_network[1].network.cell_name == "lstm" and len(of_network[1].whole_batch.inputs) == 9
    assert isinstance(unknown[1], Unanswered) and isinstance(both_ways[1], Given)
    assert isinstance(answered[1], Given) and answered[1].network.activation_name == "relu"


def test_what_cannot_be_opened_ends_before_the_screen_is_taken(
    tmp_path: Path, opened: list[tuple[Experiment, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7\n\0")
    assert "it is a PDF" in refused([str(tmp_path / "a.pdf")], capsys)
    assert "is no file; give the path of" in refused([str(tmp_path / "missing.csv")], capsys)
    assert not opened


@pytest.mark.parametrize(
    ("file", "asked", "open_"),
    [
        ("stack3.pt", Asked(), False),
        ("rnn_weights.pt", Asked(), True),
        ("rnn_weights.pt", Asked(activation="tanh"), False),
        ("rnn.msgpack", Asked(), True),
        ("bidirectional.pt", Asked(), False),
        ("bidirectional.pt", Asked(layer=2), False),
        ("gru.weights.h5", Asked(), False),
        ("bidirectional.keras", Asked(), False),
    ],
)
def test_somebody_is_asked_only_where_a_file_leaves_something_open(file: str, asked: Asked, open_: bool) -> None:
    assert is_to_choose(core.open_checkpoint(FILES / file), asked) is open_


# A network of a file on data of another


def test_columns_of_a_file_drive_a_network_of_another_and_all_tells_of_both(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, file = weather(tmp_path, columns=2), FILES / "lstm.ckpt"
    flags = ["--data", str(data), "--window", "9", "--ahead", "2"]
    out, err = printed(["report", str(file), *flags], capsys)
    said = " ".join(out.split())
    assert err == "" and out.startswith("LSTM · tanh · 3 units · lstm.ckpt rnn on weather.csv: rain, 9 steps")
    assert "Inputs: those of weather.csv: rain" in said and "sunspots" not in said
    found = json.loads(printed(["report", "--json", str(file), *flags], capsys)[0])
    assert found["origin"]["file"] == str(file) and core.open_table(data).sha256 in found["given"]["inputs"]


def test_columns_that_do_not_fit_are_told_with_those_to_choose(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, file = weather(tmp_path), str(FILES / "lstm.ckpt")
    said = refused(["report", file, "--data", str(data), "--window", "9"], capsys)
    assert said == (
        "rnn reads 2 inputs, and weather.csv: rain has 3: rain, wind, sun; choose 2 of rain, wind, sun as inputs, such "
        "as --inputs rain,wind"
    )
    chosen = ["report", file, "--data", str(data), "--window", "9", "--inputs", "wind,sun"]
    assert "lstm.ckpt rnn on weather.csv: wind, 9 steps" in printed(chosen, capsys)[0]
    (tmp_path / "one").mkdir()
    one = weather(tmp_path / "one", columns=1)
    said = refused(["report", file, "--data", str(one), "--window", "9"], capsys)
    assert said.endswith(
        "has 1: rain; the file has 1 column of numbers, so choose another file, or none for inputs that fit"
    )


def test_the_strip_names_the_columns_that_drive_a_network_of_a_file(tmp_path: Path) -> None:
    settings = Experiment(task="table", data=str(weather(tmp_path, columns=2)), timesteps=9)
    given = given_of(core.open_checkpoint(FILES / "lstm.ckpt"), Asked(), settings, on_data=True)
    trace = given.trace()
    assert [row.label for row in input_rows(trace)] == ["rain", "wind"]
    np.testing.assert_array_equal(trace.batch.inputs, core.make_batch(settings).inputs)
