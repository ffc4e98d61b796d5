"""The charts of a training on its page: the metric, the gradient's norms, and ρ with the factor per step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from tui.report.document import Drawing
from tui.report.figures.charts import training_figure
from tui.report.words.training import to_beat

if TYPE_CHECKING:
    from core.settings.experiment import Experiment
    from core.tasks import Baseline
    from core.training.history import TrainingHistory
    from core.training.profile import ProbeProfile


@dataclass(frozen=True, eq=False)
class FinishedRun:
    """A training as its charts see it, once it has ended."""

    history: TrainingHistory
    profiles: Sequence[ProbeProfile]
    """The gradient by lag at some of its steps"""
    baselines: Sequence[Baseline]

    @property
    def length(self) -> int:
        """How many steps of the run are shown: all."""
        return len(self.history)

    @property
    def last_step(self) -> int:
        """The step after which the latest network stands."""
        return self.history.latest.step

    @property
    def experiment(self) -> Experiment:
        """The settings that the run was made with."""
        return self.history.experiment

    @property
    def clips(self) -> bool:
        """Whether its gradient is clipped."""
        return self.experiment.clip != "none"

    @property
    def clip_at(self) -> float | None:
        """The norm, or the value, at which it is clipped."""
        return self.experiment.clip_at


def training_drawing(history: TrainingHistory, profiles: Sequence[ProbeProfile]) -> tuple[Drawing, ...]:
    """The charts of a run, over its updates; none of a run of which no update was done.

    Args:
        history: The run.
        profiles: The gradient by lag at some of its updates, as far as it is known.
    """
    if not len(history):
        return ()
    run = FinishedRun(history, profiles, to_beat(history.experiment))
    return (Drawing(partial(training_figure, run, "Training")),)
