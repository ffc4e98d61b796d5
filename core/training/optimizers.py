"""Optimizers as pure functions: state × gradient g → state × update u, where θ ← θ + u.

    sgd        u = −η g
    momentum   v ← μ v + g,  u = −η v                                   (Polyak 1964)
    adam       m ← β₁ m + (1 − β₁) g,  v ← β₂ v + (1 − β₂) g²,
               u = −η m̂ / (√v̂ + ε),  m̂ = m / (1 − β₁ⁱ),  v̂ = v / (1 − β₂ⁱ)   at the i-th step (Kingma & Ba 2015)
    rmsprop    v ← β v + (1 − β) g²,  u = −η g / (√v + ε)               (Tieleman & Hinton 2012, lecture 6.5)
    adagrad    v ← v + g²,  u = −η g / (√v + ε)                         (Duchi, Hazan & Singer 2011)

All parameters are one vector (N,), so that a step costs a few operations whatever the number of parameters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from core.numerics.frozen import FrozenRecord
from core.numerics.scaled import Floats, freeze


@dataclass(frozen=True, eq=False)
class OptimizerState(FrozenRecord):
    """What an optimizer remembers from step to step: arrays (N,) for the N numbers of all parameters."""

    steps: int = 0
    """How many updates it has made"""
    moments: tuple[Floats, ...] = ()
    """Running means, (N,) each: none for sgd, m and v for adam, v for every other"""

    def __post_init__(self) -> None:
        freeze(*self.moments)


class Optimizer(Protocol):
    """A rule for the next update."""

    def start(self, size: int) -> OptimizerState:
        """The state before the first step, for N parameters."""
        ...

    def update(self, state: OptimizerState, gradient: Floats) -> tuple[OptimizerState, Floats]:
        """The state after a step, and the update (N,). Nothing that is passed in is changed."""
        ...


@dataclass(frozen=True)
class SGD:
    """Gradient descent, u = −η g: the update goes against the gradient."""

    learning_rate: float

    def start(self, size: int) -> OptimizerState:
        """No moments: plain gradient descent remembers nothing."""
        return OptimizerState()

    def update(self, state: OptimizerState, gradient: Floats) -> tuple[OptimizerState, Floats]:
        """u = −η g, (N,): against the gradient g."""
        return OptimizerState(state.steps + 1), -self.learning_rate * gradient


@dataclass(frozen=True)
class Momentum:
    """v ← μ v + g, u = −η v."""

    learning_rate: float
    momentum: float

    def start(self, size: int) -> OptimizerState:
        """The running sum v = 0, (N,)."""
        return OptimizerState(0, (np.zeros(size),))

    def update(self, state: OptimizerState, gradient: Floats) -> tuple[OptimizerState, Floats]:
        """v ← μ v + g and u = −η v, (N,): against the gradients so far, the older the weaker."""
        velocity = self.momentum * state.moments[0] + gradient
        return OptimizerState(state.steps + 1, (velocity,)), -self.learning_rate * velocity


@dataclass(frozen=True)
class Adam:
    """A step of about η in each parameter, its direction a running mean of the gradient's."""

    learning_rate: float
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    def start(self, size: int) -> OptimizerState:
        """The running means m = v = 0, (N,) each."""
        return OptimizerState(0, (np.zeros(size), np.zeros(size)))

    def update(self, state: OptimizerState, gradient: Floats) -> tuple[OptimizerState, Floats]:
        """u = −η m̂ / (√v̂ + ε), (N,): m̂ and v̂ are the running means without the bias of their start at 0."""
        steps, (mean, square) = state.steps + 1, state.moments
        mean = self.beta1 * mean + (1.0 - self.beta1) * gradient
        square = self.beta2 * square + (1.0 - self.beta2) * np.square(gradient)
        size = np.sqrt(square / (1.0 - self.beta2**steps)) + self.epsilon
        update = mean * (-self.learning_rate / (1.0 - self.beta1**steps)) / size
        return OptimizerState(steps, (mean, square)), update


@dataclass(frozen=True)
class RMSprop:
    """A gradient over the root of a running mean of its square; β = 0.99 and ε = 1e−8 as PyTorch has them."""

    learning_rate: float
    decay: float = 0.99
    epsilon: float = 1e-8

    def start(self, size: int) -> OptimizerState:
        """The running mean v = 0, (N,)."""
        return OptimizerState(0, (np.zeros(size),))

    def update(self, state: OptimizerState, gradient: Floats) -> tuple[OptimizerState, Floats]:
        """v ← β v + (1 − β) g² and u = −η g / (√v + ε), (N,): v keeps the bias of its start at 0."""
        square = self.decay * state.moments[0] + (1.0 - self.decay) * np.square(gradient)
        update = -self.learning_rate * gradient / (np.sqrt(square) + self.epsilon)
        return OptimizerState(state.steps + 1, (square,)), update


@dataclass(frozen=True)
class Adagrad:
    """A gradient over the root of the sum of all its squares, so that the steps shrink; ε = 1e−10 as PyTorch has it."""

    learning_rate: float
    epsilon: float = 1e-10

    def start(self, size: int) -> OptimizerState:
        """The sum v = 0, (N,)."""
        return OptimizerState(0, (np.zeros(size),))

    def update(self, state: OptimizerState, gradient: Floats) -> tuple[OptimizerState, Floats]:
        """v ← v + g² and u = −η g / (√v + ε), (N,)."""
        square = state.moments[0] + np.square(gradient)
        update = -self.learning_rate * gradient / (np.sqrt(square) + self.epsilon)
        return OptimizerState(state.steps + 1, (square,)), update


def make_optimizer(name: str, learning_rate: float, momentum: float = 0.9) -> Optimizer:
    """The named optimizer.

    Raises:
        ValueError: if there is none of that name.
    """
    if name == "sgd":
        return SGD(learning_rate)
    if name == "momentum":
        return Momentum(learning_rate, momentum)
    if name == "adam":
        return Adam(learning_rate)
    if name == "rmsprop":
        return RMSprop(learning_rate)
    if name == "adagrad":
        return Adagrad(learning_rate)
    raise ValueError(f"optimizer: {name!r} was given, allowed is sgd, momentum, adam, rmsprop, adagrad")
