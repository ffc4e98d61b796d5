"""How uncertain a weighted mean of a slow series is, judged from the series itself.

A series whose neighbors are alike has fewer independent numbers than numbers. Taken for a process of memory τ, with
autocorrelation e^(−h/τ) at distance h, its weighted sum Σ w_i x_i has the variance

    V = σ² Σ_i Σ_j w_i w_j e^(−|i − j|/τ)

The memory is not known either, and short series leave much of it open, above all on the side of long memories. So τ is
not chosen: τ = 0, 1, 2, 4 … up to 0.4 of the length are all kept, each with its likelihood (as in restricted maximum
likelihood: the series' own mean, and trend where one is asked for, are free), and log V is averaged. The likelihood
looks only at the slowest sines,

    X_j = √(2/(m + 1)) Σ_i sin(π j i / (m + 1)) x_i        j = 1 … J,    J about 2.3 √m

which are close to independent with the variances σ² (1 − φ²) / (1 − 2 φ cos ω_j + φ²), φ = e^(−1/τ), ω_j = π j/(m + 1):
what the series does faster than that says nothing about its sum, and may follow any law (Robinson 1995, Gaussian
semiparametric estimation of long range dependence, does so for another family). σ² is known from J − 1 numbers only,
J − 2 with a trend, and Student's t for so many tells how much wider the error has to be.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from core.numerics.scaled import Floats

LONGEST_MEMORY = 0.4
"""The longest memory that is considered, as a share of the series' length: one longer could not be seen in it."""

SINES = 2.3
"""The likelihood looks at the SINES √m slowest sines of a series of m numbers."""

FEWEST_SINES = 6
"""The likelihood looks at this many sines or more."""

_STUDENT = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)
"""Student's t beyond which lie 2.5 % on either side, for 1 … 10 degrees of freedom"""


def error_of_sum(weights: Floats, series: Floats, *, trend: bool = False) -> float:
    """Half of what 95 % of such series' weighted sums keep within, around what they are on average.

    It is the standard error of Σ w_i x_i, widened for short series so that two of it still cover 95 %.

    Args:
        weights: w (m,).
        series: x (m,), in order; a constant may be added to it without changing the result.
        trend: Whether a straight line may be added as well: for sums that are a slope.

    Returns:
        The error in the series' unit; nan for fewer than two numbers, or than three with a trend.
    """
    return float(errors_of_sums(weights, series[np.newaxis], trend=trend)[0])


def errors_of_sums(weights: Floats, series: Floats, *, trend: bool = False) -> Floats:
    """`error_of_sum` of several series by the same weights, each by itself: (N,) from w (m,) and x (N, m)."""
    m = series.shape[1]
    if m < 2 + trend:
        return np.full(len(series), np.nan)
    models = _models(m, trend)
    rest = series - series.mean(axis=1, keepdims=True)
    if trend:
        line = np.arange(float(m)) - (m - 1) / 2
        rest = rest - line * np.vecdot(rest, line)[:, np.newaxis] / (line @ line)
    peak = np.max(np.abs(rest), axis=1)
    spectrum = np.abs(np.fft.rfft(weights, 2 * m))
    reach = np.fft.irfft(np.square(spectrum), 2 * m)[:m]  # Σ_i w_i w_{i+h} at [h]
    reach[1:] *= 2.0
    if not reach[0] > 0:
        return np.zeros(len(series))
    x = _slowest_sines(rest / np.where(peak, peak, 1.0)[:, np.newaxis], models.precision.shape[1])
    squares = _each(models.precision, np.square(x)) - _each(models.seen, x, models.fitted)
    squares = np.maximum(squares, np.finfo(float).tiny)
    freedom = models.precision.shape[1] - models.seen.shape[1]
    log_likelihood = models.log_scale - freedom / 2 * np.log(squares)
    probability = np.exp(log_likelihood - log_likelihood.max(axis=1, keepdims=True))
    variance = np.maximum(models.correlation @ reach, np.finfo(float).tiny) * squares / freedom
    log_variance = np.vecdot(probability, np.log(variance)) / probability.sum(axis=1)
    return _student(freedom) / 2 * peak * np.exp(log_variance / 2)


def _each(matrix: Floats, series: Floats, other: Floats | None = None) -> Floats:
    """The products of a matrix (r, J) and each series (N, J), one by one: (N, r).

    Of two stacks of matrices (r, p, J) the sum over p of what one gives times what the other gives.
    """
    columns = series[..., np.newaxis]
    made = np.matmul(matrix.reshape(-1, matrix.shape[-1]), columns)[..., 0]
    if other is None:
        return made
    made = made * np.matmul(other.reshape(-1, other.shape[-1]), columns)[..., 0]
    return np.asarray(made.reshape(len(series), *matrix.shape[:2]).sum(axis=2))


class _Models(NamedTuple):
    """A process of every memory, in terms of the J slowest sines, without a mean or with neither mean nor trend (p)."""

    precision: Floats
    """(memories, J): 1/variance of X_j where σ² = 1"""
    seen: Floats
    """(memories, p, J): Cᵀ diag(precision), C the mean and the trend in sines"""
    fitted: Floats
    """(memories, p, J): (Cᵀ diag(precision) C)⁻¹ Cᵀ diag(precision)"""
    log_scale: Floats
    """(memories,): the part of the log likelihood that does not depend on the series"""
    correlation: Floats
    """(memories, m): e^(−h/τ) at [h]"""


@lru_cache(maxsize=8)
def _models(m: int, trend: bool) -> _Models:
    memories = [1.0]
    while memories[-1] * 2 <= LONGEST_MEMORY * m:
        memories.append(memories[-1] * 2)
    phi = np.array([0.0, *np.exp(-1.0 / np.array(memories))])[:, np.newaxis]
    sines = min(max(FEWEST_SINES, round(SINES * np.sqrt(m))), m)
    omega = np.pi * np.arange(1, sines + 1) / (m + 1)
    precision = (1 - 2 * phi * np.cos(omega) + np.square(phi)) / (1 - np.square(phi))
    free: list[Floats] = [np.ones(m), np.arange(float(m)) - (m - 1) / 2]
    columns = np.stack([_slowest_sines(column, sines) for column in free[: 1 + trend]])
    seen = precision[:, np.newaxis] * columns
    information = seen @ columns.T
    log_scale = (np.sum(np.log(precision), axis=1) - np.linalg.slogdet(information)[1]) / 2
    return _Models(precision, seen, np.linalg.solve(information, seen), log_scale, phi ** np.arange(m))


def _slowest_sines(series: Floats, count: int) -> Floats:
    """X_j for j = 1 … count: the coefficients of series (…, m) in the slowest sines, by the discrete sine transform."""
    m = series.shape[-1]
    padded = np.zeros((*series.shape[:-1], m + 1))
    padded[..., 1:] = series
    return np.sqrt(2.0 / (m + 1)) * -np.fft.rfft(padded, 2 * (m + 1)).imag[..., 1 : count + 1]


def _student(freedom: int) -> float:
    """Student's t for 95 % within ±t."""
    return _STUDENT[freedom - 1] if freedom <= len(_STUDENT) else 1.96 + 2.55 / freedom
