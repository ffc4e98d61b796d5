"""The numbers of a summary by name: what they are, in what unit, and which of them has an uncertainty of its own."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from core.numerics.frozen import FrozenMapping
from core.study.outcome import Result
from core.study.summary import LineSummary, MatrixSummary, Summary


@dataclass(frozen=True)
class Quantity:
    """A number that there is of every network."""

    name: str
    unit: str
    """What it is in; empty for a plain number"""
    of: Callable[[Result, str], float]
    """(result, line) → the number; NaN where it is not known"""
    error: Callable[[Summary, str], float] | None = None
    """(summary, line) → its standard error within this one network; None where there is none"""
    by_line: bool = False
    """Whether each line of the lag profile has its own"""


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def line_of(summary: Summary, name: str) -> LineSummary | None:
    """The line of a summary of this name, None if the network has no such parameters.

    Args:
        summary: The summary.
        name: `state`, or a group of parameters.
    """
    return next((line for line in summary.lines if line.name == name), None)


def _of_line(get: Callable[[LineSummary], float | None]) -> Callable[[Result, str], float]:
    def of(result: Result, name: str) -> float:
        line = line_of(result.summary, name)
        return math.nan if line is None else _number(get(line))

    return of


def _rate_error(summary: Summary, name: str) -> float:
    line = line_of(summary, name)
    return math.nan if line is None else _number(line.log2_standard_error)


def _horizon(result: Result, name: str) -> float:
    """A line's horizon, ∞ where the last lag still has 1 % or more: it lies beyond what was looked at."""
    line = line_of(result.summary, name)
    if line is None or line.regime == "absent":
        return math.nan
    return math.inf if line.horizon is None else float(line.horizon)


def _largest(get: Callable[[MatrixSummary], float]) -> Callable[[Result, str], float]:
    return lambda result, name: max(map(get, result.summary.matrices), default=math.nan)


_ALL: Final = (
    Quantity("rate", "bits per step", _of_line(lambda line: line.log2_per_step), _rate_error, by_line=True),
    Quantity("horizon", "lags", _horizon, by_line=True),
    Quantity("share_of_past", "", _of_line(lambda line: line.share_of_past), by_line=True),
    Quantity(
        "lyapunov",
        "nats per step",
        lambda result, name: _number(result.summary.lyapunov),
        lambda summary, name: _number(summary.lyapunov_standard_error),
    ),
    Quantity("loss", "", lambda result, name: _number(result.summary.loss)),
    Quantity("spectral_radius", "", _largest(lambda matrix: matrix.spectral_radius)),
    Quantity("largest_singular_value", "", _largest(lambda matrix: matrix.largest_singular_value)),
    Quantity("residual", "", lambda result, name: _number(result.summary.residual)),
    Quantity("steps", "steps", lambda result, name: float(result.summary.steps)),
    Quantity("overflow_step", "step", lambda result, name: _number(result.summary.overflow_step)),
    Quantity("training_step", "updates", lambda result, name: float(result.summary.training_step)),
    Quantity("seconds", "s", lambda result, name: result.seconds),
)

QUANTITIES: Final[Mapping[str, Quantity]] = FrozenMapping({one.name: one for one in _ALL})
"""Name → quantity. Of several recurrent matrices, as gates have, ρ and σ_max are the largest"""
