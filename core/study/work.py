"""What is computed of networks, wherever it is: in this process, in another one, or on another machine.

A task is several experiments, since one is often too little to send anywhere. Whatever one of them raises is told of it
and of no other.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final

from core.settings.experiment import Experiment
from core.study import batched
from core.study.outcome import Failure, Outcome, Result
from core.study.summary import Summary
from core.study.trained import trained


@dataclass(frozen=True)
class What:
    """What is to be found out of each network."""

    trained: bool = False
    """Whether it is trained first, for `training_steps` updates or until it leaves float64"""
    lyapunov: bool = False
    """Whether λ₁ is measured too, which with gates takes longer than everything else"""

    @property
    def name(self) -> str:
        """What is found out in a word, which a store keeps results under."""
        return " ".join(["trained" if self.trained else "drawn", *(["lyapunov"] if self.lyapunov else [])])


@dataclass(frozen=True)
class Task:
    """Some networks that are computed one after another, or together, in one place."""

    experiments: tuple[Experiment, ...]
    what: What


def worked_out(task: Task) -> list[Outcome]:
    """What comes out for each network of a task, in their order.

    Args:
        task: The networks.
    """
    with one_thread():
        try:
            return _timed(task.experiments, task.what)
        except Exception as error:
            if len(task.experiments) == 1:
                return [failure(error)]
        return [_alone(experiment, task.what) for experiment in task.experiments]


def _timed(experiments: Sequence[Experiment], what: What) -> list[Outcome]:
    started = time.perf_counter()
    found = summaries(experiments, what)
    each = (time.perf_counter() - started) / len(found)
    return [Result(one, each) for one in found]


def _alone(experiment: Experiment, what: What) -> Outcome:
    """One network of several, of which one has raised something."""
    try:
        (found,) = _timed([experiment], what)
    except Exception as error:
        return failure(error)
    return found


def summaries(experiments: Sequence[Experiment], what: What) -> list[Summary]:
    """The summary of each experiment, the same to the last bit whichever are computed together.

    Networks of one shape are computed together, and trained together where they are trained.

    Args:
        experiments: The settings of each network; nearly always all of one shape.
        what: What to find out.
    """
    states = trained(experiments) if what.trained else None
    return batched.summaries(experiments, lyapunov=what.lyapunov, states=states)


def failure(error: BaseException) -> Failure:
    """What is told of an error."""
    said = " ".join(str(error).split())
    if isinstance(error, ValueError):
        return Failure("refused", said)
    return Failure("error", f"{type(error).__name__}: {said}" if said else type(error).__name__)


_LOCK: Final = Lock()
_inside: list[Any] = []
"""The limit that holds, once for each time that it was asked for and not given back yet"""


@contextmanager
def one_thread() -> Iterator[None]:
    """Within it NumPy's library of linear algebra has one thread, for there is a process for each core.

    So numbers do not depend on the machine's cores either: another number of threads adds in another order.
    """
    with _LOCK:
        _inside.append(_inside[-1] if _inside else _limited())
    try:
        yield
    finally:
        with _LOCK:
            limit = _inside.pop()
            if not _inside and limit is not None:
                limit.restore_original_limits()


def _limited() -> Any:
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:  # core runs without it
        return None
    return threadpool_limits(limits=1, user_api="blas")
