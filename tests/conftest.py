"""What holds for every test: one thread of linear algebra, property tests that repeat themselves, no idle waiting."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Iterator

# Before NumPy is imported. The test runner uses the cores; on a busy machine the threads of the linear algebra
# would wait for each other far longer than they work.
for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

# An explorer leaves tens of thousands of objects that refer to each other, among the hundreds of thousands of what is
# imported, and Python would look through all of them so often that this were two fifths of the work of such a test.
gc.set_threshold(50_000, 10, 2)

LEFT_BEHIND = 60
"""After how many collections of new objects all are looked through: left to Python, a run of all tests grew to 2 GB,
and looked through more often it takes a tenth longer"""

# A shell has what it starts in the background ignore the interrupt, and so would the programs that the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)

import pytest
from hypothesis import HealthCheck, settings

import tui  # noqa: F401  before Textual is, which it sets up

EXAMPLES = {"fast": 30, "thorough": 60}
"""How many cases a property test draws: by itself, and with --hypothesis-profile=thorough, as .ci/run does"""

for name, examples in EXAMPLES.items():
    settings.register_profile(
        name,
        derandomize=True,
        deadline=None,
        database=None,
        max_examples=examples,
        suppress_health_check=[HealthCheck.too_slow],
    )
settings.load_profile("fast")


@pytest.fixture(autouse=True)
def _what_tests_leave_behind_is_collected() -> Iterator[None]:
    yield
    global _collected
    if gc.get_stats()[0]["collections"] - _collected > LEFT_BEHIND:
        gc.collect()
        _collected = gc.get_stats()[0]["collections"]


_collected = 0


@pytest.fixture(autouse=True, scope="session")
def _an_app_is_waited_for_until_it_has_nothing_left_to_do() -> Iterator[None]:
    import quiet

    with pytest.MonkeyPatch.context() as patch:
        quiet.install(patch)
        yield
