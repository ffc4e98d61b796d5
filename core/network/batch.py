"""Batch: the sequences a network runs over, which of their targets are scored, and how much each of them counts.

    L_t = Σ_b w⟨t⟩_b loss(o_b⟨t⟩, target_b⟨t⟩)        w⟨t⟩_b = 0 where example b is not scored at step t

Unless weights are given, every scored target counts 1/B: L_t is the mean over the examples, and L = Σ L_t the sum of
these over the steps. `Batch.of` works out the weights of a mask, of a class to ignore, of class weights, of a mean and
of a sum.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.network.readout import Targets
from core.numerics.frozen import FrozenRecord
from core.numerics.given import array_of
from core.numerics.scaled import Floats

Reduction: TypeAlias = Literal["examples", "mean", "sum"]
"""What becomes of the losses of single targets. examples: their mean over the B examples, summed over the steps. mean:
their mean over everything that is scored, weighted, as frameworks call it. sum: their sum"""

REDUCTIONS: tuple[Reduction, ...] = ("examples", "mean", "sum")


@dataclass(frozen=True, eq=False)
class Batch(FrozenRecord):
    """A batch of B sequences of T steps, time-major: inputs (T, B, n_x), targets (T, B, n_y) or class ids (T, B).

    Raises:
        ValueError: if the shapes do not agree or a number is not finite, with the shapes in the message;
            if something is no array of numbers, such as a tensor on another device. Targets that are not scored may
            be anything: they are stored as 0 where they are no finite number or a negative class.

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
    """(T,): which steps have a loss; or (T, B): which examples have one at which steps. A mask that is the same for
    every example is stored as (T,)"""
    initial_state: Floats | None = None
    """a⟨0⟩, (B, n_a), or the whole state (B, n_state); by layer as frameworks have it, (layers, B, n), the parts of a
    layer's state side by side, given as one array or as a tuple of arrays such as (h, c); None for zeros"""
    weights: Floats | None = None
    """w, (T, B): how much the loss of each example counts at each step, in the place of 1/B; None for that. One that
    counts 0 is not scored"""
    probe_of: str = ""
    """Where a gradient of one's own stands in the place of a loss, which: `ones`, `a random direction`, `unit 3`"""
    input_names: Sequence[str] = ()
    """What each input is called, n_x names: columns of a table, characters of a text; () where they have no names"""
    target_names: Sequence[str] = ()
    """What each number of a target is called, n_y names, or each class; () where they have no names"""

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
        if scored.shape not in (inputs.shape[:1], inputs.shape[:2]):
            raise ValueError(
                f"scored must have shape (T,) = {inputs.shape[:1]} or (T, B) = {inputs.shape[:2]}, got {scored.shape}"
            )
        self._take_names(inputs.shape[2], targets)
        arrays: dict[str, NDArray[np.generic]] = {}
        if self.weights is not None:
            arrays["weights"] = weights = array_of(self.weights, "weights", np.float64)
            if weights.shape != inputs.shape[:2] or not np.all(np.isfinite(weights)):
                raise ValueError(f"weights must be finite numbers (T, B) = {inputs.shape[:2]}, got {weights.shape}")
            scored = (scored[:, np.newaxis] if scored.ndim == 1 else scored) & (weights != 0.0)
        if scored.ndim == 2 and np.all(scored == scored[:, :1]):
            scored = np.ascontiguousarray(scored[:, 0])
        targets = _without_the_unscored(targets, scored)
        if not np.all(np.isfinite(inputs)) or not np.all(np.isfinite(targets)):
            raise ValueError("inputs and targets must be finite numbers; remove or fill in NaN and infinities")
        arrays |= {"inputs": inputs, "targets": targets, "scored": scored}
        if self.initial_state is not None:
            arrays["initial_state"] = _state(self.initial_state)
            if not np.all(np.isfinite(arrays["initial_state"])):
                raise ValueError("the initial state must be finite numbers; remove NaN and infinities")
        for name, array in arrays.items():
            array.flags.writeable = False
            object.__setattr__(self, name, array)

    def _take_names(self, n_x: int, targets: Targets) -> None:
        """Keep the names as tuples, once it is known that they are as many as what they name."""
        for field, names in (("input_names", self.input_names), ("target_names", self.target_names)):
            kept = tuple(map(str, names))
            count = n_x if field == "input_names" else targets.shape[2] if targets.ndim == 3 else len(kept)
            if kept and len(kept) != count:
                raise ValueError(f"{field} must be {count} names, one for each column, got {len(kept)}")
            object.__setattr__(self, field, kept)

    @cached_property
    def scored_steps(self) -> NDArray[np.bool_]:
        """(T,): the steps at which any example is scored."""
        return self.scored if self.scored.ndim == 1 else np.any(self.scored, axis=1)

    @cached_property
    def mask(self) -> NDArray[np.bool_]:
        """(T, B): which examples are scored at which steps."""
        shape = self.inputs.shape[:2]
        return self.scored if self.scored.ndim == 2 else np.broadcast_to(self.scored[:, np.newaxis], shape)

    def factors(self, each: float) -> Floats | None:
        """w⟨t⟩, (T, B), 0 where an example is not scored; None where every example counts `each` at a scored step.

        Args:
            each: What a scored target counts where no weights are given: 1/B, or 1 for gradients that are given.
        """
        if self.weights is None and self.scored.ndim == 1:
            return None
        return np.where(self.mask, each if self.weights is None else self.weights, 0.0)

    def until(self, step: int) -> Batch:
        """The first `step` steps of this batch: inputs, targets and scored steps cut, a⟨0⟩ kept."""
        inputs, targets, scored = self.inputs[:step], self.targets[:step], self.scored[:step]
        weights = None if self.weights is None else self.weights[:step]
        return replace(self, inputs=inputs, targets=targets, scored=scored, weights=weights)

    def same_as(self, other: Batch) -> bool:
        """Whether the two are one batch: inputs, targets, scored steps, weights and a⟨0⟩ the same numbers."""
        own, others = self.arrays, other.arrays
        return own.keys() == others.keys() and all(np.array_equal(own[name], others[name]) for name in own)

    @property
    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """The arrays of the batch, by name: inputs, targets, scored, and initial_state and weights where given."""
        arrays: dict[str, NDArray[np.generic]] = {
            "inputs": self.inputs,
            "targets": self.targets,
            "scored": self.scored,
        }
        if self.initial_state is not None:
            arrays["initial_state"] = self.initial_state
        return arrays if self.weights is None else {**arrays, "weights": self.weights}

    @classmethod
    def of(
        cls,
        inputs: ArrayLike,
        targets: ArrayLike,
        *,
        scored: ArrayLike | None = None,
        last: bool = False,
        lengths: ArrayLike | None = None,
        ignore_index: int | None = None,
        class_weights: ArrayLike | None = None,
        reduction: Reduction = "examples",
        each: float = 1.0,
        initial_state: Floats | None = None,
        input_names: Sequence[str] = (),
        target_names: Sequence[str] = (),
    ) -> Batch:
        """A batch with a loss as frameworks have it: masks, ignored classes, class weights, a mean or a sum.

        Args:
            inputs: x⟨1⟩ … x⟨T⟩, (T, B, n_x).
            targets: (T, B, n_y) numbers or (T, B) class ids; with `last` one for each example, (B, n_y) or (B,).
            scored: Which targets count, (T,) or (T, B); None for all of them. Not with `last`.
            last: Whether the targets are those of the last step only.
            lengths: (B,): how many steps of each example are its own, 1 … T; those after it are not scored, and the
                last step of an example is the last of these.
            ignore_index: The class id that stands for no target, −100 in PyTorch; None for none.
            class_weights: How much each class counts, (n_y,); None for 1 each.
            reduction: `examples` for the mean over the examples, summed over the steps; `mean` for the mean over
                everything that is scored, as PyTorch's CrossEntropyLoss has it: the sum of weight · loss over the sum
                of the weights; `sum` for the sum.
            each: What the loss of a target is multiplied by. The squared error here is ½ Σ over the n_y numbers of a
                target, and frameworks have no ½ and take a mean over n_y too: 2/n_y with `mean` is PyTorch's MSELoss,
                2 with `sum` that of its sum; 1/n_y with `mean` its BCEWithLogitsLoss.
            initial_state: See the field.
            input_names: See the field.
            target_names: See the field.

        Raises:
            ValueError: if the shapes do not agree, or classes are asked for where the targets are numbers.

        Runnable example:

            >>> import numpy as np
            >>> import core
            >>> ids = np.array([[0, 1], [1, -100], [2, -100]])
            >>> batch = core.Batch.of(np.zeros((3, 2, 1)), ids, ignore_index=-100, reduction="mean")
            >>> batch.scored.tolist(), batch.weights[0].tolist()
            ([[True, True], [True, False], [True, False]], [0.25, 0.25])
        """
        x, given = array_of(inputs, "inputs", np.float64), array_of(targets, "targets")
        if x.ndim != 3:
            raise ValueError(f"inputs must have shape (T, B, n_x), got {x.shape}")
        if reduction not in REDUCTIONS:
            raise ValueError(f"reduction must be {', '.join(REDUCTIONS)}, got {reduction!r}")
        own = _own_steps(x.shape[:2], lengths)
        if last:
            if scored is not None:
                raise ValueError("last scores the last step of each example; leave scored out, or give every target")
            given, mask = _at_the_last(given, own)
        else:
            asked = np.ones(x.shape[:1], dtype=bool) if scored is None else array_of(scored, "scored", np.bool_)
            if asked.shape not in (x.shape[:1], x.shape[:2]):
                raise ValueError(f"scored must have shape (T,) or (T, B) with T, B = {x.shape[:2]}, got {asked.shape}")
            mask = own & (asked[:, np.newaxis] if asked.ndim == 1 else asked)
        classes = given.ndim == 2 and np.issubdtype(given.dtype, np.integer)
        if (ignore_index is not None or class_weights is not None) and not classes:
            raise ValueError(
                "ignore_index and class_weights are for integer class ids of shape (T, B), or (B,) with last; "
                f"got targets {given.shape} {given.dtype}"
            )
        if given.shape[:2] != x.shape[:2]:
            raise ValueError(f"targets must have T, B = {x.shape[:2]} as the inputs have, got {given.shape}")
        if ignore_index is not None:
            mask = mask & (given != ignore_index)
            given = np.where(mask, given, 0)
        weights = _weights(mask, given, class_weights, reduction)
        if each != 1.0:
            if not np.isfinite(each):
                raise ValueError(f"each must be a finite number, got {each}")
            weights = each * (mask / mask.shape[1] if weights is None else weights)
        return cls(x, given, mask, initial_state, weights, input_names=input_names, target_names=target_names)

    @classmethod
    def injected(cls, inputs: Floats, state_gradients: Floats, initial_state: Floats | None = None) -> Batch:
        """A batch for a network without a read-out: the gradients ∂L_t/∂a⟨t⟩ are given, from a loss of any kind.

        Args:
            inputs: x⟨1⟩ … x⟨T⟩, (T, B, n_x).
            state_gradients: ∂L_t/∂a⟨t⟩ at the part of the state that a read-out would read, (T, B, n), or at the
                whole state, (T, B, n_state): in full, so that no 1/B is multiplied on. A step counts as scored where
                any of them is not 0.
            initial_state: a⟨0⟩, (B, n_a); None for zeros.

        Raises:
            ValueError: if the shapes do not agree or a number is not finite, with the shapes in the message.

        Runnable example:

            >>> import numpy as np
            >>> import core
            >>> drawn = core.make_network(core.Experiment(hidden_size=2))
            >>> network = core.Network("rnn", {n: drawn.parameters[n] for n in ("W_aa", "W_ax", "b_a")}, "tanh", "none")
            >>> trace = core.run(network=network, batch=core.Batch.injected(np.ones((5, 1, 1)), np.ones((5, 1, 2))))
            >>> trace.gradients.inputs.shape, trace.gradients.initial_state.shape
            ((5, 1, 1), (1, 2))
        """
        gradients = np.array(state_gradients, dtype=np.float64)
        if gradients.ndim != 3:
            raise ValueError(f"state_gradients must have shape (T, B, n), got {gradients.shape}")
        return cls(inputs, gradients, np.any(gradients != 0, axis=(1, 2)), initial_state)

    @classmethod
    def probe(
        cls,
        inputs: ArrayLike,
        n: int,
        kind: Literal["ones", "random"] | int = "ones",
        *,
        lengths: ArrayLike | None = None,
        seed: int = 0,
        initial_state: Floats | None = None,
    ) -> Batch:
        """A batch for a network whose head is not known: a gradient of one's own at the last state, and no loss.

        Args:
            inputs: x⟨1⟩ … x⟨T⟩, (T, B, n_x).
            n: The width of the part of the state that a read-out would read.
            kind: `ones` for 1 at every unit, `random` for a random direction of length 1, or a unit, from 1, for 1
                there.
            lengths: (B,): the last step of each example; None for T.
            seed: Decides the random direction.
            initial_state: a⟨0⟩; None for zeros.

        Raises:
            ValueError: if there is no such unit or kind, or the shapes do not agree.

        Runnable example:

            >>> import numpy as np
            >>> import core
            >>> batch = core.Batch.probe(np.zeros((5, 2, 1)), 3, 2)
            >>> batch.targets[4, 0].tolist(), batch.scored.tolist(), batch.probe_of
            ([0.0, 1.0, 0.0], [False, False, False, False, True], 'unit 2')
        """
        x = array_of(inputs, "inputs", np.float64)
        if kind == "ones":
            direction, told = np.ones(n), "ones"
        elif kind == "random":
            drawn = np.random.default_rng(seed).standard_normal(n)
            direction, told = drawn / np.linalg.norm(drawn), "a random direction"
        elif isinstance(kind, int) and not isinstance(kind, bool) and 1 <= kind <= n:
            direction, told = np.eye(n)[kind - 1], f"unit {kind}"
        else:
            raise ValueError(f"a probe is ones, random, or a unit from 1 to {n}, got {kind!r}")
        if x.ndim != 3:
            raise ValueError(f"inputs must have shape (T, B, n_x), got {x.shape}")
        at = cls.of(x, np.tile(direction, (x.shape[1], 1)), last=True, lengths=lengths, initial_state=initial_state)
        return cls(at.inputs, at.targets, at.scored, at.initial_state, probe_of=told)

    @classmethod
    def injecting(cls, inputs: Floats, state_gradients: Floats, initial_state: Floats | None = None) -> Batch:
        """Make the batch that `injected` makes."""
        return cls.injected(inputs, state_gradients, initial_state)


def _state(given: object) -> Floats:
    """An initial state as one array; a tuple of parts side by side."""
    if not isinstance(given, tuple):
        return array_of(given, "initial_state", np.float64)
    parts = [array_of(part, "initial_state", np.float64) for part in given]
    if not parts or any(part.ndim not in (2, 3) or part.shape[:-1] != parts[0].shape[:-1] for part in parts):
        shapes = ", ".join(str(part.shape) for part in parts) or "nothing"
        raise ValueError(f"the parts of an initial state must be (B, n) or (layers, B, n) alike, got {shapes}")
    return np.concatenate(parts, axis=-1)


def _without_the_unscored(targets: Targets, scored: NDArray[np.bool_]) -> Targets:
    """The targets with 0 for what is no target where nothing is scored: NaN, infinities, negative class ids."""
    classes = targets.ndim == 2 and np.issubdtype(targets.dtype, np.integer)
    wrong = targets < 0 if classes else ~np.isfinite(targets)
    if not wrong.any():
        return targets
    there = scored.reshape(*scored.shape, *(1,) * (targets.ndim - scored.ndim))
    return np.where(wrong & ~there, 0, targets)


def _own_steps(shape: tuple[int, ...], lengths: ArrayLike | None) -> NDArray[np.bool_]:
    """(T, B): which steps are an example's own."""
    steps, examples = shape
    if lengths is None:
        return np.ones(shape, dtype=bool)
    own = array_of(lengths, "lengths", np.int64)
    if own.shape != (examples,) or own.min() < 1 or own.max() > steps:
        raise ValueError(f"lengths must be {examples} numbers in 1 … {steps}, one for each example, got {own.tolist()}")
    return np.arange(steps)[:, np.newaxis] < own


def _at_the_last(targets: Targets, own: NDArray[np.bool_]) -> tuple[Targets, NDArray[np.bool_]]:
    """Targets (B, …) put at the last of each example's own steps, and the mask of these."""
    steps, examples = own.shape
    if targets.ndim not in (1, 2) or len(targets) != examples:
        raise ValueError(
            f"with last, targets must have shape (B, n_y) or (B,) with B = {examples}, got {targets.shape}"
        )
    whole = np.zeros((steps, *targets.shape), dtype=targets.dtype)
    at = own.sum(axis=0) - 1, np.arange(examples)
    whole[at] = targets
    mask = np.zeros(own.shape, dtype=bool)
    mask[at] = True
    return whole, mask


def _weights(
    mask: NDArray[np.bool_], targets: Targets, class_weights: ArrayLike | None, reduction: Reduction
) -> Floats | None:
    """w (T, B) of the places that are scored; None where each of them counts 1/B."""
    weights = mask.astype(np.float64)
    if class_weights is not None:
        of_class = array_of(class_weights, "class_weights", np.float64)
        found: Sequence[int] = targets[mask].tolist()
        if of_class.ndim != 1 or (found and (min(found) < 0 or max(found) >= len(of_class))):
            raise ValueError(
                f"class_weights must have a number for each class that is scored, got shape {of_class.shape} for the "
                f"classes {min(found, default=0)} … {max(found, default=0)}"
            )
        weights[mask] = of_class[targets[mask]]
    elif reduction == "examples":
        return None
    if reduction == "mean":
        total = weights.sum()
        return weights / total if total else weights
    return weights / mask.shape[1] if reduction == "examples" else weights


Batches: TypeAlias = Callable[[int], Batch]
"""Where the batches of a training come from: the number of a batch, from 0 → that batch, the same whenever asked."""
