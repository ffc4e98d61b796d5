"""What peers find of a thousand networks' norms, in an array library of their own: rates, errors, shares, horizons.

Everything that depends only on the number of steps is worked out before, in NumPy: the weights of each number in a
slope, the models of a slow series. What is left are sums over a network's own numbers, which a compiler sees whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.numerics import slow_series
from core.numerics.scaled import Floats


@dataclass(frozen=True)
class _Known:
    """What depends only on the number of steps, of one line: NumPy's arrays over [t, s] or [s]."""

    weight: Floats
    """(T, T): 1 where a loss t ≥ 1 and a step s < t meet, and what is read at s is not nothing"""
    offset: Floats
    """(T, T): k − k̄_t over the sum of its squares, 0 elsewhere: the slope is Σ of it times the log norms"""
    moved: Floats
    """(m,): how much each step's part of the scatter moves the slope"""
    steps: slice
    """Which steps these are"""


def _known(steps: int, first: int) -> _Known:
    """What is known of a line whose sources are nothing before step `first` (from 0)."""
    t, s = np.arange(steps)[:, np.newaxis], np.arange(steps)
    k = t - s
    weight: Any = ((k >= 1) & (s >= first)) * 1.0
    count = np.maximum(weight.sum(1), 1.0)
    offset: Any = (k - (weight * k).sum(1, keepdims=True) / count[:, np.newaxis]) * weight
    offset /= (offset**2).sum()
    return _Known(weight, offset, offset.sum(0)[first:-1], slice(first, steps - 1))


def _octaves(steps: int, offset: Floats) -> tuple[Any, Any]:
    """Which gains (octaves, T, T) belong to each octave of lags, and how each step's moves the slope, (T − 2,)."""
    firsts = [1]
    while firsts[-1] * 2 <= (steps - 2) // 2:
        firsts.append(firsts[-1] * 2)
    k = np.arange(steps)[:, np.newaxis] - np.arange(steps)
    inside = (k >= 1) & (np.arange(steps) >= 1)
    ends = [*firsts[1:], steps]
    masks = np.stack([inside & (k >= low) & (k < high) for low, high in zip(firsts, ends, strict=True)]) * 1.0
    beyond = np.cumsum(offset, axis=1) - offset  # the weights of all lags that are longer than k, at [t, s]
    return masks, (beyond * inside).sum(0)[1:-1]


def _error(xp: Any, moved: Floats, series: Any, trend: bool) -> Any:
    """`core.numerics.slow_series.error_of_sum` in the array library `xp`; its models are at hand."""
    m = len(moved)
    models = slow_series._models(m, trend)
    free = np.stack([np.ones(m), np.arange(m) - (m - 1) / 2])[: 1 + trend]
    aside = xp.asarray(np.eye(m) - free.T @ np.linalg.solve(free @ free.T, free))
    sines = xp.asarray(slow_series._slowest_sines(np.eye(m), models.precision.shape[1]).T)
    spectrum = np.abs(np.fft.rfft(moved, 2 * m))
    reach = np.fft.irfft(np.square(spectrum), 2 * m)[:m] * np.where(np.arange(m), 2.0, 1.0)
    x = sines @ (aside @ series)
    made, fitted = xp.asarray(models.seen) @ x, xp.asarray(models.fitted) @ x
    squares = xp.asarray(models.precision) @ x**2 - (made * fitted).sum(-1)
    freedom = models.precision.shape[1] - models.seen.shape[1]
    log_likelihood = xp.asarray(models.log_scale) - freedom / 2 * xp.log(squares)
    probability = xp.exp(log_likelihood - log_likelihood.max())
    variance = xp.asarray(models.correlation @ reach) * squares / freedom
    log_variance = (probability * xp.log(variance)).sum() / probability.sum()
    return slow_series._student(freedom) / 2 * xp.exp(log_variance / 2)


def _gain_error(xp: Any, logs: Any, offset: Floats) -> Any:
    """The error of the state's slope, from log norms (T, T) at [t, s]: `errors_of_gains`."""
    masks, moved = _octaves(len(offset), offset)
    counts = masks.sum(1)[:, 1:-1]
    gains = xp.where(xp.asarray(masks.sum(0) > 0)[:, 1:], logs[:, :-1] - logs[:, 1:], 0.0)
    totals = xp.einsum("ots,ts->os", xp.asarray(masks[:, :, 1:]), gains)[:, :-1]
    share = counts / counts.sum(0)
    normal = np.diag(counts.sum(1)) - share @ counts.T
    solution = xp.asarray(np.linalg.pinv(normal, rcond=len(normal) * np.finfo(float).eps, hermitian=True))
    of_steps = totals.sum(0)
    mu = solution @ (totals.sum(-1) - xp.asarray(share) @ of_steps)
    return _error(xp, moved, (of_steps - xp.asarray(counts.T.copy()) @ mu) / xp.asarray(counts.sum(0)), False)


def rates_of(xp: Any, deltas: Any, at_state: Any, sources: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    """Slopes, their errors, shares, horizons and all norms added up, by name.

    From δ and ∂L_t/∂a⟨s⟩, (T, T, n) at [t, s], in the array library `xp`; no number is read where s > t.
    """
    steps = deltas.shape[0]
    t = np.arange(steps)
    inside = t[:, None] >= t
    size = xp.log2(xp.sqrt((deltas**2).sum(-1)))
    logs = {"state": xp.log2(xp.sqrt((at_state**2).sum(-1)))}
    logs |= {name: size + xp.log2(xp.sqrt((source**2).sum(-1)))[None, :] for name, source in sources.items()}
    slopes, errors, shares, horizons, sizes = {}, {}, {}, {}, {}
    at = np.maximum(t[:, None] - t, 0)
    for name, by_step in logs.items():
        # What W_aa reads at the first step is a⟨0⟩ = 0.
        known, there = _known(steps, int(name == "W_aa")), inside & (t >= (name == "W_aa"))
        value = xp.where(xp.asarray(there), by_step, 0.0)
        slopes[name] = (xp.asarray(known.offset) * value).sum()
        if name == "state":
            errors[name] = _gain_error(xp, value, known.offset)
        else:
            weight = known.weight[:, known.steps]
            read = xp.where(xp.asarray(weight > 0), (value - logs["state"])[:, known.steps], 0.0).sum(0)
            own = _error(xp, known.moved, read / xp.asarray(weight.sum(0)), True)
            errors[name] = xp.sqrt(errors["state"] ** 2 + own**2)
        by_lag = np.take_along_axis(there, at, 1) & inside
        number = by_lag.sum(0)
        curve = xp.where(xp.asarray(by_lag), value[t[:, None], at], 0.0).sum(0) / xp.asarray(
            np.maximum(number, 1) * 1.0
        )
        curve = xp.where(xp.asarray(number > 0), curve, -xp.inf)
        kept = (curve >= curve[0] + np.log2(0.01)) * xp.asarray(t + 1)
        last = steps - 1 if name == "W_aa" else steps
        first_gone = kept.max()
        horizons[name] = xp.where(first_gone < last, first_gone, steps)
        if name != "state":
            terms = xp.where(xp.asarray(there), xp.exp2(value), 0.0)
            whole, now = terms.sum(-1), (terms * xp.asarray(np.eye(steps))).sum(-1)
            shares[name], sizes[name] = ((whole - now)[1:] / whole[1:]).mean(), whole.sum()
    return slopes, errors, shares, horizons, sizes


def residual_of(xp: Any, deltas: Any, sources: dict[str, Any], gradients: dict[str, Any], sizes: dict[str, Any]) -> Any:
    """The largest ‖Σ contributions − gradient‖ over all norms added up."""
    summed = deltas.sum(0)
    away = {name: summed.T @ source - gradients[name].reshape(summed.shape[1], -1) for name, source in sources.items()}
    return xp.stack([xp.sqrt((away[name] ** 2).sum()) / sizes[name] for name in sources]).max()
