"""How well a network does, in the terms of its task: the metric that baselines are given in.

    identity   mean squared error: the mean of (y − target)² over outputs, examples and scored steps
               (the loss of a step is half its sum over the outputs)
    sigmoid    cross-entropy in nats, the mean over outputs, examples and scored steps
    softmax    cross-entropy in nats, the mean over examples and scored steps
    none       the loss itself, ⟨g⟨t⟩, a⟨t⟩⟩, the mean over scored steps: without a read-out there is no answer to score

and for sigmoid and softmax the accuracy: the share of answers that are right, over the same. Where examples are masked
or weighted, the mean is over the targets that are scored, each as it counts in the loss, and the accuracy over these.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.bptt.forward import Tape
from core.network.head_readout import readout_of
from core.numerics.frozen import FrozenRecord


@dataclass(frozen=True)
class Metrics(FrozenRecord):
    """A network's score on one batch: its loss, and means over the scored steps and the examples.

    A cross-entropy is in nats, a mean squared error in the square of the target's unit, an accuracy in 0 … 1.
    """

    loss: float
    """L = Σ L_t over the scored steps, whose gradient is taken"""
    name: str
    """What `value` is: `mean squared error`, `cross-entropy` or `loss`"""
    value: float
    """The mean over the scored steps; nan where no step is scored"""
    accuracy: float | None
    """The share of right answers; None where values are predicted"""


def metric_name(readout: str) -> str:
    """The name of the metric that goes with a read-out."""
    return {"identity": "mean squared error", "none": "loss"}.get(readout_of(readout).g, "cross-entropy")


def metrics(tape: Tape) -> Metrics:
    """A network's score in the terms of its task, over the scored steps that the tape has.

    Args:
        tape: A forward pass.

    Returns:
        The loss L = Σ L_t, the metric (mean squared error, or cross-entropy in nats) and, of classes, the accuracy.

    Runnable example:

        >>> import core
        >>> trace = core.run(core.Experiment(hidden_size=2, timesteps=5))
        >>> core.metrics(trace.tape).name
        'mean squared error'
    """
    readout, batch = tape.network.readout, tape.batch
    name = metric_name(readout.name)
    loss, count = tape.loss, int(np.count_nonzero(batch.scored))
    if not count:
        return Metrics(loss, name, float("nan"), None if readout.g in ("identity", "none") else float("nan"))
    if readout.g == "none":
        return Metrics(loss, name, float(tape.losses.sum()) / int(np.count_nonzero(batch.scored_steps)), None)
    factors = batch.factors(readout.each(batch.inputs.shape[1]))
    mean = float(tape.losses.sum()) / (count if factors is None else float(factors.sum()))
    if readout.g == "identity":
        return Metrics(loss, name, 2.0 * mean / tape.outputs.shape[2], None)
    outputs, targets = tape.outputs[batch.scored], batch.targets[batch.scored]
    if readout.classes:
        return Metrics(loss, name, mean, float(np.mean(np.argmax(outputs, axis=-1) == targets)))
    return Metrics(loss, name, mean / tape.outputs.shape[2], float(np.mean((outputs > 0.5) == (targets > 0.5))))
