"""The command palette, which closes once: Textual's own runs its command again at a second enter in one read."""

from __future__ import annotations

from contextlib import suppress

from textual import events, on, work
from textual.command import CommandPalette
from textual.css.query import NoMatches
from textual.widgets import Button, Input, OptionList

from tui.explorer.dialogs.closing import ClosesOnce


class Palette(CommandPalette, ClosesOnce[None]):
    """Textual's command palette, guarded against keys that come while it closes."""

    def on_mount(self, event: events.Mount) -> None:
        """Look for nothing where it was closed before it was there."""
        if self not in self.app.screen_stack:
            event.prevent_default()

    @on(OptionList.OptionSelected)
    @on(Input.Submitted)
    @on(Button.Pressed)
    def _take_once(self, event: OptionList.OptionSelected | Input.Submitted | Button.Pressed) -> None:
        if self not in self.app.screen_stack:
            event.prevent_default()

    async def _watch__show_busy(self) -> None:
        """Say that it is looking, unless what says it is not there any more."""
        with suppress(NoMatches):
            await super()._watch__show_busy()

    @work(exclusive=True, group=CommandPalette._GATHER_COMMANDS_GROUP)
    async def _gather_commands(self, search_value: str) -> None:
        """Look for commands, unless the list for them is not there any more: the program may be left meanwhile."""
        with suppress(NoMatches):
            await CommandPalette._gather_commands.__wrapped__(self, search_value)  # type: ignore[attr-defined]

    def _action_cursor_down(self) -> None:
        """Go down in the list, unless it is not there any more."""
        with suppress(NoMatches):
            super()._action_cursor_down()

    def _action_command_list(self, action: str) -> None:
        """Move in the list, unless it is not there any more."""
        with suppress(NoMatches):
            super()._action_command_list(action)
