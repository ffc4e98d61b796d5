"""The exact decomposition of the BPTT gradient by lag, for every loss time and every parameter.

With δ_{t,s} = ∂L_t/∂z⟨s⟩ and the lag k = t − s,

    δ_{t,t} = φ'(z⟨t⟩) ⊙ (W_yᵀ e⟨t⟩)          δ_{t,s} = φ'(z⟨s⟩) ⊙ (W_aaᵀ δ_{t,s+1})
    contribution(t, k):  W_aa: δ_{t,s} a⟨s−1⟩ᵀ    W_ax: δ_{t,s} x⟨s⟩ᵀ    b_a: δ_{t,s}    (summed over the batch)
                         W_y:  e⟨t⟩ a⟨t⟩ᵀ at k = 0 alone                    b_y: e⟨t⟩ at k = 0 alone

Summed over t and k these are the BPTT gradient. One sweep over k carries the gradient of every loss time at
once: at lag k the row of loss t stands at step s = t − k, so that going from k to k + 1 is one matrix product
for all t, and all contributions of one lag are at hand together: their sum over t needs no further memory.
Cost n_a² B T² flops for the carry and as many for the sums; memory O(T·B·n_a) beside the (T, T) results.

A matrix norm needs no matrix: ‖δ uᵀ‖ = ‖δ‖ ‖u‖ for one example, and for a batch
‖DᵀU‖² = Σ (D Dᵀ) ∘ (U Uᵀ), two B×B Gram matrices, or the n×n_u product itself where that is the smaller.
Each row carries its own power of two (see `core.scaled`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from core import scaled
from core.bptt import READOUT_USES, Gradients, backward, source
from core.rates import Rate, fit_rate, typical_curve
from core.scaled import FAR_BELOW, Floats, Integers, Scaled, shift
from core.tape import Tape

Progress: TypeAlias = Callable[[int, int], None]
"""Called with (done, total) as long work goes on; raising from it ends the work."""

_CANCELLATION = 1e-6
"""Where a squared norm from Gram matrices is below this share of its bound, too few bits of it are left."""


@dataclass(frozen=True)
class LagProfile:
    """How much of the gradient of each L_t passes through the use of each parameter k steps before t."""

    log2_norm: Mapping[str, Floats]
    """Parameter → (T, T) at [t−1, k]: log₂ ‖contribution(t, k)‖_F, −inf where there is none"""
    log2_state_norm: Floats
    """(T, T) at [t−1, k]: log₂ ‖∂L_t/∂a⟨t−k⟩‖"""
    log2_summed: Mapping[str, Floats]
    """Parameter → (T,) at [k]: log₂ ‖Σ_t contribution(t, k)‖_F, what an optimiser sees"""
    scored: NDArray[np.bool_]
    """(T,): which steps have a loss"""
    residual: float
    """Largest ‖Σ contributions − BPTT‖ / ‖BPTT‖ over the parameters: rounding, if all is well"""

    def typical(self, name: str) -> Floats:
        """(T,) at [k]: the mean over scored t of log₂ ‖contribution(t, k)‖, exact zeros left out of the mean.

        −inf where every contribution of that lag is exactly zero.
        """
        return typical_curve(self.log2_norm[name])

    def rate(self, name: str) -> Rate:
        """How fast the typical contribution of a parameter changes from lag to lag."""
        return fit_rate(self.log2_norm[name])


def lag_profile(tape: Tape, gradients: Gradients | None = None, progress: Progress | None = None) -> LagProfile:
    """Take the gradient apart by loss time t and lag k.

    Args:
        tape: A forward pass.
        gradients: Its BPTT gradient, if at hand, for the residual.
        progress: Called with (lags done, lags in all); raising from it ends the work.
    """
    steps, examples = len(tape.losses), tape.batch.inputs.shape[1]
    uses, scored = tape.network.cell.uses(), tape.batch.scored
    groups = {delta: {n: u.source for n, u in uses.items() if u.delta == delta} for delta in _deltas(tape)}
    sources = {name: _Source.of(source(tape, name)) for name in {use.source for use in uses.values()}}
    norms = {name: np.full((steps, steps), -np.inf) for name in (*uses, *READOUT_USES)}
    state_norms = np.full((steps, steps), -np.inf)
    summed = {name: np.full(steps, -np.inf) for name in norms}
    totals = {name: _Total() for name in norms}

    at = np.flatnonzero(scored)
    if at.size:
        first, last = int(at[0]), int(at[-1])
        _readout_lags(tape, norms, summed, totals)
        linearization = tape.network.cell.linearize(
            tape.network.parameters, tape.network.activation, tape.preactivations
        )
        width = tape.states.shape[2]
        gradient = tape.errors[first : last + 1].reshape(-1, tape.errors.shape[2]) @ tape.network.parameters["W_y"]
        if width > gradient.shape[1]:
            gradient = np.pad(gradient, ((0, 0), (0, width - gradient.shape[1])))
        start = Scaled.canonical(gradient, axis=1)
        gradient, exponent = start.mantissa, start.exponent
        for k in range(last + 1):
            if progress is not None:
                progress(k, last + 1)
            if k > first:
                gradient, exponent = gradient[examples:], exponent[examples:]
            low, high = max(first - k, 0), last - k + 1
            rows, times = slice(low * examples, high * examples), slice(low + k, last + 1)
            squares = _squares(gradient)
            gradient, exponent, squares = _keep_in_range(gradient, exponent, squares)
            state_norms[k, times] = _block_norms(gradient, exponent, squares, examples)
            pulled = linearization.pull(gradient, rows)
            delta_exponent = exponent + pulled.delta_exponent
            for name, delta in pulled.deltas.items():
                block = _Block(delta, delta_exponent, examples)
                for parameter, reads in groups[name].items():
                    norms[parameter][k, times] = block.norms(sources[reads], rows)
                    total, power = block.total(sources[reads], rows)
                    summed[parameter][k] = float(scaled.log2_norm(total)) + power
                    totals[parameter].add(total, power)
            gradient, exponent = pulled.previous, exponent + pulled.previous_exponent

    gradients = backward(tape) if gradients is None else gradients
    for array in (*norms.values(), state_norms, *summed.values()):
        array.flags.writeable = False
    return LagProfile(
        log2_norm=MappingProxyType({name: array.T for name, array in norms.items()}),
        log2_state_norm=state_norms.T,
        log2_summed=MappingProxyType(summed),
        scored=scored,
        residual=max(totals[name].distance(gradients.scaled[name]) for name in norms),
    )


def _deltas(tape: Tape) -> list[str]:
    return list(dict.fromkeys(use.delta for use in tape.network.cell.uses().values()))


def _readout_lags(
    tape: Tape, norms: dict[str, Floats], summed: dict[str, Floats], totals: dict[str, _Total]
) -> None:
    """W_y and b_y: e⟨t⟩ a⟨t⟩ᵀ and e⟨t⟩, at lag 0; no path of theirs passes through a Jacobian."""
    steps, examples = len(tape.losses), tape.batch.inputs.shape[1]
    states = tape.states[1:, :, : tape.network.hidden_size]
    reads = {"a": states, "1": np.ones((steps, examples, 1))}
    error = Scaled.canonical(tape.errors.reshape(steps * examples, -1), axis=1)
    block = _Block(error.mantissa, error.exponent, examples)
    for name, use in READOUT_USES.items():
        read = _Source.of(reads[use.source])
        everything = slice(0, steps * examples)
        norms[name][0] = block.norms(read, everything)
        total, power = block.total(read, everything)
        summed[name][0] = float(scaled.log2_norm(total)) + power
        totals[name].add(total, power)


@dataclass(frozen=True)
class _Source:
    """What a parameter reads, (T·B, n_u) with an exponent a row, and log₂ of each row's norm."""

    values: Floats
    exponent: Integers
    """FAR_BELOW for rows that are exactly zero, so that they never set the scale of a sum"""
    log2_rows: Floats
    plain: bool
    """Whether float64 alone holds every row comfortably"""

    @staticmethod
    def of(values: Floats) -> _Source:
        rows = Scaled.canonical(values.reshape(-1, values.shape[-1]), axis=1)
        logs = rows.log2_norm(axis=1)
        exponent = np.where(np.isfinite(logs)[:, np.newaxis], rows.exponent, FAR_BELOW)
        return _Source(rows.mantissa, exponent, logs, not np.any(rows.exponent))


class _Block:
    """The deltas of every loss time at one lag, (m·B, n), with an exponent a row."""

    def __init__(self, delta: Floats, exponent: Integers, examples: int) -> None:
        self.delta, self.exponent, self.examples = delta, exponent, examples
        self.squares = _squares(delta)
        self.plain = not np.any(exponent)

    def norms(self, reads: _Source, rows: slice) -> Floats:
        """log₂ ‖Σ_b δ_b u_bᵀ‖_F for each loss time, (m,)."""
        if self.examples == 1:
            return _log2_rows(self.delta, self.squares) + self.exponent[:, 0] + reads.log2_rows[rows]
        grouped = self._powers(reads, rows).reshape(-1, self.examples)
        highest = grouped.max(axis=1)
        highest = np.where(highest == FAR_BELOW, 0, highest)
        level = self.delta
        if not (self.plain and reads.plain):
            level = shift(level, (grouped - highest[:, np.newaxis]).reshape(-1, 1))
        blocks = level.reshape(len(highest), self.examples, -1)
        sources = reads.values[rows].reshape(len(highest), self.examples, -1)
        if sources.shape[2] <= self.examples:
            return _direct_norms(blocks, sources) + highest
        gram_delta = blocks @ blocks.transpose(0, 2, 1)
        gram_source = sources @ sources.transpose(0, 2, 1)
        squares = np.einsum("tij,tij->t", gram_delta, gram_source)
        sizes = np.einsum("tii->ti", gram_delta) * np.einsum("tii->ti", gram_source)
        bound = np.square(np.sum(np.sqrt(sizes), axis=1))
        logs = scaled.log2(np.maximum(squares, 0.0)) / 2
        doubtful = np.flatnonzero((squares < _CANCELLATION * bound) | ((bound == 0) & np.any(blocks, axis=(1, 2))))
        if doubtful.size:
            logs[doubtful] = _direct_norms(blocks[doubtful], sources[doubtful])
        return logs + highest

    def total(self, reads: _Source, rows: slice) -> tuple[Floats, int]:
        """Σ over loss times and examples of δ uᵀ, (n, n_u), as mantissas and one power of two."""
        if self.plain and reads.plain:
            return self.delta.T @ reads.values[rows], 0
        powers = self._powers(reads, rows)
        highest = int(powers.max())
        if highest == FAR_BELOW:
            return np.zeros((self.delta.shape[1], reads.values.shape[1])), 0
        return shift(self.delta, powers - highest).T @ reads.values[rows], highest

    def _powers(self, reads: _Source, rows: slice) -> Integers:
        """The power of two of each row's product, (m·B, 1); FAR_BELOW where either factor is zero."""
        alive = (self.squares > 0)[:, np.newaxis] & (reads.exponent[rows] > FAR_BELOW)
        return np.where(alive, self.exponent + reads.exponent[rows], FAR_BELOW)


class _Total:
    """A running sum of matrices, each with its power of two."""

    def __init__(self) -> None:
        self.sum: Floats | None = None
        self.power = 0

    def add(self, matrix: Floats, power: int) -> None:
        if self.sum is None:
            self.sum, self.power = matrix, power
        elif power == self.power:
            self.sum = self.sum + matrix
        elif np.any(matrix):
            common = max(power, self.power) if np.any(self.sum) else power
            self.sum = shift(self.sum, self.power - common) + shift(matrix, power - common)
            self.power = common

    def distance(self, other: Scaled) -> float:
        """‖self − other‖ / ‖other‖, 0 if both are zero."""
        mine = np.zeros(other.mantissa.shape) if self.sum is None else self.sum.reshape(other.mantissa.shape)
        difference = Scaled.canonical(mine, self.power) + Scaled(-other.mantissa, other.exponent)
        distance = float(difference.log2_norm())
        return 0.0 if distance == -np.inf else float(np.exp2(min(distance - float(other.log2_norm()), 1000.0)))


def _squares(values: Floats) -> Floats:
    return np.einsum("ij,ij->i", values, values)


def _keep_in_range(values: Floats, exponent: Integers, squares: Floats) -> tuple[Floats, Integers, Floats]:
    """Canonical exponents again, for the rows that have left the comfortable range."""
    out = (squares > _HIGH) | (squares < _LOW)
    if not np.any(out):
        return values, exponent, squares
    rows = Scaled.canonical(values[out], exponent[out], axis=1)
    values, exponent, squares = values.copy(), exponent.copy(), squares.copy()
    values[out], exponent[out], squares[out] = rows.mantissa, rows.exponent, _squares(rows.mantissa)
    return values, exponent, squares


_HIGH, _LOW = 2.0 ** (2 * scaled.COMFORT), 2.0 ** (-2 * scaled.COMFORT)


def _log2_rows(values: Floats, squares: Floats) -> Floats:
    """log₂ of each row's norm, from its sum of squares where that is safe."""
    logs = scaled.log2(squares) / 2
    unsafe = np.flatnonzero(squares < 2.0**-900)
    if unsafe.size:
        logs[unsafe] = scaled.log2_norm(values[unsafe], axis=1)
    return logs


def _block_norms(values: Floats, exponent: Integers, squares: Floats, examples: int) -> Floats:
    """log₂ ‖·‖_F of each loss time's (B, n) rows."""
    if examples == 1:
        return scaled.log2(squares) / 2 + exponent[:, 0]
    rows = (scaled.log2(squares) + 2 * exponent[:, 0]).reshape(-1, examples)
    highest = rows.max(axis=1)
    base = np.where(np.isfinite(highest), highest, 0.0)
    return (scaled.log2(np.exp2(rows - base[:, np.newaxis]).sum(axis=1)) + base) / 2


def _direct_norms(blocks: Floats, sources: Floats) -> Floats:
    """log₂ ‖DᵀU‖_F for each (B, n), (B, n_u) pair, by forming the product."""
    return scaled.log2_norm(blocks.transpose(0, 2, 1) @ sources, axis=(1, 2))
