"""Heads against automatic differentiation of the whole: recurrence, reading over time, layers and loss in one."""

from __future__ import annotations

from typing import Any

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from cases import make_case
from cell_equations import EQUATIONS, initial
from hypothesis import given
from hypothesis import strategies as st
from oracles import PHI, _loss_of_one, functions

import core
from core.network.heads import OVER_TIME


@st.composite
def heads(draw: st.DrawFn) -> tuple[core.Network, core.Head, core.Batch, np.ndarray]:
    """A recurrence, a head, a batch, and the length of every example."""
    steps, examples, n = draw(st.integers(1, 6)), draw(st.integers(1, 3)), draw(st.integers(1, 4))
    rng = np.random.default_rng(draw(st.integers(0, 1000)))
    case = make_case(
        cell=draw(st.sampled_from(("rnn", "lstm", "gru", "gru-before"))),
        steps=steps,
        examples=examples,
        n_a=n,
        gain=0.8,
    )
    over_time, loss = draw(st.sampled_from(OVER_TIME)), draw(st.sampled_from(("identity", "sigmoid", "softmax")))
    widths = [n, *draw(st.lists(st.integers(1, 4), max_size=2)), 3]
    names = [*(draw(st.sampled_from(("relu", "tanh", "sigmoid"))) for _ in widths[2:]), "identity"]
    layers = [
        core.HeadLayer(rng.standard_normal((m, k)), rng.standard_normal(m), name)
        for k, m, name in zip(widths[:-1], widths[1:], names, strict=True)
    ]
    head = core.Head(layers, over_time, loss, rng.standard_normal(n) if over_time == "attention" else None)
    every = over_time == "every"
    shape = (steps, examples) if every else (examples,)
    targets = {
        "identity": rng.standard_normal((*shape, 3)),
        "sigmoid": rng.random((*shape, 3)),
        "softmax": rng.integers(3, size=shape),
    }[loss]
    lengths = rng.integers(1, steps + 1, size=examples)
    batch = core.Batch.of(
        case.batch.inputs,
        targets,
        last=not every,
        lengths=lengths,
        reduction=draw(st.sampled_from(("examples", "sum", "mean"))),
        initial_state=case.batch.initial_state,
    )
    return case.network, head, batch, lengths


def whole_loss(
    p: dict[str, Any], network: core.Network, head: core.Head, batch: core.Batch, lengths: np.ndarray
) -> Any:
    """L, example by example, from the definitions; p has the parameters of both."""
    equations, made_of = EQUATIONS[network.cell_name], functions(network)
    examples = batch.inputs.shape[1]
    factors = batch.factors(1 / examples)
    w = np.where(batch.mask, 1 / examples, 0.0) if factors is None else factors
    total = 0.0
    for b in range(examples):
        start = None if batch.initial_state is None else batch.initial_state[b]
        state, states = initial(equations, network.hidden_size, start), []
        for x in batch.inputs[:, b]:
            state, _ = equations.forward(p, made_of, state, x)
            states.append(state[: network.hidden_size])
        own = states[: lengths[b]]
        if head.over_time == "every":
            reads = [(states[t], t) for t in range(len(states)) if w[t, b]]
        else:
            if head.over_time == "last":
                h = own[-1]
            elif head.over_time == "mean":
                h = sum(own) / len(own)
            elif head.over_time == "max":
                h = anp.max(anp.stack(own), axis=0)
            else:
                scores = anp.stack([anp.dot(p["q"], one) for one in own])
                alpha = anp.exp(scores - anp.max(scores))
                h = anp.dot(alpha / anp.sum(alpha), anp.stack(own))
            reads = [(h, lengths[b] - 1)]
        for h, t in reads:
            for i, layer in enumerate(head.layers, start=1):
                name = f"h{i}" if i < len(head.layers) else "y"
                h = PHI[layer.activation](p[f"W_{name}"] @ h + p[f"b_{name}"])
            total = total + w[t, b] * _loss_of_one(head.loss, h, batch.targets[t, b])
    return total


@given(heads())
def test_a_head_and_the_recurrence_below_it_have_the_gradient_of_the_whole(drawn: Any) -> None:
    network, head, batch, lengths = drawn
    bare, injected = head.attached(network, batch)
    found, trace = head.reading(network, batch), core.run(network=bare, batch=injected)
    p = {name: np.array(value) for name, value in bare.parameters.items()}
    p |= {name: np.array(value) for name, value in head.parameters.items()}
    assert found.loss == pytest.approx(float(whole_loss(p, bare, head, batch, lengths)), rel=1e-11, abs=1e-13)
    expected = autograd.grad(whole_loss)(p, bare, head, batch, lengths)
    assert set(found.gradients) == set(p) - set(bare.parameters)
    for name, gradient in {**found.gradients, **trace.gradients}.items():
        scale = max(1.0, float(np.max(np.abs(expected[name]))))
        assert np.allclose(gradient, expected[name], rtol=1e-8, atol=1e-11 * scale), name
    assert trace.lags.residual < 1e-12


def test_nothing_is_put_into_a_state_after_an_examples_last() -> None:
    case = make_case(steps=5, examples=2, n_a=3)
    layers = [core.HeadLayer(np.ones((1, 3)), np.zeros(1))]
    batch = core.Batch.of(case.batch.inputs, np.zeros((2, 1)), last=True, lengths=[5, 2])
    for over_time in ("mean", "max", "last"):
        put_in = core.Head(layers, over_time).reading(case.network, batch).state_gradients
        assert not np.any(put_in[2:, 1])
        assert np.any(put_in[:, 1])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: core.Head([], over_time="middle"),
            "over_time must be every, last, mean, max, attention, got 'middle'",
        ),
        (lambda: core.Head([], loss="none"), "identity, sigmoid, softmax, got 'none'"),
        (lambda: core.Head([], "attention"), "attention needs a query"),
        (lambda: core.Head([], "mean", query=np.ones(2)), "attention needs a query"),
        (lambda: core.HeadLayer(np.ones((2, 3)), np.ones(3)), r"got \(2, 3\) and \(3,\)"),
        (lambda: core.HeadLayer(np.ones((2, 3)), np.ones(2), "elu"), "unknown activation 'elu'"),
        (
            lambda: core.Head(
                [core.HeadLayer(np.ones((2, 3)), np.ones(2)), core.HeadLayer(np.ones((1, 3)), np.ones(1))]
            ),
            r"must follow from one another, got weights \(2, 3\) and \(1, 3\)",
        ),
    ],
)
def test_a_head_that_cannot_be_says_why(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_a_head_with_one_output_needs_one_target_for_each_example() -> None:
    case = make_case(steps=3, n_a=2)
    head = core.Head([core.HeadLayer(np.ones((2, 2)), np.zeros(2))], "mean")
    with pytest.raises(ValueError, match="exactly one step of each is scored"):
        head.reading(case.network, case.batch)
    with pytest.raises(ValueError, match=r"the head makes outputs \(1, 2\), and the targets have shape \(1, 5\)"):
        head.reading(case.network, core.Batch.of(case.batch.inputs, np.zeros((1, 5)), last=True))


@pytest.mark.parametrize(("kind", "direction"), [("ones", [1.0, 1.0, 1.0]), (2, [0.0, 1.0, 0.0]), ("random", None)])
def test_a_probe_is_a_gradient_at_the_last_state_of_each_example(kind: Any, direction: list[float] | None) -> None:
    case = make_case(steps=4, examples=2, n_a=3)
    batch = core.Batch.probe(case.batch.inputs, 3, kind, lengths=[4, 2], seed=5)
    bare, _ = core.Head([]).attached(case.network, core.Batch.of(case.batch.inputs, np.zeros((4, 2, 3))))
    trace = core.run(network=bare, batch=batch)
    first, second = trace.tape.errors[3, 0], trace.tape.errors[1, 1]
    assert np.array_equal(first, second)
    assert np.count_nonzero(trace.tape.errors.any(axis=2)) == 2
    assert first.tolist() == direction if direction else np.linalg.norm(first) == pytest.approx(1.0)
    assert batch.until(3).probe_of == batch.probe_of


@pytest.mark.parametrize("kind", [0, 4, "all", True])
def test_a_probe_of_no_unit_is_refused(kind: Any) -> None:
    with pytest.raises(ValueError, match="a probe is ones, random, or a unit from 1 to 3"):
        core.Batch.probe(np.zeros((4, 1, 1)), 3, kind)
