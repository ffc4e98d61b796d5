"""The report on a trace: what the explorer shows, as a document; `tui.report.formats` writes it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from core.bptt.parameter_groups import groupings
from core.bptt.rate import ROUNDING, Rate
from core.dynamics.summary import dynamics_of
from tui.report.charts.lags import lags_chart
from tui.report.document import Bullets, Cell, Column, Document, Figure, Paragraph, Row, Table
from tui.report.lag_lines import LagLine, lag_lines
from tui.report.numbers import UNKNOWN, factor, log2_factor_error, magnitude, number
from tui.report.styles import styles
from tui.report.theory_report import theory_entries
from tui.report.truncation_report import truncation_table
from tui.report.words.trace import describe_setup, group_reading, headline, sentences

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from core.bptt.parameter_groups import Grouping
    from core.dynamics.summary import Dynamics
    from core.trace import Trace
    from tui.report.charts.model import Chart
    from tui.report.document import Block

_ERROR_ROOM: Final = 8
"""Characters of a standard error behind its sign"""


@dataclass(frozen=True)
class About:
    """What a named experiment is called, and what to look for in it."""

    title: str = ""
    look_for: str = ""


def trace_document(trace: Trace, *, about: About | None = None, dynamics: Dynamics | None = None) -> Document:
    """The report: sentences, tables of lags, the chart, what truncation loses, the Jacobians and theory's lines.

    Args:
        trace: What to report on.
        about: The name of the experiment, if it has one.
        dynamics: What is known of the Jacobians already; None measures it, which takes longest in a large network.
    """
    about = about or About()
    return Document(about.title, describe_setup(trace), headline(trace), tuple(_blocks(trace, about, dynamics)))


def _blocks(trace: Trace, about: About, dynamics: Dynamics | None) -> Iterator[Block]:
    if about.look_for:
        yield Paragraph(about.look_for, name="Look for")
    yield Bullets(tuple(sentences(trace)))
    for by in _ways(trace):
        yield _lags(trace, by)
    alt = f"The typical size of the contributions against the lag k, a line for each of them. {headline(trace)}"
    yield Figure(partial(_chart, trace), _zeros(trace), alt)
    if trace.truncation is not None:
        yield truncation_table(trace.truncation)
    yield theory_entries(dynamics_of(trace.tape, profile=False, known=dynamics))


def _chart(trace: Trace, width: int, height: int) -> Chart:
    return lags_chart(trace, width=width, height=height)


def _ways(trace: Trace) -> tuple[Grouping, ...]:
    """By what the parameters read; for a cell with gates, by what they make too; for a stack by layer."""
    return ("source", *(by for by in groupings(trace.network)[1:] if by != "parameter"))


def chosen_lags(last: int) -> tuple[int, ...]:
    """The lags a table shows: 0, 1, 2, 5, 10, 20, 50, … and the last."""
    found, decade = {0, last}, 1
    while decade < last:
        found.update(lag for lag in (decade, 2 * decade, 5 * decade) if lag < last)
        decade *= 10
    return tuple(sorted(found))


def _lags(trace: Trace, by: Grouping) -> Table:
    """Lags down, groups of parameters across, then the rates; the read-out's columns give way where it is narrow."""
    lines, looks = lag_lines(trace, by), styles(trace.network, by)
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
    below.append(of_rates("horizon", "steps", _horizon, lambda rate: rate.horizon))
    return Table(
        "Typical size of the contribution to ∂L_t/∂θ at lag k",
        tuple(Column(one.name, looks[one.name], optional=not one.recurrent) for one in lines),
        (tuple(_at(lag, lines) for lag in chosen_lags(len(trace.lags.scored) - 1)), tuple(below)),
    )


def _at(lag: int, lines: Sequence[LagLine]) -> Row:
    """The sizes at a lag; what is not recurrent has lag 0 only."""
    cells = (
        Cell(magnitude(size := float(one.typical[lag]), padded=True), size) if one.recurrent or lag == 0 else Cell()
        for one in lines
    )
    return Row(f"lag {lag}" if lag == 0 else f"    {lag}", tuple(cells), "log2")


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


def _zeros(trace: Trace) -> str:
    """What the chart's 0 stand for: at which lags a contribution is exactly zero."""
    where: dict[str, list[str]] = {}
    for line in lag_lines(trace, "source"):
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
