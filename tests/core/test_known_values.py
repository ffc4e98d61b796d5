"""Which singular values and exponents are known: each of them is right, and what is lost is never said to be zero.

The oracle multiplies Jacobians by the equations of `cell_equations` in arithmetic of many bits, slopes, gates and φ
exactly, along the recorded trajectory. Known values are right to 1e−3 in their log₂, known exponents to 1e−3 nats per
step. The networks drawn are far from ordinary ones, in which nothing is lost at all.
"""

from __future__ import annotations

import mpmath
import numpy as np
import precise
import pytest
from cases import share
from cell_equations import EQUATIONS, Functions
from hypothesis import given, settings
from hypothesis import strategies as st

import core
from core.dynamics.lyapunov import first_directions
from core.numerics.graded import Graded, singular_values
from core.numerics.scaled import Floats
from core.numerics.shaking import SIZE, noises, staying

BITS = 2000
FLOOR = 300 - BITS / 2
"""Singular values 2^FLOOR of the largest, and below, are lost among zeros in so many bits: they are not compared."""

LOST = core.Experiment(
    cell="lstm", hidden_size=3, timesteps=25, gain=10, input_gain=10, seed=1, data_seed=1, task="noise"
)


def exact_functions(network: core.Network) -> Functions:
    def each(function):  # type: ignore[no-untyped-def]
        return lambda z: np.array([function(value) for value in z], dtype=object)

    def gate(value: mpmath.mpf) -> mpmath.mpf:
        return 1 / (1 + mpmath.exp(-value))

    phi = {"tanh": mpmath.tanh, "sigmoid": gate, "relu": lambda x: max(x, mpmath.mpf(0)), "identity": lambda x: x}
    return Functions(
        phi=each(phi[network.activation_name]),
        phi_slope=each(lambda x: precise.slope(network.activation_name, x)),
        gate=each(gate),
        gate_slope=each(lambda x: gate(x) * gate(-x)),
        leak=precise.exactly(np.array([network.leak])),
        **{name: precise.exactly(np.array([value])) for name, value in network.constants.items()},
    )


def jacobians(tape: core.Tape, last: int | None = None) -> list[np.ndarray]:
    """∂state⟨s⟩/∂state⟨s−1⟩ of every step, or of the last ones, as objects of many bits."""
    network, equations = tape.network, EQUATIONS[tape.network.cell_name]
    n, made_of = network.hidden_size, exact_functions(network)
    p = {name: precise.exactly(w) for name, w in network.parameters.items()}
    found = []
    steps = len(tape.preactivations)
    for s in range(steps - last if last else 0, steps):
        blocks = np.split(precise.exactly(tape.preactivations[s, 0]), len(equations.made))
        made = dict(zip(equations.made, blocks, strict=True))
        if equations.parts > 1:
            made["c"] = precise.exactly(tape.states[s + 1, 0, n:])
        before = precise.exactly(tape.states[s, 0])
        unit = precise.exactly(np.eye(len(before)))
        found.append(np.array([equations.back(equations.at(p, s), made_of, before, made, row)[1] for row in unit]))
    return found


def exact_values(factors: list[np.ndarray], k: int) -> Floats:
    """log₂ of the singular values of the product of the last k factors, the largest first."""
    product = precise.exactly(np.eye(len(factors[0])))
    for factor in factors[: -k - 1 : -1]:
        product = product @ factor
    squares = mpmath.eigsy(mpmath.matrix((product @ product.T).tolist()), eigvals_only=True)
    return np.array(sorted((precise.log2_root(abs(x)) for x in squares), reverse=True))


def exact_exponents(tape: core.Tape, factors: list[np.ndarray]) -> Floats:
    """Benettin's means from the same directions, by Gram and Schmidt."""
    n = len(factors[0])
    basis = [precise.exactly(column) for column in first_directions(tape.linearization.jacobian(0).rows, n).T]
    logs = np.zeros((len(factors), n))
    for s, factor in enumerate(factors):
        done: list[np.ndarray] = []
        for i, column in enumerate(basis):
            rest = factor @ column
            for other in done:
                rest = rest - other * (other @ rest)
            size = mpmath.sqrt(rest @ rest)
            lost = size <= mpmath.mpf(2) ** FLOOR * max((abs(x) for x in factor.flat), default=0)
            logs[s, i] = -np.inf if lost else float(mpmath.log(size))
            done.append(rest * 0 if lost else rest / size)
        basis = done
    return np.sort(logs.mean(axis=0))[::-1]


@st.composite
def experiments(draw: st.DrawFn) -> core.Experiment:
    """Gated and leaky cells, saturated, nearly linear, shut, open and close to none of these."""
    cell = draw(st.sampled_from(("lstm", "gru", "rnn")))
    return core.Experiment(
        cell=cell,
        hidden_size=draw(st.integers(1, 2 if cell == "lstm" else 3)),
        timesteps=draw(st.integers(4, 12)),
        gain=10.0 ** draw(st.floats(-2.0, 1.7)),
        input_gain=10.0 ** draw(st.floats(-1.0, 1.5)),
        bias=draw(st.sampled_from((0.0, 3.0, -3.0))),
        activation=draw(st.sampled_from(("tanh", "relu", "sigmoid", "identity"))),
        initializer=draw(st.sampled_from(("gaussian", "orthogonal", "identity"))),
        leak=draw(st.sampled_from((0.01, 0.3, 0.9, 0.999, 1.0))) if cell == "rnn" else 1.0,
        initial_state=draw(st.sampled_from((0.0, 1.0))),
        task="noise",
        seed=draw(st.integers(0, 10**6)),
        data_seed=draw(st.integers(0, 10**6)),
    )


def hold_values_to_arithmetic_of_many_digits(experiment: core.Experiment) -> None:
    tape = core.forward(core.make_network(experiment), core.make_batch(experiment))
    steps = experiment.timesteps
    profile = core.jacobian_profile(tape, step=steps)
    with mpmath.workprec(BITS):
        factors = jacobians(tape)
        for k in (1, 2, steps - 1):
            found, expected = profile.log2_singular_values[k], exact_values(factors, k)
            seen = expected > expected[0] + FLOOR
            assert not np.any(np.isneginf(found[seen])), "nothing that is not zero is said to be"
            compared = seen & ~np.isnan(found)
            np.testing.assert_allclose(found[compared], expected[compared], rtol=0, atol=1e-3)
            assert np.all(~np.isfinite(found[~seen]) | (found[~seen] < expected[0] + FLOOR + 1))


def hold_exponents_to_arithmetic_of_many_digits(experiment: core.Experiment) -> None:
    tape = core.forward(core.make_network(experiment), core.make_batch(experiment))
    found = core.lyapunov_along(tape, discard=0).exponents
    with mpmath.workprec(BITS):
        expected = exact_exponents(tape, jacobians(tape))
    compared = np.isfinite(expected) & ~np.isnan(found)
    np.testing.assert_allclose(found[compared], expected[compared], rtol=0, atol=1e-3)


@settings(max_examples=share(1 / 2), deadline=None)
@given(experiments())
def test_every_value_that_is_known_is_that_of_precise_arithmetic(experiment: core.Experiment) -> None:
    hold_values_to_arithmetic_of_many_digits(experiment)


@settings(max_examples=share(1 / 3), deadline=None)
@given(experiments())
def test_every_exponent_that_is_known_is_that_of_precise_arithmetic(experiment: core.Experiment) -> None:
    hold_exponents_to_arithmetic_of_many_digits(experiment)


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(experiments())
def test_a_hundred_more_networks_have_no_wrong_value(experiment: core.Experiment) -> None:
    hold_values_to_arithmetic_of_many_digits(experiment)
    hold_exponents_to_arithmetic_of_many_digits(experiment)


@pytest.mark.parametrize(("steps", "seed"), [(4, 2), (4, 4), (4, 7), (5, 9), (6, 8), (8, 11), (12, 2)])
@pytest.mark.parametrize("data_seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (2, 5))])
def test_no_exponent_is_known_beside_one_that_is_not_and_could_be_larger(steps: int, seed: int, data_seed: int) -> None:
    """Relu units at rest take an LSTM apart; the exponent of a part that was lost stood after smaller ones."""
    hold_exponents_to_arithmetic_of_many_digits(
        core.Experiment(
            cell="lstm",
            hidden_size=2,
            activation="relu",
            gain=1.0,
            input_gain=10.0,
            bias=-3.0,
            timesteps=steps,
            task="noise",
            seed=seed,
            data_seed=data_seed,
        )
    )


@pytest.mark.parametrize(
    "changes",
    [{"cell": "lstm"}, {"cell": "gru"}, {"leak": 0.1}, {"cell": "lstm", "forget_bias": 3.0}, {"gain": 3.0}],
    ids=str,
)
def test_nothing_is_lost_in_ordinary_networks(changes: dict[str, object]) -> None:
    tape = core.run(core.Experiment(**changes)).tape
    assert np.all(np.isfinite(core.jacobian_profile(tape, lags=range(0, 50, 7)).log2_singular_values))
    assert np.all(np.isfinite(core.lyapunov_along(tape).exponents))


def test_what_a_saturated_lstm_has_lost_is_not_known() -> None:
    """2^−91.4 and 2^−185.1 at lag 2 were 2^−90.3 and exactly zero; exponents −11.27 and −17.95, −9.90 and −15.00."""
    tape = core.run(LOST).tape
    profile = core.jacobian_profile(tape)
    with mpmath.workprec(BITS):
        expected = exact_values(jacobians(tape, last=2), 2)
    assert expected[4:] == pytest.approx([-91.35, -185.13], abs=0.01)
    assert np.isnan(profile.log2_singular_values[2, 4:]).all()
    # The fourth is 2^34 times smaller than the first: what rounding is of that, 2e−6, depends on the processor.
    np.testing.assert_allclose(profile.log2_singular_values[2, :4], expected[:4], rtol=0, atol=1e-5)
    assert profile.unknown[:3].tolist() == [0, 0, 2]
    found = core.lyapunov_along(tape)
    assert np.isnan(found.exponents[4:]).all()
    assert np.isnan(found.standard_errors[4:]).all()
    assert np.isfinite(found.exponents[:4]).all()
    assert found.kaplan_yorke_dimension == 0.0


def test_a_unit_at_rest_makes_an_exact_zero_in_a_gated_cell_too() -> None:
    """It was 2^−118.5 at lag 10."""
    tape = core.run(LOST.replace(activation="relu", timesteps=12, gain=0.9, input_gain=1.0, seed=0, data_seed=0)).tape
    found = core.jacobian_profile(tape).log2_singular_values[10]
    assert np.isfinite(found[:5]).all()
    assert found[5] == -np.inf


def test_two_ways_back_that_cancel_but_for_rounding_are_not_an_exact_zero() -> None:
    """(1 − α) − α φ'(z) at α = ½ and z = 1e−9 is 5e−19, and 0 in float64."""
    network = core.Network(
        "rnn",
        {
            "W_aa": -np.ones((1, 1)),
            "W_ax": np.zeros((1, 1)),
            "b_a": np.zeros(1),
            "W_y": np.ones((1, 1)),
            "b_y": np.zeros(1),
        },
        leak=0.5,
    )
    batch = core.Batch(np.zeros((3, 1, 1)), np.ones((3, 1, 1)), np.ones(3, dtype=bool), np.full((1, 1), 1e-9))
    tape = core.forward(network, batch)
    assert np.isnan(core.jacobian_profile(tape).log2_singular_values[2, 0])
    assert np.isnan(core.lyapunov_along(tape, discard=0).exponents[0])
    assert core.theory_lines(network, 3, core.lyapunov_along(tape, discard=0)) == ()


def test_without_a_known_exponent_that_is_not_positive_there_is_no_dimension_and_no_entropy() -> None:
    def of(*exponents: float) -> core.Lyapunov:
        return core.Lyapunov(np.array(exponents), np.full(len(exponents), 0.1), 10, 0, len(exponents))

    assert of(0.5, np.nan, -np.inf).kaplan_yorke_dimension is None
    assert of(0.5, np.nan, -np.inf).entropy_rate is None
    assert of(0.5, -1.0, np.nan).kaplan_yorke_dimension == 1.5
    assert of(0.5, -1.0, np.nan).entropy_rate == 0.5
    assert of(-0.5, np.nan).kaplan_yorke_dimension == 0.0
    assert of(np.nan, -np.inf).entropy_rate is None


@pytest.mark.parametrize("smallest", [-14.0, -18.3, -30.0])
def test_rows_of_one_size_have_small_singular_values_too(smallest: float) -> None:
    """Levels of rows say nothing of these: without QR iterations, values 2^12 apart were right to 5e−3 only."""
    rng = np.random.default_rng(3)
    left, right = (np.linalg.qr(rng.standard_normal((4, 4)))[0] for _ in range(2))
    sizes = np.array([0.2, -0.3, -6.46, smallest])
    matrix = left * np.exp2(sizes) @ right
    with mpmath.workprec(400):
        exact = mpmath.matrix(matrix.tolist())
        expected = sorted(
            (precise.log2_root(x) for x in mpmath.eigsy(exact * exact.T, eigvals_only=True)), reverse=True
        )
    np.testing.assert_allclose(
        singular_values(Graded.plain(matrix)), expected, rtol=0, atol=1e-16 * 2.0 ** (4 - smallest)
    )


def test_what_stays_and_what_does_not() -> None:
    logs = np.array([0.0, -10.0, -np.inf, -np.inf, -50.0])
    shaken = np.array([[1e-9, -10.02, -np.inf, -40.0, -np.inf]])
    assert staying(logs, shaken).tolist() == [True, False, True, False, False]


def test_errors_are_the_same_at_every_call_and_of_their_size() -> None:
    (first,), (second,) = noises(), noises()
    drawn = first((200, 50))
    assert np.array_equal(drawn, second((200, 50)))
    assert drawn.std() == pytest.approx(SIZE, rel=0.02)
    assert not np.array_equal(first((200, 50)), drawn)
