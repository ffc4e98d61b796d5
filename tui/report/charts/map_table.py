"""The map as numbers: the part of it around the cross-hair, a row for each loss time t, a column for each lag k.

For those who cannot see colors apart, and to read values off. A table of any T costs what fits on the screen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tui.report.charts.glyph_grid import GlyphGrid
from tui.report.charts.map_colors import paints
from tui.report.charts.terminal import SMALLEST
from tui.report.numbers import WIDTH, magnitude

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.numerics.scaled import Floats
    from tui.report.charts.map_frame import CrossHair
    from tui.report.palette import Palette

COLUMN = WIDTH + 1
"""Cells of a column, a space among them"""


@dataclass(frozen=True)
class Window:
    """The loss times and lags that a table of some size shows."""

    losses: range
    lags: range
    gutter: int
    """Cells of the loss times at the left"""
    column: int = COLUMN
    """Cells of a number, the space between two among them"""

    @classmethod
    def around(
        cls, cross: CrossHair, steps: int, width: int, height: int, *, lag_0_only: bool, first_lag: int = 0
    ) -> Window | None:
        """What fits, with the cross-hair as near the middle as there are steps; None where nothing does.

        Args:
            cross: A t of 1 … steps, or None for the last, and a k from `first_lag` on below steps or None for lag 0.
            steps: T.
            width: Cells across.
            height: Cells down, the line of the lags among them.
            lag_0_only: There is one lag.
            first_lag: The first of the lags.
        """
        gutter = max(len(str(steps)), len("pinned")) + 2
        if width < max(SMALLEST[0], gutter + COLUMN) or height < SMALLEST[1]:
            return None
        lags = 1 if lag_0_only else steps - first_lag
        columns = part_around((cross.k or 0) - first_lag, lags, (width - gutter) // COLUMN)
        losses = part_around((cross.t or steps) - 1, steps, height - 1)
        return cls(
            range(losses.start + 1, losses.stop + 1),
            range(columns.start + first_lag, columns.stop + first_lag),
            gutter,
        )

    def place(self, x: int, y: int) -> tuple[int, int] | None:
        """The (t, k) of the number at a cell of the terminal; None beside the numbers."""
        row, column = y - 1, (x - self.gutter) // self.column
        if 0 <= row < len(self.losses) and 0 <= column < len(self.lags):
            return self.losses[row], self.lags[column]
        return None


def part_around(middle: int, count: int, room: int) -> range:
    """A stretch of `count` that has room, with one of them as near its middle as can be."""
    shown = min(count, room)
    first = min(max(0, middle - shown // 2), count - shown)
    return range(first, first + shown)


def draw_table(
    log2_norm: Floats,
    scored: NDArray[np.bool_],
    window: Window,
    size: tuple[int, int],
    palette: Palette | None,
    cross: CrossHair | None = None,
    title: str = "",
    *,
    ahead: bool = False,
    first_lag: int = 0,
) -> GlyphGrid | None:
    """The numbers of the window: `0` where exactly zero, `no loss`, nothing before the first step.

    Args:
        log2_norm: (T, K) at [t−1, k − first_lag], −inf where there is none.
        scored: (T,), which steps have a loss.
        window: The part to show.
        size: Cells across and down.
        palette: The theme's colors; None for none.
        cross: The t and k to mark.
        title: Stands in the corner in place of the names of the axes.
        ahead: The k are steps after the loss, lags below 0.
        first_lag: The lag of the first column; those below 0 are steps after the loss.
    """
    grid = GlyphGrid(*size)
    colors = None if palette is None else paints(palette)
    strong, muted, accent = (-1, -1, -1) if colors is None else (colors.foreground, colors.muted, colors.accent)
    marked_t, marked_k = (None, None) if cross is None else (cross.t, cross.k)
    grid.write(0, 0, f"{title or 't ╲ k':>{window.gutter - 2}}", strong)
    for column, k in enumerate(window.lags):
        mark = "▼" if k == marked_k else ""
        ink = accent if k == marked_k else muted
        label = f"{-k if ahead else k}".replace("-", "−")
        grid.write(window.gutter + column * COLUMN, 0, f"{mark + label:>{WIDTH}}", ink)
    for row, t in enumerate(window.losses, start=1):
        here = t == marked_t
        mark = " ▶" if here else ""
        grid.write(0, row, f"{t}{mark}".rjust(window.gutter - (1 if here else 3)), accent if here else muted)
        if not scored[t - 1]:
            grid.write(window.gutter, row, f"{'no loss':>{WIDTH}}", muted)
            continue
        there = range(len(scored) - t + 1) if ahead else range(t - len(scored), t)
        for column, k in enumerate(window.lags):
            if k not in there:
                continue
            text = f"{magnitude(float(log2_norm[t - 1, k - first_lag])):>{WIDTH}}"
            x = window.gutter + column * COLUMN
            if colors is not None and here and k == marked_k:
                grid.write(x, row, text, colors.accent_ink, colors.accent)
            else:
                grid.write(x, row, text, strong)
    return grid
