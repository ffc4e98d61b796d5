"""What a sweep in the explorer is asked for, as it is typed, and what there is of it: immutable values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from core import Experiment
from core import settings as all_settings
from core.settings.experiment import InvalidSettingsError
from core.study.around import around, can_be_an_axis
from core.study.coarse_to_fine import Place, first_step, next_round
from core.study.evaluate import estimate
from core.study.grid import Grid, grid
from core.study.outcome import Outcome
from core.study.study import Study
from core.study.work import What

MOST_POINTS = 4000
"""Combinations of a sweep on the screen: as many as can be told apart there"""

SEEDS = 5


@dataclass(frozen=True)
class SweepRequest:
    """What is asked for, as it stands in the fields."""

    experiment: Experiment
    """What everything else is as in"""
    across: str = "gain"
    across_values: str = ""
    down: str = ""
    """Empty for a sweep over one setting"""
    down_values: str = ""
    seeds: str = str(SEEDS)
    store: str = ""
    """The file that results are kept in; empty for none"""
    lyapunov: bool = False

    def with_field(self, name: str, text: str) -> SweepRequest:
        """What is asked for with another text in one of the fields.

        Args:
            name: The field, an attribute of this.
            text: What stands in it.
        """
        return replace(self, **{name: text})  # type: ignore[arg-type]

    @property
    def what(self) -> What:
        """What is to be found out of each network."""
        return What(lyapunov=self.lyapunov)

    def grid(self) -> Grid:
        """The grid that is asked for.

        Raises:
            ValueError: what is typed is no grid; the message says what is allowed.
        """
        if not self.seeds.strip().isdecimal() or not 1 <= int(self.seeds) <= 1000:
            raise ValueError(f"seeds: {self.seeds!r} was given, allowed is a whole number 1 … 1000")
        if self.across == self.down:
            raise ValueError(f"{self.across} was chosen for both axes; choose another for one, or none")
        axes = {self.across: self.across_values}
        if self.down:
            axes[self.down] = self.down_values
        if any("random" in values for values in axes.values()):
            raise ValueError("values drawn at random have no place along an axis; write lowest:highest:count")
        found = grid(self.experiment, seeds=int(self.seeds), **axes)  # type: ignore[arg-type]
        if len(found.points) > MOST_POINTS:
            raise ValueError(f"{len(found.points):,} combinations were asked for, allowed is at most {MOST_POINTS:,}")
        return found


def offered_axes(experiment: Experiment) -> tuple[str, ...]:
    """The settings that can be an axis, in the order of the form."""
    return tuple(name for name, setting in all_settings().items() if can_be_an_axis(setting, experiment))


def first_request(experiment: Experiment) -> SweepRequest:
    """What a sweep begins with: the gain, or what there is in its place, against the size."""
    names = offered_axes(experiment)
    across = next(name for name in ("gain", *names) if name in names)
    down = next((name for name in ("hidden_size", *names) if name in names and name != across), "")
    request = SweepRequest(experiment, across, around(experiment, across))
    return replace(request, down=down, down_values=around(experiment, down) if down else "")


@dataclass(frozen=True, eq=False)
class Swept:
    """A sweep: what was asked for, its grid, and what has come so far."""

    request: SweepRequest
    grid: Grid | None = None
    """None before the first start"""
    outcomes: Mapping[int, Outcome] = field(default_factory=dict)
    before: Mapping[int, Outcome] = field(default_factory=dict)
    """What there was of these networks before λ₁ was asked for: shown until it has been measured, too"""
    drawn: str = "rate"
    """The name of what is drawn, one of `tui.report.charts.drawn.DRAWN`"""
    cursor: int = 0
    """The combination that is pointed at"""

    @property
    def study(self) -> Study | None:
        """What there is, to be drawn and written."""
        return None if self.grid is None else Study(self.grid, {**self.before, **self.outcomes})

    @property
    def missing(self) -> bool:
        """Whether there is still something to compute."""
        return self.grid is None or len(self.outcomes) < len(self.grid)

    def is_of(self, experiment: Experiment) -> bool:
        """Whether it belongs to these settings: all else is as in them, or they are one of its networks."""
        if experiment == self.request.experiment:
            return True
        if self.grid is None:
            return False
        varied = {name: None for axis in self.grid.axes for name in axis.names} | {"seed": None, "data_seed": None}
        return experiment.model_dump() | varied == self.request.experiment.model_dump() | varied


def seconds_of(found: Grid, lyapunov: bool = False) -> float:
    """About how long a grid takes, judged by its first and its last network, in the middle between them.

    Args:
        found: The grid.
        lyapunov: Whether λ₁ is measured too.
    """
    seconds = []
    for network in {0, len(found) - 1}:
        try:
            seconds.append(estimate(found.experiment_at(network), What(lyapunov=lyapunov)))
        except InvalidSettingsError:
            continue
    return len(found) * sum(seconds) / max(len(seconds), 1)


def next_networks(found: Grid, outcomes: Mapping[int, Outcome]) -> tuple[int, ...]:
    """The networks that are computed next: those of a round of combinations, as `core.study.coarse_to_fine` has it.

    Two combinations are alike where most of their networks have the same regime.

    Args:
        found: The grid, of one axis or two.
        outcomes: What there is.
    """
    study, shape = Study(found, outcomes), found.shape[:-1]
    steps = [first_step(len(axis.values)) if axis.numeric else 1 for axis in found.axes]
    known: dict[Place, str] = {}
    for index, (point, regimes) in enumerate(zip(found.points, study.regimes(), strict=True)):
        if all(network in outcomes for network in point.networks):
            known[_place(index, shape)] = max(regimes, key=lambda name: regimes[name], default="")
    return tuple(
        network
        for place in next_round(shape, steps, known)
        for network in found.points[_index(place, shape)].networks
        if network not in outcomes
    )


def nearest_point(found: Grid) -> int:
    """The combination that is nearest to the settings that all else is as in.

    Args:
        found: The grid, of axes of one setting each.
    """
    place = []
    for axis in found.axes:
        own, values = getattr(found.experiment, axis.name), [value for (value,) in axis.values]
        if axis.numeric:
            place.append(min(range(len(values)), key=lambda i, of=values, to=own: abs(float(of[i]) - to)))  # type: ignore[misc]
        else:
            place.append(values.index(own) if own in values else 0)
    return _index(tuple(place), found.shape[:-1])


def _place(index: int, shape: tuple[int, ...]) -> Place:
    place = []
    for count in reversed(shape):
        index, at = divmod(index, count)
        place.append(at)
    return tuple(reversed(place))


def _index(place: Place, shape: tuple[int, ...]) -> int:
    index = 0
    for at, count in zip(place, shape, strict=True):
        index = index * count + at
    return index
