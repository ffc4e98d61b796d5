"""Cells of a terminal to write on: a character, an ink and what is behind it; how they are painted is left open."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from rich.cells import cell_len
from rich.color import Color
from rich.segment import Segment
from rich.style import Style

if TYPE_CHECKING:
    from tui.report.palette import RGB
    from tui.report.styled_lines import Line

NONE = -1
"""The color of what is left to the terminal."""


class GlyphGrid:
    """Cells with a character, an ink and what is behind it; colors are packed RGB, `NONE` for the terminal's own."""

    def __init__(self, width: int, height: int) -> None:
        self.glyphs = np.full((height, width), " ", dtype="<U1")
        self.ink = np.full((height, width), NONE, dtype=np.int64)
        self.behind = np.full((height, width), NONE, dtype=np.int64)

    def write(self, x: int, y: int, text: str, ink: int = NONE, behind: int | None = None) -> None:
        """Put text on a row, as far as it fits; a character two cells wide takes both.

        What a terminal might obey is left out: control characters, escape sequences.
        """
        height, width = self.glyphs.shape
        if not text.isprintable():
            text = "".join(one for one in text if one.isprintable())
        cells = list(text) if text.isascii() else [cell for one in text for cell in (one, "")[: cell_len(one)]]
        cells = cells[max(0, -x) : max(0, width - x)]
        if not cells or not 0 <= y < height:
            return
        at = slice(max(0, x), max(0, x) + len(cells))
        self.glyphs[y, at] = cells
        self.ink[y, at] = ink
        if behind is not None:
            self.behind[y, at] = behind

    def blank(self, y: int, size: int, start: int = 0) -> int | None:
        """Where on a row, from a column on, so many cells are blank: the last such place, or None."""
        if not 0 <= y < len(self.glyphs):
            return None
        taken = np.flatnonzero(self.glyphs[y, start:] != " ") + start
        ends = [*taken.tolist(), self.glyphs.shape[1]]
        starts = [start, *(taken + 1).tolist()]
        places = [end - size for begin, end in zip(starts, ends, strict=True) if end - begin >= size]
        return places[-1] if places else None

    def runs(self, y: int) -> Iterator[tuple[str, int, int]]:
        """A row as stretches of one color: (text, ink, what is behind it)."""
        glyphs, ink, behind = self.glyphs[y].tolist(), self.ink[y], self.behind[y]
        if not glyphs:
            return
        starts = np.flatnonzero((ink[1:] != ink[:-1]) | (behind[1:] != behind[:-1])) + 1
        for start, end in pairwise([0, *starts.tolist(), len(glyphs)]):
            yield "".join(glyphs[start:end]), int(ink[start]), int(behind[start])

    def segments(self, y: int) -> Line:
        """A row as segments of text, each in its colors."""
        return [Segment(text, two_colors(ink, behind)) for text, ink, behind in self.runs(y)]

    def lines(self) -> tuple[str, ...]:
        """The rows as plain text."""
        return tuple("".join(row) for row in self.glyphs.tolist())


@lru_cache(maxsize=16384)
def two_colors(ink: int, behind: int) -> Style:
    """The style of text in an ink on what is behind it, both packed RGB or `NONE`."""
    return Style.from_color(_color(ink), _color(behind))


@lru_cache(maxsize=4096)
def _color(packed: int) -> Color | None:
    return None if packed == NONE else Color.from_rgb(*unpack(packed))


def pack(color: RGB) -> int:
    """A color as one number, 0xRRGGBB."""
    return color[0] << 16 | color[1] << 8 | color[2]


def unpack(packed: int) -> RGB:
    """The color that a number 0xRRGGBB stands for."""
    return packed >> 16, packed >> 8 & 255, packed & 255
