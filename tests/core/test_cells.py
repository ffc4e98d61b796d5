"""Every cell: its Jacobian is the derivative of its step, and its two ways back are what they say.

The derivative is taken by automatic differentiation of the equations in `cell_equations`: rounding, 1e−12 of the
largest entry. Logarithms of products and sums of a few hundred terms: 1e−10.
"""

from __future__ import annotations

from collections.abc import Iterator

import autograd
import numpy as np
import pytest
from cases import ACTIVATIONS, CELLS, HARD, Case, cases, make_case
from cell_equations import EQUATIONS
from hypothesis import given
from hypothesis import strategies as st
from oracles import functions

import core
from core.network.cells import CELLS as REGISTERED
from core.network.cells import Linearization, Use

SMOOTH = ("tanh", "sigmoid", "identity")
GATED = ("gru", "lstm")


def state_jacobian(case: Case, tape: core.Tape, s: int, b: int) -> np.ndarray:
    """∂state⟨s⟩/∂state⟨s−1⟩ of one example, by automatic differentiation."""
    equations, made_of = EQUATIONS[case.network.cell_name], functions(case.network)
    p, x = equations.at(case.network.parameters, s - 1), case.batch.inputs[s - 1, b]
    return autograd.jacobian(lambda before: equations.forward(p, made_of, before, x)[0])(tape.states[s - 1, b])


@given(st.one_of(cases(), cases(kinds=HARD)))
def test_the_jacobian_is_the_derivative_of_the_step(case: Case) -> None:
    tape = case.tape()
    linear, (steps, examples) = tape.linearization, tape.batch.inputs.shape[:2]
    for s in range(1, steps + 1):
        for b in range(examples):
            expected = state_jacobian(case, tape, s, b)
            found = linear.jacobian((s - 1) * examples + b)
            scale = np.ldexp(found.scale.mantissa, found.scale.exponent)
            close = {"rtol": 0, "atol": 1e-12 * max(1.0, np.abs(expected).max())}
            np.testing.assert_allclose(scale[:, np.newaxis] * found.rows, expected, **close)
            row = slice((s - 1) * examples + b, (s - 1) * examples + b + 1)
            pulled = linear.pull(np.eye(len(expected))[:1], row)
            previous = np.ldexp(pulled.previous, pulled.previous_exponent)
            np.testing.assert_allclose(previous[0], expected[0], **close)


@pytest.mark.parametrize("examples", [1, 3])
def test_many_steps_back_are_one_after_the_other(examples: int) -> None:
    """The vanilla cell takes them in a loop of its own: bit for bit as every other cell takes them."""
    tape = make_case(steps=7, n_a=4, examples=examples).tape()
    linear, rows = tape.linearization, slice(2 * examples, 6 * examples)
    rng = np.random.default_rng(0)
    injected, last = rng.standard_normal((4, examples, 4)), rng.standard_normal((examples, 4))
    found = []
    for way in (type(linear).pull_all, Linearization.pull_all):
        gradient, delta, passed = np.empty((4, examples, 4)), np.empty((4, examples, 4)), np.empty((5, examples, 4))
        passed[-1] = last
        way(linear, injected, rows, gradient, {"z": delta}, passed)
        found.append((gradient, delta, passed))
    for own, usual in zip(*found, strict=True):
        assert np.array_equal(own, usual)


@pytest.mark.parametrize("cell", CELLS)
def test_singular_values_are_those_of_the_product_of_the_steps(cell: str) -> None:
    case = make_case(cell=cell, steps=8, n_a=4, seed=2)
    tape = case.tape()
    found = core.jacobian_profile(tape, lags=range(7)).log2_singular_values
    product = np.eye(found.shape[1])
    for k in range(7):
        values = np.linalg.svd(product, compute_uv=False)
        large = values > 1e-6 * values[0]
        np.testing.assert_allclose(found[k][large], np.log2(values[large]), rtol=0, atol=1e-8)
        product = product @ state_jacobian(case, tape, 8 - k, 0)


@pytest.mark.parametrize("cell", CELLS)
def test_the_exponents_add_up_to_the_mean_log_determinant(cell: str) -> None:
    case = make_case(cell=cell, steps=60, n_a=4, seed=3)
    tape = case.tape()
    found = core.lyapunov_along(tape, discard=0)
    logs = [np.linalg.slogdet(state_jacobian(case, tape, s, 0))[1] for s in range(1, 61)]
    assert found.exponents.sum() == pytest.approx(np.mean(logs), rel=1e-9)
    other = core.lyapunov_of(case.network, case.batch.inputs[:, 0], initial_state=tape.states[0, 0], discard=0)
    np.testing.assert_allclose(other.exponents, found.exponents, rtol=1e-12)


@given(cases())
def test_the_two_ways_back_are_the_direct_part_of_the_jacobian_and_the_rest(case: Case) -> None:
    tape, n = case.tape(), case.network.hidden_size
    backward_pass = core.backward_pass(tape)
    direct = case.network.cell.log2_direct(case.network.activation, tape.preactivations)
    assert ("direct" in backward_pass.log2_paths) == (direct is not None)
    assert ("matrices" in backward_pass.log2_paths) == (case.network.cell_name != "mingru")
    for s in range(1, len(backward_pass)):
        into = backward_pass.step(s + 1).state_gradient.to_float64()
        whole = np.stack([into[b] @ state_jacobian(case, tape, s + 1, b) for b in range(len(into))])
        size = max(float(np.linalg.norm(whole)), float(np.linalg.norm(into)), 1e-200)
        if direct is None:
            ways = {"matrices": whole}
        elif len(case.network.parts) > 1:
            ways = {"matrices": whole[:, :n], "direct": whole[:, n:]}
        else:
            straight = np.exp2(direct[s]) * into
            ways = {"matrices": whole - straight, "direct": straight}
        for name in backward_pass.log2_paths:
            way = ways[name]
            assert np.exp2(backward_pass.log2_paths[name][s - 1]) == pytest.approx(
                np.linalg.norm(way), rel=1e-9, abs=1e-12 * size
            )
    assert all(way[-1] == -np.inf for way in backward_pass.log2_paths.values())


@pytest.mark.parametrize("cell", CELLS)
def test_a_cell_names_everything_it_has(cell: str) -> None:
    """Names by the rule: the first subscript is what a parameter makes, the second what it reads."""
    one = REGISTERED[cell]
    assert one.name == cell
    lines = one.equations()
    functions_of = one.functions(make_case(cell=cell).network.activation)
    parts = {part.name for part in one.parts(3)}
    assert set(lines.forward) == {*functions_of, *parts}
    assert set(lines.back) == {*functions_of, *parts}
    text = " ".join(lines.forward.values())
    for name, use in one.uses().items():
        assert isinstance(use, Use)
        assert name in text
        assert use.delta in functions_of
        if name.startswith("W"):
            assert name.endswith(use.source[-1])
            assert use.role == {"a": "recurrent", "x": "input"}[use.source[-1]]
        else:
            assert (name.startswith("b_"), use.source, use.role) == (True, "1", "bias")
        assert name[2] == use.gate


@pytest.mark.parametrize("leak", [-0.1, 1.5])
def test_a_leak_outside_its_range_is_an_error(leak: float) -> None:
    network = make_case().network
    with pytest.raises(ValueError, match=rf"leak must lie in 0 … 1, got {leak}"):
        core.Network("rnn", network.parameters, leak=leak)


@pytest.mark.parametrize("cell", GATED)
def test_only_a_leaky_cell_has_a_leak(cell: str) -> None:
    network = make_case(cell=cell).network
    with pytest.raises(ValueError, match=r"cell has no leak; leave leak at 1, got 0\.5"):
        core.Network(cell, network.parameters, leak=0.5)


def test_theorys_bound_is_for_the_vanilla_cell_without_a_leak() -> None:
    network = make_case(leak=0.5).network
    assert core.theory_lines(network, 5) == ()
    assert len(core.theory_lines(make_case().network, 5)) == 2


def test_a_lag_of_exact_zeros_does_not_hide_the_tiny_ones_from_the_sum() -> None:
    """Nothing of W_aa at lag 0, where a⟨299⟩ is exactly zero, and 2^−3527 at lag 1: the sum is the latter."""
    lags = core.run(
        core.Experiment(
            activation="sigmoid", gain=1e6, timesteps=300, hidden_size=1, initial_state=1.0, scored="last", seed=0
        )
    ).lags
    assert lags.log2_norm["W_aa"][-1, 0] == -np.inf
    assert lags.log2_norm["W_aa"][-1, 1] < -3000
    assert lags.residual < 1e-12


ENDS = ((0.0, 1e6), (1.0, -1e6), (1e6, 0.0), (1e6, 1e6))
"""Gain and bias"""


def ends_of_the_settings() -> Iterator[object]:
    """Every three of a cell, activation, end and initializer together; every pair in those that are not slow.

    With two bits for each of the first three, the latter are an orthogonal array: the end is cell XOR activation, the
    initializer the lower bit of the cell XOR the upper bit of the activation. For every three, half of all combinations
    do: those whose four places have an even sum.
    """
    for i, cell in enumerate(CELLS):
        for j, activation in enumerate(ACTIVATIONS):
            for k, end in enumerate(ENDS):
                for m, initializer in enumerate(("gaussian", "identity")):
                    is_in_array = k == (i ^ j) % 4 and m == (i ^ j >> 1) & 1
                    if is_in_array or (i + j + k + m) % 2 == 0:
                        marks = () if is_in_array else pytest.mark.slow
                        yield pytest.param(cell, activation, *end, initializer, marks=marks)


@pytest.mark.parametrize(("cell", "activation", "gain", "bias", "initializer"), list(ends_of_the_settings()))
def test_no_number_is_lost_at_the_ends_of_the_settings(
    cell: str, activation: str, gain: float, bias: float, initializer: str
) -> None:
    experiment = core.Experiment(
        cell=cell,
        activation=activation,
        gain=gain,
        bias=bias,
        initializer=initializer,
        hidden_size=2,
        timesteps=60,  # at 20 bits a step they have left float64 after 54
        initial_state=1.0,
        leak=0.5 if bias else 1.0,
        scored="last",
    )
    trace = core.run(experiment)
    lags, backward_pass = trace.lags, trace.backward_pass
    for numbers in (
        lags.log2_norm,
        lags.log2_summed,
        backward_pass.log2_so_far,
        backward_pass.log2_paths,
        backward_pass.log2_deltas,
    ):
        assert not any(np.isnan(values).any() or np.isposinf(values).any() for values in numbers.values())
    assert lags.residual < 1e-11
    assert len(core.claims(trace)) == 6
    # Some of these are not known here, which is NaN; what is known is held to many digits in test_known_values.
    assert not np.isposinf(core.lyapunov_along(trace.tape, discard=0).exponents).any()
    singular = core.jacobian_profile(trace.tape).log2_singular_values
    assert not np.isposinf(singular).any()
    assert not np.isnan(singular[..., 0]).all()
