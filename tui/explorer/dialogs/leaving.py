"""The question before minutes of training are lost."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical

from tui.explorer.dialogs.closing import Dialog
from tui.explorer.widgets.plain_text import PlainLabel


class Leaving(Dialog[bool | None]):
    """Whether to leave although a training is lost with it; True to leave."""

    BINDINGS = [Binding("q,ctrl+q,enter", "answer(True)", "leave"), Binding("escape", "answer(False)", "stay")]
    DEFAULT_CSS = """
    Leaving { align: center middle; }
    Leaving > Vertical {
        width: 64; max-width: 100%; height: auto; padding: 0 1; border: round $warning; background: $surface;
    }
    """

    def __init__(self, seconds: float, steps: int) -> None:
        """Ask.

        Args:
            seconds: How long was trained.
            steps: How many steps were done in that time.
        """
        super().__init__()
        done = f"{steps:,} {'update' if steps == 1 else 'updates'}"
        self._said = f"{duration(seconds)} of training ({done}) are kept nowhere: they are lost when you leave."

    def compose(self) -> ComposeResult:
        """What is lost, and the two keys."""
        with Vertical() as frame:
            frame.border_title, frame.border_subtitle = "Leave?", "enter or q leaves · esc stays"
            yield PlainLabel(self._said)

    def action_answer(self, leave: bool) -> None:
        """Leave, or go back to the explorer."""
        self.dismiss(leave)


def duration(seconds: float) -> str:
    """A time as it is said: `45 seconds`, `3 minutes`."""
    return f"{seconds:.0f} seconds" if seconds < 90 else f"{seconds / 60:.0f} minutes"
