"""Which chart a figure shows, and how it looks, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from tui.report.figures.themes import Theme

if TYPE_CHECKING:
    from tui.report.curves import Curve

CHARTS: Final = ("lags", "map", "jacobians", "training", "sweep", "unrolled")
"""The charts that there are figures of"""

COLUMN: Final = 8.5 * 72 / 2.54
"""The width of a column of a journal, in points: 8.5 cm"""

FONT: Final = 8.0
"""The size of letters that is usual there, in points"""


@dataclass(frozen=True)
class FigureOptions:
    """Which chart, and how it looks."""

    chart: str = "lags"
    """One of `CHARTS`"""
    width: float = COLUMN
    """In points, 1/72 inch"""
    theme: Theme = "light"
    font_size: float = FONT
    """In points"""
    curve: Curve = "typical"
    """Which summary over the losses, or the t of the one loss, that the lines of `lags` are of"""
    loss: int | Literal["last", "all"] = "last"
    """Whose gradient comes back through the unrolled network: that of the loss at t, of the last, or of all"""
    parameter: str | None = None
    """What the map shows; None for what stands for the recurrent parameters"""


AS_USUAL: Final = FigureOptions()
"""The gradient against the lag, for a column of a journal"""
