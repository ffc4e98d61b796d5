"""What the README says is what the project does."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tui.commands import COMMANDS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_python_of_the_readme_runs_and_prints_what_it_promises() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for name in ("W_aa", "W_ax", "b_a"):
        assert f"{name}: ×" in done.stdout
    assert float(re.search(r"contributions against BPTT: (\S+)", done.stdout)[1]) < 1e-12
    assert float(re.search(r"central differences: (\S+)", done.stdout)[1]) < 1e-6


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.action)
def test_the_readme_lists_every_command_as_the_program_has_it(command) -> None:
    assert f"| {command.help} |" in README


def test_the_readme_has_the_two_commands_that_do_all_the_set_up() -> None:
    blocks = re.findall(r"```sh\n(python3 -m venv .*?)\n```", README)
    assert len(blocks) == 2
    assert blocks[0].endswith(".venv/bin/rnn-tui")
    assert "-m pytest" in blocks[1]
    assert "command=$(grep" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_every_picture_and_page_the_readme_points_to_is_there() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", README):
        assert (ROOT / target).is_file(), target
