"""A screen before the explorer for which keys may come at any time: before it has widgets, or twice in one read.

Textual takes the screen on top off the stack when any screen is dismissed. Two enters in one read dismissed a dialog
twice, and with the second one the explorer behind it was gone (https://github.com/Textualize/textual/issues/4884 is a
kin of it). And a key that was sent to the screen before is looked up among the bindings of the one that is on top by
then, which may have no widgets yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textual import events
from textual.await_complete import AwaitComplete
from textual.filter import LineFilter
from textual.message import Message
from textual.screen import ModalScreen, Screen, ScreenResultType

from tui.explorer.painting.in_one import each
from tui.explorer.painting.readable_filter import ReadableFilter


class ClosesOnce(Screen[ScreenResultType]):
    """A screen whose keys have a meaning once its widgets are there, and that is closed once."""

    opened = False
    """Whether the dialog's widgets are there, so that keys have a meaning"""

    class Ready(Message):
        """Keys have a meaning from now on."""

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """Open for keys as soon as Textual has dealt with this: then a widget has the focus."""
        if not self.opened:
            self.call_later(self._open)

    def _open(self) -> None:
        self.opened = True
        self.post_message(self.Ready())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Allow an action once the screen is open; keys that arrive before do nothing."""
        return super().check_action(action, parameters) if self.opened else False

    def get_line_filters(self) -> Sequence[LineFilter]:
        """All but the one for what is hard to read: the screen behind is meant to recede."""
        return [one for one in each(super().get_line_filters()) if not isinstance(one, ReadableFilter)]

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """Close it, and what stands before it; where it is closed already, do nothing."""
        stack = self.app.screen_stack
        if self not in stack:
            return AwaitComplete.nothing()  # type: ignore[no-untyped-call]
        for above in reversed(stack[stack.index(self) + 1 :]):
            above.dismiss()
        return super().dismiss(result)


class Dialog(ModalScreen[ScreenResultType], ClosesOnce[ScreenResultType]):
    """A dialog: given what it offers, it returns what was chosen, or None."""


def is_waited_for(screen: Screen[Any]) -> bool:
    """Whether keys are to wait for this screen."""
    return isinstance(screen, ClosesOnce) and not screen.opened
