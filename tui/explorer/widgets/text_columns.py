"""Rows in columns as one text: where nothing has to wrap within a cell, a Rich table takes six times as long."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.cells import cell_len
from rich.text import Text


def aligned(rows: Sequence[Sequence[Text | str]], *, first: int = 0, others: int = 9, gap: int = 2) -> Text:
    """Cells side by side, those of the first column to the left, numbers to the right.

    Args:
        rows: The cells, as many in every row.
        first: Cells across that the first column has at least.
        others: What every other column has at least.
        gap: Cells between two columns.
    """
    cells = [[Text(cell) if isinstance(cell, str) else cell for cell in row] for row in rows]
    widths = [
        max(others if place else first, *(cell.cell_len for cell in column))
        for place, column in enumerate(zip(*cells, strict=True))
    ]
    lines = []
    for row in cells:
        line = row[0].copy()
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
    rows: list[str] = []
    for part in parts:
        if rows and (room < 1 or cell_len(rows[-1]) + 2 + cell_len(part) <= room):
            rows[-1] += f"  {part}"
        else:
            rows.append(part)
    return "\n".join(rows)
