"""The report on a trace for machines; the record's keys are described in docs/report-json.md."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from core.bptt.parameter_groups import groupings
from core.dynamics.summary import dynamics_of
from tui.report import json_values
from tui.report.lag_lines import lag_lines
from tui.report.numbers import LOG10_2, factor_error, finite
from tui.report.theory_report import theory_record
from tui.report.truncation_report import truncation_record
from tui.report.words.trace import describe_setup, headline, reference_group, sentences

if TYPE_CHECKING:
    from core.bptt.parameter_groups import Grouping
    from core.bptt.rate import Rate
    from core.dynamics.summary import Dynamics
    from core.trace import Trace
    from tui.report.lag_lines import LagLine

FORMAT: Final = 1
"""The version of the record's keys: raised when one changes its meaning or goes."""


def record(trace: Trace, dynamics: Dynamics | None = None) -> dict[str, Any]:
    """The report for machines: plain values for `json.dumps`, never NaN nor infinite; see docs/report-json.md.

    Args:
        trace: What to report on.
        dynamics: What is known of the Jacobians already; None measures it.
    """
    speaks, ways = reference_group(trace), groupings(trace.network)
    return {
        "format": FORMAT,
        "what": describe_setup(trace),
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
        "parameters": {line.name: _parameter(trace, line) for line in lag_lines(trace)},
        "parameter_groups": {by: _grouped(trace, by) for by in ways if by != "parameter" and len(ways) > 1},
        "truncation": truncation_record(trace.truncation),
        "theory": theory_record(dynamics_of(trace.tape, profile=False, known=dynamics)),
    }


def _grouped(trace: Trace, by: Grouping) -> dict[str, Any]:
    return {
        line.name: {"parameters": list(line.parameters), "rate": rate_record(line.rate), **_curves(line)}
        for line in lag_lines(trace, by)
        if line.rate is not None
    }


def _parameter(trace: Trace, line: LagLine) -> dict[str, Any]:
    return {
        "shape": list(trace.network.parameters[line.name].shape),
        "rate": None if line.rate is None else rate_record(line.rate),
        "gradient": json_values.size(float(trace.gradients.scaled[line.name].log2_norm())),
        **_curves(line),
    }


def _curves(line: LagLine) -> dict[str, Any]:
    return {
        "typical": json_values.curve(line.typical) | {"losses": line.losses.tolist()},
        "summed": json_values.curve(line.summed),
    }


def rate_record(rate: Rate) -> dict[str, Any]:
    """A rate as values for JSON; None where a number is not finite or not known."""
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
