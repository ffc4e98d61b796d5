"""The forward pass, and the tape it leaves for the backward pass.

z⟨t⟩ = W_aa a⟨t−1⟩ + W_ax x⟨t⟩ + b_a    a⟨t⟩ = φ(z⟨t⟩)    o⟨t⟩ = W_y a⟨t⟩ + b_y    y⟨t⟩ = g(o⟨t⟩)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from core.network.batch import Batch
from core.network.cells import Linearization
from core.network.initial_state import initial_state
from core.network.network import Network
from core.network.readout import ReadBack, Targets
from core.numerics.frozen import FrozenRecord
from core.numerics.scaled import Floats, all_finite, freeze


@dataclass(frozen=True, eq=False)
class Tape(FrozenRecord):
    """Everything the forward pass computed, for the T steps that stayed within float64.

    Arrays have time first: (T, B, n) for B examples, and (T+1, B, n_state) for the states, whose first is a⟨0⟩.
    """

    network: Network
    batch: Batch
    """The batch, cut to the steps that stayed finite"""
    states: Floats
    """a⟨0⟩ … a⟨T⟩, (T+1, B, n_state): the parts of the cell's state side by side, see `Network.parts`"""
    preactivations: Floats
    """z⟨1⟩ … z⟨T⟩, (T, B, n_z): the pre-activations side by side, in the order of the cell's `functions`"""
    outputs: Floats
    """y⟨1⟩ … y⟨T⟩, (T, B, n_y)"""
    losses: Floats
    """L_t, (T,): the batch mean, or the weighted sum over the examples that are scored; 0 where none is"""
    errors: Floats
    """∂L_t/∂o⟨t⟩, (T, B, n_y), the batch mean's 1/B or the weight included; 0 where an example is not scored. Where a
    head is read out, what comes in at the state, (T, B, n): see `read_back`"""
    overflow_step: int | None = None
    """The step t whose state, output or loss, or the sum of the losses so far, left float64; the tape ends at
    t − 1. None if none did. Where a direction looks ahead, both run over t − 1 steps; over t they do not stay finite"""
    read_back: ReadBack | None = None
    """The way back through a head, `core.network.head_readout`; None where W_y and b_y are all of the read-out"""

    @cached_property
    def entering_steps(self) -> NDArray[np.bool_]:
        """(T,): the loss times: the steps at whose states something of the loss may come in.

        Those that are scored; with a head over time all steps up to the last of these.
        """
        steps = np.asarray(np.any(self.entering, axis=1))
        freeze(steps)
        return steps

    @cached_property
    def entering(self) -> NDArray[np.bool_]:
        """(T, B): the same of each example."""
        return self.network.readout.entering(self.batch.mask)

    @cached_property
    def readout_deltas(self) -> Mapping[str, tuple[Floats, tuple[str, ...]]]:
        """What is made in the read-out → the gradient there, (T, B, m), and the parameters of which it is a factor."""
        uses = self.network.readout.uses
        deltas = {use.delta: self.errors for use in uses.values()} if self.network.readout.linear else {}
        if self.read_back is not None:
            deltas = dict(self.read_back.deltas)
        return {
            made: (delta, tuple(name for name, use in uses.items() if use.delta == made))
            for made, delta in deltas.items()
        }

    @cached_property
    def linearization(self) -> Linearization:
        """The cell's step back at every step, worked out once."""
        network = self.network
        return network.cell.linearize(network.parameters, network.activation, self.states, self.preactivations)

    @cached_property
    def reads(self) -> Mapping[str, Floats]:
        """Parameter → what it reads at every step s, (T, B, n_u): a⟨s−1⟩, x⟨s⟩ or 1; the read-out's read a⟨s⟩ and 1."""
        network, states = self.network, self.network.by_part(self.states)
        made = network.by_preactivation(self.preactivations)
        sources = network.cell.reads(network.activation, states, self.batch.inputs, made)
        of_cell = {name: sources[use.source] for name, use in network.cell.uses().items()}
        if self.read_back is not None:
            return {**of_cell, **self.read_back.reads}
        if not network.readout.linear:
            return of_cell
        after = {"a": states[network.read_out.name][1:], "1": np.ones((*self.batch.inputs.shape[:2], 1))}
        return {**of_cell, **{name: after[use.source] for name, use in network.readout.uses.items()}}

    @property
    def readout_names(self) -> tuple[str, ...]:
        """The parameters of the read-out; none in some steps of another tape, where a head is not taken along."""
        return tuple(self.network.readout.uses) if self.readout_deltas else ()

    @property
    def loss(self) -> float:
        """L = Σ L_t over the scored steps."""
        return float(self.losses.sum())


class FirstStepOverflowError(ValueError):
    """Not even the first step of a forward pass stays within float64."""


def forward(network: Network, batch: Batch) -> Tape:
    """Run the network over a batch.

    An overflow (relu or identity with a growing state) is no error: the tape ends before the step it names. In a
    network that looks ahead both directions then run over these steps only, as many as stay finite in both.

    Args:
        network: The network.
        batch: Sequences of T steps and B examples, with n_x inputs and the targets of the network's read-out.

    Raises:
        ValueError: if the batch does not fit the network.
        FirstStepOverflowError: (a ValueError) if the first step already leaves float64.

    Runnable example:

        >>> import core
        >>> trace = core.run(core.Experiment(hidden_size=2, timesteps=5))
        >>> tape = core.forward(trace.network, trace.batch)
        >>> tape.states.shape, tape.losses.shape, tape.overflow_step
        ((6, 1, 2), (5,), None)
    """
    start = _check(network, batch)
    made = _made(network, batch, start)
    overflow_step = None
    if not np.all(made.finite):
        kept = _longest(network, batch, start) if network.looks_ahead else int(np.argmin(made.finite))
        overflow_step = kept + 1
        if not kept:
            raise FirstStepOverflowError(
                "the first step already leaves float64; lower the gains, the bias or the inputs"
            )
        batch = batch.until(kept)
        # A direction that looks ahead starts from another step, where there are fewer.
        made = _made(network, batch, start) if network.looks_ahead else made.until(kept)
    states, z, o, losses = made.states, made.preactivations, made.made, made.losses
    targets, factors = made.targets, made.factors
    scored = batch.scored_steps
    errors = np.where(scored[:, np.newaxis, np.newaxis], network.readout.error(o, targets, factors), 0.0)
    read = network.by_part(states)[network.read_out.name][1:]
    back = network.readout.read_back(network.parameters, read, errors)
    arrays = {
        "states": states,
        "preactivations": z,
        "outputs": network.readout.value(o),
        "losses": np.where(scored, losses, 0.0),
        "errors": errors if back is None else back.at_states,
    }
    for array in arrays.values():
        array.flags.writeable = False
    return Tape(network=network, batch=batch, overflow_step=overflow_step, read_back=back, **arrays)


@dataclass(frozen=True, eq=False)
class _Made:
    """What a forward pass makes, and at which steps it is finite."""

    states: Floats
    preactivations: Floats
    made: Floats
    losses: Floats
    targets: Targets
    factors: Floats | None
    finite: NDArray[np.bool_]

    def until(self, kept: int) -> _Made:
        """The first steps of it."""
        factors = None if self.factors is None else self.factors[:kept]
        first = (self.preactivations[:kept], self.made[:kept], self.losses[:kept], self.targets[:kept], factors)
        return _Made(self.states[: kept + 1], *first, self.finite[:kept])


def _made(network: Network, batch: Batch, start: Floats) -> _Made:
    parameters = network.parameters
    with np.errstate(over="ignore", invalid="ignore"):
        states, z = network.cell.forward(parameters, network.activation, batch.inputs, start)
        o = network.readout.made(parameters, network.shown(states[1:], batch.targets))
        targets, factors = _scored_targets(network, batch), batch.factors(network.readout.each(batch.inputs.shape[1]))
        losses = network.readout.mean_loss(o, targets, factors)
        finite = np.isfinite(losses) & np.isfinite(np.cumsum(np.where(batch.scored_steps, losses, 0.0)))
        if not (all_finite(states) and all_finite(z)):
            finite &= np.all(np.isfinite(states[1:]), axis=(1, 2)) & np.all(np.isfinite(z), axis=(1, 2))
    return _Made(states, z, o, losses, targets, factors, finite)


def _longest(network: Network, batch: Batch, start: Floats) -> int:
    """How many of the first steps stay finite in both directions, where one more does not; 0 if not even one does."""
    fits, too_many = 0, len(batch.inputs)
    while too_many - fits > 1:
        middle = (fits + too_many) // 2
        if np.all(_made(network, batch.until(middle), start).finite):
            fits = middle
        else:
            too_many = middle
    return fits


def _check(network: Network, batch: Batch) -> Floats:
    """The initial state (B, n_state), once everything is known to fit; only a⟨0⟩ needs to be given."""
    _, examples, n_x = batch.inputs.shape
    if n_x != network.input_size:
        raise ValueError(f"the network reads n_x = {network.input_size} inputs, the batch has {batch.inputs.shape}")
    if network.layers is not None and len(batch.inputs) > network.layers:
        raise ValueError(f"the network has {network.layers} layers, the batch {len(batch.inputs)} steps; give no more")
    if network.readout.classes:
        if batch.targets.ndim != 2 or not np.issubdtype(batch.targets.dtype, np.integer):
            given = f"{batch.targets.shape} {batch.targets.dtype}"
            raise ValueError(f"softmax needs integer class ids of shape (T, B), got {given}")
        if batch.targets.min() < 0 or batch.targets.max() >= network.output_size:
            ids = _scored_targets(network, batch)
            if ids.min() < 0 or ids.max() >= network.output_size:
                wrong = ids.min() if ids.min() < 0 else ids.max()
                raise ValueError(f"class ids must lie in 0 … {network.output_size - 1}, got {wrong}")
    elif batch.targets.shape[2:] != (network.output_size,) and not network.takes_whole_state(batch.targets):
        whole = "" if network.readout.uses else f", or (T, B, {network.state_size}) at the whole state"
        raise ValueError(f"targets must have shape (T, B, {network.output_size}){whole}, got {batch.targets.shape}")
    return initial_state(network, batch.initial_state, examples)


def _scored_targets(network: Network, batch: Batch) -> Targets:
    """The targets, with a class that there is where none is scored: what stands there is read by nobody."""
    if not network.readout.classes or batch.targets.max(initial=0) < network.output_size:
        return batch.targets
    return np.where(batch.mask, batch.targets, 0)
