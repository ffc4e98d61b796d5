"""What a trace shows as a whole, and its rate in figures, for the title line and for the report's sentences."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from core.bptt.rate import HORIZON_SHARE, MATTERS, Rate
from core.dynamics.settling import still_growing
from tui.report.numbers import factor_with_error, magnitude
from tui.report.words.counted import counted
from tui.report.words.reference import recurrent_groups, reference_group

if TYPE_CHECKING:
    from core.trace import Trace

SHARE: Final = f"{100 * HORIZON_SHARE:g} %"
"""What is left at the horizon"""


@dataclass(frozen=True)
class Overall:
    """A trace with what several sentences ask of it."""

    trace: Trace
    rates: dict[str, Rate]
    reference: str
    lags: int
    """Lags k ≥ 1 there are between a scored step and the first"""
    last_lag: int
    """The last lag at which any recurrent parameter's contribution is not exactly zero, of those that look back as the
    reference does; −1 if none is"""
    silent: bool
    """Whether no parameter has any gradient"""

    @staticmethod
    def of(trace: Trace) -> Overall:
        """What a trace shows, worked out once."""
        lags = trace.profile()
        curves = {name: lags.typical(name) for name in trace.parameter_groups()}
        reference = reference_group(trace)
        same_way = [name for name in recurrent_groups(trace) if lags.ahead(name) == lags.ahead(reference)]
        alive = [np.flatnonzero(np.isfinite(curves[name])) for name in same_way]
        scored = np.flatnonzero(lags.scored)
        return Overall(
            trace=trace,
            rates={name: lags.rate(name) for name in recurrent_groups(trace)},
            reference=reference,
            lags=int(scored[-1]) if scored.size else 0,
            last_lag=max((int(found[-1]) for found in alive if found.size), default=-1),
            silent=not any(np.any(np.isfinite(curve)) for curve in curves.values()),
        )

    @property
    def share_left(self) -> str:
        """The contribution at the last lag that has any, over that at lag 0 of the same losses: `×2.1e+9`."""
        logs = self.trace.profile().log2_norm[self.reference][:, [0, self.last_lag]]
        both = logs[np.all(np.isfinite(logs), axis=1)]
        return "×" + magnitude(float(np.mean(both[:, 1] - both[:, 0])) if len(both) else math.nan)

    @property
    def bent(self) -> tuple[int, float] | None:
        """The last lag of the reference, and log₂ of its contribution over that at lag 0 of the same losses.

        None unless it is half of that at lag 0 or less, or double or more: then no line of a steady slope is it.
        """
        logs = self.trace.profile().log2_norm[self.reference]
        both = np.isfinite(logs) & np.isfinite(logs[:, :1])
        last = int(np.flatnonzero(both.any(axis=0))[-1]) if both.any() else 0
        of = both[:, last]
        change = float(np.mean(logs[of, last] - logs[of, 0])) if last else 0.0
        return (last, change) if abs(change) >= math.log2(MATTERS) else None

    @property
    def rate(self) -> Rate:
        """The rate that stands for the whole trace: that of its reference group."""
        return self.rates[self.reference]

    @property
    def starting(self) -> bool:
        """Whether a gradient that explodes may do so at the start of the sequence only."""
        return self.rate.regime == "exploding" and still_growing(self.trace.tape)

    @property
    def has_no_rate(self) -> bool:
        """Whether there is a gradient, but at too few lags for a rate with its error, so that nothing can be told."""
        return self.last_lag >= 0 and self.rate.regime == "undetermined" and not has_error(self.rate)

    @property
    def too_few(self) -> str:
        """Why there is no rate: too few lags, or too few that have any gradient."""
        if self.lags == 0:
            return "one step has no lag to look back over"
        found = self.rate.lags
        if found < self.lags:
            return f"only {counted(found, 'lag')} of {self.lags} {'has' if found == 1 else 'have'} any gradient"
        return f"only {counted(self.lags, 'lag')} to look at"


def has_error(rate: Rate) -> bool:
    """Whether there are lags enough for a standard error of the rate."""
    return math.isfinite(rate.standard_error)


def factor_told(rate: Rate) -> str:
    """The factor with its standard error: `0.885 ± 0.015`."""
    return factor_with_error(rate.log2_per_step, rate.standard_error).removeprefix("×")


def steps_told(count: float) -> str:
    """So many steps, which need not be whole: `5.67 steps`."""
    text = magnitude(math.log2(count))
    return f"{text} {'step' if text == '1' else 'steps'}"
