"""The read-out y⟨t⟩ = g(o⟨t⟩), its loss L_t, and the error ∂L_t/∂o⟨t⟩ that starts every backward path.

    g         loss of one example at time t                     error (times 1/B)
    identity  ½ Σ_j (y_j − target_j)²                           y − target
    sigmoid   −Σ_j target_j log y_j + (1−target_j) log(1−y_j)   y − target
    softmax   −log y_class                                      y − onehot(class)

L_t is the mean over the batch of B examples. Each loss is the canonical one of its g, which is why the three
errors look alike (Bishop 2006, §4.3.6).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.numerics.scaled import Floats

Targets = NDArray[Any]
"""(T, B, n_y) floats, or (T, B) integer class ids for softmax."""


@dataclass(frozen=True)
class Readout:
    """g with its loss."""

    name: str
    loss_name: str
    value: Callable[[Floats], Floats]
    """y = g(o), the same shape as o: (T, B, n_y)."""
    loss: Callable[[Floats, Targets], Floats]
    """Loss of each example at each time, (T, B)."""
    difference: Callable[[Floats, Targets], Floats]
    """∂(loss of one example)/∂o, (T, B, n_y)."""
    classes: bool = False
    """Whether targets are class ids."""

    def mean_loss(self, o: Floats, targets: Targets) -> Floats:
        """L_t for every t, (T,): the batch mean."""
        return np.mean(self.loss(o, targets), axis=1)

    def error(self, o: Floats, targets: Targets) -> Floats:
        """∂L_t/∂o⟨t⟩ for every t and example, (T, B, n_y), the batch mean's 1/B included."""
        return self.difference(o, targets) / o.shape[1]


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


READOUTS: dict[str, Readout] = {
    "identity": Readout("identity", "squared error", _copy, _squared_error, np.subtract),
    "sigmoid": Readout("sigmoid", "binary cross-entropy", _sigmoid, _binary_cross_entropy, _sigmoid_error),
    "softmax": Readout("softmax", "cross-entropy", _softmax, _cross_entropy, _softmax_error, classes=True),
}
