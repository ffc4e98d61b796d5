"""The gradient of every loss time carried back together, lag by lag.

At lag k the rows of loss t stand at step s = t − k, so that going from k to k + 1 is one matrix product for
all t: n_a² flops per row, T²/2 rows, memory O(T·B·n_a).

Small problems go several lags at a time in plain float64; what such a block gave is used up to the first lag
at which a row left 2^±300, and there the rows get new powers of two. Large ones go one lag at a time, in
tiles of rows that stay in the processor's cache.

In a stack every layer has rows of its own. At one and the same lag the last layer goes first, and what it passes down
is added to the gradient at the state of the layer below, whatever the powers of two of the two.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from core.bptt.forward import Tape
from core.network.cells.protocol import Layer
from core.network.cells.stacked import passed_to_what_is_read, placed, plain_factors
from core.numerics.frozen import FrozenRecord
from core.numerics.outer_products import MOST_LAGS
from core.numerics.scaled import COMFORT, SAFE, Floats, Integers, Scaled, shift, unsafe
from core.numerics.side_by_side import SideBySide

BLOCK = 1 << 17
"""Numbers in a block of several lags, about."""

TILE = 1 << 17
"""Numbers in a tile of a single lag, about: 1 MB, a processor's second-level cache."""

STRETCH = 1 << 14
"""Numbers in a stretch of rows that the layer above adds to, about: they are still at hand when their squares are."""

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
    """K lags of m loss times: rows (K, m·B·q), loss times × examples; all-zero where t ≤ k, that is s < 1.

    Of a stack it is one layer's: those of the other layers come by themselves.
    """

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
    """(K, m·B·q): squared norms of the mantissas of ∂L_t/∂a⟨t−k⟩ at the layer's state, q rows a state"""
    exponent: Integers | None
    """(K, m·B·q): their powers of two; None if all are 0"""
    deltas: Mapping[str, Rows]
    """Pre-activation → its gradient, m·B rows of its width at each lag"""
    layer: int = 1
    """Which layer of a stack it is of, from 1 at the bottom"""


class LagSweep:
    """Iterates the tiles of a whole sweep over the lags 0 … last, in order of lag; in a stack layer by layer.

    The arrays of a tile hold until the next one is asked for.
    """

    def __init__(self, tape: Tape, first: int, last: int, at_once: int = MOST_LAGS) -> None:
        """Carry the losses of the steps `first` … `last` (from 0, both included), so many lags at once at most.

        One lag at a time, what becomes of a row depends on no other row, not even its power of two.
        """
        self.first, self.last = first, last
        layers, examples = tape.linearization.layers, tape.batch.inputs.shape[1]
        gradient = tape.network.injected(tape.errors[first : last + 1].reshape(-1, tape.errors.shape[2]))
        n = max(layer.step.size for layer in layers)
        self._most = min(at_once, max(1, BLOCK // (len(gradient) * n)))
        tile = max(TILE, SQUARES * n * n)
        self._times = last + 1 - first if self._most > 1 else max(1, tile // (examples * n))
        most_rows = self._most * min(self._times, last + 1 - first) * examples
        self._layers = layers
        above = [one.arrives for one in layers[1:]]
        # What a layer passes down is worked out before the next one writes its own: they write to the same place.
        scratch: Floats = np.empty(most_rows * max(_delta_numbers(layer) for layer in layers))
        self._sweeps = [
            _LayerSweep(layer, gradient[:, layer.columns], read, first, last, examples, self._most, most_rows, scratch)
            for layer, read in zip(layers, [*above, None], strict=True)
        ]

    def __iter__(self) -> Iterator[Tile]:
        k, lags = 0, self._most
        while k <= self.last:
            lags = min(lags, self.last + 1 - k)
            for low in range(max(self.first, k), self.last + 1, self._times):
                tile = self._sweeps[-1].advance(k, lags, low, min(low + self._times, self.last + 1))
                yield self._named(tile, -1)
                yield from self._below(len(self._layers) - 1, tile)
                lags = len(tile.squares)
            k += lags
            lags = min(2 * lags, self._most)

    def _below(self, above: int, tile: Tile) -> Iterator[Tile]:
        """The tiles of the layers below one, at the lags and loss times of its tile, from what it passes down."""
        if above == 0:
            return
        own, below = self._layers[above], self._sweeps[above - 1]
        deltas = {name: _as_scaled(rows) for name, rows in tile.deltas.items()}
        together = self._sweeps[above].together(len(tile.squares))
        if below.added_plainly(tile, own, deltas, together):
            part = below.advance(tile.lag, 1, tile.first, tile.first + tile.times)
            yield self._named(part, above - 1)
            yield from self._below(above - 1, part)
            return
        passed = passed_to_what_is_read(own, deltas, together)
        done, per = 0, below.examples
        while done < len(tile.squares):
            k = tile.lag + done
            low = max(tile.first, k)
            rows = slice((low - tile.first) * per, None)
            feed = Scaled(passed.mantissa[done:, rows], passed.exponent[done:, rows])
            part = below.advance(k, len(feed.mantissa), low, tile.first + tile.times, feed)
            yield self._named(part, above - 1)
            yield from self._below(above - 1, part)
            done += len(part.squares)

    def _named(self, tile: Tile, at: int) -> Tile:
        """A layer's tile, with the names that its pre-activations have in the whole cell."""
        names = self._layers[at].names
        layer = at % len(self._layers) + 1
        return replace(tile, layer=layer, deltas={names[name]: rows for name, rows in tile.deltas.items()})


def _as_scaled(rows: Rows) -> Scaled:
    shape = (*rows.values.shape[:2], 1)
    exponent = np.zeros(shape, dtype=np.int64) if rows.exponent is None else rows.exponent.reshape(shape)
    return Scaled(rows.values, exponent)


def _delta_numbers(layer: Layer) -> int:
    """How many numbers all deltas of a layer have for one state of it."""
    return sum(layer.step.delta_widths.values()) * (layer.step.size // layer.step.width)


class _LayerSweep:
    """The gradients of every loss time at one layer's states, carried back with what the layer above passes down."""

    def __init__(
        self,
        layer: Layer,
        gradient: Floats,
        read: slice | None,
        first: int,
        last: int,
        examples: int,
        most: int,
        most_rows: int,
        scratch: Floats,
    ) -> None:
        """From what the losses put into the layer's state, (m·B, n); at most so many lags and rows at once.

        `read` is the part of the state that the layer above reads; None where there is none above. `scratch` is where
        the deltas are written, and has room for them.
        """
        self.first, self.last, self.examples, self._most = first, last, examples, most
        self._linear, self._read = layer.step, read
        self._names, width = self._linear.deltas, self._linear.width
        self._gradient: Floats = np.ascontiguousarray(gradient).reshape(-1, width)
        self._exponent = np.zeros(len(self._gradient), dtype=np.int64)
        with np.errstate(over="ignore", under="ignore"):
            self._squares = np.vecdot(self._gradient, self._gradient)
        self._parts = self._linear.size // width
        self._per_time = examples * self._parts
        self._widths = {name: self._linear.delta_widths[name] for name in self._names}
        # Of units that never mix a delta has one number a row: there the numbers of one delta stand together.
        self._beside = width > 1 and len(self._names) > 1
        self._scratch = scratch
        self._together: Floats | None = None
        # One lag at a time goes to and fro between two arrays, several through an array of all of them.
        rows = most_rows * self._parts
        self._before: Floats = np.empty(rows * width) if self._most > 1 else np.empty_like(self._gradient)

    def advance(self, k: int, lags: int, low: int, high: int, feed: Scaled | None = None) -> Tile:
        """The loss times low … high − 1 at the lags k … k + lags − 1, or fewer if rows leave the safe range.

        Args:
            k: The first lag.
            lags: How many.
            low: The first loss time.
            high: The loss time after the last.
            feed: What the layer above passes down at these lags and loss times, (lags, rows of states, n), where it
                has not been added yet.
        """
        per, linear = self._per_time, self._linear
        rows = slice((low - self.first) * per, (high - self.first) * per)
        count = rows.stop - rows.start
        fed = None if feed is None else self._regrouped(feed)
        if fed is not None:
            self._enter(rows, Scaled(fed.mantissa[0], fed.exponent[0]))
        self._normalize(rows)
        gone = [max(k + j - low, 0) * per for j in range(lags)]
        places = [slice((low - k - j) * per + gone[j], (high - k - j) * per) for j in range(lags)]
        own = self._levels(rows, places, gone)
        entering, lags = (None, lags) if fed is None else _entering(fed, own)
        if self._most > 1:
            gradient = self._before[: lags * count * linear.width].reshape(lags, count, linear.width)
        else:
            gradient = self._before[np.newaxis, rows]
        deltas = self._made(lags, count)
        if gone[lags - 1]:
            for delta in deltas.values():
                delta[:, : gone[lags - 1]] = 0.0
        # With a layer above, what arrives at a state is more than what comes back to it.
        arriving = gradient if entering is None or lags == 1 else np.empty_like(gradient)
        current = self._gradient[rows]
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            for j, start in enumerate(gone[:lags]):
                if j and entering is not None:
                    np.add(gradient[j - 1, start:], entering[j, start:], out=arriving[j - 1, start:])
                    current = arriving[j - 1]
                views = _at_lag(deltas, j, start, self._widths)
                linear.pull_into(current[start:], places[j], views, gradient[j, start:])
                current = gradient[j]
            # Where a layer above is to add to them before they are looked at, these are made then.
            squares = (
                self._squares[np.newaxis, rows]
                if self._read is not None and lags == 1
                else np.vecdot(arriving, arriving)
            )
            delta_squares = {name: np.vecdot(delta, delta) for name, delta in deltas.items()}
        if lags > 1:
            over = np.arange(count) < np.array(gone[1:lags])[:, np.newaxis]
            squares[:-1][over] = 0.0
            bad = np.any(unsafe(arriving[:-1], np.where(over, 1.0, squares[:-1])), axis=1)
            for name, delta in deltas.items():
                bad |= np.any(unsafe(delta[1:], np.where(over, 1.0, delta_squares[name][1:])), axis=1)
            lags = int(np.argmax(bad)) + 1 if bad.any() else lags
        if own is not None:
            self._exponent[rows] = own[lags]
        delta_exponents = self._delta_levels(own, places[:lags], gone)
        state_squares = np.concatenate([self._squares[np.newaxis, rows], squares[: lags - 1]])
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
        whole = complete and low == max(self.first, k)
        exponent = None if own is None else own[:lags]
        return Tile(k, low, high - low, complete, whole, state_squares, exponent, settled)

    def together(self, lags: int) -> Floats | None:
        """All deltas of so many of the last lags, (lags, R, Σ widths), where they stand side by side."""
        return None if self._together is None else self._together[:lags]

    def _made(self, lags: int, count: int) -> Mapping[str, Floats]:
        """Where the deltas of so many lags and rows are written, (lags, rows, width) each."""
        if self._beside:
            width = sum(self._widths.values())
            self._together = self._scratch[: lags * count * width].reshape(lags, count, width)
            return SideBySide(self._together, self._widths)
        found, start = {}, 0
        for name, width in self._widths.items():
            stop = start + lags * count * width
            found[name] = self._scratch[start:stop].reshape(lags, count, width)
            start = stop
        return found

    def added_plainly(
        self, tile: Tile, above: Layer, deltas: Mapping[str, Scaled], together: Floats | None = None
    ) -> bool:
        """Add what the layer above passes down at one lag to the part of the states that is read, if it is plain.

        That is, where it is one lag at a time and no power of two is in it; nothing is added otherwise.

        Args:
            tile: The tile of the layer above.
            above: That layer.
            deltas: Its own name of a pre-activation → its gradient.
            together: All of them side by side, where they stand so.
        """
        rows = slice((tile.first - self.first) * self.examples, (tile.first + tile.times - self.first) * self.examples)
        if self._most > 1 or self._parts > 1 or self._exponent[rows].any():
            return False
        factors = plain_factors(above, deltas, together)
        if factors is None:
            return False
        (values,), matrix = factors
        gradient, squares = self._gradient[rows], self._squares[rows]
        read, most = gradient[:, self._read or slice(None)], max(1, STRETCH // gradient.shape[1])
        with np.errstate(over="ignore", under="ignore"):
            for start in range(0, len(gradient), most):
                some = slice(start, start + most)
                read[some] += values[some] @ matrix
                np.vecdot(gradient[some], gradient[some], out=squares[some])
        return True

    def _regrouped(self, feed: Scaled) -> Scaled:
        """What the layer above passes down, (K, R, n) with an exponent for each row, as rows of this sweep."""
        feed = placed(feed, self._read, self._linear.size)
        if self._parts == 1:
            return feed
        shape = (len(feed.mantissa), -1, self._linear.width)
        return Scaled(feed.mantissa.reshape(shape), np.repeat(feed.exponent, self._parts, axis=1))

    def _enter(self, rows: slice, feed: Scaled) -> None:
        """Add what the layer above passes down to the gradients at the states of some rows."""
        own = Scaled(self._gradient[rows], self._exponent[rows, np.newaxis])
        if own.exponent.any() or feed.exponent.any():
            total = (own + feed).normalized(axis=1)
            self._gradient[rows], self._exponent[rows] = total.mantissa, total.exponent[:, 0]
        else:
            self._gradient[rows] += feed.mantissa
        with np.errstate(over="ignore", under="ignore"):
            self._squares[rows] = np.vecdot(self._gradient[rows], self._gradient[rows])

    def _levels(self, rows: slice, places: list[slice], gone: list[int]) -> Integers | None:
        """Powers of two of the gradients at each of K lags and after the last, (K + 1, R); None if all are 0."""
        now, linear = self._exponent[rows], self._linear
        if not now.any() and linear.plain:
            return None
        own = np.empty((len(places) + 1, len(now)), dtype=np.int64)
        own[0] = now
        for j, (at, start) in enumerate(zip(places, gone, strict=True)):
            own[j + 1] = own[j]
            if linear.previous_exponent is not None:
                own[j + 1, start:] += linear.previous_exponent[at]
        return own

    def _delta_levels(
        self, own: Integers | None, places: list[slice], gone: list[int]
    ) -> Mapping[str, Integers | None]:
        """Powers of two of the deltas at each lag, (K, R), from those of the gradients; None if all are 0."""
        if own is None:
            return dict.fromkeys(self._names)
        lags = len(places)
        deltas: dict[str, Integers | None] = {}
        for name, power in self._linear.delta_exponents.items():
            deltas[name] = delta = own[:lags] if power is None else own[:lags].copy()
            for j, (at, start) in enumerate(zip(places, gone, strict=False)):
                if power is not None:
                    delta[j, start:] += power[at]
        return deltas

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
            return Rows(units, np.vecdot(units, units), None)
        states = Scaled(units, exponent.reshape(shape)).shared(axis=2)
        return Rows(states.mantissa, np.vecdot(states.mantissa, states.mantissa), states.exponent[..., 0])


def _at_lag(deltas: Mapping[str, Floats], j: int, start: int, widths: Mapping[str, int]) -> Mapping[str, Floats]:
    """The deltas of one lag, from some row on, side by side where they stand so."""
    if isinstance(deltas, SideBySide):
        return SideBySide(deltas.whole[j, start:], widths)
    return {name: delta[j, start:] for name, delta in deltas.items()}


def _entering(feed: Scaled, own: Integers | None) -> tuple[Floats, int]:
    """What the layer above passes down, on the levels of the gradients that it is added to.

    Returns:
        (K, R, n), and for how many lags the two lie within 2^±SAFE of each other; the first has been added already.
    """
    lags = len(feed.mantissa)
    if own is None and not feed.exponent.any():
        return feed.mantissa, lags
    by = feed.exponent - (0 if own is None else own[:lags, :, np.newaxis])
    apart = (np.abs(by[..., 0]) > SAFE) & feed.mantissa.any(axis=2)
    apart[0] = False
    bad = apart.any(axis=1)
    lags = int(np.argmax(bad)) if bad.any() else lags
    return shift(feed.mantissa[:lags], by[:lags]), lags
