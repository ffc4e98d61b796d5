"""The report's part on the lags: a table for each way to group the parameters, the chart, and every curve and rate."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from core.bptt.parameter_groups import grouped, groupings
from core.bptt.rate import ROUNDING, Rate
from tui.report import json_values
from tui.report.charts.lags import lags_chart
from tui.report.charts.layers import by_layer, layers_chart
from tui.report.curves import INPUT
from tui.report.document import Block, Cell, Column, Figure, Paragraph, Row, Section, Table
from tui.report.figures.charts import lags_figure
from tui.report.input_rows import glyph
from tui.report.lag_lines import input_line, lag_lines
from tui.report.numbers import UNKNOWN, factor, log2_factor_error, magnitude, number
from tui.report.printable import printable
from tui.report.styles import line_styles
from tui.report.words.reference import group_reading
from tui.report.words.title import title

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from core.bptt.parameter_groups import Grouping
    from core.trace import Trace
    from tui.report.charts.model import Chart
    from tui.report.lag_lines import LagLine

AT_INPUT: Final = ", and of ∂L_t/∂x⟨t−k⟩"
"""What the title of a table says of its column x"""

MOST_COLUMNS: Final = 8
"""Columns of x that the report tells of"""

_ERROR_ROOM: Final = 8
"""Characters of a standard error behind its sign"""


def lags_section(trace: Trace) -> Section:
    """How large the contributions are at each lag, and how fast that changes.

    People are told of groups of parameters: by what they read; for a cell with gates by what they make too; for a stack
    by layer. Programs are told of each parameter besides.
    """
    ways: tuple[Grouping, ...] = tuple(by for by in groupings(trace.network) if by != "parameter")
    lines = {by: lag_lines(trace, by) for by in ways}
    alt = f"The typical size of the contributions against the lag k, a line for each of them. {title(trace)[0]}"
    figure = Figure(partial(_chart, trace), _zeros(trace, lines["source"]), alt, partial(lags_figure, trace))
    at_input = input_line(trace)
    shown = {by: (*those, at_input) if by == "source" else those for by, those in lines.items()}
    tables = [_table(trace, by, those) for by, those in shown.items()]
    blocks = (*tables, figure, *_by_column(trace), *_by_layer(trace))
    return Section(blocks, _record(trace, lines, at_input), "The gradient against the lag")


def _by_column(trace: Trace) -> tuple[Block, ...]:
    """Which columns of x act most on the losses, by their names; nothing of columns without."""
    names, sizes = trace.batch.input_names, trace.gradients.log2_input_columns
    if len(names) < 2:
        return ()
    order = np.argsort(-sizes, kind="stable")
    told = [f"{glyph(names, j) if len(names[j]) == 1 else names[j]} {magnitude(float(sizes[j]))}" for j in order]
    more = f" and {len(told) - MOST_COLUMNS} more" if len(told) > MOST_COLUMNS else ""
    said = f"‖∂L/∂x_j‖ over all steps, the largest first: {', '.join(told[:MOST_COLUMNS])}{more}."
    return (Paragraph(printable(said), name="Inputs"),)


def _chart(trace: Trace, width: int, height: int) -> Chart:
    return lags_chart(trace, width=width, height=height)


def chosen_lags(last: int) -> tuple[int, ...]:
    """The lags a table shows: 0, 1, 2, 5, 10, 20, 50, … and the last."""
    found, decade = {0, last}, 1
    while decade < last:
        found.update(lag for lag in (decade, 2 * decade, 5 * decade) if lag < last)
        decade *= 10
    return tuple(sorted(found))


def _table(trace: Trace, by: Grouping, lines: Sequence[LagLine]) -> Table:
    """Lags down, groups of parameters across, then the rates; the read-out's columns give way where it is narrow."""
    looks = line_styles(trace.network, by)
    rates = [line.rate for line in lines if line.rate is not None]

    def of_rates(label: str, unit: str, text: Callable[[Rate], str], value: Callable[[Rate], float | None]) -> Row:
        cells = (Cell() if one.rate is None else Cell(text(one.rate), value(one.rate)) for one in lines)
        return Row(label, tuple(cells), unit)

    below = [
        of_rates("per step", "bits per step", lambda rate: factor(rate.log2_per_step), lambda rate: rate.log2_per_step),
        of_rates("std. error", "bits per step", _error, lambda rate: rate.standard_error),
    ]
    for label, regime, sign in (("half-life", "vanishing", 1), ("doubling", "exploding", -1)):
        if any(rate.regime == regime for rate in rates):
            pace = partial(_pace, regime=regime, sign=sign)
            below.append(of_rates(label, "steps", partial(_said, pace), pace))
    if any(line.below is not None for line in lines):
        ahead = (None if line.below is None else line.below.rate for line in lines)
        cells = (Cell() if one is None else Cell(factor(one.log2_per_step), one.log2_per_step) for one in ahead)
        below.insert(1, Row("ahead", tuple(cells), "bits per step"))
    below.append(of_rates("horizon", "steps", _horizon, lambda rate: rate.horizon))
    return Table(
        "Typical size of the contribution to ∂L_t/∂θ at lag k" + (AT_INPUT if by == "source" else ""),
        tuple(Column(one.name, looks[one.name], optional=not one.recurrent or one.name == INPUT) for one in lines),
        (
            tuple(
                _at(lag, lines) for lag in _signed(chosen_lags(len(trace.lags.scored) - 1), both_ways=_both_ways(lines))
            ),
            tuple(below),
        ),
    )


def _signed(lags: tuple[int, ...], *, both_ways: bool) -> tuple[int, ...]:
    """The lags, and before them those below 0 where a line looks ahead."""
    return (*(-lag for lag in reversed(lags) if lag), *lags) if both_ways else lags


def _paces(label: str, rates: Sequence[Rate]) -> Row:
    return Row(label, tuple(Cell(factor(rate.log2_per_step), rate.log2_per_step) for rate in rates), "bits per step")


def _both_ways(lines: Iterable[LagLine]) -> bool:
    return any(one.ahead or one.below is not None for one in lines)


def _at(lag: int, lines: Sequence[LagLine]) -> Row:
    """The sizes at a lag, below 0 of the lines that look ahead; what is not recurrent has lag 0 only."""

    def cell(one: LagLine) -> Cell:
        if lag < 0 and one.below is not None:
            one = one.below
        elif lag and (not one.recurrent or one.ahead != (lag < 0)):
            return Cell()
        size = float(one.typical[abs(lag)])
        return Cell(magnitude(size, padded=True), size)

    cells = map(cell, lines)
    return Row(_label(lag), tuple(cells), "log2")


def _label(lag: int) -> str:
    return f"lag {lag}" if lag == 0 else f"    {lag}".replace("-", "−")


def _by_layer(trace: Trace) -> tuple[Block, ...]:
    """In a stack, how large the gradient at each layer's state is, lag by lag, and how fast that changes."""
    lags = trace.lags
    layers = tuple(reversed(list(lags.log2_layer_norm)))
    if not layers:
        return ()
    there, curves = by_layer(trace)
    rates = [lags.rate_of_layer(one) for one in layers]
    rows = tuple(
        Row(
            _label(lag),
            tuple(
                Cell(magnitude(size := float(curve[lag - there[0]]), padded=True), size) for curve in curves.values()
            ),
            "log2",
        )
        for lag in _signed(chosen_lags(len(lags.scored) - 1), both_ways=lags.below is not None)
    )
    ahead = () if lags.below is None else (_paces("ahead", [lags.below.rate_of_layer(one) for one in layers]),)
    below = (
        _paces("per step", rates),
        *ahead,
        Row("horizon", tuple(Cell(_horizon(rate), rate.horizon) for rate in rates), "steps"),
    )
    table = Table(
        "Typical size of the gradient ∂L_t/∂a_l⟨t−k⟩ at the whole state of layer l, lag by layer",
        tuple(Column(f"layer {one}") for one in layers),
        (rows, below),
        "The loss comes in at the last layer; a layer gets its gradient from its own next step and the layer above it.",
    )
    alt = "The typical size of the gradient at each layer's state against the lag k, a line for each layer."
    return table, Figure(partial(layers_chart, trace), "", alt)


def _error(rate: Rate) -> str:
    error = log2_factor_error(rate.log2_per_step, rate.standard_error)
    if math.isnan(error):
        return UNKNOWN
    known = error > rate.log2_per_step + math.log2(ROUNDING)
    return "± " + magnitude(error if known else -math.inf, digits=2, room=_ERROR_ROOM)


def _pace(rate: Rate, *, regime: str, sign: int) -> float | None:
    """A half-life or a doubling time, in steps; None where the rate is of another regime, or unknown."""
    return None if rate.regime != regime or rate.half_life is None else sign * rate.half_life


def _said(pace: Callable[[Rate], float | None], rate: Rate) -> str:
    found = pace(rate)
    return UNKNOWN if found is None else number(found)


def _horizon(rate: Rate) -> str:
    return UNKNOWN if rate.horizon is None else str(rate.horizon)


def _zeros(trace: Trace, lines: Iterable[LagLine]) -> str:
    """What the 0 of the chart stand for: at which lags a contribution is exactly zero."""
    where: dict[str, list[str]] = {}
    for line in lines:
        zero = np.flatnonzero(np.isneginf(line.typical if line.recurrent else line.typical[:1]))
        if zero.size == 1:
            where.setdefault(f"at lag {zero[0]}", []).append(line.name)
        elif zero.size == len(line.typical) - (zero[0] if zero.size else 0):
            where.setdefault(f"from lag {zero[0]} on", []).append(line.name)
        elif zero.size:
            where.setdefault(f"at {zero.size} lags", []).append(line.name)
    if not where:
        return ""
    places = "; ".join(f"{', '.join(names)} {lags}" for lags, names in where.items())
    last = f"{group_reading(trace, 'a')} at lag {len(trace.lags.scored) - 1}"
    starts_at_rest = last in places and not np.any(trace.tape.states[0])
    return f"0: exactly zero, {places}" + (", where it reads a⟨0⟩ = 0" if starts_at_rest else "")


def _record(trace: Trace, lines: Mapping[Grouping, Sequence[LagLine]], at_input: LagLine) -> dict[str, Any]:
    below = trace.lags.below
    groups = {by: {line.name: _group(line) for line in those if line.recurrent} for by, those in lines.items()}
    return {
        "parameters": {line.name: _parameter(trace, line) for line in lag_lines(trace)},
        "parameter_groups": groups if grouped(trace.network) else {},
        "input": {"rate": _rate(at_input), **_curves(at_input), "columns": _columns(trace)},
        "layers": {
            str(layer): {
                "rate": json_values.rate(trace.lags.rate_of_layer(layer)),
                "typical": json_values.curve(trace.lags.typical_of_layer(layer)),
                **({} if below is None else {"below": {"typical": json_values.curve(below.typical_of_layer(layer))}}),
            }
            for layer in trace.lags.log2_layer_norm
        },
    }


def _columns(trace: Trace) -> list[dict[str, Any]]:
    """How much each column of x acts on the losses, in their order."""
    sizes = trace.gradients.log2_input_columns.tolist()
    names: Sequence[str | None] = trace.batch.input_names or [None] * len(sizes)
    return [{"name": name, "gradient": json_values.size(size)} for name, size in zip(names, sizes, strict=True)]


def _group(line: LagLine) -> dict[str, Any]:
    return {"parameters": list(line.parameters), "rate": _rate(line), **_curves(line)}


def _parameter(trace: Trace, line: LagLine) -> dict[str, Any]:
    return {
        "shape": list(trace.network.parameters[line.name].shape),
        "rate": _rate(line),
        "gradient": json_values.size(float(trace.gradients.scaled[line.name].log2_norm())),
        **_curves(line),
    }


def _rate(line: LagLine) -> dict[str, Any] | None:
    return None if line.rate is None else json_values.rate(line.rate)


def _curves(line: LagLine) -> dict[str, Any]:
    return {
        "looks": "ahead" if line.ahead else "back",
        "typical": json_values.curve(line.typical) | {"losses": line.losses.tolist()},
        "summed": json_values.curve(line.summed),
        **({} if line.below is None else {"below": {"rate": _rate(line.below), **_curves(line.below)}}),
    }
