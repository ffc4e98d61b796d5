"""Where a field of values changes its sign, as lines: straight between the points of its grid (marching squares)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from core.numerics.scaled import Floats
    from tui.report.figures.shapes import XY


def contour(values: Floats) -> list[list[XY]]:
    """The zero line of a field (R, C), as segments of (column, row) with the middle of the first cell at (½, ½).

    Among four neighbors it runs from side to side, on each where a straight line between its ends is 0. Where one of
    the four is not finite there is none; where both diagonals differ in sign, the mean says which two lie together.

    >>> contour(np.array([[-1.0, 1.0], [-1.0, 1.0]]))
    [[(1.0, 0.5), (1.0, 1.5)]]
    """
    found: list[list[XY]] = []
    rows, columns = values.shape
    for y in range(rows - 1):
        for x in range(columns - 1):
            corners = [(x, y), (x + 1, y), (x + 1, y + 1), (x, y + 1)]
            height = [float(values[row, column]) for column, row in corners]
            if not np.isfinite(height).all():
                continue
            ends: list[XY] = []
            for at in range(4):
                one, other = height[at], height[(at + 1) % 4]
                if (one > 0) != (other > 0):
                    share = one / (one - other)
                    (x1, y1), (x2, y2) = corners[at], corners[(at + 1) % 4]
                    ends.append((x1 + share * (x2 - x1) + 0.5, y1 + share * (y2 - y1) + 0.5))
            if len(ends) == 4 and (sum(height) > 0) != (height[0] > 0):
                ends = [ends[3], ends[0], ends[1], ends[2]]
            found += [ends[at : at + 2] for at in range(0, len(ends), 2)]
    return found
