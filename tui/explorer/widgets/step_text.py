"""The step inspector's parts: a title, equations, lines, rows of numbers, notes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from rich.text import Text

from tui.explorer.widgets.text_columns import aligned

Row: TypeAlias = tuple[str, str, str | None]
"""A label, a number and the color of the label"""

ROOM = 78
"""Characters of a line where it is not known how many there are"""


def title(text: str) -> Text:
    """The first line of a step, in bold."""
    return Text(text, style="bold")


def equation(text: str) -> Text:
    """An equation in italics, below an empty line."""
    return Text(f"\n{text}", style="italic")


def as_text(lines: list[str]) -> Text:
    """Lines as one text, with nothing changed about them."""
    return Text("\n".join(lines))


def note(text: str) -> Text:
    """A dimmed sentence, below an empty line."""
    return Text(f"\n{text}", style="dim")


def numbers(rows: Sequence[Row], width: int) -> Text:
    """Rows of a label and a number, aligned, in so many characters."""
    written = [(Text(f"  {label}", style=color or ""), value) for label, value, color in rows]
    return aligned(written, first=18, room=width)
