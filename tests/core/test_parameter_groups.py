"""Parameters taken together: the norm of a group is that of its parameters' contributions as one long vector."""

from __future__ import annotations

import numpy as np
import pytest
from cases import PARAMETERS, Case, cases, make_case
from hypothesis import given

import core

RECURRENT = ("W_aa", "W_ax", "b_a")


def test_in_the_vanilla_cell_one_parameter_reads_each_source() -> None:
    trace = core.run(core.Experiment(timesteps=6))
    assert tuple(trace.parameter_groups("source")) == tuple(trace.parameter_groups("parameter")) == PARAMETERS
    assert trace.profile("source") is trace.lags
    assert [group.recurrent for group in trace.parameter_groups().values()] == [True, True, True, False, False]


@given(cases(kinds=("rnn",)))
def test_a_gate_has_the_norm_of_its_parameters_side_by_side(case: Case) -> None:
    lags = core.lag_profile(case.tape())
    members = core.parameter_groups(case.network, "gate")["gate a"].parameters
    assert members == RECURRENT
    together = lags.grouped({"a": members, "W_y": ("W_y",)})
    plain = np.stack([np.exp2(lags.log2_norm[name]) for name in members])
    np.testing.assert_allclose(np.exp2(together.log2_norm["a"]), np.linalg.norm(plain, axis=0), rtol=1e-12)
    summed = np.stack([np.exp2(lags.log2_summed[name]) for name in members])
    np.testing.assert_allclose(np.exp2(together.log2_summed["a"]), np.linalg.norm(summed, axis=0), rtol=1e-12)
    assert np.array_equal(together.log2_norm["W_y"], lags.log2_norm["W_y"])


def test_a_group_of_one_step_back_is_the_norm_of_the_stacked_matrices() -> None:
    case = make_case(steps=5, examples=3, scored="last")
    (step,) = (step for step in core.backward_steps(case.tape()) if step.step == 2)
    stacked = np.concatenate([step.contributions[name].to_float64().ravel() for name in RECURRENT])
    together = core.lag_profile(case.tape()).grouped({"a": RECURRENT})
    assert np.exp2(together.log2_norm["a"][4, 3]) == pytest.approx(np.linalg.norm(stacked), rel=1e-12)


def test_groups_neither_over_nor_underflow() -> None:
    lags = core.run(core.Experiment(timesteps=400, gain=1e-3, scored="last")).lags
    together = lags.grouped({"a": RECURRENT}).log2_norm["a"][-1]
    largest = np.max([lags.log2_norm[name][-1] for name in RECURRENT], axis=0)
    assert largest.min() < -2000
    assert np.all((together >= largest) & (together <= largest + np.log2(3) / 2 + 1e-12))
