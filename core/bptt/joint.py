"""The forward pass and the lag profile of several networks of one kind, computed as one.

The rows of all networks stand in turn (`core.network.networks`): row (t, b, i) is that of network i, example b, step t.
The lag sweep, the way back and what a cell does go row by row already; here is what adds rows up, which it does
for each network by itself. Nothing that comes out depends on which networks are beside one another, to the last bit:
sums go lag by lag, every product is one network's, and what has a power of two is decided by its own size.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from core.bptt.backward import backpropagate
from core.bptt.forward import Tape
from core.bptt.lag_sweep import LagSweep, Rows, Tile
from core.bptt.term_sizes import log2_sum
from core.network.batch import Batch
from core.network.initial_state import initial_state
from core.network.network import Network
from core.network.networks import Networks
from core.numerics.frozen import FrozenRecord
from core.numerics.outer_products import Sources
from core.numerics.rows import Number, apart
from core.numerics.scaled import Floats, Integers, Scaled, log2, log2_norms


@dataclass(frozen=True, eq=False)
class JointTape(FrozenRecord):
    """The forward pass of N networks of one kind over a batch each: one tape (T, B·N, n), their examples in turn."""

    tape: Tape
    """Arrays (T, B·N, n), a network's rows every N; its losses are those of all networks together"""
    losses: Floats
    """(N, T): L_t of each network; 0 where it is not scored"""
    count: int
    """N"""

    @property
    def examples(self) -> int:
        """B, the examples of one network."""
        return self.tape.states.shape[1] // self.count


def joint_tape(networks: Sequence[Network] | Networks, batches: Sequence[Batch]) -> tuple[JointTape, NDArray[np.bool_]]:
    """Run networks of one kind over batches of one shape, each over its own.

    Args:
        networks: N networks of one kind, or what they are together.
        batches: N batches of one shape, in which the same steps and examples are scored.

    Returns:
        Their tape, and which of them, (N,), stay within float64; the rows of others are of no use.
    """
    joint = networks if isinstance(networks, Networks) else Networks.of(networks)
    count = joint.count
    (steps, examples, _), readout = batches[0].inputs.shape, joint.readout
    inputs = np.stack([batch.inputs for batch in batches], axis=2)
    targets = np.stack([batch.targets for batch in batches], axis=2)
    start = np.stack([initial_state(joint, batch.initial_state, examples) for batch in batches], axis=1)
    factors, scored = batches[0].factors(readout.each(examples)), batches[0].scored_steps
    factors = None if factors is None else factors[..., np.newaxis]
    rows = examples * count
    with np.errstate(over="ignore", invalid="ignore"):
        flat = inputs.reshape(steps, rows, -1)
        states, z = joint.cell.forward(joint.parameters, joint.activation, flat, start.reshape(rows, -1))
        o = readout.made(joint.parameters, joint.shown(states[1:], batches[0].targets))
        by_network = o.reshape(steps, examples, count, -1)
        losses = _losses(joint, batches, by_network)
        errors = np.where(scored[:, np.newaxis, np.newaxis, np.newaxis], readout.error(by_network, targets, factors), 0)
        within = [_finite(values.reshape(-1, count, values.shape[-1]), (0, 2)) for values in (states, z)]
        counted = np.where(scored, losses, 0.0)
        within += [_finite(values, 1) for values in (losses, np.cumsum(counted, axis=1))]
    arrays = {
        "states": states,
        "preactivations": z,
        "outputs": readout.value(o),
        "losses": counted.sum(axis=0),
        "errors": errors.reshape(o.shape),
    }
    batch = Batch(flat, targets.reshape(steps, rows, *targets.shape[3:]), scored)
    return JointTape(Tape(joint, batch, **arrays), counted, count), np.all(within, axis=0)


def _losses(joint: Networks, batches: Sequence[Batch], o: Floats) -> Floats:
    """L_t of each network, (N, T), from o (T, B, N, n_y): their steps after one another, as those of one batch."""
    steps, examples, count, n_y = o.shape
    factors = batches[0].factors(joint.readout.each(examples))
    made = np.ascontiguousarray(o.transpose(2, 0, 1, 3)).reshape(count * steps, examples, n_y)
    targets = np.concatenate([batch.targets for batch in batches])
    all_factors = None if factors is None else np.concatenate([factors] * count)
    return joint.readout.mean_loss(made, targets, all_factors).reshape(count, steps)


def _finite(values: Floats, axis: int | tuple[int, ...]) -> NDArray[np.bool_]:
    return np.asarray(np.all(np.isfinite(values), axis=axis))


@dataclass(frozen=True, eq=False)
class JointTables(FrozenRecord):
    """log₂ norms, arrays (N, K, K) at [network, k, t−1], K the last step that is scored; −inf for exact zeros."""

    state: Floats
    """(N, K, K): ‖∂L_t/∂a⟨t−k⟩‖, of the whole state"""
    norms: Mapping[str, Floats]
    """Parameter of the cell → (N, K, K): ‖contribution(t, k)‖_F"""
    residuals: Floats
    """(N,): `LagProfile.residual` of each; what the contributions of a step are is added up before what they read is
    multiplied on, so that it is another rounding than that of a single network"""


def joint_tables(joint: JointTape) -> JointTables:
    """Take the gradients of all networks apart by lag.

    Args:
        joint: Networks that stay within float64, with one step or more that is scored.
    """
    tape, uses = joint.tape, joint.tape.network.cell.uses()
    scored = np.flatnonzero(tape.batch.scored_steps)
    first, last = int(scored[0]), int(scored[-1])
    shape = (last + 1, last + 1, joint.count)
    state = np.full(shape, -np.inf)
    by_delta = {
        delta: _OfDelta(joint, {name: tape.reads[name] for name, use in uses.items() if use.delta == delta}, shape)
        for delta in dict.fromkeys(use.delta for use in uses.values())
    }
    for tile in LagSweep(tape, first, last, at_once=1):
        state[tile.lag, tile.first :] = _norms_of_networks(tile, joint)
        for delta, tables in by_delta.items():
            tables.add(tile, tile.deltas[delta])
    returned = backpropagate(tape)
    residuals = [tables.residuals(returned.deltas[delta]) for delta, tables in by_delta.items()]
    norms = {name: table for tables in by_delta.values() for name, table in tables.norms().items()}
    found = {name: norms[name] for name in uses}
    return JointTables(_by_network(state), found, np.max(residuals, axis=0))


def _by_network(table: Floats) -> Floats:
    """From [k, t, network] to [network, k, t]."""
    return np.ascontiguousarray(table.transpose(2, 0, 1))


def _norms_of_networks(tile: Tile, joint: JointTape) -> Floats:
    """log₂ of the norms of the gradients at the states of a tile's only lag, (m, N)."""
    squares = _grouped(tile.squares[0], tile.times, joint)
    if tile.exponent is None:
        return log2(squares.sum(axis=2)) / 2
    powers = _grouped(tile.exponent[0], tile.times, joint)
    if squares.shape[2] == 1:
        return np.asarray((log2(squares) / 2 + powers)[..., 0])
    logs = log2_sum(np.moveaxis(log2(squares) + 2 * powers, 2, 0)) / 2
    # Plain rows as they would be without others beside them.
    return np.where(powers.any(axis=2), logs, log2(squares.sum(axis=2)) / 2)


def _grouped(values: NDArray[Number], times: int, joint: JointTape) -> NDArray[Number]:
    """Rows (m·B·N·q,) as what each step of each network has, (m, N, B·q)."""
    parts = values.reshape(times, joint.examples, joint.count, -1)
    return parts.swapaxes(1, 2).reshape(times, joint.count, -1)


class _OfDelta:
    """What is kept of one pre-activation's deltas, for the parameters that make it."""

    def __init__(self, joint: JointTape, reads: Mapping[str, Floats], shape: tuple[int, ...]) -> None:
        self._joint, self._plain_reads = joint, reads
        rows = joint.tape.states[1:, :, 0].size
        self._reads = {name: Sources({name: self._in_groups(read)}, joint.examples) for name, read in reads.items()}
        self._norms = {name: np.full(shape, -np.inf) for name in (reads if joint.examples > 1 else ("",))}
        self._sizes, self._log2_sizes = np.zeros(rows), np.full(rows, -np.inf)
        self._sum: Floats | None = None
        self._scaled_sum: Scaled | None = None

    def _in_groups(self, rows: NDArray[Number]) -> NDArray[Number]:
        """Rows (T, B·N, n) as (T·N, B, n): the examples of one step and network together."""
        parts = rows.reshape(-1, self._joint.examples, self._joint.count, rows.shape[-1])
        return parts.swapaxes(1, 2).reshape(-1, self._joint.examples, rows.shape[-1])

    def add(self, tile: Tile, rows: Rows) -> None:
        """Enter the norms of a lag's contributions, and add up its deltas and their sizes by step."""
        joint, here = self._joint, tile.lag
        values, squares = rows.values[0], rows.squares[0]
        exponent = None if rows.exponent is None else rows.exponent[0]
        per = joint.examples * joint.count
        at = slice((tile.first - here) * per, (tile.first - here + tile.times) * per)
        if joint.examples == 1:
            logs = log2(squares) / 2 if exponent is None else log2(squares) / 2 + exponent
            self._norms[""][here, tile.first :] = logs.reshape(tile.times, joint.count)
        else:
            grouped = self._in_groups(values).reshape(values.shape)
            powers = np.zeros((len(values), 1), np.int64) if exponent is None else exponent[:, np.newaxis]
            grouped_powers = self._in_groups(powers).reshape(-1)
            for name, reads in self._reads.items():
                found = reads.norms(grouped, grouped_powers, at)[name]
                self._norms[name][here, tile.first :] = found.reshape(tile.times, joint.count)
        self._add_up(values, squares, exponent, at)

    def _add_up(self, values: Floats, squares: Floats, exponent: Integers | None, at: slice) -> None:
        if self._sum is None:
            self._sum = np.zeros((len(self._sizes), values.shape[1]))
        if exponent is None or not exponent.any():
            self._sum[at] += values
            self._sizes[at] += np.sqrt(squares)
            return
        plain = exponent == 0
        self._sum[at] += np.where(plain[:, np.newaxis], values, 0.0)
        self._sizes[at] += np.where(plain, np.sqrt(squares), 0.0)
        logs = np.where(plain, -np.inf, log2(squares) / 2 + exponent)
        self._log2_sizes[at] = np.logaddexp2(self._log2_sizes[at], logs)
        if self._scaled_sum is None:
            self._scaled_sum = Scaled(np.zeros_like(self._sum), np.zeros((len(self._sum), 1), np.int64))
        so_far = Scaled(self._scaled_sum.mantissa[at], self._scaled_sum.exponent[at])
        more = Scaled(np.where(plain[:, np.newaxis], 0.0, values), exponent[:, np.newaxis])
        fresh = (so_far + more).normalized(axis=1)
        self._scaled_sum.mantissa[at], self._scaled_sum.exponent[at] = fresh.mantissa, fresh.exponent

    def norms(self) -> Mapping[str, Floats]:
        """Parameter → log₂ ‖contribution(t, k)‖_F, at [network, k, t−1]."""
        tables = {name: _by_network(table) for name, table in self._norms.items()}
        if self._joint.examples > 1:
            return tables
        (own,) = tables.values()
        return {name: self._read(own, reads.log2_rows(name)) for name, reads in self._reads.items()}

    def _read(self, delta: Floats, logs: Floats) -> Floats:
        """log₂ ‖δ_{t,s}‖ + log₂ ‖u⟨s⟩‖ with s = t − k, (N, K, K)."""
        if not logs.any():
            return delta
        count, last = self._joint.count, delta.shape[1] - 1
        before = np.full((count, last), -np.inf)
        padded = np.concatenate([before, np.ascontiguousarray(logs.reshape(-1, count).T)], axis=1)
        return np.asarray(delta + sliding_window_view(padded, last + 1, axis=1)[:, last::-1])

    def residuals(self, returned: Scaled) -> Floats:
        """‖Σ contributions − gradient‖ / S(θ), (N,): the largest of these parameters."""
        assert self._sum is not None
        count, n = self._joint.count, self._sum.shape[1]
        zeros = np.zeros((len(self._sum), 1), dtype=np.int64)
        summed = Scaled(self._sum, zeros)
        if self._scaled_sum is not None:
            summed = summed + self._scaled_sum
        mine = summed.normalized(axis=1)
        shape = (len(self._sum), -1)
        theirs = Scaled(returned.mantissa.reshape(-1, n), returned.exponent.reshape(shape))
        theirs = (theirs if theirs.exponent.shape[1] == 1 else theirs.shared(axis=1)).normalized(axis=1)
        powers = (mine.exponent != 0) | (theirs.exponent != 0)
        scaled = powers.reshape(-1, count).any(axis=0)
        sizes = np.logaddexp2(log2(self._sizes), self._log2_sizes)
        worst = np.zeros(count)
        own, other = (np.ascontiguousarray(apart(part.mantissa, count)) for part in (mine, theirs))
        for name, read in self._plain_reads.items():
            flat = read.reshape(-1, read.shape[-1])
            logs = log2_norms(flat)
            terms = _log2_sums(np.ascontiguousarray((sizes + logs).reshape(-1, count).T))
            large = np.abs(logs.reshape(-1, count)) > 100.0
            careful = scaled | np.any(large & np.isfinite(logs.reshape(-1, count)), axis=0)
            reads = np.ascontiguousarray(apart(flat, count))
            away = _products(own, reads) - _products(other, reads)
            distance = log2_norms(away.reshape(count, -1))
            for i in np.flatnonzero(careful).tolist():
                distance[i] = self._carefully(name, i, mine, theirs)
            with np.errstate(invalid="ignore"):
                found = np.exp2(np.minimum(distance - terms, 1000.0))
            worst = np.maximum(worst, np.where(distance == -np.inf, 0.0, found))
        return worst

    def _carefully(self, name: str, i: int, mine: Scaled, theirs: Scaled) -> float:
        """log₂ of a network's distance, with every power of two."""
        count, total = self._joint.count, None
        read = np.ascontiguousarray(self._plain_reads[name][:, i::count])
        sources, everything = Sources({name: read}, read.shape[1]), slice(0, read.shape[0] * read.shape[1])
        for sign, part in ((1.0, mine), (-1.0, theirs)):
            delta = np.ascontiguousarray(part.mantissa[i::count])
            (product,) = sources.sums(delta, part.exponent[i::count, 0], everything)
            one = Scaled.canonical(sign * product.mantissa, product.power)
            total = one if total is None else total + one
        assert total is not None
        return float(total.log2_norm())


def _log2_sums(log2_terms: Floats) -> Floats:
    """`log2_sum` of each network's terms (N, m): along the last axis, so that N does not decide in which order."""
    highest = log2_terms.max(axis=1, keepdims=True)
    base = np.where(np.isfinite(highest), highest, 0.0)
    return np.asarray(log2(np.exp2(log2_terms - base).sum(axis=1)) + base[:, 0])


def _products(delta: Floats, read: Floats) -> Floats:
    """Σ δ uᵀ over the rows of each network, (N, n, n_u), from (N, rows, n) and (N, rows, n_u).

    Each in one piece: columns that are not BLAS adds in another order.
    """
    return np.matmul(delta.swapaxes(1, 2), read)
