"""Lines in dashes: told apart from solid ones without a color, and receding where their color alone would not do it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui.report.charts.path import FloatArray

Dash: TypeAlias = tuple[float, float]
"""The length of a dash and that of the gap after it, in columns"""

PINNED: Final[Dash] = (3.0, 1.5)
"""The line of a pinned trace that has a name"""

RECEDING: Final[Dash] = (0.5, 1.5)
"""What stands behind, or is held up by few losses: dots"""

ASPECT: Final = 2.0
"""How many times as high as wide a cell of a terminal is"""


def dashed(x: FloatArray, y: FloatArray, joined: Sequence[int], dash: Dash) -> tuple[FloatArray, FloatArray, list[int]]:
    """Cut a line into dashes of equal length along its course, however steep.

    Args:
        x: (N,), in cells from the left.
        y: (N,), in cells from the bottom.
        joined: The points to which a line runs from the one before.
        dash: How long dashes and gaps are.

    Returns:
        The points (M,) and which of them a line runs to, as they came in. A point that no line runs to or from stays.

    >>> x, y, joined = dashed(np.array([0.0, 10.0]), np.zeros(2), [1], (3, 2))
    >>> x.tolist(), joined
    ([0.0, 3.0, 5.0, 8.0], [1, 3])
    """
    to = set(joined)
    starts = [place for place in range(len(x)) if place not in to]
    found: list[tuple[FloatArray, FloatArray]] = []
    for start, end in zip(starts, [*starts[1:], len(x)], strict=True):
        found += _dashes(x[start:end], y[start:end], dash)
    if not found:
        return x[:0], y[:0], []
    ends = np.cumsum([len(piece) for piece, _ in found])
    first = {0, *ends.tolist()}
    across, up = (np.concatenate(part) for part in zip(*found, strict=True))
    return across, up, [place for place in range(len(across)) if place not in first]


def _dashes(x: FloatArray, y: FloatArray, dash: Dash) -> list[tuple[FloatArray, FloatArray]]:
    """The dashes of one unbroken line, each with its points."""
    length = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x), ASPECT * np.diff(y)))])
    if not length[-1]:
        return [(x[:1], y[:1])]
    found = []
    for start in np.arange(0.0, length[-1], sum(dash)):
        end = min(start + dash[0], length[-1])
        at = np.concatenate([[start], length[(length > start) & (length < end)], [end]])
        found.append((np.interp(at, length, x), np.interp(at, length, y)))
    return found
