"""Which group of parameters speaks for a whole network: the one whose rate stands for the factor that all share."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from core.bptt.parameter_groups import standing_for
from core.bptt.rate import SIGNIFICANT

if TYPE_CHECKING:
    from core.bptt.rate import Rate
    from core.trace import Trace


def recurrent_groups(trace: Trace) -> tuple[str, ...]:
    """The groups of parameters, by what they read, whose contributions pass through the Jacobians and have lags."""
    return tuple(name for name, group in trace.parameter_groups().items() if group.recurrent)


def group_reading(trace: Trace, reads: str) -> str:
    """The group that stands for those that read a, x or 1: W_aa, W_ax or b_a in the vanilla cell.

    In a stack it is that of the layer which reads x; the group that reads the state where a cell has no bias, and the
    one that reads the input where it has no recurrent matrix.
    """
    standing = standing_for(trace.network)
    name = standing.get(reads, standing.get("a", standing["x"]))
    return next(group.name for group in trace.parameter_groups().values() if name in group.parameters)


def reference_group(trace: Trace) -> str:
    """The group whose rate stands for the whole: W_aa's, as long as it can speak for the shared factor δ.

    That of b_a, whose contribution is δ itself, takes over where W_aa reads states that are all zero, that grow or
    fade fast enough to tell its slope from b_a's, or that scatter so much that its slope tells nothing and b_a's does.
    Where there is no recurrent matrix, what reads the input stands in W_aa's place.
    """
    weights, biases, profile = group_reading(trace, "a"), group_reading(trace, "1"), trace.profile()
    own, other = profile.rate(weights), profile.rate(biases)
    hidden = own.regime == "undetermined" != other.regime
    return weights if agree(own, other) and not hidden else biases


def agree(one: Rate, other: Rate) -> bool:
    """Whether two slopes are not distinguishable: they differ by at most two standard errors of the difference."""
    if not (is_known(one) and is_known(other)):
        return False
    error = math.hypot(*(0.0 if math.isnan(rate.standard_error) else rate.standard_error for rate in (one, other)))
    return abs(one.log2_per_step - other.log2_per_step) <= max(SIGNIFICANT * error, 1e-9)


def is_known(rate: Rate) -> bool:
    """Whether there is a rate."""
    return math.isfinite(rate.log2_per_step)
