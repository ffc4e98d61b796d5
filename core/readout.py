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

from core.scaled import Floats

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
    classes: bool = False
    """Whether targets are class ids."""

    def mean_loss(self, o: Floats, targets: Targets) -> Floats:
        """L_t for every t, (T,): the batch mean."""
        return np.mean(self.loss(o, targets), axis=1)

    def error(self, o: Floats, targets: Targets) -> Floats:
        """∂L_t/∂o⟨t⟩ for every t and example, (T, B, n_y), the batch mean's 1/B included."""
        expected = np.eye(o.shape[-1])[targets] if self.classes else targets
        return (self.value(o) - expected) / o.shape[1]


def _copy(o: Floats) -> Floats:
    return np.copy(o)


def _squared_error(o: Floats, targets: Targets) -> Floats:
    return 0.5 * np.sum(np.square(o - targets), axis=-1)


def _sigmoid(o: Floats) -> Floats:
    return 0.5 * (1.0 + np.tanh(0.5 * o))


def _binary_cross_entropy(o: Floats, targets: Targets) -> Floats:
    return np.sum(np.maximum(o, 0.0) - o * targets + np.log1p(np.exp(-np.abs(o))), axis=-1)


def _softmax(o: Floats) -> Floats:
    powers = np.exp(o - np.max(o, axis=-1, keepdims=True))
    return powers / np.sum(powers, axis=-1, keepdims=True)


def _cross_entropy(o: Floats, targets: Targets) -> Floats:
    above = o - np.max(o, axis=-1, keepdims=True)
    chosen = np.take_along_axis(above, targets[..., np.newaxis], axis=-1)[..., 0]
    return np.log(np.sum(np.exp(above), axis=-1)) - chosen


READOUTS: dict[str, Readout] = {
    "identity": Readout("identity", "squared error", _copy, _squared_error),
    "sigmoid": Readout("sigmoid", "binary cross-entropy", _sigmoid, _binary_cross_entropy),
    "softmax": Readout("softmax", "cross-entropy", _softmax, _cross_entropy, classes=True),
}
