"""Layers within a cell, and gates: what each passes on, by another route than the one that the screen takes.

1e−10, relative: the other route divides by φ', which is not small in these networks.
"""

from __future__ import annotations

import numpy as np
import pytest
from cases import CELLS, make_case
from toy_cells import MinimalGated, TwoLayers, registered

import core
from core.bptt.forward_step import gate_means
from core.bptt.layers import layers_of
from core.numerics.scaled import log2_norm


def test_a_part_belongs_to_the_layer_whose_matrices_read_it() -> None:
    for cell in CELLS:
        network = make_case(cell=cell).network
        assert dict(layers_of(network)) == {1: tuple(part.name for part in network.parts)}
    with registered(TwoLayers()):
        network = core.make_network(core.Experiment(cell="two-layers"))
        assert dict(layers_of(network)) == {1: ("p",), 2: ("q",)}


def test_what_a_layer_passes_down_is_what_the_delta_below_has_beyond_its_own_carried_gradient() -> None:
    with registered(TwoLayers()):
        trace = core.run(core.Experiment(cell="two-layers", hidden_size=4, timesteps=9, batch_size=2))
    slope = trace.network.activation.derivative(trace.network.by_preactivation(trace.tape.preactivations)["v"])
    for step in trace.backward_pass:
        at = step.step - 1
        at_p = step.state_gradient.to_float64()[:, :4]
        passed = step.deltas["v"].to_float64() / slope[at] - at_p
        assert 2.0 ** trace.backward_pass.log2_passed_down[2][at] == pytest.approx(np.linalg.norm(passed), rel=1e-10)
    assert set(trace.backward_pass.log2_passed_down) == {2}


def test_a_cell_of_one_layer_passes_nothing_down() -> None:
    for cell in CELLS:
        assert not core.backward_pass(make_case(cell=cell).tape()).log2_passed_down


@pytest.mark.parametrize("cell", [*CELLS, "two-layers"])
def test_what_comes_back_to_a_part_is_its_columns_of_what_comes_back(cell: str) -> None:
    with registered(TwoLayers()):
        trace = core.run(core.Experiment(cell=cell, hidden_size=3, timesteps=8, batch_size=2))
    for step in trace.backward_pass:
        carried = trace.network.by_part(step.carried.to_float64())
        for name, log2 in trace.backward_pass.log2_carried_parts.items():
            expected = float(log2_norm(carried[name]))
            assert float(log2[step.step - 1]) == pytest.approx(expected, rel=1e-12, abs=1e-10)


@pytest.mark.parametrize("cell", ["gru", "lstm", "mgu"])
def test_a_gate_is_as_open_as_its_step_says(cell: str) -> None:
    with registered(MinimalGated()):
        tape = core.run(core.Experiment(cell=cell, hidden_size=3, timesteps=8, batch_size=2)).tape
        means = gate_means(tape, [1, 5, 8])
        for at, t in enumerate((1, 5, 8)):
            gates = core.forward_step(tape, t).gates
            assert list(means) == [name for name in gates if gates[name].function == "sigmoid"]
            assert all(means[name][at] == pytest.approx(gates[name].mean, rel=1e-14) for name in means)


def test_an_activation_is_no_gate_even_where_it_is_the_logistic_function() -> None:
    for cell in ("rnn", "deep"):
        assert not gate_means(make_case(cell=cell, activation="sigmoid").tape(), [1])
    assert list(gate_means(make_case(cell="lstm", activation="sigmoid").tape(), [1])) == ["i", "f", "o"]
