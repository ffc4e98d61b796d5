"""Remedies over several seeds: what of a difference is the remedy's doing, and what the scatter of seeds.

Each remedy is trained with several seeds, of the weights and of the data, and with each it is compared with the plain
network of the same seed. The errors of one seed have much in common, its data above all, so that their ratio scatters
less than each of them. A difference matters where the mean of the logarithm of these ratios is further from 0 than
Student's t allows by chance in one case of 20.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from core.bptt.rate import Rate
from core.numerics.scaled import Floats
from core.settings.experiment import Experiment
from core.training.profile import ProbeProfile
from core.training.remedies import Compared

PLAIN: Final = "vanilla"
"""The row that every remedy is compared with"""

STUDENT: Final = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145)
"""The quantile of Student's t at 97.5 % for 1, 2, 3 … degrees of freedom; more have that of the last, or less"""


FEWEST_SEEDS: Final = 5
"""With fewer, that no difference is shown says nothing: at the same scatter the interval of 3 seeds is twice as wide as
that of 5, and that of 2 seven times, so that even ranges that lie apart may be within it"""


@dataclass(frozen=True)
class Score:
    """What is kept of a remedy's training with one seed."""

    remedy: str
    seed: int
    """What was added to the seeds of the experiment"""
    metric: float
    """The mean over the last training batches; NaN where none was finite"""
    held_back: float | None
    """The score on what the task holds back; None where nothing is"""
    accuracy: float | None
    before: float
    """The rate before training, bits per step; NaN where there is none"""
    after: float
    """The rate after training, bits per step"""
    horizon_before: float
    """The lag from which on less than 1 % is left, ∞ for none; NaN where there is no profile"""
    horizon_after: float
    steps: int
    """How many updates were made"""
    clipped: int
    """The number of updates whose gradient was cut"""
    ended: str | None
    """Why the training ended before its time"""

    @property
    def error(self) -> float:
        """What counts: the score on what is held back where there is one, and else the metric."""
        return self.metric if self.held_back is None else self.held_back


def with_seed(experiment: Experiment, seed: int) -> Experiment:
    """The experiment with another seed of its weights and of its data; 0 is the experiment itself.

    Args:
        experiment: The settings.
        seed: What is added to both seeds.

    Raises:
        InvalidSettingsError: the seeds are beyond what is allowed.
    """
    return experiment.replace(seed=experiment.seed + seed, data_seed=experiment.data_seed + seed)


def score(found: Compared, seed: int) -> Score:
    """What is kept of a remedy's training.

    Args:
        found: The training.
        seed: What was added to the seeds.

    Runnable example:

        >>> import core
        >>> (row,) = core.compare(core.Experiment(hidden_size=2, timesteps=5, training_steps=3), only=["vanilla"])
        >>> found = score(row, 0)
        >>> found.remedy, found.steps, found.error == row.metric
        ('vanilla', 3, True)
    """
    with np.errstate(invalid="ignore"):
        cut = found.history.scalars("log2_clipped") < found.history.scalars("log2_gradient") - 1e-9
    return Score(
        remedy=found.remedy.name,
        seed=seed,
        metric=found.metric,
        held_back=None if found.held_back is None else found.held_back.value,
        accuracy=found.accuracy,
        before=_pace(found.before),
        after=_pace(found.after),
        horizon_before=_horizon(found.before),
        horizon_after=_horizon(found.after),
        steps=found.steps,
        clipped=int(np.count_nonzero(cut)),
        ended=found.ended,
    )


def _pace(profile: ProbeProfile | None) -> float:
    return math.nan if profile is None else profile.rate.log2_per_step


def _horizon(profile: ProbeProfile | None) -> float:
    if profile is None:
        return math.nan
    rate: Rate = profile.rate
    return math.inf if rate.horizon is None else float(rate.horizon)


@dataclass(frozen=True)
class Difference:
    """A remedy against the plain network, seed by seed."""

    count: int
    """Seeds of which both have an error"""
    better: int
    """With how many of these the remedy's is smaller"""
    log2_ratio: float
    """The mean of log₂(error with the remedy / error without), of the same seed"""
    standard_error: float
    """How far that may be from the mean over all seeds; NaN for fewer than 2"""
    margin: float
    """Half of the interval that holds the mean over all seeds in 19 of 20 cases; NaN for fewer than 2"""

    @property
    def matters(self) -> bool:
        """Whether it is more than the scatter over seeds explains."""
        return abs(self.log2_ratio) > self.margin

    @property
    def few(self) -> bool:
        """Whether nothing is shown, and there are too few seeds for that to mean something."""
        return not self.matters and self.count < FEWEST_SEEDS

    @property
    def none(self) -> bool:
        """Whether the errors are the same, seed by seed: the remedy did nothing."""
        return self.log2_ratio == 0 and self.standard_error == 0


def difference(scores: Iterable[Score], remedy: str) -> Difference | None:
    """What a remedy does to the error, told apart from the scatter over seeds; None where no seed has both.

    Args:
        scores: Those of every remedy, with any seeds.
        remedy: Which remedy.

    Runnable example:

        >>> def of(remedy, seed, error):
        ...     return Score(remedy, seed, error, None, None, -1.0, -1.0, 9.0, 9.0, 10, 0, None)
        >>> plain = [of("vanilla", seed, error) for seed, error in enumerate((1.0, 2.0, 4.0))]
        >>> halved = [of("gru", seed, error / 2) for seed, error in enumerate((1.1, 2.0, 3.9))]
        >>> found = difference([*plain, *halved], "gru")
        >>> found.better, round(found.log2_ratio, 2), found.matters
        (3, -0.97, True)
    """
    known = list(scores)
    plain = {one.seed: one.error for one in known if one.remedy == PLAIN}
    pairs = [(one.error, plain[one.seed]) for one in known if one.remedy == remedy and one.seed in plain]
    pairs = [pair for pair in pairs if all(math.isfinite(value) and value > 0 for value in pair)]
    if not pairs:
        return None
    ratios = np.array([math.log2(own / other) for own, other in pairs])
    count = len(ratios)
    error = float(ratios.std(ddof=1)) / math.sqrt(count) if count > 1 else math.nan
    return Difference(
        count=count,
        better=int(np.count_nonzero(ratios < 0)),
        log2_ratio=float(ratios.mean()),
        standard_error=error,
        margin=STUDENT[min(count - 1, len(STUDENT)) - 1] * error if count > 1 else math.nan,
    )


def middle(values: Sequence[float]) -> tuple[float, float, float]:
    """The median, the least and the greatest of what is known; NaN where nothing is.

    Args:
        values: One for each seed; NaN where there is none.

    Runnable example:

        >>> middle([3.0, 1.0, float("nan"), 2.0])
        (2.0, 1.0, 3.0)
    """
    known: Floats = np.array([value for value in values if not math.isnan(value)])
    if not known.size:
        return math.nan, math.nan, math.nan
    return float(np.quantile(known, 0.5, method="lower")), float(known.min()), float(known.max())
