"""Some of the lags, looked at closely: zooming and moving give another range, and nothing is computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

FACTOR: Final = 1.5
"""What one step of zooming makes of the number of lags"""

FEWEST: Final = 4
"""From the first lag to the last of a range"""


@dataclass(frozen=True)
class LagRange:
    """From one lag to another, both of them in it."""

    first: int
    last: int

    @staticmethod
    def between(one: int, other: int, end: int) -> LagRange | None:
        """The lags from one to another, in any order, at least `FEWEST` apart; None where that is all of them.

        Args:
            one: A lag.
            other: Another.
            end: The last lag there is.
        """
        first, last = sorted(min(max(lag, 0), end) for lag in (one, other))
        missing = max(0, FEWEST - (last - first))
        first = max(0, min(first - missing // 2, end - FEWEST))
        last = min(end, max(last, first + FEWEST))
        return None if (first, last) == (0, end) else LagRange(first, last)

    @staticmethod
    def within(found: LagRange | None, end: int) -> LagRange:
        """What of a range there is where the last lag is `end`: all lags, if it is None."""
        held = None if found is None or found.first >= end else LagRange.between(found.first, found.last, end)
        return held or LagRange(0, end)

    def zoomed(self, by: int, around: int, end: int) -> LagRange | None:
        """Fewer lags, or more if negative, those around one of them; None where that is all of them.

        Args:
            by: How many steps of `FACTOR`.
            around: The lag that keeps its place.
            end: The last lag there is.
        """
        length = self.last - self.first
        length_now = round(length * FACTOR**-by)
        length_now = min(length_now, length - by) if by > 0 else max(length_now, length - by)
        length_now = max(FEWEST, length_now)
        around = min(max(around, self.first), self.last)
        first = min(
            max(0, around - round((around - self.first) / max(1, length) * length_now)), max(0, end - length_now)
        )
        return None if length_now >= end else LagRange.between(first, first + length_now, end)

    def moved_to(self, lag: int) -> LagRange:
        """The range with as many lags, moved no further than it takes to have this one in it."""
        by = min(0, lag - self.first) + max(0, lag - self.last)
        return LagRange(self.first + by, self.last + by)
