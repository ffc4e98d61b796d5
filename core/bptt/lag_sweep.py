"""The gradient of every loss time carried back together, lag by lag.

At lag k the rows of loss t stand at step s = t − k, so that going from k to k + 1 is one matrix product for
all t: n_a² flops per row, T²/2 rows, memory O(T·B·n_a).

Small problems go several lags at a time in plain float64; what such a block gave is used up to the first lag
at which a row left 2^±300, and there the rows get new powers of two. Large ones go one lag at a time, in
tiles of rows that stay in the processor's cache.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from core.bptt.forward import Tape
from core.numerics.frozen import FrozenRecord
from core.numerics.outer_products import MOST_LAGS
from core.numerics.scaled import COMFORT, Floats, Integers, Scaled, unsafe

BLOCK = 1 << 17
"""Numbers in a block of several lags, about."""

TILE = 1 << 17
"""Numbers in a tile of a single lag, about: 1 MB, a processor's second-level cache."""

SQUARES = 4
"""A tile has at least this many times n_a² numbers: its sums have n_a² too, and cost little compared with it."""


@dataclass(frozen=True, eq=False)
class Rows(FrozenRecord):
    """Vectors at K lags, (K, R, n): mantissas, each row 0 or within 2^±SAFE, and powers of two."""

    values: Floats
    """(K, R, n): the mantissas"""
    squares: Floats
    """(K, R): squared norms of the mantissas"""
    exponent: Integers | None
    """(K, R): the power of two of each row; None if all are 0"""


@dataclass(frozen=True, eq=False)
class Tile(FrozenRecord):
    """K lags of m loss times: rows (K, m·B·q), loss times × examples; all-zero where t ≤ k, that is s < 1."""

    lag: int
    """The first lag; there are K = len(squares) of them"""
    first: int
    """The first loss time, from 0"""
    times: int
    """m, how many loss times"""
    complete: bool
    """Whether these are the last of their lag's loss times"""
    whole: bool
    """Whether these are all of them"""
    squares: Floats
    """(K, m·B·q): squared norms of the mantissas of ∂L_t/∂a⟨t−k⟩, q rows a state"""
    exponent: Integers | None
    """(K, m·B·q): their powers of two; None if all are 0"""
    deltas: Mapping[str, Rows]
    """Pre-activation → its gradient, m·B rows of its width at each lag"""


class LagSweep:
    """Iterates the tiles of a whole sweep over the lags 0 … last, in order of lag.

    The arrays of a tile hold until the next one is asked for.
    """

    def __init__(self, tape: Tape, first: int, last: int) -> None:
        """Carry the losses of the steps `first` … `last` (from 0, both included)."""
        network = tape.network
        self.first, self.last = first, last
        self._linear = tape.linearization
        self._names = self._linear.deltas
        n, width = tape.states.shape[2], self._linear.width
        gradient = network.injected(tape.errors[first : last + 1].reshape(-1, tape.errors.shape[2]))
        self._gradient = gradient.reshape(-1, width)
        self._exponent = np.zeros(len(self._gradient), dtype=np.int64)
        with np.errstate(over="ignore", under="ignore"):
            self._squares = np.vecdot(self._gradient, self._gradient)
        self._parts = n // width
        self._per_time = tape.batch.inputs.shape[1] * self._parts
        self._most = min(MOST_LAGS, max(1, BLOCK // gradient.size))
        tile = max(TILE, SQUARES * n * n)
        self._times = last + 1 - first if self._most > 1 else max(1, tile // (self._per_time * width))
        rows = self._most * min(self._times, last + 1 - first) * self._per_time
        self._scratch = [np.empty(rows * self._linear.delta_widths[name]) for name in self._names]
        # One lag at a time goes to and fro between two arrays, several through an array of all of them.
        self._before = np.empty(rows * width) if self._most > 1 else np.empty_like(self._gradient)

    def __iter__(self) -> Iterator[Tile]:
        k, lags = 0, self._most
        while k <= self.last:
            lags = min(lags, self.last + 1 - k)
            for low in range(max(self.first, k), self.last + 1, self._times):
                tile = self._advance(k, lags, low, min(low + self._times, self.last + 1))
                yield tile
                lags = len(tile.squares)
            k += lags
            lags = min(2 * lags, self._most)

    def _advance(self, k: int, lags: int, low: int, high: int) -> Tile:
        """The loss times low … high − 1 at the lags k … k + lags − 1, or fewer if rows leave the safe range."""
        per, linear = self._per_time, self._linear
        rows = slice((low - self.first) * per, (high - self.first) * per)
        count = rows.stop - rows.start
        self._normalize(rows)
        if self._most > 1:
            gradient = self._before[: lags * count * linear.width].reshape(lags, count, linear.width)
        else:
            gradient = self._before[np.newaxis, rows]
        others = [
            buffer[: lags * count * linear.delta_widths[name]].reshape(lags, count, linear.delta_widths[name])
            for name, buffer in zip(self._names, self._scratch, strict=True)
        ]
        deltas = dict(zip(self._names, others, strict=True))
        gone = [max(k + j - low, 0) * per for j in range(lags)]
        if gone[-1]:
            for delta in others:
                delta[:, : gone[-1]] = 0.0
        current = self._gradient[rows]
        places = [slice((low - k - j) * per + gone[j], (high - k - j) * per) for j in range(lags)]
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            for j, start in enumerate(gone):
                views = {name: delta[j, start:] for name, delta in deltas.items()}
                linear.pull_into(current[start:], places[j], views, gradient[j, start:])
                current = gradient[j]
            squares = np.vecdot(gradient, gradient)
            delta_squares = {name: np.vecdot(delta, delta) for name, delta in deltas.items()}
        if lags > 1:
            over = np.arange(count) < np.array(gone[1:])[:, np.newaxis]
            squares[:-1][over] = 0.0
            bad = np.any(unsafe(gradient[:-1], np.where(over, 1.0, squares[:-1])), axis=1)
            for name, delta in deltas.items():
                bad |= np.any(unsafe(delta[1:], np.where(over, 1.0, delta_squares[name][1:])), axis=1)
            lags = int(np.argmax(bad)) + 1 if bad.any() else lags
        exponent, delta_exponents = self._exponents(rows, places[:lags], gone)
        own = np.concatenate([self._squares[np.newaxis, rows], squares[: lags - 1]])
        self._squares[rows] = squares[lags - 1]
        complete = high > self.last
        if self._most > 1:
            self._gradient[rows] = gradient[lags - 1]
        elif complete:
            self._gradient, self._before = self._before, self._gradient
        settled = {
            name: self._settled(delta[:lags], delta_squares[name][:lags], delta_exponents[name])
            for name, delta in deltas.items()
        }
        return Tile(k, low, high - low, complete, complete and low == max(self.first, k), own, exponent, settled)

    def _exponents(
        self, rows: slice, places: list[slice], gone: list[int]
    ) -> tuple[Integers | None, Mapping[str, Integers | None]]:
        """Powers of two of the gradients and of the deltas at each lag; those after the last lag are kept."""
        now, linear = self._exponent[rows], self._linear
        if not now.any() and linear.plain:
            return None, dict.fromkeys(self._names)
        own = np.zeros((len(places), len(now)), dtype=np.int64)
        for j, (at, start) in enumerate(zip(places, gone, strict=False)):
            own[j] = now
            if linear.previous_exponent is not None:
                now[start:] += linear.previous_exponent[at]
        deltas: dict[str, Integers | None] = {}
        for name, power in linear.delta_exponents.items():
            deltas[name] = delta = own if power is None else own.copy()
            for j, (at, start) in enumerate(zip(places, gone, strict=False)):
                if power is not None:
                    delta[j, start:] += power[at]
        return own, deltas

    def _normalize(self, rows: slice) -> None:
        """New powers of two for the rows that have left the comfortable range."""
        squares = self._squares[rows]
        out = np.flatnonzero(~((squares <= 4.0**COMFORT) & (squares >= 4.0**-COMFORT)))
        if out.size:
            out += rows.start
            fresh = Scaled.canonical(self._gradient[out], self._exponent[out, np.newaxis], axis=1)
            self._gradient[out], self._exponent[out] = fresh.mantissa, fresh.exponent[:, 0]
            self._squares[out] = np.vecdot(fresh.mantissa, fresh.mantissa)

    def _settled(self, delta: Floats, squares: Floats, exponent: Integers | None) -> Rows:
        """Deltas as whole pre-activations (K, m·B, width), each row 0 or within the safe range."""
        out = unsafe(delta[:1], squares[:1])
        if out.any():
            exponent = np.zeros(squares.shape, dtype=np.int64) if exponent is None else exponent.copy()
            at = np.flatnonzero(out[0])
            fresh = Scaled.canonical(delta[0, at], exponent[0, at, np.newaxis], axis=1)
            delta[0, at], exponent[0, at] = fresh.mantissa, fresh.exponent[:, 0]
            squares[0, at] = np.vecdot(fresh.mantissa, fresh.mantissa)
        if self._parts == 1:
            return Rows(delta, squares, exponent)
        shape = (len(delta), -1, self._parts)
        units = delta.reshape(shape)
        if exponent is None:
            return Rows(units, squares.reshape(shape).sum(axis=2), None)
        states = Scaled(units, exponent.reshape(shape)).shared(axis=2)
        return Rows(states.mantissa, np.vecdot(states.mantissa, states.mantissa), states.exponent[..., 0])
