"""The work behind the Sweep screen: networks computed in rounds, coarse to fine, here or in processes of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from contextlib import ExitStack, closing
from typing import Final

from core.numerics.progress import Progress
from core.settings.experiment import Experiment, InvalidSettingsError
from core.settings.files import closed_files
from core.study.evaluate import HERE, Here, estimate, evaluate
from core.study.grid import Grid
from core.study.outcome import Outcome
from core.study.pool import WorkerPool, cores
from core.study.store import Store
from core.study.sweep import experiments_of
from core.study.work import What
from tui.explorer.background.responsiveness import limit_blas_threads
from tui.explorer.session.sweeping import next_networks

ONE_CORE_IS_KEPT: Final = 1
"""Cores that are left to the interface"""


def run_sweep(
    found: Grid,
    outcomes: Mapping[int, Outcome],
    what: What,
    store: str,
    take: Callable[[Mapping[int, Outcome]], object],
    progress: Progress,
) -> None:
    """Compute what is missing of a grid; in processes as soon as a round of it takes longer than these take to start.

    Args:
        found: The grid.
        outcomes: What there is.
        what: What to find out of each network.
        store: The file that results are kept in and looked for; empty for none.
        take: Called with what has come since it was called last, after each task.
        progress: Called with (networks done, networks in all), several times a second; raising from it ends the work.

    Raises:
        ValueError: the store cannot be opened.
    """
    limit_blas_threads()
    known = dict(outcomes)
    with ExitStack() as stack:
        kept = stack.enter_context(closing(Store(store))) if store else None
        # A visitor of a class has one process, whose memory and time are bounded.
        pool: Executor | None = None if closed_files() is None else Here()
        while networks := next_networks(found, known):
            experiments = experiments_of(found, networks)
            if pool is None and _seconds(experiments, what) >= HERE:
                pool = stack.enter_context(WorkerPool(max(1, cores() - ONE_CORE_IS_KEPT)))
            done = len(known)

            def report(now: int, of: int, done: int = done) -> None:
                progress(done + now, len(found))

            for place, outcome in evaluate(experiments, what=what, executor=pool, store=kept, progress=report):
                known[networks[place]] = outcome
                take({networks[place]: outcome})


def _seconds(experiments: list[Experiment | InvalidSettingsError], what: What) -> float:
    """About how long it takes to compute them, of a core."""
    return sum(estimate(one, what) for one in experiments if isinstance(one, Experiment))
