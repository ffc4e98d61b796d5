"""The colors of charts under a theme of Textual's."""

from __future__ import annotations

from dataclasses import replace

from textual.color import Color
from textual.theme import Theme

from tui.report.palette import LEGIBLE, Palette, blend, dark_palette, light_palette, readable_on

_made: dict[str, tuple[Theme, Palette]] = {}
"""By the theme's name. A theme is no key: it can be changed, and so has no hash"""


def theme_palette(theme: Theme) -> Palette:
    """The palette of a theme, made once: everything that is painted asks for it when it is mounted."""
    of, palette = _made.get(theme.name, (None, None))
    if palette is None or of is not theme:
        palette = make_palette(theme)
        _made[theme.name] = theme, palette
    return palette


def make_palette(theme: Theme) -> Palette:
    """Take the palette of a Textual theme, or the plain one where it leaves its colors to the terminal.

    The cursor keeps the plain color in every theme: several accents, that of the default theme among them,
    are too near a series' color to be distinguished from it.
    """
    plain = dark_palette() if theme.dark else light_palette()
    variables = theme.to_color_system().generate()
    background, foreground = (Color.parse(variables[name]) for name in ("background", "foreground"))
    if background.ansi is not None or foreground.ansi is not None:
        return replace(plain, background=None)
    behind = background.rgb
    written = (background + foreground).rgb
    return Palette(
        foreground=written,
        muted=readable_on(blend(written, behind, 0.45), behind, LEGIBLE),
        accent=readable_on(plain.accent, behind, LEGIBLE),
        background=behind,
        dark=theme.dark,
    )
