"""A Dask cluster as an executor: other machines compute, and this one keeps what comes.

It needs the extra `dask` (`pip install 'rnn-tui[dask]'`), and the same version of this program on every worker.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Final

from core.settings.identity import program_version

ADDRESS: Final = "DASK_SCHEDULER_ADDRESS"
"""The environment variable that says where the scheduler is"""

PATIENCE: Final = 10
"""Seconds until a scheduler that does not answer is not there"""


def address_of(given: str | None) -> str | None:
    """Where the scheduler is: what was given, or what the environment says; None where there is none."""
    return given or os.environ.get(ADDRESS) or None


@contextmanager
def dask_executor(address: str) -> Iterator[Executor]:
    """The cluster whose scheduler is there, as an executor that `core.sweep` takes; the cluster is left running.

    Args:
        address: Of the scheduler: `tcp://10.0.0.1:8786`.

    Raises:
        ImportError: Dask is not installed.
        ValueError: no scheduler answers, it has no worker, or a worker has another version of this program.
    """
    try:
        from distributed import Client
    except ImportError:
        raise ImportError("Dask is not installed; pip install 'rnn-tui[dask]'") from None
    try:
        client = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ValueError(
            f"{address}: no Dask scheduler answers there ({type(error).__name__}); give tcp://host:port"
        ) from None
    with client:
        threads = client.nthreads()
        if not threads:
            raise ValueError(f"{address}: the Dask cluster has no worker; start some with dask worker {address}")
        _check(client.run(program_version, on_error="return"), address)
        executor = client.get_executor(retries=1)
        executor.num_workers = sum(threads.values())
        try:
            yield executor
        finally:
            executor.shutdown(wait=False)


def _check(versions: dict[str, object], address: str) -> None:
    for worker, version in versions.items():
        if version != program_version():
            said = version if isinstance(version, str) else f"none that can be imported ({version})"
            raise ValueError(
                f"{address}: the worker {worker} has rnn-tui {said}, and this is {program_version()}; install the same"
            )
