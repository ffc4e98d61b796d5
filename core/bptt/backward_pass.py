"""The backward pass, step by step: what the step inspector shows, for all steps at once and in full for each.

Norms come as arrays over the steps; matrices are made when they are asked for. Memory O(T·B·n_a).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from core.bptt.backward import GradientFactors, Gradients, StateGradients, backpropagate, factors, gather
from core.bptt.direct_path import log2_paths
from core.bptt.forward import Tape
from core.bptt.layers import log2_passed_down
from core.network.cells.protocol import ways_of
from core.numerics.frozen import FrozenMapping, FrozenRecord
from core.numerics.progress import Progress
from core.numerics.scaled import Floats, Scaled, freeze, log2_norms


@dataclass(frozen=True, eq=False)
class BackwardStep(FrozenRecord):
    """What happens at step s of the backward pass. Matrices (B, n): one row an example."""

    backward_pass: BackwardPass
    step: int
    """The step s, from T down to 1"""

    @property
    def injected(self) -> Scaled:
        """W_yᵀ e⟨s⟩: the gradient that the loss at s puts in; zero where s is not scored."""
        return self._slice(self.backward_pass.returned.injected)

    @property
    def carried(self) -> Scaled:
        """W_aaᵀ δ⟨s+1⟩: the gradient that comes back from the steps after s; zero at s = T."""
        return self._slice(self.backward_pass.returned.carried)

    @property
    def state_gradient(self) -> Scaled:
        """∂L/∂a⟨s⟩, the sum of the two."""
        return self._slice(self.backward_pass.returned.state_gradient)

    @cached_property
    def deltas(self) -> Mapping[str, Scaled]:
        """Pre-activation → its gradient; the vanilla cell has one, z: δ⟨s⟩ = φ'(z⟨s⟩) ⊙ ∂L/∂a⟨s⟩."""
        return FrozenMapping({name: self._slice(delta) for name, delta in self.backward_pass.returned.deltas.items()})

    @cached_property
    def contributions(self) -> Mapping[str, Scaled]:
        """Parameter → what its use at step s adds to the gradient, in the parameter's shape."""
        return self.backward_pass.gathered(self.step, self.step)

    @cached_property
    def so_far(self) -> Mapping[str, Scaled]:
        """Parameter → the gradient gathered from T down to s."""
        return self.backward_pass.gathered(self.step, len(self.backward_pass))

    def _slice(self, values: Scaled) -> Scaled:
        return Scaled(values.mantissa[self.step - 1], values.exponent[self.step - 1])


@dataclass(frozen=True, eq=False)
class BackwardPass(FrozenRecord):
    """The backward pass over a tape, with its norms as log₂: arrays (T,) at [s − 1]."""

    tape: Tape
    returned: StateGradients
    """The gradients at states and pre-activations, (T, B, n)"""
    factors: tuple[GradientFactors, ...] = field(repr=False)
    """Every delta with what the parameters read that share it"""
    gradients: Gradients
    """∂L/∂θ of the losses that are followed"""
    log2_injected: Floats
    """(T,): log₂ ‖W_yᵀ e⟨s⟩‖_F, −inf where s is not scored"""
    log2_carried: Floats
    """(T,): log₂ of the norm of what comes back to the state from step s + 1, ‖W_aaᵀ δ⟨s+1⟩‖_F in the vanilla cell;
    −inf at s = T"""
    log2_state_gradient: Floats
    """(T,): log₂ of the norm of the gradient at the whole state: ‖∂L/∂a⟨s⟩‖_F, and ‖∂L/∂(a, c)⟨s⟩‖_F in an LSTM"""
    log2_deltas: Mapping[str, Floats]
    """Pre-activation → (T,): log₂ ‖δ⟨s⟩‖_F"""
    log2_here: Mapping[str, Floats]
    """Parameter → (T,): log₂ ‖what its use at step s adds to the gradient‖_F"""

    @cached_property
    def log2_parts(self) -> Mapping[str, Floats]:
        """Part of the state → (T,): log₂ of the norm of the gradient at that part only, ‖∂L/∂a⟨s⟩‖_F for `a`."""
        return self._by_part(self.returned.state_gradient)

    @cached_property
    def log2_carried_parts(self) -> Mapping[str, Floats]:
        """Part of the state → (T,): log₂ of the norm of what comes back to that part only from step s + 1."""
        return self._by_part(self.returned.carried)

    def _by_part(self, whole: Scaled) -> Mapping[str, Floats]:
        network = self.tape.network
        values = network.by_part(whole.mantissa)
        powers = network.by_part(np.broadcast_to(whole.exponent, whole.mantissa.shape).astype(np.float64))
        found = {name: _norms(Scaled(value, powers[name].astype(np.int64))) for name, value in values.items()}
        freeze(*found.values())
        return FrozenMapping(found)

    @cached_property
    def log2_directions(self) -> tuple[tuple[Floats, Floats], ...]:
        """Where a direction looks ahead, of each direction of each layer, the lowest first: two norms at its own state.

        log₂ of that of the gradient there, and of what of it comes from the next step of the direction, (T,) each; the
        next step of a backward direction is s − 1. () where no direction looks ahead.
        """
        if not self.tape.network.looks_ahead:
            return ()
        found, size = [], self.tape.network.state_size
        for way in (way for layer in self.tape.linearization.layers for way in ways_of(layer, size)):
            places = np.arange(size)[way.layers[0].columns]
            both = [_at(values, places) for values in (self.returned.state_gradient, self.returned.carried)]
            norms = tuple(values.log2_norm(axis=(1, 2)) for values in both)
            freeze(*norms)
            found.append((norms[0], norms[1]))
        return tuple(found)

    @cached_property
    def log2_inputs(self) -> Floats:
        """(T,) at [s − 1]: log₂ ‖∂L/∂x⟨s⟩‖_F, how much the input of step s acts on the losses that are followed."""
        found = self.gradients.scaled_inputs.shared((1, 2)).log2_norm((1, 2))
        freeze(found)
        return found

    @cached_property
    def log2_passed_down(self) -> Mapping[int, Floats]:
        """Layer of a stack, from 2 on → (T,): log₂ of the norm of what it passes at step s to the layer below it."""
        return log2_passed_down(self.tape, self.returned)

    @cached_property
    def log2_so_far(self) -> Mapping[str, Floats]:
        """Parameter → (T,): log₂ of the norm of the gradient gathered from T down to s.

        Computed when first asked for: T·n_a² additions, the only quantity here that needs every matrix.
        """
        found: dict[str, Floats] = {}
        for pair in self.factors:
            if pair.tied:
                found.update(pair.reads.running_log2_norms(pair.delta, pair.exponent))
            else:  # nothing cancels between matrices of different steps
                squares = {name: 2 * self.log2_here[name][::-1] for name in pair.reads.names}
                found.update({name: np.logaddexp2.accumulate(logs)[::-1] / 2 for name, logs in squares.items()})
        freeze(*found.values())
        return FrozenMapping({name: found[name] for name in self.gradients})

    @cached_property
    def log2_paths(self) -> Mapping[str, Floats]:
        """`matrices` and `direct`, as far as the cell has such a way → (T,): log₂ of what comes that way."""
        return log2_paths(self.tape, self.returned)

    def __len__(self) -> int:
        return len(self.log2_injected)

    def __iter__(self) -> Iterator[BackwardStep]:
        """The steps in the order of the backward pass, s = T … 1."""
        return (BackwardStep(self, s) for s in range(len(self), 0, -1))

    def step(self, s: int) -> BackwardStep:
        """Step s of the backward pass.

        Raises:
            ValueError: if s is outside 1 … T.
        """
        if not 1 <= s <= len(self):
            raise ValueError(f"step must lie in 1 … {len(self)}, got {s}")
        return BackwardStep(self, s)

    def gathered(self, first: int, last: int) -> Mapping[str, Scaled]:
        """Parameter → the gradient through its uses at the steps first … last, in the parameter's shape."""
        network, steps = self.tape.network, slice(first - 1, last)
        found = {name: total for pair in self.factors for name, total in pair.gathered(network, steps)}
        return FrozenMapping({name: found[name] for name in network.parameters})


def backward_pass(
    tape: Tape, *, losses: Collection[int] | None = None, progress: Progress | None = None
) -> BackwardPass:
    """Carry the gradient back from s = T to 1, and record every step.

    Args:
        tape: A forward pass.
        losses: Follow only the losses of these steps t, 1 … T; None follows all that are scored.
        progress: Called with (steps done, T); raising from it ends the work.

    Raises:
        ValueError: if a step in `losses` is outside 1 … T.

    Runnable example:

        >>> import core
        >>> trace = core.run(core.Experiment(hidden_size=2, timesteps=5))
        >>> back = core.backward_pass(trace.tape, losses=[5])
        >>> len(back), back.log2_state_gradient.shape
        (5, (5,))
    """
    returned = backpropagate(tape, losses, progress)
    pairs = tuple(factors(tape, returned))
    here: dict[str, Floats] = {}
    for pair in pairs:
        here.update(pair.reads.norms(pair.delta, pair.exponent, slice(0, len(pair.delta))))
    found = BackwardPass(
        tape=tape,
        returned=returned,
        factors=pairs,
        gradients=gather(tape, pairs, returned),
        log2_injected=_norms(returned.injected),
        log2_carried=_norms(returned.carried),
        log2_state_gradient=_norms(returned.state_gradient),
        log2_deltas=FrozenMapping({name: _norms(delta) for name, delta in returned.deltas.items()}),
        log2_here=FrozenMapping({name: here[name] for name in tape.network.parameters}),
    )
    freeze(found.log2_injected, found.log2_carried, found.log2_state_gradient)
    freeze(*found.log2_deltas.values(), *found.log2_here.values())
    return found


def backward_steps(tape: Tape, *, losses: Collection[int] | None = None) -> Iterator[BackwardStep]:
    """The steps s = T … 1 of the backward pass, one by one.

    Args:
        tape: A forward pass.
        losses: Follow only the losses of these steps t, 1 … T; None follows all that are scored.

    Raises:
        ValueError: if a step in `losses` is outside 1 … T.

    Runnable example:

        >>> import core
        >>> trace = core.run(core.Experiment(hidden_size=2, timesteps=5))
        >>> [step.step for step in core.backward_steps(trace.tape)]
        [5, 4, 3, 2, 1]
    """
    yield from backward_pass(tape, losses=losses)


def _at(values: Scaled, places: NDArray[np.intp]) -> Scaled:
    """Some of the numbers (T, B, n), each with its own power of two."""
    powers = np.broadcast_to(values.exponent, values.mantissa.shape)
    return Scaled(values.mantissa[..., places], powers[..., places]).shared((1, 2))


def _norms(values: Scaled) -> Floats:
    """log₂ ‖·‖_F of each step, (T,)."""
    if np.any(values.exponent):
        return values.log2_norm(axis=(1, 2))
    return log2_norms(values.mantissa.reshape(len(values.mantissa), -1))
