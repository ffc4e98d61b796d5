"""One line of 2T positions: forward t = 1 … T, then backward s = T … 1, and no way off either end."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tui.explorer.session.cursor import Cursor


@st.composite
def cursors(draw: st.DrawFn) -> Cursor:
    steps = draw(st.integers(1, 300))
    return Cursor(steps, draw(st.integers(0, 2 * steps - 1)))


def test_the_line_goes_forward_and_comes_back() -> None:
    walked = [(c.backward, c.step, c.lag(None)) for c in (Cursor(3, position) for position in range(6))]
    assert walked == [
        (False, 1, None),
        (False, 2, None),
        (False, 3, None),
        (True, 3, 0),
        (True, 2, 1),
        (True, 1, 2),
    ]


def test_one_loss_followed_has_lags_from_its_own_step_on() -> None:
    back = [Cursor(4, position) for position in range(4, 8)]
    assert [(c.step, c.lag(3)) for c in back] == [(4, None), (3, 0), (2, 1), (1, 2)]


@given(cursors(), st.integers(-700, 700))
def test_no_move_leaves_the_line(cursor: Cursor, by: int) -> None:
    there = cursor.moved(by)
    assert 0 <= there.position <= there.last
    assert there.position - cursor.position == by or there.position in (0, there.last)
    assert there.steps == cursor.steps


@given(cursors())
def test_every_position_has_a_step_and_turning_keeps_it(cursor: Cursor) -> None:
    assert 1 <= cursor.step <= cursor.steps
    there = cursor.turned()
    assert there.step == cursor.step
    assert there.backward != cursor.backward
    assert there.turned() == cursor


@given(cursors(), st.integers(-50, 400))
def test_pointing_at_a_step_keeps_the_direction(cursor: Cursor, step: int) -> None:
    there = cursor.at_step(step)
    assert there.step == min(max(step, 1), cursor.steps)
    assert there.backward == cursor.backward


@given(cursors(), st.data())
def test_the_lag_counts_back_from_the_loss_or_from_the_end(cursor: Cursor, data: st.DataObject) -> None:
    loss = data.draw(st.none() | st.integers(1, cursor.steps))
    start = cursor.steps if loss is None else loss
    if not cursor.backward or cursor.step > start:
        assert cursor.lag(loss) is None
    else:
        assert cursor.lag(loss) == start - cursor.step >= 0


@given(cursors(), st.integers(1, 300))
def test_another_length_keeps_direction_and_place_as_far_as_it_can(cursor: Cursor, steps: int) -> None:
    there = cursor.resized(steps)
    assert there.steps == steps
    assert there.backward == cursor.backward
    if cursor.backward:
        assert steps - there.step == min(cursor.steps - cursor.step, steps - 1)
    else:
        assert there.step == min(cursor.step, steps)


@given(cursors())
def test_the_same_length_changes_nothing(cursor: Cursor) -> None:
    assert cursor.resized(cursor.steps) == cursor
