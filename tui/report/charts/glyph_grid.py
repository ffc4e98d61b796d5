"""Cells of a terminal to write on: a character, an ink and what is behind it, for pictures that are painted whole."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tui.report.palette import RGB


class Canvas:
    """Cells with a character, an ink and what is behind it; colours are packed RGB, −1 for none."""

    def __init__(self, width: int, height: int) -> None:
        self.glyphs = np.full((height, width), " ", dtype="<U1")
        self.ink = np.full((height, width), -1, dtype=np.int64)
        self.behind = np.full((height, width), -1, dtype=np.int64)

    def write(self, x: int, y: int, text: str, ink: int = -1, behind: int | None = None) -> None:
        """Put text on a line, as far as it fits."""
        height, width = self.glyphs.shape
        text = text[max(0, -x) : max(0, width - x)]
        if not text or not 0 <= y < height:
            return
        at = slice(max(0, x), max(0, x) + len(text))
        self.glyphs[y, at] = list(text)
        self.ink[y, at] = ink
        if behind is not None:
            self.behind[y, at] = behind

    def strips(self) -> list[Strip]:
        """One strip a line, a segment wherever the colours change."""
        return [Strip(list(self._segments(y)), self.glyphs.shape[1]) for y in range(len(self.glyphs))]

    def _segments(self, y: int) -> Iterator[Segment]:
        text, ink, behind = "".join(self.glyphs[y].tolist()), self.ink[y], self.behind[y]
        starts = np.flatnonzero((ink[1:] != ink[:-1]) | (behind[1:] != behind[:-1])) + 1
        bounds = [0, *starts.tolist(), len(text)]
        for start, end in pairwise(bounds):
            yield Segment(text[start:end], _style(int(ink[start]), int(behind[start])))


@lru_cache(maxsize=16384)
def _style(ink: int, behind: int) -> Style:
    return Style.from_color(_color(ink), _color(behind))


@lru_cache(maxsize=4096)
def _color(packed: int) -> Color | None:
    return None if packed < 0 else Color.from_rgb(packed >> 16, packed >> 8 & 255, packed & 255)


def pack(color: RGB) -> int:
    """A colour as one number."""
    return color[0] << 16 | color[1] << 8 | color[2]
