"""One quantity over the seeds of a combination of settings: the middle, the scatter, and what each ± is of."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from core.numerics.scaled import Floats

SHARES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)
"""The quantiles over seeds that are kept"""


@dataclass(frozen=True)
class OverSeeds:
    """A quantity of one combination of settings over its seeds, and what its uncertainties are of."""

    count: int
    """How many seeds have it"""
    missing: int
    """How many do not: their networks failed, or have no such number"""
    mean: float
    """Over seeds; NaN where there is none"""
    deviation: float
    """The standard deviation over seeds: how far one network is from another; NaN for fewer than 2"""
    standard_error: float
    """How far the mean over seeds may be from that over all seeds: deviation / √count; NaN for fewer than 2"""
    quantiles: tuple[float, ...]
    """Over seeds, at the shares 0.05, 0.25, 0.5, 0.75, 0.95"""
    of_one_network: float
    """The standard error that one network has of itself, in the middle over seeds; NaN where there is none"""

    @property
    def median(self) -> float:
        """The middle one over seeds."""
        return self.quantiles[2]

    @property
    def words(self) -> Mapping[str, str]:
        """For each number with a ±, what it is the uncertainty of, in words."""
        over = f"over {self.count} seeds" if self.count != 1 else "of 1 seed"
        return {"standard_error": f"of the mean {over}", "deviation": over, "of_one_network": "of one network"}


def over_seeds(values: Floats, errors: Floats) -> OverSeeds:
    """Mean, scatter and quantiles of one quantity over seeds.

    Args:
        values: (S,), a number for each seed; NaN where there is none, ∞ beyond the scale.
        errors: (S,), the standard error that each network has of itself; NaN where there is none.

    Runnable example:

        >>> import numpy as np
        >>> found = over_seeds(np.array([1.0, 2.0, 3.0, np.nan]), np.full(4, 0.1))
        >>> found.count, found.mean, found.deviation, found.median, found.of_one_network
        (3, 2.0, 1.0, 2.0, 0.1)
    """
    known = np.sort(values[~np.isnan(values)])
    count = len(known)
    mean = float(known.mean()) if count else math.nan
    deviation = float(known.std(ddof=1)) if count > 1 and np.isfinite(known).all() else math.nan
    own = errors[~np.isnan(errors)]
    return OverSeeds(
        count=count,
        missing=len(values) - count,
        mean=mean,
        deviation=deviation,
        standard_error=deviation / math.sqrt(count) if count else math.nan,
        quantiles=tuple(_quantile(known, share) for share in SHARES),
        of_one_network=float(np.median(own)) if own.size else math.nan,
    )


def _quantile(ordered: Floats, share: float) -> float:
    """Between two neighbors in proportion, as NumPy does it; next to ∞ there is no between."""
    if not ordered.size:
        return math.nan
    at = share * (len(ordered) - 1)
    low, high = ordered[math.floor(at)], ordered[math.ceil(at)]
    if not math.isfinite(high):
        return float(low if at == math.floor(at) else high)
    return float(low + (high - low) * (at - math.floor(at)))
