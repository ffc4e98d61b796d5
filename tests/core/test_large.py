"""Problems too large to go in one piece give what small ones give.

The reference carries one loss at a time back, (B, n_a) matrices in plain float64, and forms each product DᵀU.
Both are sums of some hundreds of terms through up to 130 Jacobians, well conditioned here: relative 1e−9.
"""

from __future__ import annotations

import numpy as np
import pytest
from cases import RECURRENT, Case, make_case
from oracles import SLOPE

import core

STEPS = 130
TIMES = (1, 2, 64, 65, 97, 130)


def log2_size(matrix: np.ndarray) -> float:
    """log₂ of a Frobenius norm whose square may be below float64."""
    largest = np.max(np.abs(matrix))
    return float(np.log2(largest) + np.log2(np.linalg.norm(matrix / largest))) if largest > 0 else -np.inf


def one_loss(case: Case, tape: core.Tape, t: int) -> dict[str, list[float]]:
    """log₂ norms of what L_t sends back, lag by lag."""
    p, slope = case.network.parameters, SLOPE[case.network.activation_name]
    found: dict[str, list[float]] = {name: [] for name in (*RECURRENT, "state")}
    into_state = tape.errors[t - 1] @ p["W_y"]
    for s in range(t, 0, -1):
        delta = slope(tape.preactivations[s - 1]) * into_state
        found["state"].append(log2_size(into_state))
        found["W_aa"].append(log2_size(delta.T @ tape.states[s - 1]))
        found["W_ax"].append(log2_size(delta.T @ tape.batch.inputs[s - 1]))
        found["b_a"].append(log2_size(delta.sum(axis=0)))
        into_state = delta @ p["W_aa"]
    return found


@pytest.mark.parametrize(
    ("activation", "gain"), [("tanh", 0.02), ("tanh", 1.0), ("relu", 8.0), ("identity", 1.0)], ids=str
)
@pytest.mark.parametrize(("examples", "n_a", "n_x"), [(1, 24, 2), (3, 48, 2), (12, 48, 2), (40, 16, 20)], ids=str)
def test_every_size_and_range_agrees_with_one_loss_at_a_time(
    activation: str, gain: float, examples: int, n_a: int, n_x: int
) -> None:
    case = make_case(
        steps=STEPS, examples=examples, n_a=n_a, n_x=n_x, activation=activation, gain=gain, initial=False, seed=n_a
    )
    tape = case.tape()
    assert tape.overflow_step is None
    lags = core.lag_profile(tape)
    for t in TIMES:
        expected = one_loss(case, tape, t)
        np.testing.assert_allclose(lags.log2_state_norm[t - 1, :t], expected["state"], rtol=0, atol=1e-9)
        for name in RECURRENT:
            np.testing.assert_allclose(lags.log2_norm[name][t - 1, :t], expected[name], rtol=0, atol=1e-9)
    assert np.all(np.isneginf(lags.log2_state_norm[np.triu_indices(STEPS, 1)]))
    assert lags.residual < 1e-12


@pytest.mark.parametrize("scored", [[90], [0], [63, 64], [5, 17, 129], list(range(40, 100))], ids=str)
def test_any_scored_steps_give_their_rows_of_the_whole(scored: list[int]) -> None:
    case = make_case(steps=STEPS, examples=2, n_a=20, seed=4)
    mask = np.isin(np.arange(STEPS), scored)
    batch = core.Batch(case.batch.inputs, case.batch.targets, mask, case.batch.initial_state)
    every, some = core.lag_profile(case.tape()), core.lag_profile(core.forward(case.network, batch))
    for name in RECURRENT:
        np.testing.assert_allclose(some.log2_norm[name][mask], every.log2_norm[name][mask], rtol=0, atol=1e-9)
        assert np.all(np.isneginf(some.log2_norm[name][~mask]))
    assert some.residual < 1e-12


def test_a_long_backward_pass_is_the_same_in_any_stretch() -> None:
    """The gradient of a long sequence, step by step in plain float64."""
    case = make_case(steps=300, examples=3, n_a=8, gain=1.2, seed=3)
    tape, p = case.tape(), case.network.parameters
    total = {name: np.zeros_like(p[name]) for name in RECURRENT}
    size = dict.fromkeys(RECURRENT, 0.0)
    carried = np.zeros((3, 8))
    for s in range(300, 0, -1):
        delta = SLOPE["tanh"](tape.preactivations[s - 1]) * (tape.errors[s - 1] @ p["W_y"] + carried)
        here = {
            "W_aa": delta.T @ tape.states[s - 1],
            "W_ax": delta.T @ tape.batch.inputs[s - 1],
            "b_a": delta.sum(axis=0),
        }
        for name in RECURRENT:
            total[name] += here[name]
            size[name] += float(np.linalg.norm(here[name]))
        carried = delta @ p["W_aa"]
    gradients = core.backward(tape)
    for name in RECURRENT:
        assert np.linalg.norm(gradients[name] - total[name]) <= 1e-11 * size[name]
