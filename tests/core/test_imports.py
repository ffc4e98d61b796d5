"""core is headless: it runs where no terminal library can be imported, and imports none.

Two routes: the source, read; and a fresh interpreter in which importing textual, rich or plotext is an error.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "core").rglob("*.py"))
TERMINAL = {"textual", "rich", "plotext", "tui"}
THIRD_PARTY = {"numpy", "pydantic", "tomli_w"}
KNOW_THE_SETTINGS = {
    *("__init__.py", "checks.py", "experiment.py", "presets/__init__.py", "trace.py"),
    *("remedies.py", "training.py", "training_history.py", "training_profile.py"),
    *(path.relative_to(ROOT / "core").as_posix() for path in (ROOT / "core" / "tasks").glob("*.py")),
}
"""The rest, mathematics and cells, can be used without an Experiment. claims.py names Trace as a type alone."""
SETTINGS = {"core.settings.experiment", "core.tasks", "core.trace", "core.settings.presets", "core.training.steps"}


def imported(path: Path) -> set[str]:
    """The modules a file imports, anywhere in it but under `if TYPE_CHECKING`."""
    found = set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing = [node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    aside = {id(inner) for node in typing for inner in ast.walk(node)}
    for node in ast.walk(tree):
        if id(node) in aside:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: relative imports hide where a name comes from"
            found.add(node.module or "")
    return found


def name(path: Path) -> str:
    return str(path.relative_to(ROOT / "core"))


@pytest.mark.parametrize("path", FILES, ids=name)
def test_a_file_of_core_imports_numpy_pydantic_and_the_standard_library_alone(path: Path) -> None:
    packages = {module.split(".")[0] for module in imported(path)}
    assert not packages & TERMINAL
    assert packages <= THIRD_PARTY | {"core"} | sys.stdlib_module_names


@pytest.mark.parametrize("path", [path for path in FILES if name(path) not in KNOW_THE_SETTINGS], ids=name)
def test_the_mathematics_knows_nothing_of_the_settings(path: Path) -> None:
    assert not imported(path) & SETTINGS


PROGRAM = """
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"textual", "rich", "plotext", "tui"}:
            raise ImportError(f"{name} was imported")

sys.meta_path.insert(0, Refuse())
import importlib, pkgutil
import core
for module in pkgutil.walk_packages(core.__path__, "core."):
    importlib.import_module(module.name)
trace = core.run(core.Experiment(timesteps=6))
assert trace.lags.residual < 1e-12
assert core.preset("sunspots") == core.Experiment()
try:
    import textual
except ImportError:
    sys.exit(7)
"""


def test_core_runs_where_no_terminal_library_can_be_imported() -> None:
    """It exits with 7 once everything has run and the block has shown that it blocks."""
    command = [sys.executable, "-W", "error", "-c", PROGRAM]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 7, done.stderr


def test_every_public_name_is_there() -> None:
    import core

    assert sorted(set(core.__all__)) == sorted(core.__all__)
    assert all(hasattr(core, public) for public in core.__all__)
