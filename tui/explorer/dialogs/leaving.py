"""The question before minutes of training are lost."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical

from tui.explorer.dialogs.closing import Dialog
from tui.explorer.widgets.plain_text import PlainLabel

WORTH_ASKING = 60.0
"""Seconds of training that nobody wants to lose by a key pressed by mistake"""


class Leaving(Dialog[bool | None]):
    """Whether to leave, or to start over, although a training is lost with it; True to do it."""

    BINDINGS = [
        Binding("enter", "answer(True)", "do it"),
        Binding("q,ctrl+q", "again(False)", "leave"),
        Binding("z", "again(True)", "start over"),
        Binding("escape", "answer(False)", "stay"),
    ]
    DEFAULT_CSS = """
    Leaving { align: center middle; }
    Leaving > Vertical {
        width: 64; max-width: 100%; height: auto; padding: 0 1; border: round $warning; background: $surface;
    }
    """

    def __init__(self, seconds: float, steps: int, *, over: bool = False) -> None:
        """Ask.

        Args:
            seconds: How long was trained.
            steps: How many steps were done in that time.
            over: Whether it is about starting over, and not about leaving the program.
        """
        super().__init__()
        self._over = over
        done = f"{steps:,} {'update' if steps == 1 else 'updates'}"
        way = "start over" if over else "leave"
        self._said = f"{duration(seconds)} of training ({done}) are kept nowhere: they are lost when you {way}."

    def compose(self) -> ComposeResult:
        """What is lost, and the two keys."""
        with Vertical() as frame:
            frame.border_title = "Start over?" if self._over else "Leave?"
            frame.border_subtitle = f"enter or {'z starts over' if self._over else 'q leaves'} · esc stays"
            yield PlainLabel(self._said)

    def action_again(self, over: bool) -> None:
        """The key that asked, once more, is a yes."""
        if over == self._over:
            self.action_answer(True)

    def action_answer(self, leave: bool) -> None:
        """Leave, or go back to the explorer."""
        self.dismiss(leave)


def duration(seconds: float) -> str:
    """A time as it is said: `45 seconds`, `3 minutes`."""
    return f"{seconds:.0f} seconds" if seconds < 90 else f"{seconds / 60:.0f} minutes"
