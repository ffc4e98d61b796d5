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
        """This parameter is to be shown."""

        def __init__(self, parameter: str) -> None:
            self.parameter = parameter
            super().__init__()

    def on_click(self) -> None:
        """Ask for it."""
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
        """The keys, behind the entries."""
        yield PlainText("[ ] to choose", classes="hint")

    def label(self, series: str, style: SeriesStyle) -> str:
        """The name, behind its marker where there is room."""
        name = f"{self.state}⟨s⟩" if series == STATE else series
        return name if self.tight else f"{style.marker} {name}"

    def tip(self, series: str, place: int) -> str:
        """What the map is of."""
        if series == STATE:
            return f"Click to show the gradient with respect to the state {self.state}⟨s⟩ itself."
        return f"Click to show the map of {series}."

    def is_marked(self, series: str) -> bool:
        """The one that is shown."""
        return series == self.chosen

    def watch_state(self) -> None:
        """It is called something else."""
        self.watch_looks()

    def watch_tight(self) -> None:
        """Other words fit."""
        self.watch_looks()

    def watch_chosen(self) -> None:
        """Another one is shown."""
        self.mark()
        for choice in self.entries:
            if choice.series == self.chosen:
                choice.scroll_visible(animate=False)
