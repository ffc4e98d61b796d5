"""Driving the explorer the way a person does, for the tests of the panels and of the screen.

`@explorer(...)` makes a test of a coroutine that takes a `Drive`: the app is started at a size, its first trace
is waited for, and its preferences and files are kept away from those of whoever runs the tests.
"""

from __future__ import annotations

import asyncio
import inspect
import tempfile
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from functools import wraps
from typing import Any, Literal, TypeVar

import pytest
from started import CAN_COPY, SPOILS_COPIES, Started, started
from textual.app import App, ComposeResult
from textual.css.query import QueryType
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import Label, Static
from textual.worker import WorkerCancelled

from core import Experiment, Trace
from core.settings.hints import Value
from tui.explorer.app import RnnApp
from tui.explorer.panels.settings import SettingsPanel
from tui.explorer.panels.step import StepPanel
from tui.explorer.screen import Explorer
from tui.explorer.widgets.charts_tabs import LaterPane
from tui.explorer.widgets.setting_row import Choice, Field, Rows, SettingRow

WIDE, MEDIUM, NARROW = (160, 48), (120, 36), (80, 24)

PATIENCE = 120.0
"""Seconds to wait for something before giving up: a busy machine is slow, not wrong"""

HOMES = ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "LOCALAPPDATA", "APPDATA")
"""Where the program keeps what it remembers"""

POLL = 0.005
"""Seconds between two looks: the thread that is waited for can work meanwhile"""

Part = Literal["everything", "settings", "work"]

Scenario = TypeVar("Scenario", bound=Callable[..., Awaitable[None]])


class Drive:
    """A running explorer and the hands at its keyboard."""

    def __init__(self, pilot: Pilot[None]) -> None:
        self.pilot = pilot

    @property
    def app(self) -> RnnApp:
        assert isinstance(self.pilot.app, RnnApp)
        return self.pilot.app

    @property
    def screen(self) -> Explorer:
        """The explorer, also while a dialog stands before it."""
        found = next(screen for screen in self.app.screen_stack if isinstance(screen, Explorer))
        assert isinstance(found, Explorer)
        return found

    @property
    def trace(self) -> Trace:
        assert self.screen.shown.trace is not None
        return self.screen.shown.trace

    def one(self, kind: type[QueryType], selector: str = "") -> QueryType:
        """The one widget of a kind."""
        return self.screen.query_one(selector, kind) if selector else self.screen.query_one(kind)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def until(self, holds: Callable[[], object], what: str = "") -> None:
        """Let the app work until something is so, and until that is painted."""
        end = time.monotonic() + PATIENCE
        while not holds():
            if (fault := self.pilot.app._exception) is not None:  # of an app that has ended nothing more will come
                raise fault
            assert time.monotonic() < end, f"not within {PATIENCE:g} s: {what or inspect.getsource(holds).strip()}"
            await asyncio.sleep(POLL)
            await self.pilot.pause()

    async def settled(self) -> None:
        """Wait until the trace on the screen is that of the settings in force, and everything is painted."""
        await self.until(
            lambda: (
                self.screen.shown.trace is not None
                and self.screen.shown.trace.experiment == self.screen.subject.experiment
            ),
            "the trace of the settings in force",
        )
        await self.pilot.pause()

    def row(self, name: str) -> SettingRow:
        """The row of a setting."""
        return next(row for row in self.screen.query(SettingRow) if row.setting.name == name)

    def field(self, name: str) -> Field:
        """The field of a setting, as the row has it for the focus."""
        control = self.row(name).control
        assert isinstance(control, Field)
        return control

    def choice(self, name: str) -> Choice:
        """The list of a setting, as the row has it for the focus."""
        control = self.row(name).control
        assert isinstance(control, Choice)
        return control

    async def type(self, name: str, text: str) -> None:
        """Go to a setting's field and type, character by character, in place of what it says."""
        self.row(name).focus_control()
        await self.pilot.pause()
        await self.press("home", "shift+end", "backspace", *text)

    async def enter(self, name: str, value: Value) -> None:
        """Put a whole value into a setting's field at once, as a paste does."""
        field = self.field(name)
        await self.until(lambda: field.is_mounted)
        field.value = str(value)
        await self.pilot.pause()

    def inspector(self) -> str:
        """What the step inspector says, all of it."""
        panel = next(panel for panel in self.screen.query(StepPanel) if panel.region.area)
        return text_of(panel.query_one(".inspector"))


async def make_every_tab(explorer: Explorer) -> None:
    """Have what every tab shows, as once each of them has been open."""
    for pane in explorer.query(LaterPane):
        pane.open()
    while not all(pane.is_made for pane in explorer.query(LaterPane)):
        await asyncio.sleep(0)


async def threads_ended(app: App[None]) -> None:
    """Every thread has done what it was asked for, or was told that nobody wants it any more."""
    with suppress(WorkerCancelled):
        await app.workers.wait_for_complete()


def drive_host(
    app: App[None], steps: Callable[[Pilot[None]], Coroutine[Any, Any, None]], size: tuple[int, int]
) -> None:
    """Run an app that is the host of one panel at a size, and drive it."""

    async def main() -> None:
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await steps(pilot)

    asyncio.run(main())


def text_of(widget: Widget) -> str:
    """The text that a widget paints, line by line."""
    return "\n".join(widget.render_line(y).text.rstrip() for y in range(widget.size.height))


def blank_scroll_bars(app: App[None], lines: list[list[str]]) -> None:
    """Leave the bars out of a screen, given as its characters line by line.

    How long the thumb of a bar is depends on what was shown before: a text keeps some lines that it no longer needs.
    """
    for one in app.screen.query("*"):
        if one.show_vertical_scrollbar and one.is_on_screen:
            bar = one.vertical_scrollbar.region
            for row in range(bar.y, bar.bottom):
                lines[row][bar.x : bar.right] = " " * bar.width


def without_rows(panel: SettingsPanel) -> ComposeResult:
    """What the settings panel is made of, without a setting."""
    yield Rows(Label("", id="together"), id="setting-rows")
    yield Static("", id="setting-help")


def explorer(
    experiment: Experiment | None = None,
    *,
    size: tuple[int, int] = MEDIUM,
    only: Part = "everything",
    alone: bool = False,
) -> Callable[[Scenario], Callable[..., None]]:
    """A test of a coroutine: the explorer opened on an experiment, at a size in columns and rows.

    A test of one panel takes half of the time with `only`: `"work"` leaves out the rows of the settings, which are
    more than half of all widgets, and `"settings"` has nothing but them laid out and painted.

    It has a copy of one that was started for others, too, unless it is to be `alone`: a test that changes how one
    starts, or that looks at what its steps have left in this process.
    """

    def opened() -> Started:
        return Started(RnnApp(experiment), size, lambda pilot: Drive(pilot).settled())

    def decorate(scenario: Scenario) -> Callable[..., None]:
        async def whole(pilot: Pilot[None], **given: Any) -> None:
            await scenario(Drive(pilot), **given)
            await pilot.pause()  # what it leaves on the screen can be painted

        async def run(**given: Any) -> None:
            async with RnnApp(experiment).run_test(size=size) as pilot:
                await Drive(pilot).settled()
                await whole(pilot, **given)

        signature = inspect.signature(scenario)
        copied = CAN_COPY and not alone and not SPOILS_COPIES.intersection(signature.parameters)

        @wraps(scenario)
        def test(**given: Any) -> None:
            with tempfile.TemporaryDirectory() as home, pytest.MonkeyPatch.context() as patch:
                for variable in HOMES:
                    patch.setenv(variable, home)
                patch.chdir(home)
                if only == "work":
                    patch.setattr(SettingsPanel, "compose", without_rows)
                elif only == "settings":
                    patch.setattr(RnnApp, "CSS", "#main { display: none; }", raising=False)
                if copied:
                    started((experiment, size, only), opened).test(lambda pilot: whole(pilot, **given))
                else:
                    asyncio.run(run(**given))

        test.__signature__ = signature.replace(parameters=list(signature.parameters.values())[1:])  # type: ignore[attr-defined]
        return test

    return decorate
