"""NO_COLOR in a theme with the terminal's own colors: its two default ones, in reverse where a ground marked a place.

Textual makes grays of what is painted, also of the default colors, which are gray on black then, on a light terminal
too; or it drops every color, and with them the row that is chosen in a list.
"""

from __future__ import annotations

import re

from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

_DEFAULT = Style.from_color(RichColor.default(), RichColor.default())
_REVERSED = _DEFAULT + Style(reverse=True)

_BARS = re.compile("[▀-▟]")
"""What tells by how much of its cell is filled, and would tell the contrary in reverse"""

_RECEDES = {True: (0, 8), False: (7, 15)}
"""The terminal's blacks on a dark background and its whites on a light one, as under a scrollbar: they mark nothing"""


class WithoutColor(LineFilter):
    """Has every line painted in the two default colors of the terminal."""

    def __init__(self, dark: bool) -> None:
        """Take the terminal's background for a dark one, or for a light one."""
        super().__init__()
        self._recedes = _RECEDES[dark]

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The line in the default colors, and in reverse what stood on another ground."""
        return [
            Segment(
                text, None if style is None else style + (_REVERSED if self._marks(text, style) else _DEFAULT), control
            )
            for text, style, control in segments
        ]

    def _marks(self, text: str, style: Style) -> bool:
        """Whether the ground says something, as that of a chosen row or of the cursor."""
        ground = style.bgcolor
        if ground is None or ground.is_default or _BARS.search(text):
            return False
        return ground.number not in self._recedes
