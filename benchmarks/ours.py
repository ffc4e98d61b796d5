"""This program's own contenders."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

import core
from benchmarks.cases import Profile
from core.scaled import Floats

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


def as_profile(found: core.LagProfile) -> Profile:
    """In plain numbers."""
    return Profile(
        {name: np.exp2(found.log2_norm[name]) for name in RECURRENT},
        {name: np.exp2(found.log2_summed[name]) for name in RECURRENT},
    )


def step(network: core.Network, batch: core.Batch) -> Callable[[], dict[str, Floats]]:
    """A training step's forward and backward pass."""

    def run() -> dict[str, Floats]:
        return dict(core.backward(core.forward(network, batch)))

    return run
