"""Where on a drawing the data is, and what a cell of it stands for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tui.report.charts.path import dots, in_middle, to_unit

if TYPE_CHECKING:
    from tui.report.charts.path import Limits


@dataclass(frozen=True)
class Area:
    """The cells of a drawing that data can fall on, and the limits in use there."""

    left: int
    top: int
    width: int
    height: int
    x_limits: Limits
    y_limits: Limits

    def x_at(self, column: int) -> float:
        """Find the x in the middle of a column of the drawing, held to the limits: what a click points at."""
        return in_middle(column - self.left, self.width, 2, self.x_limits)

    def column_of(self, x: float) -> int:
        """Find the column of the drawing that an x falls on, held to the limits."""
        unit = np.clip(to_unit(np.array([x]), self.x_limits), 0.0, 1.0)
        return self.left + int(dots(unit, self.width, 2)[0]) // 2

    def y_at(self, row: int) -> float:
        """Find the y in the middle of a row of the drawing, held to the limits."""
        return in_middle(self.top + self.height - 1 - row, self.height, 4, self.y_limits)
