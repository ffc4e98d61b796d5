"""Ways through the explorer by the keyboard: tabs by number, jump mode, and what the palette finds."""

from __future__ import annotations

import pytest
from driving import MEDIUM, NARROW, WIDE, Drive, explorer
from textual.command import Hit, Provider
from textual.events import Event, Resize, Show
from textual.widgets import OptionList, Static

from core import Experiment, preset, settings
from tui.explorer.actions import tour as touring
from tui.explorer.commands import COMMANDS
from tui.explorer.dialogs.jump import Jump
from tui.explorer.dialogs.lesson import LessonDialog
from tui.explorer.dialogs.presets import PresetPicker
from tui.explorer.palette_providers import PresetsProvider, SettingsProvider, ToursProvider, values
from tui.explorer.panels.lags import LagsPanel
from tui.explorer.panels.step import StepPanel
from tui.explorer.panels.tour import TourPanel
from tui.explorer.session.tour import Tour, TourStep
from tui.explorer.tours.library import made_own_folder, rewrite_draft
from tui.explorer.widgets.footer import FittingFooter
from tui.explorer.widgets.legend import Legend, LegendEntry
from tui.explorer.widgets.map_chart import MapChart
from tui.explorer.widgets.written import text_on

SMALL = Experiment(timesteps=6, hidden_size=3)


@explorer(SMALL, size=NARROW, only="work")
async def test_a_number_opens_a_tab_that_is_there(drive: Drive) -> None:
    titles = dict(drive.screen.tab_titles())
    for number, pane in enumerate(titles, start=1):
        await drive.press(str(number))
        await drive.until(lambda: drive.screen.view.tab == pane)  # noqa: B023
    for number in (1, 8):
        await drive.press(str(number))
    await drive.until(lambda: drive.screen.view.tab == "tab-step")


@explorer(SMALL, size=WIDE, only="work")
async def test_the_number_of_the_step_goes_to_it_where_it_stands_beside_the_tabs(drive: Drive) -> None:
    side = drive.one(StepPanel, "#side")
    side.styles.height = 8
    await drive.press("2")
    await drive.until(lambda: drive.screen.view.tab == "tab-map" and isinstance(drive.screen.focused, MapChart))
    await drive.press("8", "9")
    await drive.until(lambda: drive.screen.focused is side)
    assert drive.screen.view.tab == "tab-map"
    await drive.press("pagedown")
    await drive.until(lambda: side.scroll_offset.y > 0, "what is below the fold comes into sight")
    await drive.press("2")
    await drive.until(lambda: drive.screen.in_tab, "a number goes back to a tab, also to the one that is open")


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
    await drive.until(lambda: drive.screen.view.hidden == {"W_ax", "x"})


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


# Lessons are found, and keys that differ in a capital only are told apart


@explorer(SMALL, size=WIDE, only="work")
async def test_keeping_a_step_and_the_lesson_stand_in_the_footer_where_there_is_room(drive: Drive) -> None:
    footer = drive.one(FittingFooter)
    (line,) = footer.paint(160, 1)
    assert "s settings" in line.text and "S keep step" in line.text
    assert "e export" in line.text and "E lesson" in line.text
    (line,) = footer.paint(80, 1)
    assert "S keep step" not in line.text and "s settings" in line.text, "they go before what everybody needs"


@explorer(SMALL, size=NARROW, only="work")
async def test_a_tour_names_the_key_that_changes_it_on_its_last_step(drive: Drive) -> None:
    tour = Tour(title="Two", steps=(TourStep(text="one"), TourStep(text="two")))
    touring.start(drive.screen, tour)
    await drive.until(lambda: "1 of 2" in text_on(drive.one(TourPanel)))
    assert "E edit" not in text_on(drive.one(TourPanel))
    await drive.press("enter")
    await drive.until(lambda: "E edit" in text_on(drive.one(TourPanel)))
    await drive.pilot.click("#tour-lesson")
    await drive.until(lambda: isinstance(drive.app.screen, LessonDialog))


@explorer(SMALL, size=NARROW, only="work")
async def test_the_picker_says_how_to_make_a_lesson_as_long_as_there_is_none(drive: Drive) -> None:
    await drive.press("o")
    await drive.until(lambda: isinstance(drive.app.screen, PresetPicker) and drive.app.screen.opened)

    def listed() -> str:
        options = drive.app.screen.query_one("#presets-list", OptionList).options
        return "\n".join(str(option.prompt) for option in options)

    assert "none so far: S keeps a screen as a step of one" in listed()
    await drive.press("escape")
    rewrite_draft(Tour(title="Mine", steps=(TourStep(text=""),)), made_own_folder() / "mine.toml")
    await drive.press("o")
    await drive.until(lambda: isinstance(drive.app.screen, PresetPicker) and drive.app.screen.opened)
    assert "none so far" not in listed() and "Mine" in listed()


@explorer(SMALL, size=MEDIUM, only="work")
async def test_the_palette_finds_ones_own_lessons(drive: Drive) -> None:
    rewrite_draft(Tour(title="The [b] hour", steps=(TourStep(text=""),)), made_own_folder() / "mine.toml")
    provider = ToursProvider(drive.screen)
    await provider.startup()
    (hit,) = [hit async for hit in provider.search("hour")]
    assert str(hit.text) == "Lesson mine"
    hit.command()
    assert drive.screen.touring is not None and drive.screen.touring.tour.title == "The [b] hour"


def test_keys_that_differ_in_a_capital_only_are_told_apart_wherever_they_are_named() -> None:
    by_key = {key: command for command in COMMANDS for key in command.keys.split(",") if len(key) == 1}
    pairs = [(by_key[key], by_key[key.upper()]) for key in by_key if key.islower() and key.upper() in by_key]
    assert len(pairs) >= 10
    for small, capital in pairs:
        assert small.title != capital.title, "in the palette"
        assert small.help != capital.help, "in the help"
        assert not small.label or small.label != capital.label, "in the footer"
        assert small.title.split()[0] != capital.title.split()[0] or small.name == capital.name, (
            f"{small.keys} and {capital.keys} begin alike and do unrelated things"
        )


@explorer(Experiment(hidden_size=4, timesteps=20), size=MEDIUM, only="work")
async def test_a_tab_opened_after_a_scroll_is_laid_out_and_painted_as_at_first(drive: Drive) -> None:
    legend, place = drive.one(Legend), drive.one(LagsPanel).region
    before, seen = [entry.region for entry in legend.children], drive.screen._compositor.render_strips()
    await drive.press("4")
    await drive.until(lambda: drive.screen.shown.measured.of(drive.trace) is not None, "the Jacobians to be measured")
    told, handle = list[type[Event]](), LagsPanel.on_event

    async def noted(panel: LagsPanel, event: Event) -> None:
        told.append(type(event))
        await handle(panel, event)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LagsPanel, "on_event", noted)
        await drive.press("pagedown", "1")
        await drive.pilot.pause()
    assert Show in told and Resize in told
    assert [entry.region for entry in legend.children] == before
    now = drive.screen._compositor.render_strips()
    rows = range(place.y, place.bottom)
    assert [now[y].crop(place.x, place.right).text for y in rows] == [
        seen[y].crop(place.x, place.right).text for y in rows
    ]
