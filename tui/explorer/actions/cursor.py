"""Stepping through time: the loss that is followed, and playing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.explorer.session_screen import SessionScreen


def follow(explorer: SessionScreen) -> None:
    """Follow only the loss of this step, or all of them again."""
    session = explorer.session
    if session.cursor is None or session.shown.trace is None or not session.is_shown:
        return
    loss = session.cursor.step if session.view.loss is None else None
    if loss is not None and not session.shown.trace.lags.scored[loss - 1]:
        explorer.notify(f"Step {loss} has no loss to follow: go to a scored step.", severity="warning")
    else:
        explorer.view = session.view.following(loss)


def play(explorer: SessionScreen) -> None:
    """Play, from the start if at the end; or pause."""
    player, cursor = explorer.player, explorer.cursor
    if player.playing:
        player.stop()
    elif cursor is not None:
        if cursor.position == cursor.last:
            explorer.cursor = cursor.at(0)
        player.start()


def play_on(explorer: SessionScreen) -> bool:
    """One step on; whether there was one."""
    cursor = explorer.cursor
    if cursor is None or cursor.position == cursor.last:
        return False
    explorer.cursor = cursor.moved(1)
    return True


def speed(explorer: SessionScreen, by: int) -> None:
    """Play faster or slower."""
    explorer.player.faster(by)
    if not explorer.player.playing:
        explorer.notify(f"space plays {explorer.player.speed} steps a second", timeout=2)


def forget_loss(explorer: SessionScreen) -> None:
    """Follow all losses: one of another network's means nothing in the next."""
    explorer.view = replace(explorer.view, loss=None)
