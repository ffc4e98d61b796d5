"""A study laid out for its charts: over two axes as a diagram, along one as a curve; complete, or as far as it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
    study: Study,
    over: Sequence[OverSeeds],
    drawn: Drawn = RATE,
    *,
    across: int = 0,
    fill: bool = False,
    named: Callable[[str], str] = str,
) -> PhaseDiagram:
    """The diagram of a quantity over two axes.

    Args:
        study: Of two axes.
        over: The quantity over the seeds of each combination, `drawn.over_seeds(study)`.
        drawn: The quantity.
        across: Which axis goes across.
        fill: Whether what has not been computed looks like the nearest point that has.
        named: What a setting is called; by itself as on the command line.
    """
    axes, at = study.grid.axes, places(study.grid, across)
    center = np.array([drawn.center(one) for one in over])[at]
    margin = np.array([drawn.margin(one) for one in over])[at]
    if fill and not (tried := _tried(study)[at]).all():
        stands = stand_ins(tried, down=axes[1 - across].numeric, across=axes[across].numeric)
        center, margin = (np.where(stands < 0, np.nan, one.ravel()[stands]) for one in (center, margin))
    down_of, across_of = at[:, 0], at[0]
    points = study.points
    names = axes[1 - across].name, axes[across].name
    return PhaseDiagram(
        down=tuple(_label(points[int(point)].values[names[0]]) for point in down_of),
        across=tuple(_label(points[int(point)].values[names[1]]) for point in across_of),
        down_name=named(names[0]),
        across_name=named(names[1]),
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
    named: Callable[[str], str] = str,
) -> Chart:
    """A quantity along the one axis of a study.

    Args:
        study: Of one axis.
        over: The quantity over the seeds of each combination, `drawn.over_seeds(study)`.
        drawn: The quantity.
        width: Cells across.
        height: Cells down.
        cursor: The combination that is marked; None for none.
        named: What a setting is called; by itself as on the command line.
    """
    (axis,) = study.grid.axes
    at = [int(point) for point in places(study.grid)[0]]
    tried = _tried(study)
    x = curve_places(study.grid)
    there = [place for place, point in enumerate(at) if tried[point]]
    return study_chart(
        [Curve("", tuple(x[place] for place in there), tuple(over[at[place]] for place in there))],
        named(axis.name),
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
    return np.asarray(tried.reshape(len(study.points), -1).all(axis=1))


def stand_ins(tried: NDArray[np.bool_], *, down: bool, across: bool) -> NDArray[np.intp]:
    """For each place of a diagram (R, C) the nearest one that has been computed, counted row by row; −1 for none.

    Args:
        tried: (R, C), which have been computed.
        down: Whether a row can stand for another one: nothing stands for another choice.
        across: Whether a column can stand for another one.

    Runnable example:

        >>> stand_ins(np.array([[True, False, False, False, True]]), down=True, across=True).tolist()
        [[0, 0, 0, 4, 4]]
    """
    found = np.where(tried, np.arange(tried.size).reshape(tried.shape), -1)
    while (found < 0).any():
        before = np.pad(found, 1, constant_values=-1)
        beside = [before[1:-1, :-2], before[1:-1, 2:]] if across else []
        beside += [before[:-2, 1:-1], before[2:, 1:-1]] if down else []
        for one in beside:
            found = np.where(found < 0, one, found)
        if np.array_equal(found, before[1:-1, 1:-1]):
            break
    return found


def neighbor(grid: Grid, point: int, down: int, across: int) -> int:
    """The combination so many rows and columns from another one on the chart; the last one there where it ends.

    Args:
        grid: Of one axis or two.
        point: From where.
        down: Rows down.
        across: Columns to the right.
    """
    at = places(grid)
    (row,), (column,) = np.nonzero(at == point)
    rows, columns = at.shape
    return int(at[min(max(row + down, 0), rows - 1), min(max(column + across, 0), columns - 1)])
