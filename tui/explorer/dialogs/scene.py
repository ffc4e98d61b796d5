"""The words for what is on the screen, before it is kept as a step of a lesson."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.widgets import Static

from tui.explorer.dialogs.closing import Dialog
from tui.explorer.session.lesson import Page
from tui.explorer.session.step_words import StepWords
from tui.explorer.tours.checking import has_numbers, misspelt, not_here, reads, wrong
from tui.explorer.tours.texts import Seen, allowed
from tui.explorer.widgets.plain_text import PlainText
from tui.explorer.widgets.step_fields import StepFields


def hint(seen: Seen | None = None) -> str:
    """What may be written in braces.

    Args:
        seen: What is on the screen, whose lines and gates are the examples.
    """
    return f"Words in braces stand for the numbers on the screen: {allowed(seen)}."


class SceneDialog(Dialog[StepWords | None]):
    """Ask for the words of a step, and say what is wrong with them while they are typed; returns them, or None."""

    DEFAULT_CSS = """
    SceneDialog { align: center bottom; }
    SceneDialog > #scene-box {
        width: 78; max-width: 100%; height: auto; max-height: 100%; padding: 0 1; margin-bottom: 1;
        background: $surface; border: round $border; scrollbar-size-vertical: 1;
        border-title-color: $foreground; border-title-style: bold; border-subtitle-color: $foreground-muted;
    }
    SceneDialog #scene-says { height: auto; color: $foreground-muted; margin-top: 1; }
    SceneDialog #scene-says.-wrong { color: $text-error; }
    """

    BINDINGS = [Binding("escape", "cancel", "Cancel"), Binding("ctrl+s", "keep", "Keep it")]
    AUTO_FOCUS = "#step-title"

    def __init__(self, number: int, page: Page, seen: Seen | None) -> None:
        """Ask for the words of a step.

        Args:
            number: Which step of the lesson it will be, from 1.
            page: The step, without words.
            seen: What it shows.
        """
        super().__init__()
        self._number, self._page, self._seen = number, page, seen

    def compose(self) -> ComposeResult:
        """The fields, and what is wrong in them."""
        with VerticalScroll(id="scene-box", can_focus=False) as box:
            box.border_title = f"Keep this screen as step {self._number}"
            box.border_subtitle = "enter on · ctrl+s keeps it · esc"
            yield StepFields()
            yield PlainText(hint(self._seen), id="scene-says")

    @on(StepFields.Typed)
    def _typed(self, event: StepFields.Typed) -> None:
        self._page = self._page.worded(event.words)
        self._check()

    def _check(self) -> None:
        problem = wrong(self._page, self._seen)
        self.query_one(StepFields).mark(*misspelt(self._page))
        says = self.query_one("#scene-says", Static)
        says.set_class(bool(problem), "-wrong")
        shown = self._seen is not None and not problem and has_numbers(self._page)
        says.update(
            problem or (f"Reads: {reads(self._page, self._seen)}" if shown and self._seen else hint(self._seen))
        )

    @on(StepFields.Done)
    def action_keep(self) -> None:
        """Close, and return the words; those of a question that lacks something stay in the lesson's fields.

        Words in braces that stand for nothing are not kept, since a tour with them cannot be read again; nor are those
        that ask for what this network does not have, which would stand in the lesson as they are written.
        """
        words = self.query_one(StepFields).words
        self._page = self._page.worded(words)
        if misspelt(self._page) or not_here(self._page, self._seen):
            self._check()
        else:
            self.dismiss(words)

    def action_cancel(self) -> None:
        """Close, and keep no step of the lesson."""
        self.dismiss(None)
