"""The metric of a task is the mean its name says, taken here example by example from what the tape shows."""

from __future__ import annotations

import math

import numpy as np
import pytest
from cases import Case, cases, make_case
from hypothesis import given

import core


def by_hand(case: Case) -> tuple[list[float], list[bool]]:
    """The metric's terms, and which answers are right: one a scored step, example and (but for softmax) output."""
    tape, terms, right = case.tape(), [], []
    for t in np.flatnonzero(tape.batch.scored):
        for b in range(tape.batch.inputs.shape[1]):
            y, target = tape.outputs[t, b], tape.batch.targets[t, b]
            if case.network.readout_name == "softmax":
                terms.append(-math.log(y[target]))
                right.append(max(range(len(y)), key=lambda j: y[j]) == target)
                continue
            for value, wanted in zip(y, target, strict=True):
                if case.network.readout_name == "identity":
                    terms.append((value - wanted) ** 2)
                else:
                    terms.append(-wanted * math.log(value) - (1 - wanted) * math.log(1 - value))
                    right.append((value > 0.5) == (wanted > 0.5))
    return terms, right


@given(cases(gains=(0.3, 1.0)))
def test_the_metric_is_the_mean_over_steps_examples_and_outputs(case: Case) -> None:
    found, (terms, right) = core.metrics(case.tape()), by_hand(case)
    assert found.loss == case.tape().loss
    if not terms:
        assert math.isnan(found.value)
        return
    assert found.value == pytest.approx(np.mean(terms), rel=1e-9, abs=1e-12)
    if case.network.readout_name == "identity":
        assert (found.name, found.accuracy) == ("mean squared error", None)
    else:
        assert found.name == "cross-entropy"
        assert found.accuracy == pytest.approx(np.mean(right))


def test_the_squared_error_is_twice_the_loss_of_a_step_with_one_output() -> None:
    tape = make_case(n_y=1, steps=5).tape()
    assert core.metrics(tape).value == pytest.approx(2 * tape.loss / 5, rel=1e-14)


@pytest.mark.parametrize("task", core.tasks.TASKS)
@pytest.mark.parametrize("readout", ["identity", "sigmoid", "softmax"])
def test_a_baseline_is_given_in_the_metric_of_its_task(task: str, readout: str) -> None:
    experiment = core.Experiment(task=task, readout=readout, timesteps=30)
    name = core.metrics(core.run(experiment).tape).name
    assert {baseline.metric for baseline in core.baselines(experiment)} == {name}
    assert all(baseline.source for baseline in core.baselines(experiment))
