"""Words as full as there is room for."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual.reactive import var
from textual.strip import Strip

from tui.explorer.painting.view import PaintedView


class Fitting(PaintedView):
    """The first of several wordings that fits on the line."""

    DEFAULT_CSS = "Fitting { height: 1; }"

    forms: var[tuple[str, ...]] = var[tuple[str, ...]](())

    def watch_forms(self) -> None:
        """Paint again when the forms to choose from have changed."""
        self.stale()

    def paint(self, width: int, height: int) -> list[Strip]:
        """The longest form that fits the width; nothing where not even the shortest does."""
        text = next((form for form in self.forms if len(form) <= width), "")
        if self.styles.text_align == "right":
            text = text.rjust(width)
        return [Strip([Segment(text, Style(dim=True))])]
