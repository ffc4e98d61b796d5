"""The Session's transitions are pure: they give another Session, and say of every command whether it is valid."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from driving import WIDE, Drive, explorer, text_of
from textual.widgets import Static, TabbedContent

import core
from core import Experiment
from tui.explorer.actions import ACTIONS
from tui.explorer.commands import COMMANDS
from tui.explorer.panels.lags import LagsTable
from tui.explorer.panels.question import ClaimView
from tui.explorer.session.cursor import Cursor
from tui.explorer.session.history import History
from tui.explorer.session.lag_range import LagRange
from tui.explorer.session.session import Session
from tui.explorer.session.shown import Shown, Source
from tui.explorer.session.subject import Subject
from tui.explorer.session.tour import Question, Tour, TourStep
from tui.explorer.session.touring import Before, Touring
from tui.explorer.session.transitions import TRANSITIONS, lines, take_up
from tui.explorer.session.view import View
from tui.explorer.widgets.lags_chart import LagsChart
from tui.explorer.widgets.theory_lines import TheoryLegend

SMALL = Experiment(timesteps=6, hidden_size=2)


def session(experiment: Experiment = SMALL, **changes: Any) -> Session:
    subject = Subject(experiment)
    trace = core.run(experiment)
    shown = Shown(trace=trace, source=Source(subject), backward_pass=trace.backward_pass)
    return replace(Session(History(subject), shown=shown, cursor=Cursor(experiment.timesteps)), **changes)


def valid(name: str, now: Session) -> bool | None:
    return next(command for command in COMMANDS if command.name == name).valid(now)


def test_every_command_is_a_transition_or_an_action_and_none_is_both() -> None:
    ours = {command.name for command in COMMANDS if not command.name.startswith("app.")}
    assert ours == {*TRANSITIONS, *ACTIONS}
    assert not {*TRANSITIONS} & {*ACTIONS}


TOUR = Tour(
    title="",
    steps=(TourStep(text="", question=Question(ask="", answers=("", ""), right=1, reason="")), TourStep(text="")),
)


@pytest.mark.parametrize("touring", [None, (0, False), (0, True), (1, False)])
@pytest.mark.parametrize(("in_tab", "helping"), [(True, False), (False, False), (True, True)])
def test_of_two_commands_with_one_key_never_both_are_valid(
    touring: tuple[int, bool] | None, in_tab: bool, helping: bool
) -> None:
    now = session(in_tab=in_tab, helping=helping)
    if touring is not None:
        before = Before(now.history, 0, now.view, now.cursor, now.shown)
        now = replace(now, touring=Touring(TOUR, before, place=touring[0], revealed=touring[1]))
    of_key: dict[str, list[str]] = {}
    for command in COMMANDS:
        for key in command.keys.split(","):
            if command.valid(now):
                of_key.setdefault(key, []).append(command.action)
    assert not {key: actions for key, actions in of_key.items() if len(actions) > 1}


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("move", (3,), lambda before: replace(before, cursor=before.cursor.moved(3))),
        ("go", ("end",), lambda before: replace(before, cursor=before.cursor.at(11))),
        ("turn", (), lambda before: replace(before, cursor=before.cursor.turned())),
        ("curve", (), lambda before: replace(before, view=View(curve="summed"))),
        ("group", (), lambda before: before),
        ("one_or_all", (), lambda before: replace(before, view=View(loss="all"))),
        ("loss", (-1,), lambda before: replace(before, view=View(loss=5))),
        ("theory", (), lambda before: replace(before, view=View(theory=True))),
        ("zoom", (-1,), lambda before: before),
        ("zoom", (1,), lambda before: replace(before, view=View(lags=LagRange(0, 4)))),
        ("all_lags", (), lambda before: before),
        ("spectrum", (), lambda before: replace(before, view=View(spectrum=True))),
    ],
)
def test_a_transition_changes_what_it_says_and_nothing_else(name: str, given: tuple[Any, ...], expected: Any) -> None:
    before = session()
    after = TRANSITIONS[name](before, *given)
    assert vars(after) == vars(expected(before))


def test_parameters_of_a_cell_with_gates_are_taken_together_in_every_way_and_round_again() -> None:
    now, ways = session(SMALL.replace(cell="gru")), []
    for _ in range(4):
        ways.append(now.view.grouping)
        now = TRANSITIONS["group"](now)
    assert ways == ["source", "gate", "parameter", "source"]


def test_what_moves_the_cursor_does_nothing_without_one() -> None:
    before = session(cursor=None)
    assert TRANSITIONS["move"](before, 1) is before
    assert TRANSITIONS["go"](before, "end") is before
    assert valid("move", before) is None
    assert valid("move", session(in_list=True)) is False


def test_changes_are_undone_and_done_again_and_a_gesture_is_one() -> None:
    before = session(problems={"gain": "wrong"})
    wanted = [Subject(SMALL.replace(gain=gain)) for gain in (1.0, 1.1, 1.2)]
    once = take_up(before, wanted[0], "gain", 0.0)
    twice = take_up(once, wanted[1], "gain", 0.5)
    later = take_up(twice, wanted[2], "gain", 9.0)
    assert take_up(later, wanted[2], "", 10.0) is later
    assert TRANSITIONS["undo"](later).subject == wanted[1]
    back = TRANSITIONS["undo"](TRANSITIONS["undo"](later))
    assert (back.subject, dict(back.problems)) == (Subject(SMALL), {})
    assert TRANSITIONS["redo"](TRANSITIONS["redo"](back)).subject == wanted[2]
    assert (valid("undo", before), valid("undo", later), valid("redo", back)) == (False, True, True)


def test_what_is_shown_is_told_from_what_is_wanted() -> None:
    now = session()
    assert now.is_shown
    assert now.is_followed
    assert not replace(now, training_step=1).is_shown
    assert not replace(now, view=View(loss=3)).is_followed
    assert lines(now) == ("W_aa", "W_ax", "b_a", "W_y", "b_y", "x")


def test_only_what_makes_sense_is_valid() -> None:
    now = session()
    assert valid("swap", now) is None
    assert valid("swap", replace(now, shown=replace(now.shown, pinned=now.shown.trace))) is True
    assert valid("group", now) is False
    assert valid("group", session(SMALL.replace(cell="gru"))) is True
    assert valid("training_chart", now) is False
    assert valid("training_chart", replace(now, view=View(tab="tab-training"))) is True
    assert valid("leave", replace(now, in_tab=True)) is False
    assert valid("leave", replace(now, in_tab=True, progress=0.5)) is True
    given = replace(now, history=History(Subject(SMALL, now.shown.trace)))
    assert (valid("seed", now), valid("seed", given), valid("remedies", given)) == (True, None, None)


@explorer(SMALL.replace(cell="lstm"), size=WIDE, only="work")
async def test_a_view_that_is_shown_is_computed_and_painted_when_it_returns(drive: Drive) -> None:
    screen = drive.screen
    await screen.show(View(tab="tab-jacobians"))
    assert screen.query_one("#tabs", TabbedContent).active == "tab-jacobians"
    assert "σ_max" in text_of(drive.one(Static, "#jacobians-words"))
    await screen.show(View(tab="tab-lags", loss=4, theory=True, as_table=True))
    assert screen.shown.loss == 4
    assert screen.shown.measured.of(drive.trace) is not None
    assert drive.one(LagsTable).row_count == SMALL.timesteps
    assert "∏" in " ".join(text_of(entry) for entry in drive.one(TheoryLegend).children if entry.display)
    await screen.show(View())
    assert screen.shown.loss == SMALL.timesteps
    assert drive.one(LagsChart).display
    await screen.show(View(loss=99))
    assert (screen.view.loss, screen.shown.loss) == ("last", SMALL.timesteps)
    await screen.show(View(loss="all"))
    assert screen.shown.loss is None


@explorer(SMALL, size=WIDE, only="work")
async def test_a_view_of_another_tab_stays_although_the_focus_was_on_its_way_to_the_one_before(drive: Drive) -> None:
    tabs = drive.one(TabbedContent, "#tabs")
    for tab in ("tab-question", "tab-lags", "tab-map", "tab-jacobians", "tab-question", "tab-lags"):
        await drive.screen.show(View(tab=tab))
        assert tabs.active == drive.screen.view.tab == tab
    for one, other in (("tab-question", "tab-lags"), ("tab-map", "tab-question")):
        drive.screen.show_tab(one)
        await drive.pilot.pause()
        drive.screen.show_tab(other)
        await drive.screen.show(drive.screen.view)
        assert tabs.active == drive.screen.view.tab == other
    assert len(drive.screen.query(ClaimView)) == 6
