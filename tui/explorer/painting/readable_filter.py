"""What is written can be read: on every line that is painted, in every theme, whichever widget it is from.

A theme is free in its colors, and Textual's widgets mute many of them further. Here the colors of a cell are known as
they are painted, with every background that has come under them. Where the terminal decides on the background, a color
of ours is reckoned with the worst of those that are usual.
"""

from __future__ import annotations

import re
from functools import lru_cache

from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

from tui.report.palette import LEGIBLE, READABLE, RGB, readable_on

LIGHTEST_DARK: RGB = (46, 52, 64)
"""The lightest of the usual dark backgrounds of terminals, that of Nord: what reads on it reads on black, too"""

DARKEST_LIGHT: RGB = (239, 241, 245)
"""The darkest of the usual light ones, that of Catppuccin Latte: what reads on it reads on white, too"""

_WRITTEN = re.compile(r"[\w←→↑↓⇧⌫‹›.,:;<>?!/%=±…✓✗◐◑]")
_DRAWN = re.compile("[⠁-⣿●■◆○□◇◉▣◈+×▼▲◀▶◂▸·┼├┤┬┴─│━┃╭╮╯╰┌┐└┘┏┓┗┛╌╍┄┅┈┉]")
"""Lines, axes and markers of charts; not the blocks of heat maps and bars, in which color is the message"""


class ReadableFilter(LineFilter):
    """Moves the color of letters and of lines away from that behind them, no further than they need to be read."""

    def __init__(self, dark: bool = True) -> None:
        """Take a background that the terminal decides on for a dark one, or for a light one."""
        super().__init__()
        self._unknown = LIGHTEST_DARK if dark else DARKEST_LIGHT

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The line, in which every letter has a contrast of 4.5 : 1 and every line of a chart one of 3 : 1."""
        return [
            Segment(text, readable(style, _needed(text), self._unknown), control)
            if style is not None and not control
            else segment
            for segment in segments
            for text, style, control in (segment,)
        ]


@lru_cache(maxsize=4096)
def _needed(text: str) -> float:
    if _WRITTEN.search(text):
        return LEGIBLE
    return READABLE if _DRAWN.search(text) else 1.0


@lru_cache(maxsize=4096)
def readable(style: Style, needed: float, unknown: RGB) -> Style:
    """A style whose color has a contrast with that behind it.

    Args:
        style: With the colors as they are painted; as it is where the terminal decides on that of the letters.
        needed: The contrast ratio of WCAG 2.2, 1 … 21.
        unknown: What to reckon with where the terminal decides on the background.
    """
    ink, behind = style.color, style.bgcolor
    if needed <= 1.0 or ink is None or ink.triplet is None:
        return style
    ground = unknown if behind is None or behind.is_default else behind.triplet
    if ground is None:
        return style
    found = readable_on(tuple(ink.triplet), tuple(ground), needed)
    return style if found == tuple(ink.triplet) else style + Style.from_color(RichColor.from_rgb(*found))
