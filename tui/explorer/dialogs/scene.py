"""A title and a note for what is on the screen, before it is kept as a step of a lesson."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Input

from tui.explorer.dialogs.closing import Dialog
from tui.explorer.session.tour import LONGEST
from tui.explorer.widgets.plain_text import PlainLabel, PlainText


class SceneDialog(Dialog[tuple[str, str] | None]):
    """Ask for a title and a note; returns them, or None."""

    DEFAULT_CSS = """
    SceneDialog { align: center bottom; }
    SceneDialog > #scene-box {
        width: 76; max-width: 100%; height: auto; max-height: 100%; padding: 0 1; margin-bottom: 1;
        background: $surface; border: round $border;
        border-title-color: $foreground; border-title-style: bold; border-subtitle-color: $foreground-muted;
    }
    SceneDialog Input { height: 1; border: none !important; padding: 0 1; background: $panel; }
    SceneDialog PlainLabel { color: $foreground-muted; text-style: bold; }
    SceneDialog PlainText { height: auto; color: $foreground-muted; margin-top: 1; }
    """

    BINDINGS = [Binding("escape", "cancel", "Cancel"), Binding("down,up", "other", show=False)]
    AUTO_FOCUS = "#scene-title"

    def __init__(self, number: int) -> None:
        """Ask for the words of a step.

        Args:
            number: Which step of the lesson it will be, from 1.
        """
        super().__init__()
        self._number = number

    def compose(self) -> ComposeResult:
        """A field for the title and one for the note."""
        with Vertical(id="scene-box") as box:
            box.border_title = f"Keep this screen as step {self._number}"
            box.border_subtitle = "enter keeps it · tab · esc"
            yield PlainLabel("Title")
            yield Input(id="scene-title", max_length=LONGEST, placeholder="in a few words, or nothing")
            yield PlainLabel("Note")
            yield Input(id="scene-text", max_length=LONGEST, placeholder="what to see here, in a sentence or two")
            yield PlainText(
                "Words in braces stand for the numbers on the screen: {rate}, {loss}, {left}, {lag}, {size W_aa}, "
                "{horizon}, {steps}, {units}."
            )

    @on(Input.Submitted, "#scene-title")
    def action_other(self) -> None:
        """On to the other field."""
        self.focus_next(Input)

    @on(Input.Submitted, "#scene-text")
    def _keep(self) -> None:
        self.dismiss((self.query_one("#scene-title", Input).value, self.query_one("#scene-text", Input).value))

    def action_cancel(self) -> None:
        """Close, and keep no step of the lesson."""
        self.dismiss(None)
