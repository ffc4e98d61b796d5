"""What is painted can be read in every theme: the contrast of each cell, as it is on the screen, by WCAG 2.2."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from driving import NARROW, WIDE, Drive, explorer
from hypothesis import given
from hypothesis import strategies as st
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.theme import BUILTIN_THEMES
from textual.widgets import OptionList

from core import Experiment
from tui.explorer.painting.readable_filter import ReadableFilter, readable
from tui.report.palette import LEGIBLE, READABLE, contrast

SMALL = Experiment(timesteps=20, hidden_size=4)
LIT, GROUND = "#102030", "#203040"

CHANNEL = st.integers(0, 255)
COLOR = st.tuples(CHANNEL, CHANNEL, CHANNEL)

LINES = re.compile("[⠁-⣿●■◆○□]")
"""Points and lines of charts"""


def cells(drive: Drive) -> Iterator[tuple[str, float]]:
    """Each piece of text on the screen that has something on it, and its contrast."""
    screen = drive.app.screen
    for strip in screen._compositor.render_strips():
        for text, style, _ in strip:
            if style is not None and style.color is not None and style.bgcolor is not None and text.strip():
                ink, ground = style.color.triplet, style.bgcolor.triplet
                if ink is not None and ground is not None:
                    yield text, contrast(tuple(ink), tuple(ground))


def hold(drive: Drive, where: str) -> None:
    count = 0
    for text, found in cells(drive):
        if re.search(r"\w", text):
            count += 1
            assert found >= LEGIBLE, f"{text!r} in {where}"
        elif LINES.search(text):
            assert found >= READABLE, f"{text!r} in {where}"
    assert count > 20


@pytest.mark.parametrize(
    "themes",
    [
        ("solarized-light",),
        pytest.param([name for name in BUILTIN_THEMES if "ansi" not in name], marks=pytest.mark.slow),
    ],
    ids=["faintest", "all"],
)
@explorer(SMALL, size=WIDE)
async def test_every_letter_and_every_line_on_the_screen_can_be_read(drive: Drive, themes: Sequence[str]) -> None:
    await drive.press("s", "right", "escape", "p", "end", "shift+left", "b")  # a changed setting, a pinned trace
    await drive.settled()
    for theme in themes:
        drive.app.theme = theme
        await drive.pilot.pause()
        for pane, title in drive.screen.tab_titles()[:6]:
            await drive.screen.show(replace(drive.screen.view, tab=pane))
            hold(drive, f"{theme}, {title}")


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


@pytest.mark.parametrize("style", [Style(), Style(color="red"), Style(color="#101010"), Style(bgcolor="#101010")])
def test_where_the_terminal_decides_on_a_color_nothing_is_changed(style: Style) -> None:
    assert readable(style, LEGIBLE) is style
