"""What an update is made on, and from which state: a whole sequence, or a stretch of one, as practised.

Theory has one update for each sequence of T steps, every sequence from a⟨0⟩. Who trains on long data cuts them up:

    window_state = carried    windows follow one another, and the state at the end of one is a⟨0⟩ of the next
    update_every = c          an update after every c steps of a window, by the gradient within these c steps

No gradient passes from one to the next: the state is carried as a number, made with the weights before the update.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from core.network.batch import Batch, Batches
from core.network.initial_state import initial_state
from core.network.network import Network
from core.numerics.scaled import Floats
from core.settings.experiment import Experiment
from core.tasks import TaskBatches


def carries(experiment: Experiment, network: Network) -> bool:
    """Whether the state at the end of an update's steps is what the next one starts from.

    Raises:
        ValueError: if it is asked for, and the network has no such state.
    """
    asked = experiment.window_state == "carried" or experiment.update_every > 0
    if asked and any(use.ahead for use in network.cell.uses().values()):
        raise ValueError(
            f"a {network.cell.title} ends at both ends of a sequence, and has no state to go on from; leave "
            "window_state at fresh and update_every at 0"
        )
    return asked


def next_batch(
    experiment: Experiment, network: Network, batches: Batches, update: int, carried: Floats | None
) -> Batch:
    """What the next update is made on.

    Args:
        experiment: The settings.
        network: The network before it.
        batches: Where whole sequences come from.
        update: How many updates were made.
        carried: The state (B, n_state) in which the steps of the one before ended; None before the first.

    Raises:
        ValueError: if a state is to be carried on, and the network has no such state.
    """
    if not carries(experiment, network):
        return batches(update)
    every, steps = _every(experiment, network), _steps_of(experiment, batches)
    chunks = -(-steps // every) if every else 1
    number, chunk = divmod(update, chunks)
    batch = batches(number)
    start = carried if chunk else _start(network, batches, batch, number, carried)
    if chunks == 1:
        return replace(batch, initial_state=start)
    return _cut(batch, slice(chunk * every, (chunk + 1) * every), start)


def _steps_of(experiment: Experiment, batches: Batches) -> int:
    """How many steps every batch has: T."""
    return experiment.timesteps if isinstance(batches, TaskBatches) else len(batches(0).inputs)


def _every(experiment: Experiment, network: Network) -> int:
    """How many steps an update is made on; 0 for all, as where each step has weights of its own."""
    return experiment.update_every if all(use.tied for use in network.cell.uses().values()) else 0


def _start(network: Network, batches: Batches, batch: Batch, number: int, carried: Floats | None) -> Floats | None:
    """The state that a batch starts from: what was carried on where its windows go on from those before."""
    continued = batches.continued(number) if isinstance(batches, TaskBatches) else None
    if continued is None or carried is None:
        return batch.initial_state
    own = initial_state(network, batch.initial_state, batch.inputs.shape[1])
    return np.where(continued[:, np.newaxis], carried, own)


def _cut(batch: Batch, steps: slice, start: Floats | None) -> Batch:
    """Some steps of a batch, from a state."""
    weights = None if batch.weights is None else batch.weights[steps]
    inputs, targets, scored = batch.inputs[steps], batch.targets[steps], batch.scored[steps]
    return replace(batch, inputs=inputs, targets=targets, scored=scored, weights=weights, initial_state=start)
