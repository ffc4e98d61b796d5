"""Every unit at every step of one example: pre-activation, value, slope, and whether the unit is saturated or dead.

    v⟨t⟩ = φ(z⟨t⟩)        slope⟨t⟩ = φ'(z⟨t⟩)/γ, γ = sup φ'        δ⟨s⟩ = ∂L/∂z⟨s⟩

A unit is saturated at a step where its slope is below a tenth, and dead where its slope is exactly 0 at every step of
every example: no gradient goes through it, and what leads to it does not learn on these data.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.bptt.backward_pass import BackwardPass
from core.bptt.forward import Tape
from core.bptt.forward_step import is_saturated
from core.numerics.frozen import FrozenRecord
from core.numerics.scaled import Floats, freeze


@dataclass(frozen=True, eq=False)
class UnitReadings(FrozenRecord):
    """The units of one pre-activation at every step of one example: arrays (T, n)."""

    preactivations: Floats
    """(T, n): z⟨t⟩"""
    values: Floats
    """(T, n): what its function makes of it"""
    slopes: Floats
    """(T, n): the function's derivative as a share of its largest value, 0 … 1"""
    saturated: NDArray[np.bool_]
    """(T, n): whether that share is below a tenth"""
    dead: NDArray[np.bool_]
    """(n,): whether the slope is exactly 0 at every step of every example"""


def unit_readings(tape: Tape, name: str, example: int = 0) -> UnitReadings:
    """What the units of one pre-activation did at every step.

    Args:
        tape: A forward pass.
        name: The pre-activation, a key of the cell's `functions`.
        example: Which of the batch, from 0.

    Raises:
        ValueError: if the cell has no such pre-activation, or the batch no such example.

    Runnable example:

        >>> import core
        >>> trace = core.run(core.Experiment(hidden_size=2, timesteps=5))
        >>> found = unit_readings(trace.tape, "z")
        >>> found.values.shape, found.dead.tolist()
        ((5, 2), [False, False])
    """
    network = tape.network
    functions = network.cell.functions(network.activation)
    if name not in functions:
        raise ValueError(f"unknown pre-activation {name!r}; the cell has {', '.join(functions)}")
    _check_example(tape, example)
    function = functions[name]
    z = network.by_preactivation(tape.preactivations)[name]
    slope = function.derivative(z)
    found = UnitReadings(
        preactivations=z[:, example],
        values=function.value(z[:, example]),
        slopes=slope[:, example] / function.slope_bound,
        saturated=is_saturated(function, slope[:, example]),
        dead=np.all(slope == 0.0, axis=(0, 1)),
    )
    freeze(found.values, found.slopes, found.saturated, found.dead)
    return found


@dataclass(frozen=True, eq=False)
class UnitGradients(FrozenRecord):
    """δ⟨s⟩ of one pre-activation at every step of one example, of any size: sign · 2^log2, arrays (T, n)."""

    sign: Floats
    """(T, n): −1, 0 or 1"""
    log2: Floats
    """(T, n): log₂ |δ⟨s⟩|, −inf where it is exactly 0"""


def unit_gradients(backward_pass: BackwardPass, name: str, example: int = 0) -> UnitGradients:
    """The gradient at the units of one pre-activation, of the losses that a backward pass goes back from.

    Args:
        backward_pass: The backward pass.
        name: The pre-activation, one that has a gradient.
        example: Which of the batch, from 0. The batch mean's 1/B is in its gradient.

    Raises:
        ValueError: if there is no gradient at such a pre-activation, or the batch has no such example.

    Runnable example:

        >>> import core
        >>> trace = core.run(core.Experiment(hidden_size=2, timesteps=5))
        >>> unit_gradients(trace.backward_pass, "z").log2.shape
        (5, 2)
    """
    deltas = backward_pass.returned.deltas
    if name not in deltas:
        raise ValueError(f"unknown pre-activation {name!r}; there is a gradient at {', '.join(deltas)}")
    _check_example(backward_pass.tape, example)
    delta = deltas[name]
    mantissa = delta.mantissa[:, example]
    exponent = np.broadcast_to(delta.exponent, delta.mantissa.shape)[:, example]
    with np.errstate(divide="ignore"):
        found = UnitGradients(np.sign(mantissa), np.log2(np.abs(mantissa)) + exponent)
    freeze(found.sign, found.log2)
    return found


def _check_example(tape: Tape, example: int) -> None:
    count = tape.preactivations.shape[1]
    if not 0 <= example < count:
        raise ValueError(f"example must lie in 0 … {count - 1}, got {example}")
