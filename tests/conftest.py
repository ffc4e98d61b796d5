"""What holds for every test: one thread of linear algebra, property tests that repeat themselves, no idle waiting."""

from __future__ import annotations

import atexit
import gc
import os
import signal
import sys
import tempfile
from collections.abc import Iterator

# Before NumPy is imported. The test runner uses the cores; on a busy machine the threads of the linear algebra
# would wait for each other far longer than they work.
for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

# Where nothing compiled may be left beside the modules, each program that the tests start would compile them all again,
# two fifths of what a short one takes. What is kept here is gone with this run.
if sys.dont_write_bytecode and "PYTHONPYCACHEPREFIX" not in os.environ:
    compiled = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
    atexit.register(compiled.cleanup)
    os.environ["PYTHONPYCACHEPREFIX"] = compiled.name
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# An explorer leaves half a million objects that refer to each other, and Python would look through them so often that
# this were a fifth of the work of such a test. They are looked through between two tests, once that is worth it.
gc.set_threshold(2_000_000, 10, 10)

LEFT_BEHIND = 1_000_000
"""How many objects more than after the last collection are worth a look through all: some 300 MB"""

# A shell has what it starts in the background ignore the interrupt, and so would the programs that the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)

import pytest
from hypothesis import HealthCheck, settings

import tui  # noqa: F401  before Textual is, which it sets up

EXAMPLES = {"fast": 20, "thorough": 60}
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
    young, middle, _ = gc.get_count()
    if young > LEFT_BEHIND or middle:
        gc.collect()


@pytest.fixture(autouse=True, scope="session")
def _an_app_is_waited_for_until_it_has_nothing_left_to_do() -> Iterator[None]:
    import quiet

    with pytest.MonkeyPatch.context() as patch:
        quiet.install(patch)
        yield


@pytest.fixture(autouse=True, scope="session")
def _explorers_that_were_started_for_many_tests_are_ended() -> Iterator[None]:
    yield
    if "started" in sys.modules:
        import started

        started.end_all()
