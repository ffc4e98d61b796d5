"""Text that changes at every step, without the whole screen being laid out again each time."""

from __future__ import annotations

from textual.visual import VisualType
from textual.widgets import Static

from tui.charts.view import seen


class Steady(Static):
    """A Static of a width of its own that asks for a new layout only when its text needs another height.

    Laying out a screen of a hundred widgets and painting all of it takes longer than a step may. Where it is not
    on the screen no layout is asked for: one is made when it comes there.
    """

    _needed = (0, 0)
    """The width it was last measured at, and the lines it needs there"""

    _later: tuple[()] | tuple[VisualType] = ()
    """What was given while it was out of sight"""

    def on_show(self) -> None:
        """Show what was given out of sight."""
        if self._later:
            self.update(*self._later)

    def update(self, content: VisualType = "", *, layout: bool = True) -> None:
        """Show other content; `layout` False never lays out anew."""
        if not seen(self):
            self._later = (content,)
            return
        self._later = ()
        super().update(content, layout=False)
        width, height = self.content_size.width, self.styles.height
        if layout and width and height is not None and height.is_auto:
            needed = (width, self.visual.get_height(self.styles.get_rules(), width))
            if needed != self._needed:
                self._needed = needed
                self.refresh(layout=True)
