"""The networks of a tour's steps without a screen: each made, trained as far as its step says, and traced, once."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from core import Dynamics, Experiment, Trace, TrainingHistory, dynamics_of, run, train
from core.bptt.directions import goes_both_ways
from core.numerics.progress import Progress
from core.training.profile import probe_profiles
from tui.explorer.session.pins import Pins, Source, pinned
from tui.explorer.session.subject import Subject
from tui.explorer.session.tour import TourStep
from tui.report.page.training import FinishedRun
from tui.report.words.training import to_beat

PROFILES: Final = 12
"""So many networks of a training are measured for its charts, at most"""


@dataclass(frozen=True, eq=False)
class StepNetwork:
    """The network of a step on its data, and what may be shown of it."""

    trace: Trace
    run: FinishedRun | None = None
    """How it was trained, if it was"""

    @cached_property
    def dynamics(self) -> Dynamics | None:
        """What its Jacobians do; None where paths go both ways."""
        return None if goes_both_ways(self.trace.network) else dynamics_of(self.trace.tape)


@dataclass
class Networks:
    """Makes the networks of the steps of one tour, each of them once."""

    progress: Progress | None = None
    """Called with (done, total) while one is trained; raising from it ends the work"""
    _made: dict[tuple[Experiment, int], StepNetwork] = field(default_factory=dict)

    def of(self, step: TourStep) -> StepNetwork:
        """The network of a step; the default one in the place of a person's own.

        Raises:
            ValueError: it cannot be made, or its training ends before the update that the step is after.
        """
        return self._network(step.experiment or Experiment(), step.trained)

    def behind(self, step: TourStep) -> Pins:
        """The networks that are pinned behind that of a step.

        Raises:
            ValueError: one of them cannot be made.
        """
        pins: Pins = ()
        for one in step.behind:
            made = self._network(one.experiment, one.trained)
            pins = pinned(pins, made.trace, Source(Subject(one.experiment), one.trained), one.called)
        return pins

    def _network(self, experiment: Experiment, trained: int) -> StepNetwork:
        place = (experiment, trained)
        if place not in self._made:
            made = self._trained(experiment, trained) if trained else StepNetwork(run(experiment))
            self._made[place] = made
        return self._made[place]

    def _trained(self, experiment: Experiment, steps: int) -> StepNetwork:
        history = TrainingHistory(experiment.replace(training_steps=steps))
        for step in train(history.experiment, start=history.start, batches=history.batches):
            history.add(step)
            if self.progress is not None:
                self.progress(step.step, steps)
        latest = history.latest
        if latest.step < steps:
            raise ValueError(f"the training ended before update {steps}: {history.ended}")
        trace = run(experiment, network=latest.network, training_step=steps)
        profiles = tuple(probe_profiles(history, most=PROFILES))
        return StepNetwork(trace, FinishedRun(history, profiles, to_beat(experiment)))
