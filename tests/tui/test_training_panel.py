"""Training from the keyboard: it goes on beside the screen, every panel can go back to any of its steps."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from driving import MEDIUM, NARROW, WIDE, Drive, explorer, text_of
from textual.widgets import Static

from core import Experiment, Preset, preset
from core.tasks import Baseline, make_batch
from core.training.steps import train
from tui.explorer.actions.settings import change as change_settings
from tui.explorer.background.training_run import go_on
from tui.explorer.dialogs.leaving import WORTH_ASKING, Leaving
from tui.explorer.panels.headline import Headline, LookFor
from tui.explorer.panels.training import TrainingPanel, TrainingTable, status
from tui.explorer.panels.unrolled import UnrolledNetwork
from tui.explorer.session.run import Run
from tui.explorer.session.subject import Subject
from tui.explorer.session.view import View
from tui.explorer.widgets.training_chart import TRAINING_CHARTS, TrainingChart
from tui.explorer.widgets.written import text_on
from tui.report.charts.terminal import SMALLEST, draw_plain
from tui.report.charts.training import awaited_chart, dynamics_chart, metric_chart, norms_chart, running_mean
from tui.report.charts.training_reach import horizon_chart, past_chart
from tui.report.formats.text import document_text
from tui.report.numbers import cosine, number
from tui.report.training_document import training_document

SMALL = Experiment(task="adding", timesteps=8, hidden_size=4, batch_size=4, training_steps=30, learning_rate=0.02)
EXPLODES = SMALL.replace(activation="identity", gain=3.0, optimizer="sgd", learning_rate=100.0, training_steps=50)


def trained(experiment: Experiment, steps: int | None = None) -> Run:
    """A run of so many steps, or to its end."""
    runs: list[Run] = []
    go_on(Run.of(Subject(experiment)), steps, runs.append, lambda: False)
    return runs[-1]


async def whole_run(drive: Drive) -> Run:
    """Train to the end and wait until its last network is on the screen."""
    await drive.press("w")
    await drive.until(lambda: drive.screen.shown.run is not None and drive.screen.shown.run.ended is not None)
    run = drive.screen.shown.run
    assert run is not None
    await drive.until(lambda: drive.trace.training_step == run.last_step)
    await drive.pilot.pause()
    return run


# The run


def test_a_run_is_the_training_that_core_does() -> None:
    run = trained(SMALL)
    steps = list(train(SMALL))
    assert run.length == run.last_step == len(steps) == 30
    assert np.array_equal(run.history.scalars("metric"), [step.metrics.value for step in steps])
    assert run.ended == "all updates are done"
    assert not run.running


def test_a_run_that_is_stopped_and_taken_up_again_is_the_same_run() -> None:
    runs = [trained(SMALL, 7)]
    go_on(runs[0], None, runs.append, lambda: False)
    for name, whole in trained(SMALL).history.latest.network.parameters.items():
        assert np.array_equal(runs[-1].history.latest.network.parameters[name], whole)


def test_profiles_start_with_the_untrained_network_and_are_in_order() -> None:
    steps = [profile.step for profile in trained(SMALL).profiles]
    assert steps[0] == 0
    assert len(steps) > 1
    assert steps == sorted(set(steps))


def test_a_run_that_overflows_says_so_and_keeps_the_last_finite_network() -> None:
    run = trained(EXPLODES)
    assert run.ended is not None
    assert run.last_step < run.length
    assert "is kept" in run.ended
    assert f"update {run.length} of 50 · {run.ended}" in status(Subject(EXPLODES), run).plain
    for chart in (metric_chart, norms_chart, dynamics_chart):
        assert chart(run, step=0, width=60, height=15).series


def test_a_truncated_training_tells_its_bias_at_the_start_and_now() -> None:
    truncated = SMALL.replace(k2=3)
    run = trained(truncated)
    first, last = run.profiles[0], run.profiles[-1]
    assert first.truncated_cosine is not None
    assert last.truncated_cosine is not None
    told = status(Subject(truncated), run).plain
    assert f"cosine with the whole {cosine(first.truncated_cosine)} → {cosine(last.truncated_cosine)}." in told
    assert "runcated" not in status(Subject(SMALL), trained(SMALL, 3)).plain


@explorer(Experiment(activation="relu", gain=50.0, hidden_size=4, timesteps=200), size=MEDIUM, only="work")
async def test_a_loss_that_left_float64_is_no_number_on_the_screen(drive: Drive) -> None:
    await drive.press("W")
    await drive.until(lambda: drive.screen.shown.run is not None and drive.screen.shown.run.ended is not None)
    await drive.pilot.pause()
    panel = drive.one(TrainingPanel)
    assert "left float64 at t = " in " ".join(text_of(panel.query_one("#training-status")).split())
    await drive.press("v")
    await drive.until(lambda: drive.one(TrainingTable).row_count == 1)
    assert drive.one(TrainingTable).get_row_at(0)[1:3] == ["overflow", "overflow"]
    shown = "\n".join(strip.text for strip in drive.screen._compositor.render_strips())
    assert "∞" not in shown


# The charts


@pytest.mark.parametrize("window", [1, 3, 100])
def test_the_running_mean_is_the_mean_of_the_values_that_are_there(window: int) -> None:
    values = np.array([1.0, np.nan, 4.0, np.inf, 2.0, 8.0])
    for i, mean in enumerate(running_mean(values, window)):
        there = [v for v in values[max(0, i - window + 1) : i + 1] if np.isfinite(v)]
        assert mean == pytest.approx(np.mean(there)) if there else np.isnan(mean)


def test_the_horizon_is_drawn_where_there_is_one_below_the_last_lag_and_the_past_in_percent() -> None:
    run = trained(SMALL)
    horizons = [5, None, 4, 3]
    some = tuple(
        replace(one, rate=replace(one.rate, horizon=horizon))
        for one, horizon in zip(run.profiles, horizons, strict=False)
    )
    chart = horizon_chart(replace(run, profiles=some), step=0, width=60, height=15)
    assert [list(series.y) for series in chart.series] == [[7.0] * 4, [5.0], [4.0, 3.0]]
    past = past_chart(run, step=0, width=60, height=15)
    assert list(past.series[0].y) == [100 * one.past_share for one in run.profiles] and past.y_limits == (0.0, 100.0)


def test_the_next_charts_are_those_of_the_next_page() -> None:
    names, view = list(TRAINING_CHARTS), View(training_chart="norms")
    assert view.with_next_training_chart(names).training_chart == "dynamics"
    second = view.with_next_training_chart(names, 4)
    assert second.training_chart == "horizon" and second.with_next_training_chart(names, 4).training_chart == "metric"
    assert view.with_next_training_chart(names, len(names)).training_chart == "metric"


def test_the_metric_is_drawn_beside_its_baseline() -> None:
    chart = metric_chart(trained(SMALL), step=10, width=60, height=15)
    (baseline,) = (mark for mark in chart.marks if mark.axis == "y")
    level = 10**baseline.at if baseline.at < 0 else baseline.at
    assert level == pytest.approx(1 / 6)
    assert [mark.at for mark in chart.marks if mark.axis == "x"] == [10.0]


def test_both_norms_are_drawn_where_gradients_are_clipped() -> None:
    clipped = trained(SMALL.replace(clip="norm", clip_at=0.01))
    before, after = norms_chart(clipped, step=0, width=60, height=15).series
    assert np.allclose(after.y, -2.0)
    assert np.all(np.asarray(before.y) > -2.0)
    assert len(norms_chart(trained(SMALL), step=0, width=60, height=15).series) == 1


# The screen


@explorer(SMALL, size=WIDE, only="work")
async def test_training_goes_on_to_its_end_and_every_panel_shows_the_latest_network(drive: Drive) -> None:
    run = await whole_run(drive)
    assert drive.screen.query_one("#tabs").active == "tab-training"  # type: ignore[attr-defined]
    assert "trained 30 updates" in text_of(drive.one(Headline))
    for name, array in run.history.latest.network.parameters.items():
        assert np.array_equal(drive.trace.network.parameters[name], array)
    assert drive.one(UnrolledNetwork).trace is drive.trace
    assert np.array_equal(drive.trace.batch.inputs, make_batch(SMALL).inputs)
    said = text_of(drive.screen.query_one("#training-status", Static))
    assert "update 30 of 30" in said
    assert "0.167" in said


def test_the_score_is_the_one_that_the_command_line_prints() -> None:
    run = trained(SMALL)
    printed = re.search(
        r"^Update 30 alone: mean squared error (.*)\.$",
        document_text(training_document(run.history, None, None)),
        re.MULTILINE,
    )
    assert printed is not None
    assert f"update 30 of 30 · mean squared error before it {printed[1]} ·" in status(Subject(SMALL), run).plain


@explorer(SMALL, size=MEDIUM, only="work")
async def test_the_scrubber_goes_back_to_any_step_and_forth_again(drive: Drive) -> None:
    run = await whole_run(drive)
    await drive.press("a", "a")
    await drive.until(lambda: drive.trace.training_step == 28)
    expected = run.history.network_at(28).parameters["W_aa"]
    assert np.array_equal(drive.trace.network.parameters["W_aa"], expected)
    await drive.press("A")
    await drive.until(lambda: drive.trace.training_step == 25)
    await drive.press(*["A"] * 20)
    await drive.until(lambda: drive.trace.training_step == 0)
    assert "training" not in text_of(drive.one(Headline))
    await drive.press(*["D"] * 20)
    await drive.until(lambda: drive.trace.training_step == 30)


@explorer(SMALL, size=MEDIUM, only="work")
async def test_one_step_pause_and_starting_over(drive: Drive) -> None:
    await drive.press("W")
    await drive.until(lambda: drive.trace.training_step == 1)
    await drive.press("w", "w")
    await drive.until(lambda: drive.screen.shown.run is not None and not drive.screen.shown.run.running)
    await whole_run(drive)
    await drive.press("z")
    await drive.until(lambda: drive.trace.training_step == 0)
    assert drive.screen.shown.run is None
    assert "Not trained yet" in text_of(drive.screen.query_one("#training-status", Static))


@explorer(SMALL, size=MEDIUM)
async def test_a_change_of_the_settings_shows_its_own_network_and_undo_brings_the_training_back(drive: Drive) -> None:
    await whole_run(drive)
    await drive.enter("gain", 0.5)
    await drive.until(lambda: drive.trace.experiment.gain == 0.5)
    assert drive.screen.shown.run is None
    assert drive.trace.training_step == 0
    await drive.press("escape", "u")
    await drive.until(lambda: drive.trace.experiment == SMALL and drive.trace.training_step == 30)


@explorer(EXPLODES, size=MEDIUM, only="work")
async def test_a_training_that_leaves_float64_stops_and_says_why(drive: Drive) -> None:
    await drive.press("w")
    await drive.until(lambda: drive.screen.shown.run is not None and drive.screen.shown.run.history.ended is not None)
    await drive.pilot.pause()
    run = drive.screen.shown.run
    assert run is not None
    said = " ".join(text_of(drive.screen.query_one("#training-status", Static)).split())
    assert f"update {run.last_step + 1}" in said.lower()


@pytest.mark.parametrize("height", [5, 7, 12, 30])
@pytest.mark.parametrize("high", [0.01, 1.3, 4.2, 4.9, 870.0])
def test_the_axes_have_numbers_to_read_a_size_by_and_every_baseline(height: int, high: float) -> None:
    chart = awaited_chart(
        [Baseline(name, size, "m", "s") for name, size in (("one", high), ("other", high / 3))],
        500,
        width=60,
        height=height,
    )
    assert len(chart.y_ticks.labels) >= 2 and chart.y_ticks.labels[0] == "0"
    assert [mark.label for mark in chart.marks] == [f"one {number(high)}", f"other {number(high / 3)}"]
    assert chart.x_limits == (0.0, 500.0) and chart.y_limits[1] > 2 * high
    assert not draw_plain(chart, 60, max(height, 6)).clipped


def test_a_line_across_says_its_value_where_its_row_is_that_of_another_number() -> None:
    """0.352 lies in the row of the tick 0 where the metric starts far above it."""
    chart = awaited_chart(
        [Baseline("x⟨t⟩ again", 0.352, "m", "s"), Baseline("mean", 9.0, "m", "s")], 500, width=60, height=5
    )
    rows = [row for row in draw_plain(chart, 60, 6).lines if "x⟨t⟩ again" in row]
    assert rows and rows[0].lstrip().startswith("0 ┤") and "x⟨t⟩ again 0.352" in rows[0]


@explorer(SMALL, size=MEDIUM)
async def test_before_training_each_chart_says_what_it_will_show(drive: Drive) -> None:
    drive.screen.show_tab("tab-training")
    for spec in TRAINING_CHARTS.values():
        await drive.pilot.pause()
        (chart,) = (chart for chart in drive.screen.query(TrainingChart) if chart.region.area)
        assert spec.before in " ".join(text_of(chart).split())
        beaten = drive.screen.subject.baselines[0].name in text_of(chart)
        assert beaten == (spec.chart is metric_chart), "what there will be to beat"
        await drive.press("y")
    await drive.press("W")
    await drive.until(lambda: drive.screen.shown.run is not None and drive.screen.shown.run.length)
    await drive.pilot.pause()
    (chart,) = (chart for chart in drive.screen.query(TrainingChart) if chart.region.area)
    assert "will be drawn" not in text_of(chart)


@explorer(SMALL, size=NARROW, only="work")
async def test_where_there_is_room_for_one_chart_a_key_goes_from_one_to_the_next(drive: Drive) -> None:
    await whole_run(drive)
    seen = []
    for _ in range(4):
        seen.append([chart.parent.id for chart in drive.screen.query(TrainingChart) if chart.region.area])  # type: ignore[union-attr]
        await drive.press("y")
        await drive.pilot.pause()
    assert [len(shown) for shown in seen] == [1, 1, 1, 1]
    assert len({shown[0] for shown in seen}) == 4


@explorer(SMALL, size=WIDE, only="work")
async def test_the_numbers_stand_in_a_table_too(drive: Drive) -> None:
    run = await whole_run(drive)
    await drive.press("v")
    await drive.pilot.pause()
    table = drive.one(TrainingTable)
    assert table.region.area
    assert table.row_count == 30
    assert table.get_row_at(29)[0] == "30"
    panel = drive.one(TrainingPanel)
    assert panel.shown.run is run


# Two runs on one chart


def test_the_pinned_run_stands_behind_dimmed_and_within_the_scale() -> None:
    clipped = trained(EXPLODES.replace(clip="norm", clip_at=1.0, learning_rate=0.01))
    exploded = trained(EXPLODES)
    assert exploded.history.ended is not None
    assert clipped.last_step == clipped.experiment.training_steps
    alone = norms_chart(clipped, step=0, width=60, height=15)
    both = norms_chart(clipped, step=0, width=60, height=15, behind=exploded)
    assert [line.name for line in alone.series] == ["before clipping", "after clipping"]
    assert [(line.name, line.dim) for line in both.series] == [
        ("before clipping, pinned", True),
        ("before clipping", False),
        ("after clipping", False),
    ]
    sizes = exploded.history.scalars("log2_gradient") * np.log10(2.0)
    assert both.y_limits[0] < np.nanmin(sizes)
    assert both.y_limits[1] > np.nanmax(sizes)
    for chart in (metric_chart, dynamics_chart):
        names = [line.name for line in chart(exploded, step=0, width=60, height=15, behind=clipped).series]
        assert any(name.endswith("pinned") for name in names)
        assert chart(exploded, step=0, width=60, height=15, behind=clipped).x_limits[1] == clipped.length


def test_scores_of_another_kind_do_not_stand_behind() -> None:
    classes = SMALL.replace(task="temporal-order", timesteps=10)
    chart = metric_chart(trained(SMALL), step=0, width=60, height=15, behind=trained(classes))
    assert not any(line.name.endswith("pinned") for line in chart.series)


@explorer(EXPLODES, size=WIDE, only="work")
async def test_with_and_without_clipping_are_on_one_chart_once_one_is_pinned(drive: Drive) -> None:
    await drive.press("w")
    await drive.until(lambda: drive.screen.shown.run is not None and drive.screen.shown.run.ended is not None)
    exploded = drive.screen.shown.run  # its last network overflows on the probe batch: there is no trace of it
    await drive.press("p")
    assert drive.screen.shown.behind is None
    change_settings(drive.screen, EXPLODES.replace(clip="norm", clip_at=1.0, learning_rate=0.01))
    await drive.settled()
    clipped = await whole_run(drive)
    assert drive.screen.shown.behind is exploded
    assert all(chart.behind is exploded and chart.run is clipped for chart in drive.screen.query(TrainingChart))
    await drive.press("x")
    await drive.until(lambda: drive.screen.subject.experiment == EXPLODES)
    assert drive.screen.shown.behind is clipped
    await drive.press("X")
    assert drive.screen.shown.behind is None


def test_what_is_done_to_the_gradient_is_told_before_training() -> None:
    told = status(Subject(SMALL.replace(clip="norm", clip_at=2.0, k1=3, k2=5)), None).plain
    assert "clipped by norm at 2, truncated, k1 = 3, k2 = 5" in told
    told = status(Subject(SMALL), None).plain
    assert "clipped" not in told
    assert "truncated" not in told


# A preset and its training


@explorer(SMALL, only="work")
async def test_a_preset_opens_untrained_and_its_training_stays(drive: Drive, monkeypatch: pytest.MonkeyPatch) -> None:
    speaks = Preset("small", "Small", "It is untrained.", SMALL)
    trains = Preset("other", "Other", "Train it.", SMALL.replace(seed=1), topic="training")
    monkeypatch.setattr("tui.explorer.actions.keep.all_presets", lambda: {"small": speaks, "other": trains})
    monkeypatch.setattr("tui.explorer.dialogs.offers.presets", lambda: {"small": speaks, "other": trains})
    banner = drive.one(LookFor)
    for name in ("other", "small"):
        await drive.press("o", *name, "enter")
        await drive.until(lambda name=name: drive.screen.preset and drive.screen.preset.name == name)  # type: ignore[misc]
        await drive.settled()
        assert banner.display
        run = await whole_run(drive)
        assert banner.display == (name == "other"), "said of the trained network only where it speaks of training"
        await drive.press("o", *name, "enter")
        await drive.until(lambda: drive.trace.training_step == 0)
        assert banner.display
        assert drive.screen.shown.run is run
        await drive.press("d")
        await drive.until(lambda: drive.trace.training_step == 1)


@pytest.mark.parametrize(("key", "stays"), [("escape", True), ("q", False), ("ctrl+q", False)])
def test_before_minutes_of_training_are_lost_one_is_asked(key: str, stays: bool) -> None:
    @explorer(SMALL, only="work")
    async def scenario(drive: Drive) -> None:
        await drive.press("W")
        await drive.until(lambda: drive.screen.shown.run is not None and drive.screen.shown.run.last_step == 1)
        run = drive.screen.shown.run
        assert run is not None
        assert 0 < run.seconds < WORTH_ASKING
        drive.screen.trainer.keep(replace(run, seconds=200.0))
        await drive.press("q")
        await drive.until(lambda: isinstance(drive.app.screen, Leaving) and drive.app.screen.opened)
        assert "3 minutes of training (1 update)" in text_on(drive.app.screen)
        await drive.press(key)
        if stays:
            await drive.until(lambda: drive.app.screen is drive.screen)
        assert drive.app._exit is not stays

    scenario()


@explorer(SMALL, only="work")
async def test_before_starting_over_loses_minutes_one_is_asked_too(drive: Drive) -> None:
    await drive.press("W")
    await drive.until(lambda: drive.screen.shown.run is not None and drive.screen.shown.run.last_step == 1)
    run = drive.screen.shown.run
    assert run is not None
    drive.screen.shown = replace(drive.screen.shown, run=replace(run, seconds=200.0))
    for answer, stays in (("escape", True), ("q", True), ("z", False)):
        if not isinstance(drive.app.screen, Leaving):
            await drive.press("z")
            await drive.until(lambda: isinstance(drive.app.screen, Leaving) and drive.app.screen.opened)
            assert "lost when you start over" in text_on(drive.app.screen)
        await drive.press(answer)
        if answer != "q":
            await drive.until(lambda: drive.app.screen is drive.screen)
        assert (drive.screen.shown.run is not None) is stays and not drive.app._exit


@explorer(SMALL, only="work")
async def test_one_is_not_asked_where_little_is_lost(drive: Drive) -> None:
    await drive.press("W", "q")
    assert drive.app._exit


@explorer(size=NARROW)
async def test_what_ended_a_training_leaves_the_chart_its_room(drive: Drive) -> None:
    await drive.press("o", *"training-explodes", "enter")
    await drive.until(lambda: drive.screen.subject.experiment == preset("training-explodes"))
    await drive.settled()
    await drive.press("w")
    await drive.until(lambda: drive.screen.shown.run is not None and drive.screen.shown.run.ended is not None)
    await drive.settled()
    status = drive.screen.query_one("#training-status", Static)
    await drive.until(lambda: "left float64" in text_of(status))
    chart = next(one for one in drive.screen.query(TrainingChart) if one.size.height)
    await drive.until(lambda: chart.size.height >= SMALLEST[1])
    assert "needs" not in chart.render_line(0).text
    assert "left float64 at t = 37" in " ".join(text_of(status).split()), "no sentence is cut"
