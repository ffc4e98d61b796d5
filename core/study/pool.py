"""A pool of processes that can be interrupted, renewed, and left behind by nobody.

What `ProcessPoolExecutor` does not do: its processes take an interrupt from the keyboard for their own, and wait for
ever if the process that started them is killed.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager, redirect_stderr
from multiprocessing import resource_tracker
from multiprocessing.synchronize import Event
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class WorkerPool(Executor):
    """Processes that compute networks, each in a fresh interpreter."""

    def __init__(self, workers: int | None = None) -> None:
        self.num_workers = cores() if workers is None else workers
        # A fork of a process with threads may wait for ever for a lock that one of them had.
        self._context = multiprocessing.get_context("spawn")
        _start_tracker()
        self._stop: Event = self._context.Event()
        self._pool = self._new()

    def _new(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            self.num_workers, mp_context=self._context, initializer=_begin, initargs=(self._stop,)
        )

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Have a function called in one of the processes."""
        with _interrupts_held():  # processes are started here, and inherit that
            return self._pool.submit(fn, *args, **kwargs)

    def renew(self) -> None:
        """Have new processes in place of those of which one has ended; what they were computing is lost."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._pool = self._new()

    def stop(self) -> None:
        """End the processes at once, with what they are computing; every task that is under way ends in an error."""
        self._stop.set()

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        """End the processes; at once, with what they are computing, where something was raised."""
        if kind is not None:
            self.stop()
        self.shutdown(wait=True, cancel_futures=True)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes when they have nothing left to do."""
        self._pool.shutdown(wait=wait, cancel_futures=cancel_futures)


def _start_tracker() -> None:
    """Start the process that Python has for what its processes share, if it is not there yet.

    It is handed standard error, and cannot be started where something that is no file stands in its place, as in a
    full-screen program: it gets that of the process then.
    """
    with redirect_stderr(sys.__stderr__):
        resource_tracker.ensure_running()


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Within it an interrupt waits, and a process that is started here has it wait for ever."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin(stop: Event) -> None:
    """What a process does first: see to it that it ends when it is told to, or the one that started it has ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for end in (stop.wait, _wait_for_parent):
        threading.Thread(target=_end_after, args=(end,), daemon=True).start()


def _end_after(wait: Callable[[], object]) -> None:
    wait()
    os._exit(1)  # whatever it is computing: a large matrix product asks nobody


def _wait_for_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
