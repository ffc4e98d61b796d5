"""Many networks over one setting or two, on a screen of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import work

from tui.explorer.actions import cursor, settings

if TYPE_CHECKING:
    from tui.explorer.session_screen import SessionScreen


@work
async def sweep(explorer: SessionScreen) -> None:
    """The last sweep, or a new one; the network that is chosen in it is opened, as an edit of the settings."""
    from tui.explorer.dialogs.sweep import SweepScreen  # the start does not wait for it

    explorer.trainer.pause()
    screen = SweepScreen(explorer.swept, explorer.subject.experiment, explorer.figure_style)
    experiment = await explorer.ask(screen)
    explorer.swept, explorer.figure_style = screen.swept, screen.figure_style
    if experiment is not None:
        explorer.problems = {}
        cursor.forget_loss(explorer)
        settings.change(explorer, experiment)
