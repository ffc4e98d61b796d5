"""Theory's lines on a chart of sizes against the lag: straight on its logarithmic scale, and dashed.

They hang on a size at lag 0. A line that leaves the scale ends there and says so: a bound that rises to 1e+40 must
not press what was measured flat.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tui.charts.canvas import Limits, Series

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from core.theory import Kind, TheoryLine
    from tui.palette import RGB

HEADROOM: Final = 0.25
"""The scale is widened by this share, at least a decade, to follow a line a while."""

_LOG10_2: Final = math.log10(2.0)
_GRAY: Final[RGB] = (150, 150, 150)


@dataclass(frozen=True)
class TheoryStyle:
    """How a line is told from the measured ones, which are coloured and whole, and from the other two."""

    glyph: str
    """For legends, and for screens without colour"""
    dashes: tuple[bool, ...]
    """Dots across that are drawn and left out, over and over"""
    color: RGB = _GRAY


STYLES: Final[Mapping[Kind, TheoryStyle]] = {
    "bound": TheoryStyle("╍", (True,) * 7 + (False,) * 3),
    "radius": TheoryStyle("┄", (True, True, False, False)),
    "lyapunov": TheoryStyle("╌", (True,) * 4 + (False,) * 2 + (True,) + (False,) * 2),
}


def widened(limits: Limits, lines: Iterable[TheoryLine], anchor: float, last: float) -> Limits:
    """The limits of a scale of log₁₀, with some room for lines that hang on `anchor` and go on to lag `last`."""
    low, high = limits
    room = max(1.0, HEADROOM * (high - low))
    ends = [anchor + rise(line) * last for line in lines if math.isfinite(rise(line))]
    return max(min([low, *ends]), low - room), min(max([high, *ends]), high + room)


def rise(line: TheoryLine) -> float:
    """The slope in decades a lag."""
    return line.log2_per_step * _LOG10_2


def leaves(line: TheoryLine, anchor: float, limits: Limits, last: float) -> float | None:
    """The lag at which a line leaves the scale, None if it stays on it up to lag `last`."""
    slope = rise(line)
    if slope == 0 or not math.isfinite(slope):
        return 0.0 if slope == -math.inf else None
    lag = max(0.0, ((limits[1] if slope > 0 else limits[0]) - anchor) / slope)
    return lag if lag < last else None


def theory_series(
    lines: Iterable[TheoryLine], anchor: float, limits: Limits, last: float, width: int
) -> tuple[Series, ...]:
    """The lines as dashes, each named where it ends: ▲ or ▼ behind the name where that is the end of the scale."""
    return tuple(_series(line, anchor, limits, last, width) for line in lines)


def _series(line: TheoryLine, anchor: float, limits: Limits, last: float, width: int) -> Series:
    style, end = STYLES[line.kind], leaves(line, anchor, limits, last)
    label = line.formula if end is None else f"{line.formula} {'▲' if rise(line) > 0 else '▼'}"
    if rise(line) == -math.inf:
        x, y = np.zeros(2), np.array([anchor, limits[0]])
    else:
        stop = last if end is None else end
        x = np.linspace(0.0, stop, max(2, math.ceil(2 * width * stop / max(last, 1e-9)) + 1))
        y = np.clip(anchor + rise(line) * x, *limits)
        gaps = ~np.resize(style.dashes, len(x))
        gaps[-1] = False
        x, y = np.where(gaps, np.nan, x), np.where(gaps, np.nan, y)
    return Series(line.formula, x, y, style.color, style.glyph, label=label)
