"""What commands do that only change the Session: pure functions, (Session, what the command is given) → Session."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from core.bptt.parameter_groups import groupings
from tui.explorer.session.cursor import Cursor
from tui.explorer.session.history import History
from tui.explorer.session.lag_range import LagRange
from tui.explorer.session.losses import has, meaning, other_loss
from tui.explorer.session.session import Session
from tui.explorer.session.subject import Subject
from tui.explorer.session.view import View
from tui.report.curves import INPUT

Transition: TypeAlias = Callable[..., Session]


def _moving(move: Callable[..., Cursor]) -> Transition:
    """A transition that moves the cursor; without a cursor it changes nothing."""

    def transition(session: Session, *given: int) -> Session:
        return session if session.cursor is None else _put(session, move(session.cursor, *given))

    return transition


def _put(session: Session, cursor: Cursor) -> Session:
    """The cursor elsewhere, its lag in sight."""
    return replace(session, cursor=cursor, view=session.view.with_lag_in_sight(cursor.lag(session.shown.loss)))


def _looking(look: Callable[..., View]) -> Transition:
    """A transition that changes the View and nothing else."""

    def transition(session: Session, *given: str) -> Session:
        return replace(session, view=look(session.view, *given))

    return transition


def go(session: Session, where: str) -> Session:
    """Move the cursor to the `start`, or to the `end`."""
    cursor = session.cursor
    return session if cursor is None else _put(session, cursor.at(0 if where == "start" else cursor.last))


def go_to_lag(session: Session, lag: int) -> Session:
    """On the way back, where the gradient has come back so far; a lag below 0 only where a direction looks ahead."""
    cursor = session.cursor
    lag = lag if session.shown.both_ways else max(lag, 0)
    return session if cursor is None else _put(session, cursor.at_lag(lag, session.shown.loss))


def zoom(session: Session, by: int, around: int | None = None) -> Session:
    """Fewer lags, or more if negative, those around one of them: around the cursor's, if it is on the way back."""
    end = session.shown.last_lag
    now = LagRange.within(session.view.lags, end)
    middle = (now.first + now.last) // 2 if session.lag is None else session.lag
    return show_lags(session, now.zoomed(by, middle if around is None else around, end))


def show_lags(session: Session, lags: LagRange | None = None) -> Session:
    """Some lags, or all of them."""
    return replace(session, view=session.view.zoomed_on(lags))


def choose_loss(session: Session, by: int) -> Session:
    """The loss so many on, of those that there are; from all of them, on from the one that was shown before."""
    trace, view = session.shown.trace, session.view
    if trace is None:
        return session
    return replace(session, view=view.following(other_loss(trace.lags.scored, view.one, by)))


def show_loss(session: Session, t: int) -> Session:
    """Show the loss at t, where this trace has one."""
    trace = session.shown.trace
    if trace is None or not has(trace.lags.scored, t):
        return session
    return replace(session, view=session.view.following(meaning(trace.lags.scored, t)))


def go_to_contribution(session: Session, t: int, k: int) -> Session:
    """The loss at t, and on its way back the step s = t − k."""
    found, cursor = show_loss(session, t), session.cursor
    if cursor is None or t > cursor.steps:
        return session
    return replace(found, cursor=cursor.at(2 * cursor.steps - (t - k)))


def group(session: Session) -> Session:
    """The next way to take the parameters of this network together."""
    trace = session.shown.trace
    if trace is None:
        return session
    return replace(session, view=session.view.with_next_grouping(groupings(trace.network)))


def lines(session: Session) -> Sequence[str]:
    """The lines of the legend, in order."""
    trace = session.shown.trace
    return () if trace is None else (*trace.parameter_groups(session.view.grouping), INPUT)


def with_history(session: Session, history: History) -> Session:
    """Put the subject of this history in force; no preset speaks of it unless it is told afterwards."""
    return replace(session, history=history, preset=None)


def undo(session: Session) -> Session:
    """Put in force again what was in force before."""
    return replace(with_history(session, session.history.undone()), problems={})


def redo(session: Session) -> Session:
    """Put in force again what was undone last."""
    return replace(with_history(session, session.history.redone()), problems={})


def take_up(session: Session, subject: Subject, gesture: str, when: float) -> Session:
    """Put another subject in force; nothing happens where it is in force already.

    Args:
        session: Before.
        subject: What to put in force.
        gesture: The setting that was changed, empty for anything else; changes of one in one gesture are one to undo.
        when: The time, in seconds.
    """
    if subject == session.subject:
        return session
    return with_history(session, session.history.changed(subject, gesture, when))


TRANSITIONS: Mapping[str, Transition] = {
    "move": _moving(Cursor.moved),
    "go": go,
    "turn": _moving(Cursor.turned),
    "one_or_all": _looking(View.with_one_loss_or_all),
    "loss": choose_loss,
    "curve": _looking(View.with_next_curve),
    "group": group,
    "theory": _looking(lambda view: replace(view, theory=not view.theory)),
    "seeds": _looking(View.with_next_seeds),
    "zoom": zoom,
    "all_lags": show_lags,
    "spectrum": _looking(lambda view: replace(view, spectrum=not view.spectrum)),
    "undo": undo,
    "redo": redo,
}
"""Command → what it does to the Session."""
