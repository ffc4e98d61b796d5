"""A monkey at the keyboard and the mouse: whatever comes in one read, at whatever size, nothing ends in a traceback.

Bursts of keys, clicks, pastes and resizes, from fixed seeds: a failure names the seed, and the same seed fails again,
as far as the clock of the machine lets it. Three seeds are run each time; before a release, run more of them.
"""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest
import quiet
from driving import HOMES
from textual import events
from textual.app import App
from textual.screen import Screen

from core import Experiment
from tui.explorer.actions.settings import change as change_settings
from tui.explorer.app import RnnApp
from tui.explorer.commands import COMMANDS

SMALL = Experiment(timesteps=6, hidden_size=3, training_steps=2)
SIZES = ((20, 6), (80, 3), (80, 24))
RESIZES = (*SIZES, (1, 1), (40, 12), (160, 48))
SIZES_OF_WORK = ("timesteps", "batch_size", "hidden_size", "training_steps")
LARGE = 5_000
"""Numbers in a recorded array"""
CHARACTERS = {"enter": "\r", "escape": "\x1b", "space": " ", "tab": "\t", "full_stop": ".", "comma": ","}

OWN = [key for command in COMMANDS for key in command.keys.split(",") if "quit" not in command.action]
OTHERS = [
    "up",
    "down",
    "enter",
    "escape",
    "tab",
    "shift+tab",
    "backspace",
    "home",
    "end",
    "ctrl+p",
    "ctrl+r",
    *"[/x]0.9~",
]
KEYS = [*OWN, *OTHERS, *["enter", "escape", "pageup", "o", "e", "R", "ctrl+p", "s"] * 4]


def key(name: str) -> events.Key:
    return events.Key(name, CHARACTERS.get(name, name if len(name) == 1 else None))


def mouse(kind: type[events.MouseEvent], x: int, y: int) -> events.MouseEvent:
    return kind(None, x, y, 0, 0, 1, False, False, False, x, y)


def burst(app: App[None], rng: random.Random) -> None:
    """A few of them, with nothing between them."""
    for _ in range(rng.randint(1, 5)):
        dice = rng.random()
        if dice < 0.75:
            for name in [rng.choice(KEYS)] * rng.choice((1, 1, 2)):
                app.post_message(key(name))
        elif dice < 0.95:
            x, y = rng.randrange(app.size.width), rng.randrange(app.size.height)
            for kind in (events.MouseMove, events.MouseDown, events.MouseUp, events.MouseDown, events.MouseUp):
                app.post_message(mouse(kind, x, y))
        else:
            app.post_message(events.Paste("[/x]\x1b[2J\n~nosuch/x"))


def bound(app: RnnApp) -> None:
    """Settings that have become large go back to small ones, or a monkey would mostly wait for matrices."""
    explorer = app._explorer
    if explorer is None or not explorer.is_running:
        return
    now = explorer.subject.experiment
    if now.timesteps * now.batch_size * now.hidden_size > LARGE:
        change_settings(explorer, now.replace(**{name: getattr(SMALL, name) for name in SIZES_OF_WORK}))


async def let_loose(seed: int, size: tuple[int, int], bursts: int) -> None:
    rng, app = random.Random(f"{seed} {size}"), RnnApp(SMALL.replace(seed=seed, task=("sunspots", "text")[seed % 2]))
    async with app.run_test(size=size, tooltips=True, notifications=True) as pilot:
        for _ in range(bursts):
            burst(app, rng)
            if rng.random() < 0.1:
                await pilot.resize_terminal(*rng.choice(RESIZES))
            for _ in range(rng.choice((0, 0, 1, 5, 40))):
                await asyncio.sleep(0)
            if rng.random() < 0.3:
                await pilot.pause()
            bound(app)
            if app._exit:  # it has found the palette's command for that
                break
        while app._explorer is None and not app._exit:  # it was faster than the explorer was imported
            await pilot.pause()
        assert not app.return_code, f"seed {seed} at {size}"
        assert app._exit or app._explorer in app.screen_stack, f"seed {seed} at {size}: the explorer is gone"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is saved is saved where nobody minds; and the screen is painted as in a terminal, at any moment."""
    monkeypatch.setattr(Screen, "_compositor_refresh", quiet.paint_at_once)
    monkeypatch.chdir(tmp_path)
    for variable in HOMES:
        monkeypatch.setenv(variable, str(tmp_path))


@pytest.mark.parametrize("size", [SIZES[0], pytest.param(SIZES[1], marks=pytest.mark.slow), *SIZES[2:]])
def test_nothing_that_a_monkey_does_ends_in_a_traceback(size: tuple[int, int]) -> None:
    asyncio.run(let_loose(1, size, 25))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 6))
def test_nor_does_it_for_long(seed: int) -> None:
    """Of 150 bursts some 15 change the size, so that a seed comes to every size from any."""
    asyncio.run(let_loose(seed, SIZES[seed % len(SIZES)], 150))
