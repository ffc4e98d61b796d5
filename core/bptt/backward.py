"""Backpropagation through time: the gradient carried from the last step to the first.

With e⟨s⟩ = ∂L_s/∂o⟨s⟩,

    ∂L/∂a⟨s⟩ = W_yᵀ e⟨s⟩ + W_aaᵀ δ⟨s+1⟩        what the loss here injects + what the future carries in
    δ⟨s⟩     = φ'(z⟨s⟩) ⊙ ∂L/∂a⟨s⟩
    ∂L/∂W_aa = Σ_s δ⟨s⟩ a⟨s−1⟩ᵀ     ∂L/∂W_ax = Σ_s δ⟨s⟩ x⟨s⟩ᵀ     ∂L/∂b_a = Σ_s δ⟨s⟩
    ∂L/∂W_y  = Σ_s e⟨s⟩ a⟨s⟩ᵀ       ∂L/∂b_y  = Σ_s e⟨s⟩            (each summed over the batch)

(Werbos 1990; the vanilla cell's equations, other cells by their own `pull`.) Every quantity carries powers
of two, so nothing over- or underflows at any horizon: a stretch of steps is done in plain float64, and done
again step by step where a number left 2^±300.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from core.bptt.forward import Tape
from core.bptt.leaf_gradients import initial_state_gradient, input_gradient, side_by_side
from core.bptt.sharing import shared_sources
from core.network.cells import Direction, Linearization
from core.network.cells.protocol import Layer, ways_of
from core.network.cells.stacked import passed_down
from core.network.network import Network
from core.numerics.frozen import FrozenMapping, FrozenRecord
from core.numerics.outer_products import Sources
from core.numerics.progress import Progress
from core.numerics.scaled import Floats, Integers, Scaled, freeze, shift, unsafe

STRETCH = 64
"""Steps done in plain float64 before they are checked."""


@dataclass(frozen=True, eq=False)
class Gradients(FrozenRecord, Mapping[str, Floats]):
    """∂L/∂θ for every parameter θ, each in the parameter's shape: `gradients["W_aa"]`.

    Reading one that is beyond float64 raises an OverflowError; `scaled` and `log2_norm` hold it all the same.
    """

    scaled: Mapping[str, Scaled]
    """Parameter → gradient as mantissas, in the parameter's shape, times a power of two"""
    tape: Tape | None = field(default=None, repr=False)
    """The forward pass that these come from; None where there was no single one, as for truncated gradients"""
    returned: StateGradients | None = field(default=None, repr=False)
    """What the backward pass left; None where it is made again once it is asked for"""

    @property
    def inputs(self) -> Floats:
        """∂L/∂x⟨t⟩, (T, B, n_x), the 1/B of the batch mean included."""
        return self._plain(self.scaled_inputs, "the gradient at the inputs")

    @property
    def initial_state(self) -> Floats:
        """∂L/∂a⟨0⟩, (B, n_state): all parts of the state side by side, ∂L/∂a⟨0⟩ and ∂L/∂c⟨0⟩ in an LSTM."""
        return self._plain(self.scaled_initial_state, "the gradient at the initial state")

    @cached_property
    def scaled_inputs(self) -> Scaled:
        """∂L/∂x⟨t⟩ as mantissas (T, B, n_x) times powers of two."""
        return input_gradient(*self._back)

    @cached_property
    def log2_input_columns(self) -> Floats:
        """(n_x,): log₂ ‖∂L/∂x_j‖ of each column of x over all steps and examples, how much it acts on the losses."""
        sizes = self.scaled_inputs.log2_norm(axis=(0, 1))
        freeze(sizes)
        return sizes

    @cached_property
    def scaled_initial_state(self) -> Scaled:
        """∂L/∂a⟨0⟩ as mantissas (B, n_state) times powers of two."""
        return initial_state_gradient(*self._back)

    @cached_property
    def _back(self) -> tuple[Tape, StateGradients]:
        if self.tape is None:
            raise ValueError("these gradients come from no single backward pass; core.backward(tape) has those at x")
        return self.tape, backpropagate(self.tape) if self.returned is None else self.returned

    @staticmethod
    def _plain(values: Scaled, what: str) -> Floats:
        plain = values.to_float64(what)
        freeze(plain)
        return plain

    def __getitem__(self, name: str) -> Floats:
        return self._plain(self.scaled[name], f"the gradient of {name}")

    def __iter__(self) -> Iterator[str]:
        return iter(self.scaled)

    def __len__(self) -> int:
        return len(self.scaled)

    def log2_norm(self, name: str) -> float:
        """log₂ of the Frobenius norm of ∂L/∂name; −inf where it is exactly zero."""
        return float(self.scaled[name].log2_norm())

    def flat(self) -> Scaled:
        """All gradients as one vector (N,) with one power of two, in the order of the parameters.

        What is 2^1000 below the largest is lost, as it would be in any sum of their squares.
        """
        parts = tuple(self.scaled.values())
        if not any(part.exponent.any() for part in parts):
            return Scaled(np.concatenate([part.mantissa.ravel() for part in parts]), np.zeros(1, dtype=np.int64))
        exponents = [np.broadcast_to(part.exponent, part.mantissa.shape).ravel() for part in parts]
        everything = Scaled(np.concatenate([part.mantissa.ravel() for part in parts]), np.concatenate(exponents))
        return everything.shared(axis=0).normalized()


@dataclass(frozen=True, eq=False)
class StateGradients(FrozenRecord):
    """What the backward pass leaves at every step: mantissas (T, B, n), exponents (T, B, 1) or one for each unit."""

    errors: Floats
    """e⟨s⟩, (T, B, n_y); zero where s is not scored or its loss not followed"""
    injected: Scaled
    """W_yᵀ e⟨s⟩, (T, B, n_state): the gradient that the loss at s puts in"""
    carried: Scaled
    """W_aaᵀ δ⟨s+1⟩, (T, B, n_state): the gradient that comes back from the steps after s; zero at s = T"""
    state_gradient: Scaled
    """∂L/∂a⟨s⟩, (T, B, n_state): the sum of the two and, in a stack, of what the layer above passes down"""
    deltas: Mapping[str, Scaled]
    """Pre-activation → its gradient, (T, B, n); the vanilla cell has one, z: δ⟨s⟩ = φ'(z⟨s⟩) ⊙ ∂L/∂a⟨s⟩"""
    followed: NDArray[np.bool_] | None = None
    """(T,): whose losses were followed; None for all"""


def backward(tape: Tape, progress: Progress | None = None) -> Gradients:
    """The full gradient of L = Σ L_t over the scored steps, by backpropagation through time (Werbos 1990).

    Args:
        tape: A forward pass.
        progress: Called with (steps done, T); raising from it ends the work.

    Returns:
        Parameter → ∂L/∂θ in the parameter's shape, the 1/B of the batch mean included; and, as `inputs` and
        `initial_state`, ∂L/∂x⟨t⟩ and ∂L/∂a⟨0⟩.

    Runnable example:

        >>> import core
        >>> trace = core.run(core.Experiment(hidden_size=2, timesteps=5))
        >>> gradients = core.backward(trace.tape)
        >>> sorted(gradients), gradients["W_aa"].shape
        (['W_aa', 'W_ax', 'W_y', 'b_a', 'b_y'], (2, 2))
        >>> gradients.inputs.shape, gradients.initial_state.shape
        ((5, 1, 1), (1, 2))
    """
    deltas: dict[str, Scaled] = {}
    for ways in _ways(tape, tape.errors, progress):
        deltas |= _deltas(ways, tape.errors.shape)  # and of a layer that is done with nothing else is kept
    none = Scaled(np.empty(0), np.empty(0, dtype=np.int64))
    return gather(tape, factors(tape, StateGradients(tape.errors, none, none, none, FrozenMapping(deltas))))


def backpropagate(
    tape: Tape, losses: Collection[int] | None = None, progress: Progress | None = None
) -> StateGradients:
    """Carry the gradient from s = T to 1.

    Args:
        tape: A forward pass.
        losses: Follow only the losses of these steps t, 1 … T; None follows all that are scored.
        progress: Called with (steps done, T); raising from it ends the work.

    Raises:
        ValueError: if a step in `losses` is outside 1 … T.
    """
    errors = _errors(tape, losses)
    ways = [way for of_layer in reversed([*_ways(tape, errors, progress)]) for way in of_layer]

    def together(parts: Sequence[tuple[Floats, Integers]]) -> Scaled:
        found = [_in_steps(*part, way.ahead, errors.shape) for part, way in zip(parts, ways, strict=True)]
        return side_by_side(found, [way.layer.columns for way in ways]).frozen()

    return StateGradients(
        errors=errors,
        injected=together([(way.carried.injected, way.carried.injected_exponent) for way in ways]),
        carried=together([(way.carried.carried, way.carried.carried_exponent) for way in ways]),
        state_gradient=together([(way.carried.gradient, way.carried.gradient_exponent) for way in ways]),
        deltas=FrozenMapping(_deltas(ways, errors.shape)),
        followed=None if losses is None else _followed(tape, losses),
    )


@dataclass(frozen=True, eq=False)
class _Way:
    """A layer, in which direction it goes, and what was carried back in it."""

    layer: Layer
    ahead: bool
    carried: _BackwardAccumulator


def _ways(tape: Tape, errors: Floats, progress: Progress | None) -> Iterator[Sequence[_Way]]:
    """The directions of every layer, the last layer first, with what losses with these errors (T, B, n_y) put in."""
    layers, network = tape.linearization.layers, tape.network
    passed: Scaled | None = None
    # Up in a stack nothing depends on what is below: a layer is carried through all steps before the next one.
    for at in range(len(layers) - 1, -1, -1):
        own = [
            _Way(way.layers[0], way.ahead, _carried_back(network, errors, way, passed, layers[at].columns, progress))
            for way in ways_of(layers[at], network.state_size)
        ]
        yield own
        if at:
            passed = passed_down(layers[at], layers[at - 1], _by_own_names(layers[at], own, len(errors)))


def _by_own_names(layer: Layer, ways: Sequence[_Way], steps: int) -> Mapping[str, Scaled]:
    """A layer's own name of a pre-activation → its gradient, (T·B, width), in the order of the steps."""
    own = {whole: name for name, whole in layer.names.items()}
    return {
        own[way.layer.names[name]]: _turned(delta, steps) if way.ahead else delta
        for way in ways
        for name, delta in way.carried.whole_deltas().items()
    }


def _turned(rows: Scaled, steps: int) -> Scaled:
    """Rows (T·B, n), an exponent for each, with the steps in the other order."""
    mantissa = rows.mantissa.reshape(steps, -1, rows.mantissa.shape[1])[::-1]
    exponent = rows.exponent.reshape(steps, -1, rows.exponent.shape[1])[::-1]
    return Scaled(mantissa.reshape(rows.mantissa.shape), exponent.reshape(rows.exponent.shape))


def _deltas(ways: Sequence[_Way], shape: tuple[int, ...]) -> Mapping[str, Scaled]:
    """Pre-activation → its gradient, (T, B, n), in the order of the steps."""
    return {
        way.layer.names[name]: _in_steps(delta, way.carried.delta_exponents[name], way.ahead, shape).frozen()
        for way in ways
        for name, delta in way.carried.deltas.items()
    }


def _in_steps(values: Floats, exponent: Integers, ahead: bool, shape: tuple[int, ...]) -> Scaled:
    """Rows as (T, B, n), those that look ahead turned round."""
    found = Scaled(values.reshape(*shape[:2], -1), exponent.reshape(*shape[:2], -1))
    return Scaled(found.mantissa[::-1].copy(), found.exponent[::-1].copy()) if ahead else found


def _carried_back(
    network: Network,
    errors: Floats,
    way: Direction,
    passed: Scaled | None,
    columns: slice | NDArray[np.intp],
    progress: Progress | None,
) -> _BackwardAccumulator:
    """What enters the states of a layer carried back in one direction of it.

    Args:
        network: Whose states they are.
        errors: e of the losses, (T, B, n_y).
        way: The layer, in this direction.
        passed: What the layer above passes down, (T·B, n) at the numbers of the layer.
        columns: Which of the n_state numbers these are.
        progress: Called with (steps done, T).
    """
    steps, (layer,) = len(errors), way.layers
    put_in = _put_in(network, errors, layer)
    if passed is not None and isinstance(layer.columns, np.ndarray):
        own = layer.columns - int(np.arange(network.state_size)[columns][0])
        passed = Scaled(passed.mantissa[:, own], passed.exponent)
    if way.ahead:
        put_in = None if put_in is None else put_in[::-1]
        passed = None if passed is None else _turned(passed, steps)
    carried = _BackwardAccumulator(put_in, layer.step, steps, passed)
    for stop in range(steps, 0, -STRETCH):
        if progress is not None:
            progress(steps - stop, steps)
        carried.stretch(max(0, stop - STRETCH), stop)
    return carried


def _put_in(network: Network, errors: Floats, layer: Layer) -> Floats | None:
    """What losses with these errors (T, B, n_y) put into a layer, (T, B, n); None where nothing of it is read."""
    read, own, shape = network.read_out_columns, layer.columns, errors.shape
    rows = errors.reshape(-1, shape[-1])
    if network.takes_whole_state(errors):
        return errors[..., own]
    if not isinstance(own, slice):
        return network.injected(rows)[:, own].reshape(*shape[:2], -1)
    if read.start >= own.stop or own.start >= read.stop:
        return None
    values = network.readout.injected(network.parameters, rows)
    if read != own:
        part, values = values, np.zeros((len(rows), own.stop - own.start))
        values[:, read.start - own.start : read.stop - own.start] = part
    return values.reshape(*shape[:2], -1)


class _BackwardAccumulator:
    """The arrays of `StateGradients` in the making; rows of one exponent each, in the order (step, example, unit)."""

    def __init__(self, injected: Floats | None, linear: Linearization, steps: int, passed: Scaled | None) -> None:
        """What the losses put into a layer's states, (T, B, n), and what the layer above passes down to them.

        At least one of the two is there.
        """
        from_above = None if passed is None else _regrouped(passed, linear.width)
        put_in = None
        if injected is not None:
            put_in = Scaled.canonical(np.ascontiguousarray(injected).reshape(-1, linear.width), axis=1)
        entering = _entering(put_in, from_above)
        shape, rows = entering.mantissa.shape, len(entering.mantissa)
        self.injected = np.broadcast_to(0.0, shape) if put_in is None else put_in.mantissa
        self.injected_exponent = np.zeros(rows, dtype=np.int64) if put_in is None else put_in.exponent[:, 0]
        self._entering, self._entering_exponent = entering.mantissa, entering.exponent[:, 0]
        self._linear, self._per = linear, rows // steps
        self.gradient, self.gradient_exponent = np.empty(shape), np.zeros(rows, dtype=np.int64)
        self._passed = np.empty((self._per + rows, shape[1]))
        """The gradient at a⟨0⟩ … a⟨T⟩ that comes back from the steps after; nobody asks for the first"""
        self._passed[rows:] = 0.0
        self.carried, self.carried_exponent = self._passed[self._per :], np.zeros(rows, dtype=np.int64)
        self.deltas = {name: np.empty((rows, linear.delta_widths[name])) for name in linear.deltas}
        self.delta_exponents = {name: np.zeros(rows, dtype=np.int64) for name in linear.deltas}
        self._plain = linear.plain and not entering.exponent.any()

    def stretch(self, start: int, stop: int) -> None:
        """The steps of indices stop − 1 … start."""
        if self._plain and self._plainly(start, stop):
            return
        for s in range(stop - 1, start - 1, -1):
            self._carefully(s)

    def whole_deltas(self) -> Mapping[str, Scaled]:
        """Pre-activation → its gradient at every step and example, (T·B, width), an exponent for each row."""
        parts = self._linear.size // self._linear.width
        found = {}
        for name, delta in self.deltas.items():
            units = Scaled(delta.reshape(-1, parts * delta.shape[1]), self.delta_exponents[name].reshape(-1, parts))
            found[name] = units if parts == 1 else units.shared(axis=1)
        return found

    def _previous(self, s: int) -> Floats:
        """Where what step index s passes on belongs."""
        return self._passed[s * self._per : (s + 1) * self._per]

    def _plainly(self, start: int, stop: int) -> bool:
        """All steps relative to the exponents at the first of them; whether every row stayed safe."""
        per = self._per
        rows = slice(start * per, stop * per)
        base = self.carried_exponent[rows.stop - per : rows.stop]
        injected = self._entering[rows]
        if base.any():
            injected = shift(injected, -np.tile(base, stop - start)[:, np.newaxis])
        gradient, *deltas = (values[rows] for values in (self.gradient, *self.deltas.values()))
        by_step = (stop - start, per, -1)
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            self._linear.pull_all(
                injected.reshape(by_step),
                rows,
                gradient.reshape(by_step),
                {name: delta.reshape(by_step) for name, delta in zip(self.deltas, deltas, strict=True)},
                self._passed[rows.start : rows.stop + per].reshape(stop - start + 1, per, -1),
            )
            if any(unsafe(values, np.vecdot(values, values)).any() for values in (gradient, *deltas)):
                return False
        if base.any():
            for exponent in (self.gradient_exponent, self.carried_exponent, *self.delta_exponents.values()):
                exponent[rows] = np.tile(base, stop - start)
        if start:
            self._pass_on(start, self._previous(start), base)
        return True

    def _carefully(self, s: int) -> None:
        """One step, with new exponents for whatever leaves the comfortable range."""
        per, linear = self._per, self._linear
        at = slice(s * per, (s + 1) * per)
        here = self._at(self._entering, self._entering_exponent, at) + self._at(self.carried, self.carried_exponent, at)
        here = here.normalized(axis=1)
        self.gradient[at], self.gradient_exponent[at] = here.mantissa, here.exponent[:, 0]
        previous = self._previous(s)
        linear.pull_into(here.mantissa, at, {name: delta[at] for name, delta in self.deltas.items()}, previous)
        for name, delta in self.deltas.items():
            power = linear.delta_exponents[name]
            exponent = self.gradient_exponent[at] + (0 if power is None else power[at])
            fresh = Scaled.canonical(delta[at], exponent[:, np.newaxis], axis=1)
            delta[at], self.delta_exponents[name][at] = fresh.mantissa, fresh.exponent[:, 0]
        if s:
            more = 0 if linear.previous_exponent is None else linear.previous_exponent[at]
            self._pass_on(s, previous, self.gradient_exponent[at] + more)

    def _pass_on(self, s: int, previous: Floats, exponent: Integers) -> None:
        at = slice((s - 1) * self._per, s * self._per)
        fresh = Scaled.canonical(previous, exponent[:, np.newaxis], axis=1)
        self.carried[at], self.carried_exponent[at] = fresh.mantissa, fresh.exponent[:, 0]

    @staticmethod
    def _at(values: Floats, exponent: Integers, at: slice) -> Scaled:
        return Scaled(values[at], exponent[at, np.newaxis])


def _entering(put_in: Scaled | None, passed: Scaled | None) -> Scaled:
    """What the losses and the layer above put into the states of a layer: mostly one of the two only."""
    if passed is None:
        assert put_in is not None
        return put_in
    if put_in is not None:
        return (put_in + passed).normalized(axis=1)
    return Scaled.canonical(passed.mantissa, passed.exponent if passed.exponent.any() else 0, axis=1)


def _regrouped(rows: Scaled, width: int) -> Scaled:
    """Rows (R, n) of one exponent each as rows of `width` numbers, each with that exponent."""
    parts = rows.mantissa.shape[1] // width
    if parts == 1:
        return rows
    return Scaled(rows.mantissa.reshape(-1, width), np.repeat(rows.exponent, parts, axis=0))


@dataclass(frozen=True, eq=False)
class GradientFactors(FrozenRecord):
    """A delta at all steps, (T·B, n), and what the parameters read whose gradient it is a factor of."""

    delta: Floats
    """Mantissas, (T·B, n)"""
    exponent: Integers | None
    """(T·B,); None if all are 0"""
    reads: Sources
    tied: bool = True
    """Whether these parameters have the same numbers at every step, so that what steps add adds up"""

    def gathered(self, network: Network, steps: slice) -> Iterator[tuple[str, Scaled]]:
        """Parameter, and the gradient through its uses at some steps (from 0), in the parameter's shape."""
        rows = slice(steps.start * self.reads.examples, steps.stop * self.reads.examples)
        exponent = None if self.exponent is None else self.exponent[rows]
        if self.tied:
            for part in self.reads.sums(self.delta[rows], exponent, rows):
                shape = network.parameters[part.name].shape
                yield part.name, Scaled.canonical(part.mantissa.reshape(shape), part.power).frozen()
            return
        for name, own in self.reads.each(self.delta[rows], exponent, rows):
            shape = network.parameters[name].shape
            mantissa, exponents = np.zeros(shape), np.zeros((shape[0], *(1,) * (len(shape) - 1)), dtype=np.int64)
            mantissa[steps] = own.mantissa.reshape(-1, *shape[1:])
            exponents[steps] = own.exponent.reshape(-1, *exponents.shape[1:])
            yield name, Scaled(mantissa, exponents).frozen()


def factors(tape: Tape, returned: StateGradients) -> Iterator[GradientFactors]:
    """The deltas of the cell, and the errors as that of the read-out, where there is one."""
    examples = returned.errors.shape[1]
    made = {name: use for name, use in tape.network.cell.uses().items() if use.delta in returned.deltas}
    for shared, sources in shared_sources(made, tape.reads, examples).items():
        yield GradientFactors(*_rows(returned.deltas[shared.delta]), sources, shared.tied)
    for delta, names in tape.readout_deltas.values():
        if returned.followed is not None:
            delta = np.where(returned.followed[:, np.newaxis, np.newaxis], delta, 0.0)
        sources = Sources({name: tape.reads[name] for name in names}, examples)
        yield GradientFactors(*_rows(Scaled.canonical(delta, axis=2)), sources)


def gather(tape: Tape, pairs: Iterable[GradientFactors], returned: StateGradients | None = None) -> Gradients:
    """Each parameter's gradient: Σ δ⟨s⟩ u⟨s⟩ᵀ over the steps and the batch, one product a parameter.

    One that is not tied has a gradient for each step, and a power of two for each.
    """
    everything = slice(0, len(tape.losses))
    found = {name: total for pair in pairs for name, total in pair.gathered(tape.network, everything)}
    # A tape of some steps of another has no head: what is behind the recurrence is in the other.
    by_name = FrozenMapping({name: found[name] for name in tape.network.parameters if name in found})
    return Gradients(by_name, tape, returned)


def _rows(values: Scaled) -> tuple[Floats, Integers | None]:
    """(T, B, n) as T·B rows of one exponent each: mantissas (T·B, n), exponents (T·B,) or None if all are 0."""
    values.frozen()
    n = values.mantissa.shape[-1]
    if not values.exponent.any():
        return values.mantissa.reshape(-1, n), None
    if values.exponent.shape[-1] > 1:
        values = values.shared(axis=-1).frozen()
    return values.mantissa.reshape(-1, n), values.exponent.reshape(-1)


def _errors(tape: Tape, losses: Collection[int] | None) -> Floats:
    if losses is None:
        return tape.errors
    return np.where(_followed(tape, losses)[:, np.newaxis, np.newaxis], tape.errors, 0.0)


def _followed(tape: Tape, losses: Collection[int]) -> NDArray[np.bool_]:
    """(T,): which steps those are."""
    steps = len(tape.losses)
    outside = [t for t in losses if not 1 <= t <= steps]
    if outside:
        raise ValueError(f"losses must be steps in 1 … {steps}, got {outside[0]}")
    kept = np.zeros(steps, dtype=bool)
    kept[[t - 1 for t in losses]] = True
    return kept
