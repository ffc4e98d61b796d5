"""Every step of every tour, in the running program: what it says stands on the screen, and it can be played with."""

from __future__ import annotations

import re
from typing import Any

import pytest
from driving import MEDIUM, NARROW, WIDE, Drive, explorer

import core
from tui.explorer.actions import tour as touring
from tui.explorer.panels.tour import TourPanel
from tui.explorer.session.tour import Tour
from tui.explorer.tours.library import MAIN, shipped_tours
from tui.explorer.tours.texts import Seen, right_answer
from tui.explorer.widgets.footer import FittingFooter
from tui.report.charts.terminal import SMALLEST

NUMBER = re.compile(r"(?<![A-Za-z\d.])\d[\d,]*(?:\.\d+)?(?:e[+−]\d+)?")

NO_ROOM = f"needs {SMALLEST[0]}×{SMALLEST[1]}"
"""What stands in the place of a chart that is too small"""


def numbers(text: str) -> set[float]:
    """Every number in a text, by its value: 0.89 is 0.890."""
    return {float(found.replace(",", "").replace("−", "-")) for found in NUMBER.findall(text)}


def painted(drive: Drive) -> str:
    """What stands on the screen beside the tour and the footer."""
    strips = drive.screen._compositor.render_strips()
    ours = [drive.one(kind).region for kind in (TourPanel, FittingFooter)]
    return "\n".join(
        strip.text for y, strip in enumerate(strips) if not any(region.contains(region.x, y) for region in ours)
    )


def said(drive: Drive) -> str:
    """What the tour says: its text, and its question or the reason."""
    parts = ("#tour-text", "#tour-question")
    return "\n".join(
        str(drive.one(TourPanel).query_one(part).render())
        for part in parts
        if drive.one(TourPanel).query_one(part).display
    )


async def told(drive: Drive) -> None:
    """Until the step is on the screen with its numbers."""
    panel = drive.one(TourPanel)

    def there() -> bool:
        state = panel._of
        return state is not None and state[0] is drive.screen.touring and state[1] is not None

    await drive.until(there, "the numbers of the step")
    await drive.until(lambda: drive.screen._is_at_rest, "everything that is looked at")
    await drive.pilot.pause()


async def check(drive: Drive, step: str) -> None:
    await told(drive)
    text, screen = said(drive), painted(drive)
    assert "{" not in text and "–" not in text, f"{step}: {text}"
    missing = numbers(text) - numbers(screen)
    assert NO_ROOM not in screen, f"{step}: no room for the chart"
    assert not missing, f"{step}: {sorted(missing)} of {text!r} do not stand on the screen:\n{screen}"


async def walk(drive: Drive, tour: Tour) -> None:
    """Go through a tour by its keys, and look at each step before and after its question."""
    touring.start(drive.screen, tour)
    for place, step in enumerate(tour.steps, start=1):
        name = f"{tour.title}, step {place}"
        assert drive.screen.touring.place == place - 1
        await check(drive, name)
        if step.question is not None:
            await drive.press(str(step.question.right or 1))
            assert drive.screen.touring.revealed
            await check(drive, f"{name}, answered")
        await drive.press("enter")
    assert drive.screen.touring is None


def test_the_title_of_every_step_has_room_beside_its_keys_on_the_smallest_screen() -> None:
    """Of 80 columns the place takes 10 and the keys take 42, on a last step 50."""
    for name, tour in shipped_tours().items():
        for step in tour.steps:
            assert len(step.title) <= (20 if step is tour.steps[-1] else 26), f"{name}: {step.title}"


@explorer(size=MEDIUM)
async def test_every_number_of_the_main_tour_stands_on_the_screen(drive: Drive) -> None:
    await walk(drive, shipped_tours()[MAIN])


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in shipped_tours() if name != MAIN])
def test_every_number_of_the_other_tours_stands_on_the_screen(name: str) -> None:
    @explorer(size=MEDIUM)
    async def scenario(drive: Drive) -> None:
        await walk(drive, shipped_tours()[name])

    scenario()


@pytest.mark.parametrize(
    ("settings", "right"),
    [
        ({}, 1),
        ({"activation": "identity", "initializer": "orthogonal", "timesteps": 100, "gain": 1.0}, 2),
        ({"gain": 3.0, "input_gain": 0.05, "initial_state": 0.5, "hidden_size": 64, "timesteps": 100}, 3),
        ({"gain": 0.0}, 1),
        ({"timesteps": 5}, None),
    ],
)
def test_what_ones_own_network_does_decides_which_answer_is_right(settings: dict[str, Any], right: int | None) -> None:
    step = shipped_tours()["your-network"].steps[0]
    assert step.question is not None and step.question.right_by == "regime"
    seen = Seen.by(step, core.run(core.Experiment(**settings)))
    assert right_answer(step.question, seen) == right


@pytest.mark.slow
@pytest.mark.parametrize(("name", "size"), [*((name, NARROW) for name in shipped_tours()), (MAIN, WIDE)])
def test_and_at_other_sizes(name: str, size: tuple[int, int]) -> None:
    @explorer(size=size)
    async def scenario(drive: Drive) -> None:
        await walk(drive, shipped_tours()[name])

    scenario()
