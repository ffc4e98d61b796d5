"""The arrows of the network drawn: thin ones forward, and those of the gradient, as wide and colored as it is large."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tui.report.charts.gradient_scale import WIDTHS, color, decades, glyph
from tui.report.figures.shapes import Area, Line, Text

if TYPE_CHECKING:
    from core.numerics.scaled import Floats
    from tui.report.figures.shapes import XY, Sheet
    from tui.report.figures.themes import Look


@dataclass(frozen=True)
class Arrows:
    """Draws the arrows of a network on a sheet."""

    sheet: Sheet
    look: Look
    start: float
    """log₂ of the most that a loss puts in, what all sizes are relative to"""

    @property
    def f(self) -> float:
        """The size of letters, in points."""
        return self.look.font

    def thin(self, run: list[XY]) -> None:
        """An arrow of the way forward."""
        (x0, y0), (x, y) = run[-2:]
        length = max(np.hypot(x - x0, y - y0), 1e-9)
        u, v = (x - x0) / length, (y - y0) / length
        head, half = self.f * 0.45, self.f * 0.2
        back = (x - u * head, y - v * head)
        self.sheet.add(Line([[*run[:-1], back]], self.look.muted, self.look.line * 0.6))
        points = [(x, y), (back[0] - v * half, back[1] + u * half), (back[0] + v * half, back[1] - u * half)]
        self.sheet.add(Area(points, self.look.muted))

    def wide(self, tail: XY, tip: XY, log2: float, sizes: Floats | None = None, *, head: bool = True) -> None:
        """An arrow of the gradient, of several steps a piece for each; an open one with a 0 where nothing comes."""
        f = self.f
        length = max(float(np.hypot(tip[0] - tail[0], tip[1] - tail[1])), 1e-9)
        u, v = (tip[0] - tail[0]) / length, (tip[1] - tail[1]) / length
        paint, wide = self._look_of(log2)
        long = min(f * 0.75, length * 0.6) if head else 0.0
        pieces = [log2] if sizes is None else [float(one) for one in sizes]
        along = (length - long) / len(pieces)
        for at, size in enumerate(pieces):
            fill, width = self._look_of(size)
            if size == -np.inf or not np.isfinite(width):
                continue
            start, end = ((tail[0] + u * along * (at + i), tail[1] + v * along * (at + i)) for i in (0, 1))
            self.sheet.add(Area(_ribbon(start, end, width / 2), fill))
        if not head:
            return
        half = max(wide * 0.5 + f * 0.22, f * 0.34)
        foot = tip[0] - u * long, tip[1] - v * long
        points = [tip, (foot[0] - v * half, foot[1] + u * half), (foot[0] + v * half, foot[1] - u * half)]
        if log2 == -np.inf:
            self.sheet.add(Area(points, self.look.paper, edge=self.look.muted, edge_width=self.look.hair))
            middle = (tail[0] + foot[0]) / 2, (tail[1] + foot[1]) / 2
            self.said(middle[0], middle[1] + f * 0.3, "0", f * 0.8)
        else:
            self.sheet.add(Area(points, paint))

    def _look_of(self, log2: float) -> tuple[str, float]:
        """The color of a size and the width of its arrow."""
        size = decades(log2, self.start)
        found = glyph(size)
        place = WIDTHS.index(found) if found in WIDTHS else 0
        return f"#{color(size, self.look.palette):06x}", self.f * (0.06 + 0.085 * place)

    def said(self, x: float, y: float, text: str, size: float = 0.0) -> None:
        """A text around a place."""
        self.sheet.add(Text((x, y), text, size or self.f * 0.9, self.look.ink, "middle"))


def _ribbon(start: XY, end: XY, half: float) -> list[XY]:
    """The corners of a straight line of some width."""
    length = max(float(np.hypot(end[0] - start[0], end[1] - start[1])), 1e-9)
    u, v = (end[0] - start[0]) / length * half, (end[1] - start[1]) / length * half
    return [
        (start[0] - v, start[1] + u), (end[0] - v, end[1] + u), (end[0] + v, end[1] - u), (start[0] + v, start[1] - u)
    ]  # fmt: skip
