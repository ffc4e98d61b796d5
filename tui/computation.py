"""The work behind the screen: an experiment made into a trace, and one loss of it followed back."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

from threadpoolctl import threadpool_limits

from core import BackwardStep, Experiment, Trace, backward_steps, run
from core.lags import Progress

Walk: TypeAlias = tuple[BackwardStep, ...]
"""The backward steps, the first at s = T"""


class Superseded(Exception):
    """A computation was overtaken by a newer one, or stopped."""


@dataclass(frozen=True, eq=False)
class Result:
    """What belongs together on the screen."""

    trace: Trace
    loss: int | None
    """The t of the loss that is followed, None for all of them"""
    walk: Walk
    """The way back of that loss"""


def compute(experiment: Experiment, loss: int | None, trace: Trace | None, progress: Progress) -> Result:
    """Make the trace, unless it is there already, and follow a loss of it back.

    A loss that this trace does not have is let go of.

    Raises:
        ValueError, MemoryError: if the settings cannot be run.
    """
    _leave_a_core()
    trace = run(experiment, progress=progress) if trace is None else trace
    if loss is None or not trace.lags.scored[loss - 1 : loss].any():
        return Result(trace, None, trace.steps)
    return Result(trace, loss, tuple(backward_steps(trace.tape, losses=[loss])))


@cache
def _leave_a_core() -> None:
    """Keep the linear algebra off one core, for the interface.

    On a busy machine its threads would also wait for each other longer than they work.
    """
    threadpool_limits(max(1, (os.cpu_count() or 1) - 1), user_api="blas")
