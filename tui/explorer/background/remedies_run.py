"""The work behind the remedies side by side: each is trained in a thread, and what there is of them at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from core import Experiment
from core.numerics.progress import Progress
from core.training.profile import probe_profiles
from core.training.remedies import Compared, compare, remedies
from tui.explorer.background.responsiveness import limit_blas_threads
from tui.explorer.session.run import Run

MOST_PROFILES = 24
"""How many profiles the run of a remedy has, for when it is opened"""


@dataclass(frozen=True, eq=False)
class Row:
    """One remedy with what came of its training, or why it could not be trained."""

    name: str
    found: Compared | None
    """None if it does not go with the settings"""
    run: Run | None = None
    """The remedy's training, to be opened; None if not even its first step of time stayed within float64"""
    problem: str = ""


@dataclass(frozen=True, eq=False)
class TriedRemedies:
    """What is known of the remedies for one experiment."""

    experiment: Experiment
    rows: tuple[Row, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        """The remedies that were not tried yet."""
        known = {row.name for row in self.rows}
        return tuple(name for name in remedies() if name not in known)

    @property
    def compared(self) -> tuple[Compared, ...]:
        """The remedies that could be trained, with their scores and profiles."""
        return tuple(row.found for row in self.rows if row.found is not None)

    def with_row(self, row: Row) -> TriedRemedies:
        """What is known with one remedy more."""
        return replace(self, rows=(*self.rows, row))

    def is_of(self, experiment: Experiment) -> bool:
        """Whether it belongs to these settings: they are its own, or those of one of its rows."""
        return experiment == self.experiment or any(one.experiment == experiment for one in self.compared)


def try_remedies(tried: TriedRemedies, found: Callable[[Row], object], progress: Progress) -> None:
    """Train with each remedy that is missing.

    Args:
        tried: What is there.
        found: Called with each row as it is done.
        progress: Called with (updates done, updates in all); raising from it ends the work.
    """
    limit_blas_threads()
    names, steps = tried.missing, tried.experiment.training_steps

    def report(place: int, done: int, total: int) -> None:
        progress(place * steps + done, max(1, len(names) * steps))

    for place, name in enumerate(names):
        found(_tried(name, tried.experiment, partial(report, place)))


def _tried(name: str, experiment: Experiment, progress: Progress) -> Row:
    try:
        (found,) = compare(experiment, only=[name], progress=progress)
    except (ValueError, MemoryError) as error:
        return Row(name, None, None, str(error) or "not enough memory")
    if found.before is None:
        return Row(name, found)
    try:
        # The share of the work that this is does not show: the bar stands, and the work can still be ended.
        standing = partial(progress, experiment.training_steps, experiment.training_steps)
        profiles = tuple(probe_profiles(found.history, most=MOST_PROFILES, progress=lambda done, total: standing()))
    except ValueError:  # one of the networks between overflows on the probe batch
        profiles = tuple(one for one in (found.before, found.after) if one is not None)
    return Row(name, found, Run(found.history, len(found.history), profiles))
