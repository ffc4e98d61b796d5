"""The row above a heat map: what it can show, what it shows marked; click one to show it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.message import Message
from textual.reactive import var

from tui.explorer.widgets.entries import Entries, Entry
from tui.explorer.widgets.plain_text import PlainText
from tui.report.palette import SeriesStyle
from tui.report.words.map import STATE
from tui.report.words.prediction import SYMBOL as PREDICTION

HINT: Final = "[ ] to choose"

PLAIN: Final = SeriesStyle((128, 128, 128), "")
"""How what is no series looks: the colors of parameters would say that it is one"""


class MapChoice(Entry):
    """The marker and name of a parameter, or of another thing that can be shown; click to show it."""

    class Chosen(Message):
        """This is to be shown: a parameter, the state, or what else the row offers."""

        def __init__(self, parameter: str) -> None:
            self.parameter = parameter
            super().__init__()

    def on_click(self) -> None:
        """Ask that what the entry stands for is shown."""
        self.post_message(self.Chosen(self.series))


class MapChoices(Entries):
    """What the map can show, what it shows marked."""

    ENTRY = MapChoice
    MARK = "-chosen"
    DEFAULT_CSS = """
    MapChoices { height: 1; overflow-x: auto; scrollbar-size-horizontal: 0; }
    MapChoices MapChoice { margin-right: 2; }
    MapChoices MapChoice:hover { text-style: underline; }
    MapChoices MapChoice.-chosen { text-style: bold reverse; }
    MapChoices .hint { width: 1fr; text-align: right; color: $foreground-muted; }
    MapChoices.-narrow MapChoice { margin-right: 1; }
    MapChoices.-narrow .hint { display: none; }
    """

    state: var[str] = var("a")
    """The state's name: `a`, or `(a, c)` of an LSTM"""
    tight: var[bool] = var(False)
    """Whether there is no room for the markers"""
    chosen: var[str] = var("")

    def compose(self) -> ComposeResult:
        """The keys that choose, behind the entries."""
        yield PlainText(HINT, classes="hint")

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


class UnitChoices(MapChoices):
    """What can be shown of the units, what is shown marked."""

    DEFAULT_CSS = """
    UnitChoices MapChoice, UnitChoices.-narrow MapChoice { margin-right: 0; }
    UnitChoices.-tight MapChoice { margin-right: 1; }
    """

    def offer(self, symbols: Iterable[str], width: int) -> None:
        """Offer these, as far from each other as there is room for in so many cells."""
        looks = dict.fromkeys(symbols, PLAIN)
        wide = sum(cell_len(symbol) + 2 for symbol in looks)
        self.tight = wide > width
        self.set_class(self.tight, "-tight")
        self.set_class(wide + len(HINT) + 1 > width, "-narrow")
        self.looks = looks

    def label(self, series: str, style: SeriesStyle) -> str:
        """The symbol, with a space at each side where there is room."""
        return series if self.tight else f" {series} "

    def tip(self, series: str, place: int) -> str:
        """What a click on the entry shows."""
        if series == PREDICTION:
            return "Click to show the prediction y⟨t⟩ over its target, through time."
        return f"Click to show {series} of every unit."
