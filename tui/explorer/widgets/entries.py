"""A row of names, each in the color of its series.

The widgets stay, whatever they come to stand for: to make others has the whole screen painted several times.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual.containers import Horizontal
from textual.reactive import var
from textual.theme import Theme

from tui.explorer.painting.theme import theme_palette
from tui.explorer.painting.view import seen
from tui.explorer.widgets.plain_text import PlainText
from tui.report.palette import SeriesStyle
from tui.report.styles import ink


class Entry(PlainText):
    """The name of a series in its color."""

    series = ""
    """What it stands for"""

    _label = ""
    _style: SeriesStyle | None = None
    _said: tuple[str, str] | None = None

    def stand_for(self, series: str, label: str, style: SeriesStyle) -> None:
        """Show another name in the color of another series from now on."""
        self.series, self._label, self._style = series, label, style
        self._say(self.app.current_theme)
        if not seen(self):  # out of sight and back again between two layouts, it would not be told that it is shown
            self.call_after_refresh(self.on_show)

    def on_mount(self) -> None:
        """Take the theme's color again whenever the theme changes."""
        self.app.theme_changed_signal.subscribe(self, self._say)

    def on_show(self) -> None:
        """Show the name that the entry was given while it was out of sight."""
        self._say(self.app.current_theme)

    def _say(self, theme: Theme) -> None:
        if self._style is None or not seen(self):
            return
        said = self._label, ink(self._style, theme_palette(theme))
        if said != self._said:
            self._said = said
            # Not an automatic width: Textual keeps that of the words before, if a layout comes between two updates.
            self.styles.width = cell_len(said[0])
            self.update(Text(said[0], style=said[1]), layout=False)


class Entries(Horizontal):
    """An entry for each series, in their order; some of them marked."""

    ENTRY: ClassVar[type[Entry]]
    MARK: ClassVar[str]
    """The class of an entry that is marked"""

    looks: var[Mapping[str, SeriesStyle]] = var[Mapping[str, SeriesStyle]](dict)

    def __init__(self) -> None:
        super().__init__()
        self.entries: list[Entry] = []
        """The entries that are shown; a child that is being removed is none any more"""

    @abstractmethod
    def label(self, series: str, style: SeriesStyle) -> str:
        """The text of the entry of a series."""

    @abstractmethod
    def tip(self, series: str, place: int) -> str:
        """What a click on its entry does; `place` counts from 1."""

    @abstractmethod
    def is_marked(self, series: str) -> bool:
        """Whether the entry of a series is marked, by a class of its style."""

    def watch_looks(self) -> None:
        """Let the entries stand for these, and make as many as it takes."""
        kept, gone = self.entries[: len(self.looks)], self.entries[len(self.looks) :]
        new = [self.ENTRY() for _ in self.looks][len(kept) :]
        self.entries = kept + new
        for place, (entry, (series, style)) in enumerate(zip(self.entries, self.looks.items(), strict=True), start=1):
            entry.stand_for(series, self.label(series, style), style)
            entry.tooltip = Text(self.tip(series, place))
        self.mark()
        if gone:
            self.remove_children(gone)
        if new:
            behind = [child for child in self.children if not isinstance(child, Entry)]
            self.mount(*new, before=behind[0] if behind else None)

    def mark(self) -> None:
        """Mark the entries that are to be marked, and no others."""
        for entry in self.entries:
            entry.set_class(self.is_marked(entry.series), self.MARK)
