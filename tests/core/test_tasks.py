"""The data are what they are said to be, and each read-out asks the question it should of them.

Series and targets are compared exactly, but the standardized series: mean 0 and deviation 1 to 1e−12.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import core
from core.tasks import make_batch, sunspots


def standardized() -> np.ndarray:
    numbers = sunspots()[1]
    return (numbers - np.mean(numbers)) / np.std(numbers)


def test_the_sunspot_series_is_complete() -> None:
    years, numbers = sunspots()
    assert np.array_equal(years, np.arange(1700, 2009))
    assert len(numbers) == 309
    assert numbers.min() >= 0
    # The strongest cycle on record peaked in 1957, and the Maunder minimum had just ended in 1712.
    assert years[np.argmax(numbers)] == 1957
    assert numbers[years == 1957] == 190.2
    assert numbers[years == 1712] == 0


def test_the_series_a_network_reads_is_standardized() -> None:
    batch = make_batch(core.Experiment(timesteps=309))
    assert batch.inputs.mean() == pytest.approx(0, abs=1e-12)
    assert batch.inputs.std() == pytest.approx(1, abs=1e-12)


@given(st.integers(1, 400), st.integers(1, 4), st.integers(0, 50))
def test_the_target_is_the_next_years_input(timesteps: int, batch_size: int, seed: int) -> None:
    batch = make_batch(core.Experiment(timesteps=timesteps, batch_size=batch_size, seed=seed))
    assert batch.inputs.shape == batch.targets.shape == (timesteps, batch_size, 1)
    assert np.array_equal(batch.targets[:-1], batch.inputs[1:])


@given(st.integers(1, 308), st.integers(1, 4), st.integers(0, 50))
def test_a_window_is_an_unbroken_stretch_of_years(timesteps: int, batch_size: int, seed: int) -> None:
    series = standardized()
    batch = make_batch(core.Experiment(timesteps=timesteps, batch_size=batch_size, seed=seed))
    stretches = np.lib.stride_tricks.sliding_window_view(series, timesteps + 1)
    for b in range(batch_size):
        window = np.append(batch.inputs[:, b, 0], batch.targets[-1, b, 0])
        assert np.any(np.all(stretches == window, axis=1))


def test_past_the_last_year_the_series_starts_again() -> None:
    series = standardized()
    batch = make_batch(core.Experiment(timesteps=700))
    inputs = batch.inputs[:, 0, 0]
    start = int(
        np.flatnonzero(np.all(np.lib.stride_tricks.sliding_window_view(np.tile(series, 2), 40) == inputs[:40], 1))[0]
    )
    assert np.array_equal(inputs, np.resize(np.roll(series, -start), 700))
    assert np.array_equal(batch.targets[:-1, 0, 0], inputs[1:])


def test_windows_of_a_batch_differ() -> None:
    batch = make_batch(core.Experiment(batch_size=8))
    assert len({tuple(batch.inputs[:, b, 0]) for b in range(8)}) >= 6


def test_sigmoid_asks_whether_the_value_is_above_its_mean() -> None:
    for task in ("sunspots", "noise"):
        asked = make_batch(core.Experiment(task=task, readout="sigmoid", timesteps=309))
        value = make_batch(core.Experiment(task=task, timesteps=309))
        assert np.array_equal(asked.targets, (value.targets > 0).astype(float))
        assert asked.targets.shape == (309, 1, 1)
        assert np.array_equal(asked.inputs, value.inputs)


def test_softmax_asks_for_the_third_the_value_lies_in() -> None:
    asked = make_batch(core.Experiment(readout="softmax", timesteps=309))
    value = make_batch(core.Experiment(timesteps=309)).targets[..., 0]
    assert asked.targets.shape == (309, 1)
    assert np.issubdtype(asked.targets.dtype, np.integer)
    assert np.array_equal(np.bincount(asked.targets.ravel()), [103, 103, 103])
    for low, high in ((0, 1), (1, 2)):
        assert value[asked.targets == low].max() < value[asked.targets == high].min()


def test_the_thirds_of_noise_are_those_of_a_normal_distribution() -> None:
    """5000 draws: a third each, to five standard errors of √(2/9/5000)."""
    targets = make_batch(core.Experiment(task="noise", readout="softmax", timesteps=5000)).targets
    shares = np.bincount(targets.ravel()) / 5000
    np.testing.assert_allclose(shares, 1 / 3, atol=5 * np.sqrt(2 / 9 / 5000))


def test_noise_is_white_and_its_targets_have_nothing_to_do_with_it() -> None:
    """5000 draws: mean, variance and correlations to five standard errors."""
    batch = make_batch(core.Experiment(task="noise", timesteps=5000))
    x, y = batch.inputs[:, 0, 0], batch.targets[:, 0, 0]
    error = 5 / np.sqrt(5000)
    for series in (x, y):
        assert abs(series.mean()) < error
        assert abs(series.var() - 1) < error * np.sqrt(2)
        assert abs(np.mean(series[1:] * series[:-1])) < error
    for lag in range(3):
        assert abs(np.mean(x[: 5000 - lag] * y[lag:])) < error


def test_scoring_is_of_every_step_or_of_the_last_alone() -> None:
    assert make_batch(core.Experiment(timesteps=6)).scored.tolist() == [True] * 6
    assert make_batch(core.Experiment(timesteps=6, scored="last")).scored.tolist() == [False] * 5 + [True]
    assert make_batch(core.Experiment(timesteps=1, scored="last")).scored.tolist() == [True]


def test_the_initial_state_is_none_at_scale_zero_and_of_its_scale_otherwise() -> None:
    assert make_batch(core.Experiment()).initial_state is None
    state = make_batch(core.Experiment(initial_state=3.0, hidden_size=1000, batch_size=20)).initial_state
    assert state.shape == (20, 1000)
    assert state.std() == pytest.approx(3.0, rel=5 / np.sqrt(2 * 20_000))
