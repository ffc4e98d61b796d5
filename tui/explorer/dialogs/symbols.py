"""What the symbols and words mean that stand on one panel."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll

from tui.explorer.dialogs.closing import Dialog
from tui.explorer.widgets.plain_text import PlainLabel, PlainText
from tui.report.glossary import Term


class Symbols(Dialog[None]):
    """Each term with its meaning; closed by escape, enter, the key that opened it, or a click beside it."""

    BINDINGS = [Binding("escape,enter,question_mark,q", "close", "close")]
    DEFAULT_CSS = """
    Symbols { align: center middle; }
    Symbols > Vertical {
        width: 84; max-width: 100%; height: auto; max-height: 90%; padding: 0 1;
        border: round $border; background: $surface;
    }
    Symbols VerticalScroll { height: auto; max-height: 100%; scrollbar-size-vertical: 1; }
    """

    def __init__(self, title: str, terms: Sequence[Term]) -> None:
        """Say what terms mean.

        Args:
            title: The panel that they stand on.
            terms: In their order.
        """
        super().__init__()
        self._title, self._terms = title, terms

    def compose(self) -> ComposeResult:
        """A table of two columns."""
        with Vertical() as frame:
            frame.border_title = f"Symbols and words · {self._title}"
            frame.border_subtitle = "↑↓ · esc closes"
            with VerticalScroll():
                if not self._terms:
                    yield PlainLabel("None of the glossary's terms stands on this panel.")
                    return
                table = Table.grid(padding=(0, 2))
                table.add_column(style="bold", no_wrap=True, max_width=18)
                table.add_column()
                for term in self._terms:
                    table.add_row(term.name.split(", ")[0], term.text)
                yield PlainText(table)

    def action_close(self) -> None:
        """Close the explanations and go back to the panel."""
        self.dismiss(None)
