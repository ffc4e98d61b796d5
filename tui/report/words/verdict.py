"""What becomes of the gradient, in the parts of the title line: the rate with its verb, and what follows from it.

Every word here is decided by a rate and its standard error, never by the settings that were meant to bring it about.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from core.bptt.rate import FEW_LAGS
from tui.report.numbers import factor, magnitude
from tui.report.words.counted import counted, listed
from tui.report.words.overall import SHARE, Overall, factor_told, steps_told
from tui.report.words.reference import is_known, recurrent_groups

if TYPE_CHECKING:
    from core.bptt.rate import Rate
    from core.trace import Trace

ERROR_REACHES_1: Final = "twice its error reaches ×1"
"""Why a factor per step decides nothing: one rule for the rate and for the exponent λ₁"""


_WORDS: Final = {
    "vanishing": "VANISHES",
    "steady": "is STEADY",
    "exploding": "EXPLODES",
    "absent": "passes nothing back",
    "undetermined": "is undetermined",
}


def regime_word(rate: Rate) -> str:
    """The verb for a rate: VANISHES, is STEADY, EXPLODES, passes nothing back, is undetermined."""
    return _WORDS[rate.regime]


def headline(trace: Trace) -> str:
    """The title line: `gradient of W_aa VANISHES ×0.885 per step · under 1 % of lag 0 from lag 36 on`."""
    parts = (*_verdict(Overall.of(trace)), overflow_told(trace))
    return " · ".join(part for part in parts if part)


def overflow_told(trace: Trace) -> str:
    """That the sequence is cut, briefly: `overflow at step 85`; empty where nothing left float64."""
    step = trace.tape.overflow_step
    if step is None:
        return ""
    return f"overflow over {counted(step, 'step')}" if trace.network.looks_ahead else f"overflow at step {step}"


@dataclass(frozen=True)
class Verdict:
    """What the title line says, in its parts."""

    rate: str | None
    """What becomes of the gradient of a typical loss, step by step: `gradient of W_aa VANISHES ×0.885 per step`; None
    where there is no number for it"""
    consequence: str
    """What follows over the lags there are: `under 1 % of lag 0 from lag 36 on`; may be empty"""
    few: bool = False
    """Whether there are too few lags to decide, as the consequence then says: `over only 18 lags`"""


def verdict(trace: Trace) -> Verdict:
    """The rate that stands for the whole, and what follows from it."""
    overall = Overall.of(trace)
    found = _verdict(overall)
    if len(found) != 2:
        return Verdict(None, "")
    return Verdict(found[0], found[1], few=overall.rate.regime == "undetermined" and overall.rate.lags < FEW_LAGS)


def _verdict(overall: Overall) -> tuple[str, ...]:
    """The rate and its consequence; or the one sentence that there is instead."""
    rate = overall.rate
    if not np.any(overall.trace.lags.scored):
        return ("no gradient: no step has a loss",)
    if overall.silent:
        return ("no gradient: exactly zero at every lag",)
    if overall.last_lag < 0:
        return (f"no gradient reaches {listed(list(recurrent_groups(overall.trace)))}: exactly zero at every lag",)
    if overall.has_no_rate:
        return (f"gradient is undetermined: {overall.too_few}",)
    whose = f"gradient of {overall.reference}"
    if rate.regime == "undetermined":
        if rate.lags < FEW_LAGS:
            few = f"over only {counted(rate.lags, 'lag')}"
            return (f"{whose} is undetermined: ×{factor_told(rate)} per step", few)
        # Over these lags: in the long run it may well be decided, see the line e^(λ₁ k).
        over = f"is undetermined over {counted(rate.lags, 'lag')}"
        return (f"{whose} {over}: ×{factor_told(rate)} per step", ERROR_REACHES_1)
    if rate.regime == "absent":
        return ("gradient passes nothing back: exactly zero from lag 1 on",)
    if not is_known(rate):
        return (f"gradient VANISHES: exactly zero from lag {overall.last_lag + 1} on",)
    so_far = " so far" if overall.starting else ""
    return f"{whose} {regime_word(rate)} {factor(rate.log2_per_step)} per step", _consequence(overall) + so_far


def _consequence(overall: Overall) -> str:
    rate = overall.rate
    if rate.regime == "steady" and overall.bent is not None:
        return f"×{magnitude(overall.bent[1])} of lag 0 at lag {overall.bent[0]}"
    if rate.regime == "steady":
        return f"neither halves nor doubles over {counted(rate.lags, 'lag')}"
    if rate.regime == "vanishing" and rate.horizon is not None:
        return f"under {SHARE} of lag 0 from lag {rate.horizon} on"
    if rate.half_life is None:
        return ""
    if abs(rate.half_life) < 1:
        return f"{overall.share_left} of lag 0 at lag {overall.last_lag}"
    return f"{'halves' if rate.half_life > 0 else 'doubles'} every {steps_told(abs(rate.half_life))}"
