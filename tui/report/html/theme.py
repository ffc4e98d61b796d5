"""The colors of a page, dark and light: which of the two is for the browser to say, so that each color is a pair."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tui.report.html.markup import hexadecimal
from tui.report.palette import dark_palette, light_palette

if TYPE_CHECKING:
    from tui.report.palette import RGB, Palette

LIGHT: Final[Palette] = replace(light_palette(), muted=(92, 96, 102))
DARK: Final[Palette] = replace(dark_palette(), muted=(160, 164, 171))


def two_colors(color: RGB) -> str:
    """The color of a series as a pair of CSS variables, each with the contrast of a letter on its background."""
    return f"--l:{hexadecimal(LIGHT.legible(color))};--d:{hexadecimal(DARK.legible(color))}"
