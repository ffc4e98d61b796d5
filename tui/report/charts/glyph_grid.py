"""Cells of a terminal to write on: a character, an ink and what is behind it; how they are painted is left open."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from rich.cells import cell_len

if TYPE_CHECKING:
    from tui.report.palette import RGB

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

    def runs(self, y: int) -> Iterator[tuple[str, int, int]]:
        """A row as stretches of one color: (text, ink, what is behind it)."""
        glyphs, ink, behind = self.glyphs[y].tolist(), self.ink[y], self.behind[y]
        if not glyphs:
            return
        starts = np.flatnonzero((ink[1:] != ink[:-1]) | (behind[1:] != behind[:-1])) + 1
        for start, end in pairwise([0, *starts.tolist(), len(glyphs)]):
            yield "".join(glyphs[start:end]), int(ink[start]), int(behind[start])

    def lines(self) -> tuple[str, ...]:
        """The rows as text, their colors as SGR sequences."""
        return tuple("".join(_sgr(*run) for run in self.runs(y)) for y in range(len(self.glyphs)))


def _sgr(text: str, ink: int, behind: int) -> str:
    colors = [f"{layer};2;{c >> 16};{c >> 8 & 255};{c & 255}" for layer, c in ((38, ink), (48, behind)) if c != NONE]
    return f"\x1b[{';'.join(colors)}m{text}\x1b[0m" if colors else text


def pack(color: RGB) -> int:
    """A color as one number, 0xRRGGBB."""
    return color[0] << 16 | color[1] << 8 | color[2]
