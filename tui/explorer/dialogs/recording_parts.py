"""Which recurrent part of a recorded model is looked at."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from tui.explorer.dialogs.closing import Dialog
from tui.report.printable import printable


class RecordingParts(Dialog[str | None]):
    """Choose a part; returns its name, or None."""

    DEFAULT_CSS = """
    RecordingParts { align: center middle; }
    RecordingParts > Vertical {
        width: 60; max-width: 100%; height: auto; max-height: 100%; padding: 0 1; background: $surface;
        border: round $border; border-title-color: $foreground; border-title-style: bold;
        border-subtitle-color: $foreground-muted;
    }
    RecordingParts OptionList { height: auto; max-height: 16; background: $surface; }
    """
    BINDINGS = [Binding("escape", "dismiss", "Cancel")]

    def __init__(self, parts: Sequence[str], now: str) -> None:
        super().__init__()
        self._parts, self._now = tuple(parts), now

    def compose(self) -> ComposeResult:
        """The parts in the order of the model."""
        with Vertical() as box:
            box.border_title = "Which part of the model"
            box.border_subtitle = "↑↓ · enter · esc"
            yield OptionList(*(Option(printable(part)) for part in self._parts), compact=True)

    def on_mount(self) -> None:
        """Begin at the part that is looked at."""
        if self._now in self._parts:
            self.query_one(OptionList).highlighted = self._parts.index(self._now)

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(self._parts[event.option_index])
