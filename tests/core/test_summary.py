"""A summary holds what the trace says, in plain values that leave the process and JSON."""

from __future__ import annotations

import hashlib
import json
import pickle
from dataclasses import FrozenInstanceError

import numpy as np
import pytest

import core
import core.study.summary
from core.settings import identity
from core.study.summary import summary

SMALL = core.Experiment(hidden_size=4, timesteps=12)
OVERFLOWING = SMALL.replace(activation="relu", initializer="identity", gain=1e6, timesteps=80)
SILENT = SMALL.replace(gain=0.0, scored="last")


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm", "deep"])
def test_a_summary_holds_what_the_trace_says(cell: str) -> None:
    trace = core.run(SMALL.replace(cell=cell, gain=1.1), training_step=3)
    exponents = core.lyapunov_along(trace.tape)
    found = summary(trace, exponents)
    state, *groups = found.lines
    assert (state.name, state.share_of_past) == ("state", None)
    assert state.log2_per_step == trace.lags.state_rate.log2_per_step
    assert [line.name for line in groups] == [n for n, group in trace.parameter_groups().items() if group.recurrent]
    for line in groups:
        rate, norms = trace.profile().rate(line.name), np.exp2(trace.profile().log2_norm[line.name])
        assert (line.regime, line.horizon) == (rate.regime, rate.horizon)
        assert (line.log2_per_step, line.log2_standard_error) == (rate.log2_per_step, rate.standard_error)
        assert line.share_of_past == pytest.approx(np.mean(norms[1:, 1:].sum(axis=1) / norms[1:].sum(axis=1)))
    for matrix in found.matrices:
        own = trace.network.parameters[matrix.name]
        assert matrix.largest_singular_value == pytest.approx(np.linalg.svd(own, compute_uv=False)[0])
        assert matrix.spectral_radius == pytest.approx(max(abs(np.linalg.eigvals(own))))
    assert len(found.matrices) == {"rnn": 1, "gru": 3, "lstm": 4, "deep": 0}[cell]
    assert found.lyapunov == exponents.exponents[0]
    assert found.lyapunov_standard_error is None, "too few steps to tell"
    assert (found.loss, found.residual) == (trace.tape.loss, trace.lags.residual)
    assert (found.steps, found.overflow_step, found.training_step) == (12, None, 3)
    assert found.fingerprint == core.fingerprint(SMALL.replace(cell=cell, gain=1.1))


@pytest.mark.parametrize("experiment", [SMALL, OVERFLOWING, SILENT, SMALL.replace(timesteps=1)], ids=str)
def test_a_summary_is_plain_json_and_pickles(experiment: core.Experiment) -> None:
    trace = core.run(experiment)
    found = summary(trace, core.lyapunov_along(trace.tape))
    text = json.dumps(found.record(), allow_nan=False)
    assert json.loads(text) == found.record()
    assert pickle.loads(pickle.dumps(found)) == found
    assert len(pickle.dumps(found)) < 3000
    with pytest.raises(FrozenInstanceError):
        found.loss = 0.0
    assert found.overflow_step == trace.tape.overflow_step


def test_an_exponent_has_its_error_where_there_are_steps_enough() -> None:
    tape = core.run(SMALL.replace(timesteps=120)).tape
    exponents = core.lyapunov_along(tape, count=1)
    found = summary(core.run(SMALL.replace(timesteps=120)), exponents)
    assert found.lyapunov_standard_error == exponents.standard_errors[0] > 0


def test_what_is_not_known_is_none() -> None:
    found = summary(core.run(SILENT))
    assert found.lyapunov is None is found.lyapunov_standard_error
    assert found.lines[0].log2_per_step is None and found.lines[0].regime == "absent"
    assert summary(core.run(SILENT), core.lyapunov_along(core.run(SILENT).tape)).lyapunov is None, "−∞"
    assert [line.share_of_past for line in found.lines[1:]] == [0.0, 0.0, 0.0]


def test_a_fingerprint_is_that_of_the_settings_and_of_what_was_given() -> None:
    assert core.fingerprint(SMALL) == core.fingerprint(core.Experiment(timesteps=12, hidden_size=4))
    assert core.fingerprint(SMALL) != core.fingerprint(SMALL.replace(seed=1))
    written = ", ".join(f'"{name}": {json.dumps(value)}' for name, value in sorted(SMALL.model_dump().items()))
    assert core.fingerprint(SMALL) == hashlib.sha256(f"{{{written}}}".encode()).hexdigest()
    network, batch = core.make_network(SMALL.replace(gain=2)), core.make_batch(SMALL.replace(data_seed=5))
    made = [
        core.run(SMALL),
        core.run(SMALL, network=network),
        core.run(SMALL, batch=batch),
        core.run(SMALL, network=network, batch=batch),
        core.run(network=network, batch=batch),
        core.run(SMALL.replace(optimizer="sgd"), network=network),
    ]
    prints = [summary(trace).fingerprint for trace in made]
    assert len(set(prints)) == len(prints)
    assert summary(core.run(SMALL, network=network)).fingerprint == prints[1]


def test_the_version_is_that_of_the_program() -> None:
    assert summary(core.run(SMALL)).version == identity.program_version() != ""
