"""Whatever a person does, in whatever order and however fast, every panel shows one trace and one cursor.

Random keys, sizes, themes and presets, from fixed seeds: a failure names the seed, and the same seed fails again.
"""

from __future__ import annotations

import asyncio
import random

import pytest
from driving import make_every_tab
from textual.pilot import Pilot

from core import Experiment, presets
from tui.explorer.actions.settings import change as change_settings
from tui.explorer.app import RnnApp
from tui.explorer.panels.lags import LagsPanel
from tui.explorer.panels.map import MapPanel
from tui.explorer.panels.settings import SettingsPanel
from tui.explorer.panels.step import StepPanel
from tui.explorer.panels.units import UnitsPanel
from tui.explorer.panels.unrolled import UnrolledNetwork
from tui.explorer.screen import Explorer

KEYS = (
    *("right", "left", "shift+right", "shift+left", "home", "end", "t", "space", "plus", "minus"),
    *("f", "less_than_sign", "greater_than_sign"),
    *("c", "v", "m", "comma", "full_stop", "1", "2", "3", "4", "left_square_bracket", "right_square_bracket"),
    *(
        "s",
        "n",
        "u",
        "U",
        "j",
        "p",
        "x",
        "escape",
        "f1",
        "tab",
        "shift+tab",
        "up",
        "down",
        "backspace",
        "0",
        "9",
        "enter",
    ),
)
SIZES = ((200, 60), (160, 48), (120, 36), (100, 30), (80, 24), (60, 20), (40, 12), (20, 6))


def mismatches(explorer: Explorer) -> list[str]:
    """Panels that show another trace, cursor or experiment than the explorer holds."""
    found = []
    for kind in (UnrolledNetwork, LagsPanel, MapPanel, UnitsPanel, StepPanel):
        for panel in explorer.query(kind):
            if panel.trace is not explorer.shown.trace:
                found.append(f"{kind.__name__} shows another trace")
            if panel.cursor != explorer.cursor:
                found.append(f"{kind.__name__} shows another cursor")
    pinning = (explorer.query_one(kind) for kind in (UnrolledNetwork, LagsPanel, MapPanel))
    found += [f"{panel} shows another pinned trace" for panel in pinning if panel.pinned is not explorer.shown.pinned]
    tables = (explorer.query_one(kind) for kind in (LagsPanel, MapPanel, UnitsPanel))
    found += [f"{panel} is no table, or is one alone" for panel in tables if panel.view != explorer.view]
    for kind in (UnrolledNetwork, StepPanel):
        found += [
            f"{kind.__name__} shows another backward pass"
            for p in explorer.query(kind)
            if p.backward_pass is not explorer.shown.backward_pass
        ]
    if explorer.query_one(SettingsPanel).subject != explorer.subject:
        found.append("the settings show another experiment")
    if explorer.shown.trace is not None and explorer.cursor is not None and explorer.shown.backward_pass is not None:
        steps = len(explorer.shown.trace.tape.losses)
        if explorer.cursor.steps != steps or len(explorer.shown.backward_pass) != steps:
            found.append("the cursor or the backward pass is another trace's")
    return found


async def settled(pilot: Pilot[None], explorer: Explorer) -> None:
    """Wait until the trace on the screen is the experiment's."""
    async with asyncio.timeout(60):
        while not (explorer.session.is_followed and explorer.tracing.at_rest and explorer.progress is None):
            await asyncio.sleep(0.005)
    await pilot.pause()


@pytest.mark.parametrize(
    ("seed", "turns"), [(0, 12), *(pytest.param(seed, 25, marks=pytest.mark.slow) for seed in (1, 2, 3))]
)
def test_every_panel_shows_the_same_trace_and_cursor_whatever_is_done(seed: int, turns: int) -> None:
    async def drive() -> None:
        rng = random.Random(seed)
        app = RnnApp(Experiment(timesteps=12, hidden_size=3, seed=seed))
        async with app.run_test(size=(120, 36)) as pilot:
            explorer = app.screen
            assert isinstance(explorer, Explorer)
            await make_every_tab(explorer)
            for _ in range(turns):
                dice = rng.random()
                if dice < 0.08:
                    await pilot.resize_terminal(*rng.choice(SIZES))
                elif dice < 0.12:
                    app.theme = rng.choice(sorted(app.available_themes))
                else:
                    await pilot.press(*rng.choices(KEYS, k=rng.randint(1, 4)))
                assert not mismatches(explorer)
            await settled(pilot, explorer)
            assert not mismatches(explorer)

    asyncio.run(drive())


@pytest.mark.parametrize("each", [16, pytest.param(3, marks=pytest.mark.slow)])
def test_presets_and_themes_that_follow_each_other_are_shown_without_a_mismatch(each: int) -> None:
    """Every 16th of the presets, or every third; test_presets_open has each of them, test_readable each theme."""

    async def drive() -> None:
        app = RnnApp(Experiment())
        async with app.run_test(size=(120, 36)) as pilot:
            explorer = app.screen
            assert isinstance(explorer, Explorer)
            await make_every_tab(explorer)
            themes = sorted(app.available_themes)
            for i, preset in enumerate(list(presets().values())[::each]):
                short = preset.experiment.replace(timesteps=min(preset.experiment.timesteps, 30))
                change_settings(explorer, short)
                app.theme = themes[i % len(themes)]
                await settled(pilot, explorer)
                await pilot.press("end", "left", "full_stop")
                assert not mismatches(explorer), preset.name

    asyncio.run(drive())
