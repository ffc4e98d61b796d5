"""The code of a setup: made of what is on the screen, and put on the screen again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import work

from tui.explorer.actions import tour
from tui.explorer.session.setup import Setup

if TYPE_CHECKING:
    from tui.explorer.session_screen import SessionScreen


@work
async def copy(explorer: SessionScreen) -> None:
    """Have the code of what is on the screen in the clipboard, and show it for where there is none."""
    from tui.explorer.dialogs.setup import SetupDialog  # the start does not wait for it

    explorer.player.stop()
    setup = Setup.of(explorer.session)
    try:
        code = setup.code
    except ValueError as error:
        explorer.notify(f"{error}.", title="Not copied", severity="warning")
        return
    explorer.app.copy_to_clipboard(code)
    await explorer.ask(SetupDialog(setup, code, pins=len(explorer.shown.pins)))


def look_as(explorer: SessionScreen, setup: Setup) -> None:
    """Look at the network in force as a setup says, trained as far, with the cursor in its place."""
    tour.trained(explorer, setup.trained)
    tour.look_at(explorer, setup.view, setup.look)


def code_of(explorer: SessionScreen) -> str:
    """The code of what is on the screen; empty where there is none."""
    try:
        return Setup.of(explorer.session).code
    except ValueError:
        return ""
