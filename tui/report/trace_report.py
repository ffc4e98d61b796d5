"""The report: what the explorer shows, as text without a screen and as a record for machines.

The text is a pure function of a trace, a width and a palette; without a palette it has no escape sequences.
The record's keys are described in docs/report-json.md.
"""

from __future__ import annotations

import math
import re
import textwrap
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from rich.cells import cell_len

from core.bptt.parameter_groups import groupings
from core.bptt.rate import ROUNDING, Rate
from core.dynamics.summary import dynamics_of
from tui.report import json_values
from tui.report.charts.lags import lags_chart
from tui.report.charts.terminal import draw, draw_plain
from tui.report.numbers import LOG10_2, UNKNOWN, factor, factor_error, finite, log2_factor_error, magnitude, number
from tui.report.styles import styles
from tui.report.theory_report import entries, theory_record
from tui.report.truncation_report import NOTE, truncation_record
from tui.report.truncation_report import rows as truncation_rows
from tui.report.truncation_report import title as truncation_title
from tui.report.words.trace import headline, reader, reference_group, sentences, what

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from core.bptt.parameter_groups import Grouping
    from core.dynamics.summary import Dynamics
    from core.trace import Trace
    from tui.report.palette import RGB, Palette, SeriesStyle

FORMAT: Final = 1
"""The version of the record's keys: raised when one changes its meaning or goes."""

NARROWEST: Final = 40
_COLUMN, _LABEL, _GAP = 11, 10, 4
_NAME: Final = 14
_CHART_HEIGHT: Final = 18
_SIDE_BY_SIDE: Final = 130
"""From this width on the chart stands beside the table."""
_LONGEST_LINE: Final = 100
"""Sentences are broken here even where there is more room: longer lines are hard to read."""


@dataclass(frozen=True)
class About:
    """What a named experiment is called, and what to look for in it."""

    title: str = ""
    look_for: str = ""


def report(
    trace: Trace,
    *,
    width: int = 80,
    palette: Palette | None = None,
    about: About | None = None,
    dynamics: Dynamics | None = None,
) -> str:
    """The report as text: the sentences, a table of lags, the chart, the Jacobians and theory's lines.

    Args:
        trace: What to report on.
        width: Columns there are; fewer than `NARROWEST` are taken for that many.
        palette: The colors, or None for plain text, where the chart tells series by their markers.
        about: The name of the experiment, if it has one.
        dynamics: What is known of the Jacobians already; None measures it, which takes longest in a large network.
    """
    width = max(width, NARROWEST)
    pen = _Pen(palette)
    lines = [*_heading(trace, width, pen, about), "", *_prose(sentences(trace), width, pen), ""]
    table = _tables(trace, width, pen)
    if width >= _SIDE_BY_SIDE:
        left = max(map(pen.width, table))
        beside = _chart(trace, width - left - _GAP, max(_CHART_HEIGHT, len(table)), pen)
        lines += _side_by_side(table, beside, left, pen)
    else:
        lines += [*table, "", *_chart(trace, width, _CHART_HEIGHT, pen)]
    lines += [*_truncation(trace, width, pen), "", *_jacobians(trace, width, pen, dynamics)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


class _Pen:
    """Writes in color, or without, where there is no palette."""

    def __init__(self, palette: Palette | None) -> None:
        self.palette = palette

    def series(self, text: str, style: SeriesStyle) -> str:
        return text if self.palette is None else self._ink(text, self.palette.readable(style.color))

    def muted(self, text: str) -> str:
        return text if self.palette is None else self._ink(text, self.palette.muted)

    def bold(self, text: str) -> str:
        return text if self.palette is None else f"\x1b[1m{text}\x1b[0m"

    @staticmethod
    def _ink(text: str, color: RGB) -> str:
        return f"\x1b[38;2;{color[0]};{color[1]};{color[2]}m{text}\x1b[0m" if text.strip() else text

    @staticmethod
    def width(line: str) -> int:
        """Cells that a line takes, its escape sequences not counted."""
        return cell_len(_without_escapes(line))


def _without_escapes(line: str) -> str:
    return "".join(part.split("m", 1)[-1] if index else part for index, part in enumerate(line.split("\x1b[")))


def _heading(trace: Trace, width: int, pen: _Pen, about: About | None) -> list[str]:
    room = min(width, _LONGEST_LINE)
    lines = []
    if about is not None and about.title:
        lines += [pen.bold(line) for line in _wrapped(about.title, room)]
    lines += [pen.muted(line) for line in _wrapped(what(trace), room)]
    lines += [pen.bold(line) for line in _wrapped(headline(trace), room)]
    if about is not None and about.look_for:
        lines += ["", *_wrapped(f"Look for: {about.look_for}", room, indent=10)]
    return lines


def _prose(texts: Iterable[str], width: int, pen: _Pen) -> list[str]:
    room = min(width, _LONGEST_LINE) - 2
    wrapped = [_wrapped(text, room) for text in texts]
    return [(pen.muted("· ") if i == 0 else "  ") + line for text in wrapped for i, line in enumerate(text)]


_TOGETHER: Final = re.compile(r"(?<=\d) (?=%)|(?<=lag) (?=\d)")
"""Spaces that no line ends at: `1 %`, `lag 36`."""


def _wrapped(text: str, width: int, indent: int = 0) -> list[str]:
    """Lines of at most `width` columns, those after the first indented."""
    lines = textwrap.wrap(
        _TOGETHER.sub("\N{NO-BREAK SPACE}", text), width, subsequent_indent=" " * indent, break_on_hyphens=False
    )
    return [line.replace("\N{NO-BREAK SPACE}", " ") for line in lines]


def chosen_lags(last: int) -> tuple[int, ...]:
    """The lags a table shows: 0, 1, 2, 5, 10, 20, 50, … and the last."""
    found, decade = {0, last}, 1
    while decade < last:
        found.update(lag for lag in (decade, 2 * decade, 5 * decade) if lag < last)
        decade *= 10
    return tuple(sorted(found))


def _tables(trace: Trace, width: int, pen: _Pen) -> list[str]:
    """By what the parameters read; for a cell with gates, by what they make too; for a stack by layer."""
    tables = _table(trace, "source", width, pen)
    for by in groupings(trace.network)[1:]:
        if by != "parameter":
            tables += ["", *_table(trace, by, width, pen)]
    return tables


def _table(trace: Trace, by: Grouping, width: int, pen: _Pen) -> list[str]:
    """Lags down, groups of parameters across, then the rates; the read-out's columns give way where it is narrow."""
    profile, looks = trace.profile(by), styles(trace.network, by)
    recurrent = tuple(name for name, group in trace.parameter_groups(by).items() if group.recurrent)
    names = tuple(looks) if width >= _LABEL + len(looks) * (_COLUMN - 1) else recurrent
    column = min(_COLUMN, (width - _LABEL) // len(names))
    curves = {name: profile.typical(name) for name in names}
    rates = {name: profile.rate(name) for name in recurrent}

    def row(label: str, cells: Mapping[str, str]) -> str:
        return pen.muted(f"{label:<{_LABEL}}") + "".join(f"{cells.get(name, ''):>{column}}" for name in names)

    title = _wrapped("Typical size of the contribution to ∂L_t/∂θ at lag k", width)
    header = "".join(pen.series(f"{looks[name].marker} {name}".rjust(column), looks[name]) for name in names)
    rows = [*map(pen.muted, title), " " * _LABEL + header]
    for lag in chosen_lags(len(trace.lags.scored) - 1):
        known = names if lag == 0 else recurrent
        cells = {name: magnitude(float(curves[name][lag]), padded=True) for name in known}
        rows.append(row(f"lag {lag}" if lag == 0 else f"    {lag}", cells))
    rows.append(pen.muted("─" * (_LABEL + column * len(names))))
    rows.append(row("per step", {name: factor(rate.log2_per_step) for name, rate in rates.items()}))
    rows.append(row("std. error", {name: _error(rate) for name, rate in rates.items()}))
    for label, regime, sign in (("half-life", "vanishing", 1), ("doubling", "exploding", -1)):
        if any(rate.regime == regime for rate in rates.values()):
            rows.append(row(label, {name: _pace(rate, regime, sign) for name, rate in rates.items()}))
    rows.append(row("horizon", {name: _horizon(rate) for name, rate in rates.items()}))
    return rows


def _error(rate: Rate) -> str:
    error = log2_factor_error(rate.log2_per_step, rate.standard_error)
    if math.isnan(error):
        return UNKNOWN
    known = error > rate.log2_per_step + math.log2(ROUNDING)
    return "± " + magnitude(error if known else -math.inf, digits=2, room=_COLUMN - 3)


def _pace(rate: Rate, regime: str, sign: int) -> str:
    """A half-life or a doubling time, in steps."""
    return UNKNOWN if rate.regime != regime or rate.half_life is None else number(sign * rate.half_life)


def _horizon(rate: Rate) -> str:
    return UNKNOWN if rate.horizon is None else str(rate.horizon)


def _chart(trace: Trace, width: int, height: int, pen: _Pen) -> list[str]:
    chart = lags_chart(trace, width=width, height=height)
    drawing = draw_plain(chart, width, height) if pen.palette is None else draw(chart, width, height, pen.palette)
    note = _wrapped(_zeros(trace), width)
    return [*drawing.lines, *map(pen.muted, note)]


def _zeros(trace: Trace) -> str:
    """What the chart's ▼ stand for: at which lags a contribution is exactly zero."""
    where: dict[str, list[str]] = {}
    for name, group in trace.parameter_groups().items():
        curve = trace.profile().typical(name)
        zero = np.flatnonzero(np.isneginf(curve if group.recurrent else curve[:1]))
        if zero.size == 1:
            where.setdefault(f"at lag {zero[0]}", []).append(name)
        elif zero.size == len(curve) - (zero[0] if zero.size else 0):
            where.setdefault(f"from lag {zero[0]} on", []).append(name)
        elif zero.size:
            where.setdefault(f"at {zero.size} lags", []).append(name)
    if not where:
        return ""
    places = "; ".join(f"{', '.join(names)} {lags}" for lags, names in where.items())
    last = f"{reader(trace, 'a')} at lag {len(trace.lags.scored) - 1}"
    starts_at_rest = last in places and not np.any(trace.tape.states[0])
    return f"▼ exactly zero: {places}" + (", where it reads a⟨0⟩ = 0" if starts_at_rest else "")


def _truncation(trace: Trace, width: int, pen: _Pen) -> list[str]:
    """What truncated backpropagation throws away, where the settings ask for it."""
    if trace.truncation is None:
        return []
    room = min(width, _LONGEST_LINE)
    head, note = (_wrapped(text, room) for text in (truncation_title(trace.truncation), NOTE))
    return ["", *map(pen.muted, head), *truncation_rows(trace.truncation), *map(pen.muted, note)]


def _jacobians(trace: Trace, width: int, pen: _Pen, dynamics: Dynamics | None) -> list[str]:
    """What k Jacobians do to a gradient, by measurement and by theory: names at the left, paragraphs beside them."""
    room = min(width, _LONGEST_LINE)
    state = trace.network.state_name
    title = f"The Jacobians ∂{state}⟨s⟩/∂{state}⟨s−1⟩: by how much a gradient is multiplied, measured and by theory"
    rows = [*map(pen.muted, _wrapped(title, room))]
    told = entries(dynamics_of(trace.tape, profile=False, known=dynamics))
    left = max(_NAME, *(cell_len(name) + 2 for name, _ in told))
    for name, text in told:
        first, *others = _wrapped(text, room - left)
        rows += [pen.bold(f"{name:<{left}}") + first, *(" " * left + line for line in others)]
    return rows


def _side_by_side(left: Sequence[str], right: Sequence[str], width: int, pen: _Pen) -> list[str]:
    return [
        line + " " * (width + _GAP - pen.width(line)) + beside
        for line, beside in zip_longest(left, right, fillvalue="")
    ]


def record(trace: Trace, dynamics: Dynamics | None = None) -> dict[str, Any]:
    """The report for machines: plain values for `json.dumps`, never NaN nor infinite; see docs/report-json.md.

    Args:
        trace: What to report on.
        dynamics: What is known of the Jacobians already; None measures it.
    """
    speaks, ways = reference_group(trace), groupings(trace.network)
    return {
        "format": FORMAT,
        "what": what(trace),
        **json_values.subject(trace),
        "headline": headline(trace),
        "sentences": list(sentences(trace)),
        "regime": trace.profile().rate(speaks).regime,
        "regime_of": speaks,
        "steps": len(trace.lags.scored),
        "scored": trace.lags.scored.tolist(),
        "overflow_step": trace.tape.overflow_step,
        "loss": finite(trace.tape.loss),
        "residual": finite(trace.lags.residual),
        "parameters": {name: _parameter(trace, name) for name in trace.network.parameters},
        "parameter_groups": {by: _grouped_rates(trace, by) for by in ways if by != "parameter" and len(ways) > 1},
        "truncation": truncation_record(trace.truncation),
        "theory": theory_record(dynamics_of(trace.tape, profile=False, known=dynamics)),
    }


def _grouped_rates(trace: Trace, by: Grouping) -> dict[str, Any]:
    profile = trace.profile(by)
    return {
        name: {
            "parameters": list(group.parameters),
            "rate": rate_record(profile.rate(name)),
            "typical": json_values.curve(profile.typical(name)) | {"losses": profile.averaged(name).tolist()},
            "summed": json_values.curve(profile.log2_summed[name]),
        }
        for name, group in trace.parameter_groups(by).items()
        if group.recurrent
    }


def _parameter(trace: Trace, name: str) -> dict[str, Any]:
    return {
        "shape": list(trace.network.parameters[name].shape),
        "rate": None if name in trace.network.readout.uses else rate_record(trace.lags.rate(name)),
        "gradient": json_values.size(float(trace.gradients.scaled[name].log2_norm())),
        "typical": json_values.curve(trace.lags.typical(name)) | {"losses": trace.lags.averaged(name).tolist()},
        "summed": json_values.curve(trace.lags.log2_summed[name]),
    }


def rate_record(rate: Rate) -> dict[str, Any]:
    """A rate for machines."""
    half_life = rate.half_life
    beyond = math.isfinite(rate.log2_per_step) and not 0.0 < rate.factor < math.inf
    return {
        "regime": rate.regime,
        "log2_per_step": finite(rate.log2_per_step),
        "log2_standard_error": finite(rate.standard_error),
        "log10_per_step": finite(rate.log2_per_step * LOG10_2),
        "factor_per_step": None if beyond else finite(rate.factor),
        "factor_standard_error": None if beyond else finite(factor_error(rate.log2_per_step, rate.standard_error)),
        "factor_beyond_double": beyond,
        "half_life": half_life if half_life is not None and half_life > 0 else None,
        "doubling_time": -half_life if half_life is not None and half_life < 0 else None,
        "horizon": rate.horizon,
        "lags": rate.lags,
    }
