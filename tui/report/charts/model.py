"""A chart as a value: everything that is on it, whatever draws it; in a terminal `tui.report.charts.terminal` does.

Sizes are not part of it, and nothing here knows a terminal, a toolkit or a drawing library.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from tui.report.charts.path import Limits
from tui.report.charts.ticks import NO_TICKS, Ticks

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from tui.report.charts.dashes import Dash
    from tui.report.palette import RGB


@dataclass(frozen=True, eq=False)
class Series:
    """Points (x_i, y_i) of any values, drawn as a line in braille dots or as points of the glyph `marker`."""

    name: str
    x: ArrayLike
    y: ArrayLike
    color: RGB
    marker: str
    style: Literal["line", "points"] = "line"
    dim: bool = False  # behind the others, its color receding
    label: str = ""  # written where it ends, on a row of its own
    end: str = ""  # its name: of a line written at the right of all data, of points beside the last one
    remark: str = ""  # written after the name of points
    quiet: bool = False  # no mark where it leaves the scale, which its name tells
    apart: bool = False  # a line from left to right, kept apart from others where they coincide
    faint_from: float = math.inf  # the x from which on its color recedes
    dash: Dash | None = None  # how a line is broken up; None for a solid one


@dataclass(frozen=True)
class Mark:
    """A reference line: vertical at an x, or horizontal at a y. Without a color, the palette's."""

    axis: Literal["x", "y"]
    at: float
    label: str = ""
    color: RGB | None = None


@dataclass(frozen=True)
class Bracket:
    """What some of the lines have in common, said once at their ends."""

    names: tuple[str, ...]
    """The `end` of each"""
    text: str


@dataclass(frozen=True, eq=False)
class Band:
    """What is between two lines, shaded behind all others; where either is not finite there is none.

    Where there are no colors it is not there: lines along its edges say where it is.
    """

    x: ArrayLike
    low: ArrayLike
    high: ArrayLike
    color: RGB


@dataclass(frozen=True, eq=False)
class Chart:
    """Everything on a chart. Limits are never taken from the data, and may run backwards.

    With `equal` they are widened until a unit is as long across as up, so that a circle is round.
    """

    series: Sequence[Series]
    x_limits: Limits
    y_limits: Limits
    x_ticks: Ticks = NO_TICKS
    y_ticks: Ticks = NO_TICKS
    x_label: str = ""
    y_label: str = ""
    title: str = ""
    marks: Sequence[Mark] = ()
    bands: Sequence[Band] = ()
    brackets: Sequence[Bracket] = ()
    zero: str = "▼"  # what stands at the bottom for y = −∞; for a point below the scale it is ▼
    note: str = ""  # below the axis, at the right
    equal: bool = False
    x_log10: bool = False  # whether x is the log₁₀ of what is shown, which the ticks say
    y_log10: bool = False
