"""What is painted can be read in every theme: the contrast of each cell, as it is on the screen, by WCAG 2.2."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
import textual.color
from driving import MEDIUM, NARROW, WIDE, Drive, explorer
from hypothesis import given
from hypothesis import strategies as st
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.theme import BUILTIN_THEMES
from textual.widget import Widget
from textual.widgets import OptionList

from core import Experiment
from tui.explorer.actions import tour
from tui.explorer.actions.settings import change as change_settings
from tui.explorer.dialogs.closing import Dialog
from tui.explorer.dialogs.lesson import LessonDialog
from tui.explorer.dialogs.pins import PinsDialog
from tui.explorer.dialogs.scene import SceneDialog
from tui.explorer.painting.control_filter import ControlFilter
from tui.explorer.painting.in_one import each
from tui.explorer.painting.readable_filter import DARKEST_LIGHT, LIGHTEST_DARK, ReadableFilter, readable
from tui.explorer.panels.unrolled import UnrolledNetwork
from tui.explorer.tours.library import MAIN, shipped
from tui.report.charts.pins import LOOKS
from tui.report.palette import LEGIBLE, READABLE, SERIES, contrast, dark_palette, light_palette

SMALL = Experiment(timesteps=20, hidden_size=4)
LIT, GROUND = "#102030", "#203040"

CHANNEL = st.integers(0, 255)
COLOR = st.tuples(CHANNEL, CHANNEL, CHANNEL)

LINES = re.compile("[⠁-⣿●■◆○□◀▶┏┓┗┛┌┐└┘]")
"""Points and lines of charts, arrows and boxes of the network"""

BARS = re.compile("[▁-█]")
"""Bars, which tell by their height: of x, a, y and the gradient, and the arrows of the gradient"""

THEMES = [
    ("solarized-light",),
    pytest.param([name for name in BUILTIN_THEMES if "ansi" not in name], marks=pytest.mark.slow),
]


def share(every: Sequence[Any], place: int, of: int) -> Sequence[Any]:
    """Every second, third … of them, others at each of so many places in a row; one alone everywhere.

    Colors are made legible one by one, wherever they stand (the property test below): a part of the screen that goes
    another way is found in any theme, and a theme that cannot be made legible in any part.
    """
    return every if len(every) == 1 else every[place % of :: of]


def cells(drive: Drive, within: Region | None = None) -> Iterator[tuple[str, float]]:
    """Each piece of text on the screen, or within a part of it, that has something on it, and its contrast."""
    screen = drive.app.screen
    rows = screen._compositor.render_strips()
    if within is not None:
        rows = [strip.crop(within.x, within.right) for strip in rows[within.y : within.bottom]]
    for strip in rows:
        for text, style, _ in strip:
            if style is not None and style.color is not None and style.bgcolor is not None and text.strip():
                ink, ground = style.color.triplet, style.bgcolor.triplet
                if ink is not None and ground is not None:
                    yield text, contrast(tuple(ink), tuple(ground))


def hold(drive: Drive, where: str, within: Region | None = None) -> None:
    count = 0
    for text, found in cells(drive, within):
        if re.search(r"\w", text):
            count += 1
            assert found >= LEGIBLE, f"{text!r} in {where}"
        elif LINES.search(text):
            assert found >= READABLE, f"{text!r} in {where}"
    assert count > (20 if within is None else 4)


def hold_bars(drive: Drive, where: str) -> None:
    """Every bar and arrow of the unrolled network, at the cursor and where it has not come to yet too."""
    bars = [(text, found) for text, found in cells(drive, drive.one(UnrolledNetwork).region) if BARS.search(text)]
    assert len(bars) > 5
    for text, found in bars:
        assert found >= READABLE, f"{text!r} in {where}"


@pytest.mark.parametrize("themes", THEMES, ids=["faintest", "all"])
@explorer(SMALL, size=WIDE)
async def test_every_letter_and_every_line_on_the_screen_can_be_read(drive: Drive, themes: Sequence[str]) -> None:
    await drive.press("s", "right", "escape", "p", "end", "shift+left", "b")  # a changed setting, a pinned trace
    await drive.settled()
    tabs = drive.screen.tab_titles()[:6]
    for place, theme in enumerate(themes):
        drive.app.theme = theme
        await drive.pilot.pause()
        for pane, title in share(tabs, place, 3) if len(themes) > 1 else tabs:
            await drive.screen.show(replace(drive.screen.view, tab=pane))
            hold(drive, f"{theme}, {title}")


@pytest.mark.parametrize("themes", THEMES, ids=["faintest", "all"])
@explorer(SMALL, size=WIDE, only="work")
async def test_pins_tails_and_the_drawing_can_be_read(drive: Drive, themes: Sequence[str]) -> None:
    for changes in ({"gain": 1.4}, {"cell": "gru"}, {"cell": "lstm"}):
        await drive.press("p")
        change_settings(drive.screen, SMALL.replace(**changes))
        await drive.settled()
    await drive.press("f", "end", "left", "left", "left")
    await drive.until(lambda: drive.screen.shown.loss is None)
    for place, key in enumerate(("end", "home")):
        await drive.press(key, "right")
        for theme in share(themes, place, 2):
            drive.app.theme = theme
            await drive.pilot.pause()
            hold(drive, f"{theme}, pins")
            hold_bars(drive, f"{theme}, network")


@pytest.mark.parametrize("themes", THEMES, ids=["faintest", "all"])
@explorer(SMALL, size=MEDIUM, only="work")
async def test_the_tour_and_the_dialogs_can_be_read(drive: Drive, themes: Sequence[str]) -> None:
    screen = drive.screen

    places = itertools.count()

    async def held(where: str, box: Callable[[], Widget] | None = None) -> None:
        for theme in share(themes, next(places), 3):
            drive.app.theme = theme
            await drive.pilot.pause()
            hold(drive, f"{theme}, {where}", None if box is None else box().region)

    async def opened(kind: type[Dialog[Any]]) -> None:
        await drive.until(lambda: isinstance(drive.app.screen, kind) and drive.app.screen.opened)
        await drive.pilot.pause()

    tour.start(screen, shipped(MAIN))
    await drive.until(lambda: screen.session.is_followed)
    await held("tour")
    tour.leave(screen)
    await drive.until(lambda: screen.session.is_followed)
    await drive.press("S")
    await opened(SceneDialog)
    await held("scene", lambda: drive.app.screen.query_one("#scene-box"))
    await drive.press("a", "enter", "b", "enter", "enter")
    await drive.until(lambda: drive.app.screen is screen)
    await drive.press("E")
    await opened(LessonDialog)
    await held("lesson", lambda: next(iter(drive.app.screen.children)))
    await drive.press("escape")
    await drive.until(lambda: drive.app.screen is screen)
    await drive.press("p", "k")
    await opened(PinsDialog)
    await held("pins", lambda: drive.app.screen.query_one("#pins-box"))


def test_what_recedes_can_be_read_without_the_filter_too() -> None:
    for palette in (dark_palette(), light_palette()):
        for style in (*SERIES.values(), *LOOKS):
            assert contrast(palette.dimmed(style.color), palette.backdrop) >= READABLE


@explorer(SMALL, size=NARROW)
async def test_a_setting_that_is_not_allowed_can_be_read(drive: Drive) -> None:
    await drive.type("gain", "x")
    await drive.until(lambda: drive.screen.problems)
    drive.app.theme = "solarized-light"
    await drive.pilot.pause()
    hold(drive, "the settings")


@explorer(SMALL, size=NARROW, only="work")
async def test_the_screen_behind_a_dialog_recedes(drive: Drive) -> None:
    def faintest() -> float:
        return min(found for text, found in cells(drive) if re.search(r"\w", text))

    assert faintest() >= LEGIBLE
    await drive.press("o")
    await drive.until(lambda: drive.app.screen is not drive.screen and drive.app.screen.query(OptionList))
    await drive.pilot.pause()
    assert faintest() < LEGIBLE


@explorer(SMALL, size=NARROW, only="work")
async def test_all_filters_in_one_do_what_they_do_one_after_another(drive: Drive) -> None:
    line = [Segment("W_aa\x9b", Style(color=LIT, bgcolor=GROUND)), Segment("⠿", Style(color="red", bgcolor=GROUND))]
    count, ground = [], textual.color.Color(0, 0, 0)
    for theme in ("textual-dark", "ansi-dark", "textual-dark"):
        drive.app.theme = theme
        await drive.pilot.pause()
        [in_one] = drive.app.get_line_filters()
        parts = [*each([in_one])]
        assert {type(part) for part in parts} >= {ReadableFilter, ControlFilter}
        expected = line
        for part in parts:
            expected = part.apply(expected, ground)
        assert in_one.apply(line, ground) == expected != line
        assert drive.app.get_line_filters() == [in_one], "lines are kept by the filter that they went through"
        count.append(len(parts))
    assert count == [3, 2, 3], "only where the terminal decides on its colors, none of them is looked up"


@pytest.mark.parametrize(
    ("theme", "grounds"),
    [("ansi-dark", ((0, 0, 0), LIGHTEST_DARK)), ("ansi-light", (DARKEST_LIGHT, (255, 255, 255)))],
    ids=["dark", "light"],
)
@explorer(SMALL, size=WIDE, only="work")
async def test_what_is_written_can_be_read_on_the_backgrounds_of_terminals(
    drive: Drive, theme: str, grounds: Sequence[tuple[int, int, int]]
) -> None:
    """Our colors on the background of a terminal, and no letters on another color of its own, which nobody knows."""
    drive.app.theme = theme
    tour.start(drive.screen, shipped(MAIN))
    await drive.until(lambda: drive.screen.session.is_followed)
    await drive.press("end", "left", "left")
    count = 0
    for key in ("1", "2", "4", "v", "1", "j"):  # charts, tables, and the keys to jump with
        await drive.press(key)
        await drive.pilot.pause()
        for text, style, _ in itertools.chain(*drive.app.screen._compositor.render_strips()):
            needed = LEGIBLE if re.search(r"\w", text) else READABLE if LINES.search(text) else None
            if style is None or needed is None:
                continue
            assert style.bgcolor is None or style.bgcolor.is_default or style.bgcolor.triplet, f"{text!r} with {key}"
            if style.color is not None and style.color.triplet and not (style.bgcolor and style.bgcolor.triplet):
                count += 1
                assert min(contrast(tuple(style.color.triplet), ground) for ground in grounds) >= needed, text
    assert count > 20


@pytest.mark.parametrize("theme", ["ansi-dark", "ansi-light", "textual-dark"])
def test_without_color_a_terminal_keeps_its_own_two_and_a_chosen_row_is_marked(
    theme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    @explorer(SMALL, size=NARROW, only="work")
    async def look(drive: Drive) -> None:
        assert drive.app.no_color
        drive.app.theme = theme
        await drive.press("o")
        await drive.until(lambda: drive.app.screen is not drive.screen and drive.app.screen.query(OptionList))
        await drive.press("down", "down")
        await drive.pilot.pause()
        painted = [s for s in itertools.chain(*drive.app.screen._compositor.render_strips()) if s.style is not None]
        colors = [color for _, style, _ in painted for color in (style.color, style.bgcolor) if color is not None]
        if "ansi" not in theme:
            assert all(len(set(color.triplet)) == 1 for color in colors), "grays"
            return
        assert all(color.is_default for color in colors)
        chosen = drive.app.screen.query_one(OptionList)
        assert chosen.highlighted is not None
        title = str(chosen.get_option_at_index(chosen.highlighted).prompt).split()[0]
        reversed_text = "".join(text for text, style, _ in painted if style.reverse)
        assert title in reversed_text

    monkeypatch.setenv("NO_COLOR", "1")
    look()


@given(ink=COLOR, ground=COLOR, text=st.sampled_from(["W_aa", "⠿", "█"]))
def test_a_color_is_moved_no_further_than_it_must_be(
    ink: tuple[int, int, int], ground: tuple[int, int, int], text: str
) -> None:
    needed = {"W_aa": LEGIBLE, "⠿": READABLE, "█": 1.0}[text]
    style = Style(bold=True, color=Color.from_rgb(*ink), bgcolor=Color.from_rgb(*ground))
    [found] = ReadableFilter().apply([Segment(text, style)], None)  # type: ignore[arg-type]
    assert found.text == text
    assert found.style is not None and found.style.bold and found.style.bgcolor == style.bgcolor
    assert found.style.color is not None and found.style.color.triplet is not None
    assert contrast(tuple(found.style.color.triplet), ground) >= needed
    if contrast(ink, ground) >= needed:
        assert found.style == style


@pytest.mark.parametrize(
    "style", [Style(), Style(color="red"), Style(color="#101010", bgcolor="red"), Style(bgcolor="#101010")]
)
def test_where_the_terminal_decides_on_a_color_nothing_is_changed(style: Style) -> None:
    assert readable(style, LEGIBLE, LIGHTEST_DARK) is style
