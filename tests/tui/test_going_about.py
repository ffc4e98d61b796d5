"""Ways through the explorer by the keyboard: tabs by number, jump mode, and what the palette finds."""

from __future__ import annotations

import pytest
from driving import NARROW, WIDE, Drive, explorer
from textual.command import Hit, Provider
from textual.widgets import Static

from core import Experiment, preset, settings
from tui.explorer.dialogs.jump import Jump
from tui.explorer.palette_providers import PresetsProvider, SettingsProvider, values
from tui.explorer.widgets.legend import LegendEntry

SMALL = Experiment(timesteps=6, hidden_size=3)


@explorer(SMALL, size=NARROW, only="work")
async def test_a_number_opens_a_tab_that_is_there(drive: Drive) -> None:
    titles = dict(drive.screen.tab_titles())
    for number, pane in enumerate(titles, start=1):
        await drive.press(str(number))
        await drive.until(lambda: drive.screen.view.tab == pane)  # noqa: B023
    for number in (1, 7):
        await drive.press(str(number))
    await drive.until(lambda: drive.screen.view.tab == "tab-step")


@explorer(SMALL, size=WIDE, only="work")
async def test_a_number_of_a_tab_that_is_not_there_changes_nothing(drive: Drive) -> None:
    await drive.press("2", "7", "9")
    await drive.until(lambda: drive.screen.view.tab == "tab-map")


async def opened(drive: Drive) -> Jump:
    await drive.press("j")
    await drive.until(lambda: isinstance(drive.app.screen, Jump))
    await drive.pilot.pause()
    dialog = drive.app.screen
    assert isinstance(dialog, Jump)
    return dialog


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_jump_mode_writes_a_key_on_every_place_and_goes_there(size: tuple[int, int]) -> None:
    @explorer(SMALL, size=size, only="work")
    async def scenario(drive: Drive) -> None:
        dialog = await opened(drive)
        keys = {str(label.render()).strip(): label.region for label in dialog.query(Static)}
        assert {"1", "5", "n", "c"} <= set(keys)
        assert ("t" in keys) == (size == WIDE), "the step is at the side, or a tab"
        assert all(dialog.region.contains_region(region) and region.area for region in keys.values())
        assert keys["n"].offset == drive.screen.query_one("#strip").region.offset
        await drive.press("n")
        await drive.until(lambda: drive.app.focused is drive.screen.query_one("#strip"))
        await opened(drive)
        await drive.press("4")
        await drive.until(lambda: drive.screen.view.tab == "tab-jacobians")

    scenario()


@explorer(SMALL, only="work")
async def test_jump_mode_hides_a_line_by_the_letter_that_is_on_it(drive: Drive) -> None:
    dialog = await opened(drive)
    entry = next(entry for entry in drive.screen.query(LegendEntry) if entry.series == "W_ax")
    letter = next(
        str(label.render()).strip() for label in dialog.query(Static) if label.region.offset == entry.region.offset
    )
    await drive.press(letter)
    await drive.until(lambda: drive.screen.view.hidden == {"W_ax"})


@pytest.mark.parametrize("key", ["escape", pytest.param("Z", marks=pytest.mark.slow), "left"])
@explorer(SMALL, only="work")
async def test_any_other_key_leaves_jump_mode_and_does_nothing_else(drive: Drive, key: str) -> None:
    before = drive.screen.view, drive.screen.cursor, drive.app.focused
    await opened(drive)
    await drive.press(key)
    await drive.until(lambda: drive.app.screen is drive.screen)
    assert (drive.screen.view, drive.screen.cursor) == before[:2]


@explorer(SMALL, only="work")
async def test_jump_mode_ends_when_the_places_move(drive: Drive) -> None:
    await opened(drive)
    await drive.pilot.resize_terminal(*NARROW)
    await drive.until(lambda: drive.app.screen is drive.screen)


# Presenting


@explorer(SMALL, size=WIDE)
async def test_presenting_shows_the_network_and_the_charts_alone_and_marks_the_one_in_focus(drive: Drive) -> None:
    strip, tabs = drive.screen.query_one("#strip"), drive.screen.query_one("#tabs")
    before = tabs.region.width
    await drive.press("P")
    await drive.until(lambda: tabs.region.width == WIDE[0])
    assert not any(drive.screen.query_one(place).display for place in ("#settings", "#side", "FittingFooter"))
    assert tabs.styles.border_top[0] == "heavy"
    charts, focus = tabs.styles.border_top[1], drive.app.theme_variables["accent"]
    assert charts.hex.lower() == focus.lower()
    await drive.press("j", "n")
    await drive.until(lambda: drive.app.focused is strip)
    await drive.until(lambda: strip.styles.border_top[0] == "heavy" and tabs.styles.border_top[1] != charts)
    await drive.press("s")  # the settings are a drawer meanwhile
    await drive.until(lambda: drive.screen.query_one("#settings").display)
    await drive.press("escape", "P")
    await drive.until(lambda: tabs.region.width == before)
    assert drive.screen.query_one("#side").display


# The palette


@pytest.mark.parametrize(
    ("query", "setting", "value"),
    [
        ("gain 1.4", "gain", "1.4"),
        ("set gain to 1.4", "gain", "1.4"),
        ("hidden size 32", "hidden_size", "32"),
        ("units = 32", "hidden_size", "32"),
        ("lstm", "cell", "lstm"),
        ("cell gru", "cell", "gru"),
        ("forget bias -1", "forget_bias", "-1"),
    ],
)
def test_a_query_gives_a_setting_a_value(query: str, setting: str, value: str) -> None:
    found = {name: [*values(one, query.split())] for name, one in settings().items()}
    assert {name: what for name, what in found.items() if what} == {setting: [value]}


@pytest.mark.parametrize("query", ["gain", "1.4", "", "gain one two", "cell round", "train"])
def test_other_queries_give_no_setting_a_value(query: str) -> None:
    assert not [value for one in settings().values() for value in values(one, query.split())]


async def hits(provider: Provider, query: str) -> list[Hit]:
    return sorted([hit async for hit in provider.search(query) if isinstance(hit, Hit)], key=lambda hit: -hit.score)


@explorer(SMALL)
async def test_the_palette_sets_a_setting_goes_to_one_and_opens_a_preset(drive: Drive) -> None:
    found = SettingsProvider(drive.screen)
    [first, *_] = await hits(found, "gain 1.4")
    assert str(first.match_display) == "Set gain to 1.4"
    first.command()
    await drive.settled()
    assert drive.trace.experiment.gain == 1.4
    refused = (await hits(found, "gain [b]x"))[-1]
    assert "allowed is" in str(refused.help)
    refused.command()
    [useless, *_] = await hits(found, "momentum 0.5")
    assert "no effect" in str(useless.help)
    [there, *_] = await hits(found, "bias b")
    there.command()
    await drive.until(lambda: drive.app.focused is not None and drive.app.focused.name == "bias")
    [opens, *_] = await hits(PresetsProvider(drive.screen), "exploding")
    opens.command()
    await drive.settled()
    assert drive.trace.experiment == preset("exploding")


@explorer(SMALL, only="work")
async def test_the_palette_of_the_real_program_finds_a_setting(drive: Drive) -> None:
    await drive.press("ctrl+p")
    await drive.until(lambda: drive.app.screen is not drive.screen)
    await drive.press(*"relu")
    await drive.pilot.pause(1)
    await drive.press("enter")
    await drive.until(lambda: drive.screen.subject.experiment.activation == "relu")
