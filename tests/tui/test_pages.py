"""Every command that prints a document writes it as a page, too, and a page is opened again by the settings in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from test_html import check

import core
from core.sources.any_file import SettingsFile
from tui import cli

SHORT = ["--timesteps", "6", "--hidden-size", "2"]
COMMANDS: dict[str, list[str]] = {
    "report": SHORT,
    "train": [*SHORT, "--training-steps", "3"],
    "compare": [*SHORT, "--training-steps", "2", "--remedies", "vanilla,clipping"],
    "diagnose": SHORT,
    "sweep": [*SHORT, "--gain", "0.5:2:3", "--leak", "0.5:1:3", "--seeds", "2", "--workers", "1"],
    "critical": [*SHORT, "--seeds", "1", "--lowest", "0.5", "--highest", "4", "--workers", "1"],
}
TITLES = {
    "report": "The question and six claims",
    "train": "The charts",
    "compare": "The remedies",
    "diagnose": "The findings",
    "sweep": "Every combination",
    "critical": "What was found",
}


SLOW = ("sweep", "critical")
"""What starts processes of its own"""


@pytest.mark.parametrize(
    "command", [pytest.param(name, marks=pytest.mark.slow if name in SLOW else ()) for name in COMMANDS]
)
def test_a_command_writes_its_page_and_prints_its_report_all_the_same(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "page.html"
    assert cli.main([command, *COMMANDS[command], "--html", str(path)]) == 0
    assert "2 units" in capsys.readouterr().out
    page = check(path.read_text(encoding="utf-8"))
    assert TITLES[command] in page.texts["h2"] and "Symbols and words" in page.texts["h2"]
    assert len(page.all("svg")) == {"report": 4, "train": 1, "sweep": 2}.get(command, 0)
    opened = core.open_file(path)
    assert isinstance(opened, SettingsFile)
    assert (opened.experiment.timesteps, opened.experiment.hidden_size) == (6, 2)
    assert cli.main([command, *COMMANDS[command], "--html", str(path)]) == 2
    assert "page.html: exists already" in capsys.readouterr().err
    # The command that stands on the page makes it again: its settings are those of the first.
    again = [code.split() for code in page.texts["code"] if code.startswith(f"rnn-tui {command} --")]
    assert all(f"--{name}" in " ".join(words) for words in again for name in ("timesteps=6", "hidden-size=2"))


def test_several_diagnoses_stand_on_one_page_each_below_its_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = []
    for name, gain in (("calm", 0.1), ("<wild>", 3.0)):
        path = tmp_path / f"{name}.toml"
        core.Experiment(timesteps=40, hidden_size=4, gain=gain).save(path)
        files.append(str(path))
    page = tmp_path / "page.html"
    assert cli.main(["diagnose", *files, "--html", str(page)]) == 0
    assert "2. vanishing" in capsys.readouterr().out
    found = check(page.read_text(encoding="utf-8"))
    assert found.texts["h1"] == ["Diagnosis of 2 networks"]
    assert found.texts["h2"][:2] == ["calm.toml", "<wild>.toml"]
    assert [one["experiment"]["gain"] for one in found.record["networks"]] == [0.1, 3.0]


def test_a_page_is_opened_in_every_command_that_takes_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "page.html"
    assert cli.main(["report", *SHORT, "--gain", "1.25", "--html", str(path)]) == 0
    first = capsys.readouterr().out
    assert cli.main(["report", str(path)]) == 0
    assert capsys.readouterr().out == first
    assert cli.main(["train", str(path), "--training-steps", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["experiment"]["gain"] == 1.25


@pytest.mark.parametrize(
    ("inside", "said"),
    [
        ("", "it is a page that does not say which settings made it"),
        ("{", "it is a page that does not say which settings made it"),
        ("[1]", "it is a page that does not say which settings made it"),
        ('{"experiment": null}', "no settings make all that is on this page"),
        ('{"experiment": {"cell": "toaster"}}', "the settings on this page cannot be used: cell: 'toaster' was given"),
        ('{"experiment": {"no": 1}}', "the settings on this page cannot be used"),
        ('{"tour": {}}', "it is a tour or a lesson; rnn-tui tour plays it"),
    ],
)
def test_a_page_that_cannot_be_opened_is_told_of_in_a_sentence(inside: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    data = f'<script type="application/json" id="rnn-tui">{inside}</script>' if inside else ""
    path.write_text(f"<!DOCTYPE html>\n<html><body>{data}</body></html>", encoding="utf-8")
    with pytest.raises(ValueError, match=said) as error:
        core.open_file(path)
    assert "\n" not in str(error.value)
