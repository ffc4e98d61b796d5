"""Whatever the settings, an experiment runs, and says what it found, without a warning or an error of NumPy's.

Warnings are errors in all tests here; the searches read everything that is worked out only when it is asked for.
"""

from __future__ import annotations

import numpy as np
import pytest

import core
from core.tasks import make_batch
from tests.core.drawn_experiments import run


def read_everything(trace: core.Trace) -> None:
    """Ask for every quantity that is made only then."""
    lags = trace.lags
    for name in lags.log2_norm:
        assert not np.isnan(lags.log2_norm[name]).any()
        assert not np.isnan(lags.typical(name)).any()
        assert lags.rate(name).factor >= 0 or np.isnan(lags.rate(name).log2_per_step)
    for by in ("source", "gate"):
        for name in trace.parameter_groups(by):
            assert trace.profile(by).rate(name).lags <= len(lags.scored)
    assert set(trace.backward_pass.log2_so_far) == set(lags.log2_norm)
    assert all(np.all(path < np.inf) for path in trace.backward_pass.log2_paths.values())
    assert np.isnan(lags.state_rate.log2_per_step) or lags.state_rate.factor >= 0
    found = core.claims(trace)
    assert len(found) == 6
    assert all(str(claim) for claim in found)


@pytest.mark.parametrize("seed", [pytest.param(n, marks=pytest.mark.slow if n >= 40 else ()) for n in range(80)])
def test_a_random_experiment_runs_without_a_warning(seed: int) -> None:
    trace = run(seed, longest=30)
    if trace is not None:
        read_everything(trace)


@pytest.mark.slow
@pytest.mark.parametrize("first", range(1000, 1400, 100))
def test_hundreds_more_run_without_a_warning(first: int) -> None:
    for seed in range(first, first + 100):
        trace = run(seed)
        if trace is not None:
            read_everything(trace)


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_a_factor_past_float64_is_known_by_its_log(cell: str) -> None:
    trace = core.run(core.Experiment(cell=cell, gain=1e6))
    rates = {name: trace.lags.rate(name) for name in trace.network.cell.uses()}
    slopes = {name: rate.log2_per_step for name, rate in rates.items() if np.isfinite(rate.log2_per_step)}
    assert max(slopes.values()) > 1024
    for name, slope in slopes.items():
        assert rates[name].factor == (np.inf if slope >= 1024 else 0.0 if slope < -1075 else pytest.approx(2.0**slope))


@pytest.mark.parametrize("scored", [[True, False], [True, False, True, False, False]])
def test_steps_without_a_loss_have_nothing_to_lose_to_truncation(scored: list[bool]) -> None:
    experiment = core.Experiment(timesteps=len(scored), k1=1, k2=1)
    made = make_batch(experiment)
    trace = core.run(experiment, batch=core.Batch(made.inputs, made.targets, np.array(scored)))
    assert trace.truncation is not None
    assert trace.truncation.log2_lost["W_aa"].shape == (len(scored),)
    longest = int(np.flatnonzero(scored)[-1])
    assert np.isfinite(trace.truncation.log2_lost["b_a"]).sum() == longest
    assert np.isnan(trace.truncation.share_cut[longest + 1 :]).all()
