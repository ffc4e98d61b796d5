"""The work behind the screen: an experiment made into a trace, and one loss of it followed back."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache

from threadpoolctl import threadpool_limits

from core import BackwardWalk, Experiment, Trace, backward_walk, run
from core.bptt import Progress
from core.families import GROUPINGS, grouped


class Superseded(Exception):
    """A computation was overtaken by a newer one, or stopped."""


@dataclass(frozen=True, eq=False)
class Result:
    """What belongs together on the screen."""

    trace: Trace
    loss: int | None
    """The t of the loss that is followed, None for all of them"""
    walk: BackwardWalk
    """The way back of that loss"""


def compute(experiment: Experiment, loss: int | None, trace: Trace | None, progress: Progress) -> Result:
    """Make the trace, unless it is there already, and follow a loss of it back.

    A loss that this trace does not have is let go of.

    Raises:
        ValueError, MemoryError: if the settings cannot be run.
    """
    _leave_a_core()
    trace = run(experiment, progress=progress) if trace is None else trace
    if loss is not None and not trace.lags.scored[loss - 1 : loss].any():
        loss = None
    walk = trace.walk if loss is None else backward_walk(trace.tape, losses=[loss], progress=progress)
    # These are made when first asked for, which must not be on the interface's thread.
    _ = walk.log2_so_far
    for by in GROUPINGS if grouped(trace.network) else GROUPINGS[:1]:
        profile = trace.profile(by)
        for name in profile.log2_norm:
            profile.typical(name)
            profile.rate(name)
    return Result(trace, loss, walk)


@cache
def _leave_a_core() -> None:
    """Keep the linear algebra off one core, for the interface.

    On a busy machine its threads would also wait for each other longer than they work.
    """
    threadpool_limits(max(1, (os.cpu_count() or 1) - 1), user_api="blas")
