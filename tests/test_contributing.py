"""CONTRIBUTING.md draws the house as it stands: its folders and files exist, and so does every name in its drawing."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
THERE = [
    f"/{path.relative_to(ROOT)}"
    for place in ("core", "tui", "tests", "docs", "benchmarks")
    for path in (ROOT / place).rglob("*")
]
THERE += [f"/{path.name}" for path in ROOT.iterdir()]
PATHS = sorted({*re.findall(r"`(?:\.venv/bin/python )?([\w./-]*(?:/|\.py|\.md|\.toml))`", PAGE)})

NAMES = {
    "Slider.Dragged": "tui.explorer.widgets.slider",
    "SettingsPanel.Edited": "tui.explorer.panels.settings",
    "settings.edit": "tui.explorer.actions",
    "Explorer.problems": "tui.explorer.screen",
    "transitions.take_up": "tui.explorer.session",
    "History": "tui.explorer.session.history",
    "Session.subject": "tui.explorer.session.session",
    "Session.wanted": "tui.explorer.session.session",
    "Tracing.compute": "tui.explorer.actions.tracing",
    "core.run": "",
    "Computed": "tui.explorer.background.trace_worker",
    "Explorer.shown": "tui.explorer.screen",
    "SessionPanel": "tui.explorer.widgets.session_panel",
    "TRANSITIONS": "tui.explorer.session.transitions",
    "ACTIONS": "tui.explorer.actions",
    "Explorer.compose": "tui.explorer.screen",
    "TASKS": "core.tasks",
}
"""What the page names in its drawing and its recipes → where it is."""


def test_every_folder_and_file_that_it_names_exists() -> None:
    assert len(PATHS) > 30
    missing = [path for path in PATHS if not any(there.endswith("/" + path.rstrip("/")) for there in THERE)]
    assert missing == []


def test_every_folder_that_there_is_is_named() -> None:
    folders = [*ROOT.glob("core/*/"), *ROOT.glob("tui/*/"), *ROOT.glob("tui/explorer/*/")]
    names = [folder.name for folder in folders if (folder / "__init__.py").exists()]
    assert len(names) > 15
    assert [name for name in names if f"{name}/`" not in PAGE] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_name_of_the_drawing_exists(name: str) -> None:
    assert name in PAGE
    parts = name.split(".")
    if name == "core.run":
        parts, place = parts[1:], "core"
    else:
        place = NAMES[name]
    found = importlib.import_module(place)
    for part in parts:
        if not hasattr(found, part):
            importlib.import_module(f"{place}.{part}")
        found = getattr(found, part)
