"""How large the terms are that a gradient is the sum of: the scale on which that sum can be right.

    ∂L/∂θ = Σ_{t,s,b} δ_{t,s,b} u⟨s,b⟩ᵀ        S(θ) = Σ_{t,s,b} ‖δ_{t,s,b}‖ ‖u⟨s,b⟩‖ = Σ_{s,b} ‖u⟨s,b⟩‖ Σ_t ‖δ_{t,s,b}‖

over the losses t, the steps s ≤ t and the examples b. Two ways to add the same terms differ by rounding, that is by
some 1e−16 of S(θ), whether the terms cancel or not (Higham 2002, Accuracy and Stability of Numerical Algorithms,
chapter 4). No such bound holds relative to ‖∂L/∂θ‖: where the terms cancel exactly, only rounding is left of it.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import as_strided

from core.bptt.lag_sweep import Rows, Tile
from core.numerics.outer_products import MOST_LAGS
from core.numerics.scaled import Floats, log2


class DeltaSizes:
    """log₂ Σ_t ‖δ_{t,s,b}‖ for every step and example, added up tile by tile."""

    def __init__(self, steps: int, examples: int) -> None:
        """Sizes of T·B rows, none so far."""
        self._examples, self._before = examples, MOST_LAGS * examples
        # The rows of a tile's later lags may stand before the first step; all of these are zero.
        self._plain = np.zeros(self._before + steps * examples)
        self._log2 = np.full(self._before + steps * examples, -np.inf)
        """log₂ of the sizes from tiles that have powers of two"""

    @property
    def log2(self) -> Floats:
        """log₂ Σ_t ‖δ_{t,s,b}‖, (T·B,)."""
        return np.logaddexp2(log2(self._plain), self._log2)[self._before :]

    def add(self, tile: Tile, rows: Rows) -> None:
        """Add the norms of a tile's deltas, each where its step and example stand."""
        lags, count = rows.squares.shape
        width = count + (lags - 1) * self._examples
        start = self._before + (tile.first - tile.lag - lags + 1) * self._examples
        if rows.exponent is None:
            self._plain[start : start + width] += _by_step(np.sqrt(rows.squares), 0.0, self._examples).sum(axis=0)
            return
        here = self._log2[start : start + width]
        found = log2_sum(_by_step(log2(rows.squares) / 2 + rows.exponent, -np.inf, self._examples))
        np.logaddexp2(here, found, out=here)


def log2_sum(log2_terms: Floats) -> Floats:
    """log₂ of the sums along the first axis of numbers given as log₂; −inf where all are exactly zero."""
    highest = log2_terms.max(axis=0, initial=-np.inf)
    base = np.where(np.isfinite(highest), highest, 0.0)
    return log2(np.exp2(log2_terms - base).sum(axis=0)) + base


def _by_step(values: Floats, nothing: float, examples: int) -> Floats:
    """Values (K, R) of which each row stands one step, `examples` places, before the last: (K, R + (K−1)·examples).

    Places without a value hold `nothing`.
    """
    lags, count = values.shape
    if lags == 1:
        return values
    width = count + (lags - 1) * examples
    moved = np.full(lags * width, nothing)
    step = moved.strides[0]
    as_strided(moved[(lags - 1) * examples :], (lags, count), ((width - examples) * step, step))[...] = values
    return moved.reshape(lags, width)
