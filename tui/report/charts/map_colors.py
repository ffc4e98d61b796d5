"""The colors of the map: an even scale for the values, and others, that cannot be taken for one, for the rest."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np

from tui.report.charts.glyph_grid import pack
from tui.report.charts.heatmap import PixelKind
from tui.report.colormap import visible
from tui.report.palette import RGB, Palette, blend, contrast, luminance

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.numerics.scaled import Floats
    from tui.report.charts.path import Limits

LEVELS: Final = 64
"""Colors on the scale: more cannot be told apart, and fewer are painted faster"""

SHADES: Final = "░▒▓█"
"""The scale where there is no color"""

KEYS: Final = {PixelKind.ZERO: "0", PixelKind.UNSCORED: "·", PixelKind.UNDEFINED: "?"}
"""What stands for a part that has no value where there is no color"""

NOTES: Final = {
    PixelKind.ZERO: ("exactly 0", "0"),
    PixelKind.UNSCORED: ("no loss at t", "no loss"),
    PixelKind.UNDEFINED: ("not a number", "?"),
}
"""What the key says of it, at length and in brief"""


SIGNED_ON_DARK: Final = ((86, 180, 233), (240, 140, 40))
"""The ends of a scale with a sign on a dark background, blue and orange, which can be told apart by everyone"""

SIGNED_ON_LIGHT: Final = ((0, 84, 150), (178, 66, 0))
"""The ends of a scale with a sign on a light background"""


@dataclass(frozen=True, eq=False)
class Paints:
    """Every color of the map, packed, and what can be read when written on it."""

    scale: NDArray[np.int64]
    """(LEVELS,), from the least to the greatest"""
    scale_ink: NDArray[np.int64]
    scale_line: NDArray[np.int64]
    zero: int
    zero_ink: int
    zero_line: int
    unscored: int
    undefined: int
    foreground: int
    muted: int
    accent: int
    accent_ink: int


@cache
def paints(palette: Palette) -> Paints:
    """The colors of the map on a theme's background."""
    backdrop = palette.backdrop
    scale = [_rgb(color) for color in visible(LEVELS, backdrop)]
    # Viridis has no rose, no red and no gray, so that none of these can be taken for a value.
    zero = blend((204, 121, 167), backdrop, 0.45)
    return Paints(
        scale=np.array([pack(color) for color in scale]),
        scale_ink=np.array([pack(_ink_on(color)) for color in scale]),
        scale_line=np.array([pack(_line_on(color)) for color in scale]),
        zero=pack(zero),
        zero_ink=pack(_ink_on(zero)),
        zero_line=pack(_line_on(zero)),
        unscored=pack(blend(backdrop, palette.foreground, 0.22)),
        undefined=pack((213, 94, 0)),
        foreground=pack(palette.foreground),
        muted=pack(palette.muted),
        accent=pack(palette.accent),
        accent_ink=pack(_ink_on(palette.accent)),
    )


@cache
def signed_paints(palette: Palette) -> Paints:
    """The colors of numbers with a sign: blue below 0, orange above it, and nearly the background around it."""
    ends = SIGNED_ON_DARK if luminance(palette.backdrop) < 0.18 else SIGNED_ON_LIGHT
    neutral = blend(palette.backdrop, palette.foreground, 0.12)
    half = LEVELS // 2
    # Straight from the neutral color to each end: the further from 0, the further from the background.
    shares = [(level + 0.5) / half for level in range(half)]
    below, above = ([blend(neutral, end, share) for share in shares] for end in ends)
    scale = [*reversed(below), *above]
    return replace(
        paints(palette),
        scale=np.array([pack(color) for color in scale]),
        scale_ink=np.array([pack(_ink_on(color)) for color in scale]),
        scale_line=np.array([pack(_line_on(color)) for color in scale]),
    )


def _ink_on(color: RGB) -> RGB:
    black, white = (0, 0, 0), (255, 255, 255)
    return black if contrast(color, black) >= contrast(color, white) else white


def _line_on(color: RGB) -> RGB:
    return blend(color, _ink_on(color), 0.6)


def _rgb(color: NDArray[np.uint8]) -> RGB:
    red, green, blue = (int(channel) for channel in color)
    return red, green, blue


def level(log10: Floats, limits: Limits, levels: int) -> NDArray[np.intp]:
    """Which of so many colors each value has."""
    low, high = limits
    shares = (np.asarray(log10) - low) / (high - low)
    return np.clip(np.floor(shares * levels), 0, levels - 1).astype(np.intp)
