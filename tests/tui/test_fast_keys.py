"""Keys that come faster than screens: several in one read, before a dialog has widgets, twice, and while it closes."""

from __future__ import annotations

import asyncio

import pytest
from driving import NARROW, WIDE, Drive, explorer
from rich.style import Style
from textual import events
from textual.app import App
from textual.screen import Screen
from textual.widgets import DataTable, HelpPanel, Input, OptionList, TabbedContent

from core import Experiment
from tui.explorer.actions import cursor, layout, training
from tui.explorer.actions import settings as changes
from tui.explorer.app import RnnApp
from tui.explorer.background.trainer import KEPT, Trained
from tui.explorer.dialogs.export import ExportDialog
from tui.explorer.dialogs.lesson import LessonDialog
from tui.explorer.dialogs.palette import Palette
from tui.explorer.dialogs.presets import PresetPicker
from tui.explorer.dialogs.remedies import RemediesScreen
from tui.explorer.dialogs.scene import SceneDialog
from tui.explorer.panels.settings import SettingsPanel
from tui.explorer.session.run import Run
from tui.explorer.widgets.map_chart import MapChart
from tui.report.words.map import choices

SMALL = Experiment(timesteps=6, hidden_size=3, training_steps=2)
CHARACTERS = {"enter": "\r", "escape": "\x1b", "space": " ", "tab": "\t"}
OPENS: dict[str, type[Screen]] = {
    "o": PresetPicker,
    "e": ExportDialog,
    "R": RemediesScreen,
    "S": SceneDialog,
    "E": LessonDialog,
    "ctrl+p": Palette,
}
TWICE = ("enter", "escape", "up", "down", "pageup", "x")


def send(app: App[None], *keys: str) -> None:
    """Press keys as a terminal does that sends them in one read: nothing happens between them."""
    for key in keys:
        app.post_message(events.Key(key, CHARACTERS.get(key, key if len(key) == 1 else None)))


async def back(drive: Drive) -> None:
    """To the explorer, with nothing before it."""
    while drive.app.screen is not drive.screen:
        if isinstance(drive.app.screen, ExportDialog) and drive.app.screen.saving:
            await drive.pilot.pause()
        else:
            drive.app.screen.dismiss()
            await drive.pilot.pause()
    assert drive.app.screen is drive.screen, "the explorer is still there"
    await drive.pilot.pause()


@pytest.mark.slow
@explorer(SMALL, size=NARROW, only="work")
async def test_every_dialog_takes_its_keys_twice_and_before_it_is_there(drive: Drive) -> None:
    for opener, kind in OPENS.items():
        for key in TWICE:
            # Together with what opens it
            send(drive.app, opener, key, key)
            await drive.pilot.pause()
            await drive.pilot.pause()
            await back(drive)
            # Once it is there, twice
            send(drive.app, opener)
            await drive.until(lambda kind=kind: isinstance(drive.app.screen, kind) and drive.app.screen.opened)
            send(drive.app, key, key, key)
            await drive.pilot.pause()
            await back(drive)
        send(drive.app, opener, opener, opener)
        await drive.until(lambda kind=kind: isinstance(drive.app.screen, kind) and drive.app.screen.opened)
        assert len(drive.app.screen_stack) <= 3, "one dialog, however often it is asked for"
        await back(drive)
    send(drive.app, "f1", "f1", "f1", "pageup", "pagedown", "escape", "f1", "pageup")
    await drive.pilot.pause()
    assert drive.app.screen is drive.screen


@explorer(SMALL, size=NARROW)
async def test_what_is_typed_right_after_a_key_goes_into_the_field_that_the_key_leads_to(
    drive: Drive,
) -> None:
    async def typed_at_once(opener: str, *keys: str) -> Screen:
        send(drive.app, opener)
        await drive.until(lambda: isinstance(drive.app.screen, OPENS[opener]) and drive.app.screen.opened)
        dialog = drive.app.screen
        send(drive.app, *keys)
        await drive.pilot.pause()
        return dialog

    question = (*"why", "down", *"a;*b", "tab", *"so", "up", "end", *";c")
    scene = await typed_at_once("S", *"one", "enter", *"two", "enter", *question)
    await drive.until(lambda: [field.value for field in scene.query(Input)] == ["one", "two", "why", "a;*b;c", "so"])
    send(drive.app, "down", "enter")
    await drive.until(lambda: drive.app.screen is drive.screen)

    lesson = await typed_at_once(
        "E", "tab", "end", *"!", "down", "shift+tab", "shift+tab", "shift+tab", *"My ", "enter"
    )
    await drive.until(lambda: isinstance(lesson.focused, OptionList))
    assert lesson.query_one("#lesson-title", Input).value.startswith("My ")
    await back(drive)

    send(drive.app, "s")
    await drive.until(lambda: drive.one(SettingsPanel).has_focus_within)
    units = drive.field("hidden_size")
    drive.screen.set_focus(units)
    await drive.until(lambda: units.has_focus)
    send(drive.app, "up", "down", *"17")
    await drive.until(lambda: units.value == "17")


@explorer(SMALL, size=NARROW, only="settings")
async def test_keys_that_come_with_that_which_leads_to_a_setting_are_for_its_field_which_is_only_made_then(
    drive: Drive,
) -> None:
    await drive.press("s")
    drive.row("hidden_size").focus_control()
    send(drive.app, "down", "down", "up", "right", "right")
    await drive.until(lambda: drive.screen.subject.experiment == SMALL.replace(layers=3))
    send(drive.app, "up", *"25")
    await drive.until(lambda: drive.screen.subject.experiment == SMALL.replace(layers=3, hidden_size=25))
    send(drive.app, "down", "down", "right", "enter", "enter")
    await drive.until(lambda: drive.screen.subject.experiment.activation == "relu")
    await drive.until(lambda: not drive.choice("activation").expanded)


@explorer(SMALL, size=NARROW)
async def test_one_escape_closes_the_help_and_the_next_the_settings_before_the_help_is_gone(drive: Drive) -> None:
    await drive.press("s", "f1")
    assert drive.one(SettingsPanel).display
    assert drive.screen.has_class("-helping")
    layout.leave(drive.screen)
    layout.leave(drive.screen)
    await drive.until(lambda: not drive.one(SettingsPanel).display and not drive.screen.query(HelpPanel))


@explorer(SMALL, size=NARROW, only="work")
async def test_help_that_is_asked_for_again_before_it_is_gone_opens_again(drive: Drive) -> None:
    for _ in range(3):
        layout.toggle_help(drive.screen)
    await drive.pilot.pause()
    assert len(drive.screen.query(HelpPanel)) == 1 == drive.screen.has_class("-helping")
    send(drive.app, *["f1"] * 4, "pagedown")
    await drive.pilot.pause()
    assert len(drive.screen.query(HelpPanel)) == 1 == drive.screen.has_class("-helping")


@explorer(SMALL, size=NARROW, only="work")
async def test_keys_that_come_while_the_program_is_left_have_no_screen_and_need_none(drive: Drive) -> None:
    send(drive.app, "q", *"sopev", "ctrl+p", "enter", "escape", "f1", "pageup")


@explorer(SMALL, size=NARROW, only="work")
async def test_what_is_typed_while_a_dialog_opens_is_for_the_dialog(drive: Drive) -> None:
    picker = PresetPicker(SMALL)
    drive.app.push_screen(picker)
    assert not picker.opened
    send(drive.app, "r", "e", "l", "u")
    await drive.until(lambda: picker.opened and picker.query_one(Input).value == "relu")
    assert picker.query_one(OptionList).option_count
    await back(drive)
    assert drive.screen.subject.experiment == SMALL


@explorer(SMALL, size=NARROW, only="work")
async def test_a_command_of_the_palette_runs_once_however_often_it_is_confirmed(drive: Drive) -> None:
    send(drive.app, "ctrl+p")
    await drive.until(lambda: isinstance(drive.app.screen, Palette) and drive.app.screen.opened)
    send(drive.app, *"theory", "space", *"lines")
    await drive.until(lambda: drive.app.screen.query_one(OptionList).option_count == 1)
    assert not drive.screen.view.theory
    send(drive.app, "down", "enter", "enter", "enter")
    await drive.until(lambda: drive.screen.view.theory)
    await drive.pilot.pause()
    assert drive.screen.view.theory
    assert drive.app.screen is drive.screen


@explorer(SMALL, size=NARROW, only="work")
async def test_a_dialog_that_closes_by_itself_closes_what_stands_before_it(drive: Drive) -> None:
    picker = PresetPicker(SMALL)
    drive.app.push_screen(picker)
    await drive.until(lambda: picker.opened)
    send(drive.app, "ctrl+p")
    await drive.until(lambda: isinstance(drive.app.screen, Palette))
    picker.dismiss(None)
    picker.dismiss(None)
    assert drive.app.screen is drive.screen
    await drive.pilot.pause()


@explorer(SMALL, size=NARROW, only="work")
async def test_a_table_of_remedies_without_a_row_takes_its_keys(drive: Drive) -> None:
    from tui.explorer.background.remedies_run import TriedRemedies

    screen = RemediesScreen(TriedRemedies(SMALL))
    drive.app.push_screen(screen)
    await drive.until(lambda: screen.opened)
    screen.stop_work()
    screen.remedies = TriedRemedies(SMALL)
    screen._show()
    send(drive.app, "up", "down", "enter", "pageup", "end", "enter")
    await drive.pilot.pause()
    assert drive.app.screen is screen
    screen.post_message(DataTable.RowHighlighted(screen.query_one(DataTable), -1, None))  # type: ignore[arg-type]
    await drive.pilot.pause()
    await back(drive)


@pytest.mark.parametrize(("size", "keys"), [((20, 6), ("s", "enter", "pageup")), ((80, 3), ("ctrl+p", "pageup"))])
def test_a_list_without_room_takes_the_page_keys(size: tuple[int, int], keys: tuple[str, ...]) -> None:
    async def run() -> None:
        async with RnnApp(SMALL).run_test(size=size) as pilot:
            for key in keys:
                await pilot.press(key)
                await pilot.pause()
            await pilot.press("pagedown", "pageup")

    asyncio.run(run())


@explorer(Experiment(timesteps=30, hidden_size=3), only="work")
async def test_keys_on_the_map_add_up_however_fast_they_come(drive: Drive) -> None:
    drive.screen.show_tab("tab-map")
    await drive.until(lambda: isinstance(drive.screen.focused, MapChart))
    send(drive.app, "up", "up", "up")
    await drive.until(lambda: drive.screen.view.loss == drive.screen.shown.loss == 27)
    send(drive.app, "right_square_bracket", "right_square_bracket")
    await drive.until(lambda: drive.screen.view.parameter == choices(drive.trace)[2])


@explorer(SMALL, only="work")
async def test_two_tabs_opened_in_a_row_leave_the_second_open(drive: Drive) -> None:
    opened: list[str] = []
    drive.screen.watch(drive.screen, "view", lambda view: opened.append(view.tab), init=False)
    drive.screen.show_tab("tab-map")
    drive.screen.show_tab("tab-training")
    for _ in range(5):
        await drive.pilot.pause()
    assert opened.count("tab-map") == 1, "the message of the first tab does not open it again"
    assert drive.screen.view.tab == drive.one(TabbedContent, "#tabs").active == "tab-training"


@explorer(Experiment(timesteps=30, hidden_size=3), only="work")
async def test_all_losses_and_at_once_one_again_computes_no_longer(drive: Drive) -> None:
    screen = drive.screen
    send(drive.app, "f", "f")
    await drive.until(lambda: not screen.workers or all(worker.is_finished for worker in screen.workers))
    await drive.pilot.pause()
    assert screen.view.loss == screen.shown.asked == "last" and screen.shown.loss == 30
    assert screen.tracing.at_rest and screen.progress is None


@explorer(Experiment(timesteps=30, hidden_size=3), only="work")
async def test_another_wish_for_a_loss_while_the_trace_is_made_is_met(drive: Drive) -> None:
    screen = drive.screen
    screen.view = screen.view.following(5)
    await drive.until(lambda: screen.session.is_followed)
    changes.change(screen, Experiment(timesteps=30, hidden_size=4))
    cursor.forget_loss(screen)
    await drive.until(lambda: screen.session.is_followed and screen.tracing.at_rest)
    assert screen.shown.loss == 30 and screen.progress is None


@explorer(Experiment(timesteps=30, hidden_size=3), only="work")
async def test_losses_chosen_in_one_read_add_up(drive: Drive) -> None:
    screen = drive.screen
    send(drive.app, *["less_than_sign"] * 5, "greater_than_sign", "f", "f", "less_than_sign")
    await drive.until(lambda: screen.session.is_followed and screen.view.loss == 25)
    assert screen.shown.loss == 25


@explorer(SMALL, only="work")
async def test_swap_brings_back_the_step_of_training_that_was_pinned(drive: Drive) -> None:
    await drive.press("p", "W")
    await drive.until(lambda: drive.trace.training_step == 1)
    await drive.press("x")
    await drive.until(lambda: drive.trace.training_step == 0)
    assert drive.screen.shown.pinned is not None and drive.screen.shown.pinned.training_step == 1


@explorer(SMALL, only="work")
async def test_the_training_of_the_pinned_trace_stays_however_many_follow(drive: Drive) -> None:
    screen = drive.screen
    await drive.press("W")
    await drive.until(lambda: drive.trace.training_step == 1)
    await drive.press("p")
    for seed in range(1, KEPT + 2):
        changes.change(screen, SMALL.replace(seed=seed))
        await drive.press("W")
        await drive.until(lambda seed=seed: drive.trace.training_step == 1 and drive.trace.experiment.seed == seed)
    assert screen.shown.behind is not None and screen.shown.behind.experiment == SMALL
    await drive.press("x")
    await drive.until(lambda: drive.trace.experiment == SMALL and drive.trace.training_step == 1)


@explorer(SMALL, only="work")
async def test_a_report_that_is_read_after_the_training_was_dropped_does_not_bring_it_back(drive: Drive) -> None:
    screen = drive.screen
    run = Run.of(screen.subject)
    screen.trainer.keep(run)
    screen.post_message(Trained(screen.subject, run))
    training.reset(screen)
    await drive.pilot.pause()
    assert screen.shown.run is None


@explorer(SMALL, size=NARROW, only="work")
async def test_the_palette_of_themes_closes_once_too(drive: Drive) -> None:
    send(drive.app, "ctrl+p")
    await drive.until(lambda: isinstance(drive.app.screen, Palette) and drive.app.screen.opened)
    drive.app.search_themes()
    assert len(drive.app.screen_stack) == 2, "in the place of another palette there is none"
    await back(drive)
    drive.app.search_themes()
    await drive.until(lambda: isinstance(drive.app.screen, Palette) and drive.app.screen.opened)
    send(drive.app, "escape", "escape", "escape")
    await drive.until(lambda: drive.app.screen is drive.screen)
    await drive.pilot.pause()


@explorer(SMALL, size=NARROW, only="work")
async def test_a_palette_that_is_closed_before_it_is_there_can_be_asked_for_again_at_once(drive: Drive) -> None:
    for _ in range(3):
        drive.app.action_command_palette()
        drive.app.screen.dismiss()
    drive.app.action_command_palette()
    await drive.until(lambda: isinstance(drive.app.screen, Palette) and drive.app.screen.opened)
    await back(drive)


@explorer(SMALL, size=NARROW, only="work")
async def test_a_click_on_an_option_that_is_gone_chooses_none(drive: Drive) -> None:
    picker = PresetPicker(SMALL)
    drive.app.push_screen(picker)
    await drive.until(lambda: picker.opened)
    options = picker.query_one(OptionList)
    click = events.Click(options, 1, 5, 0, 0, 1, False, False, False)
    click.style = Style(meta={"option": options.option_count})
    options.post_message(click)
    await drive.pilot.pause()
    assert drive.app.screen is picker
    await back(drive)


@explorer(SMALL, only="work")
async def test_a_palette_that_is_busy_while_it_is_taken_down_says_so_to_nobody(drive: Drive) -> None:
    palette = Palette()
    palette.set_reactive(Palette._show_busy, True)
    await palette._watch__show_busy()  # it has none of its parts
    drive.app.push_screen(palette)
    await drive.until(lambda: palette.opened)


@pytest.mark.parametrize("tab", ["3", "6"])
def test_the_focus_stays_at_the_step_that_was_gone_to_before_a_tab_was_painted(tab: str) -> None:
    @explorer(SMALL, size=WIDE, only="work")
    async def scenario(drive: Drive) -> None:
        send(drive.app, tab, "8")
        await drive.until(lambda: drive.screen.query_one("#tabs", TabbedContent).active != "tab-lags")
        await drive.settled()
        for _ in range(5):
            await drive.pilot.pause()
        assert drive.screen.focused is drive.screen.query_one("#side")
        await drive.press("1")
        await drive.until(lambda: drive.screen.in_tab, "the focus in the tab that was opened from there")

    scenario()


@explorer(SMALL, size=WIDE)
async def test_a_key_with_nothing_to_undo_says_so(drive: Drive) -> None:
    def said() -> list[str]:
        return [str(one.message) for one in drive.app._notifications]

    await drive.press("u")
    await drive.until(lambda: any("nothing to undo" in one for one in said()))
    await drive.press("U")
    await drive.until(lambda: any("nothing to do again" in one for one in said()))
    await drive.enter("gain", 2)
    await drive.settled()
    count = len(said())
    await drive.press("ctrl+z")
    await drive.settled()
    assert drive.screen.subject.experiment == SMALL and len(said()) == count
    await drive.press("s")
    drive.screen.set_focus(drive.field("gain"))
    await drive.press("u")
    assert len(said()) == count, "a field takes the key"
