"""What the claims ask of a trace, measured once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from core.bptt.parameter_groups import standing_for
from core.bptt.rate import FEWEST_LAGS, Rate
from core.claims.evidence import Evidence
from core.numerics.frozen import FrozenMapping
from core.trace import Trace

Outcome = Literal["vanishing", "exploding", "steady", "gone", "open"]
"""gone: exactly zero before there are lags enough for a rate. open: neither a change nor its absence is shown."""


def outcome(rate: Rate) -> Outcome:
    """What a rate shows, by its standard error."""
    if rate.regime == "absent" or rate.log2_per_step == -np.inf:
        return "gone"
    return "open" if rate.regime == "undetermined" else rate.regime


@dataclass(frozen=True)
class Findings:
    """What the claims ask of a trace, measured once."""

    trace: Trace
    names: Mapping[str, str]
    """What is read (a, x, 1) → the parameter that stands for those that read it: W_aa, W_ax, b_a; with several gates
    or layers one of each, as `standing_for` chooses them. No `1` where a cell has no bias, no `a` where it has no
    recurrent matrix"""
    lags: int
    """Lags k ≥ 1 between the last scored step and the first"""
    reached: bool
    """Whether any loss after the first step has a gradient at the recurrent part at all"""
    passed: bool
    """Whether any of it gets past lag 0"""
    reads: Mapping[str, bool]
    """a, x, 1 → whether what is read at lags k ≥ 1 is anything but zeros"""
    jacobians: Rate
    """Rate of ‖∂L_t/∂a⟨t−k⟩‖: of the product of Jacobians, the batch as one vector"""
    rates: Mapping[str, Rate]
    """a, x, 1 → rate of its parameter's contributions"""

    @staticmethod
    def of(trace: Trace) -> Findings:
        """Measure what the claims ask of a trace."""
        uses, norms = trace.network.cell.uses(), trace.lags.log2_norm
        names = standing_for(trace.network)
        scored = np.flatnonzero(trace.lags.scored)
        lags = int(scored[-1]) if scored.size else 0
        return Findings(
            trace=trace,
            names=names,
            lags=lags,
            reached=any(bool(np.any(np.isfinite(norms[name][1:]))) for name in uses),
            passed=any(bool(np.any(np.isfinite(norms[name][1:, 1:]))) for name in uses),
            reads=FrozenMapping({reads: bool(np.any(trace.tape.reads[name][:lags])) for reads, name in names.items()}),
            jacobians=sure(next(iter(trace.lags.directions), trace.lags).state_rate),
            rates=FrozenMapping({reads: sure(trace.lags.rate(name)) for reads, name in names.items()}),
        )

    def size_read(self, reads: str) -> str:
        """How the size of what a parameter reads is written: `‖a⟨s−1⟩‖`, `‖x⟨s⟩‖`, `1`."""
        symbol = self.trace.network.symbol(self.names[reads])
        return symbol if symbol == "1" else f"‖{symbol}‖"

    @property
    def lags_evidence(self) -> Evidence:
        """The number of lags, as evidence."""
        return Evidence("lags k ≥ 1", self.lags, "count")

    @property
    def no_path(self) -> str:
        """Why there is nothing to look at, in two sentences; empty if there is something."""
        if self.lags == 0:
            return (
                "No loss has a step before it here, so that no path leads back in time and no Jacobian is on any. "
                "Two steps or more, with a later one scored, would make one."
            )
        if not self.reached:
            return (
                f"No gradient reaches the recurrent part, at lag 0 either{self._why_nothing}. "
                "What does not set out can neither vanish nor explode on the way."
            )
        return ""

    @property
    def _why_nothing(self) -> str:
        if not np.any(self.trace.tape.errors):
            return ", because no loss has an error"
        if wall := self.trace.network.readout.wall(self.trace.network.parameters):
            return f", because {wall} is all zeros"
        if self.trace.network.activation_name == "relu" and self.trace.network.cell.activated:
            return ", because the ReLU units it would pass through are off, where φ' is 0"
        return ""

    @property
    def wall(self) -> str:
        """What stops everything at lag 0."""
        network, direct = self.trace.network, self.trace.network.cell.direct
        if "a" not in self.names:
            return f"{direct.symbol if direct else 'the Jacobian'} is zero wherever a gradient arrives"
        if not np.any(network.parameters[self.names["a"]]):
            return f"{self.names['a']} is all zeros"
        if network.activation_name == "relu" and network.cell.activated:
            return "the units that the paths would pass through are off (φ' = 0)"
        return f"{self.names['a']} takes the gradient that arrives to zero"

    def outcome_of(self, reads: str) -> Outcome:
        """What becomes of a parameter's contributions, by its own rate."""
        return outcome(self.rates[reads])

    @property
    def products(self) -> Mapping[str, str]:
        """`names`, of those whose contribution is the product of its delta and what it reads, and no function of it."""
        uses = self.trace.network.cell.uses()
        return {reads: name for reads, name in self.names.items() if uses[name].parametrization is None}

    def share_of_past(self, reads: str) -> float:
        """How much of a parameter's contributions to one loss comes from lags k ≥ 1: the mean over losses t ≥ 2."""
        return self.trace.lags.share_of_past(self.names[reads])


def sure(rate: Rate) -> Rate:
    """The rate, undetermined too where no loss has lags to compare or where there is no scatter to judge it by."""
    ended = rate.log2_per_step == -np.inf and rate.lags < FEWEST_LAGS
    if ended or np.isfinite([rate.log2_per_step, rate.standard_error]).all():
        return rate
    return replace(rate, log2_per_step=float("nan"), standard_error=float("nan"), regime="undetermined")
