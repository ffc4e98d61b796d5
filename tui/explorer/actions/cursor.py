"""Stepping through time: playing, and the loss that is shown."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tui.explorer.session.transitions import TRANSITIONS

if TYPE_CHECKING:
    from tui.explorer.session_screen import SessionScreen


def play(explorer: SessionScreen) -> None:
    """Move on by itself, from the start if at the end; or pause where it plays."""
    player, cursor = explorer.player, explorer.cursor
    if player.playing:
        player.stop()
    elif cursor is not None:
        if cursor.position == cursor.last:
            explorer.cursor = cursor.at(0)
        player.start()


def play_on(explorer: SessionScreen) -> bool:
    """Move one step on, and return whether there was one."""
    cursor = explorer.cursor
    if cursor is None or cursor.position == cursor.last:
        return False
    explorer.put(TRANSITIONS["move"](explorer.session, 1))
    return True


def speed(explorer: SessionScreen, by: int) -> None:
    """Play faster or slower, and say how fast where nothing plays."""
    explorer.player.faster(by)
    if not explorer.player.playing:
        explorer.notify(f"space plays {explorer.player.speed} steps a second", timeout=2)


def forget_loss(explorer: SessionScreen) -> None:
    """Show the last loss in the place of one at a step, which means nothing in the next network."""
    view = explorer.view
    explorer.view = replace(view, loss="all" if view.loss == "all" else "last", before_all="last")
