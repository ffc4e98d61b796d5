"""Truncated backpropagation through time, and what it throws away (Williams & Peng 1990, their BPTT(h; h')).

Every k1 steps, and at the end, the losses of the last k1 steps are carried back k2 steps and no further. A loss at t
belongs to the block that ends at e(t) = min(T, k1 ⌈t / k1⌉), whose way back ends with the step e(t) − k2 + 1. In terms
of the lag k = t − s, exactly the contributions with

    k ≤ reach(t) = k2 − 1 − (e(t) − t)

are kept: all of them for k ≤ k2 − k1, none for k ≥ k2, some of the losses' in between. W_y and b_y have lag 0 only and
lose nothing. k1 or k2 = 0 stands for T; k2 ≥ T is the full gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from core.bptt.backward import Gradients, StateGradients, backward, factors
from core.bptt.forward import Tape
from core.bptt.lag_sweep import LagSweep, Tile
from core.bptt.lag_tables import Total
from core.bptt.sharing import Shared, shared_sources
from core.network.batch import Batch
from core.network.network import Network
from core.numerics.frozen import FrozenMapping, FrozenRecord
from core.numerics.outer_products import Sources, SummedProduct
from core.numerics.progress import Progress
from core.numerics.scaled import Floats, Integers, Scaled, freeze, log2_norms

MOST_NUMBERS = 4_000_000
"""Numbers in one array of blocks that are carried back side by side, about."""

Measure: TypeAlias = Callable[[Scaled, Scaled], float]

ALL = "all"
"""The name, among those of the parameters, of all of them as one vector."""


def reach(steps: int, k1: int, k2: int) -> Integers:
    """The largest lag that is kept for the loss at each t, (T,); below 0 where not even lag 0 is.

    Raises:
        ValueError: if k1 or k2 is below 0.
    """
    every, back = _effective(steps, k1, k2)
    t = np.arange(1, steps + 1)
    end = np.minimum(steps, every * -(-t // every))
    return np.where(back >= steps, t - 1, np.minimum(back - 1 - (end - t), t - 1))


def cut(steps: int, k1: int, k2: int) -> NDArray[np.bool_]:
    """Whether the contribution of the loss at t and lag k is thrown away, (T, T) at [t − 1, k]."""
    lag = np.arange(steps)
    return (lag > reach(steps, k1, k2)[:, np.newaxis]) & (lag <= np.arange(steps)[:, np.newaxis])


def truncated_gradients(tape: Tape, k1: int, k2: int, progress: Progress | None = None) -> Gradients:
    """The gradient of truncated backpropagation: the sum of the contributions that are kept.

    Blocks of the same length are carried back side by side, as examples of one batch.

    Args:
        tape: A forward pass.
        k1: Every how many steps the losses are carried back; 0 for T.
        k2: How many steps they are carried back; 0 for T.
        progress: Called with (groups of blocks done, groups in all); raising from it ends the work.

    Raises:
        ValueError: if k1 or k2 is below 0, or the network's steps do not share their weights.

    Runnable example:

        >>> import core
        >>> trace = core.run(core.Experiment(hidden_size=2, timesteps=5))
        >>> core.truncated_gradients(trace.tape, k1=1, k2=2).log2_norm("W_aa") < trace.gradients.log2_norm("W_aa")
        True
    """
    steps = len(tape.losses)
    every, back = _effective(steps, k1, k2)
    if back >= steps:
        return backward(tape)
    if any(use.ahead for use in tape.network.cell.uses().values()):
        raise ValueError(f"truncation is of one direction in time, not of a {tape.network.cell.title}; leave k2 at 0")
    if any(not use.tied for use in tape.network.cell.uses().values()):
        raise ValueError(f"the {tape.network.cell.title} has weights of its own at every step; leave k1 and k2 at 0")
    ends = np.unique(np.minimum(np.arange(every, steps + every, every), steps))
    totals: dict[str, Scaled] = {}
    short, full = ends[ends < back], ends[ends >= back]
    numbers = max(1, back * tape.batch.inputs.shape[1] * tape.preactivations.shape[2])
    most = max(1, MOST_NUMBERS // numbers)
    groups = [*(end[np.newaxis] for end in short), *(full[i : i + most] for i in range(0, len(full), most))]
    for done, group in enumerate(groups):
        if progress is not None:
            progress(done, len(groups))
        part = backward(_side_by_side(tape, group, min(back, int(group[0])), every))
        for name, gradient in part.scaled.items():
            totals[name] = (totals[name] + gradient).normalized() if name in totals else gradient
    totals.update(_readout(tape))
    return Gradients(FrozenMapping({name: totals[name].frozen() for name in tape.network.parameters}))


@dataclass(frozen=True, eq=False)
class Truncation(FrozenRecord):
    """What truncation with these k1 and k2 does to the gradient of one tape. `all`: the parameters as one vector.

    Curves are (T,) at [k]; norms and their ratios are log₂, cosines are in −1 … 1.
    """

    k1: int
    k2: int
    gradients: Gradients
    """The truncated gradient"""
    share_cut: Floats
    """(T,) at [k]: the share of the scored losses with a lag k that lose it; nan where none has it"""
    log2_lost: Mapping[str, Floats]
    """Parameter and `all` → (T,) at [k]: log₂ ‖Σ of what is thrown away of lag k‖; −inf for nothing"""
    log2_lost_share: Mapping[str, float]
    """Parameter and `all` → log₂ (‖thrown away‖ / ‖full gradient‖), −inf for nothing; nan where the full one is 0"""
    cosine: Mapping[str, float]
    """Parameter and `all` → the cosine between the truncated and the full gradient; nan where either is 0"""
    log2_ratio: Mapping[str, float]
    """Parameter and `all` → log₂ (‖truncated‖ / ‖full‖); nan where the full one is 0"""

    @property
    def first_cut(self) -> int | None:
        """The first lag that some loss loses: every lag before it is kept whole. None if no loss loses any."""
        found = np.flatnonzero(self.share_cut > 0)
        return int(found[0]) if found.size else None

    @property
    def all_cut(self) -> int | None:
        """The first lag from which on every loss loses all it has; None if some loss keeps its longest lag."""
        kept = np.flatnonzero(self.share_cut < 1)
        there = np.flatnonzero(~np.isnan(self.share_cut))
        first = int(kept[-1]) + 1 if kept.size else 0
        return first if there.size and first <= there[-1] else None

    def cut_from(self, t: int) -> int | None:
        """The first lag that the loss at t loses; None if it keeps all of them, to the first step."""
        kept = int(reach(len(self.share_cut), self.k1, self.k2)[t - 1])
        return None if kept >= t - 1 else max(kept + 1, 0)


def truncation(
    tape: Tape, k1: int, k2: int, gradients: Gradients | None = None, progress: Progress | None = None
) -> Truncation:
    """What is thrown away, lag by lag and in all, and the bias that it gives the update.

    Args:
        tape: A forward pass.
        k1: Every how many steps the losses are carried back; 0 for T.
        k2: How many steps they are carried back; 0 for T.
        gradients: The full gradient, if at hand.
        progress: Called with (lags done, lags in all); raising from it ends the work.

    Raises:
        ValueError: if k1 or k2 is below 0, or the network's steps do not share their weights.

    Runnable example:

        >>> import core
        >>> trace = core.run(core.Experiment(hidden_size=2, timesteps=5))
        >>> found = core.truncation(trace.tape, k1=1, k2=2)
        >>> found.first_cut, found.log2_lost["W_aa"].shape, abs(found.cosine["all"]) <= 1
        (2, (5,), True)
    """
    full = backward(tape) if gradients is None else gradients
    kept = truncated_gradients(tape, k1, k2, None if progress is None else lambda done, total: progress(0, total))
    pairs = _pairs(kept, full)
    # A step that is not scored has no loss, and so no lags to lose.
    all_thrown = cut(len(tape.losses), k1, k2) & tape.entering_steps[:, np.newaxis]
    thrown = all_thrown[tape.entering_steps]
    there = np.arange(len(tape.losses)) <= np.flatnonzero(tape.entering_steps)[:, np.newaxis]
    with np.errstate(invalid="ignore"):
        share_cut = thrown.sum(axis=0) / there.sum(axis=0)
    lost, by_lag = _lost(tape, all_thrown, progress)
    by_lag[ALL] = np.logaddexp2.reduce([2.0 * log2 for log2 in by_lag.values()]) / 2.0
    freeze(share_cut, *by_lag.values())
    return Truncation(
        k1=k1,
        k2=k2,
        gradients=kept,
        share_cut=share_cut,
        log2_lost=FrozenMapping(by_lag),
        log2_lost_share=_each(_pairs(lost, full), _log2_ratio),
        cosine=_each(pairs, _cosine),
        log2_ratio=_each(pairs, _log2_ratio),
    )


def truncated_cosine(tape: Tape, k1: int, k2: int, gradients: Gradients | None = None) -> float:
    """The cosine between the truncated and the full gradient of all parameters, without what is lost lag by lag.

    Args:
        tape: A forward pass.
        k1: Every how many steps the losses are carried back; 0 for T.
        k2: How many steps they are carried back; 0 for T.
        gradients: The full gradient, if at hand.

    Returns:
        ⟨g, h⟩ / ‖g‖ ‖h‖; nan where either gradient is 0.

    Raises:
        ValueError: if k1 or k2 is below 0, or the network's steps do not share their weights.
    """
    full = backward(tape) if gradients is None else gradients
    return _cosine(truncated_gradients(tape, k1, k2).flat(), full.flat())


def together(found: Truncation, full: Gradients, names: Collection[str]) -> float:
    """log₂ (‖thrown away‖ / ‖full gradient‖) of some parameters as one vector; nan where the full one is 0."""
    sizes = np.array([full.log2_norm(name) for name in names])
    there = np.isfinite(sizes)
    if not there.any():
        return float("nan")
    lost = np.array([found.log2_lost_share[name] for name in names])[there] + sizes[there]
    return float(np.logaddexp2.reduce(2.0 * lost) - np.logaddexp2.reduce(2.0 * sizes[there])) / 2.0


def _effective(steps: int, k1: int, k2: int) -> tuple[int, int]:
    if k1 < 0 or k2 < 0:
        raise ValueError(f"k1 and k2 must be 0 (all steps) or more, got {k1} and {k2}")
    return min(k1 or steps, steps), min(k2 or steps, steps)


def _side_by_side(tape: Tape, ends: Integers, length: int, every: int) -> Tape:
    """The stretches of `length` steps up to each end, as examples of one tape; only their own losses are followed."""
    examples = tape.batch.inputs.shape[1]
    at = np.arange(length)[:, np.newaxis] + (ends - length)
    own = at >= every * ((ends - 1) // every)

    def gathered(values: NDArray[Any], more: int = 0) -> NDArray[Any]:
        places = np.concatenate([at, at[-1:] + 1]) if more else at
        return values[places].reshape(len(places), len(ends) * examples, *values.shape[2:])

    errors = np.where(np.repeat(own, examples, axis=1)[..., np.newaxis], gathered(tape.errors), 0.0)
    return replace(
        tape,
        batch=Batch(gathered(tape.batch.inputs), gathered(tape.batch.targets), np.ones(length, dtype=bool)),
        states=gathered(tape.states, 1),
        preactivations=gathered(tape.preactivations),
        outputs=gathered(tape.outputs),
        losses=np.zeros(length),
        errors=errors,
        overflow_step=None,
        read_back=None,
    )


def _readout(tape: Tape) -> dict[str, Scaled]:
    """The gradients of the read-out's parameters, W_y and b_y, which nothing is cut from."""
    none = Scaled(np.empty(0), np.empty(0, dtype=np.int64))
    found = {}
    for pair in factors(tape, StateGradients(tape.errors, none, none, none, {})):
        for part in pair.reads.sums(pair.delta, pair.exponent, slice(0, len(pair.delta))):
            shape = tape.network.parameters[part.name].shape
            found[part.name] = Scaled.canonical(part.mantissa.reshape(shape), part.power)
    return found


def _lost(tape: Tape, thrown: NDArray[np.bool_], progress: Progress | None) -> tuple[Gradients, dict[str, Floats]]:
    """What is thrown away: in all, and parameter → (T,) at [k]: log₂ ‖Σ_t contribution(t, k)‖ over what is `thrown`.

    One sweep over the lags as for the whole profile, with the losses masked that keep theirs. The sum of what is lost
    has digits that the difference of the two gradients has not: it may be 1e−40 of them.
    """
    examples, uses, scored = (
        tape.batch.inputs.shape[1],
        tape.network.cell.uses(),
        np.flatnonzero(tape.entering_steps),
    )
    by_lag = {name: np.full(len(tape.losses), -np.inf) for name in tape.network.uses}
    if not scored.size or not thrown.any():
        return _gradients(tape, {}), by_lag
    reads = shared_sources(uses, tape.reads, examples)
    sums, whole = {name: Total() for name in uses}, {name: Total() for name in uses}
    sweep = LagSweep(tape, int(scored[0]), int(scored[-1]))
    for tile, place in ((one, j) for one in sweep for j in range(len(one.squares))):
        lag = tile.lag + place
        if progress is not None:
            progress(lag, sweep.last + 1)
        if not thrown[:, lag].any():
            continue
        for part in _masked(tile, place, thrown, reads, examples):
            sums[part.name].add(part.mantissa, part.power)
        if tile.complete:
            for name in (name for name, use in uses.items() if use.delta in tile.deltas):
                matrix, power = sums[name].take()
                by_lag[name][lag] = float(log2_norms(matrix.reshape(1, -1))[0]) + power
                whole[name].add(matrix, power)
    return _gradients(tape, whole), by_lag


def _masked(
    tile: Tile, place: int, thrown: NDArray[np.bool_], reads: Mapping[Shared, Sources], examples: int
) -> Iterator[SummedProduct]:
    """The sums over the losses of a tile, at one of its lags, that lose it."""
    lag = tile.lag + place
    first, stop = max(lag, tile.first), tile.first + tile.times
    rows = slice((first - tile.first) * examples, tile.times * examples)
    mask = np.repeat(thrown[first:stop, lag], examples)[:, np.newaxis]
    for shared, sources in reads.items():
        if shared.delta in tile.deltas:
            of = tile.deltas[shared.delta]
            exponent = None if of.exponent is None else of.exponent[place, rows]
            values = np.where(mask, of.values[place, rows], 0.0)
            yield from sources.sums(values, exponent, slice((first - lag) * examples, (stop - lag) * examples))


def _gradients(tape: Tape, sums: Mapping[str, Total]) -> Gradients:
    """Sums in the shapes of their parameters, zeros for parameters without."""
    found = {}
    for name, parameter in tape.network.parameters.items():
        matrix, power = sums[name].take() if name in sums else (np.zeros(parameter.shape), 0)
        found[name] = Scaled.canonical(matrix.reshape(parameter.shape), power).frozen()
    return Gradients(FrozenMapping(found))


def _pairs(one: Gradients, other: Gradients) -> dict[str, tuple[Scaled, Scaled]]:
    """Parameter and `all` → the two gradients of it."""
    pairs = {name: (one.scaled[name], other.scaled[name]) for name in other}
    return {**pairs, ALL: (one.flat(), other.flat())}


def _each(pairs: Mapping[str, tuple[Scaled, Scaled]], of: Measure) -> Mapping[str, float]:
    return FrozenMapping({name: of(*pair) for name, pair in pairs.items()})


def _log2_ratio(one: Scaled, other: Scaled) -> float:
    size = float(other.log2_norm())
    return float("nan") if size == -np.inf else float(one.log2_norm()) - size


def _cosine(one: Scaled, other: Scaled) -> float:
    """⟨g, h⟩ / ‖g‖ ‖h‖, whatever their powers of two, which share one."""
    lengths = float(np.linalg.norm(one.mantissa)) * float(np.linalg.norm(other.mantissa))
    return float(np.clip(np.sum(one.mantissa * other.mantissa) / lengths, -1.0, 1.0)) if lengths else float("nan")


def truncates(network: Network, k2: int) -> bool:
    """Whether truncation applies: k2 is given, and all steps share their weights."""
    return k2 > 0 and all(use.tied and not use.ahead for use in network.cell.uses().values())
