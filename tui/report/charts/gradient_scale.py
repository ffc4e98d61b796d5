"""One scale for a gradient on its way back: how wide its arrow is, and in which color, at any step of any network.

Sizes are taken relative to the most that a loss puts in, so that the way back starts at 1 and the scale is the same at
every step. The width has ten sizes, whose limits are fixed factors: 2, 10, 100, 10⁴ and 10¹⁰ below the start, and 2,
10, 100 and 10⁴ above. The color changes within them, with d decades below the start, as

    share = 1 / (1 + d / 2)        1 at the start, ½ at 10⁻², ⅓ at 10⁻⁴, ⅙ at 10⁻¹⁰, never 0

so that the first factors are told apart best, and no gradient is too small for another shade. A gradient that has grown
past the start has another hue, and the same share from there. These hues are darker than the start's: where only the
lightness of a color is seen, what has grown stands out as letters do, and its width says how far.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from tui.report.charts.glyph_grid import pack
from tui.report.colormap import colors
from tui.report.numbers import LOG10_2, UNKNOWN
from tui.report.palette import RGB, Palette, blend

WIDTHS: Final = "╌─━▂▃▄▅▆▇█"
"""From the narrowest to the widest"""

START: Final = WIDTHS.index("▄")
"""That of the start"""

LIMITS: Final = (-10.0, -4.0, -2.0, -1.0, math.log10(0.5), math.log10(2.0), 1.0, 2.0, 4.0)
"""Decades from which on the next width is taken"""

NAMES: Final = ("10⁻¹⁰", "10⁻⁴", "10⁻²", "0.1", "½", "2", "10", "100", "10⁴")
"""The limits as they are written"""

ZERO: Final = "0"
"""What stands in the place of an arrow whose size is exactly zero"""

_HOT: Final[tuple[RGB, ...]] = ((253, 231, 37), (249, 142, 8), (222, 55, 37), (229, 30, 120))
"""Past the start: the color of the start, then orange, red and rose"""

_SHADES: Final = 48
"""Colors between the start and nothing, and between the start and the largest; a quarter as many would be seen"""


def decades(log2: float, start: float) -> float:
    """log₁₀ of a size relative to the start, both given as log₂; −inf for an exact zero."""
    if log2 == -math.inf or start == -math.inf:
        return -math.inf
    return (log2 - start) * LOG10_2


def glyph(size: float) -> str:
    """The arrow's glyph for a size in decades; `ZERO` for an exact zero, `–` for what is not known."""
    if math.isnan(size):
        return UNKNOWN
    if size == -math.inf:
        return ZERO
    return WIDTHS[_level(size)]


def color(size: float, palette: Palette, *, text: bool = False) -> int:
    """The color for a size in decades, packed, as it reads on the palette's background; of a text, or of an arrow."""
    if math.isnan(size) or size == -math.inf:
        return pack(palette.legible(palette.muted) if text else palette.muted)
    share = 1.0 / (1.0 + abs(size) / 2.0)
    return _ramp(palette, size > 0, text)[round(share * _SHADES)]


@cache
def _ramp(palette: Palette, grown: bool, text: bool) -> tuple[int, ...]:
    """Colors by share, that of the start last."""
    shares = np.linspace(0.0, 1.0, _SHADES + 1)
    if not grown:
        found = [(int(r), int(g), int(b)) for r, g, b in colors(shares)]
    elif not palette.hues:
        found = [palette.foreground] * len(shares)
    else:
        found = []
        for share in (1.0 - shares) * (len(_HOT) - 1):
            low = min(int(share), len(_HOT) - 2)
            found.append(blend(_HOT[low], _HOT[low + 1], float(share) - low))
    return tuple(pack(palette.legible(one) if text else palette.readable(one)) for one in found)


@dataclass(frozen=True)
class LegendPart:
    """A piece of the scale's legend: a text, and the size in decades whose color it has."""

    text: str
    size: float | None = None
    """None in the color of plain text"""


def legend(smallest: float, largest: float) -> tuple[LegendPart, ...]:
    """The scale in a line, as far as it is used: the widths, the factor where two of them meet, and `less` at the end.

    Args:
        smallest: The smallest size there is, in decades; an exact zero has no width.
        largest: The largest; the width of the start and the next below it are always there.
    """
    first = min(START - 1, _level(smallest)) if smallest > -math.inf else START - 1
    parts = []
    for at in range(max(START, _level(largest)), first - 1, -1):
        parts.append(LegendPart(WIDTHS[at] * 2, _typical(at)))
        if at > first:
            parts.append(LegendPart(f" {NAMES[at - 1]} "))
    return (*parts, LegendPart(" less"))


def _level(size: float) -> int:
    """The place among the widths of a size in decades."""
    return int(np.searchsorted(LIMITS, size, side="right"))


def _typical(at: int) -> float:
    """A size that has this width."""
    if at == START:
        return 0.0
    if at == 0:
        return LIMITS[0] * 2
    return LIMITS[at - 1] * 1.5 if at == len(LIMITS) else (LIMITS[at - 1] + LIMITS[at]) / 2
