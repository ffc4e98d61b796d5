"""The names of the pinned traces: one's own in place of those that are made, and an empty one to unpin."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.widgets import Input

from tui.explorer.dialogs.closing import Dialog
from tui.explorer.painting.theme import theme_palette
from tui.explorer.session.pins import LONGEST_NAME, Pin
from tui.explorer.widgets.plain_text import PlainText
from tui.report.printable import printable
from tui.report.styles import ink


class PinsDialog(Dialog[tuple[str, ...] | None]):
    """A field for each pinned trace; returns the names, empty for one to unpin, or None."""

    DEFAULT_CSS = """
    PinsDialog { align: center middle; }
    PinsDialog > #pins-box {
        width: 56; max-width: 100%; height: auto; max-height: 100%; padding: 0 1;
        background: $surface; border: round $border;
        border-title-color: $foreground; border-title-style: bold; border-subtitle-color: $foreground-muted;
    }
    PinsDialog Horizontal { height: 1; }
    PinsDialog .digit { width: 2; }
    PinsDialog Input { width: 1fr; height: 1; border: none !important; padding: 0 1; background: $panel; }
    PinsDialog #pins-how { height: auto; color: $foreground-muted; margin-top: 1; }
    """

    BINDINGS = [
        Binding("escape", "cancel", "Cancel"),
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
    ]
    AUTO_FOCUS = "Input"

    def __init__(self, pins: Sequence[Pin], names: Sequence[str]) -> None:
        """Ask for the names.

        Args:
            pins: The pinned traces.
            names: What each is called now.
        """
        super().__init__()
        self._pins, self._names = pins, names

    def compose(self) -> ComposeResult:
        """A row for each pin: its digit as in the chart, and its name."""
        palette = theme_palette(self.app.current_theme)
        with Vertical(id="pins-box") as box:
            box.border_title = "Pinned traces"
            box.border_subtitle = "enter keeps the names · esc"
            for pin, name in zip(self._pins, self._names, strict=True):
                with Horizontal():
                    yield PlainText(Text(pin.look.marker, ink(pin.look, palette)), classes="digit")
                    yield Input(name, max_length=LONGEST_NAME, select_on_focus=True)
            yield PlainText(
                "↑ ↓ go from one to the other. A name that is emptied (delete) unpins. X unpins all. Undo leaves pins "
                "as they are.",
                id="pins-how",
            )

    @on(Input.Submitted)
    def _keep(self) -> None:
        self.dismiss(tuple(" ".join(printable(one.value).split()) for one in self.query(Input)))

    def action_cancel(self) -> None:
        """Close, and leave the names as they are."""
        self.dismiss(None)
