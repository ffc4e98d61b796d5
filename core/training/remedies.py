"""Remedies for gradients that vanish or explode, side by side: the same task, seed and number of steps for each.

A remedy is a few settings laid over the experiment at hand, of which everything else stays as it is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np

from core.bptt.forward import FirstStepOverflowError
from core.network.network import Network
from core.numerics.frozen import FrozenMapping, FrozenRecord
from core.numerics.progress import Progress
from core.settings.experiment import Experiment, InvalidSettingsError, settings
from core.settings.files import shortened
from core.settings.hints import Value
from core.tasks import Baseline, TaskBatches, baselines, input_size
from core.training.history import TrainingHistory
from core.training.metrics import Metrics
from core.training.profile import ProbeProfile, probe_profile
from core.training.steps import begin, held_back_score, train

RECENT = 100
"""The score after training is the mean over this many of its last batches: none of them had been trained on."""


@dataclass(frozen=True)
class Remedy:
    """A way to help a gradient back through time."""

    name: str
    title: str
    changes: Mapping[str, Value]
    """The settings that it lays over an experiment"""
    source: str
    input_deviation: float | None = None
    """The standard deviation of W_ax's entries that goes with it; None leaves them as they are"""

    @property
    def against(self) -> Literal["vanishing", "exploding"] | None:
        """What it is to help against: clipping holds back a gradient that explodes, and brings none back that vanishes.

        None for what is no remedy.
        """
        if not self.changes or "k1" in self.changes:
            return None
        return "exploding" if self.keeps_network else "vanishing"

    @property
    def decides(self) -> frozenset[str]:
        """The settings whose values are this remedy's own, whatever those of the experiment are."""
        drawn = () if self.input_deviation is None else ("input_gain",)
        return frozenset((*_VANILLA, *self.changes, *drawn))

    def applied(self, experiment: Experiment) -> Experiment:
        """The experiment with the vanilla cell, no clipping, and no other remedy than this.

        Raises:
            InvalidSettingsError: if the two do not go together.
        """
        plain = {name: value for name, value in _VANILLA.items() if name in settings()}
        found = experiment.replace(**{**plain, **self.changes})
        if self.input_deviation is None:
            return found
        # W_ax is drawn from N(0, input_gain² / n_x).
        return found.replace(input_gain=self.input_deviation * input_size(found) ** 0.5)

    @property
    def keeps_network(self) -> bool:
        """Whether it changes nothing but how a network is trained, so that one that is given stays as it is."""
        return bool(self.changes) and set(self.changes) <= {"clip", "clip_at"}


_VANILLA: Mapping[str, Value] = FrozenMapping({"cell": "rnn", "leak": 1.0, "clip": "none"})

_ALL = (
    Remedy("vanilla", "vanilla RNN, no remedy", {}, "Elman 1990"),
    Remedy("orthogonal", "orthogonal W_aa", {"initializer": "orthogonal", "gain": 1.0}, "Saxe et al. 2014"),
    Remedy(
        "identity-relu",
        "W_aa = 1, relu, small W_ax",
        {"initializer": "identity", "activation": "relu", "gain": 1.0, "bias": 0.0},
        "Le, Jaitly & Hinton 2015",
        input_deviation=0.001,
    ),
    Remedy("leaky", "leaky units, α = 0.1", {"leak": 0.1}, "Jaeger et al. 2007"),
    Remedy("clipping", "gradient clipped to norm 1", {"clip": "norm", "clip_at": 1.0}, "Pascanu et al. 2013"),
    Remedy("gru", "GRU", {"cell": "gru"}, "Cho et al. 2014"),
    Remedy("lstm", "LSTM, forget bias 1", {"cell": "lstm", "forget_bias": 1.0}, "Gers et al. 2000"),
    Remedy("untied", "untied depth", {"cell": "deep", "k1": 0, "k2": 0}, "Saxe et al. 2014"),
)


GIVEN = Remedy("given", "the network as it is given, no remedy", {}, "")
"""The row of a network that is given, beside those that are drawn"""


@cache
def remedies() -> Mapping[str, Remedy]:
    """Every remedy by name, the one that changes nothing first.

    Runnable example:

        >>> import core
        >>> list(core.remedies())[:3]
        ['vanilla', 'orthogonal', 'identity-relu']
    """
    found = {}
    for remedy in _ALL:
        try:
            remedy.applied(Experiment())
        except InvalidSettingsError:
            continue
        found[remedy.name] = remedy
    return FrozenMapping(found)


@dataclass(frozen=True, eq=False)
class Compared(FrozenRecord):
    """What became of one remedy: its network before and after training, and its score."""

    remedy: Remedy
    experiment: Experiment
    before: ProbeProfile | None
    """Before training, on the probe batch; None if not even the first step of time stayed within float64"""
    after: ProbeProfile | None
    """After training, on the probe batch; None if not even the first step of time stayed within float64"""
    network: Network
    """The network after training, the last whose numbers are finite"""
    metric_name: str
    metric: float
    """The mean over the last `RECENT` training batches, each scored before it was trained on; nan without steps"""
    accuracy: float | None
    """The mean share of right answers over the last `RECENT` training batches; None where values are predicted"""
    baselines: tuple[Baseline, ...]
    steps: int
    """How many updates were made"""
    ended: str | None
    """Why the training ended before its time; None if it did not"""
    history: TrainingHistory
    held_back: Metrics | None = None
    """The score of the network after training on what the task holds back; None where nothing is"""


def compare(
    experiment: Experiment,
    *,
    only: Collection[str] | None = None,
    network: Network | None = None,
    progress: Progress | None = None,
) -> Iterator[Compared]:
    """Train the experiment with each remedy, one after another, each for `training_steps`.

    Args:
        experiment: The task, the size, the seeds and how to train.
        only: The names of the remedies to run; None runs all.
        network: One that is trained on as it is, by the name `given`, and with what only changes how it is trained,
            `clipping`; all others are drawn, as the experiment says. None for none.
        progress: Called with (updates done, updates in all) as work goes on; raising from it ends the work.

    Raises:
        ValueError: if there is no remedy of a name, one does not go with the settings, or the text is not there.

    Runnable example:

        >>> import core
        >>> experiment = core.Experiment(hidden_size=2, timesteps=5, training_steps=2)
        >>> [(row.remedy.name, row.steps) for row in core.compare(experiment, only=["vanilla", "lstm"])]
        [('vanilla', 2), ('lstm', 2)]
    """
    known = comparable(network)
    names = list(known) if only is None else list(dict.fromkeys(only))
    for name in names:
        if name not in known:
            raise ValueError(f"remedies: {shortened(name)!r} was given, allowed is {', '.join(known)}")
    # What cannot be run is refused before hours have gone into the others.
    starts = [_start(known[name], experiment, network) for name in names]
    total = len(names) * experiment.training_steps
    for i, (name, (own, begun)) in enumerate(zip(names, starts, strict=True)):
        yield _trained(known[name], own, begun, progress, i * experiment.training_steps, total)


def comparable(network: Network | None = None) -> Mapping[str, Remedy]:
    """What can be compared, by name: every remedy, and first of all a network that is given."""
    return remedies() if network is None else FrozenMapping({GIVEN.name: GIVEN, **remedies()})


def _start(remedy: Remedy, experiment: Experiment, network: Network | None) -> tuple[Experiment, Network | None]:
    """The settings with a remedy, and the network to start from, None for the one that they draw."""
    if network is not None and (remedy is GIVEN or remedy.keeps_network):
        return experiment.replace(**{"clip": "none", **remedy.changes}), network
    return remedy.applied(experiment), None


def recent_score(history: TrainingHistory) -> tuple[float, float]:
    """The mean score over the last `RECENT` finite steps of a run.

    Args:
        history: A run.

    Returns:
        The mean metric and the mean accuracy, each nan where there is none.

    Runnable example:

        >>> import core
        >>> experiment = core.Experiment(hidden_size=2, timesteps=5)
        >>> history = core.TrainingHistory(experiment)
        >>> history.add(core.advance(experiment, history.latest))
        >>> metric, accuracy = core.recent_score(history)
        >>> metric > 0, accuracy  # this task asks for values, so that no answer is right or wrong
        (True, nan)
    """
    with np.errstate(invalid="ignore"):
        values, shares = history.scalars("metric"), history.scalars("accuracy")
    if history.ended is not None:
        values, shares = values[:-1], shares[:-1]
    if not values.size:
        return float("nan"), float("nan")
    return float(np.mean(values[-RECENT:])), float(np.mean(shares[-RECENT:]))


def _trained(
    remedy: Remedy, own: Experiment, network: Network | None, progress: Progress | None, done: int, total: int
) -> Compared:
    start = begin(own, network)
    history = TrainingHistory(own, start)
    for step in train(own, start=start):
        if progress is not None:
            progress(done + step.step - 1, total)
        history.add(step)
    before, after = (_profile(own, state.network, state.step) for state in (start, history.latest))
    metric, accuracy = recent_score(history)
    return Compared(
        remedy=remedy,
        experiment=own,
        before=before,
        after=after,
        network=history.latest.network,
        metric_name=baselines(own)[0].metric,
        metric=metric,
        accuracy=None if np.isnan(accuracy) else accuracy,
        baselines=baselines(own),
        steps=history.latest.step,
        ended=history.ended,
        history=history,
        held_back=held_back_score(history.latest.network, TaskBatches(own, start.network.parts[0].width).held_back),
    )


def _profile(experiment: Experiment, network: Network, step: int) -> ProbeProfile | None:
    try:
        return probe_profile(experiment, network, step)
    except FirstStepOverflowError:
        return None
