"""What a sweep over the lags leaves behind: a norm for every loss time and lag, and sums over the loss times."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from core.bptt.forward import Tape
from core.bptt.lag_sweep import Rows, Tile
from core.bptt.sharing import shared_sources
from core.bptt.term_sizes import DeltaSizes, log2_sum
from core.numerics.outer_products import Sources, StackedSources
from core.numerics.scaled import (
    FAR_BELOW,
    SAFE,
    Floats,
    Integers,
    Scaled,
    freeze,
    log2,
    log2_length,
    log2_norm,
    log2_norms,
    power_of_two,
    shift,
)


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
            return log2_length(mine - other.mantissa)
        return float((Scaled.canonical(mine, self._power) + Scaled(-other.mantissa, other.exponent)).log2_norm())


class ByStep:
    """Running sums of contributions to parameters that are not tied.

    What all losses contribute at step s is (Σ_t δ_{t,s}) u⟨s⟩ᵀ, so that only the deltas are added up.
    """

    def __init__(self, tape: Tape, reads: Sources, n: int) -> None:
        """For the parameters that make one pre-activation of n numbers."""
        rows = tape.states[1:, :, 0].size
        self._steps, self._reads = len(tape.losses), reads
        self._sum = Scaled(np.zeros((rows, n)), np.zeros((rows, 1), dtype=np.int64))

    def add(self, delta: Floats, exponent: Integers | None, rows: slice) -> None:
        """Add δ_{t,s} (m·B, n), where the steps stand."""
        powers = np.zeros((len(delta), 1), dtype=np.int64) if exponent is None else exponent[:, np.newaxis]
        here = Scaled(self._sum.mantissa[rows], self._sum.exponent[rows])
        fresh = (here + Scaled(delta, powers)).normalized(axis=1)
        self._sum.mantissa[rows], self._sum.exponent[rows] = fresh.mantissa, fresh.exponent

    def log2_distances(self, gradients: Mapping[str, Scaled]) -> Iterator[tuple[str, float]]:
        """Parameter, and log₂ ‖Σ contributions − gradient‖ over all steps."""
        powers = self._sum.exponent[:, 0]
        exponent = powers if powers.any() else None
        for name, own in self._reads.each(self._sum.mantissa, exponent, slice(0, len(powers))):
            gradient = gradients[name]
            theirs = Scaled(-gradient.mantissa[: self._steps], gradient.exponent[: self._steps])
            shape = theirs.mantissa.shape
            mine = Scaled(own.mantissa.reshape(shape), own.exponent.reshape(theirs.exponent.shape))
            yield name, float((mine + theirs).log2_norm())


class Norms(Mapping[str, Floats]):
    """Parameter → (T, T) at [t−1, k], each table made when it is first read."""

    def __init__(self, makers: Mapping[str, Callable[[], Floats]]) -> None:
        self._makers = makers
        self._made: dict[str, Floats] = {}

    def __getstate__(self) -> dict[str, object]:
        """How to make the tables; those that were made stay behind."""
        return {"_makers": self._makers, "_made": {}}

    def __getitem__(self, name: str) -> Floats:
        if name not in self._made:
            table = self._makers[name]()
            freeze(table)
            self._made[name] = table
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)


class LagTables:
    """Tables at [k, t] of the scored stretch of loss times, sums over t at [k], and sums over everything."""

    def __init__(self, tape: Tape) -> None:
        self._examples, self._steps = tape.batch.inputs.shape[1], len(tape.losses)
        uses = tape.network.cell.uses()
        network, readout = tape.network, tape.readout_names
        self._reads = shared_sources(uses, tape.reads, self._examples)
        names, widths = (*uses, *readout), network.cell.widths(network.hidden_size)
        self.summed: Mapping[str, Floats] = {name: np.full(self._steps, -np.inf) for name in names}
        """Parameter → log₂ ‖Σ_t contribution(t, k)‖"""
        self._own = {
            shared: ByStep(tape, reads, widths[shared.delta])
            for shared, reads in self._reads.items()
            if not shared.tied
        }
        self.totals: Mapping[str, Total] = {name: Total() for name in names if name not in uses or uses[name].tied}
        """Parameter → the sum of all contributions, where the steps share it"""
        self._sizes = {delta: DeltaSizes(self._steps, self._examples) for delta, *_ in self._reads}
        self.log2_terms: dict[str, float] = dict.fromkeys(names, -np.inf)
        """Parameter → log₂ of the sum of the sizes of the terms that are added, S(θ) of `core.bptt.term_sizes`"""
        self._lag_sums = {name: Total() for name in uses}
        scored = np.flatnonzero(tape.entering_steps)
        self.first, self.last = (int(scored[0]), int(scored[-1])) if scored.size else (0, -1)
        self._states = {number: self._table() for number, _ in enumerate(tape.linearization.layers, 1)}
        # One example needs a table only for each delta: ‖δ uᵀ‖ = ‖δ‖ ‖u‖, and u is known by its step.
        split = {shared: self._examples == 1 and reads.separable for shared, reads in self._reads.items()}
        self._deltas = {shared.delta: self._table() for shared, one in split.items() if one}
        self._norms = {
            name: self._table() for shared, reads in self._reads.items() if not split[shared] for name in reads.names
        }
        self._readout = {name: np.full(self._steps, -np.inf) for name in readout}

    def _table(self) -> Floats:
        return np.full((self.last + 1, self.last + 1 - self.first), -np.inf)

    def state(self) -> Floats:
        """log₂ ‖∂L_t/∂a⟨t−k⟩‖, (T, T) at [t−1, k]."""
        tables = tuple(self._states.values())
        if len(tables) == 1:
            return self._whole(tables[0])
        squares = 2.0 * tables[0]
        for table in tables[1:]:
            np.logaddexp2(squares, 2.0 * table, out=squares)
        return self._whole(squares / 2.0)

    def layers(self) -> Mapping[int, Floats]:
        """Layer of a stack → log₂ of the norm of the gradient at its state, (T, T) at [t−1, k]; {} for one layer."""
        several = len(self._states) > 1
        return {number: self._whole(table) for number, table in self._states.items()} if several else {}

    def norms(self) -> Norms:
        """Parameter → log₂ ‖contribution(t, k)‖, (T, T) at [t−1, k]."""
        makers: dict[str, Callable[[], Floats]] = {}
        for (delta, *_), reads in self._reads.items():
            for name in reads.names:
                if name in self._norms:
                    makers[name] = partial(self._whole, self._norms[name])
                else:
                    makers[name] = partial(self._product, self._deltas[delta], reads.log2_rows(name))
        return Norms({**makers, **{name: partial(self._lag_zero, row) for name, row in self._readout.items()}})

    def _product(self, delta: Floats, reads: Floats) -> Floats:
        """log₂ ‖δ_{t,s}‖ + log₂ ‖u⟨s⟩‖ with s = t − k."""
        if delta.size and reads.any():
            padded = np.concatenate([np.full(self.last, -np.inf), reads])
            by_step = sliding_window_view(padded, self.last + 1 - self.first)
            delta = delta + by_step[self.last + self.first :: -1][: self.last + 1]
        return self._whole(delta)

    def _lag_zero(self, row: Floats) -> Floats:
        table = np.full((self._steps, self._steps), -np.inf)
        table[0] = row
        return table.T

    def _whole(self, table: Floats) -> Floats:
        if table.shape == (self._steps, self._steps):
            return table.T
        whole = np.full((self._steps, self._steps), -np.inf)
        whole[self.first : self.last + 1, : self.last + 1] = table.T
        return whole

    def add_readout(self, tape: Tape) -> None:
        """W_y, b_y and those of a head: e⟨t⟩ a⟨t⟩ᵀ and e⟨t⟩, at lag 0; no path of theirs passes through a Jacobian."""
        for delta, names in tape.readout_deltas.values():
            reads = Sources({name: tape.reads[name] for name in names}, self._examples)
            error = Scaled.canonical(delta.reshape(-1, delta.shape[2]), axis=1)
            exponent = error.exponent[:, 0] if error.exponent.any() else None
            everything = slice(0, len(error.mantissa))
            sizes = log2_norms(error.mantissa) + error.exponent[:, 0]
            for name, logs in reads.norms(error.mantissa, exponent, everything).items():
                self._readout[name][:] = logs
                self.log2_terms[name] = float(log2_sum(sizes + reads.log2_rows(name)))
            for part in reads.sums(error.mantissa, exponent, everything):
                self.summed[part.name][0] = log2_length(part.mantissa) + part.power
                # A vector, as the query of an attention is, has its numbers in one row here.
                self.totals[part.name].add(part.mantissa.reshape(tape.network.parameters[part.name].shape), part.power)

    def add(self, tile: Tile) -> None:
        """Enter the norms of a tile's contributions, and add them to the sums."""
        lags = slice(tile.lag, tile.lag + len(tile.squares))
        times = slice(tile.first - self.first, tile.first - self.first + tile.times)
        self._states[tile.layer][lags, times] = _group_logs(tile.squares, tile.exponent, tile.times)
        for name in tile.deltas:
            if name in self._sizes:
                self._sizes[name].add(tile, tile.deltas[name])
        for name in self._deltas.keys() & tile.deltas.keys():
            self._deltas[name][lags, times] = _row_logs(tile.deltas[name].squares, tile.deltas[name].exponent)
        for shared, reads in self._reads.items():
            if shared.delta not in tile.deltas:
                continue
            rows = tile.deltas[shared.delta]
            if reads.names[0] in self._norms:
                self._add_norms(reads, tile, rows)
            if not shared.tied:
                self._add_by_step(self._own[shared], reads, tile, rows)
            elif tile.whole and reads.separable:
                for stack in reads.stacks(rows.exponent is None):
                    self._add_whole(stack, tile, rows)
            else:
                self._add_part(reads, tile, rows)

    def _places(self, tile: Tile) -> list[tuple[slice, slice]]:
        """For each of a tile's lags, which rows have a step s ≥ 1, and where they stand on the trajectory."""
        b, low, high = self._examples, tile.first, tile.first + tile.times
        return [
            (slice(max(k - low, 0) * b, tile.times * b), slice(max(low - k, 0) * b, (high - k) * b))
            for k in range(tile.lag, tile.lag + len(tile.squares))
        ]

    def _add_norms(self, reads: Sources, tile: Tile, rows: Rows) -> None:
        for j, (valid, at) in enumerate(self._places(tile)):
            values = rows.values[j]
            exponent = None if rows.exponent is None else rows.exponent[j, valid]
            low = tile.first - self.first
            times = slice(low + valid.start // self._examples, low + tile.times)
            for name, logs in reads.norms(values[valid], exponent, at).items():
                self._norms[name][tile.lag + j, times] = logs

    def _add_whole(self, stack: StackedSources, tile: Tile, rows: Rows) -> None:
        """The sums of all lags of a tile at once."""
        values, power = self._leveled(stack, rows, tile)
        windows = stack.windows((tile.first - tile.lag) * self._examples, len(values), values.shape[1])
        products = values.transpose(0, 2, 1) @ windows
        starts = [columns.start for _, columns in stack.columns]
        squares = np.add.reduceat(np.einsum("kij,kij->kj", products, products), starts, axis=1)
        logs = log2(squares) / 2
        if squares.min() < 4.0**-SAFE:
            for small, i in np.argwhere(squares < 4.0**-SAFE):
                logs[small, i] = log2_norm(products[small, :, stack.columns[i][1]])
        top = 0
        if power is not None:
            logs += power[:, np.newaxis]
            # A lag of exact zeros has no size: its power of two must not stand above those of the others.
            some = products.any(axis=(1, 2))
            top = int(power[some].max()) if some.any() else 0
            products *= power_of_two(np.minimum(power - top, 0))[:, np.newaxis, np.newaxis]
        total = products.sum(axis=0) if len(products) > 1 else products[0]
        for i, (name, columns) in enumerate(stack.columns):
            self.summed[name][tile.lag : tile.lag + len(products)] = logs[:, i]
            self.totals[name].add(total[:, columns], top)

    def _add_by_step(self, own: ByStep, reads: Sources, tile: Tile, rows: Rows) -> None:
        """Contributions to different matrices: their squares add up, and those of one step wherever they come from."""
        for j, (valid, at) in enumerate(self._places(tile)):
            exponent = None if rows.exponent is None else rows.exponent[j, valid]
            own.add(rows.values[j, valid], exponent, at)
            for name, logs in reads.norms(rows.values[j, valid], exponent, at).items():
                so_far = self.summed[name]
                so_far[tile.lag + j] = np.logaddexp2(2 * so_far[tile.lag + j], np.logaddexp2.reduce(2 * logs)) / 2

    def residuals(self, gradients: Mapping[str, Scaled]) -> Iterator[float]:
        """‖Σ contributions − gradient‖ / S(θ) of every parameter θ; 0 where the two are equal."""
        for (delta, *_), reads in self._reads.items():
            for name in reads.names:
                self.log2_terms[name] = float(log2_sum(self._sizes[delta].log2 + reads.log2_rows(name)))
        for name, distance in self._log2_distances(gradients):
            yield 0.0 if distance == -np.inf else float(np.exp2(min(distance - self.log2_terms[name], 1000.0)))

    def readout_residuals(self, gradients: Mapping[str, Scaled]) -> Iterator[float]:
        """`residuals` of the read-out's parameters only, where nothing but these was added."""
        for name in self._readout:
            distance = self.totals[name].log2_distance(gradients[name])
            yield 0.0 if distance == -np.inf else float(np.exp2(min(distance - self.log2_terms[name], 1000.0)))

    def _log2_distances(self, gradients: Mapping[str, Scaled]) -> Iterator[tuple[str, float]]:
        """Parameter, and log₂ ‖Σ contributions − gradient‖."""
        for name, total in self.totals.items():
            yield name, total.log2_distance(gradients[name])
        for own in self._own.values():
            yield from own.log2_distances(gradients)

    def _leveled(self, stack: StackedSources, rows: Rows, tile: Tile) -> tuple[Floats, Integers | None]:
        """The deltas of each lag on the level of its largest product, and that level's power of two, (K,)."""
        if rows.exponent is None and stack.exponent is None:
            return rows.values, None
        powers = np.zeros(rows.squares.shape, dtype=np.int64) if rows.exponent is None else rows.exponent
        powers = np.where(rows.squares == 0, FAR_BELOW, powers)
        if not stack.easy:
            for j, (valid, at) in enumerate(self._places(tile)):
                powers[j, valid] = stack.lead.with_reads(powers[j, valid], at)
        high = powers.max(axis=1)
        high[high == FAR_BELOW] = 0
        return rows.values * power_of_two(powers - high[:, np.newaxis])[..., np.newaxis], high

    def _add_part(self, reads: Sources, tile: Tile, rows: Rows) -> None:
        """The sums of a lag that comes in several tiles, or of matrices that are pulled back, lag by lag."""
        for j, (valid, at) in enumerate(self._places(tile)):
            exponent = None if rows.exponent is None else rows.exponent[j, valid]
            for part in reads.sums(rows.values[j, valid], exponent, at):
                self._lag_sums[part.name].add(part.mantissa, part.power)
            if tile.complete:
                for name in reads.names:
                    matrix, power = self._lag_sums[name].take()
                    self.summed[name][tile.lag + j] = log2_length(matrix) + power
                    self.totals[name].add(matrix, power)


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
