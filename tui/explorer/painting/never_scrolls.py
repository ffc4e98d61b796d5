"""Widgets that show all that there is of them.

Textual lays out the whole screen once more for each widget whose inner size a layout has changed: it may need a bar to
scroll by, or no longer. At the start that is every widget, and laying out takes a quarter of the start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.geometry import Size
from textual.widget import Widget

if TYPE_CHECKING:
    Mixin = Widget
else:
    Mixin = object  # a widget before another class of widgets would keep that one's default style sheet from being read


class NeverScrolls(Mixin):
    """A widget whose inner size is of no consequence for the layout."""

    def _size_updated(self, size: Size, virtual_size: Size, container_size: Size, layout: bool = True) -> bool:
        return super()._size_updated(size, virtual_size, container_size, layout=False)
