"""Text with separators (csv, tsv and their kin) read into columns by the standard library's `csv`.

Which separator, whether there is a header, and which lines above or below the table are no part of it is found from the
first lines. Cells are turned into numbers some thousand rows at a time, so that a long file is never in memory as text
cell by cell.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from core.tasks.table.cells import CellReader, is_gap, looks_like_time, number_of
from core.tasks.table.columns import Column, column_of, unique_names

MOST_COLUMNS: Final = 1000
"""Most columns of a table"""

_SEPARATORS: Final = {"\t": "tabs", ";": "semicolons", "|": "bars", ",": "commas", " ": "spaces"}
_LOOKED_AT: Final = 200
_CHUNK: Final = 20_000


@dataclass(frozen=True)
class Layout:
    """How a text is laid out."""

    separator: str
    width: int
    """How many cells a row has"""
    above: int
    """How many lines stand above the table"""
    header: bool


def read_delimited(text: str) -> tuple[tuple[Column, ...], tuple[str, ...]]:
    """The columns of a text, and what was found of its layout, in sentences.

    Raises:
        ValueError: there is no table in it, in a sentence that follows `FILE `.
    """
    if not text.strip():
        raise ValueError("is empty; give a file with a header and rows of numbers")
    layout = layout_of(text)
    rows = _rows(text, layout)
    names = _next_row(rows, text, layout) if layout.header else [""] * layout.width
    names = unique_names([*names, *[""] * (layout.width - len(names))][: layout.width])
    if not layout.header and layout.width == 1:
        names = ["value"]
    readers = [CellReader(decimal_comma=layout.separator != ",") for _ in names]
    below = 0
    while chunk := _chunk(rows, text, layout):
        if below:  # what seemed to stand below the table does not: it goes on
            chunk, below = [*[[""]] * below, *chunk], 0
        below = _below(chunk, layout.width)
        for reader, cells in zip(readers, _columns(chunk[: len(chunk) - below], layout.width), strict=True):
            reader.add(cells)
    columns = tuple(column_of(name, *reader.read()) for name, reader in zip(names, readers, strict=True))
    if not len(columns[0].numbers):
        raise ValueError("has a header and no row below it; give a file with rows of numbers")
    return columns, tuple(_told(layout, below))


def _told(layout: Layout, below: int) -> Iterator[str]:
    if layout.width > 1 and layout.separator != ",":
        yield f"cells are separated by {_SEPARATORS[layout.separator]}"
    if not layout.header:
        yield "there is no header"
    if layout.above:
        yield f"{_lines(layout.above)} above the table left out"
    if below:
        yield f"{_lines(below)} below the table left out"


def _lines(count: int) -> str:
    return "1 line" if count == 1 else f"{count} lines"


def _columns(rows: Sequence[Sequence[str]], width: int) -> Sequence[Sequence[str]]:
    """The cells of some rows, column by column; a short row has gaps at its end."""
    if any(len(row) != width for row in rows):
        rows = [[*row, *[""] * (width - len(row))][:width] for row in rows]
    return list(zip(*rows, strict=True)) if rows else [()] * width


def _below(rows: Sequence[Sequence[str]], width: int) -> int:
    """How many rows at the end are a text below the table: one cell of words, where the others have several."""
    count = 0
    if width > 1:
        for row in reversed(rows):
            if len(row) != 1 or is_gap(row[0]) or _is_value(row[0]):
                break
            count += 1
    return count


def _is_value(cell: str) -> bool:
    text = cell.strip()
    return number_of(text, decimal_comma=True) is not None or looks_like_time(text)


def layout_of(text: str) -> Layout:
    """The separator that parts most of the first lines into the same number of cells, and where the table begins.

    Raises:
        ValueError: there are too many columns.
    """
    lines = list(islice((line for line in _lines_of(text) if line.strip()), _LOOKED_AT))
    best, width, share = ",", 1, 0.0
    for separator in _SEPARATORS:
        widths = Counter(map(len, _parted(lines, separator)))
        (common, count), *_ = widths.most_common(1) or [(0, 0)]
        fits = count / max(sum(widths.values()), 1)
        least = 0.95 if separator == " " else 0.5
        if common > 1 and fits >= least and fits > share + 0.05 and (separator != " " or width == 1):
            best, width, share = separator, common, fits
    if width > MOST_COLUMNS:
        raise ValueError(f"has {width:,} columns, allowed are at most {MOST_COLUMNS:,}; leave some out")
    rows = list(_parted(lines, best))
    above = next((i for i, row in enumerate(rows) if len(row) >= width and not row[0].startswith("#")), 0)
    return Layout(best, width, above, _has_header(rows[above:]))


def _parted(lines: Sequence[str], separator: str) -> Iterator[list[str]]:
    try:
        yield from _reader(iter(lines), separator, strict=False)
    except csv.Error:
        return


def _reader(lines: Iterator[str], separator: str, *, strict: bool) -> Iterator[list[str]]:
    if separator == " ":
        return (re.split(r"\s+", line.strip()) for line in lines)
    return iter(csv.reader(lines, delimiter=separator, skipinitialspace=True, strict=strict))


def _has_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names what stands below it: it holds no value, or words above a column of values."""
    first, *others = rows or [[]]
    named = [i for i, cell in enumerate(first) if not is_gap(cell) and not _is_value(cell)]
    if not named:
        return False
    if len(named) == sum(not is_gap(cell) for cell in first):
        return True
    below = {i: [row[i] for row in others if i < len(row) and not is_gap(row[i])] for i in named}
    return any(cells and all(map(_is_value, cells)) for cells in below.values())


def _rows(text: str, layout: Layout) -> Iterator[list[str]]:
    """The rows of the table, its header first, without what stands above it; empty lines as rows without cells."""
    rows = _reader(_lines_of(text), layout.separator, strict=True)
    above = layout.above
    while above:
        above -= bool("".join(next(rows)).strip())
    return rows


def _lines_of(text: str) -> Iterator[str]:
    """The lines, however they end: from bytes, for a StringIO would take four of them for each character."""
    return iter(io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8", newline=None))


def _next_row(rows: Iterator[list[str]], text: str, layout: Layout) -> list[str]:
    """The first row that is not empty: the header."""
    try:
        return next(row for row in rows if "".join(row).strip())
    except csv.Error:
        raise ValueError(_unclosed(text, layout)) from None


def _chunk(rows: Iterator[list[str]], text: str, layout: Layout) -> list[list[str]]:
    """Some thousand rows that are not empty; [] at the end.

    Raises:
        ValueError: a quotation mark is not closed or stands where it cannot, or a row is longer than the others.
    """
    found: list[list[str]] = []
    try:
        while not found and (read := list(islice(rows, _CHUNK))):
            found = [row for row in read if len(row) > 1 or (row and row[0].strip())]
    except csv.Error:
        raise ValueError(_unclosed(text, layout)) from None
    if max(map(len, found), default=0) > layout.width and any(
        any(cell.strip() for cell in row[layout.width :]) for row in found
    ):
        raise ValueError(_too_long(text, layout))
    return found


def _unclosed(text: str, layout: Layout) -> str:
    """What is wrong with the quotation marks, and from which line on: looked for again, now that it is known."""
    reader, begun = csv.reader(_lines_of(text), delimiter=layout.separator, skipinitialspace=True, strict=True), 0
    try:
        for _ in reader:
            begun = reader.line_num
    except csv.Error:
        pass
    return (
        f"has a quotation mark that is not closed, or text behind one, from line {begun + 1:,} on; close it or take "
        "it away"
    )


def _too_long(text: str, layout: Layout) -> str:
    """Which line has more cells than the others."""
    lines = _lines_of(text)
    for line, row in enumerate(_reader(lines, layout.separator, strict=False), start=1):
        if any(cell.strip() for cell in row[layout.width :]):
            return (
                f"has {len(row):,} cells in row {line:,}, and {layout.width:,} in most others; put a cell that holds "
                "the separator between quotation marks"
            )
    return f"has rows of more than {layout.width:,} cells, as many as most others have"
