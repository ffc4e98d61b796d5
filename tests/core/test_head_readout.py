"""Networks with a head as one network, against automatic differentiation with untied copies of every step."""

from __future__ import annotations

from typing import Any

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from autograd import make_vjp
from cases import make_both_ways, make_case, make_stack, share
from cell_equations import EQUATIONS, initial
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import PHI, _loss_of_one, functions

import core
from core.network.head_readout import readout_of

NAMES = (
    "tanh>identity",
    "tanh>tanh>softmax",
    "mean:identity",
    "mean:tanh>softmax",
    "max:sigmoid",
    "attention:tanh>identity",
)


def with_head(network: core.Network, name: str, seed: int, between: int = 4, n_y: int = 3) -> core.Network:
    """The recurrence with random numbers in a head of that name."""
    rng, readout = np.random.default_rng(seed), readout_of(name)
    own = {one: network.parameters[one] for one in network.cell.uses()}
    widths = (between,) * name.count(">")
    shapes = readout.shapes(n_y, network.read_out.width, widths)
    head = {one: rng.standard_normal(shape) for one, shape in shapes.items()}
    return core.Network(network.cell_name, {**own, **head}, network.activation_name, name)


def batch_for(network: core.Network, batch: core.Batch, scored: Any, seed: int) -> core.Batch:
    """The inputs of a batch with targets for the head."""
    rng, shape = np.random.default_rng(seed), batch.inputs.shape[:2]
    n_y = network.output_size
    targets = rng.integers(n_y, size=shape) if network.readout.classes else rng.random((*shape, n_y))
    return core.Batch(batch.inputs, targets, scored, batch.initial_state)


@st.composite
def drawn_networks(draw: st.DrawFn, cell: str) -> tuple[core.Network, core.Batch]:
    """A network with a head and a batch; only the last step scored, all of them, or any of each example."""
    steps, examples = draw(st.integers(1, 6)), draw(st.integers(1, 3))
    seed = draw(st.integers(0, 1000))
    case = make_case(cell=cell, steps=steps, examples=examples, n_a=draw(st.integers(1, 4)), gain=0.8, seed=seed)
    network = with_head(case.network, draw(st.sampled_from(NAMES)), seed, draw(st.integers(1, 4)))
    rng = np.random.default_rng(seed)
    scored = draw(
        st.sampled_from((np.arange(steps) == steps - 1, np.ones(steps, bool), rng.random((steps, examples)) < 0.5))
    )
    return network, batch_for(network, case.batch, scored, seed)


def states_of(untied: dict[str, Any], network: core.Network, batch: core.Batch) -> Any:
    """a⟨1⟩ … a⟨T⟩, (T, B, n), each step with the numbers that it has of its own."""
    equations, made_of, found = EQUATIONS[network.cell_name], functions(network), []
    for b in range(batch.inputs.shape[1]):
        start = None if batch.initial_state is None else batch.initial_state[b]
        state, states = initial(equations, network.hidden_size, start), []
        for s, x in enumerate(batch.inputs[:, b]):
            state, _ = equations.forward({name: value[s] for name, value in untied.items()}, made_of, state, x)
            states.append(state[: network.read_out.width])
        found.append(anp.stack(states))
    return anp.stack(found, axis=1)


def head_loss(head: dict[str, Any], states: Any, network: core.Network, batch: core.Batch) -> Any:
    """L from the states, each loss from the definition of its head."""
    over_time, _, chain = network.readout_name.rpartition(":")
    *hidden, g = chain.split(">")
    total, examples = 0.0, batch.inputs.shape[1]
    for t, b in np.argwhere(batch.mask):
        seen = states[: t + 1, b]
        h = seen[-1]
        if over_time == "mean":
            h = anp.mean(seen, axis=0)
        elif over_time == "max":
            h = anp.max(seen, axis=0)
        elif over_time == "attention":
            powers = anp.exp(anp.dot(seen, head["q"]))
            h = anp.dot(powers / anp.sum(powers), seen)
        for i, phi in enumerate(hidden, 1):
            h = PHI[phi](anp.dot(head[f"W_h{i}"], h) + head[f"b_h{i}"])
        o = anp.dot(head["W_y"], h) + head["b_y"]
        total = total + _loss_of_one(g, o, batch.targets[t, b]) / examples
    return total


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru", "gru-before", "mingru"])
@settings(max_examples=share(1 / 4))
@given(data=st.data())
def test_every_contribution_is_that_of_untied_copies(cell: str, data: st.DataObject) -> None:
    network, batch = data.draw(drawn_networks(cell))
    trace, steps = core.run(network=network, batch=batch), len(batch.inputs)
    own = {name: network.parameters[name] for name in network.cell.uses()}
    untied = {name: np.stack([value] * steps) for name, value in own.items()}
    head = {name: np.array(network.parameters[name]) for name in network.readout.uses}
    states = states_of(untied, network, batch)
    assert trace.tape.loss == pytest.approx(float(head_loss(head, states, network, batch)), rel=1e-12, abs=1e-14)
    if not batch.mask.any():
        return
    of_head, entering = autograd.grad(lambda both: head_loss(both[0], both[1], network, batch))((head, states))
    whole = autograd.grad(lambda p: head_loss(head, states_of(p, network, batch), network, batch))(untied)
    scale = max(1.0, *(float(np.max(np.abs(value))) for value in (*whole.values(), *of_head.values())))
    for name in head:
        assert np.allclose(trace.gradients[name], of_head[name], rtol=1e-10, atol=1e-10 * scale), name
    for name in own:
        assert np.allclose(trace.gradients[name], whole[name].sum(axis=0), rtol=1e-10, atol=1e-10 * scale), name
    back, _ = make_vjp(lambda p: states_of(p, network, batch))(
        untied
    )  # one way forward for the ways back of all losses
    for t in range(1, steps + 1):
        parts = back(entering * (np.arange(1, steps + 1) == t)[:, np.newaxis, np.newaxis])
        for name in own:
            for s in range(1, t + 1):
                found = float(np.exp2(trace.lags.log2_norm[name][t - 1, t - s]))
                expected = float(np.linalg.norm(parts[name][s - 1]))
                assert found == pytest.approx(expected, rel=1e-10, abs=1e-10 * scale), (name, t, s)
    assert trace.lags.residual < 1e-12


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "make",
    [
        lambda: make_stack(["gru", "rnn"], [3, 2], steps=6, examples=2),
        lambda: make_both_ways("lstm", [(2, 2), (2, 2)], steps=5, examples=2),
    ],
)
def test_a_head_behind_layers_and_directions_has_their_gradient(make: Any, name: str) -> None:
    case = make()
    network = with_head(case.network, name, 3)
    batch = batch_for(network, case.batch, np.arange(len(case.batch.inputs)) % 2 == 0, 3)
    trace = core.run(network=network, batch=batch)
    check = core.gradient_check_of(trace, directions=1)
    assert check.worst < 1e-6
    assert check.checked
    assert trace.lags.residual < 1e-12


@pytest.mark.parametrize("name", NAMES)
def test_what_the_head_has_is_at_lag_zero_and_adds_up(name: str) -> None:
    case = make_case(cell="lstm", steps=9, examples=2, n_a=3)
    network = with_head(case.network, name, 1)
    trace = core.run(network=network, batch=batch_for(network, case.batch, np.arange(9) == 8, 1), k1=3, k2=3)
    for one in network.readout.uses:
        assert not np.isfinite(trace.lags.log2_norm[one][:, 1:]).any()
        assert np.isfinite(trace.lags.log2_norm[one][8 if one != "q" else 0, 0])
        assert trace.truncation is not None
        assert np.allclose(trace.truncation.gradients[one], trace.gradients[one], rtol=1e-10)
    over_time = ":" in name
    assert trace.lags.scored.tolist() == [over_time] * 8 + [True]
    assert {one.id: one.verdict for one in core.claims(trace)}["readout"] == "fails"


def test_only_followed_parts_of_a_head_over_time_come_back() -> None:
    case = make_case(cell="rnn", steps=5, examples=1, n_a=3)
    network = with_head(case.network, "mean:tanh>identity", 1)
    tape = core.forward(network, batch_for(network, case.batch, np.arange(5) == 4, 1))
    parts = [core.backward_pass(tape, losses=[t]).gradients for t in range(1, 6)]
    whole = core.backward(tape)
    for name in network.parameters:
        assert np.allclose(sum(part[name] for part in parts), whole[name], rtol=1e-12, atol=1e-15), name
    assert not np.any(parts[0]["W_y"])
    assert np.any(parts[0]["W_aa"] if network.parameters["W_aa"].any() else parts[0]["W_ax"])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("relu>none", "unknown readout 'relu>none'; known are identity"),
        ("median:identity", "unknown readout 'median:identity'"),
        ("elu>softmax", "unknown activation 'elu' in the head 'elu>softmax'"),
    ],
)
def test_a_head_that_is_not_known_says_so(name: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        readout_of(name)


def test_a_head_that_does_not_fit_says_its_shape() -> None:
    network = with_head(make_case(n_a=3).network, "mean:tanh>identity", 1)
    with pytest.raises(ValueError, match=r"W_h1 must have shape \(4, 3\) to fit the others, got \(4, 5\)"):
        network.replace_parameters(W_h1=np.ones((4, 5)))


def test_a_head_is_trained_and_kept_in_files(tmp_path: Any) -> None:
    case = make_case(cell="gru", steps=6, examples=2, n_a=3)
    network = with_head(case.network, "attention:tanh>softmax", 1)
    batch = batch_for(network, case.batch, np.arange(6) == 5, 1)
    core.save_network(network, tmp_path / "network.npz")
    again = core.open_checkpoint(tmp_path / "network.npz").candidate().network()
    assert again.same_as(network)
    before = core.forward(again, batch).loss
    moved = again.replace_parameters(
        **{
            name: again.parameters[name] - 1e-3 * gradient
            for name, gradient in core.backward(core.forward(again, batch)).items()
        }
    )
    assert core.forward(moved, batch).loss < before
    assert core.metrics(core.forward(again, batch)).accuracy is not None
