"""Another `core` or `tui` in front of ours is one sentence, by every way that the program is started."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

import rnn_tui

ROOT = Path(rnn_tui.__file__).parent
SCRIPT = ["-c", "import sys; sys.path.remove(''); from rnn_tui import main; sys.exit(main())"]
"""What the command `rnn-tui` runs, which does not look into the working folder"""


def started(arguments: list[str], first: Path, folder: Path) -> str:
    """The sentence that a start ends in, with a folder first in PYTHONPATH, and called in another."""
    done = subprocess.run(
        [sys.executable, *arguments, "report"],
        capture_output=True,
        encoding="utf-8",
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(first), str(ROOT)])},
        cwd=folder,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    return done.stderr


@pytest.mark.parametrize("package", ["core", "tui"])
def test_a_folder_of_that_name_in_front_is_told(package: str, tmp_path: Path) -> None:
    place = tmp_path / package / "__init__.py"
    place.parent.mkdir()
    place.write_text("raise SystemExit('this is not to be run')\n", encoding="utf-8")
    said = started(SCRIPT, tmp_path, ROOT)
    assert said.startswith(f"rnn-tui: needs its own package {package}, and Python finds {place}; take that out of ")


@pytest.mark.parametrize(("locations", "found"), [(["/x/core"], "/x/core"), ([], "none"), (None, "none")])
def test_a_folder_without_a_package_is_told_by_its_name(
    locations: list[str] | None, found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the program is installed as a link to its sources, Python finds such a folder first."""
    spec = None if locations is None else ModuleSpec("core", None, is_package=True)
    if spec is not None:
        spec.submodule_search_locations = locations
    monkeypatch.setattr(rnn_tui, "find_spec", lambda package: spec)
    assert f"and Python finds {found}; take that out" in rnn_tui.packages_problem()


def test_a_module_of_that_name_in_the_working_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "core.py").touch()
    assert f"Python finds {tmp_path / 'core.py'}; " in started(["-m", "tui"], tmp_path / "nothing", tmp_path)


def test_files_of_another_distribution_over_ours_are_told(tmp_path: Path) -> None:
    (tmp_path / "tui").symlink_to(ROOT / "tui")
    (tmp_path / "core").mkdir()
    for path in (ROOT / "core").iterdir():
        if path.is_dir():
            (tmp_path / "core" / path.name).symlink_to(path)
    (tmp_path / "core" / "__init__.py").touch()
    assert "needs its own package core" in started(SCRIPT, tmp_path, ROOT)


def test_a_part_that_another_distribution_has_taken_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(error: ImportError) -> None:
        raise error

    monkeypatch.setattr("tui.cli.main", lambda: fail(ImportError("no", name="core.settings", path="/x\n/core.py")))
    assert rnn_tui.main() == 1
    assert "needs its own package core.settings, and Python finds /x?/core.py; " in capsys.readouterr().err
    monkeypatch.setattr("tui.cli.main", lambda: fail(ImportError("no", name="textual")))
    with pytest.raises(ImportError, match="no"):
        rnn_tui.main()


def test_our_own_packages_are_our_own() -> None:
    assert rnn_tui.packages_problem() == ""
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]
    assert scripts == {"rnn-tui": "rnn_tui:main"}
