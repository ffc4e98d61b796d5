"""A study laid out for its charts: over two axes as a diagram, along one as a curve; complete, or as far as it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from tui.report.charts.drawn import RATE, Drawn
from tui.report.charts.phase_diagram import PhaseDiagram
from tui.report.charts.study import Curve, study_chart
from tui.report.printable import printable
from tui.report.words.study import value_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.study.grid import Axis, Grid
    from core.study.over_seeds import OverSeeds
    from core.study.study import Study
    from tui.report.charts.model import Chart


def order(axis: Axis) -> NDArray[np.intp]:
    """The places of an axis as they stand along a chart: numbers ascending, choices as they were given."""
    return np.argsort([value[0] for value in axis.values]) if axis.numeric else np.arange(len(axis.values))


def places(grid: Grid, across: int = 0) -> NDArray[np.intp]:
    """The combination at each row and column of a diagram (R, C), or along a curve (1, C).

    Args:
        grid: Of one axis or two.
        across: Which of its axes goes across; the other goes down, numbers ascending from the bottom.
    """
    points = np.arange(len(grid.points)).reshape(grid.shape[:-1])
    if len(grid.axes) == 1:
        return points[np.newaxis, order(grid.axes[0])]
    if across == 0:
        points = points.T
    down = grid.axes[1 - across]
    rows = order(down)[::-1] if down.numeric else order(down)
    return points[np.ix_(rows, order(grid.axes[across]))]


def phase_diagram(
    study: Study, over: Sequence[OverSeeds], drawn: Drawn = RATE, *, across: int = 0, fill: bool = False
) -> PhaseDiagram:
    """The diagram of a quantity over two axes.

    Args:
        study: Of two axes.
        over: The quantity over the seeds of each combination, `drawn.over_seeds(study)`.
        drawn: The quantity.
        across: Which axis goes across.
        fill: Whether what has not been computed looks like the nearest point that has.
    """
    axes, at = study.grid.axes, places(study.grid, across)
    center = np.array([drawn.center(one) for one in over])[at]
    margin = np.array([drawn.margin(one) for one in over])[at]
    if fill:
        tried = _tried(study)[at]
        nearest = _nearest(tried, down=axes[1 - across].numeric, across=axes[across].numeric)
        center, margin = center[nearest], margin[nearest]
    down_of, across_of = at[:, 0], at[0]
    points = study.points
    names = axes[1 - across].name, axes[across].name
    return PhaseDiagram(
        down=tuple(_label(points[int(point)].values[names[0]]) for point in down_of),
        across=tuple(_label(points[int(point)].values[names[1]]) for point in across_of),
        down_name=names[0],
        across_name=names[1],
        center=center,
        margin=margin,
        drawn=drawn,
        down_ordered=axes[1 - across].numeric,
        across_ordered=axes[across].numeric,
    )


def curve_chart(
    study: Study,
    over: Sequence[OverSeeds],
    drawn: Drawn = RATE,
    *,
    width: int,
    height: int,
    cursor: int | None = None,
) -> Chart:
    """A quantity along the one axis of a study.

    Args:
        study: Of one axis.
        over: The quantity over the seeds of each combination, `drawn.over_seeds(study)`.
        drawn: The quantity.
        width: Cells across.
        height: Cells down.
        cursor: The combination that is marked; None for none.
    """
    (axis,) = study.grid.axes
    at = [int(point) for point in places(study.grid)[0]]
    tried = _tried(study)
    x = curve_places(study.grid)
    there = [place for place, point in enumerate(at) if tried[point]]
    return study_chart(
        [Curve("", tuple(x[place] for place in there), tuple(over[at[place]] for place in there))],
        axis.name,
        logarithmic=axis.logarithmic,
        width=width,
        height=height,
        bands=len(study.grid.seeds) > 1,
        drawn=drawn,
        choices=() if axis.numeric else tuple(_label(study.points[point].values[axis.name]) for point in at),
        cursor=None if cursor is None else x[at.index(cursor)],
        span=(x[0], x[-1]),
    )


def curve_places(grid: Grid) -> tuple[float, ...]:
    """The x of each value of the one axis: the number, or of a choice its place."""
    (axis,) = grid.axes
    return tuple(float(axis.values[i][0]) if axis.numeric else float(i) for i in order(axis))


def _label(value: str | int | float) -> str:
    return printable(value_text(value))


def _tried(study: Study) -> NDArray[np.bool_]:
    """(P,): which combinations have been computed, all seeds of them."""
    tried = np.zeros(len(study.grid), dtype=bool)
    tried[list(study.outcomes)] = True
    return tried.reshape(len(study.points), -1).all(axis=1)


def _nearest(tried: NDArray[np.bool_], *, down: bool, across: bool) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """For each place the row and column of the nearest one that has been computed; itself where there is none.

    Nothing stands for another choice: along an axis without an order the place stays.
    """
    rows, columns = (found.astype(np.intp) for found in np.indices(tried.shape))
    known = np.argwhere(tried)
    if not len(known):
        return rows, columns
    shape = tried.shape
    apart = (
        np.abs(rows.reshape(-1, 1) - known[:, 0]) / shape[0],
        np.abs(columns.reshape(-1, 1) - known[:, 1]) / shape[1],
    )
    cost = np.add(
        *(np.where((one > 0) & (not ordered), np.inf, one) for one, ordered in zip(apart, (down, across), strict=True))
    )
    there = np.isfinite(cost.min(axis=1)).reshape(shape)
    at = known[np.argmin(cost, axis=1)].reshape(*shape, 2)
    return np.where(there, at[..., 0], rows), np.where(there, at[..., 1], columns)
