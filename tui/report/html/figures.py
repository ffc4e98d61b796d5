"""A chart within the page: in the colors that the reader prefers, with its numbers where one points."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tui.report.document import Diagram, Drawing, Figure
from tui.report.figures.compose import Figure as Drawn
from tui.report.figures.compose import svg
from tui.report.html.markup import element, text

if TYPE_CHECKING:
    from tui.report.document import Block

WIDTH: Final = 340.0
"""Points; the page makes it as wide as there is room, and its letters are then as large as those of the page"""

LETTERS: Final = 8.5
"""The size of letters in points: of a telephone's width they can still be read"""

_POINTED_AT: Final = ' fill="none" pointer-events="all"'
"""What a place has that cannot be seen and tells its number; there are hundreds, and the page says it once"""


def figure_html(block: Figure | Diagram | Drawing, number: int) -> str:
    """A figure with its caption; nothing of a diagram that is not drawn.

    Args:
        block: The figure.
        number: Its number on the page, for names within it.
    """
    shown = drawn_of(block)
    if shown is None:
        return element("p", text(block.alt)) if isinstance(block, Diagram) else ""
    drawn = svg(shown, width=WIDTH, theme="auto", font_size=LETTERS, ids=f"figure-{number}")
    said = block.caption if isinstance(block, Drawing) or block.drawn_caption is None else block.drawn_caption
    return element("figure", _shorter(drawn) + (element("figcaption", text(said)) if said else ""))


def _shorter(drawn: str) -> str:
    """What is drawn in fewer characters: no place is told to more than a tenth of a point."""
    drawn = drawn.replace(_POINTED_AT, ' class="hover"').replace("\n", "")
    return _TAG.sub(lambda tag: _LONG.sub(lambda number: f"{float(number[0]):.1f}", tag[0]), drawn)


_TAG: Final = re.compile(r"<[a-z](?![^<>]*crispEdges)[^<>]*>")
"""A tag; cells of a heat map stay as they are, or there would be gaps between them"""
_LONG: Final = re.compile(r"(?<![\d.])\d+\.\d\d(?!\d)")


def drawn_of(block: Block) -> Drawn | None:
    """What a block shows, to be drawn; None where it shows nothing that can be."""
    if not isinstance(block, Figure | Diagram | Drawing):
        return None
    if block.drawing is not None:
        found = block.drawing()
        return replace(found, description=block.alt or found.description)
    if isinstance(block, Diagram):
        return None
    title = block.alt.partition(".")[0]
    return Drawn((block.chart,), title, block.alt)
