"""Every contribution by itself: ‖δ_{t,s} uᵀ‖ at each (t, k), against matrices formed one by one.

The reference forms each matrix in plain float64; core takes norms from the factors. Both are relative to
Σ_b ‖δ_b‖ ‖u_b‖, the norm were there no cancellation between examples: 1e−11 of it leaves room for a few
hundred roundings of a product of twelve Jacobians. With one example nothing cancels but in the products W_aaᵀ δ, and in
a gated cell between the ways past and through its gates: a step back that leaves 10^−6 of δ, since these all but
cancel, has a rounding 10^6 times as large beside it, and so has every lag behind. Zeros are compared exactly: −inf
where no path exists, and nowhere that one does.
"""

from __future__ import annotations

import numpy as np
import pytest
from cases import PARAMETERS, Case, cases, make_case
from hypothesis import given
from hypothesis import strategies as st
from oracles import take_apart

import core
from core.bptt import lag_sweep
from core.bptt.sharing import shared_sources

ROUNDING = 1e-11
OF_A_STEP = 1e-15


def assert_norms(log2_norms: np.ndarray, norms: np.ndarray, bounds: np.ndarray) -> None:
    none = bounds == 0
    assert np.all(np.isneginf(log2_norms[none]))
    falls = np.zeros_like(bounds)
    np.divide(bounds[..., :-1], bounds[..., 1:], out=falls[..., 1:], where=bounds[..., 1:] > 0)
    allowed = ROUNDING + OF_A_STEP * np.cumsum(falls, axis=-1)
    assert np.all(np.abs(np.exp2(log2_norms) - norms) <= allowed * bounds)
    assert not np.any(np.isnan(log2_norms))


@given(cases())
def test_every_contribution_has_the_norm_of_its_matrix(case: Case) -> None:
    lags = core.lag_profile(case.tape())
    apart = take_apart(case.network, case.batch)
    assert set(lags.log2_norm) == set(case.parameters)
    for name in case.parameters:
        assert lags.log2_norm[name].shape == (len(case.batch.inputs),) * 2
        assert_norms(lags.log2_norm[name], apart.norms(name), apart.bounds[name])


@given(cases())
def test_every_state_gradient_has_its_norm(case: Case) -> None:
    lags = core.lag_profile(case.tape())
    apart = take_apart(case.network, case.batch)
    assert_norms(lags.log2_state_norm, apart.state_norms, apart.state_norms)


@given(cases())
def test_the_summed_profile_is_the_norm_of_the_sum_over_loss_times(case: Case) -> None:
    lags = core.lag_profile(case.tape())
    apart = take_apart(case.network, case.batch)
    for name in case.parameters:
        over_time = apart.parts[name].sum(axis=0)
        norms = np.sqrt(np.sum(over_time.reshape(len(over_time), -1) ** 2, axis=1))
        assert_norms(lags.log2_summed[name], norms, apart.bounds[name].sum(axis=0))


def profile_in_tiles(tape: core.Tape, numbers: int) -> core.LagProfile:
    """The profile as of a large network: one lag at a time, its loss times in tiles of about so many numbers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lag_sweep, "BLOCK", 1)
        patch.setattr(lag_sweep, "TILE", numbers)
        patch.setattr(lag_sweep, "SQUARES", 0)
        return core.lag_profile(tape)


@given(cases(), st.integers(1, 60))
def test_a_lag_that_comes_in_several_tiles_has_the_sums_of_its_matrices(case: Case, numbers: int) -> None:
    lags = profile_in_tiles(case.tape(), numbers)
    apart = take_apart(case.network, case.batch)
    assert lags.residual <= 1e-12
    for name in case.parameters:
        assert_norms(lags.log2_norm[name], apart.norms(name), apart.bounds[name])
        over_time = apart.parts[name].sum(axis=0)
        norms = np.sqrt(np.sum(over_time.reshape(len(over_time), -1) ** 2, axis=1))
        assert_norms(lags.log2_summed[name], norms, apart.bounds[name].sum(axis=0))


@pytest.mark.parametrize("examples", [1, 3])
def test_beyond_float64_it_does_not_matter_in_how_many_tiles_a_lag_comes(examples: int) -> None:
    tape = make_case(steps=30, examples=examples, gain=1e-40).tape()
    whole, tiles = core.lag_profile(tape), profile_in_tiles(tape, 20)
    assert np.min(whole.log2_summed["b_a"]) < -3000
    assert tiles.residual <= 1e-12
    for name in PARAMETERS:
        np.testing.assert_allclose(tiles.log2_norm[name], whole.log2_norm[name], rtol=1e-12, atol=ROUNDING)
        np.testing.assert_allclose(tiles.log2_summed[name], whole.log2_summed[name], rtol=1e-12, atol=ROUNDING)


@pytest.mark.parametrize(
    ("examples", "n_a", "n_x"),
    [(2, 6, 5), (3, 6, 1), (8, 3, 2), (8, 8, 8), (20, 2, 1), (7, 1, 1)],
    ids=lambda n: str(n),
)
def test_norms_agree_whether_the_batch_is_smaller_or_larger_than_the_matrix(examples: int, n_a: int, n_x: int) -> None:
    case = make_case(steps=10, examples=examples, n_a=n_a, n_x=n_x, seed=examples)
    lags = core.lag_profile(case.tape())
    apart = take_apart(case.network, case.batch)
    for name in PARAMETERS:
        assert_norms(lags.log2_norm[name], apart.norms(name), apart.bounds[name])


def test_examples_that_cancel_to_the_last_digits_keep_their_norm() -> None:
    """Two examples with opposite errors and nearly equal states: their matrices cancel to one part in 10⁷.

    A squared norm from Gram matrices alone would be rounding there; what is left has 1e−7 of the size, so
    1e−11 of the size is four digits of it.
    """
    one = make_case(steps=8, examples=1, n_a=6, n_x=5, seed=3)
    nearly = one.batch.inputs + 1e-7
    tape = core.forward(one.network, core.Batch(one.batch.inputs, one.batch.targets, one.batch.scored))
    twin = core.forward(one.network, core.Batch(nearly, one.batch.targets, one.batch.scored))
    opposite = twin.outputs + (tape.outputs - one.batch.targets)
    batch = core.Batch(
        np.concatenate([one.batch.inputs, nearly], axis=1),
        np.concatenate([one.batch.targets, opposite], axis=1),
        one.batch.scored,
    )
    lags = core.lag_profile(core.forward(one.network, batch))
    apart = take_apart(one.network, batch)
    paths = apart.bounds["W_aa"] > 0
    assert np.all(apart.norms("W_aa")[paths] < 1e-4 * apart.bounds["W_aa"][paths])
    for name in PARAMETERS:
        assert_norms(lags.log2_norm[name], apart.norms(name), apart.bounds[name])


@given(cases())
def test_the_typical_curve_is_the_mean_of_the_logarithms_that_exist(case: Case) -> None:
    lags = core.lag_profile(case.tape())
    for name in case.parameters:
        for k, mean in enumerate(lags.typical(name)):
            there = [value for value in lags.log2_norm[name][:, k] if value != -np.inf]
            assert mean == pytest.approx(np.mean(there) if there else -np.inf, rel=1e-12, abs=1e-12)


@given(cases())
def test_no_contribution_comes_from_a_step_before_the_first_or_a_loss_that_is_not_scored(case: Case) -> None:
    lags = core.lag_profile(case.tape())
    steps = len(case.batch.inputs)
    t, k = np.meshgrid(np.arange(1, steps + 1), np.arange(steps), indexing="ij")
    impossible = (k >= t) | ~case.batch.scored[:, np.newaxis]
    for name in case.recurrent:
        assert np.all(np.isneginf(lags.log2_norm[name][impossible]))
    assert np.all(np.isneginf(lags.log2_state_norm[impossible]))


def test_one_scored_step_makes_the_summed_and_the_typical_curve_the_same() -> None:
    lags = core.lag_profile(make_case(steps=12, examples=3, n_a=4, scored="last").tape())
    for name in PARAMETERS:
        np.testing.assert_allclose(lags.log2_summed[name], lags.typical(name), rtol=0, atol=1e-11)


def test_a_profile_without_any_scored_step_is_all_zeros() -> None:
    case = make_case(steps=4, scored=[False] * 4)
    lags = core.lag_profile(case.tape())
    assert all(np.all(np.isneginf(lags.log2_norm[name])) for name in PARAMETERS)
    assert all(np.all(np.isneginf(lags.log2_summed[name])) for name in PARAMETERS)
    assert lags.residual == 0.0
    assert all(not np.any(gradient) for gradient in core.backward(case.tape()).values())


def test_progress_is_told_of_every_lag_and_can_end_the_work() -> None:
    tape = make_case(steps=5).tape()
    told: list[tuple[int, int]] = []
    core.lag_profile(tape, progress=lambda done, total: told.append((done, total)))
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert all(0 <= done <= total for done, total in told)
    assert len(told) >= 5

    class SupersededError(Exception):
        pass

    def stop(done: int, total: int) -> None:
        raise SupersededError

    with pytest.raises(SupersededError):
        core.lag_profile(tape, progress=stop)


def test_how_many_losses_a_mean_is_over_leaves_out_exact_zeros() -> None:
    """W_aa reads a⟨0⟩ = 0 at the longest lag of each loss: one loss fewer at every lag than there are."""
    lags = core.run(core.Experiment(timesteps=12)).lags
    assert lags.losses.tolist() == list(range(12, 0, -1))
    assert lags.averaged("W_aa").tolist() == list(range(11, -1, -1))
    assert lags.averaged("b_a").tolist() == lags.losses.tolist()
    assert lags.averaged("W_y").tolist() == [12] + [0] * 11


@pytest.mark.parametrize(("cell", "blocks"), [("lstm", "iiii"), ("gru", "rrmn"), ("rnn", "z")])
def test_what_several_gates_read_is_laid_side_by_side_once(cell: str, blocks: str) -> None:
    tape = core.run(core.Experiment(cell=cell, hidden_size=3, timesteps=5, batch_size=4)).tape
    found = shared_sources(tape.network.cell.uses(), tape.reads, 4)
    laid = [id(reads.stacks(plain=True)[0].windows(0, 1, 4).base) for reads in found.values()]
    assert [blocks.index(sign) for sign in blocks] == [laid.index(one) for one in laid]
    for shared, reads in found.items():
        uses = [name for name, use in tape.network.cell.uses().items() if use.delta == shared.delta]
        assert list(reads.names) == uses
