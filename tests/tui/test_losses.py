"""Which losses are shown is one state of the screen: one of them, the last at first, or all together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from driving import WIDE, Drive, explorer, make_every_tab, text_of
from hypothesis import given
from hypothesis import strategies as st
from textual.widgets import Static

import core
from core import Experiment, Trace
from core.bptt.truncation import cut
from tui.explorer.actions import cursor as stepping
from tui.explorer.actions.settings import change as change_settings
from tui.explorer.background.trace_worker import TraceRequest, compute
from tui.explorer.commands import COMMANDS
from tui.explorer.panels.headline import Headline
from tui.explorer.panels.lags import LagsPanel, LagsTable
from tui.explorer.panels.map import MapPanel
from tui.explorer.panels.unrolled import UnrolledNetwork
from tui.explorer.session.cursor import Cursor
from tui.explorer.session.history import History
from tui.explorer.session.losses import has, meaning, other_loss, shown_loss
from tui.explorer.session.session import Session
from tui.explorer.session.shown import Shown
from tui.explorer.session.subject import Subject
from tui.explorer.session.transitions import TRANSITIONS, go_to_contribution, show_loss
from tui.explorer.session.view import View
from tui.explorer.widgets.lags_chart import LagsChart
from tui.explorer.widgets.map_chart import MapChart
from tui.report.charts.lags import CUT, lags_chart, theory_anchor
from tui.report.charts.map_frame import CrossHair
from tui.report.curves import log2_curve, losses_named, losses_told
from tui.report.numbers import LOG10_2, magnitude
from tui.report.words.reference import group_reading
from tui.report.words.title import left_of, title
from tui.report.words.truncation import one_line

SMALL = Experiment(timesteps=12, hidden_size=3)

EVERY = np.ones(8, dtype=bool)
SOME = np.array([False, True, False, True, True, False, False])
NONE = np.zeros(4, dtype=bool)


@pytest.fixture(scope="module")
def trace() -> Trace:
    return core.run(SMALL)


def session(experiment: Experiment = SMALL, view: View | None = None) -> Session:
    made = core.run(experiment)
    shown = Shown(trace=made, backward_pass=made.backward_pass)
    return Session(History(Subject(experiment)), shown=shown, view=view or View())


# The state


def test_the_last_loss_is_shown_first_and_f_changes_to_all_of_them_and_back() -> None:
    now = View()
    assert (now.loss, now.one) == ("last", "last")
    everything = now.with_one_loss_or_all()
    assert (everything.loss, everything.one) == ("all", "last")
    assert everything.with_one_loss_or_all() == now
    assert View(loss=3).with_one_loss_or_all().with_one_loss_or_all() == replace(View(), loss=3, before_all=3)
    assert View().following(3).following("all").following("all").one == 3


def test_which_loss_is_meant_follows_from_the_steps_that_are_scored() -> None:
    assert [shown_loss(steps, "last") for steps in (EVERY, SOME, NONE)] == [8, 5, None]
    assert [shown_loss(steps, "all") for steps in (EVERY, SOME, NONE)] == [None] * 3
    assert shown_loss(EVERY, 3) == 3
    assert [has(SOME, asked) for asked in (2, 3, 7, 8, 99, "last", "all")] == [True, *[False] * 4, True, True]
    assert (meaning(SOME, 5), meaning(SOME, 4), meaning(EVERY, 5)) == ("last", 4, 5)


@given(st.lists(st.booleans(), min_size=1, max_size=12), st.integers(-14, 14), st.integers(1, 14))
def test_the_next_loss_is_always_one_that_there_is(steps: list[bool], by: int, t: int) -> None:
    scored = np.array(steps)
    for asked in ("last", t):
        found = other_loss(scored, asked, by)
        if not scored.any():
            assert found == asked
        else:
            assert has(scored, found)
            assert found == meaning(scored, int(shown_loss(scored, found) or 0))
    assert other_loss(scored, "last", 99) == "last"


def test_the_loss_before_and_after_are_the_next_that_are_scored() -> None:
    assert other_loss(SOME, "last", -1) == 4
    assert other_loss(SOME, 4, -1) == other_loss(SOME, 2, -1) == 2
    assert other_loss(SOME, 2, 2) == other_loss(SOME, 4, 1) == "last"


def test_a_loss_is_chosen_on_from_the_one_before_also_where_all_are_shown() -> None:
    now = session()
    assert TRANSITIONS["loss"](now, -2).view.loss == 10
    every = TRANSITIONS["one_or_all"](TRANSITIONS["loss"](now, -2))
    assert every.view.loss == "all"
    assert TRANSITIONS["loss"](every, -1).view.loss == 9
    assert TRANSITIONS["loss"](every, 2).view.loss == "last"
    assert TRANSITIONS["loss"](session(SMALL.replace(scored="last")), -1).view.loss == "last"
    nothing = replace(now, shown=Shown())
    assert TRANSITIONS["loss"](nothing, -1) is nothing


def test_a_contribution_is_gone_to_as_its_loss_and_its_step_on_the_way_back() -> None:
    now = replace(session(), cursor=Cursor(12))
    there = go_to_contribution(now, 9, 4)
    assert (there.view.loss, there.cursor) == (9, Cursor(12).at(24 - 5))
    assert there.cursor is not None and there.cursor.backward
    assert there.cursor.step == 5 and there.cursor.lag(9) == 4
    assert go_to_contribution(now, 12, 0).view.loss == "last"
    assert show_loss(session(SMALL.replace(scored="last")), 3).view == View()


def test_typical_or_summed_can_be_asked_for_where_all_losses_are_shown() -> None:
    curve = next(command for command in COMMANDS if command.name == "curve")
    assert [curve.valid(session(view=View(loss=loss))) for loss in ("last", 3, "all")] == [None, None, True]


@pytest.mark.parametrize(
    ("asked", "experiment", "shown", "loss"),
    [
        ("last", SMALL, "last", 12),
        ("all", SMALL, "all", None),
        (5, SMALL, 5, 5),
        (13, SMALL, "last", 12),
        (5, SMALL.replace(scored="last"), "last", 12),
        ("last", SMALL.replace(timesteps=1), "last", 1),
        ("all", SMALL.replace(timesteps=1), "all", None),
    ],
)
def test_what_is_gone_back_from_is_what_was_asked_for_or_the_last(
    asked: int, experiment: Experiment, shown: object, loss: int | None
) -> None:
    found = compute(TraceRequest(Subject(experiment), asked), lambda done, total: None)
    state = Shown(trace=found.trace, asked=found.asked, backward_pass=found.backward_pass)
    assert (state.asked, state.loss) == (shown, loss)
    expected = found.trace.backward_pass.log2_state_gradient
    if loss is not None:
        expected = np.full(experiment.timesteps, -np.inf)
        expected[:loss] = found.trace.lags.log2_state_norm[loss - 1, :loss][::-1]
    np.testing.assert_allclose(found.backward_pass.log2_state_gradient, expected, rtol=1e-12)


def test_without_any_loss_nothing_is_shown_of_one() -> None:
    batch = core.Batch(np.ones((4, 1, 1)), np.ones((4, 1, 1)), scored=np.zeros(4, dtype=bool))
    made = core.run(network=core.run(SMALL).network, batch=batch)
    for asked in ("last", "all", 2):
        found = compute(TraceRequest(Subject(SMALL, made), asked), lambda done, total: None)
        assert Shown(trace=found.trace, asked=found.asked).loss is None
    assert title(made) == ("no gradient: no step has a loss",)


# The curve of one loss


def test_the_curve_of_one_loss_is_its_row_and_ends_before_the_first_step(trace: Trace) -> None:
    lags = trace.lags
    for t in (1, 5, 12):
        assert log2_curve(lags, "W_aa", t).tolist() == lags.log2_norm["W_aa"][t - 1, :t].tolist()
    assert log2_curve(lags, "W_aa", 13).shape == (0,)
    assert log2_curve(core.run(SMALL.replace(scored="last")).lags, "W_aa", 5).shape == (0,)
    assert losses_told(lags, ("W_aa",), 5, 3) == losses_named(5) == "L_5"
    assert losses_named(None) == "all losses"


def test_the_chart_of_one_loss_has_its_lags_only_and_no_mark_of_few_losses(trace: Trace) -> None:
    chart = lags_chart(trace, curve=5)
    lines = {series.name: series for series in chart.series}
    assert [np.size(lines[name].x) for name in ("W_aa", "W_ax", "b_a", "W_y", "b_y")] == [5, 5, 5, 1, 1]
    np.testing.assert_allclose(lines["b_a"].y, trace.lags.log2_norm["b_a"][4, :5] * LOG10_2)
    assert chart.x_limits == lags_chart(trace).x_limits, "the axis stays from loss to loss"
    assert [mark.label for mark in lags_chart(trace).marks] == ["< 10 losses →"]
    assert chart.marks == []


def test_a_pinned_trace_is_behind_only_if_it_has_that_loss(trace: Trace) -> None:
    short = core.run(SMALL.replace(timesteps=6))
    names = [series.name for series in lags_chart(trace, curve=9, pinned=short).series]
    assert not any(name.endswith("pinned") for name in names)
    own = lags_chart(trace, curve=12, pinned=short, pinned_curve=6).series
    assert [np.size(series.x) for series in own if series.name == "b_a, pinned"] == [6]


def test_theory_hangs_on_the_loss_that_is_shown(trace: Trace) -> None:
    anchor = theory_anchor(trace, 9)
    assert anchor == ("W_aa", pytest.approx(float(trace.lags.log2_norm["W_aa"][8, 0]) * LOG10_2))
    assert theory_anchor(trace, 99) is None


@pytest.mark.parametrize("k", [(1, 4), (3, 5), (5, 3), (0, 4), (2, 12)])
def test_truncation_is_marked_where_the_loss_that_is_shown_loses_its_lags(k: tuple[int, int]) -> None:
    made = core.run(SMALL.replace(k1=k[0], k2=k[1]))
    thrown = cut(12, *k)
    for t in (1, 6, 12):
        lost = np.flatnonzero(thrown[t - 1])
        marks = [mark for mark in lags_chart(made, curve=t).marks if mark.color == CUT]
        assert [mark.at for mark in marks] == ([float(lost[0])] if lost.size else [])
        if made.truncation is not None and made.truncation.first_cut is not None:
            told = one_line(made, t)[-1]
            assert told == (f"L_{t} loses its lags from {lost[0]} on" if lost.size else f"L_{t} keeps all of its lags")


# The title


def test_the_title_tells_what_is_left_of_the_loss_that_is_shown() -> None:
    made = core.run(Experiment(gain=0.8))
    assert made.lags.scored.all()
    curve = made.lags.log2_norm["W_aa"][49, :49]
    horizon = int(np.flatnonzero(curve >= curve[0] + np.log2(0.01))[-1]) + 1
    assert made.lags.horizon("W_aa", 50) == horizon
    forms = title(made, 50)
    assert forms[0].startswith("all losses: typical gradient of W_aa VANISHES ×0.")
    assert forms[0].endswith(f" per step · L_50: under 1 % of lag 0 from lag {horizon} on")
    assert [len(form) for form in forms] == sorted((len(form) for form in forms), reverse=True)
    assert title(made)[0].startswith("all losses: typical gradient of W_aa VANISHES")


@pytest.mark.parametrize("preset", ["sunspots", "lstm", "leaky"])
def test_the_title_says_whose_gradient_is_meant_and_has_a_form_for_the_smallest_screen(preset: str) -> None:
    made = core.run(core.preset(preset))
    name, steps = group_reading(made, "a"), len(made.tape.losses)
    for loss in (None, steps):
        forms = title(made, loss)
        assert f"typical gradient of {name} " in forms[0]
        shown = next(form for form in forms if len(form) < 79)
        rate, _, left = shown.partition(" · ")
        assert rate.startswith("all losses: ") and name.removeprefix("all ") in rate
        assert loss is None or left.startswith(f"L_{steps}: "), "one number is of all losses, the other of this one"
        assert [len(form) for form in forms] == sorted((len(form) for form in forms), reverse=True)


def test_the_title_says_how_much_is_left_where_that_is_not_under_a_hundredth() -> None:
    trace = core.run(SMALL.replace(gain=2.5))
    curve = trace.lags.log2_norm["W_aa"][11]
    assert left_of(trace, 12)[0] == f"L_12: ×{magnitude(float(curve[10] - curve[0]))} of lag 0 at lag 10"
    assert left_of(trace, 1)[0] == "L_1: no lag to look back over"
    last = core.run(core.preset("last-loss"))
    assert title(last, 100)[0].startswith("gradient of W_aa VANISHES"), "of one loss there is no typical one"


def test_the_title_of_one_loss_says_that_few_lags_leave_it_undetermined() -> None:
    """×0.83 ± 0.04 is four errors from ×1: why it is undetermined has to stand beside it, at every width."""
    made = core.run(Experiment(task="adding", timesteps=20))
    rate = made.profile().rate("W_aa")
    assert rate.regime == "undetermined"
    assert abs(rate.log2_per_step) > 2 * rate.standard_error
    assert all(f"over only {rate.lags} lags" in form for form in (*title(made), *title(made, 20)))
    assert title(made, 20)[0].endswith(" · L_20: ×0.0217 of lag 0 at lag 18")


# The screen


def told(drive: Drive) -> list[str]:
    """Which losses the panels say that they show."""
    strip = drive.one(UnrolledNetwork).title.plain
    name = text_of(drive.one(LagsPanel).query_one("#curve-name")).strip()
    return [
        strip.removeprefix("Unrolled network ·").partition(" · ")[0].strip(" ‹›"),
        name.partition(",")[0].partition(" on its")[0],
    ]


@explorer(Experiment(), size=WIDE, only="work")
async def test_title_strip_chart_map_and_step_tell_of_the_same_losses(drive: Drive) -> None:
    await make_every_tab(drive.screen)
    await drive.press("end", *["left"] * 20)
    for keys, t in (((), 50), (("less_than_sign",) * 3, 47), (("f",), None), (("f", "greater_than_sign"), 48)):
        await drive.press(*keys)
        await drive.until(lambda t=t: drive.screen.shown.loss == t)
        await drive.pilot.pause()
        name = losses_named(t)
        assert told(drive) == [name, name]
        assert ("puts in" in drive.one(UnrolledNetwork).title.plain) == (t is None)
        assert name in text_of(drive.one(Headline))
        assert f"backward, s = 21 of 50, {name}" in drive.inspector()
        chart = drive.one(LagsChart)
        lag = 29 if t is None else t - 21
        assert (chart.curve, chart.lag) == ("typical" if t is None else t, lag)
        assert drive.one(MapChart).cross == CrossHair(t, lag)
    await drive.press("c")
    assert drive.screen.view.curve == "typical", "one loss is neither typical nor summed"
    await drive.press("f", "c")
    await drive.until(lambda: drive.one(LagsChart).curve == "summed")


@explorer(SMALL, size=WIDE, only="work")
async def test_a_click_in_the_map_selects_its_loss_and_step_everywhere(drive: Drive) -> None:
    await drive.screen.show(View(tab="tab-map"))
    drive.one(MapPanel).post_message(MapPanel.Picked(9, 4, clicked=True))
    await drive.until(lambda: drive.screen.session.is_followed and drive.screen.shown.loss == 9)
    await drive.pilot.pause()
    assert drive.screen.cursor is not None
    assert (drive.screen.cursor.backward, drive.screen.cursor.step) == (True, 5)
    assert drive.one(MapChart).cross == CrossHair(9, 4)
    assert "backward, s = 5 of 12, L_9, lag 4" in drive.inspector()


@explorer(SMALL, size=WIDE, only="work")
async def test_the_last_loss_stays_the_last_whatever_changes_and_another_gives_way_where_it_is_missing(
    drive: Drive,
) -> None:
    async def changed(experiment: Experiment) -> None:
        change_settings(drive.screen, experiment)
        await drive.settled()
        await drive.until(lambda: drive.screen.session.is_followed and drive.screen.tracing.at_rest)

    await changed(SMALL.replace(timesteps=20))
    assert (drive.screen.view.loss, drive.screen.shown.loss) == ("last", 20)
    await drive.press("less_than_sign", "less_than_sign")
    await drive.until(lambda: drive.screen.shown.loss == 18)
    await changed(SMALL.replace(timesteps=30))
    assert (drive.screen.view.loss, drive.screen.shown.loss) == (18, 18)
    await drive.press("u", "u")
    await drive.until(lambda: drive.trace.experiment == SMALL and drive.screen.session.is_followed)
    assert (drive.screen.view.loss, drive.screen.shown.loss) == ("last", 12)
    await drive.press("less_than_sign")
    stepping.forget_loss(drive.screen)
    await drive.until(lambda: drive.screen.session.is_followed and drive.screen.shown.loss == 12)
    await drive.press("f")
    await changed(SMALL.replace(task="adding", timesteps=14))
    assert (drive.screen.view.loss, drive.screen.shown.loss) == ("all", None)
    await drive.press("f")
    await drive.until(lambda: drive.screen.shown.loss == 14)


@explorer(SMALL, size=WIDE, only="work")
async def test_the_networks_of_a_training_are_looked_at_through_the_same_loss(drive: Drive) -> None:
    drive.screen.view = drive.screen.view.following(7)
    await drive.until(lambda: drive.screen.shown.loss == 7)
    await drive.press("W")
    await drive.until(lambda: drive.trace.training_step == 1 and drive.screen.session.is_followed)
    assert (drive.screen.view.loss, drive.screen.shown.loss) == (7, 7)


@explorer(SMALL, size=WIDE, only="work")
async def test_in_the_table_of_one_loss_the_lags_that_it_does_not_have_are_empty(drive: Drive) -> None:
    await drive.screen.show(View(loss=5, as_table=True, theory=True))
    table = drive.one(LagsTable)
    assert table.row_count == 12
    row = [str(cell) for cell in table.get_row_at(3)]
    assert row[1:4] == [magnitude(float(drive.trace.lags.log2_norm[name][4, 3])) for name in ("W_aa", "W_ax", "b_a")]
    assert [str(cell) for cell in table.get_row_at(5)][1:] == [""] * (len(row) - 1)


@explorer(SMALL, size=WIDE, only="work")
async def test_a_step_after_the_loss_is_told_to_have_nothing_of_it(drive: Drive) -> None:
    await drive.screen.show(View(loss=5))
    await drive.press("end", *["left"] * 8)
    await drive.pilot.pause()
    assert "L_5 comes in at s = 5" in text_of(drive.one(Static, "#lags-readout"))
    assert drive.one(LagsChart).lag is None


@explorer(SMALL, size=WIDE, only="work")
async def test_a_pinned_trace_of_another_length_goes_back_from_its_own_last_loss(drive: Drive) -> None:
    await drive.press("p")
    change_settings(drive.screen, SMALL.replace(timesteps=20))
    await drive.settled()
    assert (drive.screen.shown.loss, drive.screen.shown.pinned_loss) == (20, 12)
    chart = drive.one(LagsChart)
    assert (chart.curve, chart.pinned_curve) == (20, 12)
    assert "L_20, pinned L_12" in text_of(drive.one(LagsPanel).query_one("#curve-name")).replace(" on its way back", "")
    await drive.press("less_than_sign")
    await drive.until(lambda: drive.screen.shown.loss == 19)
    await drive.pilot.pause()
    assert not any(
        "pinned" in series.name for series in lags_chart(drive.trace, curve=19, pinned=drive.screen.shown.pinned).series
    )
