"""The legend: each series' marker and name; click one to show or hide it."""

from __future__ import annotations

from collections.abc import Set

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.reactive import reactive
from textual.theme import Theme
from textual.widgets import Static

from tui.palette import SERIES, theme_palette
from tui.words import READOUT, RECURRENT


class LegendEntry(Static):
    """A series' marker and name."""

    class Toggled(Message):
        """A series is to be shown or hidden."""

        def __init__(self, series: str) -> None:
            self.series = series
            super().__init__()

    def __init__(self, series: str, key: str) -> None:
        super().__init__()
        self.series = series
        self.tooltip = f"Click, or press {key}, to show or hide this line."

    def on_mount(self) -> None:
        """Follow the theme."""
        self.app.theme_changed_signal.subscribe(self, self._color)
        self._color(self.app.current_theme)

    def _color(self, theme: Theme) -> None:
        style = SERIES[self.series]
        color = "#{:02x}{:02x}{:02x}".format(*theme_palette(theme).readable(style.color))
        self.update(Text(f"{style.marker} {self.series}", style=color))

    def on_click(self) -> None:
        """Ask for the toggle."""
        self.post_message(self.Toggled(self.series))


class Legend(Horizontal):
    """The parameters in their order, those that are hidden struck through."""

    hidden: reactive[Set[str]] = reactive[Set[str]](frozenset())

    def compose(self) -> ComposeResult:
        """An entry for each parameter."""
        for number, name in enumerate((*RECURRENT, *READOUT), start=1):
            yield LegendEntry(name, str(number))

    def watch_hidden(self) -> None:
        """Strike through what is hidden."""
        for entry in self.query(LegendEntry):
            entry.set_class(entry.series in self.hidden, "-hidden")
