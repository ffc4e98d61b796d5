"""Every file says with what, when and how it was made, in its format's own way; and is read as it was before."""

from __future__ import annotations

import csv
import io
import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from writing import record, report, written

import core
from core.settings.provenance import Provenance, provenance, with_provenance
from tui import cli
from tui.report.words.subject import describe_setup

MADE = Provenance("rnn-tui 0", "3", "2", "blas 1", "2026-01-31T12:00:00Z", "rnn-tui <a> & 'b, \"c\"'")
TRACE = core.run(core.Experiment(hidden_size=2, timesteps=5))
SAID = MADE.of(TRACE.experiment)
NOON = datetime(2026, 1, 31, 14, 0, tzinfo=timezone(timedelta(hours=2)))


def test_it_says_program_libraries_time_and_command() -> None:
    made = provenance(now=NOON, arguments=["/usr/local/bin/rnn-tui", "report", "--csv", "my file.csv"])
    assert made.date == "2026-01-31T12:00:00Z"
    assert made.command == "rnn-tui report --csv 'my file.csv'"
    assert made.program.startswith("rnn-tui ") and made.numpy == np.__version__
    assert made.python == ".".join(map(str, sys.version_info[:3]))
    assert made.blas == " ".join(
        np.show_config(mode="dicts")["Build Dependencies"]["blas"][k] for k in ("name", "version")
    )
    assert provenance(now=NOON, arguments=["/x/tui/__main__.py", "train"]).command == "python -m tui train"
    assert provenance(arguments=[]).command == "''"


def test_a_build_can_fix_the_time_and_nothing_else_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    assert provenance().date == "1970-01-01T00:00:00Z"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "soon")
    before = datetime.now(UTC).replace(microsecond=0)
    assert before <= datetime.fromisoformat(provenance().date) <= datetime.now(UTC)


def test_it_is_one_line_whatever_was_typed() -> None:
    made = provenance(now=NOON, arguments=["rnn-tui", "a\nb", "\x1b[31m", "\udcff"])
    assert made.line.isprintable() and "\n" not in made.line
    assert made.line.encode()


def test_the_table_has_it_on_every_row(tmp_path: Path) -> None:
    text = written("csv", TRACE, tmp_path / "a.csv", made=MADE).read_text(encoding="utf-8")
    assert {(row["what"], row["made_by"]) for row in csv.DictReader(io.StringIO(text))} == {
        (describe_setup(TRACE), SAID.line)
    }


def test_the_arrays_have_it(tmp_path: Path) -> None:
    found = np.load(written("npz", TRACE, tmp_path / "a.npz", made=MADE))
    assert json.loads(str(found["provenance"])) == asdict(SAID)


def test_the_report_has_it_at_its_end_and_as_json_under_its_key(tmp_path: Path) -> None:
    text = written("text", TRACE, tmp_path / "a", made=MADE).read_text(encoding="utf-8")
    assert text.startswith(report(TRACE)) and " ".join(text.split()).endswith(" ".join(SAID.line.split()))
    assert max(map(len, text.splitlines())) <= 80
    found = json.loads(written("json", TRACE, tmp_path / "a", made=MADE).read_text(encoding="utf-8"))
    assert found == with_provenance(record(TRACE), MADE)


def test_the_settings_have_it_as_comments(tmp_path: Path) -> None:
    path = written("toml", TRACE, tmp_path / "a.toml", made=MADE)
    first, second, third = path.read_text(encoding="utf-8").splitlines()[:3]
    assert (first, second, third) == (f"# {describe_setup(TRACE)}", f"# {SAID.line}", "")
    assert core.Experiment.load(path) == TRACE.experiment


@pytest.mark.parametrize("opening", ['<svg class="a" viewBox="0 0 1 1" xmlns="http://www.w3.org/2000/svg">', "<svg>"])
def test_a_picture_has_it_as_metadata(opening: str, tmp_path: Path) -> None:
    path = written("chart", TRACE, tmp_path / "a.svg", chart=f"{opening}<text>x</text></svg>", made=MADE)
    first, second = ElementTree.parse(path).getroot()
    assert first.tag.endswith("metadata") and first.text == SAID.line
    assert second.text == "x"


@pytest.mark.parametrize(
    "arguments",
    [["report"], ["train", "--training-steps", "1"], ["compare", "--remedies", "clip", "--training-steps", "1"]],
)
def test_what_is_printed_for_machines_has_it(
    arguments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    monkeypatch.setattr(sys, "argv", ["rnn-tui", *arguments])
    size = ["--timesteps", "4", "--hidden-size", "2"]
    if arguments[0] == "compare":
        (name, *_) = core.remedies()
        arguments = ["compare", "--remedies", name, "--training-steps", "1"]
    assert cli.main([*arguments, *size, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    found, experiment = printed["provenance"], printed["experiment"]
    assert found == asdict(provenance().of(experiment))
    assert "--hidden-size=2" in found["settings"].split()
    assert found["date"] == "1970-01-01T00:00:00Z" and found["command"].startswith(f"rnn-tui {arguments[0]}")


def test_a_record_is_otherwise_as_it_was() -> None:
    assert with_provenance({"a": 1}, MADE) == {"a": 1, "provenance": asdict(MADE)}
