"""Viridis, a color map whose steps look even and read without color (S. van der Walt & N. Smith, CC0)."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tui.report.palette import RGB, contrast

APART: Final = 1.3
"""The least contrast ratio between a color and the background: areas need less of it than lines or letters."""

ANCHORS = np.array(
    [
        (68, 1, 84), (71, 44, 122), (59, 81, 139), (44, 113, 142), (33, 144, 141),
        (39, 173, 129), (92, 200, 99), (170, 220, 50), (253, 231, 37),
    ]
)  # fmt: skip
"""Nine colors of viridis, evenly spaced from 0 to 1."""


def colors(shares: NDArray[np.float64]) -> NDArray[np.uint8]:
    """RGB (…, 3) for shares in 0 … 1; shares outside are taken as the nearest end."""
    at = np.clip(shares, 0.0, 1.0) * (len(ANCHORS) - 1)
    low = np.minimum(at.astype(np.intp), len(ANCHORS) - 2)
    mixed: NDArray[Any] = ANCHORS[low] + (at - low)[..., np.newaxis] * (ANCHORS[low + 1] - ANCHORS[low])
    return np.rint(mixed).astype(np.uint8)


def visible(count: int, backdrop: RGB) -> NDArray[np.uint8]:
    """`count` colors, (count, 3), from the least to the greatest, without an end that sinks into the background.

    The darkest of viridis is almost black and the lightest not far from white; a heat map whose shape matters
    has to stay apart from what is behind it.
    """
    shares = np.linspace(0.0, 1.0, 101)
    apart = [contrast(_rgb(color), backdrop) >= APART for color in colors(shares)]
    first, last = apart.index(True), len(apart) - 1 - apart[::-1].index(True)
    return colors(np.linspace(shares[first], shares[last], count))


def _rgb(color: NDArray[np.uint8]) -> RGB:
    red, green, blue = (int(channel) for channel in color)
    return red, green, blue
