"""The built-in gradient check agrees on a right gradient and objects to a wrong one.

On the default five-point differences err by some 1e−9; 1e−7 is agreement. A gradient with one part in a thousand
wrong must show as about that.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest
from cases import PARAMETERS

import core
from core.numerics.scaled import Scaled


@pytest.fixture(scope="module")
def default() -> core.Trace:
    return core.run(core.Experiment())


def sabotaged(trace: core.Trace, name: str, by: float) -> core.Trace:
    """The trace, a share `by` of one parameter's gradient missing."""
    right = trace.gradients.scaled[name]
    wrong = {**trace.gradients.scaled, name: Scaled(right.mantissa * (1 - by), right.exponent)}
    return replace(trace, gradients=core.Gradients(MappingProxyType(wrong)))


def test_the_default_gradient_passes(default: core.Trace) -> None:
    assert core.check_gradients(default) < 1e-7


@pytest.mark.parametrize("readout", ["sigmoid", "softmax"])
def test_other_readouts_pass(readout: str) -> None:
    trace = core.run(core.Experiment(readout=readout, batch_size=3, timesteps=20, hidden_size=5))
    assert core.check_gradients(trace) < 1e-7


@pytest.mark.parametrize("name", PARAMETERS)
@pytest.mark.parametrize("by", [1e-3, 1.0, 2.0])
def test_a_sabotaged_gradient_fails(default: core.Trace, name: str, by: float) -> None:
    assert core.check_gradients(sabotaged(default, name, by), directions=8) > by / 100


def test_a_gradient_of_zeros_is_held_against_the_slope_itself(default: core.Trace) -> None:
    name = "b_y"
    nothing = sabotaged(default, name, 1.0)
    assert not np.any(nothing.gradients[name])
    assert core.check_gradients(nothing) > 0.1


def test_the_same_seed_takes_the_same_directions(default: core.Trace) -> None:
    assert core.check_gradients(default, seed=1) == core.check_gradients(default, seed=1)
    assert core.check_gradients(default, seed=1) != core.check_gradients(default, seed=2)
