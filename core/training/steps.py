"""Training, one pure step after another: batch → gradient → clipping → optimizer → the next network.

Step i takes training batch i − 1, drawn from data_seed or from a source of one's own, or the next steps of one
(`carrying`), and the gradient of L = Σ L_t over its scored steps, and updates every parameter at once. A step depends
on nothing but the settings, the batch and the state before it, so a run can start again from any of its steps and goes
on to the last bit as it did.

A step whose loss, gradient or parameters would leave float64 is the last one: it says why, and keeps the network
before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.bptt.backward import backward
from core.bptt.forward import FirstStepOverflowError, forward
from core.bptt.truncation import truncated_gradients, truncates
from core.network.batch import Batch, Batches
from core.network.network import Network
from core.numerics.frozen import FrozenMapping, FrozenRecord
from core.numerics.scaled import Floats
from core.settings.experiment import Experiment
from core.tasks import TaskBatches
from core.tasks.drawn import make_network
from core.training.carrying import carries, next_batch
from core.training.clipping import clip
from core.training.metrics import Metrics, metric_name, metrics
from core.training.optimizers import Optimizer, OptimizerState, make_optimizer

SCORED_EVERY = 10
"""How many updates lie between two scores on what is held back: that takes longer than an update"""


@dataclass(frozen=True, eq=False)
class TrainingState(FrozenRecord):
    """All that training needs to go on: how many updates were made, the network after them, the optimizer's memory.

    What the optimizer keeps are arrays (N,): a number for each of the N numbers of the parameters.
    """

    step: int
    """How many updates were made"""
    network: Network
    """The network after these updates"""
    optimizer: OptimizerState
    carried: Floats | None = None
    """(B, n_state): the state in which the last update's steps ended, where the next one goes on from it"""


@dataclass(frozen=True, eq=False)
class TrainingStep(FrozenRecord):
    """What happened at one step of training."""

    step: int
    """The number i of the step, from 1"""
    metrics: Metrics
    """The score on the i-th training batch of the network before this step's update"""
    log2_gradient: float
    """log₂ ‖∂L/∂θ‖ over all parameters, before clipping; nan if there was no gradient to take"""
    log2_clipped: float
    """log₂ ‖∂L/∂θ‖ over all parameters after clipping: what the optimizer was given; nan if there was none"""
    state: TrainingState
    """After this step; after the step before if this one ended the training"""
    ended: str | None = None
    """Why training cannot go on from here; None if it can"""
    held_back: Metrics | None = None
    """The score of the network before this step's update on what the task holds back, at step 1 and every
    `SCORED_EVERY`-th after it; None at the others, and where nothing is held back"""

    @property
    def network(self) -> Network:
        """The network after this step, the last that is finite."""
        return self.state.network

    @cached_property
    def spectral_radius(self) -> Mapping[str, float]:
        """Recurrent matrix → ρ, its largest |eigenvalue|, after this step."""
        return spectral_radii(self.network)


def begin(experiment: Experiment, network: Network | None = None) -> TrainingState:
    """The state before the first step.

    Args:
        experiment: The settings.
        network: The network to start from; None for the one that the settings describe.

    Raises:
        ValueError: if the task's text is not there.

    Runnable example:

        >>> import core
        >>> core.begin(core.Experiment(hidden_size=2, timesteps=5)).step
        0
    """
    network = make_network(experiment) if network is None else network
    size = sum(array.size for array in network.parameters.values())
    return TrainingState(0, network, _optimizer(experiment).start(size))


def train(
    experiment: Experiment,
    *,
    start: TrainingState | TrainingStep | None = None,
    batches: Batches | None = None,
) -> Iterator[TrainingStep]:
    """The steps of training, up to `training_steps` or to the first that leaves float64.

    Args:
        experiment: The settings: the optimizer, its rate, clipping and truncation, and the task.
        start: Go on from here, with the step after it, instead of from the beginning; `begin(experiment, network)`
            starts from a network of one's own.
        batches: Where the training batches come from, such as `trace.batches`; None for the task of the settings.

    Raises:
        ValueError: if the task's text is not there, a batch would not fit into memory, or does not fit the network.

    Runnable example:

        >>> import core
        >>> experiment = core.Experiment(hidden_size=2, timesteps=5, training_steps=3)
        >>> [step.step for step in core.train(experiment)]
        [1, 2, 3]
    """
    state = begin(experiment) if start is None else start.state if isinstance(start, TrainingStep) else start
    while state.step < experiment.training_steps:
        done = advance(experiment, state, batches)
        yield done
        if done.ended is not None:
            return
        state = done.state


def advance(experiment: Experiment, state: TrainingState, batches: Batches | None = None) -> TrainingStep:
    """The next step of training, a pure function of its arguments.

    Args:
        experiment: The settings: the optimizer, its rate, clipping and truncation, and the task.
        state: The network, and what the optimizer remembers, after the step before.
        batches: Where the training batches come from, such as `trace.batches`; None for the task of the settings.

    Raises:
        ValueError: if the task's text is not there, a batch would not fit into memory, or does not fit the network.

    Runnable example:

        >>> import core
        >>> experiment = core.Experiment(hidden_size=2, timesteps=5)
        >>> first = core.advance(experiment, core.begin(experiment))
        >>> core.advance(experiment, first.state).step
        2
    """
    step, network = state.step + 1, state.network
    batches = TaskBatches(experiment, network.parts[0].width) if batches is None else batches
    batch, aside = next_batch(experiment, network, batches, state.step, state.carried), None
    if state.step % SCORED_EVERY == 0 and isinstance(batches, TaskBatches):
        aside = held_back_score(network, batches.held_back)
    try:
        tape = forward(network, batch)
    except FirstStepOverflowError:
        return _without_gradient(state, 1)
    if tape.overflow_step is not None:
        return _without_gradient(state, tape.overflow_step)
    gradients = (
        truncated_gradients(tape, experiment.k1, experiment.k2) if truncates(network, experiment.k2) else backward(tape)
    )
    score, gradient = metrics(tape), gradients.flat()
    size = float(gradient.log2_norm())
    clipped = clip(gradient, experiment.clip, experiment.clip_at)
    clipped_size = size if clipped is gradient else float(clipped.log2_norm())

    def record(after: TrainingState, ended: str | None = None) -> TrainingStep:
        return TrainingStep(step, score, size, clipped_size, after, ended, aside)

    try:
        plain = clipped.to_float64()
    except OverflowError:
        return record(state, _kept(state, f"the gradient is about 2^{size:.0f}, past float64's 2^1024; clip it"))
    with np.errstate(over="ignore", invalid="ignore"):
        optimizer, update = _optimizer(experiment).update(state.optimizer, plain)
        after = _flat(network) + update
    if not all(np.all(np.isfinite(array)) for array in (after, *optimizer.moments)):
        return record(state, _kept(state, "the update left float64; clip the gradient or lower the learning rate"))
    carried = np.array(tape.states[-1]) if carries(experiment, network) else None
    return record(TrainingState(step, _unflat(network, after), optimizer, carried))


def held_back_score(network: Network, batch: Batch | None) -> Metrics | None:
    """A network's score on what a task holds back: at the last steps of sequences that are never trained on.

    Args:
        network: The network.
        batch: What is held back, such as `TaskBatches(experiment).held_back`; None where nothing is.

    Returns:
        The score, infinite where the network leaves float64; None without a batch.

    Runnable example:

        >>> import core
        >>> experiment = core.Experiment(task="table", hidden_size=2)  # the last fifth of its rows is held back
        >>> aside = core.TaskBatches(experiment).held_back
        >>> score = core.held_back_score(core.make_network(experiment), aside)
        >>> score.name, score.value > 0
        ('mean squared error', True)
    """
    if batch is None:
        return None
    try:
        tape = forward(network, batch)
    except FirstStepOverflowError:
        tape = None
    if tape is None or tape.overflow_step is not None:
        return Metrics(float("inf"), metric_name(network.readout_name), float("inf"), None)
    return metrics(tape)


def _without_gradient(state: TrainingState, t: int) -> TrainingStep:
    name, unknown = metric_name(state.network.readout_name), float("nan")
    score = Metrics(float("inf"), name, float("inf"), None)
    why = _kept(state, f"a state, an output or the loss left float64 at t = {t}; clip or lower the learning rate")
    return TrainingStep(state.step + 1, score, unknown, unknown, state, why)


def _kept(state: TrainingState, why: str) -> str:
    return f"update {state.step + 1}: {why}; the network after update {state.step} is kept"


def spectral_radii(network: Network) -> Mapping[str, float]:
    """Recurrent matrix → ρ, its largest |eigenvalue|.

    Those are the square matrices that read their own layer's state before and are the same at every step.

    Args:
        network: The network.

    Runnable example:

        >>> import core
        >>> trace = core.run(core.Experiment(hidden_size=2, timesteps=5))
        >>> core.spectral_radii(trace.network)["W_aa"] == core.recurrent_spectrum(trace.network).spectral_radius
        True
    """
    found = {}
    for name, use in network.cell.uses().items():
        matrix = network.matrix(name)
        if use.role == "recurrent" and matrix.ndim == 2 and matrix.shape[0] == matrix.shape[1]:
            found[name] = float(np.max(np.abs(np.linalg.eigvals(matrix))))
    return FrozenMapping(found)


def _optimizer(experiment: Experiment) -> Optimizer:
    return make_optimizer(experiment.optimizer, experiment.learning_rate, experiment.momentum)


def _flat(network: Network) -> Floats:
    return np.concatenate([array.ravel() for array in network.parameters.values()])


def _unflat(network: Network, flat: Floats) -> Network:
    parameters, start = {}, 0
    for name, array in network.parameters.items():
        parameters[name] = flat[start : start + array.size].reshape(array.shape)
        start += array.size
    return network.replace_parameters(**parameters)
