"""The contenders that are this program's own functions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

import core
from benchmarks.cases import Profile
from core.numerics.scaled import Floats
from core.training.optimizers import Adam

LEARNING_RATE = 1e-3
RECURRENT = ("W_aa", "W_ax", "b_a")


def profile(network: core.Network, batch: core.Batch) -> Callable[[], core.LagProfile]:
    """The lag profile of a tape at hand, its tables read."""
    tape = core.forward(network, batch)
    gradients = core.backward(tape)

    def run() -> core.LagProfile:
        found = core.lag_profile(tape, gradients)
        for name in RECURRENT:
            found.log2_norm[name]
        return found

    return run


def whole_profile(network: core.Network, batch: core.Batch) -> Callable[[], core.LagProfile]:
    """The lag profile of a tape at hand, the tables of all parameters read."""
    tape = core.forward(network, batch)
    gradients = core.backward(tape)

    def run() -> core.LagProfile:
        found = core.lag_profile(tape, gradients)
        for name in found.log2_norm:
            found.log2_norm[name]
        return found

    return run


def as_profile(found: core.LagProfile) -> Profile:
    """The norms of a lag profile as plain numbers, not logarithms."""
    return Profile(
        {name: np.exp2(found.log2_norm[name]) for name in RECURRENT},
        {name: np.exp2(found.log2_summed[name]) for name in RECURRENT},
    )


def step(network: core.Network, batch: core.Batch) -> Callable[[], dict[str, Floats]]:
    """A training step's forward and backward pass."""

    def run() -> dict[str, Floats]:
        return dict(core.backward(core.forward(network, batch)))

    return run


def update(network: core.Network, batch: core.Batch) -> Callable[[], dict[str, Floats]]:
    """A whole training step, Adam included, from the parameters that the one before it left."""
    optimizer = Adam(LEARNING_RATE)
    parameters = dict(network.parameters)
    cuts = np.cumsum([array.size for array in parameters.values()])[:-1]
    state, current = optimizer.start(sum(array.size for array in parameters.values())), network

    def run() -> dict[str, Floats]:
        nonlocal state, current
        gradient = core.backward(core.forward(current, batch)).flat().to_float64()
        state, change = optimizer.update(state, gradient)
        steps = zip(current.parameters.items(), np.split(change, cuts), strict=True)
        current = current.replace_parameters(
            **{name: array + step.reshape(array.shape) for (name, array), step in steps}
        )
        return dict(current.parameters)

    return run
