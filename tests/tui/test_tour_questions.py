"""What a tour asks is not to be read off the screen before it is answered."""

from __future__ import annotations

import pytest
from driving import NARROW, WIDE, Drive, explorer, text_of
from test_tours import painted, told

from core import Experiment
from tui.explorer.actions import tour as touring
from tui.explorer.actions.settings import change as change_settings
from tui.explorer.actions.tour import _afterwards
from tui.explorer.panels.tour import ASKED, KEPT_BACK, MORE_KEPT_BACK, TourPanel
from tui.explorer.session.tour import Question, Tour, TourStep
from tui.explorer.tours.library import MAIN, following, shipped_tours
from tui.explorer.widgets.lags_chart import LagsChart

ANSWERED_BY = {MAIN: ("And the output?", "lag 0 only"), "truncation": ("With k2 = 20", "lag 0 only")}
"""Tour → the step that asks of W_y, and what the chart says of it"""


@pytest.mark.parametrize("name", ANSWERED_BY)
def test_the_chart_draws_what_is_asked_for_with_the_answer(name: str) -> None:
    tour, (title, answer) = shipped_tours()[name], ANSWERED_BY[name]
    place = [step.title for step in tour.steps].index(title)

    @explorer(size=WIDE, only="work")
    async def scenario(drive: Drive) -> None:
        touring.start(drive.screen, tour, None, place)
        await told(drive)
        assert answer not in text_of(drive.one(LagsChart))
        await drive.press(str(tour.steps[place].question.right))
        await told(drive)
        assert answer in text_of(drive.one(LagsChart))

    scenario()


@explorer(size=WIDE, only="work")
async def test_the_panel_step_does_not_have_what_is_to_be_worked_out_by_hand(drive: Drive) -> None:
    tour = shipped_tours()["by-hand"]
    for place, worked_out in ((0, "·[2 0] + 0.5·3 + 0.5 = 1"), (2, "[−0.5 1]·[−1.5 −1.5] = −0.75")):
        question = tour.steps[place].question
        assert question is not None and question.right is not None
        assert worked_out.endswith(f"= {question.answers[question.right - 1]}")
        touring.start(drive.screen, tour, None, place)
        await told(drive)
        assert worked_out not in " ".join(drive.inspector().split())
        await drive.press(str(question.right))
        await told(drive)
        assert worked_out in " ".join(drive.inspector().split())


@explorer(size=WIDE, only="work")
async def test_a_title_that_is_the_answer_comes_with_it(drive: Drive) -> None:
    step = TourStep(
        title="It vanishes",
        text="Look.",
        lag=0,
        settings={"timesteps": 8, "hidden_size": 3},
        question=Question(ask="What does it do?", answers=("vanish", "explode"), right=1, reason="So it is."),
    )
    for one, title in ((step, step.title), (step.model_copy(update={"title": ""}), "All vanish")):
        touring.start(drive.screen, Tour(title="All vanish", steps=(one,)))
        await told(drive)
        bar = drive.one(TourPanel).query_one(".title")
        assert text_of(bar).strip() == ASKED and title not in painted(drive)
        await drive.press("1")
        assert text_of(bar).strip() == title


@explorer(size=WIDE, only="work")
async def test_the_reason_is_of_the_network_and_the_losses_that_the_step_is_about(drive: Drive) -> None:
    """Also where somebody has played before the answer: followed one loss, and changed a setting."""
    step = TourStep(
        text="All losses.",
        loss="all",
        settings={"timesteps": 20, "hidden_size": 3},
        question=Question(ask="What is left?", answers=("much", "little"), right=2, reason="{left}, of {loss}."),
    )
    touring.start(drive.screen, Tour(title="Left", steps=(step,)))
    await told(drive)
    await drive.press("f")
    change_settings(drive.screen, step.experiment.replace(timesteps=15))
    await drive.settled()
    assert drive.screen.shown.loss == 15
    await drive.press("2")
    await told(drive)
    assert drive.screen.subject.experiment == step.experiment and drive.screen.shown.loss is None
    reason = text_of(drive.one(TourPanel).query_one("#tour-question"))
    assert "all losses: " in reason and ", of all losses." in reason and "…" not in reason


@explorer(size=NARROW, only="work")
async def test_that_lines_come_with_the_answer_tells_whether_some_are_drawn_already(drive: Drive) -> None:
    for name, place, told_of, other in (
        ("question", 1, KEPT_BACK, MORE_KEPT_BACK),
        ("gates", 1, MORE_KEPT_BACK, KEPT_BACK),
    ):
        touring.start(drive.screen, shipped_tours()[name], None, place)
        await told(drive)
        question = " ".join(text_of(drive.one(TourPanel).query_one("#tour-question")).split())
        assert told_of in question and other not in question


@explorer(size=NARROW, only="work")
async def test_on_the_smallest_screen_the_chart_that_is_asked_about_says_what_it_draws(drive: Drive) -> None:
    touring.start(drive.screen, shipped_tours()[MAIN], None, 4)
    await told(drive)
    assert "‖∂L_50/∂θ through step 50−k‖" in text_of(drive.one(LagsChart))


@explorer(Experiment(cell="lstm", timesteps=20), size=NARROW, only="work")
async def test_typical_is_said_to_be_the_mean_of_all_losses_of_any_cell(drive: Drive) -> None:
    screen = drive.screen
    await drive.press("f")
    await drive.until(lambda: screen.shown.loss is None and "typical ‖" in text_of(drive.one(LagsChart)))
    await drive.until(lambda: "all losses, their mean" in text_of(screen.query_one("#curve-name")))


def test_what_is_pinned_behind_the_lstm_differs_from_it_by_the_cell_and_its_gate_alone() -> None:
    step = shipped_tours()["gates"].steps[1]
    (behind,) = step.behind
    assert step.experiment is not None
    own, other = step.experiment.model_dump(), behind.experiment.model_dump()
    assert {name for name in own if own[name] != other[name]} == {"cell", "forget_bias"}


def test_what_has_been_gone_through_is_not_named_as_what_to_try_next() -> None:
    tour = shipped_tours()[MAIN]
    titles = [one.title for one in following(tour).values()]
    assert all(title in _afterwards(tour, ()) for title in titles)
    rest = _afterwards(tour, titles[:1])
    assert titles[0] not in rest and titles[1] in rest
    assert "Now try" not in _afterwards(tour, titles)
