"""Singular values of products of Jacobians, the spectrum of W_aa, and theory's lines.

The oracle multiplies the Jacobians in arithmetic of as many bits as the spread of the singular values needs and
takes eigenvalues of MᵀM there; it shares nothing with the QR route. log₂ of a singular value is then right to
1e−11 (observed: 1e−12) however far it lies below the largest; sums of n of them, as sizes of determinants, to
1e−12 of the sum.
"""

from __future__ import annotations

import mpmath
import numpy as np
import precise
import pytest
from cases import make_case

import core
from core.numerics.graded import Graded, singular_values, sorted_qr
from core.numerics.scaled import Floats
from core.tasks import make_batch


def tape_of(**settings: object) -> core.Tape:
    experiment = core.Experiment(**settings)
    return core.forward(core.make_network(experiment), make_batch(experiment))


def bare(w_aa: Floats, activation: str = "tanh") -> core.Network:
    n = len(w_aa)
    rest = {"W_ax": np.zeros((n, 1)), "b_a": np.zeros(n), "W_y": np.ones((1, n)), "b_y": np.zeros(1)}
    return core.Network("rnn", {"W_aa": w_aa, **rest}, activation)


def resting(network: core.Network, steps: int) -> core.Tape:
    shape = (steps, 1, 1)
    return core.forward(network, core.Batch(np.zeros(shape), np.ones(shape), np.ones(steps, dtype=bool)))


def exact(tape: core.Tape, t: int, k: int, example: int, bits: int) -> list[float]:
    """log₂ of the singular values of J⟨t⟩ … J⟨t−k+1⟩, the largest first; what is rounding counts as zero."""
    activation = tape.network.activation_name
    with mpmath.workprec(bits):
        w = mpmath.matrix(tape.network.parameters["W_aa"].tolist())
        product = mpmath.eye(w.rows)
        for s in range(t, t - k, -1):
            slopes = [precise.slope(activation, float(z)) for z in tape.preactivations[s - 1, example]]
            product = product * mpmath.diag(slopes) * w
        squares = mpmath.eigsy(product.T * product, eigvals_only=True)
        floor = mpmath.ldexp(max(squares), 300 - bits)
        return sorted((precise.log2_root(x) if x > floor else float("-inf") for x in squares), reverse=True)


CASES = [
    ({"activation": "tanh", "gain": 0.9}, 1500),
    ({"activation": "tanh", "gain": 3.0}, 2500),
    ({"activation": "tanh", "gain": 50.0}, 7000),
    ({"activation": "tanh", "gain": 0.9, "initializer": "identity"}, 1500),
    ({"activation": "tanh", "gain": 50.0, "initializer": "identity"}, 7000),
    ({"activation": "sigmoid", "gain": 4.0}, 1500),
    ({"activation": "relu", "gain": 1.5}, 1500),
    ({"activation": "identity", "gain": 1.2}, 1500),
]


@pytest.mark.parametrize(("settings", "bits"), CASES, ids=lambda value: str(value))
def test_every_singular_value_is_that_of_precise_arithmetic(settings: dict[str, object], bits: int) -> None:
    tape = tape_of(hidden_size=5, timesteps=12, batch_size=2, **settings)
    profile = core.jacobian_profile(tape, example=1)
    for k in (0, 1, 2, 11):
        found, expected = profile.log2_singular_values[k], np.array(exact(tape, 12, k, 1, bits))
        assert np.array_equal(np.isneginf(found), np.isneginf(expected))
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-11)


def test_the_smallest_lie_thousands_of_bits_below_the_largest() -> None:
    tape = tape_of(hidden_size=5, timesteps=24, gain=50.0)
    last = core.jacobian_profile(tape).log2_singular_values[-1]
    assert last[0] - last[-1] > 2000
    assert np.all(np.isfinite(last))


@pytest.mark.parametrize("gain", [0.5, 1.5, 50.0])
def test_their_product_is_the_determinant(gain: float) -> None:
    """Σ log₂ σ_i = k log₂ |det W_aa| + Σ log₂ φ', at a size where precise arithmetic would take hours."""
    tape = tape_of(hidden_size=64, timesteps=40, gain=gain)
    sums = core.jacobian_profile(tape).log2_singular_values.sum(axis=1)
    determinant = np.linalg.slogdet(tape.network.parameters["W_aa"])[1] / np.log(2.0)
    slopes = tape.network.activation.log2_derivative(tape.preactivations[:, 0]).sum(axis=1)
    expected = np.concatenate([[0.0], np.cumsum(determinant + slopes[::-1])])[:40]
    np.testing.assert_allclose(sums, expected, rtol=1e-12)


def test_an_orthogonal_linear_network_has_singular_values_of_one_at_every_lag() -> None:
    tape = tape_of(hidden_size=12, timesteps=60, activation="identity", initializer="orthogonal", gain=1.0)
    found = core.jacobian_profile(tape).log2_singular_values
    np.testing.assert_allclose(found, 0.0, atol=1e-12)


def test_units_that_rest_make_singular_values_of_exactly_zero() -> None:
    """relu: with m units alive at the step where fewest are, a product has rank m at most."""
    tape = tape_of(hidden_size=10, timesteps=30, activation="relu", gain=1.2, seed=3)
    profile = core.jacobian_profile(tape)
    alive = (tape.preactivations[:, 0] > 0).sum(axis=1)[::-1]
    for k in range(1, 30):
        assert np.isfinite(profile.log2_singular_values[k]).sum() == alive[:k].min()


def test_a_network_without_recurrence_passes_nothing_on() -> None:
    found = core.jacobian_profile(tape_of(hidden_size=4, gain=0.0)).log2_singular_values
    assert np.array_equal(found[0], np.zeros(4))
    assert np.all(np.isneginf(found[1:]))


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "relu"])
def test_the_gradient_lies_between_the_smallest_and_the_largest(activation: str) -> None:
    """σ_n ‖∂L_t/∂a⟨t⟩‖ ≤ ‖∂L_t/∂a⟨t−k⟩‖ ≤ σ_1 ‖∂L_t/∂a⟨t⟩‖, the gradient from the lag profile."""
    tape = make_case(steps=30, n_a=5, activation=activation, gain=1.3, seed=4).tape()
    values = core.jacobian_profile(tape).log2_singular_values
    ratio = core.lag_profile(tape).log2_state_norm[-1]
    ratio = ratio - ratio[0]
    assert np.all(ratio <= values[:, 0] + 1e-12)
    assert np.all(ratio >= values[:, -1] - 1e-12)


def test_some_lags_are_the_same_as_among_all() -> None:
    tape = tape_of(hidden_size=6, timesteps=20)
    every, some = core.jacobian_profile(tape), core.jacobian_profile(tape, lags=(12, 3, 20))
    assert some.lags.tolist() == [3, 12, 20]
    assert np.array_equal(some.log2_singular_values[:2], every.log2_singular_values[[3, 12]])
    assert np.isfinite(some.log2_singular_values[2]).all(), "lag t reaches back to a⟨0⟩"


def test_the_step_is_the_last_that_is_scored() -> None:
    case = make_case(steps=8, n_a=3, scored=[True] * 5 + [False] * 3)
    profile = core.jacobian_profile(case.tape())
    assert (profile.step, profile.example) == (5, 0)
    assert profile.log2_singular_values.shape == (5, 3)
    assert core.jacobian_profile(make_case(steps=8, scored=[False] * 8).tape()).step == 8


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"step": 0}, "step must lie in 1 … 6, got 0"),
        ({"step": 7}, "step must lie in 1 … 6, got 7"),
        ({"example": 1}, "example must lie in 0 … 0, got 1"),
        ({"lags": [7]}, "lags must lie in 0 … t = 6"),
        ({"lags": []}, "lags must lie in 0 … t = 6"),
    ],
)
def test_what_does_not_exist_is_refused(arguments: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        core.jacobian_profile(make_case().tape(), **arguments)


def test_it_can_be_ended_at_any_lag() -> None:
    class SupersededError(Exception):
        pass

    told: list[tuple[int, int]] = []

    def stop(done: int, total: int) -> None:
        told.append((done, total))
        if done == 3:
            raise SupersededError

    with pytest.raises(SupersededError):
        core.jacobian_profile(make_case(steps=9).tape(), progress=stop)
    assert told == [(0, 9), (1, 9), (2, 9), (3, 9)]


def test_a_triangular_matrix_keeps_its_eigenvalues_apart_from_its_singular_values() -> None:
    """The Jordan block λ I + N: ρ = ½ at every size, σ_max close to ½ + 1."""
    block = 0.5 * np.eye(40) + np.eye(40, k=1)
    found = core.recurrent_spectrum(bare(block))
    assert found.spectral_radius == 0.5
    assert 1.49 < found.largest_singular_value < 1.5


def test_eigenvalues_come_by_size_and_the_radius_is_the_first() -> None:
    found = core.recurrent_spectrum(core.make_network(core.Experiment(hidden_size=30)))
    sizes = np.abs(found.eigenvalues)
    assert np.all(np.diff(sizes) <= 1e-12)
    assert found.spectral_radius == sizes[0] <= found.largest_singular_value


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "relu", "identity"])
@pytest.mark.parametrize("gain", [0.4, 1.0, 4.0])
def test_no_product_exceeds_pascanus_bound(activation: str, gain: float) -> None:
    tape = tape_of(hidden_size=8, timesteps=25, activation=activation, gain=gain, input_gain=0.3)
    bound = core.theory_lines(tape.network, 25)[0]
    assert bound.kind == "bound"
    largest = core.jacobian_profile(tape).log2_singular_values[:, 0]
    assert np.all(largest <= bound.log2[: len(largest)] + 1e-11)


def test_at_rest_the_bound_is_reached_by_a_symmetric_matrix() -> None:
    """W symmetric and z = 0: ‖W^k‖ = σ_max^k = ρ^k, and γ = φ'(0) for tanh; all three lines fall together."""
    w = np.random.default_rng(1).standard_normal((6, 6))
    tape = resting(bare(0.2 * (w + w.T)), 200)
    bound, radius, slope = core.theory_lines(tape.network, 200, core.lyapunov_along(tape, discard=100))
    largest = core.jacobian_profile(tape).log2_singular_values[:, 0]
    np.testing.assert_allclose(bound.log2, largest, atol=1e-10)
    np.testing.assert_allclose(radius.log2, largest, atol=1e-10)
    np.testing.assert_allclose(slope.log2_per_step, largest[1], atol=1e-6)


def test_conditions_are_told_apart() -> None:
    small, large = (core.make_network(core.Experiment(gain=gain)) for gain in (0.3, 3.0))
    must, may = core.theory_lines(small, 3)[0].condition, core.theory_lines(large, 3)[0].condition
    for text in (must, may):
        assert "sufficient to vanish" in text
        assert "necessary to explode, not sufficient" in text
    assert must.endswith("it must vanish.")
    assert may.endswith("the bound decides nothing.")
    assert "not linear" in core.theory_lines(small, 3)[1].condition


@pytest.mark.parametrize(
    ("settings", "verdicts"),
    [
        ({"gain": 0.3}, ("must vanish", "not linear: decides nothing", "vanishes in the long run")),
        (
            {"gain": 3.0, "activation": "relu", "hidden_size": 24},
            ("decides nothing", "not linear: decides nothing", "explodes in the long run"),
        ),
        ({"gain": 0.0}, ("must vanish", "not linear: decides nothing", "passes nothing back")),
        ({"timesteps": 1}, ("decides nothing", "not linear: decides nothing", "too few steps to say")),
        ({"gain": 0.3, "activation": "identity"}, ("must vanish", "must vanish", "vanishes in the long run")),
        ({"gain": 3.0, "activation": "identity"}, ("decides nothing", "may explode", "explodes in the long run")),
        (
            {"gain": 1.0, "activation": "identity", "initializer": "orthogonal"},
            ("decides nothing", "neither", "not distinguishable from 0"),
        ),
    ],
    ids=str,
)
def test_each_line_says_what_holds_here_and_none_has_a_number_that_is_none(
    settings: dict[str, object], verdicts: tuple[str, ...]
) -> None:
    tape = tape_of(**{"hidden_size": 6, "timesteps": 100, **settings})
    lines = core.theory_lines(tape.network, 5, core.lyapunov_along(tape))
    assert tuple(line.verdict for line in lines) == verdicts
    for line in lines:
        assert "nan" not in line.condition
        assert "inf" not in line.condition
        assert line.verdict.split(": ")[-1] in line.condition or line.verdict == "may explode"
        if line.kind == "lyapunov":
            assert "The title's rate can be another" in line.condition, "two rates on one screen, and why"


def test_lines_start_at_one_and_their_number_is_checked() -> None:
    network = core.make_network(core.Experiment())
    assert all(line.log2[0] == 0.0 and line.log2.shape == (7,) for line in core.theory_lines(network, 7))
    assert np.array_equal(
        core.theory_lines(core.make_network(core.Experiment(gain=0.0)), 3)[1].log2, [0.0, -np.inf, -np.inf]
    )
    with pytest.raises(ValueError, match="lags must be at least 1"):
        core.theory_lines(network, 0)


@pytest.mark.parametrize("spread", [0, 5, 40, 900, 9000])
@pytest.mark.parametrize("n", [1, 7, 40])
def test_a_graded_matrix_gives_its_singular_values(n: int, spread: int) -> None:
    """Rows of any size times an orthogonal matrix: the sizes are the singular values."""
    rng = np.random.default_rng(n + spread)
    sizes = rng.integers(-spread, 1, n)
    rotation = np.linalg.qr(rng.standard_normal((n, n)))[0]
    found = singular_values(Graded(rotation, sizes))
    np.testing.assert_allclose(found, np.sort(sizes)[::-1], rtol=0, atol=1e-12)


def test_a_graded_factorization_keeps_the_small_rows() -> None:
    """Q R gives back every row to its own precision, and log₂ |R_ii| add up to the determinant."""
    rng = np.random.default_rng(0)
    rotation = np.linalg.qr(rng.standard_normal((9, 9)))[0]
    powers = rng.permutation(np.arange(0, -900, -100))
    q, r = sorted_qr(Graded(rotation, powers))
    np.testing.assert_allclose(q.T @ q, np.eye(9), atol=1e-14)
    sizes = np.log2(np.abs(np.diagonal(r.mantissa))) + r.exponent
    assert sizes.sum() == pytest.approx(powers.sum(), abs=1e-11)
