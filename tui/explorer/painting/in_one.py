"""All filters of a line at once.

Textual makes a new line after each filter, with room for all that is kept of a line: for three of them, a tenth of what
it takes to paint the screen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter


class InOne(LineFilter):
    """Does what several filters do, one after another."""

    def __init__(self, filters: Sequence[LineFilter]) -> None:
        super().__init__()
        self.filters = (*filters,)

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The line as it is after the last of them."""
        for one in self.filters:
            segments = one.apply(segments, background)
        return segments


def each(filters: Sequence[LineFilter]) -> Iterator[LineFilter]:
    """The filters, those that are in one by themselves."""
    for one in filters:
        yield from one.filters if isinstance(one, InOne) else (one,)
