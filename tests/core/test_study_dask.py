"""A real Dask scheduler with two workers, on loopback only, computes what this process does, and may lose a worker."""

from __future__ import annotations

import os
import signal
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import core
from core.study.cluster import ADDRESS, address_of, dask_executor

GRID = core.grid(core.Experiment(timesteps=20), gain="0.5:2:6", hidden_size="4,8", seeds=4)


def test_the_address_is_the_one_given_or_that_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ADDRESS, raising=False)
    assert address_of(None) is None and address_of("") is None
    monkeypatch.setenv(ADDRESS, "tcp://10.0.0.1:8786")
    assert (address_of(None), address_of("tcp://a:1")) == ("tcp://10.0.0.1:8786", "tcp://a:1")


def test_without_dask_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ImportError, match=r"pip install 'rnn-tui\[dask\]'"), dask_executor("tcp://127.0.0.1:1"):
        pass


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    distributed = pytest.importorskip("distributed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own
        with distributed.LocalCluster(  # it listens on every address unless it is told
            n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0"
        ) as found:
            yield found


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_cluster_computes_what_this_process_does(cluster: Any, tmp_path: Path) -> None:
    assert cluster.scheduler_address.startswith("tcp://127.0.0.1:")
    store = tmp_path / "dask.sqlite"
    with dask_executor(cluster.scheduler_address) as executor:
        assert executor.num_workers == 2  # type: ignore[attr-defined]
        study = core.sweep(GRID, executor, store)
    assert study.outcomes == core.sweep(GRID).outcomes
    with core.Store(store) as kept:
        assert len(kept) == len(GRID)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_lost_worker_loses_nothing(cluster: Any) -> None:
    killed = False

    def kill_one(done: int, total: int) -> None:
        nonlocal killed
        if done and not killed:
            killed = True
            os.kill(next(iter(cluster.workers.values())).pid, signal.SIGKILL)

    grid = core.grid(core.Experiment(timesteps=60), gain="0.5:2:20", seeds=6)
    with dask_executor(cluster.scheduler_address) as executor:
        study = core.sweep(grid, executor, progress=kill_one)
    assert killed and not study.failures
    assert study.outcomes == core.sweep(grid, workers=1).outcomes


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_where_no_scheduler_is_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    import core.study.cluster

    monkeypatch.setattr(core.study.cluster, "PATIENCE", 1)
    with pytest.raises(ValueError, match="no Dask scheduler answers there"), dask_executor("tcp://127.0.0.1:9"):
        pass
