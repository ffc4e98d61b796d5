"""Every panel's help is there, short, and names keys that do something."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from textual.binding import BindingsMap

import tui.explorer.help as help_folder
from core.network.cells import CELLS
from tui.explorer.app import RnnApp
from tui.explorer.commands import COMMANDS
from tui.explorer.dialogs.lesson import LessonDialog
from tui.explorer.help import help_text
from tui.explorer.widgets.setting_row import Field, SettingRow
from tui.explorer.widgets.whole_columns import WholeColumns
from tui.report.palette import SERIES

PANELS = ("explorer", "settings", "lags", "strip", "step", "jacobians", "training", "remedies", "sweep", "tour")

KEYS = {
    "→": "right",
    "←": "left",
    "↑": "up",
    "↓": "down",
    "⇧→": "shift+right",
    "⇧←": "shift+left",
    "esc": "escape",
    "F1": "f1",
    "F2": "f2",
    "?": "question_mark",
    "+": "plus",
    "-": "minus",
    ".": "full_stop",
    ",": "comma",
    "<": "less_than_sign",
    ">": "greater_than_sign",
    "[": "left_square_bracket",
    "]": "right_square_bracket",
    "⌫": "backspace",
}
"""As the help writes a key, and as Textual names it"""

EVERYWHERE = {"tab", "enter", RnnApp.COMMAND_PALETTE_BINDING}


def bound() -> set[str]:
    """Every key that does something in the explorer."""
    fields = {
        key
        for widget in (Field, SettingRow, WholeColumns, LessonDialog)
        for key in BindingsMap(widget.BINDINGS).key_to_bindings
    }
    return fields | {key for command in COMMANDS for key in command.keys.split(",")} | EVERYWHERE


@pytest.mark.parametrize("name", PANELS)
def test_a_help_text_is_markdown_that_fits_a_screen_or_two(name):
    text = help_text(name)
    assert text.startswith("# ")
    assert text.count("\n") <= 34
    tokens = MarkdownIt().parse(text)
    assert {token.tag for token in tokens if token.type == "heading_open"} <= {"h1", "h2"}


@pytest.mark.parametrize("name", [path.stem for path in sorted(Path(help_folder.__file__).parent.glob("*.md"))])
def test_no_table_has_a_header_which_is_not_shown(name):
    assert not re.findall(r"^\|(?=.*\w).*\n\|[-|: ]+\|$", help_text(name), re.MULTILINE)


@pytest.mark.parametrize("name", PANELS)
def test_every_key_that_a_help_text_names_does_something(name):
    named = {KEYS.get(key, key) for key in re.findall("`([^`]+)`", help_text(name))}
    assert named
    assert named <= bound()


@pytest.mark.parametrize("name", PANELS)
def test_a_help_text_names_no_parameter_that_there_is_not(name):
    named = set(re.findall(r"\b[Wb]_[a-z]+\b", help_text(name)))
    assert named <= set(SERIES).union(*(cell.uses() for cell in CELLS.values()))


def test_a_help_text_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(ValueError, match=r"no help on 'nothing'; there is .*explorer.*step"):
        help_text("nothing")
