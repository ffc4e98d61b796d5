"""docs/sweeps.md: its Python runs, its commands are taken, and it names every column, key and array."""

from __future__ import annotations

import importlib
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import core
from tui import cli
from tui.cli import sweep as sweeping
from tui.report.critical_document import critical_document
from tui.report.study_document import study_document

PAGE = (Path(__file__).parents[1] / "docs" / "sweeps.md").read_text(encoding="utf-8")
NAMED = set(re.findall(r"`([\w…]+)`", PAGE))


def test_every_key_of_the_records_is_named() -> None:
    grid = core.grid(core.Experiment(timesteps=6, hidden_size=2), gain="1,2", seeds=2)
    study = core.sweep(grid)
    record = study_document(study).record
    (point, *_), (network, *_) = record["points"], record["networks"]
    keys = {*record, *point, *point["rate"], *network, *network["summary"], *network["summary"]["lines"][0]} - {"name"}
    keys |= set(critical_document(core.critical(grid.experiment, seeds=1, low=0.5, high=1)).record)
    assert keys - NAMED == set()
    columns = {re.sub(r"_(state|W_aa|W_ax|b_a)$", "_…", name) for name in study.rows()[0]} - {"gain"}
    assert columns - NAMED == set()
    assert {f"{name}" for name in study.arrays() if name.endswith("_state")} - NAMED <= {"share_of_past_state"}


def test_every_way_to_write_values_is_taken() -> None:
    (table,) = re.findall(r"\| written \| stands for \|\n\|---\|---\|\n(.*?)\n\n", PAGE, flags=re.DOTALL)
    written = [one for row in table.splitlines() for one in re.findall(r"`([^`]+)`", row.split("|")[1])]
    assert len(written) == 7
    for one in written:
        name = "cell" if "rnn" in one else "gain"
        assert core.grid(draws=2 if "random" in one else 0, **{name: one}).axes  # type: ignore[arg-type]


def test_its_commands_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything but the computing: each of them takes long."""
    asked: list[int] = []

    def caught(experiments: list[object], **given: object) -> list[object]:
        asked.append(len(experiments))
        return []

    monkeypatch.setattr(importlib.import_module("core.study.sweep"), "evaluate", caught)
    (block, *_) = re.findall(r"```sh\n(rnn-tui sweep.*?)```", PAGE, flags=re.DOTALL)
    lines = [shlex.split(line, comments=True)[1:] for line in block.splitlines()]
    assert [line[0] for line in lines] == ["sweep"] * 3 + ["critical"] * 2
    for line in lines[:3]:
        monkeypatch.setattr(sweeping, "store_of", lambda path: None)
        assert cli.main(line) == 0
    assert asked == [20, 930, 26 * 9 * 5]


@pytest.mark.slow
def test_its_python_runs(tmp_path: Path) -> None:
    (code,) = (block for block in re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL) if "edge" in block)
    program = tmp_path / "program.py"
    program.write_text(code, encoding="utf-8")
    command = [sys.executable, "-W", "error", str(program)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 15
    assert done.stdout.startswith("{'gain': 0.5, 'hidden_size': 8} -")
