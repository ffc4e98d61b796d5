"""Coloured text as Textual strips: lines with SGR sequences, and pictures in half blocks.

Rich's own decoder of such text takes six times as long, and a chart is decoded at every step of the cursor.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

_SGR: Final = re.compile(r"\x1b\[([0-9;]*)m")
_RESET: Final = ("0", "")
_OTHER_SEQUENCES: Final = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # control sequences
    r"|\x1b[\]PX^_].*?(?:\x07|\x1b\\|$)"  # strings: titles, links
    r"|\x1b[ -/]*[0-~]"  # the remaining escapes
    r"|[\x00-\x1f\x7f-\x9f]"  # control characters
)


def to_strips(lines: Iterable[str], base_style: Style | None = None) -> list[Strip]:
    """Turn lines of text into strips, understanding SGR sequences and dropping every other control.

    Colours lie on top of `base_style`; a reset goes back to it. A style lasts to the end of its line at most.
    """
    base = Style.null() if base_style is None else base_style
    return [Strip(_segments(line, base)) for line in lines]


def _segments(line: str, base: Style) -> Iterator[Segment]:
    pieces = _SGR.split(line)
    style = base
    for index in range(0, len(pieces), 2):
        if index:
            codes = pieces[index - 1]
            style = base if codes in _RESET else _styled(codes, style, base)
        text = pieces[index]
        if not text.isprintable():
            text = _OTHER_SEQUENCES.sub("", text)
        if text:
            yield Segment(text, style)


@lru_cache(maxsize=4096)
def _styled(parameters: str, style: Style, base: Style) -> Style:
    """Apply one SGR sequence; parameters not known here change nothing."""
    codes = iter([int(code or 0) for code in parameters.split(";")])
    for code in codes:
        if code == 0:
            style = base
        elif code in _ATTRIBUTES:
            style += _ATTRIBUTES[code]
        elif code in (38, 48):
            color = _extended_color(codes)
            if color is not None:
                style += Style.from_color(color) if code == 38 else Style.from_color(None, color)
        elif code == 39:
            style += Style.from_color(base.color or Color.default())
        elif code == 49:
            style += Style.from_color(None, base.bgcolor or Color.default())
    return style


_ATTRIBUTES: Final = {
    1: Style(bold=True),
    2: Style(dim=True),
    3: Style(italic=True),
    4: Style(underline=True),
    7: Style(reverse=True),
    22: Style(bold=False, dim=False),
    23: Style(italic=False),
    24: Style(underline=False),
    27: Style(reverse=False),
}


def _extended_color(codes: Iterator[int]) -> Color | None:
    """Read the colour after 38 or 48: `2;r;g;b` or `5;index`."""
    kind = next(codes, None)
    wanted = {2: 3, 5: 1}.get(kind or 0, 0)
    numbers = [next(codes, 256) for _ in range(wanted)]
    if not numbers or max(numbers) > 255:
        return None
    return Color.from_rgb(*numbers) if kind == 2 else Color.from_ansi(numbers[0])


def half_blocks(rgb: NDArray[np.uint8]) -> list[Strip]:
    """Paint a picture two pixels a cell: ▀ in the upper pixel's colour on the lower one's.

    Args:
        rgb: (2·rows, columns, 3), uint8.

    Returns:
        One strip of `columns` cells for each of the `rows`.

    Raises:
        ValueError: another shape or type.
    """
    rgb = np.asarray(rgb)
    if rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.shape[0] % 2:
        raise ValueError(f"expected uint8 of shape (2·rows, columns, 3), got {rgb.dtype} of shape {rgb.shape}")
    packed = rgb.astype(np.int64) @ np.array([1 << 16, 1 << 8, 1])
    columns = packed.shape[1]
    strips = []
    for upper, lower in zip(packed[::2], packed[1::2], strict=True):
        changes = np.flatnonzero((upper[1:] != upper[:-1]) | (lower[1:] != lower[:-1])) + 1
        starts = np.concatenate(([0], changes)) if columns else changes
        lengths = np.diff(starts, append=columns)
        strips.append(
            Strip(
                [
                    Segment("▀" * length, _two_colors(above, below))
                    for length, above, below in zip(
                        lengths.tolist(), upper[starts].tolist(), lower[starts].tolist(), strict=True
                    )
                ],
                columns,
            )
        )
    return strips


@lru_cache(maxsize=16384)
def _two_colors(upper: int, lower: int) -> Style:
    return Style.from_color(_color(upper), _color(lower))


@lru_cache(maxsize=4096)
def _color(packed: int) -> Color:
    return Color.from_rgb(packed >> 16, packed >> 8 & 255, packed & 255)
