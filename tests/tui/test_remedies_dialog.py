"""Remedies side by side: trained beside the screen, stopped and gone on with, and opened with their training."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from driving import MEDIUM, NARROW, WIDE, Drive, explorer
from textual.widgets import DataTable, HelpPanel, Static

from core import Experiment
from core.training.profile import STATE
from core.training.remedies import compare, remedies
from core.training.remedies_over_seeds import Difference, Score, difference
from tui.explorer.background.remedies_run import Done, Trial, TriedRemedies, try_remedies
from tui.explorer.dialogs.remedies import RemediesChart, RemediesScreen
from tui.explorer.dialogs.remedies_table import about, cells, head
from tui.explorer.dialogs.symbols import Symbols
from tui.explorer.widgets.written import text_on
from tui.report.charts.remedies import LOOKS, remedies_chart
from tui.report.palette import dark_palette
from tui.report.words.remedies import difference_text, meaning, means_here, verdict

SMALL = Experiment(
    task="adding", timesteps=8, hidden_size=4, batch_size=4, training_steps=6, learning_rate=0.02, seed=0
)
LONG = SMALL.replace(training_steps=100_000)


class EndedError(Exception):
    """Raised by a progress that ends the work."""


def tried(experiment: Experiment, seeds: int = 1) -> TriedRemedies:
    """Every remedy with so many seeds."""
    known = TriedRemedies(experiment, seeds=seeds)

    def take(done: Done) -> None:
        nonlocal known
        known = known.with_done(done)

    try_remedies(known, take, lambda done, total: None)
    return known


async def opened(drive: Drive) -> RemediesScreen:
    """The remedies on the screen."""
    await drive.press("R")
    await drive.until(lambda: isinstance(drive.app.screen, RemediesScreen))
    screen = drive.app.screen
    assert isinstance(screen, RemediesScreen)
    return screen


async def whole(drive: Drive) -> RemediesScreen:
    """The remedies on the screen, with every one done with two seeds and shown."""
    screen = await opened(drive)
    await drive.press("minus", "minus", "minus")
    assert screen.remedies.seeds == 2
    await drive.until(lambda: not screen.remedies.missing)
    await drive.pilot.pause()
    return screen


@cache
def all_tried() -> TriedRemedies:
    """What the work comes to, for what can be done with it then."""
    return tried(SMALL, seeds=2)


async def known(drive: Drive) -> RemediesScreen:
    """The remedies on the screen, each of which was done with two seeds before."""
    drive.screen.remedies = all_tried()
    screen = await opened(drive)
    assert not screen.remedies.missing
    await drive.pilot.pause()
    return screen


# The work


def test_the_rows_are_what_the_comparison_of_core_says() -> None:
    rows, expected = tried(SMALL).compared, list(compare(SMALL))
    assert [row.remedy.name for row in rows] == list(remedies())
    for row, other in zip(rows, expected, strict=True):
        assert row.metric == other.metric
        assert row.experiment == other.experiment
        assert row.after is not None
        assert other.after is not None
        assert np.array_equal(row.after.typical[STATE], other.after.typical[STATE])


def test_a_run_of_a_row_has_the_whole_training_and_profiles_from_first_to_last() -> None:
    for row in tried(SMALL).rows:
        assert row.run is not None
        assert row.run.length == row.run.last_step == 6
        assert (row.run.profiles[0].step, row.run.profiles[-1].step) == (0, 6)


def test_what_ends_the_work_keeps_the_rows_there_are_and_the_rest_is_missing() -> None:
    came: list[Done] = []

    def progress(done: int, total: int) -> None:
        assert done <= total == 6 * 2 * len(remedies())
        if done >= 15:
            raise EndedError

    with pytest.raises(EndedError):
        try_remedies(TriedRemedies(SMALL, seeds=2), came.append, progress)
    found = TriedRemedies(SMALL, seeds=2)
    for done in came:
        found = found.with_done(done)
    assert [row.name for row in found.rows] == list(remedies())[:2]
    every = [Trial(name, seed) for seed in range(2) for name in remedies()]
    assert list(found.missing) == every[2:]
    assert found.total == len(every)


def test_while_it_runs_every_remedy_is_compared_over_the_same_seeds() -> None:
    every = tried(SMALL, seeds=3)
    assert every.whole == 3
    some = replace(every, scores=tuple(one for one in every.scores if one.seed < 2 or one.remedy == "vanilla"))
    assert some.whole == 2 and {len(some.of(name)) for name in remedies()} == {2}
    assert "2 of 3 seeds" in head(some, wide=True).plain
    names = [cells(row, every, dark_palette(), wide=True)[0].plain.split()[1] for row in every.rows]
    assert names == [one.name for one in remedies_chart(every.compared, "after", width=60, height=15).series]


def test_a_remedy_that_does_not_go_with_the_settings_says_why_and_the_others_are_tried() -> None:
    missing = SMALL.replace(task="text", text_file="/nowhere/at/all.txt")
    found = tried(missing, seeds=3)
    assert len(found.rows) == len(remedies())
    assert not found.missing, "what cannot be trained with one seed is not tried with others"
    for row in found.rows:
        assert row.found is None
        assert "nowhere" in row.problem
        assert row.problem in about(row, found).plain
        assert cells(row, found, dark_palette(), wide=True)


def test_a_network_that_overflows_at_once_has_a_row_and_no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    (vanilla,) = compare(SMALL, only=["vanilla"])
    overflowed = replace(vanilla, before=None, after=None)
    monkeypatch.setattr("tui.explorer.background.remedies_run.compare", lambda *given, **named: iter([overflowed]))
    found = tried(SMALL)
    assert all(row.run is None for row in found.rows)
    assert "–" in cells(found.rows[0], found, dark_palette(), wide=True)[-2].plain
    assert not remedies_chart(found.compared, "after").series


@pytest.mark.parametrize("experiment", [SMALL.replace(timesteps=1), SMALL.replace(hidden_size=1), SMALL])
def test_the_chart_has_a_line_for_each_remedy_before_and_after(experiment: Experiment) -> None:
    rows = tried(experiment).compared
    for when in ("before", "after"):
        chart = remedies_chart(rows, when, width=60, height=15)  # type: ignore[arg-type]
        assert [line.name for line in chart.series] == [row.remedy.name for row in rows]
        assert all(math.isfinite(limit) for limit in (*chart.x_limits, *chart.y_limits))


def test_every_remedy_has_a_look_of_its_own() -> None:
    assert set(LOOKS) == set(remedies())
    assert len({look.color for look in LOOKS.values()}) == len({look.marker for look in LOOKS.values()}) == len(LOOKS)


def test_seeds_are_those_of_the_experiment_and_what_follows_and_each_is_a_training_of_its_own() -> None:
    found = all_tried()
    (first, second) = found.of("gru")
    (other,) = compare(SMALL.replace(seed=1, data_seed=1), only=["gru"])
    assert (first.seed, second.seed) == (0, 1)
    assert second.metric == other.metric != first.metric
    fewer = replace(found, seeds=1)
    assert [one.seed for one in fewer.of("gru")] == [0] and not fewer.missing
    assert {one.name for one in replace(found, seeds=3).missing} == set(remedies())
    row = next(row for row in found.rows if row.name == "clipping")
    told = about(row, found).plain
    assert "of 2 seeds" in told or "on 2 seeds" in told
    assert "12 updates" in told, "of both seeds, how many were cut"
    assert "The task needs 4 steps back" in head(found, wide=True).plain


@pytest.mark.parametrize(
    ("task", "horizon", "trained", "said"),
    [
        (
            "sunspots",
            8.0,
            8.0,
            "needs 1 step back, and under 1 % of the plain network's gradient is left from lag 8 on: a remedy ",
        ),
        ("adding", 8.0, 8.0, "left from lag 8 on: a remedy of vanishing gradients means something here"),
        (
            "adding",
            math.inf,
            math.inf,
            "or more at every lag: a remedy of vanishing gradients means little here",
        ),
        ("adding", 37.0, 5.0, "from lag 37 on, once it is trained under 1 % from lag 5 on: a remedy of vanishing "),
        ("adding", 37.0, 5.0, "means something here"),
        ("adding", math.inf, 5.0, "at every lag, once it is trained under 1 % from lag 5 on: a remedy "),
        ("adding", 37.0, 30.0, "left from lag 37 on: a remedy of vanishing gradients means little here"),
        ("adding", 37.0, math.nan, "left from lag 37 on: a remedy of vanishing gradients means little here"),
        ("noise", 8.0, 8.0, "no remedy means anything"),
        ("text", 8.0, 8.0, "is not known"),
    ],
)
def test_it_says_on_which_tasks_a_remedy_means_something(task: str, horizon: float, trained: float, said: str) -> None:
    plain = [Score("vanilla", 0, 1.0, None, None, -1.0, -1.0, horizon, trained, 9, 0, None)]
    assert said in meaning(Experiment(task=task), plain)
    assert len(meaning(Experiment(task=task), plain, wide=False)) <= 81


def test_a_difference_is_said_with_whether_it_is_more_than_scatter() -> None:
    better, scatter = Difference(5, 5, -2.0, 0.1, 0.28), Difference(5, 3, -0.1, 0.1, 0.28)
    assert (verdict(better), verdict(scatter), verdict(Difference(3, 0, 0.0, 0.0, 0.0))) == (
        "better ×0.25",
        "within scatter",
        "the same",
    )
    assert verdict(Difference(5, 0, 1.0, 0.1, 0.28)) == "worse ×2"
    assert verdict(Difference(1, 1, -1.0, math.nan, math.nan)) == "×0.5 of 1 seed" and verdict(None) == "–"
    assert difference_text(better) == (
        "×0.25 (×0.206 … ×0.304) of the error without it, smaller on 5 of 5 seeds: more than scatter"
    )
    assert difference_text(scatter).endswith("no more than scatter")
    cut = Score("clipping", 0, 1.0, None, None, -1.0, -1.0, 9.0, 9.0, 10, 0, None)
    assert "none of 10 updates cut" in means_here(remedies()["clipping"], [cut])
    assert means_here(remedies()["clipping"], [replace(cut, clipped=4)]) == "4 of 10 updates cut"
    assert means_here(remedies()["gru"], [cut]) == ""


def test_too_few_seeds_never_say_within_scatter() -> None:
    """Three seeds, and no range overlaps another: 0.134 … 0.218 beside 0.102 … 0.12."""
    plain, other = (0.102, 0.11, 0.12), (0.134, 0.218, 0.15)
    scores = [
        Score(name, seed, error, None, None, -1.0, -1.0, 9.0, 9.0, 10, 0, None)
        for name, errors in (("vanilla", plain), ("identity-relu", other))
        for seed, error in enumerate(errors)
    ]
    for count in (2, 3):
        found = difference([one for one in scores if one.seed < count], "identity-relu")
        assert found is not None
        if not found.matters:
            assert verdict(found) == "too few seeds"
            assert difference_text(found).endswith(f"{count} seeds: too few seeds")
    assert verdict(Difference(4, 2, -0.1, 0.1, 0.28)) == "too few seeds"
    assert verdict(Difference(3, 3, -2.0, 0.1, 0.43)) == "better ×0.25", "what three seeds do show is said"


def test_a_remedies_belongs_to_its_settings_and_to_those_of_its_rows() -> None:
    found = tried(SMALL)
    assert found.is_of(SMALL)
    assert all(found.is_of(row.experiment) for row in found.compared)
    assert not found.is_of(SMALL.replace(seed=1))


# The screen


@pytest.mark.parametrize("size", [MEDIUM, *(pytest.param(size, marks=pytest.mark.slow) for size in (WIDE, NARROW))])
def test_table_and_chart_fit_every_screen(size: tuple[int, int]) -> None:
    @explorer(SMALL, size=size, only="work")
    async def scenario(drive: Drive) -> None:
        screen = await known(drive)
        table, chart = screen.query_one(DataTable), screen.query_one(RemediesChart)
        assert table.row_count == len(remedies())
        assert table.virtual_size.width <= size[0]
        assert table.size.height >= len(remedies()) + 1
        assert chart.size.height >= 6
        assert "always 1" in str(screen.query_one("#remedies-head", Static).render())
        for row in range(table.row_count):
            table.move_cursor(row=row)
            await drive.pilot.pause()
            for part, rows in (("title", 1), ("state", 1), ("head", 4), ("about", 3)):
                told = screen.query_one(f"#remedies-{part}", Static)
                assert told.visual.get_height(told.styles, told.size.width) <= rows, f"{part} is cut off"
        assert "per step back, under 1 % " in str(screen.query_one("#remedies-about", Static).render())

    scenario()


def test_while_it_trains_what_stops_it_is_not_cut_off_at_80_columns() -> None:
    @explorer(SMALL.replace(training_steps=2000), size=NARROW, only="work")
    async def scenario(drive: Drive) -> None:
        await drive.press("R")
        await drive.until(lambda: isinstance(drive.app.screen, RemediesScreen))
        told = drive.app.screen.query_one("#remedies-state", Static)
        assert f"{5 * len(remedies())} trainings of 2000 updates" in str(told.render()), "what the key has started"
        await drive.until(lambda: "left" in str(told.render()), "how long it takes")
        assert str(told.render()).endswith("esc stops") and len(str(told.render())) <= told.size.width
        await drive.press("escape", "escape")

    scenario()


def test_a_tiny_terminal_shows_what_fits() -> None:
    @explorer(SMALL, size=(20, 6), only="work")
    async def scenario(drive: Drive) -> None:
        screen = await known(drive)
        await drive.press("escape")
        await drive.until(lambda: drive.app.screen is not screen)

    scenario()


@explorer(SMALL, only="work")
async def test_a_row_opens_with_its_training_and_nothing_is_trained_twice(drive: Drive) -> None:
    screen = await whole(drive)
    row = screen.remedies.rows[list(remedies()).index("lstm")]
    await drive.press(*["down"] * list(remedies()).index("lstm"), "enter")
    await drive.until(lambda: drive.screen.subject.experiment.cell == "lstm" and drive.trace.training_step == 6)
    assert drive.screen.shown.run is row.run
    await drive.press("a")
    await drive.until(lambda: drive.trace.training_step == 5)
    again = await opened(drive)
    assert not again.remedies.missing
    assert again.remedies.rows == screen.remedies.rows
    assert len(again.remedies.scores) == 2 * len(remedies())


@explorer(SMALL, only="work")
async def test_the_row_of_the_experiment_at_hand_opens_at_its_last_step(drive: Drive) -> None:
    await known(drive)
    await drive.press("enter")
    await drive.until(lambda: drive.trace.training_step == 6)
    assert drive.screen.subject.experiment == SMALL


@explorer(SMALL, only="work")
async def test_a_click_chooses_a_row_and_a_second_one_opens_it(drive: Drive) -> None:
    screen = await known(drive)
    await drive.pilot.click(DataTable, offset=(5, 2))
    assert "Saxe" in str(screen.query_one("#remedies-about", Static).render())
    await drive.pilot.click(DataTable, offset=(5, 2))
    await drive.until(lambda: drive.screen.subject.experiment.initializer == "orthogonal")


@explorer(LONG, only="work")
async def test_escape_stops_the_work_and_then_closes(drive: Drive) -> None:
    screen = await opened(drive)
    await drive.press("escape")
    await drive.pilot.pause()
    assert drive.app.screen is screen
    await drive.until(
        lambda: not any(one.is_running for one in drive.app.workers if one.description == "try the remedies")
    )
    assert "w goes on" in str(screen.query_one("#remedies-state", Static).render())
    await drive.press("escape")
    await drive.until(lambda: drive.app.screen is drive.screen)
    assert drive.screen.subject.experiment == LONG


@explorer(LONG, only="work")
async def test_other_settings_have_remedies_of_their_own(drive: Drive) -> None:
    first = await opened(drive)
    await drive.press("escape", "escape", "n")
    await drive.settled()
    second = await opened(drive)
    assert first.remedies.experiment == LONG
    assert second.remedies.experiment == LONG.replace(seed=1, data_seed=1)
    await drive.press("escape", "escape")


@explorer(SMALL, only="work")
async def test_c_switches_between_before_and_after(drive: Drive) -> None:
    screen = await known(drive)
    chart = screen.query_one(RemediesChart)
    assert chart.when == "after"
    after = [chart.render_line(y).text for y in range(chart.size.height)]
    await drive.press("c")
    assert chart.when == "before"
    assert [chart.render_line(y).text for y in range(chart.size.height)] != after
    assert "before training" in str(screen.query_one("#remedies-title", Static).render())


@explorer(SMALL, only="work")
async def test_help_opens_is_read_on_and_closes_without_closing_the_remedies(drive: Drive) -> None:
    screen = await known(drive)
    await drive.press("f1")
    await drive.until(lambda: screen.query(HelpPanel) and screen.query_one(HelpPanel).max_scroll_y)
    await drive.press("pagedown")
    assert screen.query_one(HelpPanel).scroll_y > 0
    assert screen.query_one(DataTable).cursor_row == 0, "the page keys are the help's"
    await drive.press("pageup")
    assert screen.query_one(HelpPanel).scroll_y == 0
    await drive.press("escape")
    await drive.until(lambda: not screen.query(HelpPanel))
    assert drive.app.screen is screen
    await drive.press("pagedown")
    assert screen.query_one(DataTable).cursor_row > 0, "without help they are the table's"


@explorer(SMALL, only="work")
async def test_the_words_of_the_table_are_explained(drive: Drive) -> None:
    screen = await known(drive)
    await drive.press("question_mark")
    await drive.until(lambda: isinstance(drive.app.screen, Symbols) and drive.app.screen.opened)
    assert "metric" in text_on(drive.app.screen) or "typical" in text_on(drive.app.screen)
    await drive.press("question_mark")
    await drive.until(lambda: drive.app.screen is screen)


def test_what_is_to_be_beaten_stands_above() -> None:
    assert "0.167 (always 1)" in head(TriedRemedies(SMALL), wide=False).plain


@pytest.mark.parametrize("wide", [True, False])
def test_that_every_remedy_is_truncated_is_told(wide: bool) -> None:
    first = head(TriedRemedies(SMALL.replace(k1=3, k2=5)), wide=wide).plain.splitlines()[0]
    assert first.endswith("truncated, k1 = 3, k2 = 5")
    assert len(first) <= (120 if wide else 80)
    assert "truncated" not in head(TriedRemedies(SMALL), wide=wide).plain


LONG_WORDS = Experiment(timesteps=20, hidden_size=4, training_steps=3)
"""Of which two of the three lines above the table are longer than 120 columns"""


@explorer(LONG_WORDS, size=MEDIUM)
async def test_whether_the_task_needs_a_remedy_is_read_to_its_end(drive: Drive) -> None:
    drive.screen.remedies = tried(LONG_WORDS)
    screen = await opened(drive)
    await drive.pilot.pause()
    told = screen.query_one("#remedies-head", Static)
    assert str(told.render()).splitlines()[0].endswith(", 1 seed each")
    strips = drive.app.screen._compositor.render_strips()
    assert " ".join(strips[told.region.bottom - 1].text.split()).endswith("here."), "the caution that it means little"
