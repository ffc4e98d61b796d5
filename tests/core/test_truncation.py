"""The truncated gradient by three routes: blocks carried back, contributions summed one by one, and automatic
differentiation that stops at the state where a block's way back ends.

Relative to the sizes that rounding is relative to: 1e-12, and 1e-10 against automatic differentiation.
"""

from __future__ import annotations

import sys

import autograd
import autograd.numpy as anp
import numpy as np
import oracles
import pytest
from cases import CELLS, PARAMETERS, RECURRENT, Case, cases, make_case
from hypothesis import given
from hypothesis import strategies as st

import core
from core.bptt.truncation import ALL, cut, reach, together, truncated_gradients, truncation
from core.training.steps import train

KS = st.integers(0, 14)
TIED = tuple(name for name in CELLS if all(use.tied for use in core.network.cells.CELLS[name].uses().values()))


def block_end(t: int, steps: int, k1: int) -> int:
    """Where the block of the loss at t (from 1) ends, by counting."""
    every = k1 or steps
    end = every
    while end < t:
        end += every
    return min(end, steps)


def stopped(network: core.Network, batch: core.Batch, k1: int, k2: int) -> dict[str, np.ndarray]:
    """Σ over the blocks of autograd's gradient of their losses, the state at the end of the way back a constant."""
    steps, examples = batch.inputs.shape[:2]
    equations, made_of, n = oracles.EQUATIONS[network.cell_name], oracles.functions(network), network.hidden_size
    parameters = dict(network.parameters)
    states = core.forward(network, batch).states
    found = {name: np.zeros_like(value) for name, value in parameters.items()}
    for end in sorted({block_end(t, steps, k1) for t in range(1, steps + 1)}):
        stop = max(0, end - (k2 or steps))
        own = [t for t in range(1, steps + 1) if block_end(t, steps, k1) == end and batch.scored[t - 1]]

        def loss(p: dict[str, np.ndarray], stop: int = stop, end: int = end, own: list[int] = own) -> float:
            total = 0.0
            for b in range(examples):
                state = states[stop, b]
                for t in own:
                    if t <= stop:  # the state is a constant, the read-out is not
                        o = p["W_y"] @ states[t, b, :n] + p["b_y"]
                        total = total + oracles._loss_of_one(network.readout_name, o, batch.targets[t - 1, b])
                for t in range(stop + 1, end + 1):
                    state, _ = equations.forward(p, made_of, state, batch.inputs[t - 1, b])
                    if t in own:
                        o = p["W_y"] @ state[:n] + p["b_y"]
                        total = total + oracles._loss_of_one(network.readout_name, o, batch.targets[t - 1, b])
            return total / examples + 0.0 * anp.sum(p["b_y"])

        if own:
            gradient = autograd.grad(loss)(parameters)
            found = {name: found[name] + gradient[name] for name in found}
    return found


@given(cases(kinds=TIED, gains=(0.3, 1.0)), KS, KS)
def test_the_truncated_gradient_is_that_of_automatic_differentiation_that_stops(case: Case, k1: int, k2: int) -> None:
    found = truncated_gradients(case.tape(), k1, k2)
    expected = stopped(case.network, case.batch, k1, k2)
    scale = max(1.0, *(float(np.max(np.abs(value))) for value in expected.values()))
    for name in case.parameters:
        np.testing.assert_allclose(found[name], expected[name], rtol=0, atol=1e-10 * scale)


@given(cases(kinds=TIED, gains=(0.3, 1.0, 2.5)), KS, KS)
def test_it_is_the_sum_of_the_contributions_within_reach(case: Case, k1: int, k2: int) -> None:
    apart, tape = oracles.take_apart(case.network, case.batch), case.tape()
    thrown = cut(len(tape.losses), k1, k2)
    found = truncation(tape, k1, k2)
    for name in case.parameters:
        kept = apart.parts[name].copy()
        if name in case.recurrent:
            kept[thrown] = 0.0
        expected, scale = kept.sum(axis=(0, 1)), apart.scale(name)
        np.testing.assert_allclose(found.gradients[name], expected, rtol=0, atol=1e-12 * scale)
        lost = (apart.parts[name] - kept).sum(axis=0)
        for k in range(len(tape.losses)):
            size = np.linalg.norm(lost[k])
            assert np.exp2(found.log2_lost[name][k]) == pytest.approx(size, rel=1e-9, abs=1e-12 * scale)


@given(cases(kinds=TIED, gains=(1.0,)), KS, KS)
def test_bias_and_share_are_those_of_plain_vectors(case: Case, k1: int, k2: int) -> None:
    tape = case.tape()
    found, full = truncation(tape, k1, k2), core.backward(tape)
    vectors = {name: (found.gradients[name].ravel(), full[name].ravel()) for name in full}
    vectors[ALL] = tuple(np.concatenate([pair[i] for pair in vectors.values()]) for i in (0, 1))
    for name, (kept, whole) in vectors.items():
        size, rest = np.linalg.norm(whole), np.linalg.norm(whole - kept)
        if size < 1e-9:
            continue
        assert np.exp2(found.log2_ratio[name]) == pytest.approx(np.linalg.norm(kept) / size, rel=1e-9, abs=1e-12)
        assert np.exp2(found.log2_lost_share[name]) == pytest.approx(rest / size, rel=1e-9, abs=1e-9)
        if np.linalg.norm(kept) > 1e-9:
            cosine = kept @ whole / size / np.linalg.norm(kept)
            assert found.cosine[name] == pytest.approx(cosine, rel=1e-9, abs=1e-9)


@given(st.integers(1, 40), KS, KS)
def test_each_loss_reaches_back_to_the_end_of_its_blocks_way(steps: int, k1: int, k2: int) -> None:
    found, thrown = reach(steps, k1, k2), cut(steps, k1, k2)
    for t in range(1, steps + 1):
        last = max(1, block_end(t, steps, k1) - (k2 or steps) + 1)
        kept = [k for k in range(t) if t - k >= last]
        assert found[t - 1] == (kept[-1] if kept else t - last)
        assert np.flatnonzero(~thrown[t - 1, :t]).tolist() == kept
        assert not thrown[t - 1, t:].any()


@pytest.mark.parametrize("k2", [0, 12, 5000])
@pytest.mark.parametrize("k1", [0, 1, 5, 5000])
def test_as_far_back_as_there_are_steps_is_the_full_gradient(k1: int, k2: int) -> None:
    tape = make_case(steps=12, examples=3).tape()
    found, full = truncation(tape, k1, k2), core.backward(tape)
    for name in PARAMETERS:
        assert np.array_equal(found.gradients[name], full[name])
        assert np.all(np.isneginf(found.log2_lost[name]))
        assert found.cosine[name] == pytest.approx(1, rel=1e-12)
        assert found.log2_lost_share[name] == -np.inf
    assert not np.any(found.share_cut)


def test_the_read_out_loses_nothing_and_long_lags_everything() -> None:
    tape = make_case(steps=30).tape()
    found, lags = truncation(tape, 5, 10), core.lag_profile(tape)
    for name in ("W_y", "b_y"):
        assert found.log2_lost_share[name] == -np.inf
    assert not np.any(found.share_cut[:6])
    assert np.all(np.diff(found.share_cut[5:11]) > 0)
    assert np.all(found.share_cut[10:] == 1)
    for name in RECURRENT:
        np.testing.assert_allclose(found.log2_lost[name][10:], lags.log2_summed[name][10:], atol=1e-9)
        assert found.log2_lost_share[name] > -np.inf


def test_beyond_float64_the_bias_is_still_a_number() -> None:
    """The first steps hold the largest contributions of an exploding gradient: nothing of them is kept."""
    experiment = core.Experiment(gain=10.0, hidden_size=48, timesteps=1500, input_gain=0.1, initial_state=1.0)
    tape = core.forward(core.make_network(experiment), core.make_batch(experiment))
    found = truncation(tape, 20, 100)
    assert found.log2_lost_share["W_aa"] == pytest.approx(0, abs=1e-9)
    assert -1400 < found.log2_ratio["W_aa"] < -1000
    assert abs(found.cosine["W_aa"]) <= 1


def test_what_is_lost_is_told_far_below_the_rounding_of_the_gradient() -> None:
    """From lag k2 on everything is lost: ‖Σ_k Σ_t contribution‖ ≈ that of the first lost lag, where each is ×0.39."""
    experiment = core.preset("vanishing").replace(k1=1, k2=60)
    trace = core.run(experiment)
    assert trace.truncation is not None
    for name in RECURRENT:
        share = trace.truncation.log2_lost_share[name]
        first = trace.lags.log2_summed[name][60] - trace.gradients.log2_norm(name)
        assert share == pytest.approx(first, abs=1)
        assert share < -70
        assert trace.truncation.cosine[name] == pytest.approx(1, rel=1e-12)


@given(st.integers(1, 40), KS, KS, st.booleans())
def test_the_lags_that_all_keep_and_none_keeps_are_those_of_counting(steps: int, k1: int, k2: int, last: bool) -> None:
    case = make_case(steps=steps)
    scored = np.arange(steps) == steps - 1 if last else np.ones(steps, dtype=bool)
    tape = core.forward(case.network, core.Batch(case.batch.inputs, case.batch.targets, scored))
    found, thrown = truncation(tape, k1, k2), cut(steps, k1, k2)
    has = [[t for t in range(steps) if scored[t] and k <= t] for k in range(steps)]
    some = [k for k in range(steps) if any(thrown[t, k] for t in has[k])]
    none = [k for k in range(steps) if all(thrown[t, j] for j in range(k, steps) for t in has[j])]
    assert found.first_cut == (some[0] if some else None)
    assert found.all_cut == (none[0] if none else None)
    if k2 and k2 < steps:
        assert found.first_cut is not None
        assert found.first_cut > k2 - (k1 or steps)
        assert found.all_cut is not None
        assert found.all_cut <= k2


@pytest.mark.parametrize("k", [(1, 4), (3, 5), (5, 3), (0, 4), (2, 12), (4, 1)])
def test_the_lags_that_one_loss_loses_are_those_of_counting(k: tuple[int, int]) -> None:
    found = truncation(core.run(core.Experiment(timesteps=12, hidden_size=2)).tape, *k)
    for t in range(1, 13):
        lost = np.flatnonzero(cut(12, *k)[t - 1])
        assert found.cut_from(t) == (int(lost[0]) if lost.size else None), t


def test_all_parameters_together_lose_the_length_of_theirs_side_by_side() -> None:
    found = truncation(make_case(steps=20).tape(), 4, 6)
    squares = sum(np.exp2(2 * found.log2_lost[name]) for name in PARAMETERS)
    np.testing.assert_allclose(np.exp2(2 * found.log2_lost[ALL]), squares, rtol=1e-12)


def test_a_group_loses_the_length_of_its_parameters_side_by_side() -> None:
    tape = make_case(steps=20).tape()
    found, full = truncation(tape, 4, 6), core.backward(tape)
    names = ("W_aa", "b_a")
    lost = [np.linalg.norm(full[name] - found.gradients[name]) for name in names]
    whole = [np.linalg.norm(full[name]) for name in names]
    assert np.exp2(together(found, full, names)) == pytest.approx(np.hypot(*lost) / np.hypot(*whole), rel=1e-9)
    assert together(found, full, ("W_aa",)) == pytest.approx(found.log2_lost_share["W_aa"])
    assert together(found, full, PARAMETERS) == pytest.approx(found.log2_lost_share[ALL])


def test_a_trace_has_it_where_the_settings_truncate() -> None:
    experiment = core.Experiment(timesteps=20, hidden_size=4, k1=3, k2=6)
    trace = core.run(experiment)
    assert trace.truncation is not None
    expected = truncation(trace.tape, 3, 6)
    assert trace.truncation.cosine == expected.cosine
    assert trace.truncation.log2_lost_share == expected.log2_lost_share
    assert core.run(experiment.replace(k2=0)).truncation is None
    assert core.run(experiment.replace(cell="deep")).truncation is None


def test_it_is_a_part_of_the_work_that_can_be_followed_and_ended() -> None:
    shares: list[float] = []
    experiment = core.Experiment(timesteps=60, hidden_size=4, k1=5, k2=6)
    core.run(experiment, progress=lambda done, total: shares.append(done / total))
    assert shares == sorted(shares)
    assert 0 <= shares[0] < 0.1
    assert 0.9 < shares[-1] < 1

    def end(done: int, total: int) -> None:
        if done >= 0.7 * total:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        core.run(experiment, progress=end)


def test_many_blocks_go_in_groups_that_fit_into_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    tape = make_case(steps=40, examples=2).tape()
    at_once = truncated_gradients(tape, 1, 7)
    monkeypatch.setattr(sys.modules["core.bptt.truncation"], "MOST_NUMBERS", 100)
    for name in PARAMETERS:
        np.testing.assert_allclose(truncated_gradients(tape, 1, 7)[name], at_once[name], rtol=1e-12)


def test_training_with_truncation_follows_the_truncated_gradient() -> None:
    experiment = core.Experiment(timesteps=12, hidden_size=4, batch_size=2, optimizer="sgd", k1=3, k2=4)
    (step,) = train(experiment.replace(training_steps=1))
    network = core.make_network(experiment)
    gradients = truncated_gradients(core.forward(network, core.make_batch(experiment, 0)), 3, 4)
    for name, value in network.parameters.items():
        moved = value - experiment.learning_rate * gradients[name]
        np.testing.assert_allclose(step.network.parameters[name], moved, rtol=1e-14)
    (full,) = train(experiment.replace(training_steps=1, k2=0))
    assert full.log2_gradient != step.log2_gradient


def test_what_is_below_zero_is_refused() -> None:
    with pytest.raises(ValueError, match=r"k1 and k2 must be 0 \(all steps\) or more, got -1 and 3"):
        truncated_gradients(make_case().tape(), -1, 3)
