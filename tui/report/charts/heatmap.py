"""A T × T map reduced to the pixels that there are, of which each shows the largest value that it covers.

So its color says that no more than this comes through any of them, and no path is lost from sight because it is
narrow. A mean of logarithms could say neither, having no place for an exact zero.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from tui.report.charts.lags import FEWEST_DECADES
from tui.report.numbers import LOG10_2

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from core.numerics.scaled import Floats
    from tui.report.charts.path import Limits


class PixelKind(IntEnum):
    """What there is to say about a part of the map."""

    NOTHING = 0
    """No step so far back, or a parameter that does not act there"""
    VALUE = 1
    ZERO = 2
    """The contribution is exactly zero"""
    UNSCORED = 3
    """No loss at this t"""
    UNDEFINED = 4
    """Not a number, or infinite"""


@dataclass(frozen=True)
class Blocks:
    """`count` items side by side on `cells` cells: several items a cell, or several cells an item."""

    count: int
    cells: int

    def items(self, cell: int) -> range:
        """The items that a cell shows."""
        return _shared(cell, self.cells, self.count)

    def span(self, item: int) -> range:
        """The cells that show an item."""
        return _shared(item, self.count, self.cells)

    @property
    def edges(self) -> NDArray[np.intp]:
        """Where the groups of items begin and, last, where they end; a group is what is shown as one."""
        groups = min(self.count, self.cells)
        return np.arange(groups + 1) * self.count // groups

    @property
    def group_of_cell(self) -> NDArray[np.intp]:
        """The group that each cell shows."""
        groups = min(self.count, self.cells)
        return ((np.arange(self.cells) + 1) * groups - 1) // self.cells


def _shared(index: int, of: int, among: int) -> range:
    """The indices below `among` that share a place with one of the indices below `of`."""
    if of <= among:
        return range(index * among // of, (index + 1) * among // of)
    at = ((index + 1) * among - 1) // of
    return range(at, at + 1)


@dataclass(frozen=True, eq=False)
class Heatmap:
    """A map reduced to the pixels that show it."""

    values: Floats
    """(rows, columns): what the color stands for; in the map log₁₀ of the largest contribution under each pixel, −inf
    where there is none"""
    kinds: NDArray[np.uint8]
    """(rows, columns): a `PixelKind` for each pixel"""
    losses: Blocks
    """What is down the rows: in the map loss times t − 1"""
    lags: Blocks
    """What is along the columns: in the map lags k"""
    ahead: bool = False
    """Whether the columns are lags below 0: k steps after the loss"""
    first_lag: int = 0
    """The lag of the first column, below 0 where there are lags on both sides of it"""
    scale: Limits | None = None
    """The limits to use in place of its own"""

    @property
    def limits(self) -> Limits | None:
        """The scale, log₁₀: from the smallest to the largest value, and at least a decade; None without any."""
        if self.scale is not None:
            return self.scale
        values = self.values[self.kinds == PixelKind.VALUE]
        if not values.size:
            return None
        low, high = float(values.min()), float(values.max())
        missing = max(0.0, FEWEST_DECADES - (high - low)) / 2
        return (low - missing, high + missing)


def reduce_map(
    log2_norm: Floats,
    scored: NDArray[np.bool_],
    rows: int,
    columns: int,
    *,
    lag_0_only: bool = False,
    ahead: bool = False,
    first_lag: int = 0,
) -> Heatmap:
    """Reduce (T, K) log norms at [t−1, k] to rows × columns pixels; T and K may be smaller or larger than these.

    Args:
        log2_norm: log₂ of the contributions, −inf where there is none.
        scored: (T,), which steps have a loss.
        rows: Pixels down, at least 1.
        columns: Pixels across, at least 1.
        lag_0_only: The parameter acts at lag 0 only, so that the lack of anything at k ≥ 1 is no zero.
        ahead: The k are steps after the loss, of which the loss at t has T − t.
        first_lag: The lag of the first column; those below 0 are steps after the loss.
    """
    steps, count = log2_norm.shape
    losses, lags = Blocks(steps, rows), Blocks(count, columns)
    t_edges, k_edges = losses.edges, lags.edges
    by_lag = log2_norm.T
    largest = np.full((len(k_edges) - 1, steps), -np.inf)
    for group, (start, end) in enumerate(pairwise(k_edges)):
        # Rows of one lag are contiguous in the profile; none has anything before t = k + 1 or after t = T + k.
        low, high = start + first_lag, end + first_lag - 1
        there = slice(0, steps - start) if ahead else slice(max(low, 0), min(steps, steps + high))
        np.max(by_lag[start:end, there], axis=0, out=largest[group, there])
    values = np.maximum.reduceat(largest, t_edges[:-1], axis=1).T

    first, last = np.broadcast_arrays(t_edges[:-1, np.newaxis], t_edges[1:, np.newaxis])
    if ahead:
        last = np.minimum(last, steps - k_edges[np.newaxis, :-1])
    else:
        first = np.maximum(first, k_edges[np.newaxis, :-1] + first_lag)
        last = np.minimum(last, steps - 1 + k_edges[np.newaxis, 1:] + first_lag)
    possible = first < last
    if lag_0_only:
        possible &= k_edges[np.newaxis, :-1] == 0
    scored_before = np.concatenate(([0], np.cumsum(scored)))
    has_loss = scored_before[np.maximum(last, 0)] > scored_before[np.maximum(np.minimum(first, last), 0)]
    kinds = np.select(
        [~possible, np.isfinite(values), ~has_loss, np.isneginf(values)],
        [PixelKind.NOTHING, PixelKind.VALUE, PixelKind.UNSCORED, PixelKind.ZERO],
        PixelKind.UNDEFINED,
    ).astype(np.uint8)
    pixels = np.ix_(losses.group_of_cell, lags.group_of_cell)
    return Heatmap(values[pixels] * LOG10_2, kinds[pixels], losses, lags, ahead, first_lag)


def on_one_scale(heatmaps: Sequence[Heatmap]) -> list[Heatmap]:
    """The heat maps with the same color for the same value: the scale runs over all of them."""
    known = [heatmap.limits for heatmap in heatmaps if heatmap.limits is not None]
    if not known:
        return list(heatmaps)
    scale = (min(low for low, _ in known), max(high for _, high in known))
    return [replace(heatmap, scale=scale) for heatmap in heatmaps]
