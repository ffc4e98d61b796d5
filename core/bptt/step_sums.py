"""Sums over a table of lags × losses by the step s = t − k at which the two meet, in blocks of lags."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from core.numerics.scaled import Floats

BLOCK = 1 << 15
"""Numbers in a block of lags, about."""


def blocks(first: int, last: int, width: int) -> Iterator[slice]:
    """The lags first … last − 1 in blocks, whose tables of `width` losses stay in the processor's cache."""
    size = max(1, BLOCK // max(width, 1))
    return (slice(low, min(low + size, last)) for low in range(first, last, size))


def by_step(block: Floats, there: NDArray[np.bool_], starts: Sequence[int] = (0,)) -> Floats:
    """Sums over the [j, i] that are there with the same i − j ≥ 0; none is where i < j.

    The j-th lag of a block and its i-th loss meet at step s = i − j (from 0). Read in rows that are longer by one,
    every row stands one place further left than the row above it.

    Args:
        block: (…, height, width).
        there: Which of its numbers count.
        starts: The rows j at which a new sum begins, 0 first.

    Returns:
        (…, len(starts), width) at [which sum, s].
    """
    *several, height, width = block.shape
    sheared = np.zeros((*several, height * (width + 1)))
    np.copyto(sheared[..., : height * width].reshape(block.shape), block, where=there)
    return np.add.reduceat(sheared.reshape(*several, height, width + 1)[..., :width], starts, axis=-2)
