"""Colors: what a chart needs to know of the theme, and the one color and marker of each series.

Readability is the contrast ratio of WCAG 2.2, (L₁ + 0.05) / (L₂ + 0.05) with L the relative luminance of the
lighter and the darker color; success criterion 1.4.11 asks 3:1 of the parts of a graphic, 1.4.3 asks 4.5:1 of text.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping


RGB: TypeAlias = tuple[int, int, int]

READABLE: Final = 3.0
"""The least contrast of a line in a chart"""

LEGIBLE: Final = 4.5
"""The least contrast of a letter"""


def blend(color: RGB, other: RGB, fraction: float) -> RGB:
    """`fraction` of the way from `color` to `other`, channel by channel."""
    red, green, blue = (round(a + (b - a) * fraction) for a, b in zip(color, other, strict=True))
    return red, green, blue


def luminance(color: RGB) -> float:
    """WCAG relative luminance: 0 for black, 1 for white."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in color)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(color: RGB, other: RGB) -> float:
    """WCAG contrast ratio of two colors: 1 for the same, 21 for black on white."""
    darker, lighter = sorted((luminance(color), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@dataclass(frozen=True)
class Palette:
    """The colors a chart takes from the theme; those of the series come from `SERIES`."""

    foreground: RGB
    muted: RGB  # axes and ticks
    accent: RGB  # the cursor
    background: RGB | None  # what shows behind the chart, None where the terminal decides
    dark: bool
    hues: bool = True  # False where a color is told by its lightness only

    @property
    def backdrop(self) -> RGB:
        """The background, or a plain dark or light one to reckon with where it is not known."""
        if self.background is not None:
            return self.background
        return (0, 0, 0) if self.dark else (255, 255, 255)

    def readable(self, color: RGB) -> RGB:
        """`color` as it reads on this background.

        Charts and legends both ask here, so that a series has one color everywhere on the screen.
        """
        return readable_on(color, self.backdrop)

    def legible(self, color: RGB) -> RGB:
        """`color` as text in it reads on this background."""
        return readable_on(color, self.backdrop, LEGIBLE)

    def dimmed(self, color: RGB) -> RGB:
        """`color` receding into the background, for what stands behind the main thing."""
        return self.readable(blend(self.readable(color), self.backdrop, 0.5))


@cache
def readable_on(color: RGB, backdrop: RGB, needed: float = READABLE) -> RGB:
    """`color`, moved toward white or black no further than it takes to have a contrast with a background."""
    white, black = (255, 255, 255), (0, 0, 0)
    away = white if contrast(white, backdrop) > contrast(black, backdrop) else black
    for step in range(20):
        moved = blend(color, away, step / 20)
        if contrast(moved, backdrop) >= needed:
            return moved
    return away


def dark_palette() -> Palette:
    """Plain colors for a dark background."""
    return Palette(
        foreground=(224, 224, 224),
        muted=(128, 132, 140),
        accent=(255, 213, 79),
        background=(18, 18, 18),
        dark=True,
    )


def light_palette() -> Palette:
    """Plain colors for a light background."""
    return Palette(
        foreground=(32, 33, 36),
        muted=(120, 124, 130),
        accent=(173, 20, 87),
        background=(255, 255, 255),
        dark=False,
    )


@dataclass(frozen=True)
class SeriesStyle:
    """How one series looks everywhere: a hue, and a glyph for points, legends and screens without color."""

    color: RGB
    marker: str


# Okabe and Ito's colors without black and yellow, which vanish on one of the two backgrounds. The recurrent
# parameters, always drawn together, get the three furthest apart and filled markers; the readout's, which
# act at lag 0 only, get open ones. The input, whose gradient is beside theirs, is violet, as no other of these is.
# No triangles or crosses: those mean "off the scale" and "not a number".
SERIES: Final[Mapping[str, SeriesStyle]] = MappingProxyType(
    {
        "W_aa": SeriesStyle((213, 94, 0), "●"),
        "W_ax": SeriesStyle((86, 180, 233), "■"),
        "b_a": SeriesStyle((0, 158, 115), "◆"),
        "W_y": SeriesStyle((230, 159, 0), "○"),
        "b_y": SeriesStyle((0, 114, 178), "□"),
        "state": SeriesStyle((204, 121, 167), "+"),
        "x": SeriesStyle((146, 110, 250), "◎"),
    }
)
