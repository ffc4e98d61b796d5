"""The work behind the remedies side by side: each is trained with several seeds in a thread; what there is of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from core import Experiment
from core.numerics.progress import Progress
from core.training.profile import probe_profiles
from core.training.remedies import Compared, compare, remedies
from core.training.remedies_over_seeds import Difference, Score, difference, score, with_seed
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


@dataclass(frozen=True)
class Trial:
    """A remedy with a seed."""

    name: str
    seed: int = 0
    """What is added to the seeds of the experiment"""

    def __str__(self) -> str:
        return f"{self.name}, seed {self.seed}" if self.seed else self.name


@dataclass(frozen=True, eq=False)
class Done:
    """What came of a trial: its score, and with the experiment's own seeds a row to be opened."""

    trial: Trial
    row: Row | None = None
    score: Score | None = None


SEEDS: Final = 5
"""How many seeds each remedy is tried with at first"""


@dataclass(frozen=True, eq=False)
class TriedRemedies:
    """What is known of the remedies for one experiment."""

    experiment: Experiment
    rows: tuple[Row, ...] = ()
    """What came out with the experiment's own seeds"""
    scores: tuple[Score, ...] = ()
    """What came out with these and with other seeds"""
    seeds: int = SEEDS
    """How many seeds are asked for"""
    refused: frozenset[Trial] = frozenset()
    """What could not be trained"""

    @property
    def missing(self) -> tuple[Trial, ...]:
        """What was not tried yet: every remedy with the first seed, then with the second, and so on."""
        known = {Trial(row.name) for row in self.rows} | {Trial(one.remedy, one.seed) for one in self.scores}
        hopeless = {row.name for row in self.rows if row.found is None}
        every = (Trial(name, seed) for seed in range(self.seeds) for name in remedies() if name not in hopeless)
        return tuple(one for one in every if one not in known and one not in self.refused)

    @property
    def total(self) -> int:
        """How many trials there are in all."""
        return self.seeds * len(remedies())

    @property
    def whole(self) -> int:
        """With how many seeds every remedy was tried, over which all are compared; 1 while the first is under way."""
        return max(1, min((one.seed for one in self.missing), default=self.seeds))

    @property
    def compared(self) -> tuple[Compared, ...]:
        """The remedies that could be trained with the experiment's own seeds, with their scores and profiles."""
        return tuple(row.found for row in self.rows if row.found is not None)

    def of(self, name: str) -> tuple[Score, ...]:
        """The scores of a remedy with the seeds with which every remedy was tried."""
        return tuple(one for one in self.scores if one.remedy == name and one.seed < self.whole)

    def difference(self, name: str) -> Difference | None:
        """A remedy against the plain network, over the seeds with which every remedy was tried."""
        return difference([one for one in self.scores if one.seed < self.whole], name)

    def with_done(self, done: Done) -> TriedRemedies:
        """What is known with one trial more."""
        rows = self.rows if done.row is None else (*self.rows, done.row)
        scores = self.scores if done.score is None else (*self.scores, done.score)
        refused = self.refused if done.score is not None or done.row is not None else self.refused | {done.trial}
        return replace(self, rows=rows, scores=scores, refused=refused)

    def is_of(self, experiment: Experiment) -> bool:
        """Whether it belongs to these settings: they are its own, or those of one of its rows."""
        return experiment == self.experiment or any(one.experiment == experiment for one in self.compared)


def try_remedies(tried: TriedRemedies, found: Callable[[Done], object], progress: Progress) -> None:
    """Train with each remedy and seed that is missing.

    Args:
        tried: What is there.
        found: Called with what came of each as it is done.
        progress: Called with (updates done, updates in all); raising from it ends the work.
    """
    limit_blas_threads()
    trials, steps = tried.missing, tried.experiment.training_steps
    hopeless: set[str] = set()

    def report(place: int, done: int, total: int) -> None:
        progress(place * steps + done, max(1, len(trials) * steps))

    for place, trial in enumerate(trials):
        if trial.name not in hopeless:
            done = _tried(trial, tried.experiment, partial(report, place))
            if done.row is not None and done.row.found is None:
                hopeless.add(trial.name)
            found(done)


def _tried(trial: Trial, experiment: Experiment, progress: Progress) -> Done:
    try:
        (found,) = compare(with_seed(experiment, trial.seed), only=[trial.name], progress=progress)
    except (ValueError, MemoryError) as error:
        problem = Row(trial.name, None, None, str(error) or "not enough memory")
        return Done(trial, None if trial.seed else problem)
    own = score(found, trial.seed)
    if trial.seed:
        return Done(trial, score=own)
    if found.before is None:
        return Done(trial, Row(trial.name, found), own)
    try:
        # The share of the work that this is does not show: the bar stands, and the work can still be ended.
        standing = partial(progress, experiment.training_steps, experiment.training_steps)
        profiles = tuple(probe_profiles(found.history, most=MOST_PROFILES, progress=lambda done, total: standing()))
    except ValueError:  # one of the networks between overflows on the probe batch
        profiles = tuple(one for one in (found.before, found.after) if one is not None)
    return Done(trial, Row(trial.name, found, Run(found.history, len(found.history), profiles)), own)
