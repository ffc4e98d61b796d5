"""Updates are those of the published rules: written out in plain Python one number at a time, and torch.optim's.

The figures of torch 2.13 (float64, learning rate 0.1, momentum 0.9, all else at torch's defaults) were made by four
steps of torch.optim.SGD, Adam, RMSprop and Adagrad on the gradients and the start below.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from core.training.optimizers import Adam, Momentum, Optimizer, make_optimizer

GRADIENTS = np.random.default_rng(7).standard_normal((4, 3))
START = np.array([0.5, -1.0, 2.0])
NAMES = ("sgd", "momentum", "adam", "rmsprop", "adagrad")
TORCH = {
    "sgd": [0.6449692982622294, -1.167413204807648, 2.140110392074995],
    "momentum": [0.7915475440520637, -1.2831479092415072, 2.4208427625718545],
    "adam": [0.596171950603742, -1.1852372757384844, 2.332615314112112],
    "rmsprop": [1.0069903466761847, -2.412896957411361, 4.096442933907802],
    "adagrad": [0.5503388022987235, -1.1411593793544683, 2.20967747117905],
}


def after(optimizer: Optimizer, gradients: np.ndarray, start: np.ndarray) -> np.ndarray:
    state, theta = optimizer.start(len(start)), start
    for gradient in gradients:
        state, update = optimizer.update(state, gradient)
        theta = theta + update
    assert state.steps == len(gradients)
    return theta


@pytest.mark.parametrize("name", NAMES)
def test_four_steps_are_those_of_torch(name: str) -> None:
    found = after(make_optimizer(name, 0.1, 0.9), GRADIENTS, START)
    np.testing.assert_allclose(found, TORCH[name], rtol=1e-14)


def by_the_book(name: str, gradients: list[float], theta: float, rate: float, momentum: float) -> float:
    """One parameter, as the papers have it."""
    velocity = mean = square = 0.0
    for i, g in enumerate(gradients, start=1):
        if name == "sgd":
            theta -= rate * g
        elif name == "momentum":
            velocity = momentum * velocity + g
            theta -= rate * velocity
        elif name == "rmsprop":
            square = 0.99 * square + 0.01 * g * g
            theta -= rate * g / (math.sqrt(square) + 1e-8)
        elif name == "adagrad":
            square += g * g
            theta -= rate * g / (math.sqrt(square) + 1e-10)
        else:
            mean = 0.9 * mean + 0.1 * g
            square = 0.999 * square + 0.001 * g * g
            theta -= rate * (mean / (1 - 0.9**i)) / (math.sqrt(square / (1 - 0.999**i)) + 1e-8)
    return theta


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("rate", [0.0, 1e-3, 2.5])
@pytest.mark.parametrize("momentum", [0.0, 0.5, 1.0])
def test_many_steps_are_those_of_the_rule_for_each_number_alone(name: str, rate: float, momentum: float) -> None:
    gradients = np.random.default_rng(1).standard_normal((60, 4)) * [1e-9, 1.0, 1e6, 0.0]
    found = after(make_optimizer(name, rate, momentum), gradients, np.ones(4))
    expected = [by_the_book(name, list(gradients[:, j]), 1.0, rate, momentum) for j in range(4)]
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)


def test_the_first_step_of_adam_is_the_learning_rate_against_the_sign() -> None:
    """Kingma & Ba 2015, §2.1: m̂/√v̂ is ±1 after one gradient, whatever its size (as long as it is far above ε)."""
    found = after(Adam(0.01), np.array([[1e-3, -1.0, 1e6]]), np.zeros(3))
    np.testing.assert_allclose(found, [-0.01, 0.01, -0.01], rtol=1e-4)


def test_momentum_approaches_the_learning_rate_over_one_minus_mu() -> None:
    """Under a constant gradient the step tends to η g / (1 − μ)."""
    state, optimizer = Momentum(0.1, 0.9).start(1), Momentum(0.1, 0.9)
    for _ in range(400):
        state, update = optimizer.update(state, np.array([2.0]))
    assert update[0] == pytest.approx(-0.1 * 2.0 / 0.1, rel=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_an_update_changes_nothing_that_it_is_given(name: str) -> None:
    optimizer = make_optimizer(name, 0.1)
    state, _ = optimizer.update(optimizer.start(3), GRADIENTS[0])
    gradient, moments = GRADIENTS[1].copy(), [moment.copy() for moment in state.moments]
    first = optimizer.update(state, gradient)
    second = optimizer.update(state, gradient)
    assert np.array_equal(gradient, GRADIENTS[1])
    assert all(np.array_equal(kept, moment) for kept, moment in zip(moments, state.moments, strict=True))
    assert np.array_equal(first[1], second[1])


def test_an_unknown_optimizer_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"'lion' was given, allowed is sgd, momentum, adam, rmsprop, adagrad"):
        make_optimizer("lion", 0.1)
