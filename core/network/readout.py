"""The read-out y⟨t⟩ = g(o⟨t⟩), its loss L_t, and the error ∂L_t/∂o⟨t⟩ that starts every backward path.

    g         loss of one example at time t                     error (times 1/B)
    identity  ½ Σ_j (y_j − target_j)²                           y − target
    sigmoid   −Σ_j target_j log y_j + (1−target_j) log(1−y_j)   y − target
    softmax   −log y_class                                      y − onehot(class)
    none      ⟨g⟨t⟩, a⟨t⟩⟩, summed over the batch                  g⟨t⟩ (not times 1/B)

L_t is the mean over the batch of B examples, or a weighted sum over those that are scored (`core.Batch`). Without a
read-out the gradient g⟨t⟩ = ∂L_t/∂a⟨t⟩ is given from outside, in the place of targets, and L_t is the linear function
that has it. Each of the other losses is the canonical one of its g, which is why the three errors look alike (Bishop
2006, §4.3.6).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.network.cells.protocol import Use
from core.numerics.frozen import FrozenMapping, FrozenRecord
from core.numerics.rows import plus, times, transposed
from core.numerics.scaled import Floats

Targets = NDArray[Any]
"""(T, B, n_y) floats, or (T, B) integer class ids for softmax; without a read-out the gradients g (T, B, n) injected at
the part of the state that a read-out would read."""

WEIGHTS, BIAS = "W_y", "b_y"

_USES: Mapping[str, Use] = FrozenMapping(
    {WEIGHTS: Use("o", "a", role="readout", gate="y"), BIAS: Use("o", "1", role="readout", gate="y")}
)


@dataclass(frozen=True, eq=False)
class ReadBack(FrozenRecord):
    """The backward pass through a read-out that is more than W_y and b_y: arrays (T, B, n) and (T, B, m)."""

    at_states: Floats
    """g⟨s⟩, (T, B, n): what all losses put into the part of each state that is read out"""
    deltas: Mapping[str, Floats]
    """What is made in the read-out → the gradient there at every step, (T, B, m)"""
    reads: Mapping[str, Floats]
    """Parameter → what it reads at every step, (T, B, r)"""


@dataclass(frozen=True)
class Readout:
    """What acts after the recurrence: o⟨t⟩ = W_y a⟨t⟩ + b_y, y⟨t⟩ = g(o⟨t⟩) and its loss, or nothing but the loss.

    Its parameters meet the loss of their own step, so that they are never behind a Jacobian of the recurrence.
    """

    name: str
    loss_name: str
    value: Callable[[Floats], Floats]
    """y = g(o), the same shape as o: (T, B, n_y)."""
    loss: Callable[[Floats, Targets], Floats]
    """Loss of each example at each time, (T, B)."""
    difference: Callable[[Floats, Targets], Floats]
    """∂(loss of one example)/∂o, (T, B, n_y)."""
    loss_equation: str = ""
    """L_t of one example, in symbols"""
    error_equation: str = ""
    """e⟨t⟩ of one example, in symbols"""
    classes: bool = False
    """Whether targets are class ids."""
    uses: Mapping[str, Use] = field(default_factory=lambda: _USES)
    """Parameter → its use: the error e⟨t⟩ times a⟨t⟩ (`a`, the part of the state that is read out) and times 1. Empty
    without a read-out"""

    @property
    def g(self) -> str:
        """The name of g only, which decides the loss, whatever stands before it."""
        return self.name.rpartition(":")[2].rpartition(">")[2]

    @property
    def linear(self) -> bool:
        """Whether o⟨t⟩ = W_y a⟨t⟩ + b_y."""
        return bool(self.uses)

    def equations(self, a: str) -> tuple[str, ...]:
        """How y⟨t⟩ is made from the state that is read, in symbols, `a` its name, the lowest first; () without one."""
        return self._output(f"{a}⟨t⟩") if self.uses else ()

    def _output(self, read: str) -> tuple[str, ...]:
        made = f"{WEIGHTS} {read} + {BIAS}"
        return (f"y⟨t⟩ = {made if self.g == 'identity' else f'{self.g}({made})'}",)

    def between(self, parameters: Mapping[str, Floats]) -> tuple[int, ...]:
        """How many numbers each hidden layer of the read-out makes; it has none."""
        return ()

    def shapes(self, n_y: int, n: int, between: Sequence[int] = ()) -> Mapping[str, tuple[int, ...]]:
        """Parameter → shape, for n_y outputs made from n numbers of the state."""
        return {WEIGHTS: (n_y, n), BIAS: (n_y,)} if self.uses else {}

    def output_size(self, parameters: Mapping[str, Floats], n: int) -> int:
        """n_y; without a read-out n, the numbers that one would read."""
        return parameters[WEIGHTS].shape[-2] if self.uses else n

    def made(self, parameters: Mapping[str, Floats], state: Floats) -> Floats:
        """o⟨t⟩ = W_y a⟨t⟩ + b_y, (…, n_y), from the part of the state that is read out (…, n); without one, a⟨t⟩."""
        return plus(times(state, transposed(parameters[WEIGHTS])), parameters[BIAS]) if self.uses else state

    def injected(self, parameters: Mapping[str, Floats], errors: Floats) -> Floats:
        """W_yᵀ e⟨t⟩ (…, n) from e⟨t⟩ (…, n_y): what a loss puts into the part that is read out; without one, e⟨t⟩."""
        return times(errors, parameters[WEIGHTS]) if self.uses else errors.copy()

    def entering(self, scored: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """At which steps, (T,), a loss may put something into the state, from those that are scored: these."""
        return scored

    def read_back(self, parameters: Mapping[str, Floats], state: Floats, errors: Floats) -> ReadBack | None:
        """The way back through it from ∂L/∂o⟨t⟩, (T, B, n_y); None where W_yᵀ e⟨t⟩ is all of it."""
        return None

    def sides(self, parameters: Mapping[str, Floats], state: Floats) -> Mapping[str, NDArray[np.intp]]:
        """What of the read-out has kinks → on which side of them each number is, (T, B, m); nothing has any here."""
        return {}

    def wall(self, parameters: Mapping[str, Floats]) -> str:
        """The matrix that every gradient starts through, `W_y`, where it is all zeros and lets none by; else ''."""
        return WEIGHTS if self.uses and not np.any(parameters[WEIGHTS]) else ""

    def each(self, examples: int) -> float:
        """What one target of a batch counts where no weights are given: 1/B; without a read-out 1."""
        return 1.0 / examples if self.uses else 1.0

    def mean_loss(self, o: Floats, targets: Targets, factors: Floats | None = None) -> Floats:
        """L_t for every t, (T,): the mean over the batch; without a read-out the sum.

        Args:
            o: (T, B, n_y).
            targets: What they are held against.
            factors: (T, B): how much each counts, 0 for nothing, in the place of 1/B; None for that.
        """
        losses = self.loss(o, targets)
        if factors is not None:
            return np.sum(np.where(factors == 0.0, 0.0, losses) * factors, axis=1)
        return np.mean(losses, axis=1) if self.uses else np.sum(losses, axis=1)

    def error(self, o: Floats, targets: Targets, factors: Floats | None = None) -> Floats:
        """∂L_t/∂o⟨t⟩ for every t and example, (T, B, n_y), the batch mean's 1/B, or else the factors, included."""
        if factors is not None:
            some = factors[..., np.newaxis]
            return np.where(some == 0.0, 0.0, self.difference(o, targets)) * some
        return self.difference(o, targets) / (o.shape[1] if self.uses else 1)


def _copy(o: Floats) -> Floats:
    return np.copy(o)


def _squared_error(o: Floats, targets: Targets) -> Floats:
    return 0.5 * np.sum(np.square(o - targets), axis=-1)


def _sigmoid(o: Floats) -> Floats:
    decay = np.exp(-np.abs(o))
    return np.where(o < 0, decay, 1.0) / (1.0 + decay)


def _sigmoid_error(o: Floats, targets: Targets) -> Floats:
    """The error y − target as (1 − target) g(o) − target g(−o): nothing cancels where y is close to 1."""
    return (1.0 - targets) * _sigmoid(o) - targets * _sigmoid(-o)


def _binary_cross_entropy(o: Floats, targets: Targets) -> Floats:
    return np.sum(np.maximum(o, 0.0) - o * targets + np.log1p(np.exp(-np.abs(o))), axis=-1)


def _softmax(o: Floats) -> Floats:
    powers = np.exp(o - np.max(o, axis=-1, keepdims=True))
    return powers / np.sum(powers, axis=-1, keepdims=True)


def _softmax_error(o: Floats, targets: Targets) -> Floats:
    """The error y − onehot(class), the class's own entry as minus the sum of the others: 1 − y would cancel near 1."""
    chosen = np.eye(o.shape[-1], dtype=bool)[targets]
    others = np.where(chosen, 0.0, _softmax(o))
    return np.where(chosen, -np.sum(others, axis=-1, keepdims=True), others)


def _cross_entropy(o: Floats, targets: Targets) -> Floats:
    above = o - np.max(o, axis=-1, keepdims=True)
    chosen = np.take_along_axis(above, targets[..., np.newaxis], axis=-1)[..., 0]
    return np.log(np.sum(np.exp(above), axis=-1)) - chosen


def _projected(o: Floats, targets: Targets) -> Floats:
    return np.sum(o * targets, axis=-1)


def _given(o: Floats, targets: Targets) -> Floats:
    return np.array(targets, dtype=np.float64)


NO_READOUT = Readout("none", "injected gradient", _copy, _projected, _given, uses=FrozenMapping({}))
"""What stands in the place of a read-out: the loss is ⟨g⟨t⟩, a⟨t⟩⟩, whose gradient at a⟨t⟩ is the g⟨t⟩ that is given"""

READOUTS: dict[str, Readout] = {
    "identity": Readout(
        "identity",
        "squared error",
        _copy,
        _squared_error,
        np.subtract,
        loss_equation="½ ‖y⟨t⟩ − target‖²",
        error_equation="y⟨t⟩ − target",
    ),
    "sigmoid": Readout(
        "sigmoid",
        "binary cross-entropy",
        _sigmoid,
        _binary_cross_entropy,
        _sigmoid_error,
        loss_equation="−target ln y⟨t⟩ − (1 − target) ln(1 − y⟨t⟩)",
        error_equation="y⟨t⟩ − target",
    ),
    "softmax": Readout(
        "softmax",
        "cross-entropy",
        _softmax,
        _cross_entropy,
        _softmax_error,
        loss_equation="−ln y⟨t⟩ of the target's class",
        error_equation="y⟨t⟩ − onehot(target)",
        classes=True,
    ),
    "none": NO_READOUT,
}
