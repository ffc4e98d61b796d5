"""What can be drawn of a sweep: a quantity of each combination of settings, on its scale, with its boundary.

On a scale with a sign, 0 is the boundary between two phases: gradients that vanish and that explode, orbits that
come together and that part. Elsewhere there is none.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from core.study.over_seeds import OverSeeds, over_seeds
from tui.report.charts.ticks import Ticks, nice_ticks
from tui.report.numbers import factor, magnitude, number

if TYPE_CHECKING:
    from core.numerics.scaled import Floats
    from core.study.study import Study
    from core.study.summary import Summary
    from tui.report.charts.path import Limits

Kind = Literal["factor", "signed", "plain", "sizes"]
"""How a quantity is laid on a scale: a factor by its log₂, with ×1 as its boundary; a number with a sign, 0 its
boundary; a number from 0 on; sizes by their log₁₀"""


@dataclass(frozen=True)
class Drawn:
    """A number of every network, and over the seeds of every combination of settings."""

    name: str
    title: str
    """What it is called on the screen"""
    kind: Kind
    values: Callable[[Study], Floats]
    """The number of each network, in the shape of the grid; NaN where there is none"""
    text: Callable[[float], str] = number
    """The number as it is written"""
    by_median: bool = False
    """Whether the middle over seeds is drawn, and not the mean, as where a number may be infinite"""
    errors: str = ""
    """The quantity whose standard error within a network is that of the number; empty where there is none"""
    needs_lyapunov: bool = False
    words: tuple[tuple[float, str], ...] = ()
    """What stands on an axis in the place of these numbers; empty where numbers do"""

    def over_seeds(self, study: Study) -> tuple[OverSeeds, ...]:
        """The number over the seeds of each combination, in the order of the points.

        Args:
            study: The sweep.
        """
        values = self.values(study)
        errors = study.errors(self.errors) if self.errors else np.full(values.shape, np.nan)
        seeds = len(study.grid.seeds)
        return tuple(
            over_seeds(own, error)
            for own, error in zip(values.reshape(-1, seeds), errors.reshape(-1, seeds), strict=True)
        )

    def ticks(self, limits: Limits, count: int) -> Ticks:
        """Where an axis of even steps has its marks, and what stands there: words where there are any.

        Args:
            limits: The ends of the axis.
            count: At most so many numbers.
        """
        if not self.words:
            return nice_ticks(*limits, count, integer=False)
        there = [(at, word) for at, word in self.words if limits[0] <= at <= limits[1]]
        return Ticks(tuple(at for at, _ in there), tuple(word for _, word in there))

    @property
    def parted(self) -> bool:
        """Whether there is a boundary at 0."""
        return self.kind in ("factor", "signed")

    @property
    def center_name(self) -> str:
        """What is drawn over seeds: `mean` or `median`."""
        return "median" if self.by_median else "mean"

    def center(self, one: OverSeeds) -> float:
        """The number that is drawn of one combination; NaN where there is none."""
        return one.median if self.by_median else one.mean

    def margin(self, one: OverSeeds) -> float:
        """Two standard errors of that number; NaN where they are not known."""
        return math.nan if self.by_median else 2 * one.standard_error

    def placed(self, value: float) -> float:
        """Where a number lies on the scale: itself, or its log₁₀."""
        if self.kind != "sizes":
            return value
        return math.log10(value) if value > 0 else -math.inf if value == 0 else math.nan


def _quantity(name: str) -> Callable[[Study], Floats]:
    return lambda study: study.values(name)


def _log2(name: str) -> Callable[[Study], Floats]:
    def values(study: Study) -> Floats:
        with np.errstate(divide="ignore"):
            return np.log2(study.values(name))

    return values


def _each(study: Study, number_of: Callable[[Summary], float]) -> Floats:
    found = np.full(len(study.grid), np.nan)
    for network, result in study.results.items():
        found[network] = number_of(result.summary)
    return found.reshape(study.grid.shape)


def _share_of_past(summary: Summary) -> float:
    """The share of the first group of parameters that has one: those that read the state before, by any name."""
    return next((line.share_of_past for line in summary.lines if line.share_of_past is not None), math.nan)


_SIGN: Final = {"vanishing": -1.0, "exploding": 1.0}


def _regime(summary: Summary) -> float:
    """−1 for a gradient at the state that vanishes, 1 for one that explodes, 0 for one that does neither."""
    return _SIGN.get(summary.lines[0].regime, 0.0)


_REGIMES: Final = ((-1.0, "all vanish"), (0.0, "neither"), (1.0, "all explode"))


def _regime_text(mean: float) -> str:
    return dict(_REGIMES)[mean] if abs(mean) == 1.0 else number(mean, 2)


_ALL: Final = (
    Drawn("rate", "factor per step", "factor", _quantity("rate"), factor, errors="rate"),
    Drawn("regime", "regime", "signed", lambda study: _each(study, _regime), _regime_text, words=_REGIMES),
    Drawn("horizon", "1 % is left at lag", "sizes", _quantity("horizon"), by_median=True),
    Drawn("lyapunov", "λ₁, nats per step", "signed", _quantity("lyapunov"), errors="lyapunov", needs_lyapunov=True),
    Drawn("share_of_past", "share of the past", "plain", lambda study: _each(study, _share_of_past)),
    Drawn("spectral_radius", "spectral radius ρ", "factor", _log2("spectral_radius"), magnitude),
    Drawn("largest_singular_value", "singular value σ_max", "factor", _log2("largest_singular_value"), magnitude),
    Drawn("loss", "loss L", "sizes", _quantity("loss"), by_median=True),
    Drawn("residual", "residual", "sizes", _quantity("residual"), by_median=True),
    Drawn("steps", "steps within float64", "plain", _quantity("steps"), by_median=True),
    Drawn("overflow_step", "step of the overflow", "plain", _quantity("overflow_step"), by_median=True),
    Drawn("seconds", "seconds a network takes", "sizes", _quantity("seconds"), by_median=True),
)

DRAWN: Final[Mapping[str, Drawn]] = MappingProxyType({one.name: one for one in _ALL})
"""Name → what is drawn, in the order in which it is offered"""

RATE: Final = DRAWN["rate"]
