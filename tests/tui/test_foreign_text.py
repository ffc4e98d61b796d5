"""What a person types and what a file holds is shown as it stands: never taken for markup, and never obeyed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
import textual.content
import tomli_w
from driving import MEDIUM, WIDE, Drive, explorer
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment
from rich.text import Text
from textual.color import Color
from textual.widgets import Input, OptionList
from textual.widgets._toast import Toast

import tui.explorer.dialogs.offers
from core import Experiment, Preset
from tui import cli
from tui.explorer.actions.settings import take_up
from tui.explorer.dialogs.export import ExportDialog
from tui.explorer.dialogs.presets import PresetPicker
from tui.explorer.painting.control_filter import ControlFilter
from tui.explorer.widgets.setting_row import Field, SettingRow
from tui.report.atomic_files import shown
from tui.report.printable import printable

HOSTILE = ("[/x]", "[bold", "[@click=app.quit]x[/]", "\x1b[2J", "\x07", "\x9b2J", "\u202egnirts", "\ud800", "\x7f")
ALL = " ".join(HOSTILE)
SMALL = Experiment(timesteps=6, hidden_size=3)
CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


# The two functions


@given(st.text())
def test_nothing_is_left_that_a_terminal_obeys(text: str) -> None:
    assert not CONTROLS.search(printable(text))
    assert len(printable(text)) == len(text)
    assert not CONTROLS.search(printable(text, lines=True).replace("\n", ""))


def test_what_can_be_shown_stays_as_it_is() -> None:
    for text in ("a path/with spaces", "ä → ×0.9 ∂L/∂W_aa", "no\u00a0break", "می\u200cخواهم", "日本語", ""):
        assert printable(text) == text
    assert printable("one\r\ntwo\tx", lines=True) == "one\ntwo x"
    assert shown("a\nb\x1b[2J") == "a?b?[2J"


@given(st.lists(st.text(st.characters(blacklist_characters="\n\t"), max_size=20), min_size=1))
def test_a_painted_line_keeps_its_width(texts: list[str]) -> None:
    segments = [Segment(text) for text in texts]
    painted = ControlFilter().apply(segments, Color(0, 0, 0))
    assert not CONTROLS.search("".join(segment.text for segment in painted))
    assert sum(cell_len(segment.text) for segment in painted) == sum(cell_len(text) for text in texts)


# On the screen


@pytest.fixture(autouse=True)
def markup(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Whatever was taken for markup: nothing of what is foreign."""
    taken: list[str] = []
    to_content, from_markup = textual.content.Content.from_markup.__func__, Text.from_markup.__func__

    def content(cls: Any, text: Any, **variables: Any) -> Any:
        taken.append(str(text))
        return to_content(cls, text, **variables)

    def rich(cls: Any, text: str, **options: Any) -> Any:
        taken.append(text)
        return from_markup(cls, text, **options)

    monkeypatch.setattr(textual.content.Content, "from_markup", classmethod(content))
    monkeypatch.setattr(Text, "from_markup", classmethod(rich))
    yield taken
    assert not [text for text in taken if any(part in text for part in HOSTILE)]


def painted(drive: Drive) -> str:
    """What is on the screen, which the terminal has nothing to obey in."""
    lines = ["".join(segment.text for segment in strip) for strip in drive.app.screen._compositor.render_strips()]
    assert not CONTROLS.search("".join(lines))
    return "\n".join(lines)


@explorer(SMALL.replace(task="text"), size=MEDIUM, alone=True)
async def test_typed_into_any_setting(drive: Drive) -> None:
    for row in drive.screen.query(SettingRow):
        if row.display and isinstance(row.control, Field):
            row.focus_control()
            await drive.enter(row.setting.name, ALL)
            await drive.until(lambda row=row: row.has_class("-invalid") and row.query(".reason"))
            await drive.pilot.pause()
            painted(drive)
    assert drive.screen.subject.experiment.replace(text_file="") == SMALL.replace(task="text")
    field = drive.field("gain")
    field.value = "[/x]"
    drive.screen.set_focus(field)
    await drive.until(lambda: "'[/x]' was given" in painted(drive))


PRESET = Preset(ALL, ALL, ALL, SMALL.replace(seed=5))


@explorer(SMALL, size=WIDE, alone=True)
async def test_in_a_preset_a_path_a_label_and_a_notice(drive: Drive) -> None:
    explorer = drive.screen
    # What to look for, and what the data are called
    explorer.preset = PRESET
    origin = replace(drive.trace.origin, label=ALL, makes_batch=False, makes_network=False)
    take_up(explorer, replace(explorer.subject, given=replace(drive.trace, origin=origin)))
    await drive.until(lambda: drive.trace.origin.label == ALL)
    explorer.look_for = ALL
    await drive.press("p")
    await drive.until(lambda: "[bold" in painted(drive))
    for pane, _ in explorer.tab_titles():
        explorer.show_tab(pane)
        await drive.pilot.pause()
        painted(drive)

    # The list of presets
    picker = PresetPicker(SMALL)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tui.explorer.dialogs.offers, "presets", lambda: {ALL: PRESET})
        explorer.app.push_screen(picker)
        await drive.until(lambda: "[bold" in painted(drive) and picker.query(OptionList))
        picker.query_one(Input).value = "[/x]"
        await drive.until(lambda: picker.query_one(OptionList).option_count)
        assert "[bold" in painted(drive)
        picker.dismiss(None)

    # A file's name, saved and refused
    await drive.press("e")
    await drive.until(lambda: isinstance(drive.app.screen, ExportDialog) and drive.app.screen.query(Input))
    field = drive.app.screen.query_one(Input)
    for name in HOSTILE:
        field.value = f"/nowhere/{name}"
        await drive.pilot.pause()
        assert shown(name) in painted(drive)
    field.value = str(Path.home() / "[bold[@click=app.quit]\x1b.svg")
    await drive.pilot.pause()
    field.focus()
    await drive.press("enter")
    await drive.until(lambda: drive.app.screen is explorer)
    explorer.notify(ALL)
    await drive.until(lambda: len(drive.app._notifications) == 2)
    said = [str(Toast(one).render()) for one in drive.app._notifications]
    assert said[0].endswith("[bold[@click=app.quit]?.svg")
    assert said[1] == printable(ALL)


def test_in_an_experiment_that_is_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    table = {"title": "T \x1b]0;x\x07[/x]\x9b2J", "look_for": "L \x1b[2J\u202e\x7f\nsecond"}
    path = tmp_path / "x.toml"
    path.write_text(tomli_w.dumps({**SMALL.model_dump(), "about": table}))
    for terminal in (False, True):
        monkeypatch.setattr(cli.terminal, "plain", lambda stream, terminal=terminal: not terminal)
        assert cli.main(["report", "--experiment", str(path)]) == 0
        out = capsys.readouterr().out
        assert "T ?]0;x?[/x]?2J" in out
        assert "L ?[2J??" in re.sub(r"\x1b\[[\d;]*m", "", out)
        assert not CONTROLS.search(re.sub(r"\x1b\[[\d;]*m|\n", "", out))


def test_in_what_the_command_line_refuses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["report", "--gain", ALL], ["report", "--experiment", ALL], ["report", "--preset", ALL], [ALL]):
        assert cli.main(arguments) == 2
        err = capsys.readouterr().err
        assert err.count("\n") == 1
        assert not CONTROLS.search(err[:-1])
        assert "[/x]" in err


# And by construction


def test_only_one_file_makes_what_takes_markup() -> None:
    """Whoever adds a text takes `PlainText` or `PlainLabel`; markup is asked for by name."""
    made = []
    for path in Path(cast("str", tui.explorer.__file__)).parent.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            calls = [node.func] if isinstance(node, ast.Call) else node.bases if isinstance(node, ast.ClassDef) else []
            made += [path.name for call in calls if isinstance(call, ast.Name) and call.id in ("Static", "Label")]
    assert set(made) == {"plain_text.py"}
