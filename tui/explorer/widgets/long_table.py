"""A table of any length: its rows are written when they come into sight, so that it costs what fits on the screen.

Textual's own table measures every cell before it shows one: at 5000 rows the keys went unanswered for 1.5 seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual import events
from textual.geometry import Size
from textual.reactive import reactive
from textual.strip import Strip

from tui.explorer.widgets.whole_columns import WholeColumns
from tui.report.aligned import pushed, widest_before
from tui.report.numbers import WIDTH

BEFORE = 2
"""Cells before the decimal point in a column that is not measured, so that a number of any size has room"""

MEASURED = 400
"""Up to so many rows a column is as wide as its widest number; in more, as wide as any number is."""

Row = Callable[[int], Sequence[str]]
"""The cells of the row at an index from 0"""


class LongTable(WholeColumns, can_focus=True):
    """Named columns of numbers, a header that stays, and a row that is marked."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "long-table--header",
        "long-table--odd",
        "long-table--even",
        "long-table--cursor",
    }
    DEFAULT_CSS = """
    LongTable {
        background: $surface;
        color: $foreground;
        & > .long-table--header { background: $panel; color: $foreground; text-style: bold; }
        &:ansi > .long-table--header { background: ansi_default; color: ansi_default; text-style: bold reverse; }
        & > .long-table--even { background: $surface-lighten-1 50%; }
        &:dark > .long-table--even { background: $surface-darken-1 40%; }
        & > .long-table--cursor {
            background: $block-cursor-blurred-background;
            color: $block-cursor-blurred-foreground;
            text-style: $block-cursor-blurred-text-style;
        }
        &:focus {
            background-tint: $foreground 5%;
            & > .long-table--header { background-tint: $foreground 5%; }
            & > .long-table--cursor {
                background: $block-cursor-background;
                color: $block-cursor-foreground;
                text-style: $block-cursor-text-style;
            }
        }
    }
    """

    cursor_row: reactive[int] = reactive(0)
    """The row that is marked, from 0"""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.columns: tuple[str, ...] = ()
        self.row_count = 0
        self._row: Row = lambda row: ()
        self._widths: tuple[int, ...] = ()
        self._before: tuple[int, ...] = ()
        """Cells before the decimal point, by column"""

    def fill(self, columns: Sequence[str], count: int, row: Row, *, widest: Mapping[str, int] | None = None) -> None:
        """Show other rows, from the first one on.

        Args:
            columns: What stands above them; the first column numbers the rows.
            count: How many rows there are.
            row: The cells of each, at most `WIDTH` cells wide.
            widest: Cells that a column of another width can take, where there are too many rows to measure.
        """
        self.columns, self.row_count, self._row = tuple(columns), count, row
        if count <= MEASURED:
            written = list(zip(*(row(at) for at in range(count)), strict=True)) or [()] * len(columns)
            self._before = tuple(map(widest_before, written))
            texts = [[pushed(text, before) for text in of] for of, before in zip(written, self._before, strict=True)]
            widths = [max(map(cell_len, of), default=0) for of in texts]
        else:
            digits = len(str(count))
            self._before = (digits, *[BEFORE] * (len(columns) - 1))
            widths = [digits, *((widest or {}).get(name, WIDTH) for name in columns[1:])]
        self._widths = tuple(max(cell_len(name), width) for name, width in zip(columns, widths, strict=True))
        self.virtual_size = Size(sum(self._widths) + 2 * len(columns), count + 1)
        self.cursor_row = max(0, min(self.cursor_row, count - 1))
        self.refresh()

    def edges(self) -> Sequence[int]:
        """Where each column begins, and where the last one ends."""
        return list(accumulate((width + 2 for width in self._widths), initial=0))

    def get_row_at(self, row: int) -> list[str]:
        """The cells of a row, by its number from 0."""
        return list(self._row(row))

    def move_cursor(self, row: int) -> None:
        """Mark a row, the nearest that there is, and scroll to it."""
        self.cursor_row = max(0, min(row, self.row_count - 1))
        self._into_view()

    def watch_cursor_row(self) -> None:
        """Paint again when another row is marked."""
        self.refresh()

    def on_resize(self) -> None:
        """Keep the marked row in sight."""
        self._into_view()

    def _into_view(self) -> None:
        top, room = self.scroll_offset.y, self._room
        if not self.size.height:
            return
        if not top <= self.cursor_row < top + room:
            first = self.cursor_row if self.cursor_row < top else self.cursor_row - room + 1
            self.scroll_to(y=first, animate=False, immediate=True)

    @property
    def _room(self) -> int:
        """Rows that fit below the header."""
        return max(1, self.scrollable_content_region.height - 1)

    def render_line(self, y: int) -> Strip:
        """The header, or the row that is scrolled to this line."""
        left, top = self.scroll_offset
        width, at = self.size.width, top + y - 1
        if y and at >= self.row_count:
            return Strip.blank(width, self.rich_style)
        if not y:
            kind, cells = "header", self.columns
        else:
            kind = "cursor" if at == self.cursor_row else "even" if at % 2 == 0 else "odd"
            texts = zip(self._row(at), self._before, self._widths, strict=True)
            cells = tuple(pushed(text, before, width) for text, before, width in texts)
        style = self.get_component_rich_style(f"long-table--{kind}")
        text = "".join(f" {set_cell_size(cell, room)} " for cell, room in zip(cells, self._widths, strict=True))
        return self.whole(Strip([Segment(text, style)]).crop_extend(left, left + width, style))

    def on_click(self, event: events.Click) -> None:
        """Mark the row under the mouse."""
        offset = event.get_content_offset(self)
        if offset is not None and offset.y > 0 and (row := self.scroll_offset.y + offset.y - 1) < self.row_count:
            self.cursor_row = row

    def action_cursor_up(self) -> None:
        """Mark the row above the marked one."""
        self.move_cursor(self.cursor_row - 1)

    def action_cursor_down(self) -> None:
        """Mark the row below the marked one."""
        self.move_cursor(self.cursor_row + 1)

    def action_page_up(self) -> None:
        """Mark the row that is a screen further up."""
        self.move_cursor(self.cursor_row - self._room)

    def action_page_down(self) -> None:
        """Mark the row that is a screen further down."""
        self.move_cursor(self.cursor_row + self._room)
