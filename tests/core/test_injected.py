"""Gradients that are given at the whole state: at every layer, at both directions and at a cell state.

The loss is then ⟨g⟨t⟩, state⟨t⟩⟩ in all its numbers, so that central differences tell what its gradient has to be.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from cases import Case, make_bidirectional, make_both_ways, make_case, make_projected, make_stack

import core

CASES = {
    "lstm": lambda: make_case(cell="lstm"),
    "stack": lambda: make_stack(("gru", "lstm"), (3, 2)),
    "projected": lambda: make_projected(((3, 2), (4, 2))),
    "bidirectional": lambda: make_bidirectional(("lstm", "gru"), (2, 3)),
    "both ways": lambda: make_both_ways("lstm", ((2, 3), (2, 2))),
}


def at_the_whole_state(case: Case, at: slice = slice(None)) -> tuple[core.Network, core.Batch]:
    """The network without its read-out, and gradients at the numbers `at` of its state at every step."""
    names = case.network.cell.uses()
    network = replace(
        case.network, parameters={name: case.network.parameters[name] for name in names}, readout_name="none"
    )
    steps, examples, _ = case.batch.inputs.shape
    gradients = np.zeros((steps, examples, network.state_size))
    gradients[..., at] = np.random.default_rng(3).normal(size=gradients[..., at].shape)
    return network, core.Batch.injected(case.batch.inputs, gradients, case.batch.initial_state)


@pytest.mark.parametrize("kind", CASES)
def test_the_gradient_is_right_and_the_contributions_add_up_to_it(kind: str) -> None:
    network, batch = at_the_whole_state(CASES[kind]())
    trace = core.run(network=network, batch=batch)
    assert trace.tape.loss == pytest.approx(float(np.sum(trace.tape.states[1:] * batch.targets)))
    assert trace.lags.residual < 1e-12 and core.check_gradients(trace, directions=2) < 1e-7


def test_what_enters_a_lower_layer_only_leaves_the_upper_one_alone() -> None:
    network, batch = at_the_whole_state(make_stack(("gru", "lstm"), (3, 2)), slice(0, 3))
    trace = core.run(network=network, batch=batch)
    assert all((trace.gradients.log2_norm(name) == -np.inf) == name.endswith("_2") for name in network.parameters)


def test_other_widths_are_refused_with_both_that_are_allowed() -> None:
    network, batch = at_the_whole_state(make_case(cell="lstm", n_a=3))
    with pytest.raises(ValueError, match=r"\(T, B, 3\), or \(T, B, 6\) at the whole state, got \(6, 1, 5\)"):
        core.run(network=network, batch=core.Batch.injected(batch.inputs, batch.targets[..., :5]))
