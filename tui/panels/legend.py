"""The legend: each series' marker and name; click one to show or hide it."""

from __future__ import annotations

from collections.abc import Mapping, Set

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.reactive import reactive
from textual.theme import Theme
from textual.widgets import Static

from tui.palette import SeriesStyle, theme_palette
from tui.series import ink


class LegendEntry(Static):
    """A series' marker and name."""

    class Toggled(Message):
        """A series is to be shown or hidden."""

        def __init__(self, series: str) -> None:
            self.series = series
            super().__init__()

    def __init__(self, series: str, style: SeriesStyle, place: int) -> None:
        # Its words from the start: an entry without any, when a theme is taken up, would stay without a width.
        super().__init__(Text(f"{style.marker} {series}"))
        self.series, self._style = series, style
        self.tooltip = f"Click{f', or press {place},' if place < 10 else ''} to show or hide this line."

    def on_mount(self) -> None:
        """Follow the theme."""
        self.app.theme_changed_signal.subscribe(self, self._color)
        self._color(self.app.current_theme)

    def _color(self, theme: Theme) -> None:
        self.update(Text(f"{self._style.marker} {self.series}", style=ink(self._style, theme_palette(theme))))

    def on_click(self) -> None:
        """Ask for the toggle."""
        self.post_message(self.Toggled(self.series))


def cells(name: str) -> int:
    """What an entry takes in a row: marker, name, and the gaps after them."""
    return len(name) + 4


class Legend(Horizontal):
    """The lines in their order, those that are hidden struck through."""

    looks: reactive[Mapping[str, SeriesStyle]] = reactive[Mapping[str, SeriesStyle]](dict, recompose=True)
    hidden: reactive[Set[str]] = reactive[Set[str]](frozenset())

    def fit(self, width: int) -> bool:
        """One row where that is wide enough, columns otherwise; whether it is one row."""
        widths = [cells(name) for name in self.looks] or [1]
        if sum(widths) > width:
            self.styles.grid_size_columns, self.styles.grid_columns = max(1, width // max(widths)), f"{max(widths)}"
        self.set_class(sum(widths) > width, "-many")
        return sum(widths) <= width

    def compose(self) -> ComposeResult:
        """An entry for each line."""
        for place, (name, style) in enumerate(self.looks.items(), start=1):
            entry = LegendEntry(name, style, place)
            entry.set_class(name in self.hidden, "-hidden")
            yield entry

    def watch_hidden(self) -> None:
        """Strike through what is hidden."""
        for entry in self.query(LegendEntry):
            entry.set_class(entry.series in self.hidden, "-hidden")
