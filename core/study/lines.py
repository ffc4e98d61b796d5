"""The lines by lag of the networks that one seed after another makes: what of a chart is the settings' doing.

A summary keeps a rate of each line; here is the line itself, its size at every lag, of every seed. Networks of one kind
are computed together where that is sooner (`core.study.batched`), a few at a time, so that whoever waits hears of it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from core.bptt.joint import joint_tables, joint_tape
from core.bptt.lag_profile import Curve
from core.bptt.parameter_groups import Grouping
from core.bptt.rate import typical_curves
from core.numerics.frozen import FrozenMapping, FrozenRecord
from core.numerics.progress import Progress
from core.numerics.scaled import Floats, freeze
from core.settings.experiment import Experiment
from core.study.batched import Drawn, alike, at_once, goes_together, kind, lines_of, tables_of_lines
from core.study.grid import Grid, Vary, grid
from core.study.summary import LineSummary, line_summary
from core.tasks import make_batch
from core.tasks.drawn import make_network
from core.trace import Trace, run

SLICE: Final = 20
"""Networks that are computed together at most: some ten milliseconds of work where they are small"""


@dataclass(frozen=True)
class _Line:
    """A line of one network: its size by lag, and what is known of its rate."""

    log2: Floats
    summary: LineSummary


_Lines: TypeAlias = Mapping[str, _Line]
"""The lines of one network, by name"""


@dataclass(frozen=True, eq=False)
class EnsembleLines(FrozenRecord):
    """A line for every group of recurrent parameters, of each network that one seed after another makes.

    S networks, K lags: `log2` is (S, K) for each line, `rates` and `errors` are (S,).
    """

    experiment: Experiment
    seeds: tuple[int, ...]
    """Each is added to the experiment's own; those of networks that failed are not among them"""
    asked: int
    """How many networks were asked for"""
    curve: Curve
    """Which curve `log2` has: `typical` or `summed`, of all losses; or the t of one"""
    by: Grouping
    """What the parameters have in common that are one line"""
    log2: Mapping[str, Floats]
    """Line → (S, K) at [network, k]: log₂ of its size, −inf where it is exactly zero, NaN where there is no such lag"""
    rates: Mapping[str, Floats]
    """Line → (S,), the rate of each network in bits per step; NaN where there is none"""
    errors: Mapping[str, Floats]
    """Line → (S,), the standard error that each of these rates has of itself; NaN where there is none"""

    @property
    def failed(self) -> int:
        """How many networks are not there: their settings or data do not go together, or they leave float64 at once."""
        return self.asked - len(self.seeds)

    def quantiles(self, line: str, shares: Sequence[float]) -> Floats:
        """Between which sizes a line is over the seeds, (len(shares), K), as log₂.

        −inf where it is exactly zero, NaN where no network has such a lag or the quantile is between zero and a number.

        Args:
            line: Which line.
            shares: Which quantiles, in 0 … 1; 0.5 is the median.
        """
        return _quantiles(self.log2[line], shares)

    def rate_quantiles(self, line: str, shares: Sequence[float]) -> Floats:
        """Between which rates the networks are, (len(shares),), in bits per step; NaN where none has one.

        Args:
            line: Which line.
            shares: Which quantiles, in 0 … 1.
        """
        return _quantiles(self.rates[line][:, np.newaxis], shares)[:, 0]

    def place(self, line: str) -> tuple[int, int] | None:
        """Where the experiment's own network is among those that have a rate, from the least on, as (place, of all).

        None where it has no rate, or is not among the seeds.

        Args:
            line: Whose rates are compared.
        """
        if 0 not in self.seeds:
            return None
        rates = self.rates[line]
        own, known = rates[self.seeds.index(0)], rates[~np.isnan(rates)]
        return None if np.isnan(own) else (int(np.count_nonzero(known < own)) + 1, len(known))


def _quantiles(values: Floats, shares: Sequence[float]) -> Floats:
    """Quantiles along the first axis, of those that are known; an exact zero counts as less than any number."""
    ordered = np.sort(values, axis=0)  # NaN comes last
    count = np.count_nonzero(~np.isnan(values), axis=0)
    at = np.multiply.outer(np.asarray(shares, dtype=np.float64), np.maximum(count - 1, 0))
    low = np.floor(at).astype(np.intp)
    high = np.minimum(low + 1, np.maximum(count - 1, 0))
    below, above = (np.take_along_axis(ordered, place, axis=0) for place in (low, high))
    with np.errstate(invalid="ignore"):
        return np.where((at == low) | (below == above), below, below + (above - below) * (at - low))


def ensemble_lines(
    experiment: Experiment | None = None,
    seeds: int | Sequence[int] = 20,
    *,
    vary: Vary = "both",
    curve: Curve = "typical",
    by: Grouping = "source",
    progress: Progress | None = None,
) -> EnsembleLines:
    """The lines by lag of the networks that some settings make with one seed after another.

    They are the numbers of `core.run(…).profile(by)` of each network, sooner; a network that cannot be computed is left
    out, and counted.

    Args:
        experiment: The settings; None for the defaults.
        seeds: How many, or which, counted from those of the experiment: 0 is the experiment itself.
        vary: What a seed draws, as in `core.ensemble`.
        curve: `typical` or `summed`, of all losses; or the t of one loss.
        by: What the parameters of one line have in common.
        progress: Called with (networks done, networks in all); raising from it ends the work.

    Raises:
        ValueError: a seed is not allowed.

    Runnable example:

        >>> import core
        >>> found = core.ensemble_lines(core.Experiment(hidden_size=8), seeds=5)
        >>> found.log2["W_aa"].shape
        (5, 50)
        >>> low, middle, high = found.quantiles("W_aa", (0.1, 0.5, 0.9))[:, 20]
        >>> bool(low < middle < high)
        True
    """
    chosen = grid(experiment, seeds=seeds, vary=vary)
    found: dict[int, _Lines] = {}
    failed: set[int] = set()
    waiting: list[Drawn] = []

    def beat() -> None:
        if progress is not None:
            progress(len(found) + len(failed), len(chosen))

    def take() -> None:
        if waiting:
            found.update(_together(waiting, curve, by))
            waiting.clear()
            beat()

    for place in range(len(chosen)):
        try:
            one = chosen.experiment_at(place)
            drawn = Drawn(place, one, make_network(one), make_batch(one))
            if curve == "summed" or not goes_together(drawn.network, drawn.batch):
                found[place] = _of_trace(run(one, progress=lambda done, total: beat()), curve, by)
                beat()
                continue
        except ValueError:
            failed.add(place)
            continue
        if waiting and kind(waiting[0]) != kind(drawn):
            take()
        waiting.append(drawn)
        if len(waiting) >= min(SLICE, at_once(drawn)):
            take()
    take()
    return _gathered(chosen, dict(sorted(found.items())), curve, by)


def _together(group: Sequence[Drawn], curve: Curve, by: Grouping) -> Mapping[int, _Lines]:
    """The lines of networks of one kind, by their places; those that leave float64 by themselves."""
    joint, within = joint_tape([one.network for one in group], [one.batch for one in group])
    if not within.all():
        inside = [one for one, stays in zip(group, within, strict=True) if stays]
        outside = [one for one, stays in zip(group, within, strict=True) if not stays]
        alone = {one.place: lines for one in outside if (lines := _overflowing(one, curve, by))}
        return {**alone, **(_together(inside, curve, by) if inside else {})}
    found: dict[int, _Lines] = {}
    places = iter(one.place for one in group)
    for tables in tables_of_lines(joint, joint_tables(joint), by):
        curves = {name: _curves(table, curve) for name, table in tables.items() if name != "state"}
        for row, summaries in enumerate(lines_of(tables)):
            rates = {one.name: one for one in summaries}
            found[next(places)] = {name: _Line(log2[row], rates[name]) for name, log2 in curves.items()}
    return found


def _curves(table: Floats, curve: Curve) -> Floats:
    """One line's curve of each network, (N, K), from its tables (N, K, K) at [network, k, t−1]."""
    if isinstance(curve, int):
        there = 1 <= curve <= table.shape[2]
        return table[:, :curve, curve - 1] if there else table[:, :0, 0]
    found = np.empty(table.shape[:2])
    for places in alike({"": table}):
        found[places] = typical_curves(table[places])
    return found


def _overflowing(one: Drawn, curve: Curve, by: Grouping) -> _Lines:
    """The lines of a network that leaves float64, as far as it goes; none where not even its first step stays in it."""
    try:
        return _of_trace(run(one.experiment), curve, by)
    except ValueError:
        return {}


def _of_trace(trace: Trace, curve: Curve, by: Grouping) -> _Lines:
    profile, found = trace.profile(by), dict[str, _Line]()
    for name, group in trace.parameter_groups(by).items():
        if group.recurrent:
            found[name] = _Line(profile.curve(name, curve), line_summary(name, profile.rate(name), None))
    return found


def _gathered(chosen: Grid, found: Mapping[int, _Lines], curve: Curve, by: Grouping) -> EnsembleLines:
    """All of them, one below the other; what has fewer lags than another has no number there."""
    log2, rates, errors = dict[str, Floats](), dict[str, Floats](), dict[str, Floats]()
    for name in next(iter(found.values()), {}):
        own = [lines[name] for lines in found.values()]
        table = np.full((len(own), max(len(line.log2) for line in own)), np.nan)
        for row, line in zip(table, own, strict=True):
            row[: len(line.log2)] = line.log2
        log2[name] = table
        rates[name] = np.array([_known(line.summary.log2_per_step) for line in own])
        errors[name] = np.array([_known(line.summary.log2_standard_error) for line in own])
        freeze(log2[name], rates[name], errors[name])
    return EnsembleLines(
        experiment=chosen.experiment,
        seeds=tuple(chosen.seeds[place] for place in found),
        asked=len(chosen),
        curve=curve,
        by=by,
        log2=FrozenMapping(log2),
        rates=FrozenMapping(rates),
        errors=FrozenMapping(errors),
    )


def _known(value: float | None) -> float:
    return math.nan if value is None else value
