"""Where names are written on a canvas: never on one another, and on as few points of the data as may be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from tui.report.charts.path import FloatArray

NEAR = 5
"""So many of the nearest rows may have the name of a series, so that it hides no point"""


class Names:
    """The names on a canvas of width × height cells, row 0 at the bottom."""

    def __init__(self, width: int, height: int, points: NDArray[np.bool_], upright: Sequence[int] = ()) -> None:
        """Start without any label placed.

        Args:
            width: Cells across.
            height: Cells down.
            points: (height, width), where there are points of the data.
            upright: The columns of vertical lines, which the name of another one does not cross.
        """
        self.width, self.height = width, height
        self._points = points
        self._crossed = points.copy()
        self._crossed[:, list(upright)] = True
        self._taken = np.zeros((height, width), dtype=bool)

    def upright(self, text: str, column: int) -> tuple[int, int] | None:
        """Beside a vertical line, as near the top as it hides and touches nothing, or else hides least.

        Returns:
            The (row, column) where the name starts; None for no room.
        """
        sides = (column + 2, column - 1 - len(text))
        return self._place(text, [(row, start) for row in range(self.height - 1, -1, -1) for start in sides])

    def level(self, text: str, row: int) -> tuple[int, int] | None:
        """On a horizontal line: at its right end, or where it hides less."""
        return self._place(text, [(row, start) for start in range(self.width - len(text), -1, -1)])

    def beside(self, text: str, column: int, row: int) -> tuple[int, int] | None:
        """At the end of a series: on one of the nearest rows where no point is in the way, or else hide what it may."""
        start = min(column + 1, self.width - len(text))
        # The rows at the edges are those of the marks' names and of ▲ and ▼.
        rows = range(1, self.height - 1) if self.height > 2 else range(self.height)
        nearest = sorted(rows, key=lambda one: abs(one - row))
        clear = [one for one in nearest[:NEAR] if not self._points[one, start : start + len(text)].any()]
        return self._place(text, [(one, start) for one in (*clear, *nearest)], hiding=True)

    def clear(
        self, text: str, column: int, row: int, *, near: bool = False, crossing: bool = False
    ) -> tuple[int, int] | None:
        """At the right of a point, as near as it hides nothing and touches nothing; None for no room in that row.

        Args:
            text: What is to be written.
            column: The point's.
            row: The point's.
            near: Whether the place next to the point is the only one.
            crossing: Whether it may be written on a vertical line.
        """
        occupied = self._points if crossing else self._crossed
        for start in range(column + 2, self.width - len(text) + 1):
            around = slice(start - 1, start + len(text) + 1)
            if not (occupied[row, around].any() or self._taken[row, around].any()):
                return self._place(text, [(row, start)])
            if near:
                break
        return None

    def _place(self, text: str, places: Sequence[tuple[int, int]], *, hiding: bool = False) -> tuple[int, int] | None:
        size = len(text)
        free = (
            (row, start)
            for row, start in places
            if 0 <= start <= self.width - size and not self._taken[row, max(0, start - 1) : start + size + 1].any()
        )
        found = next(free, None) if hiding else self._clearest(free, size)
        if found is not None and size:
            self._taken[found[0], found[1] : found[1] + size] = True
        return found

    def _clearest(self, places: Iterable[tuple[int, int]], size: int) -> tuple[int, int] | None:
        best, least = None, size + 3
        for row, start in places:
            # With the cells at its ends: a name that touches a marker reads as if the marker were a part of it.
            hidden = int(np.count_nonzero(self._crossed[row, max(0, start - 1) : start + size + 1]))
            if hidden < least:
                best, least = (row, start), hidden
            if not least:
                break
        return best


def cells_between(x: FloatArray, y: FloatArray, joined: Sequence[int], width: int, height: int) -> NDArray[np.bool_]:
    """The cells that points and the lines that run to some of them fall on, (height, width).

    Args:
        x: (N,), in cells from the left.
        y: (N,), in cells from the bottom.
        joined: The points to which a line runs from the one before.
        width: Cells across.
        height: Cells down.
    """
    found = np.zeros((height, width), dtype=bool)
    to = np.asarray(joined, dtype=np.int64)
    dx, dy = x[to] - x[to - 1], y[to] - y[to - 1]
    counts = np.ceil(np.maximum(np.abs(dx), np.abs(dy))).astype(np.int64)
    line = np.repeat(np.arange(len(to)), counts)
    share = (np.arange(len(line)) - np.repeat(np.cumsum(counts) - counts, counts)) / np.maximum(counts, 1)[line]
    across = np.concatenate([x, x[to - 1][line] + share * dx[line]])
    up = np.concatenate([y, y[to - 1][line] + share * dy[line]])
    found[np.clip(up.astype(np.int64), 0, height - 1), np.clip(across.astype(np.int64), 0, width - 1)] = True
    return found
