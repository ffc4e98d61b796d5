"""The report is headless, and the parts of the interface depend on one another one way.

Two routes: the source, read; and a fresh interpreter in which importing Textual, the explorer or the command line is
an error, and every report and every export is written.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "tui").rglob("*.py"))
BELOW: dict[str, set[str]] = {
    "report": set(),
    "explorer": {"report"},
    "cli": {"report", "explorer"},
}
"""Each part of tui → those that it may import beside itself: the command line opens the explorer, and both of them
show what the report has made."""

LAYERS = (
    "help",
    "session",
    "tours",
    "commands",
    "painting",
    "widgets",
    "background",
    "panels",
    "dialogs",
    "skeleton",
    "session_screen",
    "actions",
    "palette_providers",
    "screen",
    "app",
)
"""The folders and files of the explorer: each may import those before it, and itself"""


@cache
def imported(path: Path) -> set[str]:
    """What a file imports, anywhere in it, under `if TYPE_CHECKING` too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: relative imports hide where a name comes from"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def name(path: Path) -> str:
    return str(path.relative_to(ROOT / "tui"))


def place(path: Path, under: str) -> str:
    """The folder or file at the top of a package in which a file stands; empty for the package itself."""
    top = path.relative_to(ROOT / "tui" / under).parts[0].removesuffix(".py")
    return "" if top == "__init__" else top


def places(modules: set[str], package: str) -> set[str]:
    """What modules are called at the top of a package."""
    return {module.split(".")[package.count(".") + 1] for module in modules if module.startswith(f"{package}.")}


def files_of(part: str) -> list[Path]:
    """The files of a part of tui."""
    return [path for path in FILES if place(path, "") == part]


def test_a_part_of_the_interface_imports_those_below_it() -> None:
    for here, below in BELOW.items():
        for path in files_of(here):
            assert not places(imported(path), "tui") - below - {here}, name(path)


def test_a_file_of_the_report_imports_no_toolkit() -> None:
    for path in files_of("report"):
        packages = {module.split(".")[0] for module in imported(path)}
        allowed = {"core", "tui", "numpy", "rich", "plotext"} | ({"matplotlib"} if path.name == "paper.py" else set())
        assert not packages - allowed - sys.stdlib_module_names, name(path)


def test_a_file_of_the_explorer_imports_those_before_it() -> None:
    for path in files_of("explorer"):
        if here := place(path, "explorer"):
            before = {*LAYERS[: LAYERS.index(here) + 1]}
            assert not places(imported(path), "tui.explorer") - before, name(path)


def test_every_folder_of_the_explorer_has_its_layer() -> None:
    tops = {place(path, "explorer") for path in FILES if place(path, "") == "explorer"}
    assert tops == {*LAYERS, ""}


PROGRAM = """
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "textual" or name.startswith(("tui.explorer", "tui.cli")):
            raise ImportError(f"{name} was imported")

sys.meta_path.insert(0, Refuse())
import importlib, pkgutil
import core, tui.report
for module in pkgutil.walk_packages(tui.report.__path__, "tui.report."):
    importlib.import_module(module.name)

from tui.report.formats import FORMATS, Bundle, write
from tui.report.palette import dark_palette

bundle = Bundle(core.run(core.Experiment(timesteps=6, hidden_size=3, k2=2)), chart="<svg/>", screen="<svg/>")
for kind in FORMATS:
    if kind.problem(bundle):
        continue  # its library is not installed
    assert write(kind, bundle, kind.name).stat().st_size
    if kind.lines is not None:
        assert any(one.style for line in kind.lines(bundle, 140, dark_palette()) for one in line)
try:
    import textual
except ImportError:
    sys.exit(7)
"""


def test_the_report_is_written_where_textual_cannot_be_imported(tmp_path: Path) -> None:
    """It exits with 7 once everything has run and the block has shown that it blocks."""
    command = [sys.executable, "-W", "error", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{PROGRAM}"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 7, done.stderr
