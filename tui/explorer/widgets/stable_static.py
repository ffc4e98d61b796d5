"""Text that changes at every step, without the whole screen being laid out again each time."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from rich.console import Console, RenderableType
from rich.segment import Segment
from rich.table import Table
from textual.css.styles import RulesMap
from textual.geometry import Size
from textual.strip import Strip
from textual.style import Style
from textual.visual import RenderOptions, Visual, VisualType

from tui.explorer.painting.view import seen
from tui.explorer.widgets.plain_text import PlainText


class CachedVisual(Visual):
    """What Rich lays out, laid out once a width: to find its height takes as long as to make it."""

    def __init__(self, content: RenderableType, console: Console) -> None:
        def lines(width: int) -> list[Strip]:
            options = console.options.update(width=width, highlight=False)
            segments = console.render(content, options)
            made = Segment.split_and_crop_lines(segments, width, include_new_lines=False, pad=False)
            return [Strip(line) for line in made]

        self._lines = lru_cache(maxsize=2)(lines)

    def render_strips(self, width: int, height: int | None, style: Style, options: RenderOptions) -> list[Strip]:
        """The lines at this width, each laid upon the widget's style."""
        return [strip.apply_style(style.rich_style) for strip in self._lines(width)[:height]]

    def get_optimal_width(self, rules: RulesMap, container_width: int) -> int:
        """The width of the room that there is for the content."""
        return container_width

    def get_height(self, rules: RulesMap, width: int) -> int:
        """How many lines the content takes at this width."""
        return len(self._lines(width))


class StableStatic(PlainText):
    """A Static of a width of its own that asks for a new layout only when its text needs another height.

    Laying out a screen of a hundred widgets and painting all of it takes longer than a step may. Where it is not
    on the screen no layout is asked for: one is made when it comes there.
    """

    _needed = (0, 0)
    """The width it was last measured at, and the lines it needs there"""

    _later: tuple[()] | tuple[VisualType] = ()
    """What was given while it was out of sight"""

    def __init__(self, content: VisualType = "", *, slack: int = 0, **given: Any) -> None:
        super().__init__(content, **given)
        self._slack = slack
        """Lines by which it may be higher than its text before it asks for less height"""

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """The height of the text, or the one it has where that is little more."""
        height = super().get_content_height(container, viewport, width)
        return max(height, self._needed[1]) if self._slack and width == self._needed[0] else height

    def on_show(self) -> None:
        """Show the content that was given while the widget was out of sight."""
        if self._later:
            self.update(*self._later)

    def update(self, content: VisualType = "", *, layout: bool = True) -> None:
        """Show other content; `layout` False never lays out again."""
        if not seen(self):
            self._later = (content,)
            return
        self._later = ()
        if isinstance(content, Table):
            content = CachedVisual(content, self.app.console)
        super().update(content, layout=False)
        width, height = self.content_size.width, self.styles.height
        if layout and width and height is not None and height.is_auto:
            needed = (width, self.visual.get_height(self.styles.get_rules(), width))
            spare = self._needed[1] - needed[1]
            if width != self._needed[0] or not 0 <= spare <= self._slack:
                self._needed = needed
                self.refresh(layout=True)
