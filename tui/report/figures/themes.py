"""How a figure looks: its colors, and what tells lines apart where there is no color."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, get_args

from tui.report.figures.shapes import Marker, hexed
from tui.report.palette import LEGIBLE, Palette, blend, dark_palette, light_palette, readable_on

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tui.report.palette import RGB

Theme: TypeAlias = Literal["light", "dark", "print"]
THEMES: Final[tuple[Theme, ...]] = get_args(Theme)

_PRINT: Final = Palette(
    foreground=(0, 0, 0), muted=(85, 85, 85), accent=(173, 20, 87), background=(255, 255, 255), dark=False
)

DASHES: Final[tuple[tuple[float, ...], ...]] = (
    (),
    (5.0, 1.8),
    (1.6, 1.4),
    (6.0, 1.6, 1.2, 1.6),
    (3.0, 1.2),
    (6.0, 1.4, 1.2, 1.4, 1.2, 1.4),
)
"""Lines in the order of the legend: each broken up in another way, in widths of a line of one point"""

MARKERS: Final[Mapping[str, Marker]] = MappingProxyType(
    {
        "●": "disc",
        "■": "square",
        "◆": "diamond",
        "○": "circle",
        "□": "box",
        "◇": "rhomb",
        "◎": "disc-dot",
        "◉": "disc-dot",
        "▣": "square-dot",
        "◈": "diamond-dot",
        "+": "plus",
        "×": "cross",
        "▲": "up",
        "▼": "down",
        "★": "star",
        "☆": "star",
        "1": "star",
        "2": "plus",
        "3": "cross",
        "4": "diamond-dot",
    }
)
"""The marker of a series in a terminal → its shape; any other glyph is only a line"""


@dataclass(frozen=True)
class Look:
    """The colors of a figure and the sizes that follow from that of its letters."""

    palette: Palette
    background: str
    """What is behind everything; empty on paper"""
    font: float
    """The size of letters, in points"""
    needed: float
    """The least contrast of a line"""

    @property
    def ink(self) -> str:
        """The color of names and numbers."""
        return hexed(self.palette.foreground)

    @property
    def muted(self) -> str:
        """The color of axes and of what is said beside them; it can be read."""
        return hexed(self.palette.legible(self.palette.muted))

    @property
    def grid(self) -> str:
        """The color of lines that only lead the eye."""
        return hexed(blend(self.palette.backdrop, self.palette.foreground, 0.12))

    @property
    def paper(self) -> str:
        """What is behind the shapes, also where nothing is drawn there."""
        return hexed(self.palette.backdrop)

    @property
    def line(self) -> float:
        """The width of a line."""
        return self.font * 0.16

    @property
    def hair(self) -> float:
        """The width of an axis."""
        return self.font * 0.075

    def series(self, color: RGB, *, dim: bool = False) -> str:
        """The color of a line; of one behind the others, nearer to the background."""
        found = readable_on(color, self.palette.backdrop, self.needed)
        return hexed(self.palette.dimmed(found) if dim else found)


def look(theme: Theme, font: float) -> Look:
    """The look of a theme.

    Args:
        theme: One of `THEMES`; `print` is black on nothing.
        font: The size of letters, in points.

    Raises:
        ValueError: there is no such theme.
    """
    if theme == "print":
        return Look(_PRINT, "", font, LEGIBLE)
    if theme == "light":
        return Look(light_palette(), hexed((255, 255, 255)), font, 3.6)
    if theme == "dark":
        palette = dark_palette()
        return Look(palette, hexed(palette.backdrop), font, LEGIBLE)
    raise ValueError(f"theme: {theme!r} was given, allowed is {', '.join(THEMES)}")
