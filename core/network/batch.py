"""Batch: the sequences a network runs over, and which of their steps are scored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from core.network.readout import Targets
from core.numerics.frozen import FrozenRecord
from core.numerics.given import array_of
from core.numerics.scaled import Floats


@dataclass(frozen=True, eq=False)
class Batch(FrozenRecord):
    """A batch of B sequences of T steps, time-major: inputs (T, B, n_x), targets (T, B, n_y) or class ids (T, B).

    Raises:
        ValueError: if the shapes do not agree or a number is not finite, with the shapes in the message;
            if something is no array of numbers, such as a tensor on another device.

    Runnable example:

        >>> import numpy as np
        >>> import core
        >>> x = np.linspace(-1, 1, 6).reshape(6, 1, 1)
        >>> batch = core.Batch(x[:-1], x[1:], scored=np.arange(5) == 4)
        >>> batch.inputs.shape, int(batch.scored.sum())
        ((5, 1, 1), 1)
    """

    inputs: Floats
    """(T, B, n_x): x⟨t⟩ of every step and example"""
    targets: Targets
    """(T, B, n_y), or (T, B) integer class ids; for a network without a read-out the gradients ∂L_t/∂a⟨t⟩, (T, B, n)"""
    scored: NDArray[np.bool_]
    """(T,): which steps have a loss"""
    initial_state: Floats | None = None
    """a⟨0⟩, (B, n_a), or the whole state (B, n_state); None for zeros"""

    def __post_init__(self) -> None:
        inputs, targets = array_of(self.inputs, "inputs", np.float64), array_of(self.targets, "targets")
        scored = array_of(self.scored, "scored", np.bool_)
        if inputs.ndim != 3 or 0 in inputs.shape:
            raise ValueError(f"inputs must have shape (T, B, n_x) with none of them 0, got {inputs.shape}")
        if targets.ndim not in (2, 3) or targets.shape[:2] != inputs.shape[:2]:
            raise ValueError(
                f"targets must have shape (T, B, n_y) or (T, B) with T, B = {inputs.shape[:2]} "
                f"as the inputs have, got {targets.shape}"
            )
        if scored.shape != inputs.shape[:1]:
            raise ValueError(f"scored must have shape (T,) = {inputs.shape[:1]}, got {scored.shape}")
        if not np.all(np.isfinite(inputs)) or not np.all(np.isfinite(targets)):
            raise ValueError("inputs and targets must be finite numbers; remove or fill in NaN and infinities")
        arrays: dict[str, NDArray[np.generic]] = {"inputs": inputs, "targets": targets, "scored": scored}
        if self.initial_state is not None:
            arrays["initial_state"] = array_of(self.initial_state, "initial_state", np.float64)
            if not np.all(np.isfinite(arrays["initial_state"])):
                raise ValueError("the initial state must be finite numbers; remove NaN and infinities")
        for name, array in arrays.items():
            array.flags.writeable = False
            object.__setattr__(self, name, array)

    def until(self, step: int) -> Batch:
        """The first `step` steps of this batch: inputs, targets and scored steps cut, a⟨0⟩ kept."""
        return Batch(self.inputs[:step], self.targets[:step], self.scored[:step], self.initial_state)

    def same_as(self, other: Batch) -> bool:
        """Whether the two are one batch: inputs, targets, scored steps and a⟨0⟩ the same numbers."""
        own, others = self.arrays, other.arrays
        return own.keys() == others.keys() and all(np.array_equal(own[name], others[name]) for name in own)

    @property
    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """The arrays of the batch, by name: inputs, targets, scored, and initial_state where one was given."""
        arrays = {"inputs": self.inputs, "targets": self.targets, "scored": self.scored}
        return arrays if self.initial_state is None else {**arrays, "initial_state": self.initial_state}

    @classmethod
    def injecting(cls, inputs: Floats, state_gradients: Floats, initial_state: Floats | None = None) -> Batch:
        """A batch for a network without a read-out: the gradients ∂L_t/∂a⟨t⟩ are given, from a loss of any kind.

        Args:
            inputs: x⟨1⟩ … x⟨T⟩, (T, B, n_x).
            state_gradients: ∂L_t/∂a⟨t⟩ at the part of the state that a read-out would read, (T, B, n): in full, so
                that no 1/B is multiplied on. A step counts as scored where any of them is not 0.
            initial_state: a⟨0⟩, (B, n_a); None for zeros.

        Raises:
            ValueError: if the shapes do not agree or a number is not finite, with the shapes in the message.
        """
        gradients = np.array(state_gradients, dtype=np.float64)
        if gradients.ndim != 3:
            raise ValueError(f"state_gradients must have shape (T, B, n), got {gradients.shape}")
        return cls(inputs, gradients, np.any(gradients != 0, axis=(1, 2)), initial_state)


Batches: TypeAlias = Callable[[int], Batch]
"""Where the batches of a training come from: the number of a batch, from 0 → that batch, the same whenever asked."""
