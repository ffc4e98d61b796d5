"""A repaint held back: nothing is painted meanwhile, everything afterwards, and never for long."""

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest
import quiet
from driving import HOMES, MEDIUM, PATIENCE, Drive, explorer
from rich.console import RenderableType
from textual._compositor import Compositor
from textual.app import App, ComposeResult
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from core import Experiment
from tui.explorer.actions import tracing
from tui.explorer.actions.settings import change as change_settings
from tui.explorer.app import RnnApp
from tui.explorer.painting import repaint_hold
from tui.explorer.painting.repaint_hold import RepaintHold
from tui.explorer.screen import Explorer

LONG = 60.0


class Counted(Widget):
    """Counts how often it is painted."""

    painted = 0

    def render_line(self, y: int) -> Strip:
        self.painted += y == 0
        return Strip.blank(self.size.width)


class Painting(App[None]):
    def compose(self) -> ComposeResult:
        yield Counted()


async def _painted_after(pilot_pause, widget: Counted) -> int:
    """How often it has been painted once everything that was asked for is done."""
    widget.refresh()
    await pilot_pause(0.1)
    return widget.painted


@pytest.mark.parametrize("holds", [1, 3])
def test_nothing_is_painted_until_it_is_let_go(monkeypatch, holds):
    monkeypatch.setattr(repaint_hold, "AT_MOST", LONG)

    async def run() -> None:
        async with Painting().run_test() as pilot:
            widget, hold = pilot.app.query_one(Counted), RepaintHold(pilot.app.screen)
            before = await _painted_after(pilot.pause, widget)
            assert before
            for _ in range(holds):
                hold.hold()
            assert await _painted_after(pilot.pause, widget) == before
            hold.release_soon()
            await pilot.pause(0.1)
            assert widget.painted > before

    asyncio.run(run())


def test_what_nobody_lets_go_is_painted_all_the_same(monkeypatch):
    monkeypatch.setattr(Screen, "_compositor_refresh", quiet.paint_at_once)

    async def run() -> None:
        async with Painting().run_test() as pilot:
            widget, hold = pilot.app.query_one(Counted), RepaintHold(pilot.app.screen)
            before = await _painted_after(pilot.pause, widget)
            hold.hold()
            hold.hold()
            widget.refresh()
            await pilot.pause(repaint_hold.AT_MOST + 0.2)
            assert widget.painted > before
            hold.release()  # once more than held is nothing
            assert await _painted_after(pilot.pause, widget) > before + 1

    asyncio.run(run())


@explorer(size=MEDIUM, only="work")
async def test_what_is_ready_is_not_said_to_be_computing_while_its_thread_still_ends(drive: Drive):
    ends, make = threading.Event(), tracing.make

    def lingering(*given: Any) -> None:
        make(*given)
        ends.wait(PATIENCE)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tracing, "make", lingering)
        change_settings(drive.screen, drive.screen.subject.experiment.replace(gain=0.5))
        await drive.settled()
        await drive.pilot.pause(2 * tracing.NOTICEABLE)
        assert drive.screen.progress is None
        ends.set()


@pytest.mark.parametrize("is_late", [False, True])
def test_at_the_start_the_panels_are_painted_once_with_the_trace_or_without_it_where_that_takes_long(
    is_late: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    painted: list[bool] = []
    ends, make, paint = threading.Event(), tracing.make, Compositor.render_update

    def noting(compositor: Compositor, **given: Any) -> RenderableType | None:
        screen = compositor.root
        if isinstance(screen, Explorer):
            assert not screen.app._batch_count, "nothing would be shown of it"
            painted.append(screen.shown.trace is not None)
        return paint(compositor, **given)

    def late(*given: Any) -> None:
        ends.wait(PATIENCE)
        make(*given)

    for variable in HOMES:
        monkeypatch.setenv(variable, str(tmp_path))
    monkeypatch.setattr(Screen, "_compositor_refresh", quiet.paint_at_once)
    monkeypatch.setattr(Compositor, "render_update", noting)
    monkeypatch.setattr(tracing, "FIRST", 0.01 if is_late else LONG)
    if is_late:
        monkeypatch.setattr(tracing, "make", late)

    async def run() -> None:
        async with RnnApp(Experiment(timesteps=6, hidden_size=3)).run_test(size=MEDIUM) as pilot:
            drive = Drive(pilot)
            if is_late:
                await drive.until(lambda: painted)
                assert drive.row("gain").region.area
                ends.set()
            await drive.settled()
            assert painted[0] is not is_late
            screen = drive.screen
            assert not screen._compositor._dirty_regions, "all of it has been painted"

    asyncio.run(run())
