"""Whoever computes, in whatever order, the same numbers come out, and what goes wrong is told and harms no other."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import core
from core.study import evaluate as evaluating
from core.study import work
from core.study.evaluate import evaluate
from core.study.outcome import Failure, Outcome
from core.study.pool import WorkerPool
from core.study.store import Store
from core.study.work import Task, What, worked_out

SMALL = core.Experiment(hidden_size=3, timesteps=8, seed=0)
GRID = core.grid(SMALL, gain="0.5:2:4", hidden_size="2,3", seeds=3)


class Here(Executor):
    """Computes at once, and can be told to lose tasks: a future that ends in an error, as that of a killed worker."""

    def __init__(self, loses: Callable[[Task, int], bool] = lambda task, sent: False) -> None:
        self.loses, self.tasks = loses, list[Task]()

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        (task,) = args
        self.tasks.append(task)
        future: Future[Any] = Future()
        if self.loses(task, len(self.tasks)):
            future.set_exception(ConnectionError("the worker is gone"))
        else:
            future.set_result(fn(*args, **kwargs))
        return future


class Backwards(Here):
    """Gives every answer only when nothing else is left to be sent, the last first."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.tasks.append(args[0])
        future: Future[Any] = Future()
        threading.Thread(target=lambda: future.set_result(fn(*args, **kwargs))).start()
        return future


@pytest.fixture(autouse=True)
def small_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tasks of a few networks, so that there are several of them."""
    monkeypatch.setattr(evaluating, "MOST", 4)
    monkeypatch.setattr(evaluating, "SECONDS", 1e-3)


def alone(experiment: core.Experiment) -> core.Summary:
    """The summary of a network that nothing else is computed with."""
    (found,) = work.summaries([experiment], What())
    return found


@pytest.fixture(scope="module")
def wanted() -> core.Study:
    found = {n: core.Result(alone(GRID.experiment_at(n))) for n in range(len(GRID))}
    return core.Study(GRID, found)


def test_each_summary_is_that_of_the_network_by_itself(wanted: core.Study) -> None:
    assert core.sweep(GRID).outcomes == wanted.outcomes
    for place in range(len(GRID)):
        rate = core.state_rate(core.run(GRID.experiment_at(place)).lags)
        assert wanted.values("rate").ravel()[place] == pytest.approx(rate.log2_per_step, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("workers", [1, 3])
def test_order_and_grouping_do_not_matter(workers: int, wanted: core.Study) -> None:
    for executor in (Here(), Backwards()):
        found = core.sweep(GRID, executor, workers=workers)
        assert found.outcomes == wanted.outcomes
        assert len(executor.tasks) > workers
    with ThreadPoolExecutor(workers) as threads:
        assert core.sweep(GRID, threads).outcomes == wanted.outcomes


def test_networks_that_are_computed_together_are_the_same_as_by_themselves(wanted: core.Study) -> None:
    """To the last bit: a store would else depend on what happened to be computed beside what."""
    alike = [GRID.experiment_at(n) for n in range(len(GRID)) if GRID.experiment_at(n).hidden_size == 3]
    together = work.summaries(alike, What())
    assert together == [alone(experiment) for experiment in alike]
    assert together[1:4] == work.summaries(alike[1:4], What())


def test_a_task_that_is_lost_is_done_again(wanted: core.Study) -> None:
    executor = Here(lambda task, sent: sent == 2)
    assert core.sweep(GRID, executor, workers=2).outcomes == wanted.outcomes


def test_what_ends_its_worker_twice_is_told_and_nothing_else_is_lost(wanted: core.Study) -> None:
    deadly = GRID.experiment_at(7)
    found = core.sweep(GRID, Here(lambda task, sent: deadly in task.experiments), workers=2)
    assert list(found.failures) == [7]
    assert found.failures[7] == Failure("lost", "what computed it ended, twice (ConnectionError: the worker is gone)")
    assert {n: one for n, one in found.outcomes.items() if n != 7} == {
        n: one for n, one in wanted.outcomes.items() if n != 7
    }


def test_an_executor_that_takes_no_more_ends_the_sweep_with_what_there_is() -> None:
    class Ended(Here):
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
            if len(self.tasks) == 2:
                raise BrokenExecutor("all processes are gone")
            return super().submit(fn, *args, **kwargs)

    found = core.sweep(GRID, Ended(), workers=1)
    assert found.complete
    assert 0 < len(found.failures) < len(GRID)
    assert "takes no more work (BrokenExecutor: all processes are gone)" in next(iter(found.failures.values())).message


def test_a_setting_that_raises_is_told_and_harms_no_other() -> None:
    beyond = core.Experiment(hidden_size=2, timesteps=3, activation="relu", input_gain=1e6, bias=1e6)
    missing = SMALL.replace(task="text", text_file="nowhere.txt")
    outcomes = worked_out(Task((SMALL, missing, beyond), What()))
    assert outcomes[0] == core.Result(alone(SMALL))
    assert isinstance(outcomes[1], Failure) and outcomes[1].reason == "refused"
    assert "nowhere.txt" in outcomes[1].message
    grid = core.grid(core.Experiment(timesteps=5000), hidden_size="1,1024", batch_size="1,20", trained=False)
    wrong = {
        place: one for place, one in enumerate(core.study.sweep.experiments_of(grid)) if isinstance(one, Exception)
    }
    assert list(wrong) == [3]
    told = dict(evaluate([SMALL, wrong[3]]))
    assert isinstance(told[1], Failure) and "lower one of the three" in told[1].message


def test_an_error_that_nobody_foresaw_is_told_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    real = work.summaries

    def summaries(experiments: list[core.Experiment], what: What) -> list[core.Summary]:
        if any(experiment.seed == 1 for experiment in experiments):
            raise ZeroDivisionError("by\nnothing")
        return real(experiments, what)

    monkeypatch.setattr(work, "summaries", summaries)
    found = core.ensemble(SMALL, 3)
    assert dict(found.failures) == {1: Failure("error", "ZeroDivisionError: by nothing")}
    assert found.over_seeds()[0].missing == 1


def test_trained_networks_are_those_of_the_training() -> None:
    experiment = SMALL.replace(training_steps=4)
    found = core.ensemble(experiment, 2, trained=True)
    for seed in range(2):
        own = experiment.replace(seed=seed, data_seed=seed)
        *_, last = core.train(own)
        alone = core.summary(core.run(own, network=last.network, training_step=4))
        assert replace(found.summary(seed), residual=None) == replace(alone, residual=None)


def test_the_exponent_is_measured_where_it_is_asked_for() -> None:
    tape = core.run(SMALL).tape
    found = core.ensemble(SMALL, 1, lyapunov=True).values("lyapunov")
    assert found == pytest.approx(core.lyapunov_along(tape, count=1).exponents, rel=0, abs=1e-12)
    assert core.ensemble(SMALL, 1).summary(0) == alone(SMALL)


def test_progress_counts_to_the_end_and_ends_the_work_by_raising(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    core.sweep(GRID, progress=lambda done, total: told.append((done, total)))
    assert told == sorted(told) and told[-1] == (len(GRID), len(GRID))

    def enough(done: int, total: int) -> None:
        if done >= 5:
            raise KeyboardInterrupt

    path = tmp_path / "some.sqlite"
    with pytest.raises(KeyboardInterrupt):
        core.sweep(GRID, store=path, progress=enough)
    with Store(path) as store:
        assert 5 <= len(store) < len(GRID)


def test_there_is_one_thread_of_linear_algebra_within_and_as_many_as_before_after_it() -> None:
    from threadpoolctl import threadpool_info, threadpool_limits

    def threads() -> list[int]:
        return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]

    with threadpool_limits(limits=2, user_api="blas"):
        before = threads()
        with work.one_thread(), work.one_thread():
            assert set(threads()) == {1}
        assert threads() == before != [1]


def collected(outcomes: Iterator[tuple[int, Outcome]]) -> dict[int, Outcome]:
    return dict(outcomes)


def killed_once(path: str, task: Task) -> list[Outcome]:
    """Ends its own process, the first time; where the path says so."""
    if not os.path.exists(path):
        open(path, "w").close()
        os.kill(os.getpid(), signal.SIGKILL)
    return worked_out(task)


@pytest.mark.slow
def test_processes_compute_the_same_and_a_killed_one_loses_nothing(wanted: core.Study, tmp_path: Path) -> None:
    with WorkerPool(2) as pool:
        assert core.sweep(GRID, pool).outcomes == wanted.outcomes
        first = pool.submit(killed_once, str(tmp_path / "once"), Task((SMALL,), What()))
        # The sweep finds the pool broken, renews it, and goes on.
        assert core.sweep(GRID, pool).outcomes == wanted.outcomes
        assert isinstance(first.exception(), BrokenExecutor)


@pytest.mark.slow
def test_a_sweep_that_is_ended_ends_what_its_processes_are_computing() -> None:
    long = core.Experiment(hidden_size=1024, timesteps=2000, batch_size=16)  # minutes
    beats = 0

    def enough(done: int, total: int) -> None:
        nonlocal beats
        beats += 1
        if beats > 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        collected(evaluate([long, long.replace(seed=1)], workers=2, progress=enough))
    assert multiprocessing.active_children() == []
