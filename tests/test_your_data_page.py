"""docs/your-data.md: its Python and its commands run, in their order, on the file that it makes."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import core
from tui import cli

PAGE = (Path(__file__).parents[1] / "docs" / "your-data.md").read_text(encoding="utf-8")


def test_its_python_prints_what_it_says_and_its_commands_do_something(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    monkeypatch.chdir(tmp_path)
    root = {"PYTHONPATH": str(Path(core.__file__).parents[1]), "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path, env=root
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[:5] == ["day time 0", "sold number 0", "stock number 0", "wind words 0", "(20, 76, 2) (20, 76, 1)"]
    assert "persistence" in lines[-1]
    (commands,) = re.findall(r"```sh\n(.*?)```", PAGE, flags=re.DOTALL)
    for command in commands.splitlines():
        assert cli.main([*shlex.split(command)[1:], "--hidden-size", "3"]) == 0, command
        assert "sales.csv" in capsys.readouterr().out


def test_its_table_has_every_setting_of_the_task_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `--[\w-]+(?: [^`]*)?` \| `(\w+)` \|(.*)$", PAGE, flags=re.MULTILINE))
    own = {name for name, setting in core.settings().items() if setting.hint.only.get("task") == ("table",)}
    assert own | {"timesteps"} == rows.keys()
    for name in ("ahead", "timesteps", "stride", "ids", "scale", "missing", "held_back"):
        flag = "window" if name == "timesteps" else name.replace("_", "-")
        assert f"`--{flag} {core.settings()[name].default}`" in PAGE
