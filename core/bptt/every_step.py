"""Every loss carried through every step: the gradient by lag where it goes both ways in time, layer by layer.

In a stack of bidirectional layers a path from L_t goes back in one layer and ahead in the next, so that a use at any
step s, before t or after it, has a part in its gradient, and no sweep over the lags meets each path once. So each loss
is carried by itself. The T losses stand side by side as if each were an example of its own,

    (t, b) at step s:   δ_{t,s,b}        forward pass that of example b, error e⟨t⟩ at step t and none at others

and one backward pass takes all of them through all steps: T² rows instead of T² / 2, and numbers for all of these at
once, which is what limits it, `MOST_NUMBERS`. Every row has its own power of two as ever.

A table has lags k = t − s ≥ 0, and there is a second one for the lags below 0, [t−1, k] for step t + k.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from core.bptt.backward import StateGradients, backpropagate
from core.bptt.forward import Tape
from core.bptt.leaf_gradients import InputWeights
from core.bptt.term_sizes import log2_sum
from core.network.batch import Batch
from core.network.cells.protocol import ways_of
from core.numerics.frozen import FrozenRecord
from core.numerics.outer_products import Sources
from core.numerics.progress import Progress, beat
from core.numerics.scaled import Floats, Integers, Scaled, log2_length, log2_norms

MOST_NUMBERS = 1 << 23
"""Losses × steps × examples × (numbers of the state and of the pre-activations), at most: some 64 MB an array"""


@dataclass(frozen=True, eq=False)
class BothSides(FrozenRecord):
    """A number for each loss and step, by lag: (T, T) for k = t − s ≥ 0, and (T, T) for those below 0."""

    back: Floats
    """(T, T) at [t−1, k]: log₂ at step t − k"""
    ahead: Floats
    """(T, T) at [t−1, k]: log₂ at step t + k, for k ≥ 1; −inf at k = 0"""


class EveryStep:
    """The losses of a tape, each carried through every step."""

    def __init__(self, tape: Tape, progress: Progress | None = None) -> None:
        """Carry them.

        Raises:
            ValueError: if that would take more than `MOST_NUMBERS` numbers at once.
        """
        self.tape, self._steps = tape, len(tape.losses)
        self._examples = tape.batch.inputs.shape[1]
        self.losses = np.flatnonzero(np.any(tape.errors != 0.0, axis=(1, 2)))
        """(m,): the steps, from 0, whose losses have a gradient"""
        rows = len(self.losses) * self._steps * self._examples
        width = tape.network.state_size + tape.preactivations.shape[2]
        if rows * width > MOST_NUMBERS:
            fits = int(np.sqrt(MOST_NUMBERS / (self._examples * width)))
            raise ValueError(
                f"in a stack of bidirectional layers every loss is carried through every step: {len(self.losses)} "
                f"losses × {self._steps} steps × {self._examples} examples × {width} numbers are {rows * width:,}, and "
                f"{MOST_NUMBERS:,} are allowed at once; give {fits} steps or fewer, fewer examples or losses, or "
                "choose one layer"
            )
        self._returned = backpropagate(_side_by_side(tape, self.losses), progress=progress)

    @property
    def returned(self) -> StateGradients:
        """The gradients at states and pre-activations, (T, m·B, n): examples in the order (loss, example)."""
        return self._returned

    def _rows(self, values: Scaled) -> tuple[Floats, Integers | None]:
        """(T, m·B, n) as T·m·B rows of one exponent each, None if all are 0."""
        if values.exponent.shape[-1] > 1:
            values = values.shared(axis=-1)
        mantissa = values.mantissa.reshape(-1, values.mantissa.shape[-1])
        return mantissa, values.exponent.reshape(-1) if values.exponent.any() else None

    def reads(self, names: Sequence[str]) -> Sources:
        """What parameters that share a delta read, once for each loss: groups (s, t) of B rows."""
        m = len(self.losses)
        return Sources(
            {
                name: np.repeat(self.tape.reads[name][:, np.newaxis], m, axis=1).reshape(
                    self._steps * m, self._examples, -1
                )
                for name in names
            },
            self._examples,
        )

    @cached_property
    def _sharing(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name, use in self.tape.network.cell.uses().items():
            found.setdefault(use.delta, []).append(name)
        return found

    def norms(self) -> Mapping[str, BothSides]:
        """Parameter → log₂ ‖contribution(t, s)‖ by lag."""
        found: dict[str, BothSides] = {}
        for delta, names in self._sharing.items():
            values, exponent = self._rows(self._returned.deltas[delta])
            everything = slice(0, len(values))
            for name, logs in self.reads(names).norms(values, exponent, everything).items():
                found[name] = self._by_lag(logs.reshape(self._steps, -1))
        return found

    def summed(self) -> Mapping[str, tuple[Floats, Floats]]:
        """Parameter → log₂ ‖Σ_t contribution(t, t − k)‖ (T,) at [k], and the same of t + k."""
        found: dict[str, tuple[Floats, Floats]] = {
            name: (np.full(self._steps, -np.inf), np.full(self._steps, -np.inf))
            for names in self._sharing.values()
            for name in names
        }
        m, b = len(self.losses), self._examples
        lag_of = (self.losses[np.newaxis, :] - np.arange(self._steps)[:, np.newaxis]).reshape(-1)
        for delta, names in self._sharing.items():
            values, exponent = self._rows(self._returned.deltas[delta])
            values = values.reshape(self._steps * m, b, -1)
            powers = None if exponent is None else exponent.reshape(self._steps * m, b)
            for lag in range(-self._steps + 1, self._steps):
                at = np.flatnonzero(lag_of == lag)
                if not at.size:
                    continue
                steps = at // m
                own = Sources({name: self.tape.reads[name][steps] for name in names}, b)
                rows = values[at].reshape(at.size * b, -1)
                level = None if powers is None else powers[at].reshape(-1)
                for part in own.sums(rows, level, slice(0, len(rows))):
                    found[part.name][0 if lag >= 0 else 1][abs(lag)] = log2_length(part.mantissa) + part.power
        return found

    def residuals(self, gradients: Mapping[str, Scaled]) -> list[float]:
        """‖Σ contributions − gradient‖ / S(θ) of every parameter θ of the cell."""
        found = []
        for delta, names in self._sharing.items():
            values, exponent = self._rows(self._returned.deltas[delta])
            reads, everything = self.reads(names), slice(0, len(values))
            sizes = log2_norms(values) + (0 if exponent is None else exponent)
            for part in reads.sums(values, exponent, everything):
                gradient = gradients[part.name]
                mine = Scaled.canonical(part.mantissa.reshape(gradient.mantissa.shape), part.power)
                distance = float((mine + Scaled(-gradient.mantissa, gradient.exponent)).log2_norm())
                terms = float(log2_sum(sizes + reads.log2_rows(part.name)))
                found.append(0.0 if distance == -np.inf else float(np.exp2(min(distance - terms, 1000.0))))
        return found

    def states(self) -> Mapping[int, BothSides]:
        """Layer, from 1 at the bottom → log₂ of the norm of the gradient at its state."""
        layers, size = self.tape.linearization.layers, self.tape.network.state_size
        found = {}
        for number, layer in enumerate(layers, 1):
            parts = [way.layers[0].columns for way in ways_of(layer, size)]
            places = np.concatenate([np.arange(size)[part] for part in parts])
            gradient = self._returned.state_gradient
            powers = np.broadcast_to(gradient.exponent, gradient.mantissa.shape)
            rows = Scaled(gradient.mantissa[..., places], powers[..., places])
            shape = (self._steps * len(self.losses), self._examples, len(places))
            grouped = Scaled(rows.mantissa.reshape(shape), rows.exponent.reshape(shape)).shared((1, 2))
            found[number] = self._by_lag(grouped.log2_norm((1, 2)).reshape(self._steps, -1))
        return found

    def inputs(self, columns: slice, *, apart: bool, same: Floats | None) -> list[BothSides]:
        """log₂ ‖∂L_t/∂x⟨s⟩‖ by lag: one table, or one for each of the columns of x; `same` as in `InputTables`."""
        weights = InputWeights.of(self.tape.network, columns)
        deltas = {name: self._rows(self._returned.deltas[name]) for name in weights.matrices}
        m, b = len(self.losses), self._examples
        steps = np.repeat(np.arange(self._steps), m * b)
        made = weights.gradient(deltas, steps)
        shape = (self._steps * m, b, -1)
        values = Scaled(made.mantissa.reshape(shape), np.array(made.exponent).reshape(shape))
        if same is not None:
            level = values.shared((1, 2))
            values = Scaled(same[np.repeat(np.arange(self._steps), m)] @ level.mantissa, level.exponent)
        axis: int | tuple[int, ...] = 1 if apart else (1, 2)
        logs = values.shared(axis).log2_norm(axis)
        every = logs.T if apart else logs[np.newaxis]
        return [self._by_lag(one.reshape(self._steps, m)) for one in every]

    def _by_lag(self, logs: Floats) -> BothSides:
        """(T, m) at [s, loss] as tables (T, T) at [t−1, k]."""
        back, ahead = np.full((self._steps,) * 2, -np.inf), np.full((self._steps,) * 2, -np.inf)
        steps: NDArray[np.intp] = np.arange(self._steps)
        for at, t in enumerate(self.losses):
            back[t, : t + 1] = logs[steps[t::-1], at]
            ahead[t, 1 : self._steps - t] = logs[t + 1 :, at]
        return BothSides(back, ahead)


def _side_by_side(tape: Tape, losses: NDArray[np.intp]) -> Tape:
    """The tape with its examples once for each loss, which alone has an error there."""
    m, (steps, examples, n_y) = len(losses), tape.errors.shape
    errors = np.zeros((steps, m, examples, n_y))
    errors[losses, np.arange(m)] = tape.errors[losses]

    def tiled(values: Floats) -> Floats:
        return np.tile(values, (1, m, *(1,) * (values.ndim - 2)))

    batch = tape.batch
    targets = np.tile(batch.targets, (1, m, *(1,) * (batch.targets.ndim - 2)))
    wide = Batch(tiled(batch.inputs), targets, batch.scored_steps)
    return Tape(
        network=tape.network,
        batch=wide,
        states=tiled(tape.states),
        preactivations=tiled(tape.preactivations),
        outputs=tiled(tape.outputs),
        losses=tape.losses,
        errors=errors.reshape(steps, m * examples, n_y),
    )


def every_step(tape: Tape, progress: Progress | None = None) -> EveryStep:
    """Carry every loss of a tape through every step.

    Raises:
        ValueError: if that would take more than `MOST_NUMBERS` numbers at once.
    """
    return EveryStep(tape, beat(progress))
