"""A widget that shows what a pure function paints, and paints again only when what it shows has changed."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace

from rich.style import Style
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.theme import Theme
from textual.widget import Widget

from tui.explorer.painting.never_scrolls import NeverScrolls
from tui.explorer.painting.theme import theme_palette
from tui.report.palette import Palette, dark_palette


def seen(widget: Widget) -> bool:
    """Whether a widget is on the screen or could be scrolled to.

    Asked of the styles: to ask for the region of a widget out of sight, or to refresh it, lays out the whole screen.
    """
    return all(node.display for node in widget.ancestors_with_self if isinstance(node, Widget))


class PaintedView(NeverScrolls, Widget):
    """Shows what `paint` returns, kept until `stale()` is called or the size or the theme changes."""

    ALLOW_SELECT = False

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self.palette: Palette = dark_palette()
        self._strips: list[Strip] = []
        self._painted: Size | None = None
        self._ground: Style | None = None

    @abstractmethod
    def paint(self, width: int, height: int) -> list[Strip]:
        """What is shown, at most `height` strips of `width` cells, from the values and the palette held."""

    def stale(self) -> None:
        """What is shown has changed: paint again when the screen next asks."""
        self._painted = None
        if seen(self):
            self.refresh()

    def on_show(self) -> None:
        """Paint what has changed while the widget was out of sight."""
        self.refresh()

    def on_mount(self) -> None:
        """Take the theme's colors, now and whenever they change."""
        self._take_colors(self.app.current_theme)
        self.app.theme_changed_signal.subscribe(self, self._take_colors)

    def _take_colors(self, theme: Theme) -> None:
        palette = theme_palette(theme)
        self.palette = replace(palette, hues=False) if self.app.no_color else palette
        self.stale()

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines to be painted, in one style: to find it takes longer than to lay it under a line."""
        self._ground = None
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """One line of what `paint` returned, filled up to the whole width."""
        if self._painted != self.size:
            self._strips = self.paint(self.size.width, self.size.height)
            self._painted = self.size
        if self._ground is None:
            self._ground = self.rich_style
        if y >= len(self._strips):
            return Strip.blank(self.size.width, self._ground)
        return self._strips[y].apply_style(self._ground).adjust_cell_length(self.size.width, self._ground)
