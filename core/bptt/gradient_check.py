"""Checking the gradient by a route that knows nothing of backpropagation: central differences.

Each parameter θ is moved along unit directions v, and ⟨∂L/∂θ, v⟩ is held against

    (8 (L(+h) − L(−h)) − (L(+2h) − L(−2h))) / 12 h        (five points, error O(h⁴))

Where a pre-activation crosses a kink of its function on the way from −2h to 2h, L has a corner there, and a difference
across it is the slope of neither side. Such a direction is tried again with smaller h, and left out if none will do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.bptt.backward import Gradients
from core.bptt.forward import Tape, forward
from core.numerics.scaled import Floats

STEPS = (1e-3, 1e-4, 1e-5, 1e-6)
"""h as shares of the parameter's largest number, the first that crosses no kink being taken."""


@dataclass(frozen=True)
class LeftOut:
    """A direction that says nothing, since a step along it crosses a kink however small it is."""

    parameter: str
    direction: int
    """Which of the parameter's directions, from 0"""
    preactivation: str
    """The first pre-activation that crosses a kink of its function, `z` in the vanilla cell"""
    step: int
    """The step t at which it crosses the kink"""
    example: int
    """The example of the batch in which it does, from 0"""
    unit: int
    """The unit in which it does, from 0"""

    def __str__(self) -> str:
        where = f"{self.preactivation}⟨{self.step}⟩ of unit {self.unit + 1}, example {self.example + 1}"
        return f"{self.parameter}, direction {self.direction + 1} ({where})"


@dataclass(frozen=True)
class GradientCheck:
    """How far a gradient is from central differences, and which directions could not be checked."""

    worst: float
    """The largest |slope − ⟨∂L/∂θ, v⟩| / ‖∂L/∂θ‖ of the directions that were checked; nan if none was"""
    checked: int
    """How many directions were checked"""
    left_out: tuple[LeftOut, ...]
    """The directions that were not checked, each with the kink that is in its way"""

    def __str__(self) -> str:
        total = self.checked + len(self.left_out)
        text = f"relative error {self.worst:.1e} over {self.checked} of {total} directions"
        if not self.left_out:
            return text
        return f"{text}; {len(self.left_out)} left out, which cross a kink: " + "; ".join(map(str, self.left_out))


class WithGradients(Protocol):
    """A forward pass with its gradients: a Trace."""

    @property
    def tape(self) -> Tape:
        """The forward pass that the gradient is of."""
        ...

    @property
    def gradients(self) -> Gradients:
        """∂L/∂θ of L = Σ L_t, by parameter."""
        ...


def check_gradients(trace: WithGradients, *, directions: int = 3, seed: int = 0) -> float:
    """Worst relative error of the gradient against central differences, over random directions.

    About 1e−9 is agreement. Directions that cannot be checked, because they cross a kink of relu, are not in it;
    `gradient_check_of` says how many there are, and which. A network so chaotic that L is not smooth at h disagrees
    without the gradient being wrong.

    Args:
        trace: A trace with its gradients.
        directions: How many directions for each parameter.
        seed: Which directions.

    Returns:
        The largest |slope − ⟨∂L/∂θ, v⟩| / ‖∂L/∂θ‖; nan if no direction could be checked.

    Runnable example:

        >>> import core
        >>> trace = core.run(core.Experiment(hidden_size=2, timesteps=5))
        >>> core.check_gradients(trace) < 1e-6
        True
    """
    return gradient_check_of(trace, directions=directions, seed=seed).worst


def gradient_check_of(trace: WithGradients, *, directions: int = 3, seed: int = 0) -> GradientCheck:
    """Hold the gradient against central differences, over random directions, and say what could not be checked.

    Args:
        trace: A trace with its gradients.
        directions: How many directions for each parameter.
        seed: Which directions.

    Returns:
        The worst relative error, and the directions that were left out because they cross a kink of relu.

    Runnable example:

        >>> import core
        >>> trace = core.run(core.Experiment(hidden_size=2, timesteps=5))
        >>> check = core.gradient_check_of(trace)
        >>> check.worst < 1e-6, check.checked, check.left_out
        (True, 15, ())
    """
    rng = np.random.default_rng(seed)
    errors, left_out = [], []
    for name, parameter in trace.tape.network.parameters.items():
        gradient = trace.gradients[name]
        size = float(np.linalg.norm(gradient))
        for i in range(directions):
            v = rng.standard_normal(parameter.shape)
            found = _slope(trace, name, v / np.linalg.norm(v))
            if isinstance(found, float):
                error = abs(found - float(np.sum(gradient * (v / np.linalg.norm(v)))))
                errors.append(error / size if size > 0 else error)
            else:
                left_out.append(LeftOut(name, i, *found))
    return GradientCheck(max(errors, default=float("nan")), len(errors), tuple(left_out))


def _slope(trace: WithGradients, name: str, v: Floats) -> float | tuple[str, int, int, int]:
    """The slope of L along v, or the first kink in the way of even the smallest h."""
    parameter = trace.tape.network.parameters[name]
    scale = max(1e-3, float(np.max(np.abs(parameter))))
    sides, kink = _sides(trace.tape), None
    for h in (share * scale for share in STEPS):
        moved = {by: trace.tape.network.replace_parameters(**{name: parameter + by * h * v}) for by in (-2, -1, 1, 2)}
        tapes = {by: forward(network, trace.tape.batch) for by, network in moved.items()}
        kink = next((at for tape in tapes.values() for at in _crossed(trace.tape, sides, _sides(tape))), None)
        if kink is None:
            loss = {by: tape.loss for by, tape in tapes.items()}
            return (8 * (loss[1] - loss[-1]) - (loss[2] - loss[-2])) / (12 * h)
    assert kink is not None
    return kink


def _sides(tape: Tape) -> dict[str, NDArray[np.intp]]:
    """Pre-activation → how many kinks of its function lie below each of its numbers, (T, B, n_a); and of a head."""
    functions = tape.network.cell.functions(tape.network.activation)
    blocks = tape.network.by_preactivation(tape.preactivations)
    kinked = ((name, blocks[name], function.kinks) for name, function in functions.items())
    states = tape.network.by_part(tape.states)[tape.network.read_out.name][1:]
    found = {name: np.searchsorted(kinks, z, side="left") for name, z, kinks in kinked if kinks}
    return {**found, **tape.network.readout.sides(tape.network.parameters, states)}


def _crossed(
    tape: Tape, before: dict[str, NDArray[np.intp]], after: dict[str, NDArray[np.intp]]
) -> Iterator[tuple[str, int, int, int]]:
    """The kinks that were crossed: pre-activation, step t, example and unit."""
    for name, sides in before.items():
        there = min(len(sides), len(after[name]))
        for step, example, unit in np.argwhere(sides[:there] != after[name][:there]):
            yield name, int(step) + 1, int(example), int(unit)
