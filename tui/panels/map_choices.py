"""The row above the map: what it can show, what it shows marked; click one to show it."""

from __future__ import annotations

from collections.abc import Mapping

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.reactive import reactive
from textual.theme import Theme
from textual.widgets import Static

from tui.map_words import STATE
from tui.palette import SeriesStyle, theme_palette
from tui.series import ink


class MapChoice(Static):
    """A parameter's marker and name; click to show its map."""

    class Chosen(Message):
        """This parameter is to be shown."""

        def __init__(self, parameter: str) -> None:
            self.parameter = parameter
            super().__init__()

    def __init__(self, parameter: str, style: SeriesStyle, *, tight: bool) -> None:
        super().__init__()
        self.parameter, self._style = parameter, style
        name = "a⟨s⟩" if parameter == STATE else parameter
        self._label = name if tight else f"{style.marker} {name}"
        self.tooltip = (
            "Click to show the gradient with respect to the state a⟨s⟩ itself."
            if parameter == STATE
            else f"Click to show the map of {parameter}."
        )

    def on_mount(self) -> None:
        """Follow the theme."""
        self.app.theme_changed_signal.subscribe(self, self._color)
        self._color(self.app.current_theme)

    def _color(self, theme: Theme) -> None:
        self.update(Text(self._label, style=ink(self._style, theme_palette(theme))))

    def on_click(self) -> None:
        """Ask for it."""
        self.post_message(self.Chosen(self.parameter))


class MapChoices(Horizontal):
    """What the map can show, what it shows marked."""

    looks: reactive[Mapping[str, SeriesStyle]] = reactive[Mapping[str, SeriesStyle]](dict, recompose=True)
    tight: reactive[bool] = reactive(False, recompose=True)
    """Whether there is no room for the markers"""
    chosen: reactive[str] = reactive("")

    def compose(self) -> ComposeResult:
        """One entry each."""
        for name, style in self.looks.items():
            choice = MapChoice(name, style, tight=self.tight)
            choice.set_class(name == self.chosen, "-chosen")
            yield choice
        if self.looks:
            yield Static("[ ] to choose", markup=False, classes="hint")

    def watch_chosen(self) -> None:
        """Another one is shown."""
        for choice in self.query(MapChoice):
            choice.set_class(choice.parameter == self.chosen, "-chosen")
            if choice.parameter == self.chosen:
                choice.scroll_visible(animate=False)
