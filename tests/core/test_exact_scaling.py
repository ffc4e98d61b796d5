"""Powers of two cost nothing: where plain float64 suffices the results are the same to the last bit.

Every comparison here is exact equality unless it says otherwise, and none depends on the order of a sum: a
signed permutation with magnitudes makes every entry of W_aaᵀ δ one product, and small integers add exactly in
any order.
"""

from __future__ import annotations

import numpy as np
import pytest
from cases import PARAMETERS, RECURRENT, make_case

import core


def monomial_case(*, steps: int, shrink: float, activation: str, seed: int = 0) -> tuple[core.Network, core.Batch]:
    """W_aa has one entry in each row and column, of random size around `shrink`."""
    case = make_case(steps=steps, n_a=4, n_x=2, n_y=1, activation=activation, seed=seed)
    rng = np.random.default_rng(seed)
    entries = shrink * rng.uniform(0.5, 1.5, 4) * rng.choice([-1.0, 1.0], 4)
    return case.network.replace_parameters(W_aa=np.diag(entries)[:, [2, 3, 1, 0]]), case.batch


@pytest.mark.parametrize(
    ("activation", "shrink"), [("tanh", 2.0**-5), ("sigmoid", 2.0**-3), ("identity", 2.0**-6), ("identity", 64.0)]
)
def test_the_way_back_is_bit_for_bit_that_of_plain_float64(activation: str, shrink: float) -> None:
    """A hundred steps of 2^±5 or so: inside float64, and far outside the range without an exponent."""
    network, batch = monomial_case(steps=80, shrink=shrink, activation=activation)
    tape = core.forward(network, batch)
    w_aa, w_y = network.parameters["W_aa"], network.parameters["W_y"]
    slopes = network.activation.derivative(tape.preactivations, tape.states[1:])
    smallest = np.inf
    for t in (80, 41, 1):
        state_gradient = tape.errors[t - 1] * w_y
        steps = list(core.backward_steps(tape, losses=[t]))[80 - t :]
        for step in steps:
            s = step.step
            delta = slopes[s - 1] * state_gradient
            smallest = min(smallest, float(np.max(np.abs(delta))), 1.0 / float(np.max(np.abs(delta))))
            assert np.array_equal(step.state_gradient.to_float64(), state_gradient)
            assert np.array_equal(step.deltas["z"].to_float64(), delta)
            assert np.array_equal(step.contributions["W_aa"].to_float64(), delta.T @ tape.states[s - 1])
            assert np.array_equal(step.contributions["W_ax"].to_float64(), delta.T @ batch.inputs[s - 1])
            assert np.array_equal(step.contributions["b_a"].to_float64(), delta[0])
            state_gradient = delta @ w_aa
    assert 2.0**-1000 < smallest < 2.0**-200


@pytest.mark.parametrize("activation", ["identity", "relu"])
@pytest.mark.parametrize("examples", [1, 4])
def test_integers_give_the_integer_gradient(activation: str, examples: int) -> None:
    """Small whole numbers add and multiply exactly, so the gradient is the one in Python's own integers."""
    rng = np.random.default_rng(examples)
    shape = {"W_aa": (3, 3), "W_ax": (3, 2), "b_a": (3,), "W_y": (2, 3), "b_y": (2,)}
    network = core.Network("rnn", {n: rng.integers(-1, 2, s).astype(float) for n, s in shape.items()}, activation)
    steps = 9
    batch = core.Batch(
        rng.integers(-2, 3, (steps, examples, 2)),
        rng.integers(-2, 3, (steps, examples, 2)),
        np.ones(steps, dtype=bool),
        rng.integers(-1, 2, (examples, 3)),
    )
    tape = core.forward(network, batch)
    whole = {name: value.astype(np.int64).astype(object) for name, value in network.parameters.items()}
    expected = {name: np.zeros(s, dtype=object) for name, s in shape.items()}
    for b in range(examples):
        states = [batch.initial_state[b].astype(np.int64).astype(object)]
        slopes = []
        x = batch.inputs[:, b].astype(np.int64).astype(object)
        for t in range(steps):
            z = whole["W_aa"] @ states[-1] + whole["W_ax"] @ x[t] + whole["b_a"]
            slopes.append((z > 0).astype(object) if activation == "relu" else np.ones(3, dtype=object))
            states.append(slopes[-1] * z)
        carried = np.zeros(3, dtype=object)
        for t in reversed(range(steps)):
            target = batch.targets[t, b].astype(np.int64).astype(object)
            error = whole["W_y"] @ states[t + 1] + whole["b_y"] - target
            delta = slopes[t] * (whole["W_y"].T @ error + carried)
            parts = {"W_aa": (delta, states[t]), "W_ax": (delta, x[t]), "W_y": (error, states[t + 1])}
            for name, (made, read) in parts.items():
                expected[name] += np.outer(made, read)
            expected["b_a"] += delta
            expected["b_y"] += error
            carried = whole["W_aa"].T @ delta
    gradients = core.backward(tape)
    lags = core.lag_profile(tape)
    assert lags.residual == 0.0
    for name in PARAMETERS:
        assert np.array_equal(gradients[name] * examples, expected[name].astype(np.float64))


@pytest.mark.parametrize("power", [-8, -3, 3, 8])
def test_powers_of_two_stay_powers_of_two_at_any_lag(power: int) -> None:
    """A linear network, W_aa = 2^power times a permutation: log₂ ‖∂L_t/∂b_a at lag k‖ is power · k, a whole number.

    At 400 steps the furthest is 2^±3200.
    """
    steps = 400
    network = core.Network(
        "rnn",
        {
            "W_aa": 2.0**power * np.eye(3)[[1, 2, 0]],
            "W_ax": np.zeros((3, 1)),
            "b_a": np.zeros(3),
            "W_y": np.array([[1.0, 0.0, 0.0]]),
            "b_y": np.zeros(1),
        },
        "identity",
    )
    inputs = np.exp2(np.arange(steps) % 7 - 3.0).reshape(steps, 1, 1)
    batch = core.Batch(inputs, -np.ones((steps, 1, 1)), np.ones(steps, dtype=bool))
    lags = core.lag_profile(core.forward(network, batch))
    for t in range(steps):
        expected = power * np.arange(t + 1.0)
        assert np.array_equal(lags.log2_norm["b_a"][t, : t + 1], expected)
        assert np.array_equal(lags.log2_state_norm[t, : t + 1], expected)
        reads = np.log2(inputs[t::-1, 0, 0])
        assert np.array_equal(lags.log2_norm["W_ax"][t, : t + 1], expected + reads)
    assert np.all(np.isneginf(lags.log2_norm["W_aa"]))
    assert lags.residual < 1e-12


@pytest.mark.parametrize("power", [-310, -150, 3, 150, 310])
@pytest.mark.parametrize("examples", [1, 5])
def test_scaling_the_readout_and_its_targets_scales_the_gradient_exactly(power: int, examples: int) -> None:
    """W_y, b_y and the targets times 2^p: errors times 2^p, the recurrent gradients times 2^2p, bit for bit."""
    case = make_case(steps=30, examples=examples, n_a=4, seed=power % 17)
    by = 2.0**power
    scaled = core.forward(
        case.network.replace_parameters(**{n: case.network.parameters[n] * by for n in ("W_y", "b_y")}),
        core.Batch(case.batch.inputs, case.batch.targets * by, case.batch.scored, case.batch.initial_state),
    )
    plain, changed = core.backward(case.tape()), core.backward(scaled)
    for name in PARAMETERS:
        shift = 2 * power if name in RECURRENT else power
        assert np.array_equal(changed[name], np.ldexp(plain[name], shift))
    # A logarithm of 600 is rounded to 1e−13.
    before, after = core.lag_profile(case.tape()), core.lag_profile(scaled)
    for name in PARAMETERS:
        shift = 2 * power if name in RECURRENT else power
        np.testing.assert_allclose(after.log2_norm[name], before.log2_norm[name] + shift, rtol=0, atol=1e-11)
        np.testing.assert_allclose(after.log2_summed[name], before.log2_summed[name] + shift, rtol=0, atol=1e-11)
    assert after.residual < 1e-12


@pytest.mark.parametrize("power", [-250, -120, 120, 250])
def test_scaling_the_states_of_a_relu_network_leaves_its_recurrent_gradient_untouched(power: int) -> None:
    """relu(2^p z) = 2^p relu(z): inputs, bias and a⟨0⟩ times 2^p, W_y times 2^−p, and W_aa's gradient stays."""
    case = make_case(steps=20, examples=3, n_a=5, activation="relu", seed=2)
    by, parameters = 2.0**power, case.network.parameters
    scaled = core.forward(
        case.network.replace_parameters(b_a=parameters["b_a"] * by, W_y=parameters["W_y"] / by),
        core.Batch(case.batch.inputs * by, case.batch.targets, case.batch.scored, case.batch.initial_state * by),
    )
    plain, changed = core.backward(case.tape()), core.backward(scaled)
    powers = {"W_aa": 0, "W_ax": 0, "b_a": -power, "W_y": power, "b_y": 0}
    for name in PARAMETERS:
        assert np.array_equal(changed[name], np.ldexp(plain[name], powers[name]))
    assert core.lag_profile(scaled).residual < 1e-12


def test_repeating_every_example_changes_nothing() -> None:
    """The loss is a batch mean: two copies of a batch have its gradient, to rounding of sums in another order."""
    case = make_case(steps=12, examples=3, n_a=4, seed=9)
    twice = core.Batch(
        *(np.concatenate([array, array], axis=1) for array in (case.batch.inputs, case.batch.targets)),
        case.batch.scored,
        np.concatenate([case.batch.initial_state] * 2),
    )
    once, both = core.lag_profile(case.tape()), core.lag_profile(core.forward(case.network, twice))
    for name in PARAMETERS:
        np.testing.assert_allclose(both.log2_norm[name], once.log2_norm[name], rtol=0, atol=1e-9)
        np.testing.assert_allclose(both.log2_summed[name], once.log2_summed[name], rtol=0, atol=1e-9)


def test_scoring_other_steps_as_well_leaves_a_steps_own_contributions() -> None:
    every = make_case(steps=15, examples=2, n_a=4, seed=5)
    some = core.Batch(every.batch.inputs, every.batch.targets, np.arange(15) % 4 == 2, every.batch.initial_state)
    all_lags, lags = core.lag_profile(every.tape()), core.lag_profile(core.forward(every.network, some))
    for name in PARAMETERS:
        rows = np.flatnonzero(some.scored)
        np.testing.assert_allclose(lags.log2_norm[name][rows], all_lags.log2_norm[name][rows], rtol=0, atol=1e-10)
