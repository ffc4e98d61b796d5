"""A grid of characters, or of pixels, as Textual strips."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from rich.segment import Segment
from textual.strip import Strip

from tui.report.charts.glyph_grid import GlyphGrid, two_colors

if TYPE_CHECKING:
    from numpy.typing import NDArray


def strips_of(grid: GlyphGrid | None) -> list[Strip]:
    """One strip for each row, a segment wherever the colors change; none without a grid."""
    if grid is None:
        return []
    height, width = grid.glyphs.shape
    return [Strip(grid.segments(y), width) for y in range(height)]


def half_blocks(rgb: NDArray[np.uint8]) -> list[Strip]:
    """Paint pixels, two in each cell: ▀ in the upper pixel's color on the lower one's.

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
                    Segment("▀" * length, two_colors(above, below))
                    for length, above, below in zip(
                        lengths.tolist(), upper[starts].tolist(), lower[starts].tolist(), strict=True
                    )
                ],
                columns,
            )
        )
    return strips
