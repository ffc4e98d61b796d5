"""A preset opens where it teaches, and a step of a tour where it says, wherever the cursor was before."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from driving import MEDIUM, Drive, explorer

from core import Experiment, presets
from tui.explorer.actions import tour
from tui.explorer.actions.keep import OPENS, open_preset
from tui.explorer.session.cursor import Cursor
from tui.explorer.session.lag_range import LagRange
from tui.explorer.tours.library import shipped_tours

SMALL = Experiment(timesteps=20, hidden_size=4)

FAST = ("by-hand", "one-step", "sunspots", "last-loss", "adding-lstm")


async def hold(drive: Drive, names: Iterable[str]) -> None:
    screen = drive.screen
    for name in names:
        preset = presets()[name]
        screen.view = screen.view.following(2).zoomed_on(LagRange(0, 1))
        screen.cursor = Cursor(len(drive.trace.tape.losses)).at(1)
        open_preset(screen, name)
        await drive.settled()
        await drive.until(lambda: screen.session.is_followed, name)
        cursor, steps = screen.cursor, len(drive.trace.tape.losses)
        assert cursor is not None and cursor.backward, name
        assert cursor.step == {"end": 1, "loss": screen.shown.loss}[preset.opens], name
        assert (screen.view.loss, screen.view.lags, cursor.steps) == ("last", None, steps), name


@explorer(SMALL, size=MEDIUM, only="work")
async def test_a_preset_opens_on_its_last_loss_where_it_teaches(drive: Drive) -> None:
    await hold(drive, FAST)


@pytest.mark.slow
@explorer(SMALL, size=MEDIUM, only="work")
async def test_every_preset_opens_on_its_last_loss_where_it_teaches(drive: Drive) -> None:
    await hold(drive, presets())


@explorer(SMALL, size=MEDIUM, only="work")
async def test_a_preset_that_is_in_force_already_opens_there_too(drive: Drive) -> None:
    open_preset(drive.screen, "by-hand")
    await drive.settled()
    await drive.press("home")
    assert drive.screen.cursor == Cursor(3)
    open_preset(drive.screen, "by-hand")
    await drive.until(lambda: drive.screen.cursor == Cursor(3, 3), "L_3 comes in at s = 3")


def test_every_preset_says_where_it_opens() -> None:
    assert {one.opens for one in presets().values()} == set(OPENS)
    assert presets()["by-hand"].opens == "loss", "its numbers are redone from there on"


@explorer(SMALL, size=MEDIUM, only="work")
async def test_a_step_of_a_tour_is_where_it_says_whatever_was_before(drive: Drive) -> None:
    screen, found = drive.screen, shipped_tours()["by-hand"]
    await drive.press("end")
    tour.start(screen, found)
    for place, step in enumerate(found.steps):
        await drive.until(lambda: screen.session.is_followed and screen.landing is None, step.title)
        expected = step.cursor(len(drive.trace.tape.losses), screen.shown.loss)
        assert screen.touring is not None and screen.touring.place == place
        assert screen.cursor == expected, step.title
        await drive.press("left" if expected.position else "right")
        for _ in range(1 + (step.question is not None)):
            tour.further(screen, 1)
