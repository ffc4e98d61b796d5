"""A tour in the running program: its keys leave all others their meaning, and what was there before comes back."""

from __future__ import annotations

import asyncio
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from driving import HOMES, MEDIUM, NARROW, Drive, explorer, text_of
from textual.widgets import Input, OptionList, Static
from textual.widgets._toast import Toast

import core
from core import Experiment
from tui.explorer.actions import tour as touring
from tui.explorer.app import RnnApp
from tui.explorer.dialogs.lesson import LessonDialog
from tui.explorer.dialogs.presets import PresetPicker
from tui.explorer.dialogs.symbols import Symbols
from tui.explorer.panels.settings import SettingsPanel
from tui.explorer.panels.tour import Told, TourPanel
from tui.explorer.screen import Explorer
from tui.explorer.session import lesson as lessons
from tui.explorer.session.preferences import Preferences
from tui.explorer.session.tour import Tour, TourStep
from tui.explorer.tours.library import MAIN, shipped_tours
from tui.explorer.tours.reading import parsed, read_tour
from tui.explorer.widgets.lags_chart import LagsChart
from tui.explorer.widgets.setting_row import Rows
from tui.explorer.widgets.written import text_on

SMALL = Experiment(timesteps=8, hidden_size=3, seed=4)

TOUR = parsed(
    """
title = "Two"

[[steps]]
title = "First [b]"
text = "T is {steps}, and [/x] is no markup."
settings = { timesteps = 6, hidden_size = 2 }
loss = "all"
lag = 2
hidden = ["W_aa"]
point_at = "network"

[steps.question]
ask = "Which?"
answers = ["one", "two", "three"]
right = 2
reason = "At lag {lag}."
reveal = { hidden = [], lag = 4, tab = "map" }

[[steps]]
title = "Second"
text = "Yours, with {steps} steps."
own = true
tab = "question"
point_at = "gain"
""",
    "test.toml",
)


def tells(drive: Drive) -> str:
    panel = drive.one(TourPanel)
    return "\n".join(str(part.render()) for part in panel.query(Static) if part.display) if panel.display else ""


def state(drive: Drive) -> tuple[Any, ...]:
    screen = drive.screen
    return screen.subject, screen.training_step, screen.view, screen.cursor, screen.shown.pinned, screen.preset


async def begun(drive: Drive) -> None:
    touring.start(drive.screen, TOUR)
    await drive.until(lambda: "T is 6" in tells(drive))


@explorer(SMALL, size=MEDIUM, only="work")
async def test_a_step_sets_the_whole_screen_and_its_words_are_no_markup(drive: Drive) -> None:
    await drive.press("right", "right", "b")
    await begun(drive)
    screen = drive.screen
    assert screen.subject.experiment == Experiment(timesteps=6, hidden_size=2)
    assert (screen.view.loss, screen.view.hidden, screen.view.theory) == ("all", {"W_aa"}, False)
    assert screen.cursor is not None and (screen.cursor.backward, screen.cursor.step) == (True, 4)
    assert "[/x] is no markup" in tells(drive)
    assert "1 of 2" in tells(drive)
    assert drive.screen.query_one("#strip").has_class("-pointed")


@explorer(SMALL, size=MEDIUM, only="work")
async def test_number_keys_answer_while_it_is_asked_and_open_tabs_again_afterwards(drive: Drive) -> None:
    await begun(drive)
    await drive.press("1")
    await drive.until(lambda: "Not “one”, but “two”" in tells(drive))
    assert "First [b]" in tells(drive)
    assert drive.screen.view.hidden == frozenset(), "what the answer shows"
    assert drive.screen.view.tab == "tab-map"
    await drive.until(lambda: "At lag 4." in tells(drive))
    await drive.press("3")
    assert drive.screen.view.tab == "tab-units"
    assert "Not “one”, but “two”" in tells(drive)


@explorer(SMALL, size=MEDIUM, only="work")
async def test_one_key_a_step_shows_the_answer_first_and_ends_with_ones_own(drive: Drive) -> None:
    before = state(drive)
    await begun(drive)
    await drive.press("9")
    assert drive.screen.touring is not None and drive.screen.touring.asking, "there is no ninth answer"
    await drive.press("enter")
    await drive.until(lambda: "“two”. At lag 4." in tells(drive))
    await drive.press("f2")
    await drive.until(lambda: "Yours, with 8 steps" in tells(drive))
    await drive.press("B")
    await drive.until(lambda: "Which?" in tells(drive))
    await drive.press("enter", "enter")
    await drive.until(lambda: "Yours, with 8 steps" in tells(drive))
    await drive.press("enter")
    await drive.settled()
    assert drive.screen.touring is None and not tells(drive)
    assert state(drive) == before, "the tab that was open, too"
    assert not drive.screen.query(".-pointed")


@explorer(SMALL, size=MEDIUM, only="work")
async def test_leaving_gives_back_what_was_there_and_redo_what_the_tour_showed(drive: Drive) -> None:
    await drive.press("f", "c", "p", "end", "left", "2")
    before, past = state(drive), drive.screen.session.history.past
    await begun(drive)
    assert drive.screen.shown.pinned is None
    await drive.press("right", "v", "escape")
    await drive.settled()
    assert state(drive) == before
    assert drive.screen.session.history.past == past
    await drive.press("U")
    assert drive.screen.subject.experiment == Experiment(timesteps=6, hidden_size=2)
    await drive.press("u")
    assert drive.screen.subject.experiment == SMALL


@explorer(SMALL, size=MEDIUM, only="work")
async def test_a_tour_that_was_left_goes_on_where_it_was_left(drive: Drive) -> None:
    await begun(drive)
    await drive.press("enter", "enter", "escape")
    assert drive.screen.touring is None
    await drive.press("f2")
    await drive.until(lambda: "2 of 2" in tells(drive), "the step that was left")
    await drive.press("enter", "f2")
    await drive.until(lambda: drive.screen.touring is not None and drive.screen.touring.tour is not TOUR, "once done")


@explorer(SMALL, size=MEDIUM)
async def test_a_person_can_play_and_the_text_stays_that_of_the_step(drive: Drive) -> None:
    await begun(drive)
    await drive.press("2")
    await drive.enter("timesteps", 5)
    await drive.settled()
    await drive.press("right", "space", "space", "full_stop")
    assert "T is 6" in tells(drive)
    assert drive.screen.subject.experiment.timesteps == 5
    await drive.type("gain", "2")
    await drive.press("enter")
    assert drive.screen.touring is not None and drive.screen.touring.place == 0, "the field took it"
    await drive.press("f2")
    assert drive.screen.touring.place == 1
    await drive.settled()
    assert drive.screen.subject.experiment == SMALL
    assert drive.row("gain").has_class("-pointed")


@explorer(SMALL, size=NARROW)
async def test_the_drawer_opens_for_a_setting_and_closes_again(drive: Drive) -> None:
    await begun(drive)
    assert not drive.one(SettingsPanel).has_class("-open")
    await drive.press("enter", "enter")
    panel, charts, row = drive.one(SettingsPanel), drive.screen.query_one("#tabs"), drive.row("gain")
    assert panel.has_class("-open")
    await drive.until(lambda: panel.region.contains_region(row.region), "the setting in sight")
    assert not panel.region.overlaps(charts.region)  # which the step speaks of
    await drive.press("s")
    await drive.until(lambda: panel.region.overlaps(charts.region), "all of the drawer for who goes to it")
    assert drive.app.focused in row.query("*")
    await drive.press("escape")
    assert not panel.has_class("-open")
    await drive.press("B", "enter", "enter")
    assert panel.has_class("-open")
    await drive.press("B")
    assert not panel.has_class("-open")


@explorer(size=MEDIUM)
async def test_what_is_pointed_at_no_more_leaves_the_settings_at_their_top(drive: Drive) -> None:
    tour = Tour(title="Far down", steps=(TourStep(text="Look.", point_at="k2"), TourStep(text="And on.")))
    rows = drive.one(Rows)
    for leave in ("enter", "escape"):
        touring.start(drive.screen, tour)
        await drive.until(lambda: rows.scroll_y > 0, "the setting in sight")
        await drive.press(leave)
        await drive.until(lambda: rows.scroll_y == 0, "the first settings")


def test_what_is_said_in_passing_covers_no_question(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in HOMES:
        monkeypatch.setenv(name, str(tmp_path))

    async def scenario() -> None:
        app = RnnApp(SMALL)
        async with app.run_test(size=NARROW, notifications=True) as pilot:
            drive = Drive(pilot)
            await drive.settled()
            await begun(drive)
            app.notify("Kept as step 1. E puts the steps in order, saves and plays them.")
            await drive.until(lambda: any(toast.region for toast in drive.screen.query(Toast)))
            (toast,) = drive.screen.query(Toast)
            assert 0 < toast.region.bottom <= drive.screen.query_one("#tabs").region.y < drive.one(TourPanel).region.y
            touring.start(drive.screen, TOUR)
            await drive.until(lambda: not drive.screen.query(Toast), "what was said before to be gone")

    asyncio.run(scenario())


@explorer(SMALL, size=MEDIUM, only="work")
async def test_the_mouse_answers_and_goes_on(drive: Drive) -> None:
    await begun(drive)
    await drive.pilot.click("#answer-2")
    await drive.until(lambda: "✓ Right: “two”" in tells(drive))
    await drive.pilot.click("#tour-next")
    assert drive.screen.touring is not None and drive.screen.touring.place == 1
    await drive.pilot.click("#tour-leave")
    assert drive.screen.touring is None
    assert not drive.one(TourPanel).display
    assert drive.screen.query(Told)


@explorer(SMALL, size=MEDIUM, only="work")
async def test_a_trained_and_a_pinned_network_are_made_for_the_step(drive: Drive) -> None:
    tour = parsed(
        'title = "t"\n[[steps]]\ntext = "{rate}"\ntrained = 2\nsettings = {timesteps = 8, hidden_size = 2}\n'
        "pinned = [{timesteps = 8, hidden_size = 4}, {timesteps = 8, hidden_size = 3, trained = 3}]\n",
        "t",
    )
    touring.start(drive.screen, tour)
    await drive.until(lambda: drive.screen.training_step == 2 and drive.screen.shown.pinned is not None)
    plain, trained = drive.screen.shown.pins
    assert (plain.trace.network.hidden_size, plain.trace.training_step) == (4, 0)
    assert trained.source is not None and trained.run is not None and trained.run.last_step == 3
    again = core.run(network=trained.run.history.network_at(3), batch=trained.trace.whole_batch)
    np.testing.assert_array_equal(trained.trace.tape.states, again.tape.states)
    assert lessons.scene(drive.screen.session).behind == tour.steps[0].behind
    await drive.press("escape")
    await drive.until(lambda: drive.screen.shown.source.subject.experiment == SMALL)
    assert drive.screen.shown.pinned is None


# The first start


def started(home: Path, keys: tuple[str, ...], **given: Any) -> tuple[bool, bool]:
    """Whether a tour began, and whether it is under way after the keys; then the program is left."""

    async def run() -> tuple[bool, bool]:
        app = RnnApp(**given)
        async with app.run_test(size=MEDIUM) as pilot:
            async with asyncio.timeout(60):
                while not isinstance(app.screen, Explorer) or app.screen.shown.trace is None:
                    await pilot.pause(0.01)
            await pilot.pause()
            began = app.screen.touring is not None
            await pilot.press(*keys)
            after = app.screen.touring is not None
            await pilot.press("q")
        return began, after

    with pytest.MonkeyPatch.context() as patch:
        for variable in HOMES:
            patch.setenv(variable, str(home))
        return asyncio.run(run())


def test_the_first_start_begins_with_the_tour_and_no_other_one_does(tmp_path: Path) -> None:
    assert started(tmp_path, (), welcome=True) == (True, True)
    assert started(tmp_path, (), welcome=True) == (False, False)


def test_that_it_was_shown_is_remembered_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RnnApp, "action_quit", lambda app: app.exit())
    assert started(tmp_path, (), welcome=True) == (True, True)
    (place,) = tmp_path.rglob("preferences.toml")
    assert tomllib.loads(place.read_text())["toured"] is True


def test_it_is_skipped_by_one_key_for_good(tmp_path: Path) -> None:
    assert started(tmp_path, ("escape",), welcome=True) == (True, False)
    assert started(tmp_path, ("f2",), welcome=True) == (False, True)


def test_a_start_that_asks_for_something_begins_with_that(tmp_path: Path) -> None:
    assert started(tmp_path, ()) == (False, False)
    assert started(tmp_path, (), tour=shipped_tours()[MAIN]) == (True, True)


def test_an_older_file_of_preferences_is_no_first_start(tmp_path: Path) -> None:
    (tmp_path / "rnn-tui").mkdir()
    (tmp_path / "rnn-tui" / "preferences.toml").write_text('theme = "nord"\n')
    assert started(tmp_path, (), welcome=True) == (False, False)
    assert Preferences().toured


# Lessons


@explorer(SMALL, size=NARROW, only="work")
async def test_a_lesson_is_kept_ordered_saved_and_played_by_keys(drive: Drive) -> None:
    await drive.press("right", "right", "S", *"one", "enter", *"{loss}", "ctrl+s")
    await drive.press("f", "end", "full_stop", "S", *"two", "enter", "enter", "enter")
    await drive.press("2", "S")
    await drive.press("escape")
    assert [step.title for step in drive.screen.lesson.steps] == ["one", "two"]
    await drive.press("E")
    await drive.until(lambda: isinstance(drive.app.screen, LessonDialog))
    await drive.press("shift+up")
    dialog = drive.app.screen
    listed = dialog.query_one(OptionList)
    assert "two" in str(listed.options[0].prompt)
    await drive.press("delete")
    assert listed.option_count == 1 and "u puts it back" in str(dialog.query_one("#lesson-note", Static).render())
    await drive.press("u", "u")
    assert [step.title for step in dialog.lesson.steps] == ["two", "one"] and listed.highlighted == 0
    dialog.query_one("#lesson-title", Input).value = "My lesson"
    await drive.press("ctrl+s")
    await drive.press("enter")
    await drive.until(lambda: dialog.lesson.saved)
    path = dialog.lesson.path
    assert path is not None and path.name == "my-lesson.toml"
    await drive.until(lambda: drive.app.screen is dialog)
    await drive.press("enter")
    await drive.until(lambda: drive.screen.touring is not None)
    assert (drive.screen.view.loss, drive.screen.view.tab) == ("all", "tab-map")
    await drive.press("enter")
    await drive.until(lambda: "L_8" in tells(drive))
    assert drive.screen.cursor is not None and drive.screen.cursor.step == 3
    found = read_tour(path)
    assert [step.title for step in found.steps] == ["two", "one"]
    assert all(step.experiment == SMALL for step in found.steps)
    await drive.until(lambda: drive.screen.draft is not None and drive.screen.draft.path is None, "the draft to go")
    await drive.press("escape", "o")
    await drive.until(lambda: isinstance(drive.app.screen, PresetPicker))
    await drive.press(*"my lesson", "enter")
    await drive.until(lambda: drive.screen.touring is not None)
    assert drive.screen.touring.path == path


@explorer(SMALL, size=MEDIUM, only="work")
async def test_what_no_settings_make_is_not_kept(drive: Drive) -> None:
    from dataclasses import replace

    subject = replace(drive.screen.subject, given=drive.trace)
    drive.screen.shown = replace(drive.screen.shown, source=replace(drive.screen.shown.source, subject=subject))
    await drive.press("S")
    await drive.pilot.pause()
    assert drive.screen.lesson.steps == ()
    assert any("no settings make this network" in note.message for note in drive.app._notifications)


@explorer(SMALL, size=MEDIUM, only="work")
async def test_a_tour_is_opened_to_change_it(drive: Drive) -> None:
    await begun(drive)
    await drive.press("enter", "enter", "E")
    await drive.until(lambda: isinstance(drive.app.screen, LessonDialog))
    assert [step.title for step in drive.app.screen.lesson.steps] == ["First [b]", "Second"]
    assert drive.app.screen.query_one(OptionList).highlighted == 1
    await drive.press("delete", "escape")
    await drive.until(lambda: drive.app.screen is drive.screen)
    assert [step.title for step in drive.screen.lesson.steps] == ["First [b]"]
    assert "First [b]" in text_of(drive.one(TourPanel)) or drive.screen.touring is not None


def test_a_lesson_that_was_not_saved_is_kept_at_the_end(tmp_path: Path) -> None:
    async def run() -> str:
        app = RnnApp(SMALL)
        async with app.run_test(size=NARROW) as pilot:
            async with asyncio.timeout(60):
                while not isinstance(app.screen, Explorer) or app.screen.shown.trace is None:
                    await pilot.pause(0.01)
            await pilot.press("S", *"one", "ctrl+s")
            await pilot.press("q")
        return str(app._complaint)

    with pytest.MonkeyPatch.context() as patch:
        for variable in HOMES:
            patch.setenv(variable, str(tmp_path))
        said = asyncio.run(run()), asyncio.run(run())
    kept = sorted(tmp_path.rglob("a-lesson-not-saved*.toml"))
    assert [path.name for path in kept] == ["a-lesson-not-saved-2.toml", "a-lesson-not-saved.toml"]
    assert all("the lesson that was not saved is in" in text for text in said)
    assert read_tour(kept[0]).steps[0].title == "one"


@pytest.mark.parametrize("size", [(20, 6), (40, 12)])
def test_a_tour_and_a_lesson_can_be_used_on_a_small_screen(size: tuple[int, int]) -> None:
    @explorer(SMALL, size=size, only="work")
    async def scenario(drive: Drive) -> None:
        await begun(drive)
        await drive.press("2", "enter")
        await drive.until(lambda: "Yours, with 8 steps" in tells(drive))
        await drive.press("S", "enter", "enter", "enter")
        await drive.until(lambda: len(drive.screen.lesson.steps) == 1)
        await drive.press("E")
        await drive.until(lambda: isinstance(drive.app.screen, LessonDialog))
        await drive.press("pagedown", "pageup", "shift+down", "delete", "escape")
        await drive.until(lambda: drive.app.screen is drive.screen)
        assert drive.screen.lesson.steps == ()
        await drive.press("enter")
        assert drive.screen.touring is None

    scenario()


@explorer(SMALL, size=MEDIUM, only="work")
async def test_the_words_of_a_tour_are_explained_by_the_key_that_it_names(drive: Drive) -> None:
    tour = Tour(title="Words", steps=(TourStep(text="The entropy of it."),))
    touring.start(drive.screen, tour)
    await drive.until(lambda: "The entropy" in tells(drive))
    await drive.until(lambda: "? words" in text_on(drive.one(TourPanel)))
    await drive.press("?")
    await drive.until(lambda: isinstance(drive.app.screen, Symbols) and drive.app.screen.opened)
    assert "the sum of the positive exponents" in " ".join(text_on(drive.app.screen).split())


@explorer(SMALL.replace(layers=2, cell="gru"), size=MEDIUM, only="work")
async def test_lines_of_ones_own_network_are_hidden_whatever_they_are_called(drive: Drive) -> None:
    lines = {*drive.trace.parameter_groups("source"), "x"}
    touring.start(drive.screen, shipped_tours()["your-network"])
    await drive.until(lambda: "Its lines are hidden" in tells(drive))
    chart = drive.one(LagsChart)
    assert chart.hidden == lines > {"all W_·a_1", "all b_·_2"}
    drive.screen.toggle_line("all W_·a_1")
    await drive.pilot.pause()
    assert chart.hidden == lines - {"all W_·a_1"}
