"""docs/equations.md and docs/verification.md name functions and tests that exist, and leave nothing out."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from functools import cache
from pathlib import Path

import core

ROOT = Path(__file__).resolve().parents[2]
ROWS = [
    line
    for line in (ROOT / "docs" / "equations.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.startswith("| Equation ")
]
VERIFIED = [
    line
    for line in (ROOT / "docs" / "verification.md").read_text(encoding="utf-8").splitlines()
    if re.match(r"\| (?!What |Identity |g \|)", line)
]
NO_EQUATION = {
    *(
        "begin",
        "ensemble",
        "fingerprint",
        "input_size",
        "load_recording",
        "load_trace",
        "open_checkpoint",
        "open_file",
        "open_table",
        "output_size",
        "preset",
        "presets",
    ),
    *("readout_name", "remedies", "run", "save_network", "save_trace", "settings", "source_of", "summary"),
}
"""Public functions that look something up, or only call others."""
FUNCTION = re.compile(r"`(core[\w.]*):([\w.]+)`")
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


@cache
def functions_of(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_the_page_has_its_rows() -> None:
    assert len(ROWS) > 40


def test_every_function_and_test_it_names_exists() -> None:
    for row in ROWS:
        cells = row.strip("| ").split(" | ")
        assert len(cells) == 3, f"an equation, its functions, its tests: {row}"
        equation, functions, tests = cells
        assert equation, row
        named, checked = FUNCTION.findall(functions), TEST.findall(tests)
        assert len(named) == functions.count("`") // 2 >= 1, row
        assert len(checked) == tests.count("`") // 2 >= 1, row
        for module, name in named:
            found = importlib.import_module(module)
            for part in name.split("."):
                found = getattr(found, part)
        for path, name in checked:
            assert name in functions_of(path), row
            assert name.startswith("test_"), row


def test_every_public_function_has_its_equation() -> None:
    named = {found.split(".")[-1] for row in ROWS for _, found in FUNCTION.findall(row)}
    for name in sorted(name for name in core.__all__ if inspect.isfunction(getattr(core, name))):
        assert (name in named) != (name in NO_EQUATION), name


def test_every_verified_number_has_tests_that_exist() -> None:
    for row in VERIFIED:
        tests = row.strip("| ").split(" | ")[-1]
        named = TEST.findall(tests)
        assert len(named) == tests.count("`") // 2 >= 1, row
        for path, name in named:
            assert name in functions_of(path), row
