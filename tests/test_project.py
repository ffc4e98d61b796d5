"""What the README says is what the project does: its commands, its code, its keys, its numbers and its pictures."""

from __future__ import annotations

import html
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

import core
from tui import cli
from tui.explorer.commands import COMMANDS
from tui.report.curves import log2_curve
from tui.report.numbers import factor_with_error, magnitude
from tui.report.words.title import title

ROOT = Path(__file__).parents[1]
PAGES = {path: path.read_text(encoding="utf-8") for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"))}
README = PAGES[ROOT / "README.md"]
PROGRAM = Path(sys.executable).parent / "rnn-tui"


def blocks(language: str) -> list[str]:
    """The code blocks of the README in one language."""
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def table(first_column: str) -> list[list[str]]:
    """The rows, below its head, of the README's table whose first column has this head."""
    lines = README.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(f"| {first_column} |"))
    rows = lines[start + 2 :]
    end = next(i for i, line in enumerate(rows) if not line.startswith("|"))
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in rows[:end]]


# Commands


def test_two_commands_do_all_the_set_up_and_continuous_integration_runs_them_word_for_word() -> None:
    commands = [block.strip() for block in blocks("sh") if block.startswith("python3 -m venv")]
    assert commands == [
        "python3 -m venv .venv && .venv/bin/pip install -e . && .venv/bin/rnn-tui",
        "python3 -m venv .venv && .venv/bin/pip install -e '.[test]' && .venv/bin/python -m pytest -n auto",
    ]
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    for command in commands:
        assert f"\n{command}\n" in script


@pytest.mark.slow
def test_every_line_for_the_command_line_does_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first as a program of its own, as the report of the next test is; the others in this process."""
    (lines,) = (block.splitlines() for block in blocks("sh") if block.startswith("rnn-tui"))
    core.Experiment(timesteps=6, hidden_size=2).save(tmp_path / "mine.toml")
    shutil.copy(ROOT / "tests" / "core" / "files" / "stack3.pt", tmp_path / "model.pt")
    columns = core.open_checkpoint(tmp_path / "model.pt").candidate().input_size
    names = [f"shop {i}" for i in range(columns)]
    rows = [[f"{np.sin(day / 7 + i):.3f}" for i in range(columns)] for day in range(90)]
    (tmp_path / "sales.csv").write_text("\n".join(map(",".join, [names, *rows])))
    monkeypatch.chdir(tmp_path)
    for place, line in enumerate(lines):
        program, *arguments = shlex.split(line, comments=True)
        assert program == "rnn-tui"
        # Standard output is no terminal here, so that each of them is a report.
        if place:
            status = cli.main(arguments)
            printed, told = capsys.readouterr()
        else:
            done = subprocess.run(
                [PROGRAM, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
            )
            status, printed, told = done.returncode, done.stdout, done.stderr
        if arguments[0] == "watch":
            assert (status, printed) == (2, "") and "watch needs one; rnn-tui report FILE" in told
            continue
        assert status == 0, f"{line}: {told}"
        if arguments[0] in ("train", "compare"):
            assert "to beat" in printed
        elif arguments[0] in ("sweep", "critical"):
            assert "per step" in printed
        elif "--json" in arguments:
            assert json.loads(printed)["headline"]
        elif arguments[0] == "tour":
            assert ("steps)" in printed) == ("--list" in arguments)
        else:
            assert "gradient " in printed
        if "--html" in arguments or "--figure" in arguments:
            assert (tmp_path / arguments[-1]).stat().st_size > 10_000


def test_the_report_is_the_one_the_program_prints() -> None:
    (promised,) = blocks("text")
    environment = {**os.environ, "NO_COLOR": "1"}
    printed = subprocess.run([PROGRAM, "report"], env=environment, capture_output=True, text=True, check=True).stdout

    def apart_from_rounding(text: str) -> str:
        return re.sub(r"\S+e−1\d of the sum", "… of the sum", text)

    assert apart_from_rounding(printed).startswith(apart_from_rounding(promised))


# Code, numbers and keys


def test_the_ten_lines_of_python_run_and_print_what_they_promise() -> None:
    (code,) = blocks("python")
    assert len([line for line in code.splitlines() if line]) <= 10
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for name in ("W_aa", "W_ax", "b_a"):
        assert f"{name}: ×0.6" in done.stdout
    residual = re.search(r"contributions against BPTT: (\S+)", done.stdout)
    differences = re.search(r"central differences: (\S+)", done.stdout)
    assert residual is not None
    assert differences is not None
    assert float(residual[1]) < 1e-12
    assert float(differences[1]) < 1e-6


def test_the_numbers_of_the_answer_are_those_of_the_default_network() -> None:
    lags = core.run(core.Experiment()).lags
    for label, *cells in table("at lag"):
        for name, cell in zip(("W_aa", "W_ax", "b_a", "W_y", "b_y"), cells, strict=True):
            if label.isdigit():
                k = int(label)
                expected = magnitude(float(log2_curve(lags, name, "typical")[k]), padded=True)
                assert cell == ("none" if k and name in ("W_y", "b_y") else expected), (label, name)
            else:
                rate = lags.rate(name)
                expected = factor_with_error(rate.log2_per_step, rate.standard_error).removeprefix("×")
                assert cell == ("–" if name in ("W_y", "b_y") else expected), (label, name)


def test_the_keys_are_those_of_the_program_all_of_them_in_their_order() -> None:
    commands = [[f"`{command.key_display or command.keys.split(',')[0]}`", command.help] for command in COMMANDS]
    assert table("key") == commands


def test_the_page_of_remedies_has_every_task_and_every_remedy_in_their_order() -> None:
    page = PAGES[ROOT / "docs" / "remedies.md"]
    named = re.findall(r"^\| `([\w-]+)` \|", page, flags=re.MULTILINE)
    assert named == [*core.settings()["task"].choices, *core.remedies()]
    rows = {line.split()[0] for line in page.split("```text\n")[1].split("```")[0].splitlines()[1:]}
    assert rows == set(core.remedies())


# Pages and pictures


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_everything_a_page_points_to_is_there(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)\)|src(?:set)?=\"([^\"]+)\"", PAGES[page])
    for target in (one or other for one, other in targets):
        assert target.startswith("https://") or (page.parent / target).is_file(), target


@pytest.mark.parametrize("name", ["explorer", "explorer-light", "explorer-80x24"])
def test_the_pictures_are_of_the_program_as_it_is(name: str) -> None:
    drawn = html.unescape((ROOT / "docs" / "pictures" / f"{name}.svg").read_text(encoding="utf-8"))
    trace = core.run(core.Experiment())
    room = 78 if name == "explorer-80x24" else 158
    said = next(form for form in title(trace, len(trace.tape.losses)) if len(form) <= room)
    assert said in drawn.replace("\N{NO-BREAK SPACE}", " "), "run python docs/make_pictures.py"
    assert "http" not in drawn.replace("http://www.w3.org/2000/svg", "").replace("https://www.textualize.io", "")


def test_the_changelog_knows_this_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert f"## [{version}]" in PAGES[ROOT / "CHANGELOG.md"]


def test_no_two_files_of_tests_have_the_same_name() -> None:
    """They are modules without a package: of two with one name pytest takes the first, and ends at the second."""
    names = [path.name for path in (ROOT / "tests").rglob("*.py")]
    assert sorted(set(names)) == sorted(names)
