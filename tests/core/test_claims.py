"""Each claim's verdict, in a network where it holds and in one where it does not, or why there is none.

The networks are chosen so that the outcome is known before it is measured: a rotation keeps every length, W_aa = 0
lets nothing pass, a linear unit with W_aa = w multiplies by w, a chaotic network with gain 3 has a Lyapunov exponent
of 0.3 nats. What is compared is exact (a product of the same factors in another order) unless a test says otherwise.
"""

from __future__ import annotations

import math
from dataclasses import replace
from types import MappingProxyType
from typing import Any, get_args

import numpy as np
import pytest
from cases import Case, cases, make_case
from hypothesis import given
from hypothesis import strategies as st

import core
from core.bptt.rate import Rate
from core.claims import STATEMENTS, Verdict, Voice, outcome

HOLDS, FAILS, HALF, OTHER, OPEN = get_args(Verdict)
CHAOTIC = core.Experiment(gain=3, input_gain=0.05, initial_state=0.5, hidden_size=64, timesteps=100)
ROTATION = core.Experiment(activation="identity", initializer="orthogonal", gain=1.0)
DEAD = core.Experiment(activation="relu", bias=-100.0)


def claim(trace: core.Trace, name: str) -> core.Claim:
    return next(claim for claim in core.claims(trace) if claim.id == name)


def verdict(name: str, experiment: core.Experiment | None = None, **settings: object) -> str:
    return claim(core.run(experiment or core.Experiment(**settings)), name).verdict


def numbers(found: core.Claim) -> dict[str, float]:
    return {number.name: number.value for number in found.evidence}


def on_inputs(experiment: core.Experiment, inputs: np.ndarray) -> core.Trace:
    """The experiment's network on inputs (T, B) of our own."""
    targets = np.random.default_rng(0).standard_normal((*inputs.shape, 1))
    batch = core.Batch(inputs[..., np.newaxis], targets, np.ones(len(inputs), dtype=bool))
    return core.run(experiment, batch=batch)


def linear_unit(w: float, steps: int = 30, initial: float = 1.0) -> core.Trace:
    """a⟨t⟩ = w a⟨t−1⟩ + x⟨t⟩ with x = ±1, one unit."""
    one = np.ones((1, 1))
    network = core.Network(
        "rnn",
        {"W_aa": w * one, "W_ax": one, "b_a": np.zeros(1), "W_y": one, "b_y": np.zeros(1)},
        "identity",
    )
    signs = np.where(np.random.default_rng(1).random((steps, 1, 1)) < 0.5, -1.0, 1.0)
    batch = core.Batch(signs, 0 * signs, np.ones(steps, dtype=bool), initial * one)
    return core.run(core.Experiment(activation="identity", hidden_size=1), network=network, batch=batch)


# (1) W_aa's gradient vanishes or explodes through repeated Jacobians


@pytest.mark.parametrize("experiment", [core.Experiment(), core.Experiment(scored="last"), CHAOTIC])
def test_the_recurrent_claim_holds_where_the_product_of_jacobians_shrinks_or_grows(
    experiment: core.Experiment,
) -> None:
    found = claim(core.run(experiment), "recurrent")
    assert found.verdict == HOLDS
    rate = numbers(found)["product of the Jacobians"]
    assert rate > 0.3 if experiment is CHAOTIC else rate < -0.1
    assert ("grows" if experiment is CHAOTIC else "fades") in found.explanation


def test_the_recurrent_claim_fails_where_every_jacobian_is_a_rotation() -> None:
    found = claim(core.run(core.presets()["truncated"].experiment), "recurrent")
    assert found.verdict == FAILS
    assert abs(numbers(found)["product of the Jacobians"]) < 1e-12


def test_a_gradient_that_vanishes_by_what_it_reads_is_no_proof_of_the_recurrent_claim() -> None:
    """Under rotations W_aa's fades with the states that it reads: what is claimed is so, and not by the Jacobians."""
    found = claim(core.run(ROTATION), "recurrent")
    assert found.verdict == OTHER
    assert "that of the states they read, not the Jacobians'" in found.explanation


def test_the_recurrent_claim_holds_at_once_where_the_first_jacobian_is_zero() -> None:
    found = claim(core.run(core.Experiment(gain=0.0)), "recurrent")
    assert found.verdict == HOLDS
    assert "W_aa is all zeros" in found.explanation


def test_the_recurrent_claim_holds_where_the_product_ends_in_zeros() -> None:
    """W_aa² = 0: one Jacobian still passes something, two nothing."""
    network = core.make_network(ROTATION.replace(hidden_size=2)).replace_parameters(W_aa=np.array([[0, 1.0], [0, 0]]))
    trace = core.run(ROTATION.replace(hidden_size=2), network=network)
    assert claim(trace, "recurrent").verdict == HOLDS
    assert "exactly zero" in claim(trace, "recurrent").explanation
    assert claim(trace, "input").verdict == FAILS
    assert claim(trace, "leaf").verdict == HALF
    assert claim(trace, "jacobian").verdict == HOLDS


def test_the_recurrent_claim_says_so_where_the_states_hide_the_jacobians_from_lag_to_lag() -> None:
    """δ grows by w a lag, a⟨s−1⟩ falls by w: the lag terms of a linear unit, one for each k, are all equal."""
    trace = linear_unit(2.0)
    found = claim(trace, "recurrent")
    assert found.verdict == HOLDS
    assert numbers(found)["product of the Jacobians"] == pytest.approx(1.0)
    assert abs(numbers(found)["W_aa"]) < 0.1
    assert "from loss to loss" in found.explanation


@pytest.mark.parametrize(
    "settings",
    [{"timesteps": 1}, {"timesteps": 3}, {"input_gain": 0.0}, {"gain": 2.0, "hidden_size": 64, "timesteps": 200}],
    ids=["one step", "too few lags", "W_aa reads zeros", "error too large to tell"],
)
def test_the_recurrent_claim_can_be_undecidable(settings: dict[str, float]) -> None:
    assert verdict("recurrent", **settings) == OPEN


# (2) W_y's does too


@pytest.mark.parametrize("experiment", [core.Experiment(), CHAOTIC, ROTATION, core.Experiment(gain=0.0)])
def test_the_readout_claim_fails_in_every_network(experiment: core.Experiment) -> None:
    """No network here feeds its output back, so W_y has no path through a Jacobian in any of them."""
    found = claim(core.run(experiment), "readout")
    assert found.verdict == FAILS
    assert numbers(found)["W_y's gradient at lags k ≥ 1, largest"] == -math.inf
    assert numbers(found)["W_y's gradient at lag 0, largest"] > -math.inf


def test_the_readout_verdict_is_measured_and_would_flip() -> None:
    """Where W_y did have contributions at lags k ≥ 1: none of ours does, so the profile is altered by hand."""
    trace = core.run(core.Experiment())
    norms = {**trace.lags.log2_norm, "W_y": trace.lags.log2_norm["W_aa"]}
    altered = replace(trace, lags=replace(trace.lags, log2_norm=MappingProxyType(norms)))
    assert claim(altered, "readout").verdict == HOLDS


@pytest.mark.parametrize("experiment", [core.Experiment(timesteps=1), DEAD], ids=["one step", "no state"])
def test_the_readout_claim_can_be_undecidable(experiment: core.Experiment) -> None:
    assert verdict("readout", experiment) == OPEN


def test_an_overflow_forward_is_not_put_down_to_the_readout() -> None:
    trace = core.run(core.Experiment(activation="relu", gain=30.0, hidden_size=32, timesteps=250, initial_state=1.0))
    assert trace.tape.overflow_step is not None
    assert "overflows" in claim(trace, "readout").explanation
    assert claim(trace, "recurrent").verdict == HOLDS


# (3) W_ax's does not


@pytest.mark.parametrize("experiment", [core.Experiment(), CHAOTIC], ids=["vanishing", "exploding"])
def test_the_input_claim_fails_where_the_jacobians_shrink_or_grow(experiment: core.Experiment) -> None:
    found = claim(core.run(experiment), "input")
    assert found.verdict == FAILS
    rate, other = (number for number in found.evidence if number.name in ("W_ax", "W_aa"))
    assert rate.error is not None
    assert other.error is not None
    assert rate.value == pytest.approx(other.value, abs=2 * math.hypot(rate.error, other.error))


def test_the_input_claim_fails_where_nothing_passes_at_all() -> None:
    assert verdict("input", gain=0.0) == FAILS


def test_the_input_claim_holds_under_rotations_but_not_for_its_reason() -> None:
    signs = np.where(np.random.default_rng(0).random((40, 1)) < 0.5, -1.0, 1.0)
    found = claim(on_inputs(ROTATION, signs), "input")
    assert found.verdict == OTHER
    assert "not for the reason given" in found.explanation


def test_the_input_claim_holds_where_inputs_make_up_for_the_jacobians() -> None:
    """x⟨s⟩ falls along the sequence as fast as the Jacobians shrink going back: the two cancel, lag by lag."""
    trace = on_inputs(ROTATION.replace(gain=0.5), 0.5 ** np.arange(30.0)[:, np.newaxis])
    found = claim(trace, "input")
    assert found.verdict == OTHER
    assert claim(trace, "recurrent").verdict == HOLDS
    assert "make up for it" in found.explanation


def test_the_input_claim_fails_where_the_inputs_alone_change() -> None:
    found = claim(on_inputs(ROTATION, 1.5 ** np.arange(30.0)[:, np.newaxis]), "input")
    assert found.verdict == FAILS
    assert "rather than with the product of Jacobians" in found.explanation


@pytest.mark.parametrize("gain", [0.99, 1.0])
def test_the_input_claim_borrows_no_other_rate(gain: float) -> None:
    """W_ax's rate ×1.01, W_aa's ×0.987, the product of the Jacobians ×0.99: none is said with another's word."""
    trace = core.run(ROTATION.replace(gain=gain))
    assert outcome(trace.lags.rate("W_ax")) == "open"
    assert claim(trace, "input").verdict == OPEN
    assert "its gradient is not distinguishable from ×1 (×" in core.answer(trace).text()


def test_the_input_claim_tells_what_the_jacobians_do_without_deciding_by_it() -> None:
    """One step of the 40 in which the input is large: W_ax's rate is lost in its scatter, the Jacobians' is not."""
    sizes = 10.0 ** (5.0 * np.random.default_rng(1).standard_normal((40, 1)))
    trace = on_inputs(ROTATION.replace(gain=0.5), sizes)
    found = claim(trace, "input")
    assert outcome(trace.lags.rate("W_ax")) == "open"
    assert found.verdict == OPEN
    assert "the same Jacobians as W_aa's, whose product shrinks" in found.explanation


@pytest.mark.parametrize("name", ["input", "leaf"])
def test_nothing_is_said_of_the_input_weights_where_all_inputs_are_zero(name: str) -> None:
    trace = on_inputs(core.Experiment(bias=0.5), np.zeros((30, 1)))
    assert np.all(np.isneginf(trace.lags.log2_norm["W_ax"]))
    assert claim(trace, name).verdict == OPEN
    assert claim(trace, "recurrent").verdict == HOLDS


def test_one_input_alone_makes_no_rate_of_the_input_weights() -> None:
    trace = on_inputs(core.Experiment(bias=0.5), np.eye(1, 30).T)
    assert claim(trace, "input").verdict == OPEN
    assert claim(trace, "leaf").verdict == HALF


# (4) As ∂x⟨t⟩/∂x⟨t−1⟩ = 0, nothing accumulates through W_ax


@pytest.mark.parametrize("experiment", [core.Experiment(), CHAOTIC, ROTATION, core.Experiment(timesteps=2)])
def test_the_leaf_claim_has_a_true_premise_and_a_false_conclusion(experiment: core.Experiment) -> None:
    found = claim(core.run(experiment), "leaf")
    assert found.verdict == HALF
    assert 0 < numbers(found)["share of W_ax's gradient from lags k ≥ 1"] < 1


def test_the_leaf_claim_holds_where_nothing_passes_for_another_reason() -> None:
    found = claim(core.run(core.Experiment(gain=0.0)), "leaf")
    assert found.verdict == OTHER
    assert numbers(found)["share of W_ax's gradient from lags k ≥ 1"] == 0
    assert "W_aa is all zeros" in found.explanation


def test_the_share_from_the_past_is_that_of_a_linear_unit() -> None:
    """Contributions to L_t of W_ax are e⟨t⟩ w^k: a share (w + … + w^(t−1)) / (1 + … + w^(t−1)), the mean over t."""
    powers = np.cumsum(0.5 ** np.arange(30.0))
    share = numbers(claim(linear_unit(0.5), "leaf"))["share of W_ax's gradient from lags k ≥ 1"]
    assert share == pytest.approx(np.mean(1 - 1 / powers[1:]), rel=1e-12)


# (5) The accumulation comes from ∂a⟨t⟩/∂a⟨t−1⟩


@pytest.mark.parametrize("examples", [1, 5])
@pytest.mark.parametrize("activation", ["tanh", "relu", "sigmoid", "identity"])
def test_the_jacobian_claim_holds_to_rounding_in_every_network(activation: str, examples: int) -> None:
    case = make_case(steps=40, examples=examples, n_a=6, activation=activation, seed=3)
    found = claim(core.run(core.Experiment(), network=case.network, batch=case.batch), "jacobian")
    assert found.verdict == HOLDS
    assert [number.value for number in found.evidence if number.kind == "deviation"] == pytest.approx([0, 0], abs=1e-11)
    assert any("only" in number.name for number in found.evidence) == (examples > 1)


def test_the_jacobian_claim_holds_where_the_jacobians_are_zero_and_so_is_the_past() -> None:
    assert verdict("jacobian", gain=0.0) == HOLDS


def test_weights_that_read_zeros_are_not_compared() -> None:
    found = claim(core.run(core.Experiment(input_gain=0.0)), "jacobian")
    assert found.verdict == HOLDS
    assert len([number for number in found.evidence if number.kind == "deviation"]) == 1


@pytest.mark.parametrize("name", ["W_aa", "W_ax", "b_a"])
def test_the_jacobian_verdict_is_measured_and_would_flip(name: str) -> None:
    """BPTT has no other factor that gathers, so no network can do it; the profile is altered by 0.1 % a lag."""
    trace = core.run(core.Experiment())
    slope = math.log2(1.001) * np.arange(50)
    norms = {**trace.lags.log2_norm, name: trace.lags.log2_norm[name] + slope}
    altered = replace(trace, lags=replace(trace.lags, log2_norm=MappingProxyType(norms)))
    assert claim(altered, "jacobian").verdict == FAILS


@pytest.mark.parametrize(
    ("cell", "activation", "task", "seed"), [("lstm", "identity", "noise", 614), ("gru", "identity", "sunspots", 108)]
)
def test_contributions_of_gates_shut_for_good_are_held_to_the_digits_that_their_logarithm_has(
    cell: str, activation: str, task: str, seed: int
) -> None:
    """σ' at z = −1e12 is 2^−1.4e12, and a log₂ of this size is known to a thousandth of a bit."""
    trace = core.run(
        core.Experiment(
            cell=cell,
            activation=activation,
            gain=1e6,
            hidden_size=3,
            timesteps=60,
            seed=seed,
            task=task,
            readout="identity",
        )
    )
    read = next(name for name, use in trace.network.uses.items() if use.role == "recurrent")
    norms = trace.lags.log2_norm[read]
    assert np.max(np.abs(norms[np.isfinite(norms)])) > 1e9
    assert claim(trace, "jacobian").verdict == HOLDS


# (6) Any deep network multiplies Jacobians


@pytest.mark.parametrize("experiment", [core.Experiment(), CHAOTIC, core.Experiment(gain=0.0)])
@pytest.mark.parametrize("cell", ["rnn", "deep"])
def test_the_depth_claim_holds_where_tied_and_untied_layers_fade_or_grow_alike(
    experiment: core.Experiment, cell: str
) -> None:
    """The two numbers, against the two experiments run by themselves: the same pair whichever is asked."""
    found = claim(core.run(experiment.replace(cell=cell)), "depth")
    assert found.verdict == HOLDS
    assert ("each at its own pace" in found.explanation) == (experiment.gain > 0), "not the same way: two numbers"
    for kind, alone in (("one matrix shared", "rnn"), ("a matrix for each layer", "deep")):
        rate = core.run(experiment.replace(cell=alone)).lags.state_rate
        assert numbers(found)[kind] == pytest.approx(rate.log2_per_step, rel=1e-9)


@pytest.mark.parametrize("cell", ["rnn", "deep"])
def test_the_depth_claim_is_half_true_where_every_jacobian_is_a_rotation(cell: str) -> None:
    found = claim(core.run(ROTATION.replace(cell=cell)), "depth")
    assert found.verdict == HALF
    assert "no problem in either" in found.explanation


def test_the_depth_claim_is_half_true_where_only_one_of_the_two_has_the_problem() -> None:
    """ρ = 1 keeps the powers of one matrix level; products of independent ones with ρ = 1 shrink."""
    experiment = core.Experiment(
        activation="identity",
        initializer="spectral-radius-scaled",
        gain=1.0,
        hidden_size=2,
        timesteps=200,
        seed=0,
        scored="last",
    )
    found = claim(core.run(experiment), "depth")
    assert found.verdict == HALF
    assert "only one of the two" in found.explanation


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"timesteps": 1}, "No loss has a step before it"),
        ({"hidden_size": 256, "timesteps": 400, "scored": "last"}, "26,214,400"),
    ],
)
def test_the_depth_claim_can_be_undecidable(settings: dict[str, Any], why: str) -> None:
    found = claim(core.run(core.Experiment(**settings)), "depth")
    assert found.verdict == OPEN
    assert why in found.explanation


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_a_gated_cell_is_held_against_a_chain_without_gates(cell: str) -> None:
    found = numbers(claim(core.run(core.Experiment(cell=cell)), "depth"))
    chain = core.run(core.Experiment(cell="deep")).lags.state_rate
    assert found["no gates, a matrix for each layer"] == pytest.approx(chain.log2_per_step, rel=1e-9)


# All of them


@pytest.mark.parametrize(
    "experiment",
    [core.Experiment(timesteps=1), DEAD, core.Experiment(scored="last", timesteps=1)],
    ids=["one step", "all units off", "one step, the last"],
)
def test_without_a_path_back_nothing_is_decided(experiment: core.Experiment) -> None:
    trace = core.run(experiment)
    assert {claim.verdict for claim in core.claims(trace)} == {OPEN}
    assert core.answer(trace).text()


def test_steps_after_the_last_loss_are_not_taken_for_a_gradient_that_has_ended() -> None:
    """A rotation keeps every length; of 30 steps the third alone is scored, so that there are two lags to look at."""
    given = core.run(ROTATION.replace(timesteps=30)).batch
    batch = core.Batch(given.inputs, given.targets, np.arange(30) == 2)
    trace = core.run(ROTATION, batch=batch)
    for name in ("recurrent", "input"):
        assert claim(trace, name).verdict == OPEN


def test_without_a_loss_nothing_is_decided() -> None:
    case = make_case(steps=5, scored=[False] * 5)
    trace = core.run(core.Experiment(), network=case.network, batch=case.batch)
    assert {claim.verdict for claim in core.claims(trace)} == {OPEN}


def test_claims_come_in_the_order_of_the_question() -> None:
    trace = core.run(core.Experiment())
    assert [claim.id for claim in core.claims(trace)] == list(STATEMENTS)
    assert {claim.said_by for claim in core.claims(trace)} == set(get_args(Voice))


def test_the_answer_turns_with_the_network() -> None:
    """Steady: a rotation of a state of length 1, that inputs of ±1 hardly move."""
    signs = np.where(np.random.default_rng(0).random((40, 1, 1)) < 0.5, -1.0, 1.0)
    start = np.eye(1, ROTATION.hidden_size)
    batch = core.Batch(signs, 0.0 * signs, np.ones(40, dtype=bool), start)
    traces = (
        core.run(core.Experiment()),
        core.run(CHAOTIC),
        core.run(ROTATION.replace(input_gain=1e-6), batch=batch),
    )
    vanishing, exploding, steady = (core.answer(trace).text() for trace in traces)
    assert vanishing.startswith("W_ax is not spared: here its gradient vanishes (×")
    assert exploding.startswith("W_ax is not spared: here its gradient explodes (×")
    assert "neither W_ax's gradient" in steady
    assert all("W_y's and b_y's have lag 0 only" in text for text in (vanishing, exploding, steady))
    assert all("Jacobians ∂a⟨s⟩/∂a⟨s−1⟩, as b_a's does" in text for text in (vanishing, exploding))


def test_the_answer_lets_its_reader_write_the_numbers() -> None:
    answer = core.answer(core.run(core.Experiment()))
    assert "<W_ax>" in answer.text(lambda number: f"<{number.name}>")
    assert set(answer.numbers) == {"share", "x", "a"}


@pytest.mark.parametrize(("cell", "gate"), [("gru", "z"), ("lstm", "f")])
def test_the_answer_tells_how_far_the_gate_is_open_that_lets_a_gradient_by(cell: str, gate: str) -> None:
    trace = core.run(core.Experiment(cell=cell, timesteps=30))
    z = trace.network.by_preactivation(trace.tape.preactivations)[gate]
    number = core.answer(trace).numbers["gate"]
    assert number.value == pytest.approx(float(np.mean(1 / (1 + np.exp(-z)))))
    assert f"a step back keeps {number} on average: so far is the gate {gate} open" in core.answer(trace).text()
    assert "gate" not in core.answer(core.run(core.Experiment(leak=0.3))).numbers, "a leak is no gate"


EXPERIMENTS = st.builds(
    core.Experiment,
    cell=st.sampled_from(("rnn", "gru", "lstm", "deep")),
    leak=st.sampled_from((1.0, 0.2)),
    fed=st.sampled_from(("every", "first")),
    hidden_size=st.integers(1, 8),
    activation=st.sampled_from(("tanh", "relu", "sigmoid", "identity")),
    initializer=st.sampled_from(("gaussian", "orthogonal", "identity", "glorot", "spectral-radius-scaled")),
    gain=st.sampled_from((0.0, 0.5, 1.0, 1.5, 5.0)),
    input_gain=st.sampled_from((0.0, 1.0, 30.0)),
    bias=st.sampled_from((-50.0, 0.0, 0.3)),
    initial_state=st.sampled_from((0.0, 1.0)),
    task=st.sampled_from(("sunspots", "noise")),
    timesteps=st.integers(1, 40),
    batch_size=st.integers(1, 3),
    readout=st.sampled_from(("identity", "sigmoid", "softmax")),
    scored=st.sampled_from(("every", "last")),
    seed=st.integers(0, 1000),
    data_seed=st.integers(0, 1000),
)


def check(trace: core.Trace) -> None:
    texts = [core.answer(trace).text()]
    for found in core.claims(trace):
        assert found.verdict in get_args(Verdict)
        assert found.evidence
        assert not any(math.isnan(number.value) for number in found.evidence)
        assert not any(number.error is not None and math.isnan(number.error) for number in found.evidence)
        texts += [found.explanation, *map(str, found.evidence)]
    assert not any("nan" in text.lower().split() for text in texts)
    assert not any(brace in text for text in texts for brace in "{}")
    assert claim(trace, "readout").verdict in (FAILS, OPEN)
    assert claim(trace, "jacobian").verdict in (HOLDS, OPEN)


@given(EXPERIMENTS)
def test_claims_are_made_of_any_experiment(experiment: core.Experiment) -> None:
    check(core.run(experiment))


@given(cases())
def test_claims_are_made_of_any_network_and_mask(case: Case) -> None:
    check(core.run(core.Experiment(), network=case.network, batch=case.batch))


def a_rate(log2_per_step: float, standard_error: float, regime: str, lags: int = 100) -> Rate:
    return Rate(log2_per_step, standard_error, None, regime, lags)  # type: ignore[arg-type]


def test_an_outcome_is_the_regime_or_an_end_in_zeros() -> None:
    assert outcome(a_rate(0.001, 0.01, "steady")) == "steady"
    assert outcome(a_rate(0.001, 0.04, "undetermined")) == "open"
    assert outcome(a_rate(-0.5, 0.1, "vanishing")) == "vanishing"
    assert outcome(a_rate(-math.inf, math.nan, "absent")) == "gone"
    assert outcome(a_rate(math.nan, math.nan, "undetermined")) == "open"


def test_evidence_reads_as_text() -> None:
    assert str(core.Evidence("W_aa", -1.0, "factor", "per step")) == "×0.5 per step"
    assert str(core.Evidence("W_y", -math.inf, "size")) == "0"
    assert str(core.Evidence("W_y", -2000.0, "size")) == "8.71e-603"
    assert str(core.Evidence("share", 0.84, "share")) == "84%"
    assert str(core.Evidence("lags", 49, "count", "of 49")) == "49 of 49"
    assert str(core.Evidence("off", 1.5e-15, "deviation")) == "1.5e-15"
