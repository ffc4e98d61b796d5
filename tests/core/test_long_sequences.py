"""The identities at any gain and over hundreds of steps: every cell, gains 1e−3 … 1e6, T up to 300.

The other property tests draw up to 12 steps, where nothing leaves float64. Here contributions reach 2^±10^9, so
what is compared is logarithms. A log₂ that is itself large is spaced by 2e−16 of its size, and a difference of two
of them rounded twice: 1e−9 plus 4e−15 of the size. Sums of up to 45 000 contributions round to 1e−11 of the largest.
"""

from __future__ import annotations

import numpy as np
import pytest
from cases import ACTIVATIONS, CELLS, LEAKY, Case, make_case, share
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import autograd_gradient, central_difference

import core

GAINS = (1e-3, 0.1, 0.9, 3.0, 50.0, 1e6)
SATURATING = ("tanh", "sigmoid")


@st.composite
def long_cases(
    draw: st.DrawFn,
    *,
    kinds: tuple[str, ...] = CELLS,
    gains: tuple[float, ...] = GAINS,
    activations: tuple[str, ...] = ACTIVATIONS,
    most_steps: int = 300,
    most_examples: int = 3,
) -> Case:
    cell, gain = draw(st.sampled_from(kinds)), draw(st.sampled_from(gains))
    # Without a bound to its states a network of gain g leaves float64 at about step 1000 / log₂ g.
    allowed = activations if gain < 1 else tuple(name for name in activations if name in SATURATING)
    return make_case(
        cell=cell,
        steps=draw(st.integers(20, most_steps)),
        examples=draw(st.integers(1, most_examples)),
        n_a=draw(st.integers(1, 8)),
        n_x=draw(st.integers(1, 3)),
        activation=draw(st.sampled_from(allowed)),
        scored=draw(st.sampled_from(("every", "last"))),
        initial=draw(st.booleans()),
        gain=gain,
        leak=draw(st.sampled_from((1.0, 0.3))) if cell in LEAKY else 1.0,
        seed=draw(st.integers(0, 2**32 - 1)),
    )


@given(long_cases())
def test_contributions_add_up_to_the_gradient_at_any_gain(case: Case) -> None:
    tape = case.tape()
    lags = core.lag_profile(tape)
    assert lags.residual < 1e-11
    for name in case.parameters:
        table = lags.log2_norm[name]
        assert not np.isnan(table).any() and not np.isposinf(table).any()
        assert np.all(np.isneginf(table[np.triu_indices(len(table), 1)])), "no lag is longer than its loss time"


@settings(max_examples=share(1 / 5))
@given(long_cases(gains=(1e-3, 0.1, 0.5, 0.9), most_steps=200))
def test_long_gradients_are_those_of_automatic_differentiation(case: Case) -> None:
    """At gains where two roundings of one trajectory stay together; chaos parts them whatever the gradient's route."""
    tape = case.tape()
    gradients, lags = core.backward(tape), core.lag_profile(tape)
    expected = autograd_gradient(case.network, case.batch)
    for name in case.parameters:
        scale = float(np.exp2(lags.log2_norm[name]).sum())
        assert np.linalg.norm(gradients[name] - expected[name]) <= 1e-11 * scale


@settings(max_examples=share(1 / 10))
@given(long_cases(gains=(1e-3, 0.1, 0.5, 0.9), activations=SATURATING, most_steps=200, most_examples=2))
def test_long_gradients_are_those_of_central_differences(case: Case) -> None:
    """1e−9 of Σ ‖contribution‖, what five points at h = 2e−4 of a parameter leave uncertain, and the rounding."""
    tape = case.tape()
    gradients, lags = core.backward(tape), core.lag_profile(tape)
    rng = np.random.default_rng(0)
    for name in case.recurrent:
        parameter = case.network.parameters[name]
        direction = rng.standard_normal(parameter.shape)
        direction /= np.linalg.norm(direction)
        h = 2e-4 * float(np.max(np.abs(parameter)))
        slope, uncertain = central_difference(case.network, case.batch, name, direction, h)
        allowed = 1e-9 * float(np.exp2(lags.log2_norm[name]).sum()) + 1e-14 * (1.0 + tape.loss) / h
        assert abs(slope - np.sum(gradients[name] * direction)) <= allowed + uncertain


@given(long_cases(most_examples=1))
def test_parameters_that_share_a_delta_differ_by_what_they_read_at_any_gain(case: Case) -> None:
    """Row 2 for every cell: ‖δ_j x⟨s⟩ᵀ‖ / ‖δ_j a⟨s−1⟩ᵀ‖ = ‖x⟨s⟩‖ / ‖a⟨s−1⟩‖, and the bias reads 1."""
    tape = case.tape()
    lags, steps = core.lag_profile(tape), len(tape.losses)
    with np.errstate(divide="ignore"):
        reads = {
            "x": np.log2(np.linalg.norm(tape.batch.inputs[:, 0], axis=1)),
            "a": np.log2(np.linalg.norm(tape.states[:-1, 0, : case.network.hidden_size], axis=1)),
            "1": np.zeros(steps),
        }
        if case.network.cell_name == "gru-before":
            reads["r⊙a"] = np.log2(np.linalg.norm(tape.reads["W_na"][:, 0], axis=1))
    t, k = np.indices((steps, steps))
    uses = case.network.cell.uses()
    lengths: dict[str, np.ndarray] = {}
    for name, use in uses.items():
        if use.parametrization is not None:
            continue  # δ uᵀ is not the whole of its contribution
        read = np.where(t >= k, reads[use.source][t - k], 0.0)
        delta = lags.log2_norm[name] - np.where(np.isneginf(read), 0.0, read)
        known = (t >= k) & ~np.isneginf(read)
        assert np.all(np.isneginf(lags.log2_norm[name][~known]))
        other, where = lengths.setdefault(use.delta, np.where(known, delta, np.nan)), known
        where = known & ~np.isnan(other)
        if "r⊙a" in reads and np.isneginf(reads["r⊙a"]).all():
            continue  # with gates this far shut r ⊙ a is below float64 at every step
        assert where.any() == known.any()
        assert np.array_equal(np.isneginf(delta[where]), np.isneginf(other[where]))
        np.testing.assert_allclose(delta[where], other[where], rtol=4e-15, atol=1e-9)


@settings(max_examples=share(2 / 3))
@given(long_cases(kinds=("rnn",), gains=(1e-3, 0.1, 0.9, 3.0, 50.0), activations=SATURATING, most_examples=1))
def test_the_exponents_add_up_to_slopes_and_determinant_at_any_gain(case: Case) -> None:
    """Σ λ_i / n = (1/n) log |det W_aa| + ⟨log φ'⟩, of a cell that does not leak; relative 1e−9.

    At 1e6 the slopes of one step lie further apart than 2^1000, which is where exponents count them as zero.
    """
    network = core.Network("rnn", dict(case.network.parameters), case.network.activation_name)
    tape = core.forward(network, case.batch)
    found = core.lyapunov_along(tape)
    slopes = network.activation.log2_derivative(tape.preactivations[found.discarded :])
    w = network.parameters["W_aa"]
    terms = np.linalg.slogdet(w)[1] / len(w), np.log(2.0) * slopes.mean()
    # The two terms may cancel, so it is they that the rounding is relative to.
    assert abs(found.exponents.mean() - sum(terms)) <= 1e-9 * max(map(abs, terms))


@settings(max_examples=share(1 / 2))
@given(
    st.integers(1, 10),
    st.integers(20, 300),
    st.integers(0, 2**32 - 1),
    st.sampled_from([(1.0, "identity"), *((gain, name) for gain in GAINS for name in ("identity", "tanh"))]),
)
def test_a_linear_network_of_gain_g_times_a_rotation_grows_by_g(
    n: int, steps: int, seed: int, made: tuple[float, str]
) -> None:
    """W_aa = g Q at rest, identity: every λ = log g, every singular value of ∂a⟨t⟩/∂a⟨t−k⟩ = g^k; 0 and 1 at g = 1.

    tanh at its fixed point 0 is the same network, φ' = 1.
    """
    turn = np.linalg.qr(np.random.default_rng(seed).standard_normal((n, n)))[0]
    g, activation = made
    tape = at_rest(g * turn, activation, steps)
    found = core.lyapunov_along(tape).exponents
    np.testing.assert_allclose(found, np.log(g), rtol=0, atol=1e-12)
    profile = core.jacobian_profile(tape, lags=[*range(0, steps, 29), steps - 1])
    expected = np.multiply.outer(profile.lags, np.full(n, np.log2(g)))
    np.testing.assert_allclose(profile.log2_singular_values, expected, rtol=1e-13, atol=1e-11)


@settings(max_examples=share(1 / 3))
@given(st.integers(2, 8), st.integers(200, 300), st.integers(0, 2**32 - 1), st.sampled_from((1e-3, 0.1, 0.5, 0.9)))
def test_at_the_zero_fixed_point_the_spectrum_is_that_of_a_symmetric_matrix(
    n: int, steps: int, seed: int, gain: float
) -> None:
    """λ_i = log |eigenvalue_i|, these being ±g 0.6^i: after 100 steps the directions have parted to 0.6^100."""
    rng = np.random.default_rng(seed)
    turn = np.linalg.qr(rng.standard_normal((n, n)))[0]
    sizes = gain * 0.6 ** np.arange(n)
    tape = at_rest(turn * (sizes * rng.choice((-1.0, 1.0), n)) @ turn.T, "tanh", steps)
    found = core.lyapunov_along(tape, discard=100).exponents
    np.testing.assert_allclose(found, np.log(sizes), rtol=0, atol=1e-9)


@given(st.integers(1, 300), st.floats(-1.0, 1.0), st.sampled_from((-1.0, 1.0)), st.floats(0.1, 3.0))
def test_the_linear_scalar_network_has_its_closed_form_at_any_weight(
    steps: int, place: float, sign: float, start: float
) -> None:
    """∂a⟨T⟩/∂w = T a⟨0⟩ w^(T−1), each lag a⟨0⟩ w^(T−1): any w from 2^−20 to 2^20 whose loss float64 holds."""
    w = sign * 2.0 ** (place * min(20.0, 450.0 / steps))
    last = np.arange(1, steps + 1) == steps
    # The target lies on the other side, so that the error does not cancel.
    target = -(np.sign(w) ** steps)
    batch = core.Batch(np.zeros((steps, 1, 1)), np.full((steps, 1, 1), target), last, np.array([[start]]))
    tape = core.forward(core.Network("rnn", scalar(w), "identity"), batch)
    error = np.log2(abs(start * w**steps - target))
    each = error + np.log2(start) + (steps - 1) * np.log2(abs(w))
    lags = core.lag_profile(tape)
    np.testing.assert_allclose(lags.log2_norm["W_aa"][-1], each, rtol=0, atol=1e-9)
    assert core.backward(tape).log2_norm("W_aa") == pytest.approx(each + np.log2(steps), rel=0, abs=1e-9)


def scalar(w: float) -> dict[str, np.ndarray]:
    one = np.ones((1, 1))
    return {"W_aa": w * one, "W_ax": 0.0 * one, "b_a": np.zeros(1), "W_y": one, "b_y": np.zeros(1)}


def at_rest(w: np.ndarray, activation: str, steps: int) -> core.Tape:
    """No input, no bias, no state: every slope is φ'(0) = 1."""
    n = len(w)
    rest = {"W_ax": np.zeros((n, 1)), "b_a": np.zeros(n), "W_y": np.ones((1, n)), "b_y": np.zeros(1)}
    batch = core.Batch(np.zeros((steps, 1, 1)), np.zeros((steps, 1, 1)), np.ones(steps, dtype=bool))
    return core.forward(core.Network("rnn", {"W_aa": w, **rest}, activation), batch)
