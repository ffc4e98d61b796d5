"""What a sweep over the lags leaves behind: a norm for every loss time and lag, and sums over the loss times."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.bptt import READOUT_USES, source
from core.outer import Reads
from core.scaled import SAFE, Floats, Integers, Scaled, log2, log2_norm, log2_norms, shift
from core.sweep import Rows, Tile
from core.tape import Tape


class Total:
    """A running sum of matrices, each with its power of two."""

    def __init__(self) -> None:
        self._sum: Floats | None = None
        self._power = 0
        self._own = False

    def add(self, matrix: Floats, power: int = 0) -> None:
        """Add matrix · 2^power; the matrix itself is not changed."""
        if self._sum is None:
            self._sum, self._power = matrix, power
        elif power == self._power and self._own:
            self._sum += matrix
        elif power == self._power:
            self._sum, self._own = self._sum + matrix, True
        elif matrix.any():
            common = max(power, self._power) if self._sum.any() else power
            self._sum = shift(self._sum, self._power - common) + shift(matrix, power - common)
            self._power, self._own = common, True

    def take(self) -> tuple[Floats, int]:
        """The sum so far and its power of two; the sum starts again."""
        assert self._sum is not None
        result = self._sum, self._power
        self._sum, self._power, self._own = None, 0, False
        return result

    def log2_distance(self, other: Scaled) -> float:
        """log₂ ‖self − other‖; −inf if they are equal."""
        mine = np.zeros(other.mantissa.shape) if self._sum is None else self._sum.reshape(other.mantissa.shape)
        if self._power == 0 and not other.exponent.any():
            return _norm(mine - other.mantissa)
        return float((Scaled.canonical(mine, self._power) + Scaled(-other.mantissa, other.exponent)).log2_norm())


class LagTables:
    """Tables (T, T) at [k, t−1], sums over t at [k], and sums over everything."""

    def __init__(self, tape: Tape) -> None:
        self._examples, self._steps = tape.batch.inputs.shape[1], len(tape.losses)
        uses = tape.network.cell.uses()
        sources = {name: source(tape, name) for name in {use.source for use in uses.values()}}
        self._reads = {
            delta: Reads({n: sources[u.source] for n, u in uses.items() if u.delta == delta}, self._examples)
            for delta in dict.fromkeys(use.delta for use in uses.values())
        }
        names = (*uses, *READOUT_USES)
        self.state = self._table()
        """log₂ ‖∂L_t/∂a⟨t−k⟩‖"""
        self.summed: Mapping[str, Floats] = {name: np.full(self._steps, -np.inf) for name in names}
        """Parameter → log₂ ‖Σ_t contribution(t, k)‖"""
        self.totals: Mapping[str, Total] = {name: Total() for name in names}
        """Parameter → the sum of all contributions"""
        self._lag_sums = {name: Total() for name in uses}
        # One example needs a table for each delta alone: ‖δ uᵀ‖ = ‖δ‖ ‖u‖, and u is known by its step.
        alone = self._examples == 1
        self._deltas = {name: self._table() for name in self._reads} if alone else {}
        self._norms = {name: self._table() for name in (READOUT_USES if alone else names)}

    def _table(self) -> Floats:
        return np.full((self._steps, self._steps), -np.inf)

    def norms(self) -> dict[str, Floats]:
        """Parameter → log₂ ‖contribution(t, k)‖."""
        found: dict[str, Floats] = {}
        for delta, reads in self._reads.items():
            for name in reads.names:
                if delta in self._deltas and not reads.log2_rows(name).any():
                    found[name] = self._deltas[delta]
                elif delta in self._deltas:
                    padded = np.concatenate([np.full(self._steps - 1, -np.inf), reads.log2_rows(name)])
                    by_step = np.lib.stride_tricks.sliding_window_view(padded, self._steps)[::-1]
                    found[name] = self._deltas[delta] + by_step
                else:
                    found[name] = self._norms[name]
        return {**found, **{name: self._norms[name] for name in READOUT_USES}}

    def add_readout(self, tape: Tape) -> None:
        """W_y and b_y: e⟨t⟩ a⟨t⟩ᵀ and e⟨t⟩, at lag 0; no path of theirs passes through a Jacobian."""
        ones = np.ones((self._steps, self._examples, 1))
        sources = {"a": tape.states[1:, :, : tape.network.hidden_size], "1": ones}
        reads = Reads({name: sources[use.source] for name, use in READOUT_USES.items()}, self._examples)
        error = Scaled.canonical(tape.errors.reshape(-1, tape.errors.shape[2]), axis=1)
        exponent = error.exponent[:, 0] if error.exponent.any() else None
        everything = slice(0, len(error.mantissa))
        for name, logs in reads.norms(error.mantissa, exponent, everything).items():
            self._norms[name][0] = logs
        for part in reads.sums(error.mantissa, exponent, everything):
            self.summed[part.name][0] = _norm(part.mantissa) + part.power
            self.totals[part.name].add(part.mantissa, part.power)

    def add(self, tile: Tile) -> None:
        """Enter the norms of a tile's contributions, and add them to the sums."""
        lags, times = slice(tile.lag, tile.lag + len(tile.squares)), slice(tile.first, tile.first + tile.times)
        self.state[lags, times] = _group_logs(tile.squares, tile.exponent, tile.times)
        for name, rows in tile.deltas.items():
            reads = self._reads[name]
            if self._deltas:
                self._deltas[name][lags, times] = _row_logs(rows.squares, rows.exponent)
            else:
                self._add_norms(reads, tile, rows)
            if tile.whole and rows.exponent is None and reads.plain_columns() is not None:
                self._add_plain_sums(reads, tile, rows)
            else:
                self._add_sums(reads, tile, rows)

    def _places(self, tile: Tile) -> list[tuple[slice, slice]]:
        """For each of a tile's lags, which rows have a step s ≥ 1, and where they stand on the trajectory."""
        b, low, high = self._examples, tile.first, tile.first + tile.times
        return [
            (slice(max(k - low, 0) * b, tile.times * b), slice(max(low - k, 0) * b, (high - k) * b))
            for k in range(tile.lag, tile.lag + len(tile.squares))
        ]

    def _add_norms(self, reads: Reads, tile: Tile, rows: Rows) -> None:
        for j, (valid, at) in enumerate(self._places(tile)):
            values = rows.values[j]
            exponent = None if rows.exponent is None else rows.exponent[j, valid]
            times = slice(tile.first + valid.start // self._examples, tile.first + tile.times)
            for name, logs in reads.norms(values[valid], exponent, at).items():
                self._norms[name][tile.lag + j, times] = logs

    def _add_plain_sums(self, reads: Reads, tile: Tile, rows: Rows) -> None:
        """All lags of a tile that need no powers of two, at once."""
        columns = reads.plain_columns()
        assert columns is not None
        sources, places = columns
        products = np.empty((len(rows.values), rows.values.shape[2], sources.shape[1]))
        for j, (valid, at) in enumerate(self._places(tile)):
            np.matmul(rows.values[j, valid].T, sources[at], out=products[j])
        lags = slice(tile.lag, tile.lag + len(products))
        squares = np.add.reduceat(
            np.einsum("kij,kij->kj", products, products), [columns.start for _, columns in places], axis=1
        )
        total = products.sum(axis=0) if len(products) > 1 else products[0]
        for i, (name, part) in enumerate(places):
            self.summed[name][lags] = _row_logs(squares[:, i], None)
            for small in np.flatnonzero(squares[:, i] < 4.0**-SAFE):
                self.summed[name][tile.lag + small] = log2_norm(products[small, :, part])
            self.totals[name].add(total[:, part])

    def _add_sums(self, reads: Reads, tile: Tile, rows: Rows) -> None:
        """Lag by lag, and where a lag comes in several tiles, tile by tile."""
        for j, (valid, at) in enumerate(self._places(tile)):
            values = rows.values[j]
            exponent = None if rows.exponent is None else rows.exponent[j, valid]
            for part in reads.sums(values[valid], exponent, at):
                self._lag_sums[part.name].add(part.mantissa, part.power)
            if tile.complete:
                for name in reads.names:
                    matrix, power = self._lag_sums[name].take()
                    self.summed[name][tile.lag + j] = _norm(matrix) + power
                    self.totals[name].add(matrix, power)


def _norm(matrix: Floats) -> float:
    return float(log2_norms(matrix.reshape(1, -1))[0])


def _row_logs(squares: Floats, exponent: Integers | None) -> Floats:
    logs = log2(squares)
    logs /= 2
    return logs if exponent is None else logs + exponent


def _group_logs(squares: Floats, exponent: Integers | None, groups: int) -> Floats:
    """log₂ of the norm of each group of rows, (K, groups), from the rows' squares (K, R)."""
    shape = (len(squares), groups, -1)
    if squares.shape[1] == groups:
        return _row_logs(squares, exponent)
    if exponent is None:
        return _row_logs(squares.reshape(shape).sum(axis=2), None)
    rows = (log2(squares) + 2 * exponent).reshape(shape)
    highest = rows.max(axis=2)
    base = np.where(np.isfinite(highest), highest, 0.0)
    return (log2(np.exp2(rows - base[..., np.newaxis]).sum(axis=2)) + base) / 2
