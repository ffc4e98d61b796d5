"""Stacks of layers in one cell: every contribution against matrices formed one by one, layer by layer, and torch's.

1e−11 of Σ_b ‖δ_b‖ ‖u_b‖ leaves room for a few hundred roundings, as in `test_contributions`. Against torch 1e−10, the
accuracy of its own figures in float64.
"""

from __future__ import annotations

import importlib.util
import json
import pickle

import numpy as np
import pytest
import torch_stacks
from cases import Case, make_case, make_stack, share, stacks
from hypothesis import given, settings
from hypothesis import strategies as st
from stack_oracle import take_apart_stack
from test_contributions import assert_norms, profile_in_tiles

import core
from core.bptt.layers import layers_of
from core.network.cells.stacked import MOST_LAYERS
from core.network.network import cell_named


@given(stacks())
def test_every_contribution_of_every_layer_has_the_norm_of_its_matrix(case: Case) -> None:
    lags, apart = core.lag_profile(case.tape()), take_apart_stack(case)
    assert set(lags.log2_norm) == set(case.parameters)
    for name in case.parameters:
        assert_norms(lags.log2_norm[name], apart.norms(name), apart.bounds[name])
        over_time = apart.parts[name].sum(axis=0)
        norms = np.sqrt(np.sum(over_time.reshape(len(over_time), -1) ** 2, axis=1))
        assert_norms(lags.log2_summed[name], norms, apart.bounds[name].sum(axis=0))
    assert_norms(lags.log2_state_norm, apart.state_norms, apart.state_norms)
    assert lags.residual < 1e-12


@settings(max_examples=share(1 / 2))
@given(stacks(), st.integers(1, 60))
def test_a_large_stack_goes_lag_by_lag_and_tile_by_tile_to_the_same(case: Case, numbers: int) -> None:
    lags, apart = profile_in_tiles(case.tape(), numbers), take_apart_stack(case)
    for name in case.parameters:
        assert_norms(lags.log2_norm[name], apart.norms(name), apart.bounds[name])
    assert_norms(lags.log2_state_norm, apart.state_norms, apart.state_norms)
    assert lags.residual < 1e-12


@given(stacks())
def test_every_layer_has_its_part_of_the_gradient_at_the_state(case: Case) -> None:
    lags, apart = core.lag_profile(case.tape()), take_apart_stack(case)
    assert set(lags.log2_layer_norm) == set(range(1, len(case.network.cell.stack) + 1))
    for number, norms in apart.layer_norms.items():
        assert_norms(lags.log2_layer_norm[number], norms, norms)
        known = np.where(np.isfinite(lags.log2_layer_norm[number]), lags.log2_layer_norm[number], np.nan)
        for k, typical in enumerate(lags.typical_of_layer(number)):
            there = known[:, k][~np.isnan(known[:, k])]
            assert typical == (pytest.approx(there.mean(), rel=1e-12, abs=1e-12) if there.size else -np.inf)


@given(stacks())
def test_the_gradient_is_the_sum_of_the_matrices(case: Case) -> None:
    gradients, apart = core.backward(case.tape()), take_apart_stack(case)
    for name in case.parameters:
        assert np.all(np.abs(gradients[name] - apart.gradient(name)) <= 1e-11 * max(apart.scale(name), 1e-300))


@given(stacks(gains=(0.3, 1.0)))
def test_the_jacobian_is_that_of_the_step(case: Case) -> None:
    """Row by row: the transposed Jacobian takes a unit gradient back as the step back does."""
    tape = case.tape()
    linear, examples = tape.linearization, case.batch.inputs.shape[1]
    for row in range(0, len(tape.losses) * examples, 2):
        jacobian = linear.jacobian(row)
        whole = np.ldexp(jacobian.scale.mantissa, jacobian.scale.exponent)[:, np.newaxis] * jacobian.rows
        pulled = [linear.pull(unit[np.newaxis], slice(row, row + 1)) for unit in np.eye(linear.size)]
        expected = [np.ldexp(one.previous[0], one.previous_exponent[0]) for one in pulled]
        np.testing.assert_allclose(whole, expected, rtol=1e-9, atol=1e-13)
        assert np.all(jacobian.pattern[whole != 0])


def test_the_jacobian_is_the_derivative_of_the_state() -> None:
    case = make_stack(("lstm", "gru", "rnn"), (2, 3, 2), steps=1, seed=4)
    network, batch = case.network, case.batch
    jacobian = case.tape().linearization.jacobian(0)
    whole = np.ldexp(jacobian.scale.mantissa, jacobian.scale.exponent)[:, np.newaxis] * jacobian.rows

    def after(state: np.ndarray) -> np.ndarray:
        moved = core.Batch(batch.inputs, batch.targets, batch.scored, state[np.newaxis])
        return core.forward(network, moved).states[1, 0]

    start, h = batch.initial_state[0], 1e-4
    for unit, column in zip(np.eye(len(start)), whole.T, strict=True):
        one, two = (after(start + by * unit) - after(start - by * unit) for by in (h, 2 * h))
        np.testing.assert_allclose(column, (8 * one - two) / (12 * h), rtol=1e-8, atol=1e-11)


@pytest.mark.parametrize("cell", torch_stacks.STACKS)
def test_every_part_is_that_of_torch_on_an_untied_copy(cell: str) -> None:
    case = torch_stacks.case_of(cell)
    tape = case.tape()
    stored = json.loads(torch_stacks.STORED.read_text(encoding="utf-8"))[cell]
    live = [torch_stacks.from_torch(cell)] if importlib.util.find_spec("torch") else []
    apart, lags = take_apart_stack(case), core.lag_profile(tape)
    for figures in (stored, *live):
        top = case.network.by_part(tape.states)[case.network.read_out.name][1:]
        np.testing.assert_allclose(top, figures["states"], rtol=0, atol=1e-10)
        np.testing.assert_allclose(tape.losses, figures["losses"], rtol=0, atol=1e-10)
        for t in range(len(tape.losses)):
            for k in range(t + 1):
                for layer in (1, 2, 3):
                    found = {name: np.exp2(lags.log2_norm[name][t, k]) for name in apart.parts}
                    matrices = torch_stacks.in_torch(
                        cell, torch_stacks.own(case, {name: part[t, k] for name, part in apart.parts.items()}, layer)
                    )
                    for name in ("weight_ih", "weight_hh"):
                        theirs = np.array(figures["parts"][f"{name}_{layer}"][t][k])
                        np.testing.assert_allclose(matrices[name], theirs, rtol=0, atol=1e-10)
                        role = "input" if name == "weight_ih" else "recurrent"
                        uses = case.network.cell.uses().items()
                        ours = [found[one] for one, use in uses if (use.layer, use.role) == (layer, role)]
                        assert np.linalg.norm(ours) == pytest.approx(np.linalg.norm(theirs), rel=1e-9, abs=1e-12)
        assert np.abs(np.array(figures["parts"]["weight_hh_1"][-1][-1])).max() > 1e-6


def test_a_layer_that_fades_faster_than_the_one_below_keeps_its_digits() -> None:
    """The two are 2^1400 apart at the last lag: each layer has powers of two of its own."""
    steps = 700

    def scalar(w: float) -> core.Network:
        parameters = {"W_aa": [[w]], "W_ax": [[1.0]], "b_a": [0.0], "W_y": [[1.0]], "b_y": [0.0]}
        return core.Network("rnn", {name: np.array(value) for name, value in parameters.items()}, "identity")

    network = core.Network.stacked([scalar(1.0), scalar(0.25)])
    batch = core.Batch(np.zeros((steps, 1, 1)), np.ones((steps, 1, 1)), np.arange(steps) == steps - 1)
    trace = core.run(network=network, batch=batch)
    k = np.arange(steps)
    np.testing.assert_allclose(trace.lags.log2_norm["b_a_2"][-1], -2.0 * k, atol=1e-9)
    # Σ_{j ≤ k} ¼^j, what has come down by lag k
    np.testing.assert_allclose(trace.lags.log2_norm["b_a_1"][-1], np.log2((1 - 0.25 ** (k + 1.0)) / 0.75), atol=1e-9)
    assert trace.lags.residual < 1e-12
    np.testing.assert_allclose(trace.backward_pass.log2_deltas["z_2"], -2.0 * k[::-1], atol=1e-9)
    assert len(core.claims(trace)) == 6


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_a_layer_that_is_saturated_beyond_float64_passes_down_what_little_it_passes(cell: str) -> None:
    """z = 2000 in the upper layer: a step of it multiplies by less than 2^−2000, and the layer below gets that."""
    case = make_stack((cell, cell), (2, 2), steps=6, seed=3)
    biases = [n for n, use in case.network.cell.uses().items() if use.layer == 2 and use.source == "1"]
    high = case.network.replace_parameters(**{name: case.network.parameters[name] * 0 + 2000.0 for name in biases})
    trace = core.run(network=high, batch=case.batch)
    names = [name for name, use in high.cell.uses().items() if use.layer == 1 and use.source == "1"]
    lowest = min(np.min(trace.lags.log2_norm[name][-1]) for name in names)
    assert np.all([np.isfinite(trace.lags.log2_norm[name][-1]) for name in names])
    assert lowest < -2500
    assert trace.lags.residual < 1e-12


def test_every_network_of_a_kind_has_the_same_uses() -> None:
    """One value: a network is made at every step of training, and working them out takes longer than the step."""
    network = make_stack(("gru", "lstm"), (2, 3)).network
    moved = network.replace_parameters(b_f_2=network.parameters["b_f_2"] + 1.0)
    assert moved.cell is not network.cell and moved.cell.uses() is network.cell.uses()


@pytest.mark.parametrize("cells", [("rnn", "rnn"), ("gru", "lstm"), ("lstm", "rnn", "gru")])
def test_the_gradient_of_a_stack_holds_against_central_differences(cells: tuple[str, ...]) -> None:
    case = make_stack(cells, (3, 4, 2)[: len(cells)], examples=2, seed=1)
    trace = core.run(network=case.network, batch=case.batch)
    assert core.check_gradients(trace) < 1e-7


def test_singular_values_and_exponents_of_a_stack_are_those_of_its_plain_products() -> None:
    case = make_stack(("lstm", "rnn"), (2, 3), steps=12, seed=2)
    tape = case.tape()
    linear, product = tape.linearization, np.eye(case.network.state_size)
    found = core.jacobian_profile(tape, step=12, lags=range(1, 6))
    for at in range(5):
        jacobian = linear.jacobian(11 - at)
        product = product @ (np.ldexp(jacobian.scale.mantissa, jacobian.scale.exponent)[:, None] * jacobian.rows)
        expected = np.linalg.svd(product, compute_uv=False)
        known = np.isfinite(found.log2_singular_values[at])
        assert known[:3].all()
        np.testing.assert_allclose(np.exp2(found.log2_singular_values[at])[known], expected[known], rtol=1e-6)


def test_a_stack_says_what_it_is_and_leaves_the_process_as_it_was() -> None:
    network = make_stack(("gru", "lstm"), (3, 2)).network
    again = pickle.loads(pickle.dumps(network))
    assert again.same_as(network) and again.kind == network.kind
    assert network.cell.title == "stack of GRU and LSTM"
    assert core.make_network(core.Experiment(cell="lstm", layers=2)).cell.title == "2-layer LSTM"
    assert [part.name for part in network.parts] == ["a_1", "a_2", "c_2"]
    assert dict(layers_of(network)) == {1: ("a_1",), 2: ("a_2", "c_2")}
    assert network.symbol("W_ix_2") == "a_1⟨s⟩"
    assert network.kind != make_stack(("lstm", "gru"), (3, 2)).network.kind
    assert network.cell.equations().forward["i_2"] == "i_2⟨t⟩ = σ(W_ia_2 a_2⟨t−1⟩ + W_ix_2 a_1⟨t⟩ + b_i_2)"
    assert core.Network.stacked([make_case().network]).cell_name == "rnn"


def test_names_of_a_single_layer_are_what_they_were_and_the_lowest_layer_is_drawn_as_one() -> None:
    alone, two = (core.make_network(core.Experiment(cell="gru", layers=layers)) for layers in (1, 2))
    assert alone.cell_name == "gru" and "W_ra" in alone.parameters
    assert np.array_equal(two.parameters["W_ra_1"], alone.parameters["W_ra"])
    assert not np.array_equal(two.parameters["W_ra_2"], two.parameters["W_ra_1"])
    assert core.make_network(core.Experiment(cell="deep", layers=2)).cell_name == "deep"


def one(cell: str = "rnn", n_x: int = 3, **more: object) -> core.Network:
    return make_case(cell=cell, n_x=n_x, **more).network


@pytest.mark.parametrize(
    ("networks", "message"),
    [
        ([], "no network was given"),
        ([one(), one(n_x=2)], "layer 2 reads 2 numbers, layer 1 has 3 units"),
        ([one(), one("deep")], "deep chain has weights of its own at every step"),
        ([one(), one(activation="relu")], "have one activation, got relu, tanh"),
        ([one(), one(leak=0.5)], "have one leak, got 0.5, 1.0"),
        ([core.Network.stacked([one(), one()]), one()], "layer 1 is a stack itself"),
        ([one()] * (MOST_LAYERS + 1), "a stack has 1 … 8 layers, got 9"),
    ],
)
def test_what_does_not_fit_on_each_other_is_refused_in_a_sentence(networks: list[core.Network], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        core.Network.stacked(networks)


def test_a_stack_of_an_unknown_cell_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown cell 'nothing'"):
        core.Network("rnn+nothing", one().parameters)
    with pytest.raises(ValueError, match="no leak"):
        core.Network("gru+gru", {}, leak=0.5)
    assert cell_named("rnn+gru", {"leak": 0.5}).title == "stack of leaky RNN and GRU"
