"""Two directions in one cell: every contribution against matrices formed one by one, looking back and looking ahead.

Tolerances as in `test_contributions`; 1e−10 against torch on untied copies.
"""

from __future__ import annotations

import importlib.util
import json
import pickle

import numpy as np
import pytest
import torch_bidirectional
from cases import Case, bidirectionals, make_bidirectional, make_case
from hypothesis import given
from stack_oracle import take_apart_directions
from test_contributions import assert_norms

import core


@given(bidirectionals())
def test_every_contribution_of_either_direction_has_the_norm_of_its_matrix(case: Case) -> None:
    lags, apart = core.lag_profile(case.tape()), take_apart_directions(case)
    assert set(lags.log2_norm) == set(case.parameters)
    for name in case.parameters:
        assert_norms(lags.log2_norm[name], apart.norms(name), apart.bounds[name])
        over_time = apart.parts[name].sum(axis=0)
        norms = np.sqrt(np.sum(over_time.reshape(len(over_time), -1) ** 2, axis=1))
        assert_norms(lags.log2_summed[name], norms, apart.bounds[name].sum(axis=0))
    assert_norms(lags.log2_state_norm, apart.state_norms, apart.state_norms)
    assert lags.residual < 1e-12


@given(bidirectionals())
def test_the_gradient_is_the_sum_of_the_matrices(case: Case) -> None:
    gradients, apart = core.backward(case.tape()), take_apart_directions(case)
    for name in case.parameters:
        assert np.all(np.abs(gradients[name] - apart.gradient(name)) <= 1e-11 * max(apart.scale(name), 1e-300))


@pytest.mark.parametrize("cells", [("rnn", "gru"), ("lstm", "lstm")])
def test_the_gradient_holds_against_central_differences(cells: tuple[str, str]) -> None:
    case = make_bidirectional(cells, (3, 4), examples=2, seed=1)
    assert core.check_gradients(core.run(network=case.network, batch=case.batch)) < 1e-7


@pytest.mark.parametrize("cell", [pair[0] for pair in torch_bidirectional.PAIRS])
def test_every_part_is_that_of_torch_on_untied_copies(cell: str) -> None:
    case = torch_bidirectional.case_of(cell)
    stored = json.loads(torch_bidirectional.STORED.read_text(encoding="utf-8"))[cell]
    live = [torch_bidirectional.from_torch(cell)] if importlib.util.find_spec("torch") else []
    tape, apart = case.tape(), take_apart_directions(case)
    lags, steps = core.lag_profile(tape), len(tape.losses)
    for figures in (stored, *live):
        np.testing.assert_allclose(tape.losses, figures["losses"], rtol=0, atol=1e-10)
        for way, sign in (("fwd", -1), ("bwd", 1)):
            for name, role in (("weight_ih", "input"), ("weight_hh", "recurrent")):
                ours = [n for n, use in case.network.cell.uses().items() if n.endswith(way) and use.role == role]
                for t in range(steps):
                    for s in range(steps):
                        theirs, k = figures["parts"][f"{name}_{way}"][t][s], (s - t) * sign
                        if k < 0:
                            assert theirs is None
                            continue
                        own = {n: part[t, k] for n, part in apart.parts.items()}
                        matrices = torch_bidirectional.in_torch(cell, torch_bidirectional.own(case, own, way))
                        np.testing.assert_allclose(matrices[name], np.array(theirs), rtol=0, atol=1e-10)
                        norms = np.exp2([lags.log2_norm[n][t, k] for n in ours])
                        assert np.linalg.norm(norms) == pytest.approx(np.linalg.norm(theirs), rel=1e-9, abs=1e-12)


def test_the_backward_direction_is_the_forward_one_with_time_reversed() -> None:
    """Equal networks on a sequence that reads the same from both ends: what one looks back to the other looks ahead."""
    one = make_case(cell="lstm", steps=30, seed=2, initial=False)
    network = core.Network.bidirectional(one.network, one.network)
    mirrored = [np.concatenate([values, values[::-1]]) for values in (one.batch.inputs, one.batch.targets)]
    batch = core.Batch(*mirrored, np.ones(60, dtype=bool))
    trace = core.run(network=network, batch=batch)
    lags = trace.lags
    for name in one.recurrent:
        ahead, back = lags.log2_norm[f"{name}_bwd"], lags.log2_norm[f"{name}_fwd"]
        np.testing.assert_allclose(ahead, back[::-1], rtol=1e-9)
        assert lags.rate(f"{name}_bwd").log2_per_step == pytest.approx(lags.rate(f"{name}_fwd").log2_per_step)
        assert lags.ahead(f"{name}_bwd") and not lags.ahead(f"{name}_fwd")
    assert lags.last_lag("b_i_bwd", 60) == 0 and lags.last_lag("b_i_bwd", 1) == 59
    assert lags.last_lag("b_i_fwd", 60) == 59
    assert lags.losses_of("b_i_bwd").tolist() == list(range(60, 0, -1))
    assert len(core.claims(trace)) == 6
    grouped = trace.profile("layer")
    assert grouped.ahead("backward direction") and not grouped.ahead("forward direction")
    assert grouped.rate("backward direction").regime == grouped.rate("forward direction").regime


def test_it_says_what_it_is_and_leaves_the_process_as_it_was() -> None:
    network = make_bidirectional(("gru", "lstm"), (3, 2)).network
    again = pickle.loads(pickle.dumps(network))
    assert again.same_as(network) and again.kind == network.kind
    assert network.cell.title == "bidirectional GRU and LSTM"
    assert [(part.name, part.width) for part in network.parts] == [("a", 5), ("c_bwd", 2)]
    assert network.cell.equations().forward["i_bwd"] == "i_bwd⟨t⟩ = σ(W_ia_bwd a_bwd⟨t+1⟩ + W_ix_bwd x⟨t⟩ + b_i_bwd)"


def one(cell: str = "rnn", **more: object) -> core.Network:
    return make_case(cell=cell, **more).network


@pytest.mark.parametrize(
    ("networks", "message"),
    [
        ((one(), one(n_x=3)), "both directions read the same inputs, got 2 and 3"),
        ((one(), one(readout="sigmoid")), "one read-out, got identity, sigmoid"),
        ((one(), one(n_y=3)), "as many outputs; got 2 and 3"),
        ((one(), one(activation="relu")), "one activation, got relu, tanh"),
        ((one(), one("deep")), "deep chain has weights of its own at every step"),
        ((core.Network.bidirectional(one(), one()), one()), "one layer of one direction"),
    ],
)
def test_what_does_not_fit_together_is_refused_in_a_sentence(
    networks: tuple[core.Network, core.Network], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        core.Network.bidirectional(*networks)


def test_what_is_not_taken_apart_is_said_in_a_sentence() -> None:
    case = make_bidirectional(("rnn", "rnn"), (2, 2))
    with pytest.raises(ValueError, match="leave k2 at 0"):
        core.truncated_gradients(case.tape(), k1=1, k2=2)
    grown = make_bidirectional(("rnn", "rnn"), (2, 2), activation="identity", gain=1e200)
    with pytest.raises(ValueError, match="the first step already leaves float64"):
        core.forward(grown.network, grown.batch)
