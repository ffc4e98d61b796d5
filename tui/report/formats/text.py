"""A document as text for a terminal of so many columns, in colors or, without a palette, without escape sequences."""

from __future__ import annotations

import re
import textwrap
from itertools import zip_longest
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len

from tui.report.charts.terminal import draw, draw_plain
from tui.report.document import Bullets, Definitions, Figure, Lines, Paragraph, Table
from tui.report.trace_document import About, trace_document

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from core.dynamics.summary import Dynamics
    from core.trace import Trace
    from tui.report.document import Block, Column, Document, Row
    from tui.report.palette import RGB, Palette, SeriesStyle

NARROWEST: Final = 40
_GAP: Final = 4
_NAME: Final = 14
"""Columns that the names of definitions take, or more"""
_CHART_HEIGHT: Final = 18
_SIDE_BY_SIDE: Final = 130
"""From this width on a chart stands beside the tables before it."""
_LONGEST_LINE: Final = 100
"""Sentences are broken here even where there is more room: longer lines are hard to read."""


def report(
    trace: Trace,
    *,
    width: int = 80,
    palette: Palette | None = None,
    about: About | None = None,
    dynamics: Dynamics | None = None,
) -> str:
    """The report on a trace as text: `trace_document` written by `document_text`, which say what is what."""
    return document_text(trace_document(trace, about=about, dynamics=dynamics), width=width, palette=palette)


def document_text(document: Document, *, width: int = 80, palette: Palette | None = None) -> str:
    """A document as lines of text.

    Args:
        document: What to write.
        width: Columns there are; fewer than `NARROWEST` are taken for that many.
        palette: The colors, or None for plain text, where the chart tells series by their markers.
    """
    width = max(width, NARROWEST)
    pen = _Pen(palette)
    room = min(width, _LONGEST_LINE)
    lines = [pen.bold(line) for line in _wrapped(document.title, room)]
    lines += [pen.muted(line) for line in _wrapped(document.subject, room)]
    lines += [pen.bold(line) for line in _wrapped(document.headline, room)]
    for part in _parts(document.blocks, width, pen):
        lines += ["", *part]
    return "\n".join(line.rstrip() for line in lines) + "\n"


class _Pen:
    """Writes in color, or without, where there is no palette."""

    def __init__(self, palette: Palette | None) -> None:
        self.palette = palette

    def series(self, text: str, style: SeriesStyle) -> str:
        return text if self.palette is None else self._ink(text, self.palette.readable(style.color))

    def muted(self, text: str) -> str:
        return text if self.palette is None else self._ink(text, self.palette.muted)

    def bold(self, text: str) -> str:
        return text if self.palette is None else f"\x1b[1m{text}\x1b[0m"

    @staticmethod
    def _ink(text: str, color: RGB) -> str:
        return f"\x1b[38;2;{color[0]};{color[1]};{color[2]}m{text}\x1b[0m" if text.strip() else text

    @staticmethod
    def width(line: str) -> int:
        """Cells that a line takes, its escape sequences not counted."""
        return cell_len(_without_escapes(line))


def _without_escapes(line: str) -> str:
    return "".join(part.split("m", 1)[-1] if index else part for index, part in enumerate(line.split("\x1b[")))


_TOGETHER: Final = re.compile(r"(?<=\d) (?=%)|(?<=lag) (?=\d)|(?<=\(a,) (?=c\))")
"""Spaces that no line ends at: `1 %`, `lag 36`, `(a, c)`."""


def _wrapped(text: str, width: int, indent: int = 0) -> list[str]:
    """Lines of at most `width` columns, those after the first indented."""
    lines = textwrap.wrap(
        _TOGETHER.sub("\N{NO-BREAK SPACE}", text), width, subsequent_indent=" " * indent, break_on_hyphens=False
    )
    return [line.replace("\N{NO-BREAK SPACE}", " ") for line in lines]


def _parts(blocks: Iterable[Block], width: int, pen: _Pen) -> Iterator[list[str]]:
    """The lines of block after block; a figure and the tables before it are one where they stand side by side."""
    room, tables = min(width, _LONGEST_LINE), list[list[str]]()
    for block in blocks:
        if isinstance(block, Table):
            tables.append(_table(block, width, pen))
            continue
        if isinstance(block, Figure) and tables and width >= _SIDE_BY_SIDE:
            yield _beside(tables, block, width, pen)
            tables = []
            continue
        yield from tables
        tables = []
        if isinstance(block, Figure):
            yield _figure(block, width, _CHART_HEIGHT, pen)
        elif isinstance(block, Bullets):
            yield _bullets(block, room, pen)
        elif isinstance(block, Lines):
            yield [line for text in block.texts for line in _wrapped(text, room)]
        elif isinstance(block, Definitions):
            yield _definitions(block, room, pen)
        else:
            yield _paragraph(block, room)
    yield from tables


def _paragraph(block: Paragraph, width: int) -> list[str]:
    name = f"{block.name}: " if block.name else ""
    return _wrapped(name + block.text, width, indent=len(name))


def _bullets(block: Bullets, width: int, pen: _Pen) -> list[str]:
    wrapped = [_wrapped(text, width - 2) for text in block.texts]
    return [(pen.muted("· ") if i == 0 else "  ") + line for text in wrapped for i, line in enumerate(text)]


def _table(block: Table, width: int, pen: _Pen) -> list[str]:
    """The caption, the columns' names, the rows and the note; optional columns give way where it is narrow."""
    left, columns = block.label_width, block.columns
    all_fit = width >= left + sum(column.width - 1 for column in columns)
    shown = [place for place, column in enumerate(columns) if all_fit or not column.optional]
    widths = {place: columns[place].width for place in shown}
    widest = _widest(tuple(widths.values()), width - left)
    widths = {place: min(wide, widest) for place, wide in widths.items()}

    def line(row: Row) -> str:
        return pen.muted(f"{row.label:<{left}}") + "".join(
            f"{row.cells[place].text:>{wide}}" for place, wide in widths.items()
        )

    room = min(width, _LONGEST_LINE)
    lines = [*map(pen.muted, _wrapped(block.caption, room))]
    heads = "".join(_head(columns[place], wide, pen) for place, wide in widths.items())
    lines.append(f"{block.label:>{left}}{heads}")
    for number, part in enumerate(block.parts):
        if number:
            lines.append(pen.muted("─" * (left + sum(widths.values()))))
        lines += map(line, part)
    return [*lines, *map(pen.muted, _wrapped(block.note, room))]


def _widest(widths: Sequence[int], room: int) -> int:
    """The width that no column may have more than, so that all of them fit."""
    widest = max(widths)
    while widest > 1 and sum(min(wide, widest) for wide in widths) > room:
        widest -= 1
    return widest


def _head(column: Column, width: int, pen: _Pen) -> str:
    if column.style is None:
        return column.name.rjust(width)
    return pen.series(f"{column.style.marker} {column.name}".rjust(width), column.style)


def _figure(block: Figure, width: int, height: int, pen: _Pen) -> list[str]:
    chart = block.chart(width, height)
    drawing = draw_plain(chart, width, height) if pen.palette is None else draw(chart, width, height, pen.palette)
    return [*drawing.lines, *map(pen.muted, _wrapped(block.caption, width))]


def _definitions(block: Definitions, width: int, pen: _Pen) -> list[str]:
    """Names at the left, paragraphs beside them."""
    rows = [*map(pen.muted, _wrapped(block.caption, width))]
    left = max(_NAME, *(cell_len(name) + 2 for name, _ in block.entries))
    for name, text in block.entries:
        first, *others = _wrapped(text, width - left)
        rows += [pen.bold(f"{name:<{left}}") + first, *(" " * left + line for line in others)]
    return rows


def _beside(tables: Sequence[Sequence[str]], block: Figure, width: int, pen: _Pen) -> list[str]:
    """Tables at the left, a figure beside them."""
    left = [line for number, table in enumerate(tables) for line in ([""] * (number > 0) + list(table))]
    wide = max(map(pen.width, left))
    right = _figure(block, width - wide - _GAP, max(_CHART_HEIGHT, len(left)), pen)
    return [
        line + " " * (wide + _GAP - pen.width(line)) + other for line, other in zip_longest(left, right, fillvalue="")
    ]
