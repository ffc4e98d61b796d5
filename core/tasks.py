"""Tasks: an Experiment's settings turned into a Batch of inputs and targets.

What is to be predicted is one number v⟨t⟩ a step; the read-out g decides how it is asked:

    identity   the value v⟨t⟩ itself
    sigmoid    whether v⟨t⟩ lies above the mean
    softmax    whether v⟨t⟩ lies in the low, middle or high third
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from core.batch import Batch
from core.experiment import Experiment
from core.readout import READOUTS, Targets
from core.scaled import Floats

_NORMAL_THIRD = 0.4307272992954576
"""A third of a standard normal lies above it."""


@cache
def sunspots() -> tuple[NDArray[np.int64], Floats]:
    """Years and yearly mean sunspot numbers, 1700–2008 (NOAA National Geophysical Data Center)."""
    with (files("core") / "data" / "sunspots.csv").open(encoding="utf-8") as file:
        rows = list(csv.reader(file))[1:]
    return np.array([int(row[0]) for row in rows]), np.array([float(row[1]) for row in rows])


def _sunspots(experiment: Experiment, rng: np.random.Generator) -> tuple[Floats, Floats, Floats]:
    """Windows of the standardised series, and the same a year later; past the end it starts again."""
    numbers = sunspots()[1]
    series = (numbers - numbers.mean()) / numbers.std()
    latest = len(series) - experiment.timesteps
    starts = rng.integers(latest if latest > 0 else len(series), size=experiment.batch_size)
    at = starts + np.arange(experiment.timesteps)[:, np.newaxis]
    return series[at % len(series)], series[(at + 1) % len(series)], np.quantile(series, [1 / 3, 2 / 3])


def _noise(experiment: Experiment, rng: np.random.Generator) -> tuple[Floats, Floats, Floats]:
    """White noise, and other white noise for a target: the paths without the structure of data."""
    shape = (experiment.timesteps, experiment.batch_size)
    return rng.standard_normal(shape), rng.standard_normal(shape), np.array([-1.0, 1.0]) * _NORMAL_THIRD


_Series = tuple[Floats, Floats, Floats]
"""Inputs x (T, B), values to predict v (T, B), and the two values that part v's distribution in thirds."""
TASKS: dict[str, Callable[[Experiment, np.random.Generator], _Series]] = {
    "sunspots": _sunspots,
    "noise": _noise,
}


def make_batch(experiment: Experiment) -> Batch:
    """The batch of an experiment: the same seed gives the same data whatever the network.

    The data, the initial state and the weights are drawn from streams of their own, so that changing one
    setting does not reshuffle what another decides.
    """
    values, wanted, thirds = TASKS[experiment.task](experiment, stream(experiment, "data"))
    scored = np.ones(experiment.timesteps, dtype=bool)
    if experiment.scored == "last":
        scored[:-1] = False
    initial_state = None
    if experiment.initial_state:
        shape = (experiment.batch_size, experiment.hidden_size)
        initial_state = experiment.initial_state * stream(experiment, "state").standard_normal(shape)
    return Batch(values[..., np.newaxis], _encode(wanted, thirds, experiment.readout), scored, initial_state)


def output_size(experiment: Experiment) -> int:
    """n_y: 3 classes for softmax, else one number."""
    return 3 if READOUTS[experiment.readout].classes else 1


def stream(experiment: Experiment, purpose: str) -> np.random.Generator:
    """The random generator of one purpose, independent of the others of the same seed."""
    return np.random.default_rng([experiment.seed, *purpose.encode()])


def _encode(wanted: Floats, thirds: Floats, readout: str) -> Targets:
    """Targets (T, B, n_y) or (T, B) for the read-out, from v (T, B) and the bounds of its thirds."""
    if readout == "softmax":
        return np.searchsorted(thirds, wanted)
    if readout == "sigmoid":
        return (wanted > 0).astype(np.float64)[..., np.newaxis]
    return wanted[..., np.newaxis]
