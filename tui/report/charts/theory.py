"""Theory's lines on a chart of sizes against the lag: dashed, and all but the direct path's straight on its scale.

They hang on a size at lag 0. A line that leaves the scale ends there and says so: a bound that rises to 1e+40 must
not press what was measured flat.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from core.dynamics.theory import PATHS
from tui.report.charts.model import Series
from tui.report.charts.path import Limits
from tui.report.numbers import LOG10_2

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from core.dynamics.theory import LineKind, TheoryLine
    from core.numerics.scaled import Floats
    from tui.report.palette import RGB

HEADROOM: Final = 0.25
"""The scale is widened by this share, at least a decade, to follow a line a while."""

_GRAY: Final[RGB] = (150, 150, 150)


@dataclass(frozen=True)
class TheoryStyle:
    """How a line is distinguished from the measured ones, which are colored and whole, and from the others."""

    glyph: str
    """For legends, and for screens without color"""
    dashes: tuple[bool, ...]
    """Dots across that are drawn and left out, over and over"""
    color: RGB = _GRAY


STYLES: Final[Mapping[LineKind, TheoryStyle]] = {
    "bound": TheoryStyle("╍", (True,) * 7 + (False,) * 3),
    "radius": TheoryStyle("┄", (True, True, False, False)),
    "lyapunov": TheoryStyle("╌", (True,) * 4 + (False,) * 2 + (True,) + (False,) * 2),
    "path": TheoryStyle("┉", (True, False, False)),
    "path_largest": TheoryStyle("┈", (True, False, False, False, False)),
}


def widened(limits: Limits, lines: Iterable[TheoryLine], anchor: float, last: float) -> Limits:
    """The limits of a scale of log₁₀, with some room for lines that hang on `anchor` and go on to lag `last`."""
    low, high = limits
    room = max(1.0, HEADROOM * (high - low))
    found = [anchor + heights(line, _lags(last)) for line in lines]
    ends = [float(end) for values in found for end in values[np.isfinite(values)]]
    return max(min([low, *ends]), low - room), min(max([high, *ends]), high + room)


def rise(line: TheoryLine) -> float:
    """The slope in decades per lag; of the direct path, its mean."""
    return line.log2_per_step * LOG10_2


def heights(line: TheoryLine, lags: Floats) -> Floats:
    """log₁₀ of the line at these lags, whole or not; nan where it has none.

    Beyond the lags that it was made for, all but the direct path goes straight on.
    """
    known = len(line.log2) - 1
    with np.errstate(invalid="ignore"):
        inside = np.interp(lags, np.arange(known + 1), line.log2 * LOG10_2, right=np.nan)
        return np.where((lags > known) & (line.kind not in PATHS), rise(line) * lags, inside)


def leaves(line: TheoryLine, anchor: float, limits: Limits, last: float) -> float | None:
    """The lag at which a line leaves the scale, None if it stays on it up to lag `last`."""
    lags = _lags(last)
    values = anchor + heights(line, lags)
    with np.errstate(invalid="ignore"):
        off = np.flatnonzero((values < limits[0]) | (values > limits[1]))
    if not off.size:
        return None
    at = int(off[0])
    edge = limits[0] if values[at] < limits[0] else limits[1]
    if at == 0 or not math.isfinite(values[at]):
        return float(lags[max(0, at - 1)])
    lag = float(lags[at - 1] + (lags[at] - lags[at - 1]) * (edge - values[at - 1]) / (values[at] - values[at - 1]))
    return lag if lag < last else None


def _lags(last: float) -> Floats:
    """0, 1, 2, …, and the last."""
    return np.append(np.arange(math.ceil(last), dtype=np.float64), last)


def theory_series(
    lines: Iterable[TheoryLine], anchor: float, limits: Limits, last: float, width: int
) -> tuple[Series, ...]:
    """The lines as dashes, each named where it ends: ▲ or ▼ behind the name where that is the end of the scale."""
    return tuple(_series(line, anchor, limits, last, width) for line in lines)


def _series(line: TheoryLine, anchor: float, limits: Limits, last: float, width: int) -> Series:
    style, end = STYLES[line.kind], leaves(line, anchor, limits, last)
    if rise(line) == -math.inf:
        x, y, goes_on = np.zeros(2), np.array([anchor, limits[0]]), "▼"
    else:
        stop = last if end is None else end
        x = np.linspace(0.0, stop, max(2, math.ceil(2 * width * stop / max(last, 1e-9)) + 1))
        y = np.clip(anchor + heights(line, x), *limits)
        x, y = x[np.isfinite(y)], y[np.isfinite(y)]
        goes_on = "" if end is None else "▲" if y[-1] > anchor else "▼"
        gaps = ~np.resize(style.dashes, len(x))
        gaps[-1] = False
        x, y = np.where(gaps, np.nan, x), np.where(gaps, np.nan, y)
    return Series(line.formula, x, y, style.color, style.glyph, label=f"{line.formula} {goes_on}".rstrip())
