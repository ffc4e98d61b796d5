"""What a recurrent cell has to say of itself for the gradient to be taken apart by lag.

A parameter is used once at every step s, and its gradient through that use is a product of two factors,

    δ⟨s⟩ u⟨s⟩ᵀ        δ: the gradient of the loss with respect to what the parameter makes (a pre-activation)
                      u: what the parameter reads, its source: a⟨s−1⟩, x⟨s⟩ or the constant 1

so a cell names the pair for each parameter, and says how a gradient at its state goes one step back. The
lag decomposition, backpropagation and the charts need to know nothing else of it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from core.network.activations import Activation
from core.numerics.frozen import FrozenRecord
from core.numerics.scaled import Floats, Integers, Scaled

Source = Literal["a", "x", "1"]


@dataclass(frozen=True)
class Use:
    """How a parameter is used at every step: which delta times which source."""

    delta: str
    """The pre-activation it makes, by name: `z` in the vanilla cell, a gate's name elsewhere."""
    source: Source
    """What it reads: the state before (a), the input (x) or the constant 1."""
    tied: bool = True
    """Whether every step uses the same numbers; if not, the parameter has one array a step, stacked (T, …)"""


@dataclass(frozen=True)
class Equations:
    """A cell in the question's symbols, a line each, for whoever shows a step."""

    forward: Mapping[str, str]
    """Pre-activation or part of the state → how it is made at step t; in the order of computation"""
    back: Mapping[str, str]
    """Pre-activation → its δ⟨s⟩; part of the state → what goes on to step s − 1; in the order of computation"""


@dataclass(frozen=True)
class DirectFactor:
    """C⟨t⟩: what a gradient at the state is multiplied by, unit by unit, on a way back that no matrix is on."""

    symbol: str
    """In the question's symbols, without its step: `f` in an LSTM"""
    product: str
    """Over k steps: `∏ f⟨r⟩`"""
    meaning: str
    """What lets by how much of which gradient, in words: a clause that a full stop or a semicolon follows"""


@dataclass(frozen=True, eq=False)
class Pulled(FrozenRecord):
    """Gradients taken one step back, for R rows, one row an example at a step."""

    deltas: Mapping[str, Floats]
    """Pre-activation → its gradient, (R, n_a)"""
    previous: Floats
    """Gradient at the state before, (R, n_state)"""
    delta_exponents: Mapping[str, Integers]
    """Pre-activation → (R, 1): power of two to add to the rows of its delta"""
    previous_exponent: Integers
    """(R, 1): likewise for `previous`"""


@dataclass(frozen=True, eq=False)
class Jacobian(FrozenRecord):
    """∂a⟨s⟩/∂a⟨s−1⟩ = diag(scale) · rows: what may be of very different size from unit to unit, and the rest."""

    scale: Scaled
    """(n_state,), an exponent each"""
    rows: Floats
    """(n_state, n_state), all within float64; may be shared between steps"""


class Linearization(ABC):
    """The transposed Jacobians of a cell along one trajectory of T steps and B examples.

    Gradients come as rows of `width` numbers that share one power of two: a whole state, or a single unit
    where units never mix. The rows are in the order of (step, example, unit), T·B·n_state/width in all; a delta
    has as many rows, of `delta_width` numbers.
    """

    deltas: tuple[str, ...]
    """The pre-activations that have a gradient"""
    size: int
    """n_state"""
    width: int
    """How many units share an exponent: n_state, or 1 where the recurrent matrices are diagonal"""
    delta_width: int
    """n_a, or 1 likewise"""
    delta_exponents: Mapping[str, Integers | None]
    """Pre-activation → power of two to add to the rows of its delta, (rows,); None where there is none at any step"""
    previous_exponent: Integers | None
    """Power of two to add to the rows of `previous`, (rows,), likewise"""

    @property
    def plain(self) -> bool:
        """Whether no row anywhere has a power of two to add."""
        return self.previous_exponent is None and all(power is None for power in self.delta_exponents.values())

    @abstractmethod
    def pull_into(self, gradient: Floats, rows: slice, deltas: Mapping[str, Floats], previous: Floats) -> None:
        """Take ∂L/∂a⟨s⟩ of some rows to the deltas of step s and to ∂L/∂a⟨s−1⟩.

        Args:
            gradient: ∂L/∂a⟨s⟩, (R, width).
            rows: Which of the trajectory's rows these R are.
            deltas: Pre-activation → where to write its gradient, (R, delta_width).
            previous: Where to write ∂L/∂a⟨s−1⟩, (R, width); no part of `gradient`.
        """

    def pull_all(
        self, injected: Floats, rows: slice, gradient: Floats, deltas: Mapping[str, Floats], passed: Floats
    ) -> None:
        """Take the gradient through S steps on end, the last first: ∂L/∂a⟨s⟩ = injected + what came back to a⟨s⟩.

        Mantissas alone: for stretches of a `plain` linearization.

        Args:
            injected: What the losses put in, (S, R, width).
            rows: Which of the trajectory's rows these S·R are.
            gradient: Where to write ∂L/∂a⟨s⟩, (S, R, width).
            deltas: Pre-activation → where to write its gradient, (S, R, delta_width).
            passed: What comes back to the state before each of these steps, written, and to the last state, read;
                (S+1, R, width).
        """
        per = injected.shape[1]
        for i in range(len(injected) - 1, -1, -1):
            np.add(injected[i], passed[i + 1], out=gradient[i])
            at = slice(rows.start + i * per, rows.start + (i + 1) * per)
            self.pull_into(gradient[i], at, {name: delta[i] for name, delta in deltas.items()}, passed[i])

    @abstractmethod
    def jacobian(self, row: int) -> Jacobian:
        """∂a⟨s⟩/∂a⟨s−1⟩ of the row s·B + b (s from 0) of the trajectory."""

    def pull(self, gradient: Floats, rows: slice) -> Pulled:
        """The same for whole states: (R, n_state) at the rows s·B + b (s from 0) of the trajectory."""
        parts = self.size // self.width
        own = slice(rows.start * parts, rows.stop * parts)
        grouped = np.ascontiguousarray(gradient).reshape(-1, self.width)
        deltas = {name: np.empty((len(grouped), self.delta_width)) for name in self.deltas}
        previous = np.empty_like(grouped)
        self.pull_into(grouped, own, deltas, previous)

        def whole(values: Floats, exponent: Integers | None) -> Scaled:
            powers = np.zeros(len(grouped), dtype=np.int64) if exponent is None else exponent[own]
            rows = Scaled(values.reshape(len(gradient), -1), powers.reshape(len(gradient), parts))
            return rows if parts == 1 else rows.shared(axis=1)

        scaled = {name: whole(delta, self.delta_exponents[name]) for name, delta in deltas.items()}
        before = whole(previous, self.previous_exponent)
        return Pulled(
            {name: delta.mantissa for name, delta in scaled.items()},
            before.mantissa,
            {name: delta.exponent for name, delta in scaled.items()},
            before.exponent,
        )


class Cell(Protocol):
    """A recurrent cell: its parameters, its step forward, and its step back."""

    @property
    def name(self) -> str:
        """Its key in `CELLS`."""
        ...

    @property
    def title(self) -> str:
        """What a person calls it."""
        ...

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts of the state, n_a numbers each; the read-out and the matrices see the first, a."""
        ...

    @property
    def direct(self) -> DirectFactor | None:
        """The factor of its direct path, from the state before to the state past every matrix; None if it has none."""
        return None

    @property
    def elman(self) -> bool:
        """Whether a⟨t⟩ = φ(W_aa a⟨t−1⟩ + …), one W_aa for all steps and nothing more, so that J = diag φ' W_aa."""
        return False

    def equations(self) -> Equations:
        """Its equations in a line each."""
        ...

    def uses(self) -> Mapping[str, Use]:
        """Parameter → its use; its keys are the cell's parameters, in the order of display."""
        ...

    def shapes(self, n_x: int, n_a: int, steps: int) -> Mapping[str, tuple[int, ...]]:
        """Parameter → shape; T, the number of steps, is the first axis of those that are not tied."""
        ...

    def functions(self, activation: Activation) -> Mapping[str, Activation]:
        """Pre-activation → the function it goes through; in the order of the blocks of n_a that `forward` records."""
        ...

    def forward(
        self, parameters: Mapping[str, Floats], activation: Activation, inputs: Floats, initial_state: Floats
    ) -> tuple[Floats, Floats]:
        """States (T+1, B, n_state) and pre-activations (T, B, n_z) for inputs (T, B, n_x)."""
        ...

    def linearize(
        self, parameters: Mapping[str, Floats], activation: Activation, states: Floats, preactivations: Floats
    ) -> Linearization:
        """The step back at every step of a trajectory, from what `forward` returned."""
        ...

    def log2_direct(self, activation: Activation, preactivations: Floats) -> Floats | None:
        """log₂ of `direct`, the factor C⟨t⟩ of every step and unit, (T, B, n_a), −inf for 0; None if there is none."""
        return None
