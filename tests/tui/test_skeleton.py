"""The frame that is there while the explorer is being imported."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
from driving import HOMES
from textual.command import CommandList, CommandPalette
from textual.geometry import Region
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import TabbedContent

import tui.explorer.app
from core import Experiment
from tui.explorer.app import RnnApp
from tui.explorer.panels.unrolled import UnrolledNetwork
from tui.explorer.skeleton import SkeletonScreen

if TYPE_CHECKING:
    from tui.explorer.screen import Explorer

PLACES = ("settings", "main", "strip", "work", "tabs", "side")


@pytest.fixture(autouse=True)
def config(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An explorer that has still to be imported, in the home of somebody who never used it."""
    monkeypatch.delitem(sys.modules, tui.explorer.app.EXPLORER, raising=False)
    for variable in HOMES:
        monkeypatch.setenv(variable, str(tmp_path))
    return tmp_path


@pytest.fixture
def import_held(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """The import of the explorer takes until this is set."""
    go, load = threading.Event(), tui.explorer.app.importlib.import_module

    def import_module(name: str, package: str | None = None) -> object:
        assert name != tui.explorer.app.EXPLORER or go.wait(60)
        return load(name, package)

    monkeypatch.setattr(tui.explorer.app.importlib, "import_module", import_module)
    return go


def places(screen: Screen[object]) -> Mapping[str, tuple[Region, object]]:
    """Where each panel is, and what its frame says."""
    found = [screen.query_one(f"#{place}") for place in PLACES]
    return {str(widget.id): (widget.region, titled(widget)) for widget in found if widget.region.area}


def titled(widget: Widget) -> object:
    """What a frame says, without what a click on it does."""
    return widget.title.plain.rstrip() if isinstance(widget, UnrolledNetwork) else widget.border_title


async def opened(app: RnnApp) -> None:
    """Until the explorer is there, and has handed on what was kept for it."""
    async with asyncio.timeout(60):
        while isinstance(app.screen, SkeletonScreen) or app._opening:
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    "size", [(120, 36), (40, 12), *(pytest.param(size, marks=pytest.mark.slow) for size in ((160, 48), (80, 24)))]
)
def test_every_place_of_the_frame_is_the_panels(size: tuple[int, int], import_held: threading.Event) -> None:
    async def drive() -> None:
        app = RnnApp()
        async with app.run_test(size=size) as pilot:
            assert isinstance(app.screen, SkeletonScreen)
            before = places(app.screen)
            import_held.set()
            await opened(app)
            await pilot.pause()
            after = places(app.screen)
            assert before.keys() == after.keys()
            # The verdict takes a second line of the title where there is not room for it.
            lines = after["main"][0].y - before["main"][0].y
            assert lines in (0, 1)
            for place, (region, title) in before.items():
                moved = region.translate((0, lines))
                reaches_down = place != "strip"
                expected = moved.shrink((0, 0, lines, 0)) if reaches_down else moved
                assert expected == after[place][0], place
                # Of which losses the strip shows the way back is not known before.
                assert after[place][1] == (f"{title} · ‹ L_50 ›" if place == "strip" else title)

    asyncio.run(drive())


def test_what_is_typed_meanwhile_is_the_explorers(import_held: threading.Event) -> None:
    async def drive() -> None:
        app = RnnApp(Experiment(timesteps=8, hidden_size=3))
        async with app.run_test(size=(120, 36)) as pilot:
            await pilot.press("right", "right", "b", "full_stop")
            assert isinstance(app.screen, SkeletonScreen)
            import_held.set()
            await pilot.press("left", "v")  # some of it comes while the explorer is being made
            await opened(app)
            explorer = cast("Explorer", app.screen)
            async with asyncio.timeout(60):
                while not explorer.view.as_table:
                    await pilot.pause(0.01)
            assert explorer.view.theory
            assert explorer.cursor is not None
            assert explorer.cursor.step == 2, "the keys had a trace to move on, and kept their order"
            assert explorer.query_one("#tabs", TabbedContent).active == "tab-map"

    asyncio.run(drive())


def test_the_palette_that_was_asked_for_meanwhile_opens(import_held: threading.Event) -> None:
    async def drive() -> None:
        app = RnnApp(Experiment(timesteps=8, hidden_size=3))
        async with app.run_test(size=(120, 36)) as pilot:
            await pilot.press("ctrl+p")
            assert isinstance(app.screen, SkeletonScreen)
            import_held.set()
            await opened(app)
            async with asyncio.timeout(60):
                while not any(found.option_count for found in app.screen.query(CommandList)):
                    await pilot.pause(0.01)
            await pilot.press("escape")
            assert not CommandPalette.is_open(app)

    asyncio.run(drive())


def test_it_can_be_left_and_remembers_nothing(import_held: threading.Event, config: Path) -> None:
    async def drive() -> None:
        app = RnnApp()
        async with app.run_test(size=(120, 36)) as pilot:
            await pilot.press("ctrl+q")
            import_held.set()
        assert app.return_code == 0
        assert not list(config.rglob("*.toml")), "what was not asked for is not remembered"

    asyncio.run(drive())


def test_it_needs_nothing_that_is_slow_to_import() -> None:
    slow = "{'numpy', 'pydantic', 'plotext', 'core'}"
    code = f"import sys, tui.cli, tui.explorer.app; print(*sorted({slow} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == []


def test_the_explorer_itself_needs_no_format_and_no_chart_library_to_be_imported() -> None:
    late = "{'tui.report.formats', 'tui.report.html', 'plotext'}"
    code = f"import sys, tui.explorer.screen; print(*sorted({late} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == []
