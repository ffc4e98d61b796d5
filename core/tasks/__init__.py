"""Tasks: an Experiment's settings turned into Batches of inputs and targets.

Everything is drawn from data_seed: the same settings give the same data, whatever the network. There is one
**probe** batch, which every panel and report shows, and training batches 0, 1, 2, … without end, each drawn by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.network.batch import Batch
from core.network.network import cell_named
from core.numerics.scaled import Floats
from core.settings.experiment import MOST_NUMBERS, Experiment
from core.tasks.memory import Adding, Copy, Echo, TemporalOrder
from core.tasks.series import Noise, Sunspots, sunspots
from core.tasks.table.task import TableTask
from core.tasks.task import Baseline, Source, Task
from core.tasks.text import NextCharacter

__all__ = [
    "TASKS",
    "Baseline",
    "Source",
    "Task",
    "TaskBatches",
    "baselines",
    "check_data",
    "input_names",
    "input_size",
    "make_batch",
    "output_names",
    "output_size",
    "reach",
    "readout_name",
    "source_of",
    "stream",
    "sunspots",
]

TASKS: dict[str, Task] = {
    "sunspots": Sunspots(),
    "noise": Noise(),
    "adding": Adding(),
    "copy": Copy(),
    "temporal-order": TemporalOrder(),
    "text": NextCharacter(),
    "echo": Echo(),
    "table": TableTask(),
}


def make_batch(experiment: Experiment, index: int | None = None, *, units: int | None = None) -> Batch:
    """A batch of an experiment: the probe batch, or the index-th training batch.

    The data, the initial state and the weights are drawn from streams of their own, so that changing one
    setting does not reshuffle what another decides, and any batch can be drawn without those before it.

    Args:
        experiment: The settings.
        index: Which training batch, from 0; None for the probe batch.
        units: n_a of the network that it is for, which a⟨0⟩ (B, n_a) has; None for that of the settings.

    Raises:
        ValueError: if the task's text is not there or too short, or a batch would not fit into memory.

    Runnable example:

        >>> import core
        >>> core.make_batch(core.Experiment(timesteps=5, batch_size=3)).inputs.shape
        (5, 3, 1)
    """
    task = TASKS[experiment.task]
    numbers = experiment.timesteps * experiment.batch_size * task.input_size(experiment)
    if numbers > MOST_NUMBERS:
        raise ValueError(
            f"timesteps × batch_size × {task.input_size(experiment)} inputs is {numbers:,}, allowed is at most "
            f"{MOST_NUMBERS:,}; lower timesteps or batch_size"
        )
    which = "" if index is None else f" {index}"
    follows = None if index is None or experiment.window_state == "fresh" else task.following(experiment, index)
    drawn = task.draw(experiment, stream(experiment.data_seed, f"data{which}")) if follows is None else follows.drawn
    inputs, initial_state = _begun(experiment, drawn.inputs, which, units)
    return Batch(
        inputs,
        task.targets(experiment, drawn.answers),
        _scored(experiment, drawn.asked),
        initial_state,
        input_names=task.input_names(experiment),
        target_names=task.output_names(experiment),
    )


def _begun(experiment: Experiment, inputs: Floats, which: str, units: int | None) -> tuple[Floats, Floats | None]:
    """The inputs of the steps that are fed, and a⟨0⟩ of each example, None for zeros."""
    initial_state = None
    if experiment.initial_state:
        own = cell_named(experiment.cell_name).parts(experiment.hidden_size)[0].width
        shape = (inputs.shape[1], own if units is None else units)
        initial_state = experiment.initial_state * stream(experiment.data_seed, f"state{which}").standard_normal(shape)
    if experiment.fed == "first":
        inputs = np.concatenate([inputs[:1], np.zeros_like(inputs[1:])])
    return inputs, initial_state


@dataclass(frozen=True)
class TaskBatches:
    """The training batches that an experiment's task draws, by their number, and what it holds back from them."""

    experiment: Experiment
    units: int | None = None
    """n_a of the network that they are for, which a⟨0⟩ has; None for that of the settings"""

    def __call__(self, index: int) -> Batch:
        """The index-th training batch, from 0."""
        return make_batch(self.experiment, index, units=self.units)

    def continued(self, index: int) -> NDArray[np.bool_] | None:
        """(B,): which windows of a batch begin where that of the same example in the batch before ended.

        None where every one starts by itself.
        """
        if self.experiment.window_state == "fresh":
            return None
        found = TASKS[self.experiment.task].following(self.experiment, index)
        return None if found is None else found.continued

    @property
    def held_back(self) -> Batch | None:
        """Sequences that are never trained on, for a score; None where the task has none.

        Raises:
            ValueError: if the task's data are not there.
        """
        batch = TASKS[self.experiment.task].held_back(self.experiment)
        if batch is None:
            return None
        inputs, initial_state = _begun(self.experiment, batch.inputs, " held back", self.units)
        return replace(batch, inputs=inputs, initial_state=initial_state)


def _scored(experiment: Experiment, asked: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """What is scored, (T,) or (T, B): every step that has a target, or only the last of them."""
    if experiment.scored == "every" or not asked.any():
        return asked
    last, step = np.zeros_like(asked), np.flatnonzero(asked.reshape(len(asked), -1).any(axis=1))[-1]
    last[step] = asked[step]
    return last


def input_size(experiment: Experiment) -> int:
    """n_x of an experiment's networks: one number, or a unit for each symbol.

    Args:
        experiment: The settings, of which the task decides.

    Raises:
        ValueError: if the task's text is not there.

    Runnable example:

        >>> import core
        >>> core.input_size(core.Experiment(task="adding"))
        2
    """
    return TASKS[experiment.task].input_size(experiment)


def input_names(experiment: Experiment) -> Sequence[str]:
    """What each input is called, a character each where just one of them is 1 at a time; () if it has no name."""
    return TASKS[experiment.task].input_names(experiment)


def output_names(experiment: Experiment) -> Sequence[str]:
    """What each number or class that is asked for is called; () if they have no names."""
    return TASKS[experiment.task].output_names(experiment)


def check_data(experiment: Experiment) -> None:
    """Look whether an experiment's data are there, and have what its settings ask of them.

    Raises:
        ValueError: if they are not: what was found, what is possible and what to do.
    """
    input_size(experiment)
    output_size(experiment)
    readout_name(experiment)


def output_size(experiment: Experiment) -> int:
    """n_y of an experiment's networks: one number, or one for each class.

    Args:
        experiment: The settings, of which the task and the read-out decide.

    Raises:
        ValueError: if the task's text is not there.

    Runnable example:

        >>> import core
        >>> core.output_size(core.Experiment(readout="softmax"))
        3
    """
    return TASKS[experiment.task].output_size(experiment)


def readout_name(experiment: Experiment) -> str:
    """The name of the read-out g: the setting `readout`, but softmax where the task asks for classes.

    Args:
        experiment: The settings.

    Runnable example:

        >>> import core
        >>> core.readout_name(core.Experiment(task="copy"))
        'softmax'
    """
    return TASKS[experiment.task].readout(experiment)


def reach(experiment: Experiment) -> int | None:
    """How many steps at least lie between what a task has a network remember and where it is asked for.

    Args:
        experiment: The settings.

    Returns:
        The lag; 0 where nothing can be learned, and None where it is not known, as of data of one's own.

    Runnable example:

        >>> import core
        >>> [reach(core.Experiment(task=task)) for task in ("sunspots", "noise", "adding", "copy", "text")]
        [1, 0, 25, 40, None]
    """
    return TASKS[experiment.task].reach(experiment)


def baselines(experiment: Experiment) -> tuple[Baseline, ...]:
    """What the task's metric is without a memory, the easiest first: what a network has to beat.

    Args:
        experiment: The settings: the task and the read-out.

    Returns:
        Predictors by name, each with its expected metric (mean squared error, or cross-entropy in nats) and its source.

    Raises:
        ValueError: if the task's text is not there.

    Runnable example:

        >>> import core
        >>> [baseline.name for baseline in core.baselines(core.Experiment())]
        ['always the mean', 'x⟨t⟩ again']
    """
    return TASKS[experiment.task].baselines(experiment)


def source_of(experiment: Experiment) -> Source:
    """Where an experiment's data come from: what they are called, the file if there is one, and how it was read.

    Args:
        experiment: The settings, of which the task decides.

    Raises:
        ValueError: if the task's data are not there.

    Runnable example:

        >>> import core
        >>> core.source_of(core.Experiment()).label
        'sunspots'
    """
    return TASKS[experiment.task].source(experiment)


def stream(seed: int, purpose: str) -> np.random.Generator:
    """The random generator of one purpose, independent of the others of the same seed."""
    return np.random.default_rng([seed, *purpose.encode()])
