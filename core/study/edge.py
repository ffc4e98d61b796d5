"""The coordinate in which an edge is looked for, and how far the search of one seed has come.

The coordinate is the setting, or its logarithm where equal factors count. A search looks at the whole range first, and
then halves the step in which what is measured changes its sign.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

from core.settings.experiment import Setting, settings
from core.settings.files import shortened
from core.settings.hints import Value

SCANNED: Final = 13
"""Values that are looked at first, evenly spaced from the lowest to the highest"""

TOLERANCE: Final = 1e-3
"""A critical value is found to this share of itself, or of the range where equal steps count"""


@dataclass
class Search:
    """A seed's search: the ends between which its critical value is, in the coordinate that is halved."""

    seed: int
    low: float = math.nan
    high: float = math.nan
    at_low: float = math.nan
    at_high: float = math.nan
    scanned: list[tuple[float, float, float]] = field(default_factory=list)
    """(place, what was measured, its error) of every network of this seed, in the order in which they came"""


@dataclass(frozen=True)
class Coordinate:
    """The coordinate in which the search goes: the setting, or its logarithm."""

    setting: Setting
    low: float
    high: float
    log: bool

    def value(self, place: float) -> Value:
        """The setting's value at a place."""
        plain = math.exp(place) if self.log else place
        return round(plain) if self.setting.kind == "integer" else float(f"{plain:.12g}")

    @property
    def rounds(self) -> int:
        """How often the step of the scan is halved."""
        step = (self.high - self.low) / (SCANNED - 1)
        fine = TOLERANCE if self.log else TOLERANCE * (self.high - self.low)
        return max(1, math.ceil(math.log2(step / fine)))

    def places(self) -> list[float]:
        """What is looked at first; of whole numbers each only once."""
        every = [self.low + (self.high - self.low) * i / (SCANNED - 1) for i in range(SCANNED)]
        return list({self.value(place): place for place in every}.values())

    def between(self, low: float, high: float) -> float:
        """The middle; NaN between two whole numbers that have none between them."""
        middle = (low + high) / 2
        if self.setting.kind == "integer" and self.value(middle) in (self.value(low), self.value(high)):
            whole = [float(self.value(low)), float(self.value(high))]
            if whole[1] - whole[0] < 2:
                return math.nan
        return middle

    def critical(self, one: Search, *, exact: bool) -> float:
        """The critical value: straight between the ends, or, of whole numbers and of lags, the upper end."""
        if math.isnan(one.low):
            return math.nan
        if self.setting.kind == "integer":
            return float(self.value(one.high))
        share = 0.5
        if exact and math.isfinite(one.at_low) and math.isfinite(one.at_high):
            share = one.at_low / (one.at_low - one.at_high)
        return float(self.value(one.low + share * (one.high - one.low)))

    def widened(self, one: Search, value: float) -> float:
        """The standard error of a critical value: that of the rate there over the slope of the rate around it."""
        if math.isnan(value):
            return math.nan
        place = math.log(value) if self.log else value
        known = sorted(point for point in one.scanned if math.isfinite(point[1]))
        apart = (self.high - self.low) / (SCANNED - 1) / 8  # nearer than that, a rate is as rough as its data
        before = [point for point in known if point[0] <= place - apart]
        after = [point for point in known if point[0] >= place + apart]
        if not before or not after or before[-1][1] == after[0][1]:
            return math.nan
        slope = (after[0][1] - before[-1][1]) / (after[0][0] - before[-1][0])
        off = min(known, key=lambda point: abs(point[0] - place))[2] / abs(slope)
        return off * value if self.log else off


def coordinate(name: str, low: float | None, high: float | None) -> Coordinate:
    """The coordinate of a setting, from the lowest to the highest value; None takes those of its slider.

    Args:
        name: The setting, a number.
        low: The lowest value.
        high: The highest value.

    Raises:
        ValueError: the setting is no number, or the range is none.
    """
    known = settings()
    if name not in known or known[name].kind not in ("integer", "number"):
        numbers = [one for one, setting in known.items() if setting.kind in ("integer", "number")]
        raise ValueError(f"{shortened(name)!r} was given, allowed is a setting that is a number: {', '.join(numbers)}")
    setting = known[name]
    least, most = setting.hint.slider or (setting.low, setting.high)
    first = float(setting.parse(str(least if low is None else low)))
    last = float(setting.parse(str(most if high is None else high)))
    if not first < last:
        raise ValueError(f"{name}: {first:g} … {last:g} was given; the lowest value comes first, and the two differ")
    log = setting.hint.logarithmic and first > 0
    return Coordinate(setting, *((math.log(first), math.log(last)) if log else (first, last)), log)
