"""Every unit at every step: the numbers of the tape and of the backward pass, and the counts of the stepper."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_cells import TOYS, registered

import core
from core.bptt.unit_readings import unit_gradients, unit_readings
from core.network.cells import CELLS
from core.network.cells.protocol import Cell


@pytest.fixture(scope="module", params=[*CELLS.values(), *TOYS], ids=lambda cell: cell.name)
def trace(request: pytest.FixtureRequest) -> core.Trace:
    cell: Cell = request.param
    settings = core.Experiment(hidden_size=5, timesteps=9, batch_size=3, gain=2.5)
    if cell.name in CELLS:
        return core.run(settings.replace(cell=cell.name))
    with registered(cell):
        return core.run(settings.replace(cell=cell.name))


def test_they_are_what_the_stepper_says_of_each_step(trace: core.Trace) -> None:
    steps = [core.forward_step(trace.tape, t) for t in range(1, len(trace.tape.losses) + 1)]
    for name, function in trace.network.cell.functions(trace.network.activation).items():
        found = [unit_readings(trace.tape, name, example) for example in range(3)]
        for t, step in enumerate(steps):
            gate = step.gates[name]
            assert sum(int(one.saturated[t].sum()) for one in found) == gate.saturated
            mean = np.mean([one.slopes[t] for one in found]) * function.slope_bound
            assert mean == pytest.approx(gate.mean_slope, rel=1e-12)
            for one, values in zip(found, gate.values, strict=True):
                np.testing.assert_allclose(one.values[t], values, rtol=1e-14)


def test_gradients_have_the_size_and_sign_of_the_backward_pass(trace: core.Trace) -> None:
    back = core.backward_pass(trace.tape, losses=[6])
    for name, logs in back.log2_deltas.items():
        found = [unit_gradients(back, name, example) for example in range(3)]
        squares = np.stack([2 * one.log2 for one in found])
        np.testing.assert_allclose(np.logaddexp2.reduce(squares, axis=(0, 2)) / 2, logs, rtol=1e-12)
        for s in range(1, len(logs) + 1):
            delta = back.step(s).deltas[name].to_float64("delta")
            for one, values in zip(found, delta, strict=True):
                np.testing.assert_allclose(one.sign[s - 1] * 2.0 ** one.log2[s - 1], values, rtol=1e-12)


@given(
    gain=st.floats(0.0, 3.0),
    bias=st.floats(-3.0, 3.0),
    batch_size=st.integers(1, 3),
    seed=st.integers(0, 1000),
)
@settings(max_examples=20)
def test_a_relu_unit_is_dead_where_no_example_ever_switches_it_on(
    gain: float, bias: float, batch_size: int, seed: int
) -> None:
    trace = core.run(
        core.Experiment(
            activation="relu", hidden_size=4, timesteps=5, gain=gain, bias=bias, batch_size=batch_size, seed=seed
        )
    )
    found = unit_readings(trace.tape, "z")
    assert found.dead.tolist() == [bool(np.all(trace.tape.states[1:, :, i] == 0.0)) for i in range(4)]
    assert np.all(found.saturated[:, found.dead]), "a dead unit is saturated at every step"


def test_a_far_gradient_is_below_float64_and_still_known() -> None:
    trace = core.run(core.Experiment(gain=0.01, timesteps=400, hidden_size=3))
    found = unit_gradients(core.backward_pass(trace.tape, losses=[400]), "z")
    assert np.isfinite(found.log2[0]).all()
    assert found.log2[0].max() < -1100
    assert set(np.abs(found.sign[0])) == {1.0}


def test_what_is_not_there_is_refused_with_what_is() -> None:
    trace = core.run(core.Experiment(hidden_size=2, timesteps=3, batch_size=2))
    with pytest.raises(ValueError, match="unknown pre-activation 'q'; the cell has z"):
        unit_readings(trace.tape, "q")
    with pytest.raises(ValueError, match="unknown pre-activation 'q'; there is a gradient at z"):
        unit_gradients(trace.backward_pass, "q")
    for take in (lambda: unit_readings(trace.tape, "z", 2), lambda: unit_gradients(trace.backward_pass, "z", -1)):
        with pytest.raises(ValueError, match="example must lie in 0 … 1, got"):
            take()
