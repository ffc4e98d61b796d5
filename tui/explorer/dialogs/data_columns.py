"""The columns of a data file in a list: what each holds, its first rows, and whether it is read or asked for."""

from __future__ import annotations

from typing import Final

from rich.cells import cell_len, set_cell_size
from rich.text import Text
from textual.binding import Binding
from textual.content import Content
from textual.widgets import OptionList

from core import Column, Table
from tui.report.printable import printable

FIRST_ROWS: Final = 6
"""How many rows of the file are shown beside each column"""

NAME: Final = 16
KIND: Final = 6
GAPS: Final = 9


def column_row(table: Table, column: Column, read: bool, asked: bool, time: bool) -> Text:
    """A column in the list: its marks, name, kind, gaps and first rows.

    Args:
        table: What it is a column of.
        column: Which, as it is read: one of ids says so.
        read: Whether it is read.
        asked: Whether it is asked for.
        time: Whether it is taken for the time.
    """
    kind = "time" if time else "ids" if column.ids else column.kind
    gaps = f"{column.gaps:,}" if column.gaps else "–"
    first = " · ".join(column.text(row) or "–" for row in range(min(FIRST_ROWS, table.rows)))
    first = first.replace("-", "−") if column.numeric else first
    marks = f" {'●' if read else '○'}    {'◆' if asked else '◇'}   "
    text = f"{_fitting(printable(column.name))} {kind:<{KIND}} {gaps:>{GAPS}}  "
    return Text.assemble(marks, text, (printable(first), "dim"))


class ColumnList(OptionList):
    """The columns: keys say what is done with the highlighted one; enter opens the file."""

    BINDINGS = [
        Binding("space,i", "screen.read", "Read it", show=False),
        Binding("t", "screen.ask", "Ask for it", show=False),
        Binding("c", "screen.time", "It tells the time", show=False),
        Binding("enter", "screen.take", "Open", show=False),
    ]


def _fitting(name: str) -> str:
    """A name on as many cells as it has room for, its end left out where it is longer."""
    text = set_cell_size(name, NAME)
    return text if cell_len(name) <= NAME else f"{set_cell_size(name, NAME - 1)}…"


def head() -> str:
    """What stands above the list, in its columns."""
    return f"read asked {'column':<{NAME}} {'kind':<{KIND}} {'gaps':>{GAPS}}  first rows"


def buttons() -> Content:
    """What the keys do, for the mouse."""
    return Content.from_markup(
        " [@click=screen.read]● read it[/]   [@click=screen.ask]◆ ask for it[/]   [@click=screen.time]it tells the "
        "time[/]   [@click=screen.take]open the file[/]"
    )


def about(table: Table) -> str:
    """How many rows, from when to when, and how it was read."""
    rows = "1 row" if table.rows == 1 else f"{table.rows:,} rows"
    parts = [f"{rows}, {len(table.columns):,} column{'' if len(table.columns) == 1 else 's'}"]
    time = next((column for column in table.columns if column.kind == "time" and not column.numeric), None)
    if time is not None and table.rows > 1:
        parts.append(f"{time.name} {time.text(0)} … {time.text(table.rows - 1)}")
    return printable(" · ".join((*parts, *table.notes)))
