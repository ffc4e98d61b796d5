"""How uncertain a weighted sum of a slow series is: by an independent route, 1e−9, and by what it covers."""

from __future__ import annotations

import numpy as np
import pytest

from core.numerics.slow_series import error_of_sum

STUDENT = {4: 2.776, 5: 2.571, 12: 2.1788, 13: 2.1604, 14: 2.1448}
"""Student's t for 95 %, from tables"""


def by_definition(weights: np.ndarray, series: np.ndarray, trend: bool) -> float:
    """With matrices written out: every memory's covariance, its likelihood for the sines, and the mean of log V."""
    m = len(series)
    place = np.arange(1, m + 1)
    count = min(max(6, round(2.3 * np.sqrt(m))), m)
    omega = np.pi * np.arange(1, count + 1) / (m + 1)
    sines = np.sqrt(2 / (m + 1)) * np.sin(np.outer(omega, place))
    free = np.column_stack([np.ones(m), place][: 1 + trend])
    freedom = count - free.shape[1]
    memories = [0.0, 1.0]
    while 2 * memories[-1] <= 0.4 * m:
        memories.append(2 * memories[-1])
    found = []
    for memory in memories:
        phi = np.exp(-1 / memory) if memory else 0.0
        deviation = np.sqrt((1 - phi**2) / np.abs(1 - phi * np.exp(1j * omega)) ** 2)
        white, design = sines @ series / deviation, sines @ free / deviation[:, np.newaxis]
        left = white - design @ np.linalg.lstsq(design, white, rcond=None)[0]
        scale = left @ left / freedom
        log_likelihood = (
            -np.log(deviation).sum() - np.log(np.linalg.svd(design)[1]).sum() - freedom / 2 * np.log(left @ left)
        )
        covariance = phi ** np.abs(place - place[:, np.newaxis]) if memory else np.eye(m)
        found.append((log_likelihood, np.log(scale * weights @ covariance @ weights)))
    log_likelihood, log_variance = np.array(found).T
    probability = np.exp(log_likelihood - log_likelihood.max())
    return float(STUDENT[freedom] / 2 * np.exp(probability @ log_variance / probability.sum() / 2))


@pytest.mark.parametrize("trend", [False, True])
@pytest.mark.parametrize("m", [6, 40])
def test_it_is_that_of_the_definition(m: int, trend: bool) -> None:
    """To the three digits after which Student's t for 12 … 14 numbers is rounded."""
    rng = np.random.default_rng(m)
    series, weights = np.cumsum(rng.standard_normal(m)) + 5, rng.standard_normal(m)
    assert error_of_sum(weights, series, trend=trend) == pytest.approx(by_definition(weights, series, trend), rel=2e-3)


def test_a_constant_has_no_error_nor_has_a_line_where_a_trend_is_free() -> None:
    weights = np.full(30, 1 / 30)
    assert error_of_sum(weights, np.full(30, -7.0)) == 0
    assert error_of_sum(weights, 3.0 * np.arange(30.0), trend=True) < 1e-12


def test_neither_a_constant_nor_the_unit_matters() -> None:
    """A constant a million times as large costs six digits."""
    rng = np.random.default_rng(0)
    series, weights = rng.standard_normal(50), rng.random(50)
    error = error_of_sum(weights, series)
    assert error_of_sum(weights, 1e6 + series) == pytest.approx(error, rel=1e-8)
    assert error_of_sum(weights, 1e-200 * series) == pytest.approx(1e-200 * error, rel=1e-12)
    assert error_of_sum(weights, 1e200 * series) == pytest.approx(1e200 * error, rel=1e-12)


def test_too_few_numbers_have_no_error() -> None:
    assert np.isnan(error_of_sum(np.ones(1), np.ones(1)))
    assert np.isnan(error_of_sum(np.ones(2), np.arange(2.0), trend=True))


@pytest.mark.parametrize(("memory", "least"), [(0.0, 0.90), (0.5, 0.90), (0.9, 0.86)])
@pytest.mark.parametrize("m", [50, 200])
def test_two_of_it_cover_the_mean_of_an_autoregressive_series(m: int, memory: float, least: float) -> None:
    """Of 500 series; 95 % is meant, and known to 1 %."""
    rng = np.random.default_rng(m)
    noise = rng.standard_normal((500, m + 100))
    for i in range(1, m + 100):
        noise[:, i] = memory * noise[:, i - 1] + np.sqrt(1 - memory**2) * noise[:, i]
    series, weights = noise[:, 100:], np.full(m, 1 / m)
    errors = np.array([error_of_sum(weights, one) for one in series])
    covered = np.mean(np.abs(series.mean(axis=1)) < 2 * errors)
    assert least < covered < 0.995
