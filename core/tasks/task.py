"""What a task has to say of itself: what is read, what is asked, and how well one does without a memory.

A task of **values** asks for one number v⟨t⟩ per step, and the read-out g decides how it is asked:

    identity   the value v⟨t⟩ itself
    sigmoid    whether v⟨t⟩ lies above its mean
    softmax    whether v⟨t⟩ lies in the low, middle or high third of its distribution

A task of **classes** asks which of several it is, by softmax, whatever the read-out setting says.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.network.batch import Batch
from core.network.readout import READOUTS, Targets
from core.numerics.frozen import FrozenRecord
from core.numerics.scaled import Floats
from core.settings.experiment import Experiment


@dataclass(frozen=True)
class Baseline:
    """How well a predictor does that needs no memory: what a network has to beat."""

    name: str
    """What it predicts, e.g. `always 1`"""
    value: float
    """The predictor's expected metric: the mean squared error, or the cross-entropy in nats"""
    metric: str
    """Which metric that is, by the name that `core.training.metrics` gives it"""
    source: str
    """Where the figure comes from"""


@dataclass(frozen=True, eq=False)
class Drawn(FrozenRecord):
    """B sequences of T steps drawn for a task: inputs (T, B, n_x), and what is asked of each step, (T, B)."""

    inputs: Floats
    """x, (T, B, n_x)"""
    answers: Targets
    """The values v (T, B), or class ids (T, B); anything where nothing is asked"""
    asked: NDArray[np.bool_]
    """(T,): which steps have a target; or (T, B): which examples have one at which steps"""


@dataclass(frozen=True, eq=False)
class Following(FrozenRecord):
    """Windows (T, B) that go on where those of the batch before ended."""

    drawn: Drawn
    continued: NDArray[np.bool_]
    """(B,): whether a window begins where that of the same example in the batch before ended"""


def laid_out(
    starts: NDArray[np.int64], steps: int, examples: int, index: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Where the windows of a batch start, (B,), and whether each goes on from the batch before, (B,).

    The data are parted in B stretches of as many windows; an example goes through one of them, window by window, and
    on into the next.

    Args:
        starts: (N,): where windows may start that do not overlap, ascending.
        steps: T.
        examples: B.
        index: Which batch, from 0.

    Runnable example:

        >>> import numpy as np
        >>> [one.tolist() for one in laid_out(np.array([0, 5, 10, 15]), 5, 2, 1)]
        [[5, 15], [True, True]]
    """
    count = len(starts)
    places = (np.arange(examples) * count // examples + index) % count
    continues = np.concatenate([[False], np.diff(starts) == steps])
    return starts[places], continues[places] & (index > 0)


@dataclass(frozen=True)
class Source:
    """Where the data of a task come from."""

    label: str
    """What they are called in a few words, for titles and file names"""
    file: str | None = None
    """The file that was read, if there was one"""
    sha256: str | None = None
    """SHA-256 of that file, in hexadecimal"""
    notes: tuple[str, ...] = ()
    """How it was read and what was chosen, in sentences"""


class Task(ABC):
    """A way to make data, batch by batch, and what is asked of them."""

    @abstractmethod
    def draw(self, experiment: Experiment, rng: np.random.Generator) -> Drawn:
        """A batch of sequences, all its randomness from `rng`."""

    def following(self, experiment: Experiment, index: int) -> Following | None:
        """The windows of the index-th batch where these follow one another; None where sequences do not."""
        return None

    @abstractmethod
    def input_size(self, experiment: Experiment) -> int:
        """n_x: how many inputs a network for the task has."""

    def input_names(self, experiment: Experiment) -> Sequence[str]:
        """What each input is called, a character each where just one of them is 1 at a time; () if it has no name."""
        return ()

    @abstractmethod
    def output_size(self, experiment: Experiment) -> int:
        """n_y: how many outputs a network for the task has."""

    def output_names(self, experiment: Experiment) -> Sequence[str]:
        """What each number or class that is asked for is called; () if they have no names."""
        return ()

    @abstractmethod
    def readout(self, experiment: Experiment) -> str:
        """The name of the read-out g."""

    @abstractmethod
    def targets(self, experiment: Experiment, answers: Targets) -> Targets:
        """Targets (T, B, n_y), or class ids (T, B), from the answers (T, B)."""

    @abstractmethod
    def baselines(self, experiment: Experiment) -> tuple[Baseline, ...]:
        """What to beat, the easiest first."""

    def held_back(self, experiment: Experiment) -> Batch | None:
        """Sequences that are never trained on, for a score; None where every batch is drawn newly."""
        return None

    def reach(self, experiment: Experiment) -> int | None:
        """How many steps at least lie between what is to be remembered and where it is asked for.

        0 where nothing can be learned; None where it is not known, as of data of one's own.
        """
        return None

    def source(self, experiment: Experiment) -> Source:
        """Where the data come from: the task's own name, as a rule."""
        return Source(experiment.task)


@dataclass(frozen=True)
class Distribution:
    """The distribution of the values that a task asks for."""

    mean: float
    variance: float
    above: float
    """The share of the values that lies above their mean"""
    thirds: tuple[float, float]
    """The two values that part it in thirds"""
    guess: str
    """The name of the predictor that always says the mean"""
    source: str


class ValueTask(Task):
    """A task that asks for one number per step."""

    @abstractmethod
    def distribution(self, experiment: Experiment) -> Distribution:
        """The distribution of the values asked for."""

    def readout(self, experiment: Experiment) -> str:
        """The read-out g by name: the setting `readout`."""
        return experiment.readout

    def output_size(self, experiment: Experiment) -> int:
        """3 classes for softmax, else one number."""
        return 3 if READOUTS[experiment.readout].classes else 1

    def targets(self, experiment: Experiment, answers: Targets) -> Targets:
        """The value, whether it is above the mean, or the third it lies in."""
        values = self.distribution(experiment)
        if experiment.readout == "softmax":
            return np.searchsorted(np.array(values.thirds), answers)
        if experiment.readout == "sigmoid":
            return (answers > values.mean).astype(np.float64)[..., np.newaxis]
        return answers[..., np.newaxis]

    def baselines(self, experiment: Experiment) -> tuple[Baseline, ...]:
        """The mean always; as classes, their shares always."""
        values = self.distribution(experiment)
        if experiment.readout == "softmax":
            return (Baseline("a third each", float(np.log(3.0)), CROSS_ENTROPY, "ln 3"),)
        if experiment.readout == "sigmoid":
            shares = np.array([values.above, 1.0 - values.above])
            return (Baseline("the shares", entropy(shares), CROSS_ENTROPY, "the entropy of the two shares"),)
        return (Baseline(values.guess, values.variance, SQUARED_ERROR, values.source),)


class ClassTask(Task):
    """A task that asks which of several classes it is."""

    def readout(self, experiment: Experiment) -> str:
        """The read-out g by name: `softmax`, whatever the settings say."""
        return "softmax"

    def targets(self, experiment: Experiment, answers: Targets) -> Targets:
        """The class ids as they were drawn, (T, B)."""
        return answers


SQUARED_ERROR = "mean squared error"
CROSS_ENTROPY = "cross-entropy"


def entropy(shares: Floats) -> float:
    """−Σ p ln p in nats, a share of 0 counting nothing."""
    positive = shares[shares > 0]
    return float(-np.sum(positive * np.log(positive)))


def one_hot(ids: NDArray[np.integer], size: int) -> Floats:
    """Class ids (T, B) as rows of the identity matrix, (T, B, size)."""
    rows = np.zeros((*ids.shape, size))
    np.put_along_axis(rows, ids[..., np.newaxis], 1.0, axis=-1)
    return rows
