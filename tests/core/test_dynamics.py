"""What is measured of the Jacobians together is what each measurement gives alone, and costs no more than allowed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import core
from core.dynamics import summary
from core.dynamics.summary import BUDGET, MOST_LAGS, OVERHEAD, affordable_exponents, affordable_lags, told_enough
from core.tasks import make_batch

SIZES = [1, 2, 4, 16, 64, 256, 1024]


def tape_of(**settings: object) -> core.Tape:
    experiment = core.Experiment(**settings)
    return core.forward(core.make_network(experiment), make_batch(experiment))


def test_it_is_what_each_measurement_gives_alone() -> None:
    tape = tape_of(hidden_size=5, timesteps=30, batch_size=2)
    found = core.dynamics_of(tape)
    alone = core.jacobian_profile(tape)
    assert found.profile is not None
    assert found.spectrum is not None
    assert found.profile.step == 30
    assert np.array_equal(found.profile.lags, alone.lags)
    assert np.array_equal(found.profile.log2_singular_values, alone.log2_singular_values)
    assert np.array_equal(found.lyapunov.exponents, core.lyapunov_along(tape).exponents)
    assert found.spectrum.spectral_radius == core.recurrent_spectrum(tape.network).spectral_radius
    assert [line.kind for line in found.lines] == ["bound", "radius", "lyapunov"]
    assert all(line.log2.shape == (30,) for line in found.lines)


def test_what_is_known_of_the_same_pass_is_not_measured_again() -> None:
    tape = tape_of(hidden_size=4, timesteps=20)
    lines = core.dynamics_of(tape, profile=False)
    assert lines.profile is None
    whole = core.dynamics_of(tape, known=lines)
    assert whole.lyapunov is lines.lyapunov
    assert core.dynamics_of(tape, known=whole) is whole
    assert core.dynamics_of(tape, profile=False, known=whole) is whole
    earlier = core.dynamics_of(tape, step=7, known=whole)
    assert earlier.profile is not None
    assert earlier.profile.step == 7
    other = core.dynamics_of(tape_of(hidden_size=4, timesteps=20, seed=1), known=whole)
    assert other.lyapunov is not whole.lyapunov


@pytest.mark.parametrize("profile", [True, False])
def test_progress_rises_to_the_end_of_the_work_and_can_end_it(profile: bool) -> None:
    class SupersededError(Exception):
        pass

    told: list[tuple[int, int]] = []
    core.dynamics_of(tape_of(hidden_size=3, timesteps=12), profile=profile, progress=lambda *at: told.append(at))
    total = 24 if profile else 12
    assert told == [(done, total) for done in range(total)]

    def stop(done: int, total: int) -> None:
        if done == total - 1:
            raise SupersededError

    with pytest.raises(SupersededError):
        core.dynamics_of(tape_of(hidden_size=3, timesteps=12), profile=profile, progress=stop)


@pytest.mark.parametrize("last", [0, 1, 2, 49, 239, 240, 4999])
def test_the_lags_are_as_many_and_as_far_as_is_affordable(last: int) -> None:
    for n in SIZES:
        lags = affordable_lags(last, n)
        assert lags[0] == 0, n
        assert 1 <= len(lags) <= MOST_LAGS, n
        assert last - lags.step < lags[-1] <= last or 2 * (lags[-1] + lags.step + 1) * (OVERHEAD + n**3) > BUDGET, n
        assert (lags[-1] + len(lags)) * (OVERHEAD + n**3) <= BUDGET, n
        if n <= 16 and last < MOST_LAGS:
            assert lags == range(last + 1), f"every lag where that is cheap, {n} units"


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("steps", [1, 50, 5000])
def test_the_exponents_are_all_of_them_or_as_many_as_are_affordable(steps: int, n: int) -> None:
    def cost(m: int) -> float:
        return steps * n * m * (n + m)

    m = affordable_exponents(steps, n)
    assert 1 <= m <= n
    assert m == 1 or cost(m) <= BUDGET * (1 + 1e-9)
    assert m == n or cost(m + 1) > BUDGET


@pytest.mark.parametrize(("gain", "count"), [(0.5, 8), (2.0, 24)])
def test_a_large_state_has_as_many_exponents_measured_as_tell_the_dimension(
    gain: float, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    tape = tape_of(hidden_size=24, timesteps=40, initializer="gaussian", gain=gain, input_gain=0.01)
    whole = core.lyapunov_along(tape)
    monkeypatch.setattr(summary, "LEADING", 1.0)
    found = core.dynamics_of(tape, profile=False).lyapunov
    assert len(found.exponents) == count
    np.testing.assert_allclose(found.exponents, whole.exponents[:count], rtol=1e-9)
    np.testing.assert_allclose(found.kaplan_yorke_dimension, whole.kaplan_yorke_dimension)
    np.testing.assert_allclose(found.entropy_rate, whole.entropy_rate, atol=1e-12)


def test_exponents_that_are_lost_are_not_looked_for_again() -> None:
    lost = core.Lyapunov(np.array([0.1, np.nan]), np.full(2, np.nan), steps=10, discarded=1, size=9)
    assert told_enough(lost)
    assert not told_enough(replace(lost, exponents=np.array([0.1, 0.05])))
    assert told_enough(replace(lost, exponents=np.array([0.1, -0.2])))


@pytest.mark.parametrize(
    ("cell", "names"),
    [("rnn", {"W_aa"}), ("gru", {"W_ra", "W_za", "W_na"}), ("lstm", {"W_ia", "W_fa", "W_ga", "W_oa"}), ("deep", set())],
)
def test_every_recurrent_matrix_has_its_spectrum(cell: str, names: set[str]) -> None:
    tape = core.run(core.Experiment(cell=cell, timesteps=6, hidden_size=5)).tape
    found = core.dynamics_of(tape, profile=False)
    assert set(found.spectra) == names
    assert (found.spectrum is not None) == (len(names) == 1)
    for name, spectrum in found.spectra.items():
        matrix = tape.network.parameters[name]
        assert spectrum.spectral_radius == pytest.approx(np.abs(np.linalg.eigvals(matrix)).max())
        assert spectrum.largest_singular_value == pytest.approx(np.linalg.svd(matrix, compute_uv=False)[0])
