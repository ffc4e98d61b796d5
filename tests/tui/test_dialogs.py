"""The dialogs do what their keys and buttons say, lose nothing, and can be used on every screen."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from driving import threads_ended
from textual.app import App, ComposeResult
from textual.containers import Horizontal
from textual.pilot import Pilot
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Button, Input, OptionList, Static
from writing import written

import core
from core import Experiment, Trace, presets
from tui.explorer.dialogs.export import ExportDialog, widget_picture
from tui.explorer.dialogs.export_kinds import ExportKind, renamed, trace_kinds
from tui.explorer.dialogs.offers import by_topic, differences, distance, fits, of_preset, preset_offers
from tui.explorer.dialogs.presets import PresetPicker

SIZES = [(20, 6), (40, 12), (80, 24), (120, 36)]


@cache
def trace() -> Trace:
    return core.run(Experiment(hidden_size=4, timesteps=12))


class Host(App[None]):
    """Something to lay a dialog on, and what the dialogs returned."""

    CSS = "Horizontal Static { width: 1fr; }"

    def __init__(self) -> None:
        super().__init__()
        self.returned: list[Any] = []

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Static("left of it", id="left")
            yield Static("right of it", id="right")

    def open(self, dialog: ModalScreen[Any]) -> None:
        self.push_screen(dialog, self.returned.append)


def drive(script: Callable[[Host, Pilot[None]], Awaitable[None]], size: tuple[int, int] = (80, 24)) -> list[Any]:
    """Run a script against a host, and give back what its dialogs returned."""

    async def run() -> list[Any]:
        host = Host()
        async with host.run_test(size=size) as pilot:
            await script(host, pilot)
        return host.returned

    return asyncio.run(run())


def in_dialog(
    make: Callable[[], ModalScreen[Any]],
    script: Callable[[Any, Pilot[None]], Awaitable[None]],
    size: tuple[int, int] = (80, 24),
) -> list[Any]:
    """Open a dialog, run a script against it, and give back what it returned."""

    async def opened(host: Host, pilot: Pilot[None]) -> None:
        dialog = make()
        host.open(dialog)
        await pilot.pause()
        await script(dialog, pilot)

    return drive(opened, size)


async def settled(pilot: Pilot[None]) -> None:
    """Whatever is being saved is saved, and the screen shows it; a dialog that has closed ends its threads."""
    await threads_ended(pilot.app)
    await pilot.pause()


def text_of(dialog: ModalScreen[Any], selector: str) -> str:
    return str(dialog.query_one(selector, Static).render())


# Export


def refused(path: Path, overwrite: bool) -> None:
    raise OSError("the tape ran out")


def saved(kind: str, path: Path, over: bool) -> Path:
    return written(kind, trace(), path, overwrite=over, chart="<svg/>")


KINDS: Sequence[ExportKind] = (
    ExportKind("svg", "A picture", ".svg", "a-picture.svg", partial(saved, "chart")),
    ExportKind("toml", "Settings", ".toml", "a.toml", partial(saved, "toml")),
    ExportKind("tape", "A tape", ".tape", "a.tape", refused),
)


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """The current folder, empty."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def files(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir()}


def export(script: Callable[[ExportDialog, Pilot[None]], Awaitable[None]], chosen: str | None = None) -> list[Any]:
    return in_dialog(lambda: ExportDialog(KINDS, chosen), script)


def keys(*pressed: str, chosen: str | None = None) -> list[Any]:
    """What the dialog returns after these keys."""

    async def press(_: ExportDialog, pilot: Pilot[None]) -> None:
        for key in pressed:
            await pilot.press(key)
            await settled(pilot)

    return export(press, chosen)


def test_enter_saves_the_first_kind_under_its_suggested_name(folder):
    assert keys("enter") == [Path("a-picture.svg")]
    assert files(folder) == {"a-picture.svg"}


def test_arrows_choose_what_is_saved_from_the_list_and_from_the_name(folder):
    assert keys("down", "enter") == [Path("a.toml")]
    assert keys("tab", "up", "up", "end", *["left"] * 5, "b", "enter") == [Path("ab.toml")]
    assert Experiment.load("a.toml") == trace().experiment


def test_the_dialog_starts_on_the_kind_it_is_told(folder):
    assert keys("enter", chosen="toml") == [Path("a.toml")]


def test_escape_saves_nothing(folder):
    assert keys("escape") == [None]
    assert files(folder) == set()


def test_the_suggested_name_follows_the_kind_and_ones_own_name_its_suffix():
    picture, settings, _ = KINDS
    for before, after in {
        "a-picture.svg": "a.toml",
        "some/folder/a-picture.svg": "some/folder/a.toml",
        "mine.svg": "mine.toml",
        "x.y/mine.SVG": "x.y/mine.toml",
        "mine": "mine",
        "": "",
    }.items():
        assert renamed(before, picture, settings) == after


def test_choosing_a_kind_changes_the_name_that_is_typed(folder):
    async def script(dialog: ExportDialog, pilot: Pilot[None]) -> None:
        field = dialog.query_one(Input)
        await pilot.press("down")
        assert field.value == "a.toml"
        field.value = "mine.toml"
        await pilot.press("up")
        assert field.value == "mine.svg"

    export(script)


def test_the_note_says_which_file_it_will_be_and_where(folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder))
    (folder / "there").mkdir()

    async def script(dialog: ExportDialog, pilot: Pilot[None]) -> None:
        async def told(typed: str) -> str:
            dialog.query_one(Input).value = typed
            await pilot.pause()
            return text_of(dialog, "#export-note")

        assert await told("a.svg") == "New file in ~"
        assert await told("a") == "New file a.svg in ~"
        assert await told("there/a.svg") == "New file in ~/there"
        assert await told("there") == "there: a folder; add a file name"
        assert "there is no folder nowhere" in await told("nowhere/a.svg")
        assert "no file name was given" in await told("")
        (folder / "b.svg").write_bytes(b"x" * 2500)
        assert (await told("b.svg")).startswith("There is one already, 2.5 kB of ")
        (folder / "c.svg").symlink_to("nothing")
        assert "a link to nothing" in await told("c.svg")

    export(script)


def test_a_file_that_is_there_is_replaced_only_after_a_question(folder):
    (folder / "a-picture.svg").write_text("mine")

    async def script(dialog: ExportDialog, pilot: Pilot[None]) -> None:
        save = dialog.query_one("#export-save", Button)
        assert str(save.label) == "Overwrite"
        await pilot.press("enter")
        await settled(pilot)
        assert "Replace it?" in text_of(dialog, "#export-note")
        assert (folder / "a-picture.svg").read_text() == "mine"
        await pilot.press("right", "enter")
        await settled(pilot)

    assert export(script) == [Path("a-picture.svg")]
    assert (folder / "a-picture.svg").read_text() == "<svg/>"
    assert files(folder) == {"a-picture.svg"}


def test_holding_enter_replaces_nothing(folder):
    (folder / "a-picture.svg").write_text("mine")
    assert keys(*["enter"] * 12) == []
    assert (folder / "a-picture.svg").read_text() == "mine"


def test_the_question_can_be_taken_back_by_escape_by_button_and_by_another_name(folder):
    (folder / "a-picture.svg").write_text("mine")

    async def script(dialog: ExportDialog, pilot: Pilot[None]) -> None:
        for back in ("escape", "enter", "down"):
            await pilot.press("enter")
            await pilot.pause()
            assert dialog.asking
            await pilot.press(back)
            await pilot.pause()
            assert not dialog.asking
            assert str(dialog.query_one("#export-cancel", Button).label) == "Cancel"
        await pilot.press("escape")

    assert export(script) == [None]
    assert (folder / "a-picture.svg").read_text() == "mine"


def test_the_question_stands_though_the_name_was_changed_just_before(folder):
    (folder / "b.svg").write_text("mine")

    async def script(dialog: ExportDialog, pilot: Pilot[None]) -> None:
        dialog.query_one(Input).value = "b.svg"
        dialog.action_save()
        await pilot.pause()
        assert dialog.asking

    export(script)


def test_a_file_that_comes_and_goes_while_the_dialog_is_open_is_seen_when_saving(folder):
    async def script(dialog: ExportDialog, pilot: Pilot[None]) -> None:
        (folder / "a-picture.svg").write_text("mine")
        await pilot.press("enter")
        await settled(pilot)
        assert dialog.asking
        (folder / "a-picture.svg").unlink()
        await pilot.press("right", "enter")
        await settled(pilot)

    assert export(script) == [Path("a-picture.svg")]
    assert (folder / "a-picture.svg").read_text() == "<svg/>"


def test_what_goes_wrong_stays_in_the_dialog_until_it_is_put_right(folder):
    async def script(dialog: ExportDialog, pilot: Pilot[None]) -> None:
        await pilot.press("up", "enter")
        await settled(pilot)
        assert text_of(dialog, "#export-note") == "the tape ran out"
        assert not dialog.saving
        assert dialog.is_active
        await pilot.press("down", "home", *"no/")
        await pilot.press("enter")
        await settled(pilot)
        assert "there is no folder no; create it first" in text_of(dialog, "#export-note")
        await pilot.press("home", "delete", "delete", "delete", "enter")
        await settled(pilot)

    assert export(script) == [Path("a-picture.svg")]


def test_nothing_can_be_changed_while_a_file_is_being_written(folder):
    begun, go_on = threading.Event(), threading.Event()

    written = []

    def slow(path: Path, overwrite: bool) -> None:
        written.append(path)
        begun.set()
        assert go_on.wait(60)
        path.write_text("done")

    async def script(dialog: ExportDialog, pilot: Pilot[None]) -> None:
        await pilot.press("tab", "enter")
        assert await asyncio.to_thread(begun.wait, 60)
        assert text_of(dialog, "#export-note") == "Saving a.txt …"
        await pilot.press("escape", "enter", "x", "down")
        dialog.action_save()
        assert dialog.is_active
        assert dialog.query_one(Input).value == "a.txt"
        go_on.set()
        await settled(pilot)

    kind = ExportKind("slow", "Slow", ".txt", "a.txt", slow)
    assert in_dialog(lambda: ExportDialog([kind]), script) == [Path("a.txt")]
    assert written == [Path("a.txt")]
    assert (folder / "a.txt").read_text() == "done"


def test_the_mouse_chooses_saves_and_cancels(folder):
    async def saving(dialog: ExportDialog, pilot: Pilot[None]) -> None:
        await pilot.click(OptionList, offset=(5, 1))
        await settled(pilot)
        assert dialog.is_active
        assert dialog.query_one(Input).value == "a.toml"
        await pilot.click("#export-save")
        await settled(pilot)

    async def canceling(_: ExportDialog, pilot: Pilot[None]) -> None:
        await pilot.click("#export-cancel")

    assert export(saving) == [Path("a.toml")]
    assert export(canceling) == [None]


@pytest.mark.parametrize("size", SIZES)
def test_every_control_of_the_export_dialog_is_in_view_when_it_has_the_focus(size, folder):
    (folder / "a-picture.svg").write_text("mine")

    async def script(dialog: ExportDialog, pilot: Pilot[None]) -> None:
        reached = set()
        for _ in range(4):
            await pilot.pause()
            focused = dialog.focused
            assert focused is not None
            reached.add(focused.id)
            assert in_view(focused)
            await pilot.press("tab")
        assert reached == {"export-kinds", "export-path", "export-cancel", "export-save"}

    in_dialog(lambda: ExportDialog(KINDS), script, size)


def in_view(widget: Widget) -> bool:
    """Whether at least a line of a widget is on the screen and inside all that scrolls."""
    shown = widget.region.intersection(widget.screen.region)
    for parent in widget.ancestors:
        if isinstance(parent, Widget):
            shown = shown.intersection(parent.region)
    return shown.width > 0 and shown.height > 0


def test_a_trace_is_saved_in_every_way_there_is(folder):
    kinds = trace_kinds(trace(), chart="<svg id='chart'/>", screen="<svg id='screen'/>")
    for kind in kinds:
        kind.write(folder / kind.suggested, False)
    assert files(folder) == {kind.suggested for kind in kinds}
    by_name = {kind.name: (folder / kind.suggested) for kind in kinds}
    assert by_name["chart"].read_text() == "<svg id='chart'/>"
    assert by_name["screen"].read_text() == "<svg id='screen'/>"
    assert by_name["csv"].read_text().startswith("parameter,lag,")
    assert Experiment.load(by_name["toml"]) == trace().experiment
    with np.load(by_name["npz"]) as found:
        np.testing.assert_array_equal(found["log2_norm_W_aa"], trace().lags.log2_norm["W_aa"])


def test_pictures_show_what_was_there_before_the_dialog_opened(folder):
    async def script(host: Host, pilot: Pilot[None]) -> None:
        chart = widget_picture(host.query_one("#left"), "a title")
        kinds = trace_kinds(trace(), chart=chart, screen=host.export_screenshot())
        for chosen in ("chart", "screen"):
            host.open(ExportDialog(kinds, chosen))
            await pilot.pause()
            await pilot.press("enter")
            await settled(pilot)

    chart, screen = (path.read_text().replace("&#160;", " ") for path in drive(script))
    assert "left of it" in chart
    assert "a title" in chart
    assert "right of it" not in chart
    assert "left of it" in screen
    assert "right of it" in screen
    assert "Export" not in screen


# Presets


def pick(*pressed: str, current: Experiment | None = None, size: tuple[int, int] = (80, 24)) -> list[Any]:
    async def script(_: PresetPicker, pilot: Pilot[None]) -> None:
        await pilot.press(*pressed)
        await pilot.pause()

    return in_dialog(lambda: PresetPicker(current), script, size)


def listed(dialog: PresetPicker) -> list[str]:
    return [str(option.id) for option in dialog.query_one(OptionList).options]


def fitting(words: str) -> list[str]:
    """The presets that all words fit, by name."""
    return sorted(name for name, preset in presets().items() if fits(of_preset(preset), words))


IN_ORDER = [offer.key for offers in by_topic(preset_offers()).values() for offer in offers]
"""The presets as they are listed"""


def test_enter_takes_the_highlighted_preset():
    for steps in (0, 3):
        assert pick(*["down"] * steps, "enter") == [IN_ORDER[steps]]


def test_escape_takes_none():
    assert pick("down", "escape") == [None]


def test_up_from_the_first_and_down_from_the_last_go_nowhere():
    best = pick(*"lstm", "enter")
    assert pick(*"lstm", "up", "enter") == best
    assert pick("up", "enter") == [IN_ORDER[0]]
    assert pick("end", "down", "enter") == [IN_ORDER[-1]]


@pytest.mark.parametrize("size", [(80, 24), (40, 12)])
def test_the_preset_in_force_is_marked_highlighted_and_in_view(size):
    name = IN_ORDER[-1]

    async def script(dialog: PresetPicker, pilot: Pilot[None]) -> None:
        options = dialog.query_one(OptionList)
        assert options.highlighted is not None
        assert str(options.options[options.highlighted].prompt).strip() == f"● {presets()[name].title}"
        top = options.scroll_offset.y
        assert top <= options.highlighted < top + options.size.height
        await pilot.press("enter")

    assert in_dialog(lambda: PresetPicker(presets()[name].experiment), script, size) == [name]


def test_typing_narrows_the_list_to_what_has_every_word():
    async def script(dialog: PresetPicker, pilot: Pilot[None]) -> None:
        await pilot.press(*"ReLU")
        await pilot.pause()
        assert sorted(listed(dialog)) == [
            name for name in sorted(presets()) if fits(of_preset(presets()[name]), "relu")
        ]
        assert listed(dialog)[0] == "relu-growth", "the one that has it in its name"
        await pilot.press("space", *"thousand")
        await pilot.pause()
        assert listed(dialog) == []
        assert "Nothing has all these words" in text_of(dialog, "#presets-look-for")
        await pilot.press("enter")
        await pilot.pause()
        assert dialog.is_active
        await pilot.press("ctrl+u", *"chaos")
        await pilot.pause()
        assert text_of(dialog, "#presets-look-for") == presets()[listed(dialog)[0]].look_for
        await pilot.press("enter")

    assert in_dialog(PresetPicker, script) == [
        next(name for name in presets() if fits(of_preset(presets()[name]), "chaos"))
    ]


def test_after_typing_the_best_fit_is_highlighted_whatever_was_before():
    for current in ("sunspots", "gru", "vanishing"):  # what is highlighted before: the first, one near, the last
        dialog = partial(PresetPicker, presets()[current].experiment)

        async def script(_: PresetPicker, pilot: Pilot[None]) -> None:
            await pilot.press("down", *"lstm", "enter")

        assert in_dialog(dialog, script) == ["lstm"]


def test_what_is_seen_in_the_list_fits_better_than_what_is_not():
    def best(words: str) -> str:
        return min(presets(), key=lambda name: distance(of_preset(presets()[name]), words))

    assert best("gru") == "gru"
    assert best("adding lstm") == "adding-lstm"
    assert best("explodes") == "training-explodes"
    for words in ("noise", "deep", "Orthogonal", "tied deep", "clip"):
        assert all(stem.lower() in best(words) for stem in words.split())
    told = of_preset(presets()["lstm"])
    assert distance(told, "forget gate") < distance(told, "forget lags")


def test_words_are_looked_for_in_names_titles_texts_and_settings():
    growth = of_preset(presets()["relu-growth"])
    for words in ("", "relu-growth", "without BOUND", "timesteps 1000", "float64 relu"):
        assert fits(growth, words)
    for words in ("sunspots", "relu sigmoid"):
        assert not fits(growth, words)


def test_every_preset_is_offered_and_says_what_to_look_for_and_what_makes_it():
    async def script(dialog: PresetPicker, pilot: Pilot[None]) -> None:
        for name in IN_ORDER:
            preset = presets()[name]
            assert dialog.query_one(OptionList).highlighted_option.id == name
            assert text_of(dialog, "#presets-look-for") == preset.look_for
            told = text_of(dialog, "#presets-differs")
            assert f"--preset {name}" in told
            assert told.count("→") == len(differences(preset.experiment))
            await pilot.press("down")
            await pilot.pause()

    in_dialog(PresetPicker, script)


@pytest.mark.parametrize("name", presets())
def test_the_differences_of_a_preset_make_it_from_the_default(name):
    experiment = presets()[name].experiment
    differing = differences(experiment)
    assert Experiment(**{setting: value for setting, (value, _) in differing.items()}) == experiment
    assert all(getattr(Experiment(), setting) == default for setting, (_, default) in differing.items())


def test_a_click_takes_a_preset():
    async def script(_: PresetPicker, pilot: Pilot[None]) -> None:
        await pilot.click("#presets-list", offset=(5, 3))
        await pilot.pause()

    assert in_dialog(PresetPicker, script) == [IN_ORDER[2]]


@pytest.mark.parametrize("size", SIZES)
def test_the_picker_can_be_used_on_every_screen(size):
    assert pick(*"chaos", "down", "tab", "down", "enter", size=size) != [None]
    assert pick("pagedown", "pageup", "pageup", "enter", size=size) == [IN_ORDER[0]]


def test_a_text_that_does_not_fit_can_be_scrolled_from_the_keyboard():
    async def script(dialog: PresetPicker, pilot: Pilot[None]) -> None:
        about = dialog.query_one("#presets-about")
        assert about.max_scroll_y > 0
        await pilot.press("tab", "end")
        await pilot.pause()
        assert about.scroll_offset.y == about.max_scroll_y
        await pilot.press("enter")

    assert in_dialog(PresetPicker, script, (40, 12)) == [IN_ORDER[0]]
