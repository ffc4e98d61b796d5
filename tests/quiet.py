"""When an app has nothing left to do, known from its event loop.

Textual's pilot cannot know. It sleeps until the process has used next to no time for 20 ms, twice for every key, and
sends a message to each widget, of which the explorer has 360. A loop in which no callback is ready has nothing to do
until a timer, a thread or a person calls: asked for that, the same tests take half of the time, and none of it asleep.

A screen is painted when the app has come to rest, and not at each layout on the way there. What a terminal would show
for less than a frame takes a third of the time of a test, and no test can see it; whatever it sees has been painted.

Python's garbage is collected between tests and not by the explorer. Half of it were the seven memories that Textual
makes for each piece of a line, of what was done to it last: here it has one, which remembers nothing.

The host of a panel keeps the style sheets that are parsed as the explorer does, for all apps of the process.
"""

from __future__ import annotations

import asyncio
import time
from weakref import WeakSet

import pytest
import textual.app
import textual.pilot
import textual.strip
from textual.app import App
from textual.pilot import Pilot
from textual.screen import Screen

import tui.explorer.app
from tui.explorer.painting.parsed_styles import ParsedStyles


class Forgetful:
    """In place of what a strip remembers of what was done to it."""

    def get(self, key: object) -> None:
        """Nothing is known."""

    def __setitem__(self, key: object, value: object) -> None:
        """And nothing will be."""


FORGETFUL = Forgetful()

UNPAINTED = 5
"""How often an app may go on after a key before it is painted all the same"""

AT_MOST = 30.0
"""Seconds in which an app has to come to rest; as many as Textual's pilot has for it"""


paint_at_once = Screen._compositor_refresh
"""Textual's own"""

_to_paint: WeakSet[Screen[object]] = WeakSet()


def paint_at_rest(screen: Screen[object]) -> None:
    """In place of painting a screen at once."""
    if screen is not screen.app.screen:
        return paint_at_once(screen)
    _to_paint.add(screen)
    screen._dirty_widgets.clear()
    screen.app._update_mouse_over(screen)
    return None


async def no_callback_is_ready(*sleeps: float) -> None:
    """In place of Textual's `wait_for_idle`, whose arguments say how long to sleep."""
    ready, end = asyncio.get_running_loop()._ready, time.monotonic() + AT_MOST  # type: ignore[attr-defined]
    while ready and time.monotonic() < end:
        await asyncio.sleep(0)


async def quiet(app: App[object], *, painted: bool = True) -> None:
    """Let the app work, and paint unless nobody waits for that, until nothing is left to do.

    What waits for the next tick of a timer is done at once: the app takes up a new size, the screen paints what has
    changed and calls what was to be called after that. What comes to rest only once it is painted is painted.
    """
    end, rounds = time.monotonic() + AT_MOST, 0
    while not app._exception_event.is_set() and time.monotonic() < end:
        await no_callback_is_ready()
        if not app._running or not app.screen_stack:
            return
        if app._resize_event is not None:
            app._check_resize()
        app.screen._on_timer_update()
        if app.animator._animations or app.animator._scheduled:
            await app.animator.wait_until_complete()
        rounds += 1
        if (painted or rounds > UNPAINTED) and app.screen in _to_paint:
            _to_paint.remove(app.screen)
            paint_at_once(app.screen)
        if not asyncio.get_running_loop()._ready:  # type: ignore[attr-defined]
            return
    assert app._exception_event.is_set(), f"not at rest within {AT_MOST:g} s: something is laid out again and again"


async def screen_is_quiet(pilot: Pilot[object], timeout: float = 30.0) -> bool:
    """In place of the pilot's message to each widget of the screen."""
    await quiet(pilot.app)
    return not pilot.app._exception_event.is_set()


async def press(pilot: Pilot[object], *keys: str) -> None:
    """In place of the pilot's own, after which the screen was painted: a test that looks at it waits, or renders it."""
    if keys:
        await pilot.app._press_keys(keys)
        await quiet(pilot.app, painted=False)


def install(patch: pytest.MonkeyPatch) -> None:
    """Every pilot waits in this way."""
    for module in (textual.app, textual.pilot):
        patch.setattr(module, "wait_for_idle", no_callback_is_ready)
    patch.setattr(textual.app, "Stylesheet", ParsedStyles)
    patch.setattr(textual.strip, "FIFOCache", lambda maxsize: FORGETFUL)
    patch.setattr(tui.explorer.app, "SETTLED", 3600.0)
    patch.setattr(Pilot, "press", press)
    patch.setattr(Pilot, "_wait_for_screen", screen_is_quiet)
    patch.setattr(Screen, "_compositor_refresh", paint_at_rest)
