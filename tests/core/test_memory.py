"""Freed memory stays with the process: counted in pages that are faulted in, in a process of its own."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

FAULTS = """
import resource
import numpy as np
{first}

def step():
    for array in [np.empty(1 << 17) for _ in range(8)]:  # 8 arrays of 1 MB
        array[:] = 1.0

step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    step()
print((resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) / 10)
"""


def faults(first: str) -> float:
    """Pages faulted in for each round of 8 MB."""
    done = subprocess.run(
        [sys.executable, "-c", FAULTS.format(first=first)], capture_output=True, check=True, text=True
    )
    return float(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="it is glibc's allocator whose bounds are raised")
def test_arrays_of_a_later_step_take_the_memory_of_an_earlier_one() -> None:
    keeps = "from core.numerics.memory import keep_freed_memory\nkeep_freed_memory()"
    assert faults("") > 500
    assert faults(keeps) < 50
