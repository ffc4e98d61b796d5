"""A table as HTML: heads with a scope, and numbers below one another by their decimal points."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tui.report.html.markup import element, exact, text
from tui.report.html.theme import two_colors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui.report.document import Column, Row, Table

_NUMBER: Final = re.compile(r"[^\d\w]*\d+")
"""How a number begins: a sign, and the digits before its point"""

WIDEST: Final = 40
"""Characters behind a decimal point that a column keeps room for, at most"""


def table_html(block: Table, name: str) -> str:
    """A table, with its caption and its note.

    Args:
        block: The table.
        name: What it is called where it is heard, and no other table is.
    """
    rows = [[row for row in part if any(cell.text for cell in row.cells)] for part in block.parts]
    corner = block.label.rjust(block.label_width) if block.label.strip() else ""
    indent = _indent([corner, *(row.label for part in rows for row in part)])
    room = [
        None if column.words else _behind([row.cells[place].text for part in rows for row in part])
        for place, column in enumerate(block.columns)
    ]
    heads = "".join(_head(column) for column in block.columns)
    first = element("th", exact(corner[indent:].rstrip()), scope="col") if corner else "<td></td>"
    bodies = "".join(element("tbody", "".join(_row(row, indent, room) for row in part)) for part in rows if part)
    caption = element("caption", element("span", text(block.caption))) if block.caption else ""
    inside = f"{caption}<thead><tr>{first}{heads}</tr></thead>{bodies}"
    # A table that is wider than a telephone is moved by itself, and not the whole page; the keyboard can do it, too.
    table = element("div", element("table", inside), class_="wide", role="region", tabindex="0", aria_label=name)
    return table + (element("p", text(block.note), class_="note") if block.note else "")


def _head(column: Column) -> str:
    if column.style is None:
        return element("th", text(column.name), scope="col", class_="words" if column.words else "")
    marker = element("span", text(column.style.marker), class_="key", style=two_colors(column.style.color))
    return element("th", f"{marker} {text(column.name)}", scope="col")


def _row(row: Row, indent: int, room: Sequence[int | None]) -> str:
    cells = "".join(_cell(cell.text, behind) for cell, behind in zip(row.cells, room, strict=True))
    return element("tr", element("th", exact(row.label[indent:].rstrip()), scope="row") + cells)


def _cell(said: str, room: int | None) -> str:
    """A cell with so many characters behind the decimal point; None for words."""
    if room is None:
        return element("td", text(said), class_="words")
    if not room or not said:
        return f"<td>{text(said)}</td>"
    before, behind = split(said)
    return f'<td>{text(before)}<span class="f" style="min-width:{room}ch">{text(behind)}</span></td>'


def split(said: str) -> tuple[str, str]:
    """What stands before the decimal point of a number, and what from it on.

    >>> split("×0.672 ± 0.056"), split("3e−4"), split("–")
    (('×0', '.672 ± 0.056'), ('3', 'e−4'), ('–', ''))
    """
    found = _NUMBER.match(said)
    end = len(said) if found is None else found.end()
    return said[:end], said[end:]


def _behind(column: Sequence[str]) -> int:
    return min(WIDEST, max((len(split(said)[1]) for said in column), default=0))


def _indent(labels: Sequence[str]) -> int:
    """How many spaces all the labels begin with."""
    return min((len(one) - len(one.lstrip()) for one in labels if one.strip()), default=0)
