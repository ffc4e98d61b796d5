"""run(experiment), or run(network=…, batch=…) → Trace: everything the program shows about one network on one batch."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING

import numpy as np

from core.bptt.backward import Gradients
from core.bptt.backward_pass import BackwardPass, BackwardStep, backward_pass
from core.bptt.forward import Tape, forward
from core.bptt.lag_profile import LagProfile, lag_profile
from core.bptt.parameter_groups import Grouping, ParameterGroup, parameter_groups
from core.bptt.truncation import Truncation, truncates, truncation
from core.network.batch import Batch, Batches
from core.network.network import Network
from core.network.untied import untied
from core.numerics.frozen import FrozenRecord
from core.numerics.progress import Progress, beat
from core.settings.experiment import Experiment
from core.settings.identity import fingerprint
from core.tasks import TaskBatches, make_batch, source_of
from core.tasks.drawn import drawn_untied, make_network
from core.tasks.task import Source


@dataclass(frozen=True)
class Origin:
    """Where the network and the batch of a trace come from. Equal origins are the same network on the same batch."""

    label: str = ""
    """What the data are called in a few words, for titles and file names: the task, a file; empty where nobody said"""
    experiment: Experiment | None = None
    """The settings that came with them, if any did; whether they make the two is said by the next two fields"""
    makes_network: bool = False
    """Whether the experiment makes the network, by drawing it and training it for `training_step` steps"""
    makes_batch: bool = False
    """Whether the experiment makes the batch"""
    file: str | None = None
    """The file that was read, if there was one"""
    sha256: str | None = None
    """SHA-256 of that file, in hexadecimal"""
    notes: tuple[str, ...] = ()
    """How the file was read and what was chosen of it, in sentences"""
    training_step: int = 0
    """After how many steps of training the network is as it is"""
    told: tuple[tuple[str, str], ...] = ()
    """Sentences on a network from a file, each with what it is about: the network, what was inferred, its inputs, its
    loss"""
    precision: str = ""
    """The arithmetic in which the library that trains it computes, as `float16`; empty where nobody said"""
    digest: str = ""
    """SHA-256 of the numbers that were given; empty where the experiment makes both network and batch. Of a network
    trained further, that of the network before"""

    @property
    def settings(self) -> Experiment | None:
        """The experiment, if it makes both the network and the batch: only then do its settings describe the two."""
        return self.experiment if self.makes_network and self.makes_batch else None

    @property
    def fingerprint(self) -> str:
        """SHA-256, in hexadecimal, of the settings and of the numbers that were given: the same for the same start.

        How far a network has been trained is not part of it.
        """
        if self.experiment is None:
            return self.digest
        own = fingerprint(self.experiment)
        return hashlib.sha256(f"{own} {self.digest}".encode()).hexdigest() if self.digest else own


class FromOrigin(FrozenRecord):
    """What the origin of a network and a batch says of the two, whether they have been run or not."""

    if TYPE_CHECKING:
        origin: Origin

        @property
        def network(self) -> Network:
            """The network, its cell with all parameters."""

        @property
        def whole_batch(self) -> Batch:
            """The batch, all of its steps."""

    @property
    def experiment(self) -> Experiment | None:
        """The settings that came with the network and batch, if any; `origin.settings` are those that describe them."""
        return self.origin.experiment

    @property
    def training_step(self) -> int:
        """After how many steps of training the network is as it is here."""
        return self.origin.training_step

    @property
    def batches(self) -> Batches:
        """Where training batches come from, by their number from 0: the experiment's own, or this batch every time."""
        if self.experiment is not None and self.origin.makes_batch:
            return TaskBatches(self.experiment, self.network.parts[0].width)
        return partial(_every_time, self.whole_batch)


def _every_time(batch: Batch, index: int) -> Batch:
    return batch


@dataclass(frozen=True, eq=False)
class Trace(FromOrigin):
    """The forward pass of a network over a batch, its backward pass and its lag profile."""

    tape: Tape
    backward_pass: BackwardPass
    """The backward pass, step by step, with its norms as arrays over the steps"""
    gradients: Gradients
    """∂L/∂θ of L = Σ L_t, by parameter"""
    lags: LagProfile
    whole_batch: Batch
    """The batch as it was given, with its steps after an overflow"""
    origin: Origin = field(default_factory=Origin)
    """Where the network and the batch come from"""
    truncation: Truncation | None = None
    """What truncation with k1 and k2 does to the gradient; None where k2 is 0, or each layer has weights of its own"""

    @property
    def walk(self) -> BackwardPass:
        """The backward pass, by the name that `backward_pass` had before."""
        return self.backward_pass

    @cached_property
    def steps(self) -> tuple[BackwardStep, ...]:
        """The backward pass step by step: steps[0] at s = T, steps[−1] at s = 1."""
        return tuple(self.backward_pass)

    @property
    def network(self) -> Network:
        """The network, its cell with all parameters."""
        return self.tape.network

    @property
    def batch(self) -> Batch:
        """The batch, cut to the steps that stayed finite."""
        return self.tape.batch

    def parameter_groups(self, by: Grouping = "source") -> Mapping[str, ParameterGroup]:
        """The lines that the profile is shown as; see `core.bptt.parameter_groups`."""
        return parameter_groups(self.network, by)

    def profile(self, by: Grouping = "source") -> LagProfile:
        """The lag profile by groups of parameters; for the vanilla cell, by source, that is `lags` itself."""
        if by not in self._profiles:
            members = {name: group.parameters for name, group in self.parameter_groups(by).items()}
            self._profiles[by] = self.lags.grouped(members)
        return self._profiles[by]

    @cached_property
    def _profiles(self) -> dict[Grouping, LagProfile]:
        return {}

    def untied(self) -> Network:
        """The network with a matrix of its own for every step: a deep chain, and its matrices those of this network.

        A network as its experiment draws it has all matrices drawn as W_aa is, from the same stream; W_ax, b_a, W_y
        and b_y are this network's where it has them, so that a gated cell is compared with a chain
        without gates. Of any other network, trained or given, they match the network's own: see `core.network.untied`.
        """
        experiment, steps = self.experiment, len(self.tape.losses)
        if experiment is None or not self.origin.makes_network or self.training_step:
            return untied(self.network, steps, 0 if experiment is None else experiment.seed)
        return drawn_untied(experiment, self.network, steps)


def run(
    experiment: Experiment | None = None,
    *,
    network: Network | None = None,
    batch: Batch | None = None,
    origin: Origin | None = None,
    training_step: int = 0,
    k1: int | None = None,
    k2: int | None = None,
    progress: Progress | None = None,
) -> Trace:
    """Forward, backward, and the gradient taken apart by lag.

    Args:
        experiment: The settings that make the network and the batch, as far as these are not given.
        network: Use this network instead of the one the settings describe.
        batch: Use this batch instead of the one the settings describe.
        origin: Where the network and batch that are given come from: a label, a file. The rest of it is worked out
            here; that of another trace is taken over, for its network trained further.
        training_step: After how many steps of training the network is the one given.
        k1: For truncated backpropagation, every how many steps the losses are carried back, 0 for T; None for what
            the experiment says, or else 0.
        k2: How many steps they are carried back, 0 for all; None for what the experiment says, or else 0.
        progress: Called with (done, total) as work goes on; raising from it ends the work.

    Raises:
        ValueError: if there is neither an experiment nor both a network and a batch, if network and batch do not fit,
            or the first step already leaves float64.

    Runnable example:

        >>> import core
        >>> trace = core.run(core.Experiment(hidden_size=2, timesteps=30, gain=0.3))
        >>> trace.lags.log2_norm["W_aa"].shape, trace.lags.rate("W_aa").regime
        ((30, 30), 'vanishing')
        >>> again = core.run(network=trace.network, batch=trace.batch)  # no experiment needed
        >>> again.tape.loss == trace.tape.loss
        True
    """
    if experiment is None and (network is None or batch is None):
        given = " and ".join(name for name, it in (("network", network), ("batch", batch)) if it is not None)
        raise ValueError(f"{given or 'nothing'} was given; give an experiment, or both a network and a batch")
    told = origin_of(experiment, network, batch, training_step, origin or Origin())
    if experiment is not None:
        network = make_network(experiment) if network is None else network
        batch = make_batch(experiment, units=network.parts[0].width) if batch is None else batch
        k1, k2 = (own if asked is None else asked for asked, own in ((k1, experiment.k1), (k2, experiment.k2)))
    assert network is not None and batch is not None
    tape = forward(network, batch)
    # A heartbeat: the backward pass is short compared with the lags, but in a large network long enough to be ended.
    whole = backward_pass(tape, progress=beat(progress))
    if not truncates(network, k2 or 0):
        lags = lag_profile(tape, whole.gradients, progress, inputs=True)
        return Trace(tape, whole, whole.gradients, lags, batch, told)
    first, second = (None if progress is None else _half(progress, half) for half in (0, 1))
    lags = lag_profile(tape, whole.gradients, first, inputs=True)
    found = truncation(tape, k1 or 0, k2 or 0, whole.gradients, second)
    return Trace(tape, whole, whole.gradients, lags, batch, told, found)


def origin_of(
    experiment: Experiment | None, network: Network | None, batch: Batch | None, training_step: int, told: Origin
) -> Origin:
    """What is told of an origin, with whether the experiment makes what is given: that of a trace by `run`."""
    training_step = training_step or told.training_step
    if told.digest and training_step > told.training_step:  # that network, trained further
        return replace(told, training_step=training_step)
    makes_network = experiment is not None and (network is None or _makes(experiment, network, training_step))
    makes_batch = experiment is not None and (batch is None or _makes_batch(experiment, batch, network))
    both = makes_network and makes_batch
    source = source_of(experiment) if experiment is not None and makes_batch else Source("")
    return replace(
        told,
        label=told.label or source.label,
        file=told.file or source.file,
        sha256=told.sha256 if told.file else source.sha256,
        notes=told.notes or source.notes,
        experiment=experiment,
        makes_network=makes_network,
        makes_batch=makes_batch,
        training_step=training_step,
        digest="" if both else _digest(network, batch),
    )


def _makes(experiment: Experiment, network: Network, training_step: int) -> bool:
    """Whether the settings make this network. Of a trained one it is seen that they could: it is of the same kind."""
    if (network.cell_name, network.hidden_size) != (experiment.cell_name, experiment.hidden_size):
        return False
    try:
        drawn = make_network(experiment)
    except ValueError:  # there is nothing to read for the task
        return False
    return network.kind == drawn.kind if training_step else network.same_as(drawn)


def _makes_batch(experiment: Experiment, batch: Batch, network: Network | None) -> bool:
    if batch.inputs.shape[:2] != (experiment.timesteps, experiment.batch_size):
        return False
    try:
        return batch.same_as(make_batch(experiment, units=None if network is None else network.parts[0].width))
    except ValueError:
        return False


def _digest(network: Network | None, batch: Batch | None) -> str:
    """SHA-256 of what was given: every array with its name, type and shape, and the names of the functions."""
    found = hashlib.sha256()
    if network is not None:
        found.update(repr(network.kind).encode())
        for array in network.parameters.values():
            found.update(np.ascontiguousarray(array).tobytes())
    if batch is not None:
        for name, values in batch.arrays.items():
            found.update(f"{name} {values.dtype.str} {values.shape}".encode())
            found.update(np.ascontiguousarray(values).tobytes())
    return found.hexdigest()


def _half(progress: Progress, half: int) -> Progress:
    return lambda done, total: progress(done + half * total, 2 * total)
