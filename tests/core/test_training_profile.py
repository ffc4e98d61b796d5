"""The profile of a recorded step is that of a trace of its network on the probe batch: two routes, the same numbers."""

from __future__ import annotations

import numpy as np
import pytest

import core
from core.training.history import TrainingHistory
from core.training.profile import STATE, probe_profile, probe_profiles, profile_map
from core.training.steps import train

EXPERIMENT = core.Experiment(timesteps=20, hidden_size=6, batch_size=3, training_steps=40, learning_rate=0.02)


def history_of(experiment: core.Experiment) -> TrainingHistory:
    history = TrainingHistory(experiment)
    for step in train(experiment):
        history.add(step)
    return history


HISTORY = history_of(EXPERIMENT)


def test_a_profile_is_that_of_a_trace_of_the_network_at_that_step() -> None:
    for profile in probe_profiles(HISTORY, most=5):
        trace = core.run(EXPERIMENT, network=HISTORY.network_at(profile.step))
        for name in trace.network.parameters:
            assert np.array_equal(profile.typical[name], trace.lags.typical(name))
        state = np.where(np.isfinite(trace.lags.log2_state_norm), trace.lags.log2_state_norm, np.nan)
        np.testing.assert_allclose(profile.typical[STATE], np.nanmean(state, axis=0), rtol=1e-12)
        assert profile.metrics == core.metrics(trace.tape)


def test_where_the_gradient_is_truncated_a_profile_has_its_cosine_with_the_whole() -> None:
    truncated = EXPERIMENT.replace(k1=3, k2=6)
    for network in (core.make_network(EXPERIMENT), HISTORY.latest.network):
        found = core.run(truncated, network=network).truncation
        assert found is not None
        assert probe_profile(truncated, network).truncated_cosine == found.cosine["all"]
        assert probe_profile(EXPERIMENT, network).truncated_cosine is None
    deep = truncated.replace(cell="deep")
    assert probe_profile(deep, core.make_network(deep)).truncated_cosine is None


def test_the_rate_of_the_state_is_that_of_the_bias_which_reads_nothing() -> None:
    """δ⟨s⟩ is one Jacobian's diagonal away from the gradient at the state: the same exponential, one example."""
    experiment = EXPERIMENT.replace(activation="identity", batch_size=1, initializer="orthogonal", timesteps=50)
    profile = probe_profile(experiment, core.make_network(experiment))
    assert profile.rate.log2_per_step == pytest.approx(np.log2(experiment.gain), abs=1e-9)


def test_a_map_has_a_row_for_each_step_and_a_column_for_each_lag() -> None:
    profiles = list(probe_profiles(HISTORY, most=6))
    found = profile_map(profiles)
    assert found.steps.tolist() == [profile.step for profile in profiles]
    assert (found.steps[0], found.steps[-1], len(found.steps)) == (0, 40, 6)
    for name in (STATE, *profiles[0].typical):
        assert found.log2_typical[name].shape == (6, 20)
        assert np.array_equal(found.log2_typical[name][2], profiles[2].typical[name])
    assert found.rates == tuple(profile.rate for profile in profiles)
    with pytest.raises(ValueError, match="no profiles"):
        profile_map([])


def test_lags_past_an_overflow_are_not_numbers() -> None:
    experiment = core.Experiment(activation="relu", gain=1e6, timesteps=100, input_gain=1e6)
    profile = probe_profile(experiment, core.make_network(experiment))
    steps = core.run(experiment).tape.losses.size
    assert steps < 100
    assert np.all(np.isnan(profile.typical[STATE][steps:]))
    assert not np.any(np.isnan(profile.typical[STATE][:steps]))


def test_progress_is_told_and_can_end_the_work() -> None:
    told: list[tuple[int, int]] = []
    list(probe_profiles(HISTORY, most=4, progress=lambda done, total: told.append((done, total))))
    assert told == [(0, 4), (1, 4), (2, 4), (3, 4)]

    def stop(done: int, total: int) -> None:
        if done == 2:
            raise InterruptedError

    work, found = probe_profiles(HISTORY, most=4, progress=stop), []
    with pytest.raises(InterruptedError):
        found.extend(work)
