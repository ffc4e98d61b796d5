"""A grid of experiments: every combination of some settings' values, and for each of them several seeds.

Where settings are drawn at random, all of them are drawn together, `draws` times: a random search, and no product.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from typing import Final, Literal, get_args

import numpy as np

from core.numerics.frozen import FrozenMapping
from core.settings.experiment import Experiment, settings
from core.settings.hints import Value
from core.study.ranges import Drawn, values_of

Vary = Literal["both", "weights", "data"]
"""What another seed draws again: the weights and the data, or one of the two while the other is held"""

DRAWN_BY: Final[Mapping[Vary, tuple[str, ...]]] = {
    "both": ("seed", "data_seed"),
    "weights": ("seed",),
    "data": ("data_seed",),
}
"""What varies → the settings that a seed is added to"""

MOST_NETWORKS: Final = 1_000_000
"""The most networks of a grid"""


@dataclass(frozen=True)
class Axis:
    """A setting and its values; or settings that were drawn at random together, `values` then being the draws."""

    names: tuple[str, ...]
    values: tuple[tuple[Value, ...], ...]
    """At every place of the axis a value for each of the names"""
    logarithmic: bool = False
    """Whether equal factors, and not equal steps, lie between the values"""

    drawn: bool = False
    """Whether its values were drawn at random"""

    @property
    def name(self) -> str:
        """The setting's name; `draw` where values were drawn at random."""
        return self.names[0] if self.ordered else "draw"

    @property
    def ordered(self) -> bool:
        """Whether it is one setting whose values were listed, so that they can stand along an axis of a chart."""
        return not self.drawn

    @property
    def numeric(self) -> bool:
        """Whether its values are numbers of one setting."""
        return self.ordered and settings()[self.names[0]].kind in ("integer", "number")


@dataclass(frozen=True)
class Point:
    """A combination of values, and the places of its networks, one for each seed, among those of the grid."""

    values: Mapping[str, Value]
    """Setting → its value here, of those that differ in the grid"""
    networks: range
    """Their places among all networks of the grid"""


@dataclass(frozen=True)
class Grid:
    """Experiments side by side: every combination of the axes' values, and for each of them several seeds.

    The networks are numbered from 0, the seeds counting fastest, then the last axis.
    """

    experiment: Experiment
    """What everything else is as in"""
    axes: tuple[Axis, ...] = ()
    seeds: tuple[int, ...] = (0,)
    """Each is added to the experiment's own, of the weights, of the data, or both"""
    vary: Vary = "both"
    """What a seed draws: the weights and the data, or only one of the two, the other as in `experiment`"""
    trained: bool = field(default=False, kw_only=True)
    """Whether each network is trained first, for as many updates as its settings say"""

    def __len__(self) -> int:
        """How many networks there are."""
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def shape(self) -> tuple[int, ...]:
        """How many values each axis has, and how many seeds there are."""
        return (*(len(axis.values) for axis in self.axes), len(self.seeds))

    @cached_property
    def points(self) -> tuple[Point, ...]:
        """Every combination of values, the last axis counting fastest."""
        found, seeds = [], len(self.seeds)
        for place, choice in enumerate(product(*(axis.values for axis in self.axes))):
            values = {
                name: value
                for axis, chosen in zip(self.axes, choice, strict=True)
                for name, value in zip(axis.names, chosen, strict=True)
            }
            found.append(Point(FrozenMapping(values), range(place * seeds, (place + 1) * seeds)))
        return tuple(found)

    def offset(self, name: str, seed: int) -> int:
        """What a seed adds to the setting `seed` or `data_seed`.

        Args:
            name: The setting.
            seed: One of `seeds`.
        """
        return seed if name in DRAWN_BY[self.vary] else 0

    def experiment_at(self, network: int) -> Experiment:
        """The settings of one network.

        Args:
            network: Its place, from 0.

        Raises:
            InvalidSettingsError: these values do not go together.
        """
        point, seed = self.points[network // len(self.seeds)], self.seeds[network % len(self.seeds)]
        seeds = {name: getattr(self.experiment, name) + self.offset(name, seed) for name in DRAWN_BY[self.vary]}
        return self.experiment.replace(**{**seeds, **point.values})


def grid(
    experiment: Experiment | None = None,
    *,
    seeds: int | Sequence[int] = 1,
    vary: Vary = "both",
    draws: int = 0,
    trained: bool = False,
    **values: str | Value | Iterable[Value],
) -> Grid:
    """A grid over any settings: every combination of their values, with several seeds each.

    Args:
        experiment: What everything else is as in; None for the defaults.
        seeds: How many, or which; counted from those of the experiment, so that 0 is the experiment itself.
        vary: What a seed draws: `both`, the `weights` with the data held, or the `data` with the weights held.
        draws: How often the settings with a range to draw from, `0.5:2:random`, are drawn, all of them together. What
            is drawn depends on the experiment's seed.
        trained: Whether each network is trained first, for `training_steps` updates.
        **values: Setting → a value, several, or a text: `0.5:2:31` (both ends and what lies between, 31 values),
            `1e-3:10:9:log` (equal factors between them), `16,64,256`, `0.5:2:random`, `1e-3:10:random:log`.

    Raises:
        ValueError: a value is not allowed, a seed stands in two places, or there are too many networks.

    Runnable example:

        >>> import core
        >>> found = core.grid(gain="0.5:2:31", hidden_size=[16, 64, 256], seeds=10)
        >>> found.shape, len(found), found.experiment_at(11).hidden_size
        ((31, 3, 10), 930, 64)
    """
    experiment = Experiment() if experiment is None else experiment
    if vary not in get_args(Vary):
        raise ValueError(f"vary: {vary!r} was given, allowed is {', '.join(get_args(Vary))}")
    axes, random = [], list[Drawn]()
    for name, given in values.items():
        found = values_of(name, given)
        if isinstance(found, Drawn):
            random.append(found)
        else:
            axes.append(Axis((name,), tuple((value,) for value in found), _by_factors(name, found)))
    axes += _drawn_together(random, draws, experiment)
    chosen = _seeds(experiment, seeds)
    twice = [name for axis in axes for name in axis.names if name in DRAWN_BY[vary]]
    if twice and len(chosen) > 1:
        raise ValueError(
            f"{twice[0]} has values of its own, and seeds decide it too; give one of the two, or hold one by vary"
        )
    result = Grid(experiment, tuple(axes), chosen, vary, trained=trained)
    if len(result) > MOST_NETWORKS:
        raise ValueError(f"{len(result):,} networks were asked for, allowed is at most {MOST_NETWORKS:,}")
    return result


def _drawn_together(random: Sequence[Drawn], draws: int, experiment: Experiment) -> list[Axis]:
    """The axis of what is drawn at random, if anything is."""
    if bool(random) != bool(draws):
        missing = "draws says how often" if random else "no range is to be drawn from; write one as 0.5:2:random"
        raise ValueError(f"draws: {draws} was given: {missing}")
    if not random:
        return []
    if draws < 1:
        raise ValueError(f"draws: {draws} was given, allowed is 1 or more")
    # A stream for each setting, so that another setting does not draw this one's values again.
    columns = [
        one.values(np.random.default_rng([experiment.seed, *b"draw ", *one.name.encode()]), draws) for one in random
    ]
    return [Axis(tuple(one.name for one in random), tuple(zip(*columns, strict=True)), drawn=True)]


def _seeds(experiment: Experiment, seeds: int | Sequence[int]) -> tuple[int, ...]:
    found = tuple(range(seeds)) if isinstance(seeds, int) else tuple(dict.fromkeys(int(seed) for seed in seeds))
    if not found:
        raise ValueError(f"seeds: {seeds} was given, allowed is 1 or more, or a list of them")
    for name in ("seed", "data_seed"):
        for seed in (min(found), max(found)):
            settings()[name].parse(str(getattr(experiment, name) + seed))
    return found


def _by_factors(name: str, values: Sequence[Value]) -> bool:
    """Whether numbers are spaced by equal factors rather than by equal steps."""
    if settings()[name].kind not in ("integer", "number") or len(values) < 3:
        return False
    numbers = np.sort(np.array(values, dtype=np.float64))
    if numbers[0] <= 0:
        return False
    steps, factors = np.diff(numbers), np.diff(np.log(numbers))
    return bool(np.ptp(factors) / factors.mean() < np.ptp(steps) / steps.mean())
