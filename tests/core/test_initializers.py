"""Each initializer has the property it is named for.

Exact properties (singular values of an orthogonal matrix, a spectral radius that is divided out) hold to the
rounding of an eigenvalue routine, 1e−12. Statistical ones are averages of n² = 160 000 draws or of several
matrices: five standard errors.
"""

from __future__ import annotations

import numpy as np
import pytest

import core
from core.network.initializers import INITIALIZERS, reading_matrix, recurrent_matrix

SIZES = (1, 2, 7, 64)
GAINS = (0.0, 0.3, 1.0, 5.0)


def draw(name: str, n: int, gain: float = 1.0, seed: int = 0) -> np.ndarray:
    return recurrent_matrix(name, n, gain, np.random.default_rng(seed))


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("gain", GAINS)
def test_every_singular_value_of_an_orthogonal_matrix_is_the_gain(n: int, gain: float) -> None:
    np.testing.assert_allclose(np.linalg.svd(draw("orthogonal", n, gain))[1], gain, rtol=0, atol=1e-12)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("gain", GAINS)
def test_the_spectral_radius_is_the_gain(n: int, gain: float) -> None:
    eigenvalues = np.linalg.eigvals(draw("spectral-radius-scaled", n, gain))
    assert np.max(np.abs(eigenvalues)) == pytest.approx(gain, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("gain", GAINS)
def test_the_identity_is_the_gain_times_the_identity(gain: float) -> None:
    assert np.array_equal(draw("identity", 5, gain), gain * np.eye(5))


def test_gaussian_entries_have_variance_one_over_n() -> None:
    n = 400
    entries = draw("gaussian", n) * np.sqrt(n)
    assert abs(entries.mean()) < 5 / n
    assert abs(entries.var() - 1) < 5 * np.sqrt(2) / n
    assert abs((entries**4).mean() - 3) < 5 * np.sqrt(96) / n


def test_the_eigenvalues_of_a_wide_gaussian_matrix_fill_the_disc_of_radius_one() -> None:
    """Girko's circular law: the radius exceeds 1 by some n^(−1/2), and a quarter lies within radius ½."""
    sizes = np.abs(np.linalg.eigvals(draw("gaussian", 400)))
    assert 0.95 < sizes.max() < 1.1
    assert np.mean(sizes < 0.5) == pytest.approx(0.25, abs=0.05)


def test_glorot_entries_are_uniform_within_their_limit() -> None:
    n = 400
    entries = draw("glorot", n) * np.sqrt(2 * n / 6)
    assert np.max(np.abs(entries)) <= 1
    assert np.max(np.abs(entries)) > 0.999
    assert abs(entries.mean()) < 5 / np.sqrt(3) / n
    assert entries.var() == pytest.approx(1 / 3, abs=0.005)


def test_orthogonal_matrices_are_drawn_without_a_preferred_direction() -> None:
    """Uniform on the orthogonal group: the diagonal has mean 0 and E tr² = 1; unsigned QR has neither."""
    matrices = [draw("orthogonal", 4, seed=seed) for seed in range(600)]
    diagonal = np.array([np.diag(matrix) for matrix in matrices])
    assert np.all(np.abs(diagonal.mean(axis=0)) < 5 * 0.5 / np.sqrt(600))
    traces = diagonal.sum(axis=1)
    assert np.mean(traces**2) == pytest.approx(1.0, abs=5 * np.sqrt(2) / np.sqrt(600))
    signs = [np.sign(np.linalg.det(matrix)) for matrix in matrices]
    assert abs(np.mean(signs)) < 5 / np.sqrt(600)


@pytest.mark.parametrize("n", [*SIZES, 3, 12, 13, 100])
def test_round_entries_have_few_digits_and_nearly_the_variance_of_gaussian_ones(n: int) -> None:
    entries = np.abs(draw("round", n))
    scale = {1: 1.0, 2: 1.0, 3: 1.0, 7: 0.5, 12: 0.5, 13: 0.25, 64: 0.125, 100: 0.125}[n]
    assert set(entries.ravel()) <= {scale / 2, scale}
    assert 0.5 <= 0.625 * scale**2 * n <= 2.0


def test_round_is_round_in_every_matrix_and_the_others_have_gaussian_ones_to_read_the_input() -> None:
    for cell in ("rnn", "gru", "lstm", "deep"):
        settings = core.Experiment(cell=cell, hidden_size=2, timesteps=3, gain=1.0, task="adding", initializer="round")
        for name, array in core.make_network(settings).parameters.items():
            assert set(np.abs(array).ravel()) <= {0.0, 0.5, 1.0}, name
    drawn = [reading_matrix(name, (3, 5), 2.0, np.random.default_rng(1)) for name in INITIALIZERS if name != "round"]
    for array in drawn:
        assert np.array_equal(array, 2.0 * np.random.default_rng(1).standard_normal((3, 5)) / np.sqrt(5))


@pytest.mark.parametrize("name", sorted(INITIALIZERS))
def test_the_gain_rescales_the_same_draw(name: str) -> None:
    assert np.array_equal(draw(name, 9, 3.7), 3.7 * draw(name, 9, 1.0))


@pytest.mark.parametrize("name", sorted(set(INITIALIZERS) - {"identity"}))
def test_another_seed_draws_another_matrix(name: str) -> None:
    assert not np.array_equal(draw(name, 6, seed=0), draw(name, 6, seed=1))


def network(**settings: object) -> core.Network:
    return core.make_network(core.Experiment(hidden_size=24, timesteps=3, task="adding", gain=1.0, **settings))


def within(values: np.ndarray, limit: float) -> bool:
    """All within ±limit, and some of them near it."""
    return bool(np.abs(values).max() <= limit and np.abs(values).max() > 0.8 * limit)


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm", "gru-before"])
def test_pytorch_draws_every_number_from_the_same_interval(cell: str) -> None:
    drawn, limit = network(cell=cell, initializer="pytorch", forget_bias=0.0), 1 / np.sqrt(24)
    for name, use in drawn.uses.items():
        two = (use.role == "bias" and name not in ("b_n", "b_na")) or (name == "b_n" and cell == "gru-before")
        array = drawn.parameters[name]
        assert np.abs(array).max() <= limit * (2 if two else 1), name
        assert array.any(), name
    weights = np.concatenate([a.ravel() for n, a in drawn.parameters.items() if n.startswith("W") and n != "W_y"])
    assert within(weights, limit)
    assert np.var(weights) == pytest.approx(limit**2 / 3, rel=0.15)
    if cell == "lstm":
        assert np.var(drawn.parameters["b_f"]) > limit**2 / 3


@pytest.mark.parametrize("initializer", ["keras", "fused-orthogonal"])
@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm", "gru-before"])
def test_fused_orthogonal_matrices_are_orthonormal_together_and_not_each(cell: str, initializer: str) -> None:
    drawn = network(cell=cell, initializer=initializer)
    matrices = [drawn.parameters[name] for name, use in drawn.uses.items() if use.role == "recurrent"]
    stacked = np.concatenate(matrices)
    assert np.allclose(stacked.T @ stacked, np.eye(24), atol=1e-12)
    alone = np.linalg.svd(matrices[0], compute_uv=False)
    assert alone[-1] == pytest.approx(1.0) if len(matrices) == 1 else alone[-1] < 0.9
    twice = core.make_network(
        core.Experiment(hidden_size=24, timesteps=3, task="adding", gain=2.0, cell=cell, initializer=initializer)
    )
    first = next(name for name, use in drawn.uses.items() if use.role == "recurrent")
    assert np.array_equal(twice.parameters[first], 2.0 * drawn.parameters[first])


def test_keras_has_glorots_uniform_inputs_and_a_unit_forget_bias() -> None:
    drawn = network(cell="lstm", initializer="keras")
    inputs = np.concatenate([drawn.parameters[f"W_{gate}x"].ravel() for gate in "ifgo"])
    assert within(inputs, np.sqrt(6 / (2 + 4 * 24)))
    assert within(drawn.parameters["W_y"], np.sqrt(6 / 25))
    assert np.all(drawn.parameters["b_f"] == 1.0)
    assert not np.any(drawn.parameters["b_i"])


@pytest.mark.parametrize("cell", ["rnn", "lstm", "deep"])
@pytest.mark.parametrize("way", ["gaussian", "glorot", "orthogonal", "uniform"])
def test_the_matrices_that_read_the_input_or_make_the_output_are_drawn_as_asked(cell: str, way: str) -> None:
    plain = network(cell=cell)
    drawn = network(cell=cell, input_initializer=way, output_initializer=way, input_gain=3.0)
    name = next(name for name, use in drawn.uses.items() if use.role == "input")
    w_x, w_y = drawn.parameters[name] / 3.0, drawn.parameters["W_y"]
    gates = sum(use.role == "input" for use in drawn.uses.values())
    if way == "orthogonal":
        assert np.allclose(w_x.T @ w_x, np.eye(2))
        assert np.allclose(w_y @ w_y.T, np.eye(1))
    elif way == "gaussian":
        assert np.allclose(w_x, plain.parameters[name])
    else:
        assert within(w_x, np.sqrt(6 / (2 + gates * 24)) if way == "glorot" else 1 / np.sqrt(24))
        assert within(w_y, np.sqrt(6 / 25) if way == "glorot" else 1 / np.sqrt(24))
    recurrent = next(name for name, use in drawn.uses.items() if use.role == "recurrent")
    assert np.array_equal(drawn.parameters[recurrent], plain.parameters[recurrent])


@pytest.mark.parametrize("initializer", ["gaussian", "pytorch", "keras", "round"])
def test_each_of_the_two_is_drawn_by_its_own_setting(initializer: str) -> None:
    plain = network(initializer=initializer)
    into = network(initializer=initializer, input_initializer="orthogonal")
    out = network(initializer=initializer, output_initializer="orthogonal")
    for name, array in plain.parameters.items():
        assert np.array_equal(into.parameters[name], array) == (name != "W_ax"), name
        assert np.array_equal(out.parameters[name], array) == (name != "W_y"), name
    assert np.allclose(out.parameters["W_y"] @ out.parameters["W_y"].T, np.eye(1))


def test_an_output_of_zeros_lets_no_gradient_by_before_it_is_trained() -> None:
    settings = core.Experiment(hidden_size=3, timesteps=6, output_initializer="zeros", training_steps=2)
    first, second = core.train(settings)
    trace = core.run(settings)
    assert not trace.network.parameters["W_y"].any() and trace.gradients.log2_norm("W_aa") == -np.inf
    assert first.network.parameters["W_y"].any() and first.network.parameters["W_aa"].any()
    assert not np.array_equal(second.network.parameters["W_aa"], trace.network.parameters["W_aa"])
