"""The standard errors of networks' rates, over the windows of real data that they could have been given.

One network on 50 years of sunspots, every fifth year a start: two errors should cover 95 % of these, and asked are
88 %, since windows that overlap are some six independent ones.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

import core
from core.tasks import make_batch, sunspots

YEARS = (sunspots()[1] - sunspots()[1].mean()) / sunspots()[1].std()
STARTS = range(0, len(YEARS) - 50, 5)

Estimates = Mapping[str, tuple[np.ndarray, np.ndarray]]


def over_the_windows(network: core.Network, steps: int = 50) -> Estimates:
    """`state` and each recurrent parameter → its slopes and their standard errors, one a window."""
    found: dict[str, list[core.Rate]] = {"state": []} | {name: [] for name in network.cell.uses()}
    for start in STARTS:
        window = YEARS[start : start + steps + 1, np.newaxis, np.newaxis]
        batch = core.Batch(window[:-1], window[1:], np.ones(steps, dtype=bool))
        lags = core.lag_profile(core.forward(network, batch))
        for name, rates in found.items():
            rates.append(lags.state_rate if name == "state" else lags.rate(name))
    return {
        name: (np.array([r.log2_per_step for r in rates]), np.array([r.standard_error for r in rates]))
        for name, rates in found.items()
    }


def test_two_standard_errors_cover_the_rate_of_the_whole_series() -> None:
    """λ₁ along the 308 years, for the network that README shows."""
    network = core.make_network(core.Experiment())
    whole = core.lyapunov_of(network, YEARS[:-1, np.newaxis], count=1).exponents[0] / np.log(2.0)
    for name, (slopes, errors) in over_the_windows(network).items():
        assert np.mean(np.abs(slopes - whole) < 2 * errors) >= 0.88, name
        assert np.sqrt(np.mean(np.square(errors))) / np.std(slopes) < 1.6, name


@pytest.mark.parametrize(
    "settings",
    [
        {"leak": 0.05},
        pytest.param({"leak": 0.2}, marks=pytest.mark.slow),
        pytest.param({"cell": "gru"}, marks=pytest.mark.slow),
        {"cell": "lstm"},
    ],
    ids=["leak 0.05", "0.2", "gru", "lstm"],
)
def test_errors_are_the_scatter_for_smooth_cells_too(settings: dict[str, object]) -> None:
    """Where curves bend the same way on any data: 0.7 … 2 for every parameter, 0.8 … 1.6 in the middle of them."""
    found = over_the_windows(core.make_network(core.Experiment().replace(**settings)))
    ratios = {name: np.sqrt(np.mean(np.square(errors))) / np.std(slopes) for name, (slopes, errors) in found.items()}
    assert all(0.7 < ratio < 2.0 for ratio in ratios.values()), ratios
    assert 0.8 < np.median(list(ratios.values())) < 1.6, ratios
    for name, (slopes, errors) in found.items():
        assert np.mean(np.abs(slopes - np.mean(slopes)) < 2 * errors) >= 0.86, name


def test_errors_are_the_scatter_over_other_noise() -> None:
    """One network on 80 inputs, whose scatter is known to 8 %."""
    experiment = core.Experiment(task="noise", timesteps=50)
    network = core.make_network(experiment)
    profiles = [
        core.lag_profile(core.forward(network, make_batch(experiment.replace(data_seed=seed)))) for seed in range(1, 81)
    ]
    for name in ("W_aa", "W_ax", "b_a"):
        slopes, errors = np.array([[p.rate(name).log2_per_step, p.rate(name).standard_error] for p in profiles]).T
        assert 0.8 < np.sqrt(np.mean(np.square(errors))) / slopes.std(ddof=1) < 1.6, name
        assert np.mean(np.abs(slopes - slopes.mean()) < 2 * errors) >= 0.88, name
