"""The one way from data to the canvas: any numbers in, a path within the unit square out.

u runs to the right and v upward. What a scale cannot show is never dropped quietly: `Path` says where points
were above or below it or not a number, and `Clipped` counts them. A point whose x and y are both NaN lifts the
pen: a break asked for, which leaves no mark.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from tui.report.charts.ticks import MINUS

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    FloatArray: TypeAlias = NDArray[np.float64]
    IntArray: TypeAlias = NDArray[np.intp]
    BoolArray: TypeAlias = NDArray[np.bool_]

Limits: TypeAlias = tuple[float, float]

_FAR: Final = 1e300  # farther off any scale than matters, and still safe to subtract


@dataclass(frozen=True)
class Clipped:
    """How many points of a series the chart could not put at their place, and why."""

    name: str
    above: int = 0
    below: int = 0
    beside: int = 0
    infinite: int = 0  # y = +∞
    minus_infinite: int = 0  # y = −∞: on an axis of logarithms, an exact zero
    undefined: int = 0  # y is NaN, or x is not finite

    @property
    def total(self) -> int:
        """How many points are not drawn at their place."""
        return self.above + self.below + self.beside + self.infinite + self.minus_infinite + self.undefined

    def __str__(self) -> str:
        counts = (
            (self.above, "above the scale"),
            (self.below, "below the scale"),
            (self.beside, "beside the scale"),
            (self.infinite, "infinite"),
            (self.minus_infinite, f"{MINUS}infinite"),
            (self.undefined, "not a number"),
        )
        return f"{self.name}: " + ", ".join(f"{count} {what}" for count, what in counts if count)


@dataclass(frozen=True, eq=False)
class Path:
    """A series as plotext may see it: finite, within the unit square, and no more of it than columns show."""

    u: FloatArray  # (n,) in [0, 1]
    v: FloatArray  # (n,) in [0, 1]
    joined: BoolArray  # (n,) at [i]: a line runs from point i−1 to point i
    over: FloatArray  # the u of points above the top, +∞ among them
    under: FloatArray  # the u of points below the bottom
    zero: FloatArray  # the u of points whose y is −∞: on an axis of logarithms, exact zeros
    undefined: FloatArray  # the u of points whose y is NaN
    clipped: Clipped


def sanitize(
    x: ArrayLike,
    y: ArrayLike,
    x_limits: Limits,
    y_limits: Limits,
    columns: int,
    *,
    line: bool = True,
    name: str = "",
) -> Path:
    """Make any (x, y) safe to draw within the limits.

    A line is broken at values that are not finite, cut exactly where it crosses the limits, and reduced to
    each column's lowest and highest point. Points are only sorted into shown and not.

    Raises:
        ValueError: x and y differ in length.
    """
    with np.errstate(all="ignore"):
        x, y = np.asarray(x, dtype=np.float64).ravel(), np.asarray(y, dtype=np.float64).ravel()
    if len(x) != len(y):
        raise ValueError(f"series {name!r}: expected as many x as y, got {len(x)} and {len(y)}")
    u, v = to_unit(x, x_limits), to_unit(y, y_limits)
    x_finite, y_finite, y_missing = np.isfinite(x), np.isfinite(y), np.isnan(y)
    placed = x_finite & (u >= 0) & (u <= 1)
    over, under = placed & (v > 1), placed & (v < 0)
    report = Clipped(
        name,
        above=_count(over & y_finite),
        below=_count(under & y_finite),
        beside=_count(x_finite & ~placed & ~y_missing),
        infinite=_count(placed & np.isposinf(y)),
        minus_infinite=_count(placed & np.isneginf(y)),
        undefined=_count((y_missing | ~x_finite) & ~(np.isnan(x) & y_missing)),
    )
    marks = (u[over], u[under & y_finite], u[under & ~y_finite], u[placed & y_missing])
    shown = placed & ~over & ~under & ~y_missing
    if not line:
        return Path(u[shown], v[shown], np.zeros(_count(shown), dtype=np.bool_), *marks, report)
    finite = x_finite & y_finite
    joined = (finite & np.concatenate(([False], finite[:-1]))[: len(finite)])[finite]
    u, v = u[finite], v[finite]
    run = np.cumsum(~joined | (u < 0) | (u > 1), dtype=np.intp)
    if not np.all(shown[finite]):
        u, v, joined, run = _cut(u, v, joined, run)
    return Path(*_thin(u, v, joined, run, columns), *marks, report)


def to_unit(values: FloatArray, limits: Limits) -> FloatArray:
    """(value − lo) / (hi − lo), reckoned in halves: the difference of two finite numbers can be infinite."""
    lo, hi = usable(limits)
    span = hi / 2 - lo / 2
    if span == 0:
        return np.where(values > hi, _FAR, np.where(values < lo, -_FAR, 0.5))
    with np.errstate(all="ignore"):
        return np.clip((values / 2 - lo / 2) / span, -_FAR, _FAR)


def usable(limits: Limits) -> Limits:
    """Stand in 0 to 1 for limits that are not finite: everything beyond is then marked so."""
    return limits if all(map(math.isfinite, limits)) else (0.0, 1.0)


def _cut(
    u: FloatArray, v: FloatArray, joined: BoolArray, run: IntArray
) -> tuple[FloatArray, FloatArray, BoolArray, IntArray]:
    """Keep the part of a broken line that lies inside the unit square.

    Each segment p(t) = a + t (b − a) is kept for t from its last entry to its first exit (Liang and Barsky,
    "A new concept and method for line clipping", 1984).
    """
    places = np.zeros((2, len(u), 2))  # (u and v, the segments from each point on, start and end)
    enter, leave = np.zeros(len(u) - 1), np.ones(len(u) - 1)
    crossings = []
    with np.errstate(all="ignore"):
        for p in (u, v):
            a, step = p[:-1], p[1:] - p[:-1]
            to_0, to_1 = -a / step, (1 - a) / step
            never = np.where((a >= 0) & (a <= 1), -np.inf, np.inf)
            near = np.where(step == 0, never, np.minimum(to_0, to_1))
            far = np.where(step == 0, -never, np.maximum(to_0, to_1))
            enter, leave = np.maximum(enter, near), np.minimum(leave, far)
            crossings.append((a, step, near, far))
        for place, (a, step, near, far) in zip(places, crossings, strict=True):
            # The border itself where this side is what cut the segment: a + t·step loses it for large a.
            start = np.where((near == enter) & (enter > 0), step < 0, a + enter * step)
            end = np.where((far == leave) & (leave < 1), step > 0, a + leave * step)
            place[:-1] = np.clip(np.stack((start, end), axis=1), 0, 1)
    kept = joined[1:] & (enter <= leave)
    alone = (u >= 0) & (u <= 1) & (v >= 0) & (v <= 1) & ~joined & ~np.append(joined[1:], False)
    places[:, alone, 0] = u[alone], v[alone]
    kept = np.append(kept, False)
    used = np.stack((kept | alone, kept), axis=1)
    point, end_of_segment = np.nonzero(used)
    return *places[:, used], end_of_segment == 1, run[point]


def _thin(
    u: FloatArray, v: FloatArray, joined: BoolArray, run: IntArray, columns: int
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Keep each column's lowest and highest point, in the order the line passes them.

    Next to columns that the line skips, also its first or last point there, where it comes from or goes on. The
    points stay joined where the data goes from one to the other without a break, be it by way of what lies
    above or below the scale; `run` numbers the stretches without a break or a departure sideways. A line that
    turns back passes a column more than once, and keeps points of each passage.
    """
    if len(u) <= 2:
        return u, v, joined
    column = dots(u, columns, 2) // 2
    starts = np.append(True, column[1:] != column[:-1])
    first, passage = np.flatnonzero(starts), np.cumsum(starts) - 1
    keep = np.zeros(len(u), dtype=np.bool_)
    for extreme in (np.minimum, np.maximum):
        there = np.flatnonzero(v == extreme.reduceat(v, first)[passage])
        keep[there[np.append(True, np.diff(passage[there]) > 0)]] = True
    skips = np.abs(np.diff(column[first])) > 1
    keep[first[1:][skips]] = keep[first[1:][skips] - 1] = True
    passage, run = passage[keep], run[keep]
    within = np.append(False, passage[1:] == passage[:-1])
    same_run = np.append(False, run[1:] == run[:-1])
    return u[keep], v[keep], np.where(within, same_run, joined[first[passage]])


def dots(unit: FloatArray, cells: int, per_cell: int) -> IntArray:
    """Find the dot, of `per_cell` in each of `cells`, for numbers from 0, the first dot, to 1, the last."""
    return np.floor(unit * (cells * per_cell - 1) + 0.5).astype(np.intp)


def in_middle(cell: int, cells: int, per_cell: int, limits: Limits) -> float:
    """Find the value in the middle of a cell, the inverse of `dots`."""
    unit = min(1.0, max(0.0, (cell * per_cell + (per_cell - 1) / 2) / (cells * per_cell - 1)))
    return limits[0] * (1 - unit) + limits[1] * unit


def _count(which: BoolArray) -> int:
    return int(np.count_nonzero(which))
