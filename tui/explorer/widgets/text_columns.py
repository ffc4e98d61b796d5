"""Rows in columns as one text: where nothing has to wrap within a cell, a Rich table takes six times as long."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.text import Text


def aligned(
    rows: Sequence[Sequence[Text | str]], *, first: int = 0, others: int = 9, gap: int = 2, room: int = 0
) -> Text:
    """Cells side by side, those of the first column to the left, numbers to the right.

    Args:
        rows: The cells, as many in every row.
        first: Cells across that the first column has at least.
        others: What every other column has at least.
        gap: Cells between two columns.
        room: Cells across that a row may have, 0 for any: what stands first and is too long for that has a row of its
            own, and its numbers are below it, so that no number is parted from its column.
    """
    if not rows:
        return Text()
    cells = [[Text(cell) if isinstance(cell, str) else cell for cell in row] for row in rows]
    widths = [
        max(others if place else first, *(cell.cell_len for cell in column))
        for place, column in enumerate(zip(*cells, strict=True))
    ]
    longest = max(first, room - sum(gap + width for width in widths[1:])) if room else widths[0]
    widths[0] = max(first, *(row[0].cell_len for row in cells if row[0].cell_len <= longest), 0)
    lines = []
    for row in cells:
        line = row[0].copy()
        if line.cell_len > longest:
            lines.append(line)
            line = Text()
        line.append(" " * (widths[0] - line.cell_len))
        for cell, width in zip(row[1:], widths[1:], strict=True):
            line.append(" " * (gap + width - cell.cell_len)).append_text(cell)
        lines.append(line)
    return Text("\n").join(lines)


def in_rows(parts: Iterable[str], room: int) -> str:
    """Parts one after another, two cells apart, each whole in a row: no name is parted from its number.

    Args:
        parts: What to write.
        room: Cells across; one that is longer has a row of its own.
    """
    return texts_in_rows(map(Text, parts), room).plain


def texts_in_rows(parts: Iterable[Text], room: int) -> Text:
    """Parts with their colors one after another, two cells apart, each whole in a row of so many cells."""
    rows: list[Text] = []
    for part in parts:
        if rows and (room < 1 or rows[-1].cell_len + 2 + part.cell_len <= room):
            rows[-1].append("  ").append_text(part)
        else:
            rows.append(Text().append_text(part))  # whose own color is not that of what follows
    return Text("\n").join(rows)
