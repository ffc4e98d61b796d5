"""Losses as frameworks have them: masks, ignored classes, class weights, a mean or a sum, one target at the end.

Each is held against the loss written out for one example at a time, and its gradient against automatic
differentiation of that; a mask against running every example alone.
"""

from __future__ import annotations

from dataclasses import replace

import autograd
import numpy as np
import pytest
from cases import CELLS, make_case
from cell_equations import EQUATIONS, initial
from hypothesis import given
from hypothesis import strategies as st
from oracles import _loss_of_one, functions

import core
from core.network.batch import REDUCTIONS


def weighted_loss(parameters: dict[str, np.ndarray], network: core.Network, batch: core.Batch, w: np.ndarray) -> float:
    """Σ w⟨t⟩_b loss, example by example."""
    equations, made_of = EQUATIONS[network.cell_name], functions(network)
    total = 0.0
    for b in range(batch.inputs.shape[1]):
        start = None if batch.initial_state is None else batch.initial_state[b]
        state = initial(equations, network.hidden_size, start)
        for t in range(len(batch.inputs)):
            state, _ = equations.forward(equations.at(parameters, t), made_of, state, batch.inputs[t, b])
            if w[t, b]:
                o = parameters["W_y"] @ state[: network.hidden_size] + parameters["b_y"]
                total = total + w[t, b] * _loss_of_one(network.readout_name, o, batch.targets[t, b])
    return total


def agrees(network: core.Network, batch: core.Batch, w: np.ndarray) -> None:
    """Loss, gradient and lag profile are those of the weighted sum."""
    tape = core.forward(network, batch)
    parameters = {name: np.array(value) for name, value in network.parameters.items()}
    assert tape.loss == pytest.approx(float(weighted_loss(parameters, network, batch, w)), rel=1e-12, abs=1e-14)
    gradients, lags = core.backward(tape), core.lag_profile(tape)
    assert lags.residual < 1e-12
    assert np.array_equal(lags.scored, w.any(axis=1))
    expected = (
        autograd.grad(weighted_loss)(parameters, network, batch, w)
        if w.any()
        else {name: np.zeros_like(value) for name, value in parameters.items()}
    )
    for name, gradient in gradients.items():
        scale = max(1.0, float(np.max(np.abs(expected[name]))))
        assert np.allclose(gradient, expected[name], rtol=1e-9, atol=1e-11 * scale), name


@st.composite
def masked(draw: st.DrawFn) -> tuple[core.Network, core.Batch]:
    steps, examples = draw(st.integers(1, 7)), draw(st.integers(1, 4))
    case = make_case(
        cell=draw(st.sampled_from(CELLS)),
        readout=draw(st.sampled_from(("identity", "sigmoid", "softmax"))),
        steps=steps,
        examples=examples,
        n_a=draw(st.integers(1, 4)),
        n_y=draw(st.integers(2, 3)),
        gain=draw(st.sampled_from((0.0, 0.7))),
        seed=draw(st.integers(0, 100)),
    )
    bits = draw(st.lists(st.booleans(), min_size=steps * examples, max_size=steps * examples))
    return case.network, replace(case.batch, scored=np.array(bits).reshape(steps, examples))


@given(masked())
def test_a_mask_scores_each_example_at_its_own_steps(drawn: tuple[core.Network, core.Batch]) -> None:
    network, batch = drawn
    agrees(network, batch, batch.mask / batch.inputs.shape[1])


@given(masked())
def test_a_masked_batch_is_its_examples_each_run_alone(drawn: tuple[core.Network, core.Batch]) -> None:
    network, batch = drawn
    gradients, examples = core.backward(core.forward(network, batch)), batch.inputs.shape[1]
    total = dict.fromkeys(gradients, 0.0)
    for b in range(examples):
        start = None if batch.initial_state is None else batch.initial_state[b : b + 1]
        alone = core.Batch(batch.inputs[:, b : b + 1], batch.targets[:, b : b + 1], batch.mask[:, b], start)
        own = core.backward(core.forward(network, alone))
        total = {name: total[name] + own[name] / examples for name in total}
    for name, gradient in gradients.items():
        assert np.allclose(gradient, total[name], rtol=1e-10, atol=1e-12), name


@given(masked(), st.sampled_from(REDUCTIONS), st.booleans())
def test_every_reduction_and_class_weights_are_a_weighted_sum(
    drawn: tuple[core.Network, core.Batch], reduction: core.network.batch.Reduction, weighted: bool
) -> None:
    network, batch = drawn
    classes = network.readout.classes
    of_class = np.array([0.5, 2.0, 0.0])[: network.output_size] if weighted and classes else None
    found = core.Batch.of(
        batch.inputs,
        batch.targets,
        scored=batch.mask,
        class_weights=of_class,
        reduction=reduction,
        initial_state=batch.initial_state,
    )
    w = batch.mask * (1.0 if of_class is None else of_class[batch.targets])
    divisor = {"examples": batch.inputs.shape[1], "mean": w.sum() or 1.0, "sum": 1.0}[reduction]
    agrees(network, found, w / divisor)


def test_an_example_that_is_masked_throughout_has_no_gradient_and_takes_none_from_the_others() -> None:
    case = make_case(steps=6, examples=3)
    mask = np.ones((6, 3), dtype=bool)
    mask[:, 1] = False
    tape = core.forward(case.network, replace(case.batch, scored=mask))
    assert not np.any(core.backward(tape).inputs[:, 1])
    other = np.array(case.batch.inputs)
    other[:, 1] = 7.0
    again = core.forward(case.network, replace(case.batch, scored=mask, inputs=other))
    assert again.loss == tape.loss
    assert np.array_equal(core.lag_profile(again).log2_norm["W_ax"], core.lag_profile(tape).log2_norm["W_ax"])


def test_a_mask_of_nothing_leaves_no_loss_and_no_gradient() -> None:
    case = make_case(steps=4, examples=2, cell="lstm")
    trace = core.run(network=case.network, batch=replace(case.batch, scored=np.zeros((4, 2), dtype=bool)))
    assert trace.tape.loss == 0.0
    assert not trace.lags.scored.any()
    assert all(trace.gradients.log2_norm(name) == -np.inf for name in trace.gradients)
    assert np.isnan(core.metrics(trace.tape).value)


def test_a_mask_that_all_examples_share_is_one_of_the_steps() -> None:
    case = make_case(steps=4, examples=2)
    steps = np.array([True, False, True, True])
    found = replace(case.batch, scored=np.repeat(steps[:, np.newaxis], 2, axis=1))
    assert np.array_equal(found.scored, steps)
    assert found.same_as(replace(case.batch, scored=steps))


def test_targets_that_are_not_scored_may_be_anything() -> None:
    case = make_case(steps=4, examples=2, readout="softmax", n_y=3)
    mask = np.array([[True, False]] * 4)
    wild, quiet = np.array(case.batch.targets), np.array(case.batch.targets)
    wild[:, 1], quiet[:, 1] = [-100, 255, -1, 3], 0
    with_ids = core.run(network=case.network, batch=replace(case.batch, targets=wild, scored=mask))
    assert with_ids.tape.loss == core.forward(case.network, replace(case.batch, targets=quiet, scored=mask)).loss
    values = make_case(steps=4, examples=2)
    wild = np.array(values.batch.targets)
    wild[:, 1] = np.nan
    assert np.isfinite(core.forward(values.network, replace(values.batch, targets=wild, scored=mask)).loss)
    with pytest.raises(ValueError, match="must be finite"):
        replace(values.batch, targets=wild)


def test_an_ignored_class_is_not_scored() -> None:
    case = make_case(steps=3, examples=2, readout="softmax", n_y=3)
    ids = np.array([[0, 255], [255, 2], [1, 1]])
    batch = core.Batch.of(case.batch.inputs, ids, ignore_index=255, reduction="mean")
    assert np.array_equal(batch.mask, ids != 255)
    agrees(case.network, batch, (ids != 255) / 4.0)


def test_targets_of_the_last_step_alone_stand_at_the_end_of_each_example() -> None:
    case = make_case(steps=4, examples=3, readout="softmax", n_y=3)
    batch = core.Batch.of(case.batch.inputs, [2, 0, 1], last=True, lengths=[4, 2, 1])
    assert np.argwhere(batch.mask).tolist() == [[0, 2], [1, 1], [3, 0]]
    assert batch.targets[[3, 1, 0], [0, 1, 2]].tolist() == [2, 0, 1]
    values = make_case(steps=4, examples=3, n_y=2)
    targets = np.arange(6.0).reshape(3, 2)
    last = core.Batch.of(values.batch.inputs, targets, last=True)
    assert last.scored.tolist() == [False, False, False, True]
    assert np.array_equal(last.targets[3], targets)
    agrees(values.network, last, np.repeat([[0.0], [0.0], [0.0], [1 / 3]], 3, axis=1))


def test_padded_steps_after_an_examples_own_are_not_scored() -> None:
    case = make_case(steps=4, examples=3)
    batch = core.Batch.of(case.batch.inputs, case.batch.targets, lengths=[4, 1, 3], reduction="mean")
    assert batch.mask.sum(axis=0).tolist() == [4, 1, 3]
    assert batch.factors(1.0).sum() == pytest.approx(1.0)


X = np.zeros((4, 2, 1))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: core.Batch.of(X, np.zeros((4, 2, 1)), class_weights=[1.0]), "for integer class ids"),
        (lambda: core.Batch.of(X, np.zeros((4, 2, 1)), ignore_index=-100), "for integer class ids"),
        (lambda: core.Batch.of(X, np.zeros((4, 2), dtype=int), reduction="max"), "examples, mean, sum, got 'max'"),
        (lambda: core.Batch.of(X, [0, 1, 2], last=True), r"\(B, n_y\) or \(B,\) with B = 2, got \(3,\)"),
        (lambda: core.Batch.of(X, [0, 1], last=True, scored=np.ones(4)), "leave scored out"),
        (lambda: core.Batch.of(X, np.zeros((4, 2)), lengths=[5, 1]), r"2 numbers in 1 … 4"),
        (lambda: core.Batch.of(X, np.zeros((3, 2, 1))), r"T, B = \(4, 2\) as the inputs have, got \(3, 2, 1\)"),
        (lambda: core.Batch.of(X, np.zeros((4, 2, 1)), scored=np.ones(3)), r"\(T, B\) = .*|got \(3,\)"),
        (lambda: core.Batch.of(X[0], np.zeros((4, 2))), r"inputs must have shape \(T, B, n_x\), got \(2, 1\)"),
        (lambda: core.Batch.of(X, np.full((4, 2), 3), class_weights=[1, 1]), r"classes 3 … 3"),
        (lambda: core.Batch(X, np.zeros((4, 2, 1)), np.ones(4), None, np.ones(4)), r"\(T, B\) = \(4, 2\), got \(4,\)"),
        (lambda: core.Batch(X, X, np.ones(4), None, np.full((4, 2), np.nan)), "weights must be finite"),
    ],
)
def test_a_loss_that_does_not_fit_says_what_was_given(make: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()  # type: ignore[operator]


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_the_initial_state_comes_in_the_shapes_that_frameworks_have(cell: str) -> None:
    case = make_case(cell=cell, steps=3, examples=2, n_a=3)
    rng = np.random.default_rng(0)
    h = rng.standard_normal((1, 2, 3))
    flat = core.forward(case.network, replace(case.batch, initial_state=h[0]))
    by_layer = core.forward(case.network, replace(case.batch, initial_state=h))
    assert np.array_equal(flat.states, by_layer.states)
    if cell == "lstm":
        c = rng.standard_normal((1, 2, 3))
        both = core.forward(case.network, replace(case.batch, initial_state=(h, c)))
        assert np.array_equal(both.states[0], np.concatenate([h[0], c[0]], axis=1))
        again = core.forward(case.network, replace(case.batch, initial_state=(h[0], c[0])))
        assert np.array_equal(again.states, both.states)


@pytest.mark.parametrize("wrong", [np.zeros((2, 2, 3)), np.zeros((1, 2, 4)), np.zeros((1, 3, 3)), np.zeros((3, 2))])
def test_an_initial_state_of_another_shape_is_refused_with_those_that_fit(wrong: np.ndarray) -> None:
    case = make_case(cell="lstm", steps=3, examples=2, n_a=3)
    with pytest.raises(ValueError, match=r"\(2, 3\), \(2, 6\) for the whole state or \(1, 2, 3\) by layer, got"):
        core.forward(case.network, replace(case.batch, initial_state=wrong))
    with pytest.raises(ValueError, match="parts of an initial state must be"):
        replace(case.batch, initial_state=(np.zeros((1, 2, 3)), np.zeros((2, 3))))


def test_gradients_given_at_the_states_have_two_names_for_one_batch() -> None:
    given_there = np.ones((4, 2, 3))
    assert core.Batch.injected(X, given_there).same_as(core.Batch.injecting(X, given_there))


def test_a_batch_with_weights_is_cut_and_compared_with_them() -> None:
    batch = core.Batch.of(X, np.zeros((4, 2), dtype=int), scored=[[1, 0], [1, 1], [1, 1], [0, 1]], reduction="sum")
    assert batch.until(2).weights.tolist() == [[1.0, 0.0], [1.0, 1.0]]
    assert not batch.same_as(core.Batch.of(X, np.zeros((4, 2), dtype=int), scored=batch.mask))


def test_what_is_masked_may_overflow_without_a_trace() -> None:
    case = make_case(steps=3, examples=2, readout="identity", n_y=1)
    targets = np.array(case.batch.targets)
    targets[:, 1] = 1e200
    mask = np.array([[True, False]] * 3)
    tape = core.forward(case.network, replace(case.batch, targets=targets, scored=mask))
    assert tape.overflow_step is None
    assert np.isfinite(tape.loss)


def test_a_metric_is_the_mean_over_what_is_scored() -> None:
    case = make_case(steps=3, examples=2, readout="softmax", n_y=3)
    mask = np.array([[True, False], [True, True], [False, False]])
    tape = core.forward(case.network, replace(case.batch, scored=mask))
    likely = -np.log(np.take_along_axis(tape.outputs, case.batch.targets[..., np.newaxis], 2)[..., 0])
    assert core.metrics(tape).value == pytest.approx(np.mean(likely[mask]))
    right = np.argmax(tape.outputs, axis=-1) == case.batch.targets
    assert core.metrics(tape).accuracy == pytest.approx(np.mean(right[mask]))


def test_the_claims_hold_for_a_masked_batch() -> None:
    case = make_case(steps=20, examples=3, n_a=5, gain=0.7)
    mask = np.random.default_rng(1).random((20, 3)) < 0.5
    found = core.claims(core.run(network=case.network, batch=replace(case.batch, scored=mask)))
    verdicts = [claim.verdict for claim in found]
    assert verdicts == ["holds", "fails", "fails", "premise true, conclusion false", "holds", "holds"]
