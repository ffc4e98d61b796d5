"""What a recurrent cell has to say of itself for the gradient to be taken apart by lag.

A parameter is used once at every step s, and its gradient through that use is a product of two factors,

    δ⟨s⟩ u⟨s⟩ᵀ        δ: the gradient of the loss with respect to what the parameter makes (a pre-activation)
                      u: what the parameter reads, its source: a⟨s−1⟩, x⟨s⟩ or the constant 1

so a cell names the pair for each parameter, and says how a gradient at its state goes one step back. The
lag decomposition, backpropagation and the charts need to know nothing else of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from core.activations import Activation
from core.scaled import Floats, Integers

Source = Literal["a", "x", "1"]


@dataclass(frozen=True)
class Use:
    """How a parameter is used at every step: which delta times which source."""

    delta: str
    """The pre-activation it makes, by name: `z` in the vanilla cell, a gate's name elsewhere."""
    source: Source
    """What it reads: the state before (a), the input (x) or the constant 1."""


@dataclass(frozen=True)
class Pulled:
    """Gradients taken one step back, for R rows, one row an example at a step."""

    deltas: Mapping[str, Floats]
    """Pre-activation → its gradient, (R, n_a)"""
    previous: Floats
    """Gradient at the state before, (R, n_state)"""
    delta_exponent: Integers | int = 0
    """(R, 1): power of two to add to the rows of every delta; the plain number 0 where there is none"""
    previous_exponent: Integers | int = 0
    """(R, 1): likewise for `previous`"""


class Linearization(Protocol):
    """The transposed Jacobians of a cell along one trajectory: T·B rows, row s·B + b for step s (from 0)."""

    def pull(self, gradient: Floats, rows: slice) -> Pulled:
        """Take ∂L/∂a⟨s⟩ (R, n_state) of the given rows to the deltas of step s and to ∂L/∂a⟨s−1⟩."""
        ...


class Cell(Protocol):
    """A recurrent cell: its parameters, its step forward, and its step back."""

    name: str
    title: str

    def uses(self) -> Mapping[str, Use]:
        """Parameter → its use; its keys are the cell's parameters, in the order of display."""
        ...

    def shapes(self, n_x: int, n_a: int) -> Mapping[str, tuple[int, ...]]:
        """Parameter → shape."""
        ...

    def forward(
        self, parameters: Mapping[str, Floats], activation: Activation, inputs: Floats, initial_state: Floats
    ) -> tuple[Floats, Floats]:
        """States (T+1, B, n_state) and pre-activations (T, B, n_z) for inputs (T, B, n_x)."""
        ...

    def linearize(
        self, parameters: Mapping[str, Floats], activation: Activation, preactivations: Floats
    ) -> Linearization:
        """The step back at every step of a trajectory."""
        ...
