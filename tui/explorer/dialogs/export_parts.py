"""The list of what can be saved, and the buttons, of the export dialog."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text
from textual.binding import Binding
from textual.containers import Horizontal
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from tui.explorer.dialogs.export_kinds import ExportKind


class KindsList(OptionList):
    """The highlighted kind is the chosen one; Enter goes on to save it, and a click only chooses."""

    BINDINGS = [Binding("enter", "screen.save", "Save", show=False)]

    def __init__(self, kinds: Sequence[ExportKind]) -> None:
        super().__init__(*(Option(_row(kind, chosen=False)) for kind in kinds), id="export-kinds", compact=True)
        self._kinds = kinds

    def mark(self, chosen: ExportKind) -> None:
        """Mark the chosen one, also for screens without colors and while the focus is elsewhere."""
        for index, kind in enumerate(self._kinds):
            self.replace_option_prompt_at_index(index, _row(kind, chosen=kind is chosen))


def _row(kind: ExportKind, *, chosen: bool) -> Table:
    row = Table.grid(expand=True, padding=(0, 1), pad_edge=True)
    row.add_column(no_wrap=True)
    row.add_column(justify="right", no_wrap=True)
    label = Text(f"{'●' if chosen else '○'} {kind.label}", "dim" if kind.missing else "")
    row.add_row(label, Text(kind.suffix, "dim"))
    return row


class ButtonsRow(Horizontal):
    """Arrows go from one to the other."""

    BINDINGS = [
        Binding("left", "app.focus_previous", show=False),
        Binding("right", "app.focus_next", show=False),
    ]
