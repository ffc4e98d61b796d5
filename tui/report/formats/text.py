"""A document as lines of text for so many columns: styled for a terminal, or plain, where there is no palette."""

from __future__ import annotations

import re
import textwrap
from itertools import zip_longest
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from tui.report.charts.glyph_grid import NONE, pack, two_colors
from tui.report.charts.terminal import draw, draw_plain
from tui.report.document import (
    Bullets,
    Choices,
    Command,
    Definitions,
    Diagram,
    Drawing,
    Figure,
    Folded,
    Lines,
    Paragraph,
    Room,
    Table,
)
from tui.report.printable import printable
from tui.report.styled_lines import Line, padded, plain_text, stripped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tui.report.document import Block, Column, Document, Row
    from tui.report.formats.format import Bundle
    from tui.report.palette import RGB, Palette, SeriesStyle

NARROWEST: Final = 40
_PAGE: Final = 80
"""Columns of a file"""
_GAP: Final = 4
_NAME: Final = 14
"""Columns that the names of definitions take, or more"""
_CHART_HEIGHT: Final = 18
_SIDE_BY_SIDE: Final = 130
"""From this width on a chart stands beside the tables before it."""
_LONGEST_LINE: Final = 100
"""Sentences are broken here even where there is more room: longer lines are hard to read."""


def report_lines(bundle: Bundle, width: int, palette: Palette | None) -> list[Line]:
    """The report on a trace for a terminal."""
    return document_lines(bundle.document, width=width, palette=palette)


def text_contents(bundle: Bundle) -> bytes:
    """The file with the report on a trace, its provenance at the end."""
    text = "\n".join((document_text(bundle.document, width=_PAGE), *_wrapped(bundle.made.line, _PAGE), ""))
    return printable(text, lines=True).encode("utf-8", "replace")


def document_text(document: Document, *, width: int = 80) -> str:
    """A document as plain text, where the chart tells series by their markers; `document_lines` says what is what."""
    return plain_text(document_lines(document, width=width))


def document_lines(document: Document, *, width: int = 80, palette: Palette | None = None) -> list[Line]:
    """A document as lines of styled text.

    Args:
        document: What to write.
        width: Columns there are; fewer than `NARROWEST` are taken for that many.
        palette: The colors, or None for plain text, where the chart tells series by their markers.
    """
    width = max(width, NARROWEST)
    pen = _Pen(palette)
    room = min(width, _LONGEST_LINE)
    lines = [[pen.bold(line)] for line in _wrapped(document.title, room)]
    lines += [[pen.muted(line)] for line in _wrapped(document.subject, room)]
    lines += [[pen.bold(line)] for line in _wrapped(document.headline, room)]
    # However long it is, on one line: a shell would take each part of a broken one for a command.
    code: list[Line] = [[], [pen.muted(f"rnn-tui --setup {document.setup}")]] if document.setup else []
    return [*(stripped(line) for line in lines), [], *body_lines(document, width=width, palette=palette), *code]


def body_lines(document: Document, *, width: int, palette: Palette | None = None) -> list[Line]:
    """What stands below a document's headline, as lines of styled text.

    Args:
        document: What to write.
        width: Columns there are; fewer than `NARROWEST` are taken for that many.
        palette: The colors, or None for plain text.
    """
    lines: list[Line] = []
    for part in _parts(document.blocks, max(width, NARROWEST), _Pen(palette)):
        lines += [*([[]] if lines else []), *part]
    return [stripped(line) for line in lines]


class _Pen:
    """Gives text its style, or none, where there is no palette."""

    def __init__(self, palette: Palette | None) -> None:
        self.palette = palette

    def series(self, text: str, style: SeriesStyle) -> Segment:
        return Segment(text) if self.palette is None else _inked(text, self.palette.readable(style.color))

    def muted(self, text: str) -> Segment:
        return Segment(text) if self.palette is None else _inked(text, self.palette.muted)

    def bold(self, text: str) -> Segment:
        return Segment(text) if self.palette is None else Segment(text, Style(bold=True))

    def muted_lines(self, text: str, width: int) -> list[Line]:
        return [[self.muted(line)] for line in _wrapped(text, width)]


def _inked(text: str, color: RGB) -> Segment:
    return Segment(text, two_colors(pack(color), NONE)) if text.strip() else Segment(text)


_TOGETHER: Final = re.compile(r"(?<=\d) (?=%)|(?<=lag) (?=\d)|(?<=\(a,) (?=c\))")
"""Spaces that no line ends at: `1 %`, `lag 36`, `(a, c)`."""


def _wrapped(text: str, width: int, indent: int = 0) -> list[str]:
    """Lines of at most `width` columns, those after the first indented."""
    lines = textwrap.wrap(
        _TOGETHER.sub("\N{NO-BREAK SPACE}", text), width, subsequent_indent=" " * indent, break_on_hyphens=False
    )
    return [line.replace("\N{NO-BREAK SPACE}", " ") for line in lines]


def _parts(blocks: Iterable[Block], width: int, pen: _Pen) -> Iterator[list[Line]]:
    """The lines of block after block; a figure and the tables before it are one where they stand side by side."""
    room, tables = min(width, _LONGEST_LINE), list[list[Line]]()
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
        elif isinstance(block, Diagram):
            lines = block.draw(min(width, _SIDE_BY_SIDE), _CHART_HEIGHT, pen.palette)
            yield [*lines, *pen.muted_lines(block.caption, room)]
        elif isinstance(block, Drawing):
            yield pen.muted_lines(block.alt or block.drawing().description, room)
        elif isinstance(block, Bullets):
            yield _bullets(block, room, pen)
        elif isinstance(block, Lines):
            yield [[Segment(line)] for text in block.texts for line in _wrapped(text, room)]
        elif isinstance(block, Definitions):
            yield _definitions(block, room, pen)
        elif isinstance(block, Folded):
            yield [[pen.bold(line)] for line in _wrapped(block.name, room)]
            yield from _parts(block.blocks, width, pen)
        elif isinstance(block, Paragraph):
            yield _paragraph(block, room)
        else:
            yield _typed_or_written(block, room, pen)
    yield from tables


def _typed_or_written(block: Command | Choices | Room, width: int, pen: _Pen) -> list[Line]:
    """What is to be typed, chosen or filled in."""
    if isinstance(block, Room):
        return [[pen.muted("_" * width)] for _ in range(block.rows)]
    if isinstance(block, Command):
        return [
            *([[pen.muted(f"{block.name}:")]] if block.name else []),
            *([Segment(line)] for line in block.text.splitlines()),
        ]
    lines: list[Line] = []
    for place, text in enumerate(block.texts, 1):
        mark = "✓ " if place == block.right else "☐ " if block.boxes else "  "
        lines += [[Segment(line)] for line in _wrapped(f"{mark}{place}. {text}", width, indent=5)]
    return lines


def _paragraph(block: Paragraph, width: int) -> list[Line]:
    name = f"{block.name}: " if block.name else ""
    return [[Segment(line)] for line in _wrapped(name + block.text, width, indent=len(name))]


def _bullets(block: Bullets, width: int, pen: _Pen) -> list[Line]:
    wrapped = [_wrapped(text, width - 2) for text in block.texts]
    return [
        [pen.muted("· ") if number == 0 else Segment("  "), Segment(line)]
        for text in wrapped
        for number, line in enumerate(text)
    ]


def _table(block: Table, width: int, pen: _Pen) -> list[Line]:
    """The caption, the columns' names, the rows and the note.

    Optional columns give way where it is narrow. Where the others do not fit beside each other, a part of them comes
    below the rest, with the labels of the rows again.
    """
    left, columns = block.label_width, block.columns
    all_fit = width >= left + sum(max(column.width - 1, _needed(block, place)) for place, column in enumerate(columns))
    shown = [place for place, column in enumerate(columns) if all_fit or not column.optional]
    room = min(width, _LONGEST_LINE)
    lines = pen.muted_lines(block.caption, room)
    for number, places in enumerate(_side_by_side(block, shown, width - left)):
        lines += [*([[]] if number else []), *_beside_labels(block, _widths(block, places, width - left), pen)]
    return [*lines, *pen.muted_lines(block.note, room)]


def _beside_labels(block: Table, widths: Mapping[int, int], pen: _Pen) -> list[Line]:
    """The rows that say anything in some of the columns, (place → width), below the columns' names."""
    left = block.label_width

    def line(row: Row) -> Line:
        cells = "".join(f"{row.cells[place].text:>{wide}}" for place, wide in widths.items())
        return [pen.muted(f"{row.label:<{left}}"), Segment(cells)]

    heads = (_head(block.columns[place], wide, pen) for place, wide in widths.items())
    lines: list[Line] = [[Segment(f"{block.label:>{left}}"), *heads]]
    for number, part in enumerate(block.parts):
        if number:
            lines.append([pen.muted("─" * (left + sum(widths.values())))])
        lines += [line(row) for row in part if any(row.cells[place].text for place in widths)]
    return lines


def _needed(block: Table, place: int) -> int:
    """Characters that a column takes at least: the longest of its head and its cells, and a space before it."""
    cells = (row.cells[place].text for part in block.parts for row in part)
    return 1 + max(cell_len(_written(block.columns[place])), *map(cell_len, cells), 0)


def _side_by_side(block: Table, places: Sequence[int], room: int) -> Iterator[Sequence[int]]:
    """The columns in as few parts of one size as have room beside the labels."""
    for size in range(len(places), 0, -1):
        parts = [places[at : at + size] for at in range(0, len(places), size)]
        even = len(parts[0]) - len(parts[-1]) < len(parts)
        if even and all(sum(_needed(block, place) for place in part) <= room for part in parts):
            yield from parts
            return
    yield from ([place] for place in places)


def _widths(block: Table, places: Sequence[int], room: int) -> Mapping[int, int]:
    """Place → the width of its column: its own as far as there is room, and never less than it needs."""
    least = {place: _needed(block, place) for place in places}
    own = {place: block.columns[place].width for place in places}
    for most in range(max(own.values()), 0, -1):
        wide = {place: max(least[place], min(own[place], most)) for place in places}
        if sum(wide.values()) <= room:
            return wide
    return least


def _written(column: Column) -> str:
    return column.name if column.style is None else f"{column.style.marker} {column.name}"


def _head(column: Column, width: int, pen: _Pen) -> Segment:
    text = _written(column).rjust(width)
    return Segment(text) if column.style is None else pen.series(text, column.style)


def _figure(block: Figure, width: int, height: int, pen: _Pen) -> list[Line]:
    chart = block.chart(width, height)
    drawing = draw_plain(chart, width, height) if pen.palette is None else draw(chart, width, height, pen.palette)
    return [*drawing.segments, *pen.muted_lines(block.caption, width)]


def _definitions(block: Definitions, width: int, pen: _Pen) -> list[Line]:
    """Names at the left, paragraphs beside them."""
    rows = pen.muted_lines(block.caption, width)
    left = max(_NAME, *(cell_len(name) + 2 for name, _ in block.entries))
    for name, text in block.entries:
        first, *others = _wrapped(text, width - left)
        rows.append([pen.bold(f"{name:<{left}}"), Segment(first)])
        rows += [[Segment(" " * left + line)] for line in others]
    return rows


def _beside(tables: Sequence[Sequence[Line]], block: Figure, width: int, pen: _Pen) -> list[Line]:
    """Tables at the left, a figure beside them."""
    left: list[Line] = []
    for table in tables:
        left += [[], *table] if left else table
    wide = max(map(Segment.get_line_length, left))
    right = _figure(block, width - wide - _GAP, max(_CHART_HEIGHT, len(left)), pen)
    return [[*padded(line, wide + _GAP), *other] for line, other in zip_longest(left, right, fillvalue=Line())]
