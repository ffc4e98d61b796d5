"""What a screen says at first sight is whole, in the program's own words, and explained where it stands."""

from __future__ import annotations

import pytest
from driving import NARROW, WIDE, Drive, explorer
from textual.widgets import HelpPanel, OptionList

from core import Experiment, preset
from tui.explorer.commands import COMMANDS
from tui.explorer.dialogs.presets import PresetPicker
from tui.explorer.dialogs.symbols import Symbols
from tui.explorer.widgets.help_keys import PALETTE
from tui.explorer.widgets.written import text_on

SMALL = Experiment(timesteps=8, hidden_size=3)
LIBRARY = ("Scroll Up", "Page Left", "Cursor down", "Show menu", "Quit the app", "Open the command palette")
"""Words of Textual's own keys"""


@pytest.mark.parametrize("tab", ["1", "5", "6", "8", "s"])
def test_the_help_lists_keys_in_the_programs_own_words(tab: str) -> None:
    @explorer(SMALL, size=WIDE)
    async def scenario(drive: Drive) -> None:
        await drive.press(tab)
        await drive.settled()
        await drive.press("f1")
        await drive.until(lambda: drive.screen.query(HelpPanel) and "quit" in text_on(drive.one(HelpPanel)))
        said = " ".join(text_on(drive.one(HelpPanel)).split())
        assert not [words for words in LIBRARY if words in said]
        assert said.endswith(PALETTE)
        quitting = next(command for command in COMMANDS if command.action == "app.quit")
        assert f"{quitting.label} {quitting.help}" in said

    scenario()


@explorer(preset("by-hand"), size=WIDE, only="work")
async def test_rows_that_are_worked_out_by_hand_say_which_rows_they_are(drive: Drive) -> None:
    await drive.press("end")
    told = drive.inspector()
    assert told.index("row 1 of the matrix W_aa") < told.index("here₁: ")
    await drive.press("home")
    assert "here₁" not in drive.inspector()


@explorer(SMALL.replace(initializer="orthogonal"), size=(120, 36))
async def test_the_longest_initializer_of_a_preset_has_room_beside_the_scrollbar(drive: Drive) -> None:
    assert "orthogonal" in text_on(drive.row("initializer"))


@explorer(SMALL, size=WIDE, only="work")
async def test_the_symbols_of_the_chart_name_the_key_that_shows_all_losses(drive: Drive) -> None:
    await drive.press("question_mark")
    await drive.until(lambda: isinstance(drive.app.screen, Symbols))
    said = " ".join(text_on(drive.app.screen).split())
    assert "the key f shows one loss or all of them" in said and "all losses" in said


@explorer(SMALL, size=NARROW, only="work")
async def test_home_and_end_go_through_the_list_of_presets(drive: Drive) -> None:
    await drive.press("o")
    await drive.until(lambda: isinstance(drive.app.screen, PresetPicker))
    listed = drive.app.screen.query_one("#presets-list", OptionList)
    chosen = [at for at, option in enumerate(listed.options) if not option.disabled]
    await drive.press("end")
    await drive.until(lambda: listed.highlighted == chosen[-1])
    await drive.press("home")
    await drive.until(lambda: listed.highlighted == chosen[0])
    await drive.press("escape")


@explorer(SMALL, size=NARROW, only="work")
async def test_the_help_begins_on_its_first_row_and_names_the_keys_that_close_it(drive: Drive) -> None:
    await drive.press("f1")
    await drive.until(lambda: drive.screen.query(HelpPanel) and drive.screen.query("MarkdownH1"))
    panel, head = drive.screen.query_one(HelpPanel), drive.screen.query("MarkdownH1").first()
    await drive.until(lambda: head.region.height > 0)
    assert head.region.y == panel.content_region.y, "no blank row above the title"
    assert "esc" in str(panel.border_subtitle)
    await drive.press("escape")
    await drive.until(lambda: not drive.screen.query(HelpPanel))
