"""The edge: at which value of a setting a gradient neither vanishes nor explodes, for each seed of an ensemble.

Of every seed the setting is moved by itself, everything else held, until its rate is ×1 per step, or 1 % is left at a
lag. So each seed has a critical value of its own, and their mean and scatter say what the settings decide and what the
seed does. Where there are several, as beyond the edge of chaos, it is the first from the lowest value on.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TypeAlias

from core.numerics.progress import Progress
from core.settings.experiment import Experiment, InvalidSettingsError
from core.settings.hints import Value
from core.study.edge import SCANNED, Coordinate, Search, coordinate
from core.study.evaluate import HERE, estimate, evaluate
from core.study.grid import Vary, grid
from core.study.outcome import Result
from core.study.over_seeds import OverSeeds, over_seeds
from core.study.pool import WorkerPool
from core.study.quantities import QUANTITIES, line_of
from core.study.store import Store
from core.study.summary import Summary
from core.study.work import What

Measure: TypeAlias = Callable[[list[tuple[Search, float]]], list[tuple[float, float]]]
"""[(search, place), …] → for each (what is to become 0, its standard error), NaN where the network failed"""


@dataclass(frozen=True)
class Critical:
    """The critical value of a setting, of each seed and of all of them together."""

    experiment: Experiment
    name: str
    """The setting"""
    horizon: int | None
    """The lag at which 1 % is left; None where the rate is ×1 per step"""
    searched: tuple[float, float]
    """From the lowest to the highest value that was looked at"""
    seeds: tuple[int, ...]
    """Each is added to the experiment's own"""
    values: tuple[float, ...]
    """The critical value of each seed; NaN where there is none in between"""
    errors: tuple[float, ...]
    """How far each may be from that of other data: the standard error of that network's rate over its slope; NaN where
    that is not known, and for a horizon"""
    below: int
    """How many seeds' gradients vanish over the whole range"""
    above: int
    """How many seeds' gradients explode, or outlast the lag, over the whole range"""
    failed: int
    """How many seeds failed on the way"""
    networks: int
    """How many networks were computed"""

    @property
    def over_seeds(self) -> OverSeeds:
        """The critical value over the seeds that have one."""
        import numpy as np

        return over_seeds(np.array(self.values), np.array(self.errors))

    @property
    def value(self) -> float:
        """The mean over the seeds that have one; NaN where none has."""
        return self.over_seeds.mean

    @property
    def standard_error(self) -> float:
        """How far the mean over seeds may be from that over all seeds; NaN for fewer than 2."""
        return self.over_seeds.standard_error


def critical(
    experiment: Experiment | None = None,
    name: str = "gain",
    *,
    horizon: int | None = None,
    seeds: int | Sequence[int] = 20,
    vary: Vary = "both",
    low: float | None = None,
    high: float | None = None,
    trained: bool = False,
    executor: Executor | None = None,
    store: Store | Path | str | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Critical:
    """The value of a setting at which the gradient's rate is ×1, or at which 1 % of it is left at a lag.

    Args:
        experiment: What everything else is as in; None for the defaults.
        name: The setting, a number.
        horizon: The lag at which 1 % is to be left; None asks for a rate of ×1 per step. The sequence has to be longer.
        seeds: How many networks, or which, as in `core.ensemble`.
        vary: What a seed draws, as in `core.ensemble`.
        low: The lowest value to look at; None for where the setting's slider begins.
        high: The highest value to look at; None for where the setting's slider ends.
        trained: Whether each network is trained first.
        executor: Who computes, as in `core.sweep`.
        store: Where results are kept, as in `core.sweep`.
        workers: How many at a time, as in `core.sweep`.
        progress: Called with (networks done, about how many in all); raising from it ends the work.

    Raises:
        ValueError: the setting is no number, the range is none, or the sequence is too short for the horizon.

    Runnable example, a linear network, whose rate is that of its matrix times the gain:

        >>> import core
        >>> still = core.Experiment(activation="identity", initializer="orthogonal", timesteps=30)
        >>> found = core.critical(still, "gain", seeds=3)
        >>> round(found.value, 2), found.standard_error < 0.01
        (1.0, True)
    """
    experiment = Experiment() if experiment is None else experiment
    axis = coordinate(name, low, high)
    if horizon is not None and not 1 <= horizon < experiment.timesteps:
        raise ValueError(
            f"horizon: {horizon} was given, allowed is 1 … {experiment.timesteps - 1} for {experiment.timesteps} "
            "timesteps; give more timesteps"
        )
    chosen = grid(experiment, seeds=seeds, vary=vary, trained=trained)
    searches = [Search(seed) for seed in chosen.seeds]
    starts = {search.seed: chosen.experiment_at(place) for place, search in enumerate(searches)}
    planned, done = len(searches) * (SCANNED + axis.rounds), 0
    with ExitStack() as stack:
        opened = store
        if isinstance(store, str | Path):
            opened = stack.enter_context(closing(Store(store)))
        what = What(trained)
        if executor is None and planned * estimate(experiment, what) > HERE:
            executor = stack.enter_context(WorkerPool(workers))
        ask = _asked(opened if isinstance(opened, Store) else None, what, executor, workers, horizon)

        def measured(places: list[tuple[Search, float]]) -> list[tuple[float, float]]:
            nonlocal done
            before = done

            def beat(part: int, whole: int) -> None:
                if progress is not None:
                    progress(min(before + part, planned), planned)

            made = [_replaced(starts[search.seed], name, axis.value(place)) for search, place in places]
            found = ask(made, beat)
            done += len(places)
            return found

        _scan(searches, axis, measured)
        _halve(searches, axis, measured)
    values = [axis.critical(one, exact=horizon is None) for one in searches]
    none = [one for one in searches if math.isnan(one.low)]
    signs = [[value for _, value, _ in one.scanned if not math.isnan(value)] for one in none]
    return Critical(
        experiment=experiment,
        name=name,
        horizon=horizon,
        searched=(float(axis.value(axis.low)), float(axis.value(axis.high))),
        seeds=chosen.seeds,
        values=tuple(values),
        errors=tuple(axis.widened(one, value) for one, value in zip(searches, values, strict=True)),
        below=sum(1 for some in signs if some and max(some) < 0),
        above=sum(1 for some in signs if some and min(some) >= 0),
        failed=sum(1 for some in signs if not some),
        networks=done,
    )


def _replaced(experiment: Experiment, name: str, value: Value) -> Experiment | InvalidSettingsError:
    try:
        return experiment.replace(**{name: value})
    except InvalidSettingsError as error:
        return error


def _asked(
    store: Store | None, what: What, executor: Executor | None, workers: int | None, horizon: int | None
) -> Callable[[list[Experiment | InvalidSettingsError], Progress], list[tuple[float, float]]]:
    """What measures networks: (what is to become 0, its standard error) of each, NaN where it failed."""

    def ask(experiments: list[Experiment | InvalidSettingsError], progress: Progress) -> list[tuple[float, float]]:
        found = dict(
            evaluate(experiments, what=what, executor=executor, store=store, workers=workers, progress=progress)
        )
        outcomes = [found[place] for place in range(len(experiments))]
        return [_reading(one, horizon) if isinstance(one, Result) else (math.nan, math.nan) for one in outcomes]

    return ask


def _reading(result: Result, horizon: int | None) -> tuple[float, float]:
    """What is below 0 where a gradient vanishes too soon, and 0 or above where it does not; and its error."""
    summary: Summary = result.summary
    if horizon is not None:
        reached = QUANTITIES["horizon"].of(result, "state")
        # The horizon is the first lag with less than 1 %.
        return (math.nan if math.isnan(reached) else math.copysign(1.0, reached - horizon - 0.5)), math.nan
    line = line_of(summary, "state")
    if line is None or line.log2_per_step is None:
        return (-math.inf if line is not None and line.regime in ("vanishing", "absent") else math.nan), math.nan
    return line.log2_per_step, math.nan if line.log2_standard_error is None else line.log2_standard_error


def _scan(searches: list[Search], axis: Coordinate, measured: Measure) -> None:
    """Look at the whole range, and put each search between the first two values with the edge between them."""
    asked = [(search, place) for search in searches for place in axis.places()]
    for (search, place), (value, error) in zip(asked, measured(asked), strict=True):
        search.scanned.append((place, value, error))
    for search in searches:
        known = [one for one in search.scanned if not math.isnan(one[1])]
        for (x, before, _), (x_next, after, _) in pairwise(known):
            if (before < 0) != (after < 0):
                search.low, search.high, search.at_low, search.at_high = x, x_next, before, after
                break


def _halve(searches: list[Search], axis: Coordinate, measured: Measure) -> None:
    """Halve the step of every search that has one, all of them together, until it is small enough."""
    for _ in range(axis.rounds):
        steps = [(one, axis.between(one.low, one.high)) for one in searches if not math.isnan(one.low)]
        halved = [(one, place) for one, place in steps if one.low < place < one.high]
        if not halved:
            return
        for (one, place), (value, error) in zip(halved, measured(halved), strict=True):
            one.scanned.append((place, value, error))
            if (value < 0) == (one.at_low < 0):
                one.low, one.at_low = place, value
            else:
                one.high, one.at_high = place, value
