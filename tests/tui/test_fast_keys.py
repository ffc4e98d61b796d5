"""Keys that come faster than screens: several in one read, before a dialog has widgets, twice, and while it closes."""

from __future__ import annotations

import asyncio

import pytest
from driving import NARROW, Drive, explorer
from textual import events
from textual.app import App
from textual.screen import Screen
from textual.widgets import DataTable, Input, OptionList

from core import Experiment
from tui.explorer.app import RnnApp
from tui.explorer.dialogs.export import ExportDialog
from tui.explorer.dialogs.palette import Palette
from tui.explorer.dialogs.presets import PresetPicker
from tui.explorer.dialogs.remedies import GalleryScreen

SMALL = Experiment(timesteps=6, hidden_size=3, training_steps=2)
CHARACTERS = {"enter": "\r", "escape": "\x1b", "space": " ", "tab": "\t"}
OPENS: dict[str, type[Screen]] = {"o": PresetPicker, "e": ExportDialog, "R": GalleryScreen, "ctrl+p": Palette}
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


@explorer(SMALL, size=NARROW)
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
async def test_keys_that_come_while_the_program_is_left_have_no_screen_and_need_none(drive: Drive) -> None:
    send(drive.app, "q", *"sopev", "ctrl+p", "enter", "escape", "f1", "pageup")


@explorer(SMALL, size=NARROW)
async def test_what_is_typed_while_a_dialog_opens_is_for_the_dialog(drive: Drive) -> None:
    picker = PresetPicker(SMALL)
    drive.app.push_screen(picker)
    assert not picker.opened
    send(drive.app, "r", "e", "l", "u")
    await drive.until(lambda: picker.opened and picker.query_one(Input).value == "relu")
    assert picker.query_one(OptionList).option_count
    await back(drive)
    assert drive.screen.subject.experiment == SMALL


@explorer(SMALL, size=NARROW)
async def test_a_command_of_the_palette_runs_once_however_often_it_is_confirmed(drive: Drive) -> None:
    send(drive.app, "ctrl+p")
    await drive.until(lambda: isinstance(drive.app.screen, Palette) and drive.app.screen.opened)
    send(drive.app, *"theory")
    await drive.until(lambda: drive.app.screen.query_one(OptionList).option_count == 1)
    assert not drive.screen.view.theory
    send(drive.app, "down", "enter", "enter", "enter")
    await drive.until(lambda: drive.screen.view.theory)
    await drive.pilot.pause()
    assert drive.screen.view.theory
    assert drive.app.screen is drive.screen


@explorer(SMALL, size=NARROW)
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


@explorer(SMALL, size=NARROW)
async def test_a_table_of_remedies_without_a_row_takes_its_keys(drive: Drive) -> None:
    from tui.explorer.background.remedies_run import Gallery

    screen = GalleryScreen(Gallery(SMALL))
    drive.app.push_screen(screen)
    await drive.until(lambda: screen.opened)
    screen._stop()
    screen.gallery = Gallery(SMALL)
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
