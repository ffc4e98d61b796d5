"""The charts of a training on its page: the metric, the gradient's norms, and ρ with the factor per step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from tui.report.charts.training import dynamics_chart, metric_chart, norms_chart
from tui.report.document import Figure, Sized
from tui.report.words.training import to_beat

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.settings.experiment import Experiment
    from core.tasks import Baseline
    from core.training.history import TrainingHistory
    from core.training.profile import ProbeProfile
    from tui.report.charts.model import Chart


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


def training_figures(history: TrainingHistory, profiles: Sequence[ProbeProfile]) -> tuple[Figure, ...]:
    """The charts of a run, over its updates.

    Args:
        history: The run.
        profiles: The gradient by lag before and after, as far as they are known.
    """
    if not len(history):
        return ()
    run = FinishedRun(history, profiles, to_beat(history.experiment))
    charts: dict[str, Callable[..., Chart]] = {
        "The metric on each batch over the updates of the training, and what needs no memory to reach.": metric_chart,
        "The size of the gradient over all parameters at each update.": norms_chart,
        "The spectral radius of the recurrent matrices, and by what each step back multiplies the gradient.": (
            dynamics_chart
        ),
    }
    return tuple(Figure(Sized(partial(chart, run, step=run.last_step)), "", said) for said, chart in charts.items())
