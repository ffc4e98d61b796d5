"""What a sweep has found: every network's summary, and what the seeds of a combination of settings have in common.

There are two uncertainties, and they are not the same. The standard error *of this network* says how far its rate may
be from that of other data; the scatter *over seeds* says how far another network of the same settings is from it. The
first is no hint of the second: of the default setting the one is about ±0.06, the other ±0.12 in the factor per step.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from core.numerics.frozen import FrozenMapping, FrozenRecord
from core.numerics.scaled import Floats, freeze
from core.settings.identity import program_version
from core.study import exports
from core.study.grid import Grid, Point
from core.study.outcome import Failure, Outcome, Result
from core.study.over_seeds import OverSeeds, over_seeds
from core.study.quantities import QUANTITIES, Quantity
from core.study.summary import Summary

if TYPE_CHECKING:
    import xarray


@dataclass(frozen=True, eq=False)
class Study(FrozenRecord):
    """What a sweep has found; what has not been computed, as after an interruption, is not among the outcomes."""

    grid: Grid
    outcomes: Mapping[int, Outcome]
    """Place of a network in the grid → its summary, or why there is none"""
    version: str = field(default_factory=program_version)
    """The version of the program"""

    def __repr__(self) -> str:
        tried, failed = len(self.outcomes), len(self.failures)
        return f"Study({self.grid.shape} networks: {tried} of {len(self.grid)} tried, {failed} failed)"

    @property
    def complete(self) -> bool:
        """Whether every network of the grid has been tried."""
        return len(self.outcomes) == len(self.grid)

    @property
    def points(self) -> tuple[Point, ...]:
        """Every combination of values, the last axis counting fastest."""
        return self.grid.points

    @property
    def failures(self) -> Mapping[int, Failure]:
        """Place of a network → why it has no summary."""
        return {place: one for place, one in sorted(self.outcomes.items()) if isinstance(one, Failure)}

    def summary(self, network: int) -> Summary | None:
        """The summary of one network; None where there is none.

        Args:
            network: Its place in the grid.
        """
        found = self.outcomes.get(network)
        return found.summary if isinstance(found, Result) else None

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The lines of the lag profile that any network has, `state` first."""
        names = (line.name for one in self.results.values() for line in one.summary.lines)
        return tuple(dict.fromkeys(names))

    @cached_property
    def results(self) -> Mapping[int, Result]:
        """Place of a network → its summary and its time, of those that have one."""
        return {place: one for place, one in sorted(self.outcomes.items()) if isinstance(one, Result)}

    def values(self, quantity: str, line: str = "state") -> Floats:
        """A quantity of every network, in the shape of the grid: the axes, then the seeds.

        Args:
            quantity: Its name, one of `core.study.quantities.QUANTITIES`.
            line: Of which line of the lag profile, where each has its own.

        Returns:
            NaN where a network has no such number; a horizon beyond the last lag is ∞.

        Raises:
            ValueError: there is no such quantity.
        """
        own = _quantity(quantity)
        return self._array(lambda result: own.of(result, line))

    def errors(self, quantity: str, line: str = "state") -> Floats:
        """The standard error that each network has of itself, in the shape of the grid; NaN where there is none.

        Args:
            quantity: Its name.
            line: Of which line of the lag profile, where each has its own.

        Raises:
            ValueError: there is no such quantity.
        """
        error = _quantity(quantity).error
        return self._array(lambda result: math.nan if error is None else error(result.summary, line))

    def _array(self, number: Any) -> Floats:
        found = np.full(len(self.grid), np.nan)
        for place, result in self.results.items():
            found[place] = number(result)
        found = found.reshape(self.grid.shape)
        freeze(found)
        return found

    def over_seeds(self, quantity: str = "rate", line: str = "state") -> tuple[OverSeeds, ...]:
        """A quantity over the seeds of each combination of settings, in the order of `points`.

        Args:
            quantity: Its name.
            line: Of which line of the lag profile, where each has its own.

        Raises:
            ValueError: there is no such quantity.
        """
        seeds = len(self.grid.seeds)
        values, errors = (
            found.reshape(-1, seeds) for found in (self.values(quantity, line), self.errors(quantity, line))
        )
        return tuple(over_seeds(own, error) for own, error in zip(values, errors, strict=True))

    def regimes(self, line: str = "state") -> tuple[Mapping[str, int], ...]:
        """How many networks of each combination of settings have which regime, in the order of `points`.

        Args:
            line: Of which line of the lag profile.
        """
        found = []
        for point in self.points:
            count: dict[str, int] = {}
            for network in point.networks:
                summary = self.summary(network)
                for own in () if summary is None else summary.lines:
                    if own.name == line:
                        count[own.regime] = count.get(own.regime, 0) + 1
            found.append(FrozenMapping(count))
        return tuple(found)

    def rows(self) -> tuple[tuple[str, ...], list[list[Any]]]:
        """A row for every network that was tried, under columns of the same names: for a table.

        Returns:
            The names of the columns, and the rows: a cell is text, a number, or None where there is none.
        """
        return exports.rows(self)

    def record(self) -> dict[str, Any]:
        """Everything as plain dictionaries, lists and numbers, as `json.dumps(…, allow_nan=False)` takes them."""
        return exports.record(self)

    def arrays(self) -> dict[str, Any]:
        """Every quantity in the shape of the grid, as `numpy.savez` takes them.

        `rate_state`, `rate_error_state`, `horizon_state` and `share_of_past_state`, and so for each line of the lag
        profile; `loss` and the others; `axis_0`, `axis_1`, … the values along the axes, `axes` what they are called,
        `seeds`, and `failed`, true where a network failed.
        """
        return exports.arrays(self)

    def to_xarray(self) -> xarray.Dataset:
        """Every quantity as a labeled array: the axes and `seeds` are its dimensions, the settings its attributes.

        Raises:
            ImportError: xarray is not installed.
        """
        return exports.to_xarray(self)


def _quantity(name: str) -> Quantity:
    if name not in QUANTITIES:
        raise ValueError(f"quantity: {name!r} was given, allowed is {', '.join(QUANTITIES)}")
    return QUANTITIES[name]
