"""The row above the map: what it can show, what it shows marked; click one to show it."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.message import Message
from textual.reactive import var

from tui.explorer.widgets.entries import Entries, Entry
from tui.explorer.widgets.plain_text import PlainText
from tui.report.palette import SeriesStyle
from tui.report.words.map import STATE


class MapChoice(Entry):
    """A parameter's marker and name; click to show its map."""

    class Chosen(Message):
        """The map of this parameter, or of the state, is to be shown."""

        def __init__(self, parameter: str) -> None:
            self.parameter = parameter
            super().__init__()

    def on_click(self) -> None:
        """Ask for the map of this parameter."""
        self.post_message(self.Chosen(self.series))


class MapChoices(Entries):
    """What the map can show, what it shows marked."""

    ENTRY = MapChoice
    MARK = "-chosen"

    state: var[str] = var("a")
    """The state's name: `a`, or `(a, c)` of an LSTM"""
    tight: var[bool] = var(False)
    """Whether there is no room for the markers"""
    chosen: var[str] = var("")

    def compose(self) -> ComposeResult:
        """The keys that choose, behind the entries."""
        yield PlainText("[ ] to choose", classes="hint")

    def label(self, series: str, style: SeriesStyle) -> str:
        """The name, behind its marker where there is room."""
        name = f"{self.state}⟨s⟩" if series == STATE else series
        return name if self.tight else f"{style.marker} {name}"

    def tip(self, series: str, place: int) -> str:
        """What a click on the entry shows."""
        if series == STATE:
            return f"Click to show the gradient with respect to the state {self.state}⟨s⟩ itself."
        return f"Click to show the map of {series}."

    def is_marked(self, series: str) -> bool:
        """Whether the map of this parameter is shown."""
        return series == self.chosen

    def watch_state(self) -> None:
        """Name the entry of the state again: the state of another cell has another name."""
        self.watch_looks()

    def watch_tight(self) -> None:
        """Name the entries again: longer or shorter names fit."""
        self.watch_looks()

    def watch_chosen(self) -> None:
        """Mark the entry of the map that is shown now, and bring it in sight."""
        self.mark()
        for choice in self.entries:
            if choice.series == self.chosen:
                choice.scroll_visible(animate=False)
