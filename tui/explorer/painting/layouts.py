"""What a layout has changed, whoever has looked at the screen since the one before.

Textual compares a layout with the map of the widgets that it has, and tells those that have come into sight, or have
another size, and paints their places. After a scroll that map is made again when somebody asks where a widget is: with
what is to be laid out next in it already. Then nobody is told, and a tab that was opened stays blank, or as it was
when it had no size.
"""

from __future__ import annotations

from typing import Any

from textual._compositor import Compositor, ReflowResult
from textual.geometry import Size
from textual.widget import Widget


class RememberingCompositor(Compositor):
    """Compares a layout with the layout before it."""

    _laid_out: Any = None
    """The map of the last layout"""

    def reflow(self, parent: Widget, size: Size) -> ReflowResult:
        """Lay out everything, and say what has come, what has gone and what has another size."""
        if self._laid_out is not None:
            self._full_map = self._laid_out
        found = super().reflow(parent, size)
        self._laid_out = self._full_map
        return found

    def clear(self) -> None:
        """Let go of every widget, when the screen closes."""
        self._laid_out = None
        super().clear()
