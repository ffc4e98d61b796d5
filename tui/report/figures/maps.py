"""Heat maps as figures: a parameter's contributions by loss and lag, and a quantity over two settings of a sweep."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from tui.report.charts.heatmap import Blocks, Heatmap, PixelKind, reduce_map
from tui.report.charts.map_frame import DECADES
from tui.report.charts.phase_diagram import limits_of, scale_of, shaded
from tui.report.charts.ticks import Ticks, nice_ticks
from tui.report.figures.compose import Figure
from tui.report.figures.contours import contour
from tui.report.figures.heat import Contour, Heat
from tui.report.numbers import LOG10_2, MINUS, magnitude
from tui.report.words.map import STATE, chosen, first_lag, lag_0_only, log2_map
from tui.report.words.subject import describe_setup
from tui.report.words.title import title

if TYPE_CHECKING:
    from core.trace import Trace
    from tui.report.charts.phase_diagram import PhaseDiagram


def map_figure(trace: Trace, parameter: str | None = None) -> Figure:
    """How much of each loss comes through one parameter k steps before.

    Args:
        trace: What to show.
        parameter: A parameter, or `state`; None for what stands for the recurrent ones.
    """
    name = chosen(trace, parameter)
    size = f"‖∂L_t/∂{trace.network.state_name}⟨t−k⟩‖" if name == STATE else f"‖∂L_t/∂{name} through step t−k‖"
    told = f"A heat map of {size}, a row for each loss time t, a column for each lag k. {title(trace)[0]}"
    return Figure((map_heat(trace, name, size),), f"Map of {name}: {describe_setup(trace)}", told)


def map_heat(trace: Trace, name: str, size: str) -> Heat:
    """The heat map itself.

    Args:
        trace: What to show.
        name: A parameter, or `state`.
        size: What a color stands for.
    """
    log2, ahead, first, only = log2_map(trace, name), trace.lags.ahead(name), first_lag(trace, name), False
    if lag_0_only(trace, name):
        only = True
    steps, lags = log2.shape

    def reduce(rows: int, columns: int) -> Heatmap:
        scored = trace.lags.scored
        return reduce_map(log2, scored, rows, columns, lag_0_only=only, ahead=ahead, first_lag=first)

    def said(rows: range, columns: range, log10: float) -> str:
        times, among = (_span(rows.start + 1, rows.stop), _lag_span(columns, first, ahead))
        most = "" if len(rows) == len(columns) == 1 else "at most "
        return f"{name}, t = {times}, lag {among}: {most}{magnitude(log10 / LOG10_2)}"

    sign = -1 if ahead else 1

    def x_ticks(count: int) -> Ticks:
        found = nice_ticks(first, first + lags - 1, count)
        labels = tuple(f"{sign * round(k)}".replace("-", MINUS) for k in found.positions)
        return Ticks(tuple(k - first for k in found.positions), labels)

    def y_ticks(count: int) -> Ticks:
        found = nice_ticks(1, steps, max(2, min(count, steps)))
        return Ticks(tuple(t - 1.0 for t in found.positions), found.labels)

    return Heat(
        reduce,
        steps,
        lags,
        "lag k (steps)",
        "loss time t (steps)",
        size,
        x_ticks,
        y_ticks,
        DECADES.ticks,
        said,
    )


def _span(first: int, last: int) -> str:
    return f"{first}" if first == last else f"{first}–{last}"


def _lag_span(columns: range, first: int, ahead: bool) -> str:
    ends = [columns.start + first, columns.stop - 1 + first]
    if ahead:
        ends = [-ends[0], -ends[1]]
    low, high = (f"{one}".replace("-", MINUS) for one in ends)
    return low if low == high else f"{low} to {high}"


def phase_figure(found: PhaseDiagram, title: str, description: str = "") -> Figure:
    """A quantity over two settings, with its boundary.

    Args:
        found: The diagram.
        title: What it is, in a few words.
        description: What it shows; empty for what can be said of any.
    """
    told = description or f"{found.drawn.title} over {found.across_name} and {found.down_name}, as a heat map."
    return Figure((phase_heat(found),), title, told)


def phase_heat(found: PhaseDiagram) -> Heat:
    """The heat map itself, each point that was computed a cell of its own.

    Args:
        found: The diagram.
    """
    rows, columns = found.center.shape
    scale, drawn = scale_of(found.drawn), found.drawn
    known = ~np.isnan(found.center)

    def reduce(down: int, across: int) -> Heatmap:
        rows_of, columns_of = Blocks(rows, down), Blocks(columns, across)
        at = np.ix_([rows_of.items(y)[0] for y in range(down)], [columns_of.items(x)[0] for x in range(across)])
        values = np.array([[shaded(drawn, float(one)) for one in row] for row in found.center[at]])
        kinds = np.where(known[at], PixelKind.VALUE, PixelKind.NOTHING).astype(np.uint8)
        return Heatmap(values, kinds, rows_of, columns_of, scale=limits_of(drawn, found.center[known]))

    def said(down: range, across: range, _: float) -> str:
        value = float(found.center[down[0], across[0]])
        names = f"{found.across_name} {found.across[across[0]]}, {found.down_name} {found.down[down[0]]}"
        return f"{names}: {drawn.title} {drawn.text(value)}"

    def labeled(labels: tuple[str, ...], count: int) -> Ticks:
        every = range(0, len(labels), max(1, -(-len(labels) // max(count, 1))))
        return Ticks(tuple(map(float, every)), tuple(labels[at] for at in every))

    return Heat(
        reduce,
        rows,
        columns,
        found.across_name,
        found.down_name,
        drawn.title,
        partial(labeled, found.across),
        partial(labeled, found.down),
        scale.ticks,
        said,
        signed=drawn.parted,
        contours=_boundary(found) if drawn.parted else (),
    )


def _boundary(found: PhaseDiagram) -> tuple[Contour, ...]:
    """Where what is drawn is at its boundary, and where it would be by two standard errors more or less."""
    if not (found.down_ordered and found.across_ordered):
        return ()
    name = found.drawn.text(0.0)
    both = [*contour(found.center - found.margin), *contour(found.center + found.margin)]
    return (
        (contour(found.center), False, name),
        (both, True, f"{name} ± 2 standard errors"),
    )
