"""The embedding's gradient against automatic differentiation through the look-up, and lag by lag loss by loss."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import autograd
import numpy as np
import pytest
from cases import Case, make_case, make_stack
from hypothesis import given
from hypothesis import strategies as st
from oracles import loss

import core


@st.composite
def embedded(draw: st.DrawFn) -> tuple[Case, core.Embedding, np.ndarray]:
    steps, examples, n_x = draw(st.integers(1, 7)), draw(st.integers(1, 4)), draw(st.integers(1, 3))
    case = make_case(
        cell=draw(st.sampled_from(("rnn", "gru", "lstm", "deep"))),
        steps=steps,
        examples=examples,
        n_x=n_x,
        n_a=draw(st.integers(1, 4)),
        gain=draw(st.sampled_from((0.0, 0.8))),
    )
    rng = np.random.default_rng(draw(st.integers(0, 1000)))
    embedding = core.Embedding(rng.standard_normal((3, n_x)))
    ids = rng.integers(3, size=(steps, examples))
    return Case(case.network, replace(case.batch, inputs=embedding.inputs(ids))), embedding, ids


def by_autograd(case: Case, weights: np.ndarray, ids: np.ndarray, losses: np.ndarray) -> np.ndarray:
    class Through:
        def __init__(self, inputs: Any) -> None:
            self.inputs, self.targets, self.scored = inputs, case.batch.targets, losses
            self.initial_state = case.batch.initial_state

    one = replace(case.batch, scored=losses)
    return autograd.grad(lambda e: loss(case.network.parameters, case.network, Through(e[ids])))(np.array(weights)) * (
        1.0 if one.scored.any() else 0.0
    )


@given(embedded())
def test_the_gradient_of_the_rows_is_that_of_automatic_differentiation(drawn: Any) -> None:
    case, embedding, ids = drawn
    found = embedding.gradient(ids, core.backward(case.tape()))
    expected = by_autograd(case, embedding.weights, ids, case.batch.scored)
    assert np.allclose(found, expected, rtol=1e-9, atol=1e-12 * max(1.0, np.abs(expected).max()))
    unused = np.setdiff1d(np.arange(3), ids)
    assert not np.any(found[unused])


@given(embedded())
def test_every_lag_has_the_norm_of_the_rows_that_its_step_uses(drawn: Any) -> None:
    case, embedding, ids = drawn
    tape = case.tape()
    found, steps = embedding.log2_norm(ids, tape), len(ids)
    for t in range(1, steps + 1):
        at_inputs = core.backward_pass(tape, losses=[t]).gradients.inputs
        for k in range(steps):
            rows = np.zeros(embedding.weights.shape)
            if k < t:
                np.add.at(rows, ids[t - 1 - k], at_inputs[t - 1 - k])
            size = float(np.abs(at_inputs).max())
            assert np.exp2(found[t - 1, k]) == pytest.approx(np.linalg.norm(rows), rel=1e-9, abs=1e-13 * size)


def test_for_one_example_it_is_the_gradient_at_the_input_however_small() -> None:
    case = make_case(steps=600, n_a=3, n_x=2, gain=0.02, scored="last")
    ids = np.random.default_rng(0).integers(4, size=(600, 1))
    embedding = core.Embedding(np.random.default_rng(1).standard_normal((4, 2)))
    tape = core.forward(case.network, replace(case.batch, inputs=embedding.inputs(ids)))
    found = embedding.log2_norm(ids, tape)
    assert np.array_equal(found, core.lag_profile(tape).log2_input_norm)
    assert found[-1, -1] < -2000


def test_examples_with_the_same_ids_and_far_below_float64_add_up() -> None:
    case = make_case(steps=400, n_a=3, n_x=2, gain=0.01, examples=2, scored="last")
    alike = replace(case.batch, inputs=np.repeat(case.batch.inputs[:, :1], 2, axis=1), initial_state=None)
    alike = replace(alike, targets=np.repeat(alike.targets[:, :1], 2, axis=1))
    ids, embedding = np.zeros((400, 2), dtype=int), core.Embedding(np.ones((1, 2)))
    tape = core.forward(case.network, alike)
    one, both = core.lag_profile(tape).log2_input_norm[-1], embedding.log2_norm(ids, tape)[-1]
    assert both[-1] < -2000
    assert np.allclose(both - one, 0.5, atol=1e-9)  # 2 g in the place of (g, g): √2 times as long


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        (np.zeros((4, 1)), r"integers \(T, B\), got \(4, 1\) float64"),
        (np.zeros(4, dtype=int), r"integers \(T, B\), got \(4,\)"),
        (np.full((4, 1), 3), "0 … 2, got 3"),
        (np.full((4, 1), -1), "0 … 2, got -1"),
    ],
)
def test_ids_that_are_none_are_refused(ids: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        core.Embedding(np.zeros((3, 2))).inputs(ids)


def test_ids_of_another_batch_and_no_matrix_are_refused() -> None:
    tape = make_case(steps=4, n_x=2).tape()
    with pytest.raises(ValueError, match=r"inputs \(4, 1, 2\), the ids and the embedding would make \(3, 1\)"):
        core.Embedding(np.zeros((3, 2))).log2_norm(np.zeros((3, 1), dtype=int), tape)
    with pytest.raises(ValueError, match=r"matrix \(V, n_x\) of finite numbers, got shape \(3,\)"):
        core.Embedding(np.zeros(3))


@given(embedded())
def test_as_the_lowest_layer_it_has_the_same_gradient_by_lag(drawn: tuple[Case, core.Embedding, np.ndarray]) -> None:
    case, embedding, ids = drawn
    if case.network.layers is not None:
        return
    looked_up = core.run(network=case.network, batch=case.batch)
    one_hot = replace(case.batch, inputs=embedding.one_hot(ids), initial_state=None)
    start = case.batch.initial_state
    if start is not None:
        whole = np.zeros((len(start), embedding.before(case.network).state_size))
        n_x = embedding.weights.shape[1]
        whole[:, n_x : n_x + start.shape[1]] = start
        one_hot = replace(one_hot, initial_state=whole)
    trace = core.run(network=embedding.before(case.network), batch=one_hot)
    assert trace.tape.loss == pytest.approx(looked_up.tape.loss, rel=1e-12, abs=1e-14)
    expected = embedding.gradient(ids, looked_up.gradients)
    assert np.allclose(trace.gradients["E_1"].T, expected, rtol=1e-10, atol=1e-12)
    found, by_hand = (np.exp2(one) for one in (trace.lags.log2_norm["E_1"], embedding.log2_norm(ids, looked_up.tape)))
    assert np.allclose(found, by_hand, rtol=1e-10, atol=1e-12)
    for name in case.network.cell.uses():
        own = np.exp2(trace.lags.log2_norm[f"{name}_2"])
        assert np.allclose(own, np.exp2(looked_up.lags.log2_norm[name]), rtol=1e-10, atol=1e-12), name


def test_it_stands_below_a_stack_and_its_layers_have_the_next_numbers() -> None:
    case, table = make_stack(("gru", "rnn"), (3, 2), steps=5), np.random.default_rng(0).standard_normal((4, 2))
    embedding, ids = core.Embedding(table), np.array([[0], [3], [3], [1], [2]])
    network = embedding.before(case.network)
    assert network.cell_name == "embedding+gru+rnn"
    assert network.cell.title == "stack of GRU and vanilla RNN with an embedding"
    batch = embedding.batch_of_ids(ids, case.batch.targets, names=list("abcd"))
    assert batch.input_names == tuple("abcd")
    trace = core.run(network=network, batch=batch)
    assert trace.lags.residual < 1e-12 and core.check_gradients(trace) < 1e-6
    assert np.array_equal(trace.network.parameters["W_aa_3"], case.network.parameters["W_aa_2"])
