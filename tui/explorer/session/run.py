"""A training run as it was when a report was made."""

from __future__ import annotations

from dataclasses import dataclass

from core import Baseline, Experiment, Given, Network, Trace, TrainingHistory
from core.training.profile import ProbeProfile, probe_profile
from tui.explorer.session.subject import Subject


@dataclass(frozen=True, eq=False)
class Run:
    """A training run as it was when a report was made. Its history only grows; `length` is what it had then."""

    history: TrainingHistory
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
        return self.history.start.network

    @property
    def experiment(self) -> Experiment:
        """The settings it was made with."""
        return self.history.experiment

    @property
    def ended(self) -> str | None:
        """Why it cannot go on: what overflowed, or that all steps are done; None if it can."""
        if self.history.ended is not None:
            return self.history.ended
        return "all updates are done" if self.length >= self.experiment.training_steps else None

    @property
    def last_step(self) -> int:
        """The step after which the latest network stands: the last finite one."""
        return self.history.latest.step

    @staticmethod
    def of(subject: Subject) -> Run:
        """A run of which no step is done.

        Raises:
            ValueError: if the task's text is not there, or the network cannot be run.
        """
        history = subject.history()
        profile = probe_profile(subject.experiment, history.latest.network, batch=subject.probe)
        return Run(history, 0, (profile,), given=subject.given)
