"""Tables wider than their place: no column is shown in part, as 1.5e−10 that is cut reads 1.5e−1."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from itertools import accumulate
from typing import ClassVar, TypeVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widgets import DataTable

from tui.report.aligned import aligned

Cell = TypeVar("Cell")


class WholeColumns(ScrollView):
    """A table that leaves out what it has no room for, and is moved sideways by a column at a time."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left_square_bracket", "columns(-1)", "", show=False, tooltip="To the columns at the left."),
        Binding("right_square_bracket", "columns(1)", "", show=False, tooltip="To the columns at the right."),
    ]

    @abstractmethod
    def edges(self) -> Sequence[int]:
        """Where each column begins, and where the last one ends; a cell of each is space at either side."""

    def whole(self, strip: Strip) -> Strip:
        """A line of what is scrolled to, without the columns that are there in part."""
        # What is painted goes on below the scrollbar, where nobody sees it.
        left, width, edges = self.scroll_offset.x, self.scrollable_content_region.width, self.edges()
        first = next((edge for edge in edges if edge >= left), left) - left
        last = next((edge for edge in reversed(edges) if edge <= left + width + 1), 0) - left
        if last <= first:
            return strip  # one column alone has no room
        return Strip.join([_blank(strip.crop(0, first)), strip.crop(first, last), _blank(strip.crop(last))])

    def action_columns(self, by: int) -> None:
        """Scroll by a column to the right, or to the left."""
        edges, left = self.edges(), self.scroll_offset.x
        beyond = (
            [edge for edge in edges if edge > left] if by > 0 else [edge for edge in reversed(edges) if edge < left]
        )
        self.scroll_to(x=next(iter(beyond), left), animate=False)


class WholeTable(DataTable[Cell], WholeColumns):
    """Textual's table, which shows a column whole or not at all."""

    def edges(self) -> Sequence[int]:
        """Where each column begins, and where the last one ends."""
        return list(accumulate((column.get_render_width(self) for column in self.ordered_columns), initial=0))

    def on_click(self, event: events.Click) -> None:
        """Do nothing about a row or a column that is gone since it was painted: Textual would look it up."""
        row, column = event.style.meta.get("row", -1), event.style.meta.get("column", -1)
        if row >= self.row_count or column >= len(self.columns):
            event.prevent_default()

    def render_line(self, y: int) -> Strip:
        """A line of the screen, without the column that is cut off."""
        return self.whole(super().render_line(y))


class NumbersTable(WholeTable[str]):
    """Columns of numbers, below one another by their decimal points."""

    def fill(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Show these rows in the place of those before."""
        self.clear(columns=True)
        self.add_columns(*columns)
        written = [aligned(of) for of in zip(*rows, strict=True)]
        self.add_rows(zip(*written, strict=True))


def _blank(strip: Strip) -> Strip:
    return Strip([Segment(" " * segment.cell_length, segment.style) for segment in strip])
