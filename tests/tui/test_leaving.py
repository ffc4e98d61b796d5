"""Leaving while something is worked out: nothing is waited for but a file that is being put in place."""

from __future__ import annotations

import subprocess
import sys

import pytest

import core
from core import Experiment

SCRIPT = """
import asyncio, sys, threading
from tui.explorer.background.leaving import leave, with_threads_of_its_own
from tui.report.atomic_files import PUTTING

forever, holds = threading.Event(), threading.Event()

def put():
    with PUTTING:
        holds.set()
        forever.wait(2)
        print("put in place")
    forever.wait()

async def run():
    loop = asyncio.get_running_loop()
    for work in {work}:
        loop.run_in_executor(None, work)
    await asyncio.to_thread(holds.wait if put in {work} else int)

with asyncio.Runner(loop_factory=lambda: with_threads_of_its_own(asyncio.new_event_loop())) as runner:
    runner.run(run())
print("left")
status = leave(7)
print("nobody worked")
sys.exit(status)
"""


@pytest.mark.parametrize(
    ("work", "said"),
    [("[]", "left nobody worked"), ("[forever.wait]", "left"), ("[put, forever.wait]", "left put in place")],
    ids=["at rest", "at work", "writing"],
)
def test_the_process_ends_whatever_its_threads_do(work: str, said: str) -> None:
    script = SCRIPT.replace("{work}", work)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout.split(), done.stderr) == (7, said.split(), "")


class Ended(Exception):
    pass


@pytest.mark.parametrize("after", [0, 6, 40])
def test_the_claims_are_ended_on_the_way(after: int) -> None:
    trace, calls = core.run(Experiment(timesteps=30, hidden_size=4, batch_size=3)), 0

    def progress(done: int, total: int) -> None:
        nonlocal calls
        assert 0 <= done <= total
        calls += 1
        if calls > after:
            raise Ended

    with pytest.raises(Ended):
        core.claims(trace, progress=progress)
    assert calls == after + 1


def test_claims_that_tell_their_progress_are_the_same() -> None:
    trace = core.run(Experiment(timesteps=30, hidden_size=4, batch_size=3))
    assert core.claims(trace, progress=lambda done, total: None) == core.claims(trace)
