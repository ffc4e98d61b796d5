"""Tasks that ask for the next value of a series: real data, and noise that has no structure to learn."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from core.numerics.scaled import Floats
from core.settings.experiment import Experiment
from core.tasks.task import SQUARED_ERROR, Baseline, Distribution, Drawn, Following, ValueTask, laid_out

_NORMAL_THIRD = 0.4307272992954576
"""A third of a standard normal lies above it."""


@cache
def sunspots() -> tuple[NDArray[np.int64], Floats]:
    """Years and yearly mean sunspot numbers, 1700–2008 (NOAA National Geophysical Data Center)."""
    with (files("core.tasks") / "data" / "sunspots.csv").open(encoding="utf-8") as file:
        rows = list(csv.reader(file))[1:]
    return np.array([int(row[0]) for row in rows]), np.array([float(row[1]) for row in rows])


@cache
def _standardized() -> tuple[Floats, Distribution]:
    numbers = sunspots()[1]
    series = (numbers - numbers.mean()) / numbers.std()
    low, high = np.quantile(series, [1 / 3, 2 / 3])
    source = "the variance of the standardized series"
    return series, Distribution(0.0, 1.0, float(np.mean(series > 0)), (low, high), "always the mean", source)


class _Series(ValueTask):
    """One number in, one number asked for, at every step."""

    def input_size(self, experiment: Experiment) -> int:
        """n_x = 1: the number of this step."""
        return 1

    @staticmethod
    def _drawn(values: Floats, answers: Floats) -> Drawn:
        return Drawn(values[..., np.newaxis], answers, np.ones(len(values), dtype=bool))


class Sunspots(_Series):
    """Windows of the standardized series, and the same a year later; past the end it starts again."""

    def reach(self, experiment: Experiment) -> int:
        """One year before this one: the two say 83 % of the variance of the next, and 30 years 88 % (Yule 1927)."""
        return 1

    def draw(self, experiment: Experiment, rng: np.random.Generator) -> Drawn:
        """Windows that start in any year."""
        series = _standardized()[0]
        latest = len(series) - experiment.timesteps
        starts = rng.integers(latest if latest > 0 else len(series), size=experiment.batch_size)
        return self._windows(experiment, starts)

    def following(self, experiment: Experiment, index: int) -> Following:
        """Windows side by side from 1700 on."""
        steps = experiment.timesteps
        tiles = np.arange(0, max(len(_standardized()[0]) - steps, 1), steps)
        starts, continued = laid_out(tiles, steps, experiment.batch_size, index)
        return Following(self._windows(experiment, starts), continued)

    def _windows(self, experiment: Experiment, starts: NDArray[np.int64]) -> Drawn:
        series = _standardized()[0]
        at = starts + np.arange(experiment.timesteps)[:, np.newaxis]
        return self._drawn(series[at % len(series)], series[(at + 1) % len(series)])

    def distribution(self, experiment: Experiment) -> Distribution:
        """The distribution of the standardized sunspot numbers of the 309 years."""
        return _standardized()[1]

    def baselines(self, experiment: Experiment) -> tuple[Baseline, ...]:
        """The mean, and for values the year before: next year is as this one."""
        found = super().baselines(experiment)
        if experiment.readout != "identity":
            return found
        change = float(np.mean(np.square(np.diff(_standardized()[0]))))
        return (*found, Baseline("x⟨t⟩ again", change, SQUARED_ERROR, "the mean squared change from year to year"))


class Noise(_Series):
    """White noise, and other white noise for a target: the paths without the structure of data."""

    def reach(self, experiment: Experiment) -> int:
        """Nothing of the past says anything of what is asked for."""
        return 0

    def draw(self, experiment: Experiment, rng: np.random.Generator) -> Drawn:
        """Standard normal inputs and targets, independent of each other."""
        shape = (experiment.timesteps, experiment.batch_size)
        return self._drawn(rng.standard_normal(shape), rng.standard_normal(shape))

    def distribution(self, experiment: Experiment) -> Distribution:
        """The standard normal distribution, which nothing predicts."""
        source = "the variance of the noise: nothing does better"
        return Distribution(0.0, 1.0, 0.5, (-_NORMAL_THIRD, _NORMAL_THIRD), "always the mean", source)
