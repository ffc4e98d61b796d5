"""Many experiments computed by whatever there is: this process, a pool of them, or any executor that somebody has.

Networks are sent in tasks of about a second's work, those of one shape together. What comes out of each is handed on as
it comes. A process that ends takes nothing with it: what it was computing is computed again, by itself, and only what
ends a process twice is given up, and told.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future, wait
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Final

from core.numerics.progress import Progress
from core.settings.experiment import Experiment, InvalidSettingsError
from core.study.outcome import Failure, Outcome, Result
from core.study.pool import WorkerPool, cores
from core.study.store import Store, key_of
from core.study.work import Task, What, failure, worked_out

SECONDS: Final = 1.0
"""What a task takes, about: less would be lost in sending it, more would keep results waiting"""

TRAINED_SECONDS: Final = 4.0
"""What a task of networks that are trained takes, about: 40 of them together take half as long each as 5 do"""

HERE: Final = 1.5
"""With less than this many seconds of work in all no processes are started, which takes about as long"""

AT_ONCE: Final = 0.2
"""Seconds until whoever waits is told again how far it is"""

MOST: Final = 256
"""The most networks of a task whose time has not been measured yet"""

APART: Final = (
    *("seed", "data_seed", "gain", "input_gain", "bias", "forget_bias", "leak", "initial_state", "initializer"),
    *("input_initializer", "learning_rate", "momentum", "clip_at"),
)
"""Settings in which networks of one shape may differ"""


@dataclass
class _Group:
    """Networks of one shape that are still to be computed."""

    waiting: deque[int]
    seconds: float
    """What one takes: an estimate, and then the mean of those measured"""
    measured: int = 0

    def learn(self, results: Sequence[Result]) -> None:
        """Take what has been measured of some of them."""
        total = self.seconds * self.measured + sum(result.seconds for result in results)
        self.measured += len(results)
        self.seconds = max(total / max(self.measured, 1), 1e-6)


@dataclass
class _Running:
    places: list[int]
    group: _Group
    alone: bool = field(default=False)


def evaluate(
    experiments: Sequence[Experiment | InvalidSettingsError],
    *,
    what: What | None = None,
    executor: Executor | None = None,
    store: Store | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Iterator[tuple[int, Outcome]]:
    """What comes out for each experiment, with its place among them, as it comes and so in any order.

    Closing the iterator, or raising from `progress`, ends the work; what has come by then is in the store.

    Args:
        experiments: The settings; an error in place of settings that do not go together, which is told.
        what: What to find out; None for a summary of each network as it is drawn.
        executor: Who computes: any `concurrent.futures.Executor`, which is left running. None computes here where that
            takes little time, and in a process for each core where it does not.
        store: Where results are looked for first, and kept.
        workers: How many tasks the executor computes at a time; None for what it says, or a task for each core.
        progress: Called with (networks done, networks in all), several times a second.
    """
    what = what or What()
    total, done = len(experiments), 0
    beat = progress or (lambda done, total: None)
    good: dict[int, Experiment] = {}
    for place, one in enumerate(experiments):
        if isinstance(one, Experiment):
            good[place] = one
        else:
            done += 1
            yield place, failure(one)
    keys, unreadable = _keys(good) if store is not None else ({}, {})
    for place, said in unreadable.items():
        del good[place]
        done += 1
        yield place, said
    if store is not None:
        for place, result in _stored(store, list(good), keys, what):
            del good[place]
            done += 1
            yield place, result
    beat(done, total)
    if not good:
        return
    with ExitStack() as stack:
        groups = _groups(good, what)
        pool: Executor
        if executor is not None:
            pool = executor
        elif sum(group.seconds * len(group.waiting) for group in groups) < HERE and workers is None:
            pool = Here()
        else:
            pool = stack.enter_context(WorkerPool(workers))
        count = workers or getattr(pool, "num_workers", None) or getattr(pool, "_max_workers", None) or cores()
        flow = _Flow(good, groups, pool, int(count), what)
        stack.callback(flow.cancel)
        while flow.busy:
            for place, result in flow.skipped(store, keys) if store is not None else ():
                done += 1
                yield place, result
            flow.submit()
            for found in flow.arrived():
                if store is not None:
                    store.keep([(good[p], one) for p, one in found if isinstance(one, Result)], what)
                for place, outcome in found:
                    done += 1
                    beat(done, total)
                    yield place, outcome
            beat(done, total)


class _Flow:
    """Tasks on their way to an executor and back."""

    def __init__(
        self, experiments: dict[int, Experiment], groups: list[_Group], pool: Executor, workers: int, what: What
    ) -> None:
        self.experiments, self.groups, self.pool, self.workers, self.what = experiments, groups, pool, workers, what
        self.running: dict[Future[list[Outcome]], _Running] = {}
        self.suspects: deque[_Running] = deque()
        self.broken = ""

    @property
    def busy(self) -> bool:
        """Whether anything is still to come."""
        return bool(self.running or self.suspects or self._waiting)

    @property
    def _waiting(self) -> list[_Group]:
        return [group for group in self.groups if group.waiting]

    def skipped(self, store: Store, keys: dict[int, str]) -> list[tuple[int, Result]]:
        """What another program has put into the store meanwhile, of the networks that would be sent next."""
        following = [place for group in self._waiting[:1] for place in list(group.waiting)[: self._size(group)]]
        found = _stored(store, following, keys, self.what) if self._room else []
        there = {place for place, _ in found}
        for group in self._waiting[:1] if there else ():
            group.waiting = deque(place for place in group.waiting if place not in there)
        return found

    @property
    def _room(self) -> bool:
        return not self.suspects and len(self.running) < 2 * self.workers

    def _size(self, group: _Group) -> int:
        """How many networks of a group make a task: a second's work, but some for every worker."""
        seconds = TRAINED_SECONDS if self.what.trained else SECONDS
        seconds = AT_ONCE if isinstance(self.pool, Here) else seconds
        most = MOST if not group.measured else len(group.waiting)
        return max(1, min(math.ceil(seconds / group.seconds), math.ceil(len(group.waiting) / self.workers), most))

    def submit(self) -> None:
        """Send as many tasks as keep every worker busy; what may have ended a process is sent while nothing else is."""
        if self.suspects and not self.running:
            self._send(self.suspects.popleft())
        while self._room and (waiting := self._waiting):
            group = waiting[0]
            self._send(_Running([group.waiting.popleft() for _ in range(self._size(group))], group))

    def _send(self, one: _Running) -> None:
        task = Task(tuple(self.experiments[place] for place in one.places), self.what)
        if not self.broken:
            try:
                self.running[self.pool.submit(worked_out, task)] = one
                return
            except (BrokenExecutor, RuntimeError) as error:
                if isinstance(self.pool, WorkerPool):
                    self.pool.renew()
                    self.suspects.append(one)
                    return
                self.broken = f"{type(error).__name__}: {error}".rstrip(": ")
        lost: Future[list[Outcome]] = Future()
        lost.set_result([Failure("lost", f"the executor takes no more work ({self.broken})")] * len(one.places))
        self.running[lost] = one

    def arrived(self) -> Iterator[list[tuple[int, Outcome]]]:
        """What has come since, task by task; waits a moment for it."""
        if not self.running:
            return
        ended, _ = wait(self.running, timeout=AT_ONCE, return_when=FIRST_COMPLETED)
        renewed = False
        for future in ended:
            one = self.running.pop(future)
            error = CancelledError() if future.cancelled() else future.exception()
            if error is None:
                outcomes = future.result()
                one.group.learn([outcome for outcome in outcomes if isinstance(outcome, Result)])
                yield list(zip(one.places, outcomes, strict=True))
                continue
            if isinstance(error, BrokenExecutor) and not renewed:
                renewed = True
                self._renew(error)
            if one.alone and len(one.places) == 1:
                said = f"{type(error).__name__}: {error}".rstrip(": ")
                yield [(one.places[0], Failure("lost", f"what computed it ended, twice ({said})"))]
            elif one.alone:
                self.suspects.extend(_Running([place], one.group, alone=True) for place in one.places)
            else:
                self.suspects.append(_Running(one.places, one.group, alone=True))

    def _renew(self, error: BaseException) -> None:
        """New processes in place of the broken ones, where they are our own."""
        if not isinstance(self.pool, WorkerPool):
            self.broken = f"{type(error).__name__}: {error}".rstrip(": ")
            return
        # Everything that was sent is lost with them: it comes here as soon as each future says so.
        wait(self.running, timeout=None)
        self.pool.renew()

    def cancel(self) -> None:
        """Call back what has been sent and not begun."""
        for future in self.running:
            future.cancel()


class Here(Executor):
    """Computes in this process, at once."""

    num_workers = 1

    def submit(self, fn, /, *args, **kwargs):  # type: ignore[no-untyped-def]
        """Call the function, and hand back what it gave."""
        future: Future[list[Outcome]] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


def _keys(experiments: dict[int, Experiment]) -> tuple[dict[int, str], dict[int, Failure]]:
    """What each is kept under in a store, and those whose data are not there."""
    keys, unreadable = {}, {}
    for place, experiment in experiments.items():
        try:
            keys[place] = key_of(experiment)
        except ValueError as error:
            unreadable[place] = failure(error)
    return keys, unreadable


def _stored(store: Store, places: Sequence[int], keys: dict[int, str], what: What) -> list[tuple[int, Result]]:
    there = store.found([keys[place] for place in places], what)
    return [(place, there[keys[place]]) for place in places if keys[place] in there]


def _groups(experiments: dict[int, Experiment], what: What) -> list[_Group]:
    """The networks by shape, the largest first, so that none of them is left to the end."""
    groups: dict[str, _Group] = {}
    for place, experiment in experiments.items():
        shape = repr([value for name, value in experiment.model_dump().items() if name not in APART])
        groups.setdefault(shape, _Group(deque(), estimate(experiment, what))).waiting.append(place)
    return sorted(groups.values(), key=lambda group: -group.seconds)


def estimate(experiment: Experiment, what: What) -> float:
    """About how many seconds one network takes on a core of today; only until some have been measured."""
    steps, n, examples = experiment.timesteps, experiment.hidden_size * experiment.layers, experiment.batch_size
    shared = 0.2  # what NumPy is asked for is shared by networks of one shape
    lags = shared * (3e-3 + steps * 5e-5) + steps**2 * examples * (n * 2e-8 + n**2 * 5e-10)
    update = shared * (5e-4 + steps * 3e-5) + steps * examples * n**2 * 2e-9
    updates = experiment.training_steps * update if what.trained else 0.0
    return (lags + updates) * (2.5 if what.lyapunov else 1.0)
