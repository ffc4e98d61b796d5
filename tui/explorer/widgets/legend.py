"""The legend: each series' marker and name; click one to show or hide it."""

from __future__ import annotations

from collections.abc import Set

from textual.message import Message
from textual.reactive import var

from tui.explorer.widgets.entries import Entries, Entry
from tui.report.charts.lags import at_end
from tui.report.palette import SeriesStyle


class LegendEntry(Entry):
    """The marker and the name of a series; a click shows or hides its line."""

    class Toggled(Message):
        """A series is to be shown or hidden."""

        def __init__(self, series: str) -> None:
            self.series = series
            super().__init__()

    def on_click(self) -> None:
        """Ask for the line to be shown or hidden."""
        self.post_message(self.Toggled(self.series))


def cells(name: str) -> int:
    """What an entry takes in a row: marker, name, and the gaps after them; in columns there is a gap less."""
    return len(name) + 4


class Legend(Entries):
    """The lines in their order, those that are hidden struck through."""

    ENTRY = LegendEntry
    MARK = "-hidden"

    hidden: var[Set[str]] = var[Set[str]](frozenset())

    _brief = False
    """Whether names are as short as at the ends of the lines"""

    def fit(self, width: int) -> bool:
        """One row where that is wide enough, else columns of shorter names; whether it is one row."""
        brief = sum(map(cells, self.looks)) > width
        if brief != self._brief:
            self._brief = brief
            self.watch_looks()
        widths = [cells(at_end(name)) - 1 if brief else cells(name) for name in self.looks] or [1]
        if sum(widths) > width:
            self.styles.grid_size_columns, self.styles.grid_columns = max(1, width // max(widths)), f"{max(widths)}"
        self.set_class(brief, "-brief")
        self.set_class(sum(widths) > width, "-many")
        return sum(widths) <= width

    def label(self, series: str, style: SeriesStyle) -> str:
        """The marker of a series and its name."""
        return f"{style.marker} {at_end(series) if self._brief else series}"

    def tip(self, series: str, place: int) -> str:
        """How any line is shown or hidden, by mouse and by keyboard."""
        return "Click to show or hide this line; by the keyboard, j and then the letter on it."

    def is_marked(self, series: str) -> bool:
        """Whether the line of a series is hidden."""
        return series in self.hidden

    def watch_hidden(self) -> None:
        """Strike through the names of the lines that are hidden."""
        self.mark()
