"""Which chart a figure shows, and how it looks, as values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from tui.report.figures.themes import THEMES, Theme

if TYPE_CHECKING:
    from tui.report.curves import Curve

CHARTS: Final = ("lags", "map", "jacobians", "training", "sweep", "unrolled")
"""The charts that there are figures of"""

COLUMN: Final = 8.5 * 72 / 2.54
"""The width of a column of a journal, in points: 8.5 cm"""

FONT: Final = 8.0
"""The size of letters that is usual there, in points"""

WIDTHS: Final = (4.0, 100.0)
"""The narrowest and the widest figure, in centimeters"""

SIZES: Final = (4.0, 60.0)
"""The smallest and the largest letters, in points"""

_POINTS: Final[Mapping[str, float]] = {"cm": 72 / 2.54, "mm": 7.2 / 2.54, "in": 72.0, "pt": 1.0, "": 72 / 2.54}
"""Unit → points"""


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


@dataclass(frozen=True)
class TypedStyle:
    """How a figure looks, as it is typed: on the command line, or in the fields of a dialog.

    Example:
        >>> TypedStyle("print", "3.3in", "9").of(AS_USUAL).width
        237.6
    """

    theme: str = "light"
    width: str = "8.5cm"
    font_size: str = "8"

    @property
    def problems(self) -> dict[str, str]:
        """What is wrong with a text: its name → the reason; empty where all three are allowed."""
        found: dict[str, str] = {}
        for name, read in (("theme", theme_of), ("width", width_of), ("font_size", font_size_of)):
            try:
                read(getattr(self, name))
            except ValueError as error:
                found[name] = str(error)
        return found

    def of(self, options: FigureOptions) -> FigureOptions:
        """A figure that looks so.

        Args:
            options: Which chart.

        Raises:
            ValueError: a text is not allowed.
        """
        return replace(
            options,
            theme=theme_of(self.theme),
            width=width_of(self.width),
            font_size=font_size_of(self.font_size),
        )


def theme_of(text: str) -> Theme:
    """A theme by its name.

    Args:
        text: The name.

    Raises:
        ValueError: there is none of that name.
    """
    for one in THEMES:
        if one == text:
            return one
    raise ValueError(f"{text!r} was given, allowed is {', '.join(THEMES)}")


def width_of(text: str) -> float:
    """A length in points; a number alone is in centimeters.

    Args:
        text: A number and its unit: cm, mm, in or pt.

    Raises:
        ValueError: it is no length, or outside `WIDTHS`.

    Example:
        >>> width_of("240pt")
        240.0
    """
    found = re.fullmatch(r"\s*(\d+(?:[.,]\d+)?)\s*(cm|mm|in|pt|)\s*", text)
    points = float(found.group(1).replace(",", ".")) * _POINTS[found.group(2)] if found else 0.0
    if not WIDTHS[0] <= points / _POINTS["cm"] <= WIDTHS[1]:
        raise ValueError(
            f"{text!r} was given, allowed is a length from {WIDTHS[0]:g}cm to {WIDTHS[1]:g}cm, as 8.5cm, "
            "85mm, 3.3in or 240pt"
        )
    return points


def font_size_of(text: str) -> float:
    """A size of letters in points.

    Args:
        text: A number, with or without its unit pt.

    Raises:
        ValueError: it is no number, or outside `SIZES`.

    Example:
        >>> font_size_of("9pt")
        9.0
    """
    try:
        found = float(text.removesuffix("pt"))
    except ValueError:
        found = float("nan")
    if not SIZES[0] <= found <= SIZES[1]:
        raise ValueError(f"{text!r} was given, allowed is {SIZES[0]:g} to {SIZES[1]:g} points")
    return found
