"""A training run as it was when a report was made."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace

from core import Baseline, Experiment, Given, Network, Trace, TrainingHistory
from core.training.profile import ProbeProfile, probe_profile
from core.training.recorded import RecordedHistory
from tui.explorer.session.subject import Subject


@dataclass(frozen=True, eq=False)
class Run:
    """A training run as it was when a report was made; `length` is how many steps its history had then."""

    history: TrainingHistory | RecordedHistory
    """What is known of its steps: of a training here it only grows, of one elsewhere it is as it was at the report"""
    length: int
    """Steps of training done"""
    profiles: tuple[ProbeProfile, ...]
    """The gradient by lag at some of the steps, step 0 with them"""
    running: bool = False
    seconds: float = 0.0
    """How long was worked on it"""
    given: Trace | Given | None = None
    """What was trained in the place of the settings' own network and data; None for these"""

    @property
    def subject(self) -> Subject:
        """The settings that are trained, or the network and data that were given."""
        return Subject(self.experiment, self.given)

    @property
    def baselines(self) -> tuple[Baseline, ...]:
        """The scores of predictors without a memory, which training has to beat."""
        return self.subject.baselines

    @property
    def start(self) -> Network:
        """The network before the first step."""
        return self.history.network

    @property
    def experiment(self) -> Experiment:
        """The settings it was made with."""
        return self.history.experiment

    @property
    def ended(self) -> str | None:
        """Why it cannot go on: what overflowed, or that all steps are done; None if it can."""
        if isinstance(self.history, RecordedHistory):
            return None
        if self.history.ended is not None:
            return self.history.ended
        return "all updates are done" if self.length >= self.experiment.training_steps else None

    @property
    def last_step(self) -> int:
        """The step after which the latest network stands: the last finite one."""
        return self.history.newest

    @property
    def stops(self) -> Sequence[int]:
        """The steps after which there is a network to show, in order."""
        if isinstance(self.history, RecordedHistory):
            return self.history.present or (self.last_step,)
        return range(self.last_step + 1)

    @property
    def clips(self) -> bool:
        """Whether its gradient is clipped; of recordings, whether that was seen."""
        if isinstance(self.history, RecordedHistory):
            return self.history.clips
        return self.experiment.clip != "none"

    @property
    def clip_at(self) -> float | None:
        """The norm, or the value, at which it is clipped; None where nobody said."""
        return None if isinstance(self.history, RecordedHistory) else self.experiment.clip_at

    @property
    def has_scores(self) -> bool:
        """Whether the loss or the metric of any step is known."""
        return any(not math.isnan(value) for value in self.history.scalars("metric")[: self.length])

    @property
    def goes_on_elsewhere(self) -> bool:
        """Whether its steps are recordings that another program writes."""
        return isinstance(self.history, RecordedHistory)

    @property
    def hurries(self) -> bool:
        """Whether its networks follow one another faster than is worth saying."""
        return self.running and not self.goes_on_elsewhere

    def under(self, experiment: Experiment) -> Run:
        """This run with other settings in force, where it is of recordings."""
        if not isinstance(self.history, RecordedHistory) or self.experiment == experiment:
            return self
        return replace(self, history=self.history.under(experiment))

    def nearest(self, step: int) -> int:
        """The step nearest to this one that can be shown."""
        at = bisect_left(self.stops, step)
        return min(self.stops[max(0, at - 1) : at + 1], key=lambda stop: abs(stop - step))

    def stepped(self, step: int, by: int) -> int:
        """The step so many further from this one, or back, of those that can be shown; the first or last beyond."""
        at = bisect_left(self.stops, step)
        between = at == len(self.stops) or self.stops[at] != step  # its file has gone since: it has no place of its own
        return self.stops[min(max(at + by - (between and by > 0), 0), len(self.stops) - 1)]

    def newer(self, step: int) -> int:
        """How many of the steps that can be shown come after this one."""
        return len(self.stops) - bisect_left(self.stops, step + 1)

    @staticmethod
    def of(subject: Subject) -> Run:
        """A run of which no step is done.

        Raises:
            ValueError: if the task's text is not there, or the network cannot be run.
        """
        if subject.watched is not None:
            return Run(RecordedHistory(subject.experiment, subject.watched.network), 0, (), given=subject.given)
        history = subject.history()
        profile = probe_profile(subject.experiment, history.latest.network, batch=subject.probe)
        return Run(history, 0, (profile,), given=subject.given)
