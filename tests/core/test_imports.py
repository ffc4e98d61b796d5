"""core is headless: it runs where no terminal library can be imported, and imports none.

Two routes: the source, read; and a fresh interpreter in which importing textual, rich or plotext is an error.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "core").rglob("*.py"))
TERMINAL = {"textual", "rich", "plotext", "tui"}
THIRD_PARTY = {"numpy", "pydantic", "tomli_w"}
LATE = {"network/network.py": {"sources"}}
"""File of core → the folders above its own that its methods only hand on to: `Network.from_torch`"""
OPTIONAL = {"sources": {"h5py", "torch"}, "tasks": {"duckdb"}, "study": {"distributed", "threadpoolctl", "xarray"}}
"""Folder of core → what it imports late, when it is asked for, and what core can do without"""
LAYERS: dict[str, set[str]] = {
    "numerics": set(),
    "network": {"numerics"},
    "extend": {"numerics", "network"},
    "settings": {"numerics", "network"},
    "bptt": {"numerics", "network"},
    "dynamics": {"numerics", "network", "bptt"},
    "tasks": {"numerics", "settings", "network"},
    "trace": {"numerics", "settings", "network", "bptt", "tasks"},
    "sources": {"numerics", "network", "settings", "bptt", "tasks", "trace"},
    "training": {"numerics", "settings", "network", "bptt", "tasks", "sources"},
    "claims": {"numerics", "network", "bptt", "dynamics", "trace", "training"},
    "study": {"numerics", "network", "settings", "bptt", "dynamics", "tasks", "trace", "training"},
}
"""Each folder or file at the top of core → those that it may import beside itself. The settings know the names
of the cells; the mathematics, `numerics` to `dynamics`, knows nothing of the settings, and no arrow runs back up."""


@cache
def imported(path: Path) -> set[str]:
    """The modules a file imports, anywhere in it, under `if TYPE_CHECKING` too."""
    found = set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: relative imports hide where a name comes from"
            found.add(node.module or "")
    return found


def name(path: Path) -> str:
    return str(path.relative_to(ROOT / "core"))


def test_a_file_of_core_imports_numpy_pydantic_and_the_standard_library_alone() -> None:
    for path in FILES:
        packages = {module.split(".")[0] for module in imported(path)}
        assert not packages & TERMINAL, name(path)
        here = path.relative_to(ROOT / "core").parts[0]
        allowed = THIRD_PARTY | OPTIONAL.get(here, set()) | {"core"} | sys.stdlib_module_names
        assert not packages - allowed, name(path)


def test_what_is_optional_is_imported_within_a_function() -> None:
    for path in FILES:
        top = ast.parse(path.read_text(encoding="utf-8")).body
        modules = {alias.name for node in top if isinstance(node, ast.Import) for alias in node.names}
        modules |= {node.module or "" for node in top if isinstance(node, ast.ImportFrom)}
        assert not {module.split(".")[0] for module in modules} & set.union(*OPTIONAL.values()), name(path)


def test_a_file_of_core_imports_from_its_own_folder_and_those_below() -> None:
    for path in (path for path in FILES if name(path) != "__init__.py"):
        (here,) = (part.removesuffix(".py") for part in path.relative_to(ROOT / "core").parts[:1])
        used = {module.split(".")[1] for module in imported(path) if module.startswith("core.")}
        assert "core" not in imported(path), name(path)
        assert not used - (LAYERS[here] | {here} | LATE.get(name(path), set())), name(path)


def test_what_is_called_from_below_is_imported_within_a_function() -> None:
    """So that no folder needs one above it to be imported itself."""
    for file, above in LATE.items():
        top = ast.parse((ROOT / "core" / file).read_text(encoding="utf-8")).body
        modules = [node.module or "" for node in top if isinstance(node, ast.ImportFrom)]
        assert not {module.split(".")[1] for module in modules if module.startswith("core.")} & above


def test_no_folder_of_core_stands_above_itself() -> None:
    seen: set[str] = set()
    for folder, below in LAYERS.items():
        assert below <= seen, f"{folder} imports what comes later in the table"
        seen.add(folder)


def test_the_top_of_core_is_seen_at_a_glance() -> None:
    """At most a dozen modules and folders, the package's own file aside. Counted is what Python imports; the one other
    file that may be there is `py.typed`, which is empty and tells type checkers that the package has type hints
    (PEP 561).
    """
    tops = {path.relative_to(ROOT / "core").parts[0] for path in FILES}
    others = {path.name for path in (ROOT / "core").iterdir() if path.name != "__pycache__"} - tops
    assert others == {"py.typed"}
    assert not (ROOT / "core" / "py.typed").read_bytes()
    assert tops == {
        "__init__.py",
        *(f"{place}.py" if (ROOT / "core" / f"{place}.py").exists() else place for place in LAYERS),
    }
    assert len(tops - {"__init__.py"}) <= 12


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
