"""The chart against the lag answers the mouse: it reads off, goes to a lag and zooms; and the same by keys."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
import pytest
from driving import MEDIUM, NARROW, Drive, explorer, text_of
from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual.widgets import Static

import core
from core import Experiment
from tui.explorer.commands import COMMANDS
from tui.explorer.session.cursor import Cursor
from tui.explorer.session.history import History
from tui.explorer.session.lag_range import FEWEST, LagRange
from tui.explorer.session.pins import Source
from tui.explorer.session.session import Session
from tui.explorer.session.shown import Shown
from tui.explorer.session.subject import Subject
from tui.explorer.session.transitions import TRANSITIONS, go_to_lag, show_lags
from tui.explorer.widgets.lags_chart import LagsChart
from tui.report.charts.lags import lags_chart
from tui.report.charts.terminal import draw_plain
from tui.report.curves import log2_curve
from tui.report.numbers import LOG10_2, magnitude

SHORT = Experiment(timesteps=30, hidden_size=3)
lag = st.integers(0, 60)


@pytest.fixture(scope="module")
def session() -> Session:
    trace = core.run(SHORT)
    subject = Subject(SHORT)
    shown = Shown(trace=trace, source=Source(subject), backward_pass=trace.backward_pass)
    return Session(History(subject), shown=shown, cursor=Cursor(30), in_tab=True)


# The range


@given(lag, lag, st.integers(1, 60))
def test_a_range_lies_within_the_lags_there_are_and_is_never_all_of_them(one: int, other: int, end: int) -> None:
    found = LagRange.between(one, other, end)
    if found is None:
        return
    assert 0 <= found.first < found.last <= end
    assert found.last - found.first >= FEWEST
    assert (found.first, found.last) != (0, end)
    assert found.first <= min(one, end) and max(one, other, 0) >= found.first
    assert LagRange.within(found, end) == found


@given(lag, lag, st.integers(6, 60), st.integers(0, 60))
def test_zooming_in_shows_fewer_lags_around_one_and_out_again_more(one: int, other: int, end: int, around: int) -> None:
    now = LagRange.within(LagRange.between(one, other, end), end)
    closer, farther = now.zoomed(1, around, end), now.zoomed(-1, around, end)
    held = min(max(around, now.first), now.last)
    if closer is not None:
        assert closer.last - closer.first < max(now.last - now.first, FEWEST + 1)
        assert closer.first <= held <= closer.last
    wider = LagRange.within(farther, end)
    assert wider.last - wider.first > now.last - now.first or (wider.first, wider.last) == (0, end)


@given(lag, lag, st.integers(6, 60), st.integers(0, 60))
def test_a_range_moves_no_further_than_it_takes(one: int, other: int, end: int, to: int) -> None:
    now = LagRange.within(LagRange.between(one, other, end), end)
    moved = now.moved_to(min(to, end))
    assert moved.first <= min(to, end) <= moved.last
    assert moved.last - moved.first == now.last - now.first
    assert moved == now or min(to, end) in (moved.first, moved.last)


def test_where_a_network_has_fewer_lags_all_of_them_are_shown() -> None:
    assert LagRange.within(LagRange(20, 30), 10) == LagRange(0, 10)
    assert LagRange.within(LagRange(5, 30), 20) == LagRange(5, 20)


# The session


def test_zooming_keeps_the_cursors_lag_and_going_back_shows_all(session: Session) -> None:
    there = go_to_lag(session, 20)
    assert there.lag == 20
    near = TRANSITIONS["zoom"](TRANSITIONS["zoom"](there, 1), 1)
    assert near.view.lags is not None
    assert near.view.lags.first <= 20 <= near.view.lags.last
    far = TRANSITIONS["go"](near, "end")
    assert far.lag == 29
    assert far.view.lags == near.view.lags.moved_to(29)
    assert show_lags(far).view.lags is None
    out = near
    while out.view.lags is not None:
        out = TRANSITIONS["zoom"](out, -1)
    assert out.view == there.view


@pytest.mark.parametrize("loss", ["all", "last", 12])
def test_a_lag_is_gone_to_on_the_way_back_of_the_loss_that_is_shown(session: Session, loss: object) -> None:
    shown = replace(session.shown, asked=loss)
    there = go_to_lag(replace(session, shown=shown), 7)
    assert there.cursor is not None and there.cursor.backward
    assert there.lag == 7
    assert there.cursor.step == (30 if shown.loss is None else shown.loss) - 7
    assert go_to_lag(replace(session, shown=shown), 99).cursor == session.cursor.at(59)  # type: ignore[union-attr]


def test_zooming_is_for_the_chart_against_the_lag(session: Session) -> None:
    command = next(command for command in COMMANDS if command.name == "zoom")
    assert command.valid(session) is True
    for view in (replace(session.view, tab="tab-map"), replace(session.view, as_table=True)):
        assert not command.valid(replace(session, view=view))
    assert not command.valid(replace(session, in_tab=False))


# The chart


def test_the_scale_fits_the_lags_that_are_shown() -> None:
    trace = core.run(Experiment())
    chart = lags_chart(trace, curve=50, lags=(10, 20), width=80)
    assert chart.x_limits == (10.0, 20.0)
    inside = np.concatenate([log2_curve(trace.profile(), name, 50)[10:21] for name in ("W_aa", "W_ax", "b_a")])
    assert chart.y_limits == (
        pytest.approx(inside.min() * LOG10_2),
        pytest.approx(inside.max() * LOG10_2),
    )
    drawing = draw_plain(chart, 80, 20)
    assert not any(line.above or line.below for line in drawing.clipped)
    text = "\n".join(drawing.lines)
    assert "lag k, 10–20 of 0–49" in text
    assert all(marker in text for marker in ("● W_aa", "■ W_ax", "◆ b_a"))
    assert "○" not in text


# With the mouse


Hand = Literal["hover", "mouse_down", "mouse_up"]


async def mouse(drive: Drive, what: Hand, lag: int) -> int:
    """Do something with the mouse in the column of a lag; which one of those in that column is meant by it."""
    area = drive.one(LagsChart)._area
    assert area is not None
    column = area.column_of(lag)
    await getattr(drive.pilot, what)(LagsChart, offset=(column, area.top + 2))
    return round(area.x_at(column))


async def wheel(drive: Drive, kind: type[events.MouseEvent], lag: int) -> int:
    """Turn the wheel in the column of a lag; which one of those in that column is meant by it."""
    chart = drive.one(LagsChart)
    area = chart._area
    assert area is not None
    column = area.column_of(lag)
    chart.post_message(kind(chart, column, area.top + 2, 0, 0, 0, False, False, False))
    return round(area.x_at(column))


@explorer(Experiment(), size=MEDIUM, only="work")
async def test_the_mouse_reads_off_goes_to_a_lag_and_zooms(drive: Drive) -> None:
    chart, readout = drive.one(LagsChart), drive.one(Static, "#lags-readout")
    at = await mouse(drive, "hover", 12)
    assert abs(at - 12) <= 1
    assert text_of(readout).startswith(f"mouse, lag {at}:")
    assert magnitude(float(drive.trace.lags.log2_norm["W_aa"][49, at])) in text_of(readout)

    at = await mouse(drive, "mouse_down", 12)
    await mouse(drive, "mouse_up", 12)
    await drive.until(lambda: drive.screen.session.lag == at)
    await drive.pilot.hover("#settings")
    assert text_of(readout).startswith(f"L_50, lag {at}:")

    first = await mouse(drive, "mouse_down", 8)
    last = await mouse(drive, "hover", 25)
    await mouse(drive, "mouse_up", 25)
    dragged = LagRange(first, last)
    await drive.until(lambda: drive.screen.view.lags == dragged)
    assert f"lag {first}–{last}" in text_of(chart)
    top = chart.render_line(0)
    assert f"lags {first}–{last}" in top.text or f"{first}–{last} · ⌫" in top.text
    assert [segment.text for segment in top if segment.style and segment.style.bgcolor and "⌫" in segment.text]
    assert drive.screen.session.lag == at

    around = await wheel(drive, events.MouseScrollUp, 20)
    await drive.until(lambda: drive.screen.view.lags == dragged.zoomed(1, around, 49))
    before = drive.screen.view.lags
    assert before is not None
    around = await wheel(drive, events.MouseScrollDown, 20)
    await drive.until(lambda: drive.screen.view.lags == before.zoomed(-1, around, 49))

    await drive.pilot.click(LagsChart, offset=(20, 3), times=2)
    await drive.until(lambda: drive.screen.view.lags is None)
    await drive.pilot.pause()
    assert "⌫" not in chart.render_line(0).text

    await drive.press("up", "up")
    await drive.until(lambda: "⌫" in chart.render_line(0).text)
    lag = drive.screen.session.lag
    await drive.pilot.click(LagsChart, offset=(chart.size.width - 3, 0))
    await drive.until(lambda: drive.screen.view.lags is None)
    assert drive.screen.session.lag == lag, "the click was no click on a lag"


@pytest.mark.parametrize("width", [80, 120, 200])
def test_the_mark_of_the_zoom_fits_beside_the_name_of_the_axis(width: int) -> None:
    @explorer(Experiment(timesteps=20, hidden_size=4), size=(width, 30), only="work")
    async def shown(drive: Drive) -> None:
        await drive.press("up", "up", "up")
        await drive.until(lambda: "⌫" in drive.one(LagsChart).render_line(0).text)
        top, lags = drive.one(LagsChart).render_line(0).text, drive.screen.view.lags
        assert top.startswith("‖∂L_20/∂θ") and lags is not None
        assert f"{lags.first}–{lags.last} " in top

    shown()


@explorer(Experiment(), size=MEDIUM, only="work")
async def test_the_same_by_keys_and_the_chart_follows_the_cursor(drive: Drive) -> None:
    await drive.press("end", "shift+left", "up", "up")
    await drive.until(lambda: drive.screen.view.lags is not None)
    lags = drive.screen.view.lags
    assert lags is not None and lags.first <= 39 <= lags.last
    await drive.press("shift+left", "shift+left", "shift+left")
    await drive.until(lambda: drive.screen.view.lags == lags.moved_to(9))
    assert "lag 9–" in text_of(drive.one(LagsChart))
    await drive.press("backspace")
    await drive.until(lambda: drive.screen.view.lags is None)


@explorer(Experiment(cell="lstm", timesteps=30, hidden_size=4), size=NARROW, only="work")
async def test_on_a_low_screen_the_numbers_at_a_lag_leave_their_second_row_to_the_chart(drive: Drive) -> None:
    readout = drive.one(Static, "#lags-readout")
    await drive.press("f", "end", *["left"] * 5)
    await drive.until(lambda: "lag 24" in text_of(readout))
    await drive.pilot.pause()
    assert text_of(readout).startswith("lag 24:  ● all W_·a ")
    assert "◆ all b_· " in text_of(readout)
    assert readout.size.height == 1
