"""The standard error of a rate: how far the slope on other data of the same kind would be from this one.

What is estimated is the slope over the same lags, on average over sequences of the same length and kind. Where the
curve is straight, this is the long-run rate (λ₁ / log 2); where it still bends, as for units that leak slowly, it is
the rate over these lags, and more lags would change it by more than the error says.

Two things scatter. The **gains**: from lag k to k + 1 of loss t, log₂ ‖contribution‖ changes by what step s = t − k
does, whatever the loss is; every curve is a walk, all share its steps, and a step that multiplies by more moves all
lags beyond it. And what is **read**: log₂ ‖contribution(t, k)‖ = log₂ ‖gradient at the state‖ + log₂ of the size of
what the parameter reads at step s, and this comes and goes without adding up. Both are slow where the data are, and
`core.numerics.slow_series` finds how slow.

Tables of several networks come together, (N, K, T) at [network, k, t−1], with their exact zeros in the same places, so
that all that depends on these places only is worked out once. Every sum runs over one network's numbers in the order
that they have by themselves, so that none depends on the other networks: a choice among losses must not change the
order in memory, as an index does.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right

import numpy as np

from core.bptt.step_sums import blocks, by_step
from core.numerics.scaled import Floats
from core.numerics.slow_series import errors_of_sums

FEWEST_LOSSES = 8
"""With fewer losses, what belongs to a lag and what belongs to a step look the same."""


def errors_of_gains(by_lag: Floats, mean: Floats, spread: float) -> Floats:
    """Standard errors of the slope Σ (k − k̄_t) v(t, k) / spread that comes from the scatter of the gains.

    The gain from lag k to k + 1 of loss t, at step s = t − k, moves every later lag of that loss, and so the slope by
    the sum of their weights; over all losses, step s moves it by w⟨s⟩. A curve that bends has gains that depend on
    the lag as well, the same on all data; so gain(t, k) = μ(k) + η⟨s⟩ by least squares, μ constant from each power of
    two to the next, and the error is that of Σ_s w⟨s⟩ η⟨s⟩.

    Args:
        by_lag: v, log₂ norms (N, K, T) at [network, k, t−1], −inf for exact zeros.
        mean: k̄ (T,), the mean lag of every loss.
        spread: Σ (k − k̄_t)² over all finite v of a network with k ≥ 1.

    Returns:
        The errors in bits per step, (N,); nan with fewer than two steps.
    """
    networks, lags_in_all, steps = by_lag.shape
    octaves = _octaves(by_lag[0])
    counts, totals = np.zeros((len(octaves), steps)), np.zeros((networks, len(octaves), steps))
    moved, before = np.zeros((2, steps))
    for lags in blocks(1, lags_in_all - 1, steps):
        losses = slice(lags.start, None)
        part = by_lag[:, lags.start : lags.stop + 1, losses]
        with np.errstate(invalid="ignore"):
            gains = part[:, 1:] - part[:, :-1]
        both = np.isfinite(gains[0])
        # The weights of all lags add up to 0, so those after k are minus those up to k.
        pull = mean[losses] - np.arange(float(lags.start), lags.stop)[:, np.newaxis]
        pull *= np.isfinite(part[0, :-1])
        for row in pull:  # np.cumsum takes ten times as long along the first axis
            before[losses] += row
            row[:] = before[losses]
        inside = slice(bisect_right(octaves, lags.start) - 1, bisect_left(octaves, lags.stop))
        starts = [max(first - lags.start, 0) for first in octaves[inside]]
        counts[inside, : steps - lags.start] += by_step(both, both, starts)
        totals[:, inside, : steps - lags.start] += by_step(gains, both, starts)
        moved[: steps - lags.start] += by_step(pull, both)[0]
    there = np.any(counts > 0, axis=0)
    return errors_of_sums(moved[there] / spread, _by_step_alone(counts[:, there], np.compress(there, totals, axis=2)))


def errors_of_reads(by_lag: Floats, state_by_lag: Floats, mean: Floats, spread: float) -> Floats:
    """Standard errors of the slope Σ (k − k̄_t) v(t, k) / spread that comes from the scatter of what is read.

    r⟨s⟩ is the mean over the losses of v(t, k) − log₂ ‖gradient at the state‖, s = t − k. It moves the slope by
    Σ_t (k − k̄_t) / spread, and neither its mean nor a trend in it belongs to its scatter.

    Args:
        by_lag: v, log₂ norms (N, K, T) at [network, k, t−1], −inf for exact zeros.
        state_by_lag: The same of the gradient at the state.
        mean: k̄ (T,), the mean lag of every loss.
        spread: Σ (k − k̄_t)² over all finite v of a network with k ≥ 1.

    Returns:
        The errors in bits per step, (N,); nan with fewer than three steps.
    """
    networks, lags_in_all, steps = by_lag.shape
    (count, moved), total = np.zeros((2, steps)), np.zeros((networks, steps))
    for lags in blocks(1, lags_in_all, steps):
        losses, reached = slice(lags.start, None), slice(0, steps - lags.start)
        with np.errstate(invalid="ignore"):
            read = by_lag[:, lags, losses] - state_by_lag[:, lags, losses]
        both = np.isfinite(read[0])
        offset = np.arange(float(lags.start), lags.stop)[:, np.newaxis] - mean[losses]
        count[reached] += by_step(both, both)[0]
        total[:, reached] += by_step(read, both)[:, 0]
        moved[reached] += by_step(offset, both)[0]
    there = count > 0
    return errors_of_sums(moved[there] / spread, np.compress(there, total, axis=1) / count[there], trend=True)


def _octaves(by_lag: Floats) -> list[int]:
    """The lags 1, 2, 4 … at which μ(k) changes: up to half of all, since the longest lags have few losses."""
    octaves = [1]
    if np.count_nonzero(np.isfinite(by_lag[1])) >= FEWEST_LOSSES:
        while octaves[-1] * 2 <= (len(by_lag) - 2) // 2:
            octaves.append(octaves[-1] * 2)
    return octaves


def _by_step_alone(counts: Floats, totals: Floats) -> Floats:
    """η (N, m) of tables of values μ_o + η_s, whose cells have these counts (octaves, m) and totals (N, octaves, m)."""
    of_step = counts.sum(axis=0)
    if len(counts) == 1:
        return np.asarray(totals[:, 0] / of_step)
    share = counts / of_step
    normal = np.diag(counts.sum(axis=1)) - share @ counts.T
    # A constant may go from all μ to all η, so that one of the equations follows from the others.
    solution = np.linalg.pinv(normal, rcond=len(normal) * np.finfo(float).eps, hermitian=True)
    of_steps = totals.sum(axis=1)
    right = totals.sum(axis=2) - np.matmul(share, of_steps[..., np.newaxis])[..., 0]
    mu = np.matmul(solution, right[..., np.newaxis])
    return np.asarray((of_steps - np.matmul(counts.T, mu)[..., 0]) / of_step)
