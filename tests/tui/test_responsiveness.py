"""Threads that work let the interface go first, and get on all the same."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable
from itertools import pairwise

import pytest
from driving import WIDE, Drive, explorer, threads_ended

import tui.explorer.app
from core import Experiment
from tui.explorer.actions.settings import change as change_settings
from tui.explorer.app import RnnApp
from tui.explorer.background.responsiveness import (
    AT_LATEST,
    AT_REST,
    EVERY,
    FULLY,
    HANDED_OVER,
    HELD,
    LONGEST,
    SELDOM,
    IdleCollector,
    UiFirst,
    blas_threads,
    ui_first_event_loop,
)
from tui.explorer.panels.unrolled import UnrolledNetwork


def beside(interface: Callable[[], None], work: Callable[[UiFirst], object]) -> object:
    """What `work` returns in a thread beside a loop that runs `interface` over and over."""
    found: list[object] = []

    async def run() -> None:
        ui_first = UiFirst()
        thread = threading.Thread(target=lambda: found.append(work(ui_first)))
        thread.start()
        while thread.is_alive():
            interface()
            await asyncio.sleep(0)

    asyncio.run(run())
    return found[0]


FAULTS = """
import platform, resource
from core import Experiment, train
from tui.explorer.background.responsiveness import limit_blas_threads

def faults(steps):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(50):
        next(steps)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

steps = train(Experiment(timesteps=50, batch_size=16, hidden_size=32, training_steps=1000))
faults(steps)
before = faults(steps)
limit_blas_threads()
faults(steps)
print(platform.libc_ver()[0], before, faults(steps))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="counts what only Unix counts")
def test_training_does_not_fetch_its_memory_anew_at_every_step() -> None:
    """In a process of its own; a C library that keeps memory anyway has nothing to lose."""
    told = subprocess.run([sys.executable, "-c", FAULTS], capture_output=True, text=True, check=True).stdout.split()
    library, before, after = told[0], int(told[-2]), int(told[-1])
    assert after <= max(before / 10, 50) if library == "glibc" else after <= 2 * before + 1000


def test_the_interface_keeps_the_interpreter_while_it_has_something_to_do() -> None:
    turns, ended, intervals = 0, threading.Event(), set[float]()

    def work() -> None:
        nonlocal turns
        while not ended.is_set():
            turns += 1
            intervals.add(round(sys.getswitchinterval(), 6))

    async def kept() -> bool:
        await asyncio.sleep(0.01)
        before, end = turns, time.monotonic() + 0.012  # Python by itself hands over after 5 ms
        while time.monotonic() < end:
            pass
        return turns == before

    async def run() -> None:
        thread = threading.Thread(target=work)
        thread.start()
        try:
            assert any([await kept() for _ in range(20)])
            assert HANDED_OVER in intervals, "and gets it back at once when it has something to do again"
            assert sys.getswitchinterval() == pytest.approx(HELD)
        finally:
            ended.set()
            thread.join()

    interval = sys.getswitchinterval()
    with asyncio.Runner(loop_factory=ui_first_event_loop) as runner:
        runner.run(run())
    assert sys.getswitchinterval() == interval


def waits(ui_first: UiFirst) -> float:
    began = time.monotonic()
    ui_first.yield_to_ui()
    return time.monotonic() - began


def test_an_interface_that_is_busy_goes_first_but_not_for_ever() -> None:
    waited = beside(lambda: time.sleep(0.01), waits)
    assert isinstance(waited, float)
    assert waited >= 0.9 * LONGEST


def test_who_has_just_asked_does_not_ask_again() -> None:
    def twice(ui_first: UiFirst) -> bool:
        ui_first.yield_to_ui()
        asked = ui_first._gave_way
        ui_first.yield_to_ui()
        return ui_first._gave_way == asked

    assert beside(lambda: None, twice)


def test_work_goes_on_after_the_interface_has_ended() -> None:
    async def made() -> UiFirst:
        return UiFirst()

    assert waits(asyncio.run(made())) < LONGEST


TABS = [
    "tab-jacobians",
    "tab-question",
    *(pytest.param(tab, marks=pytest.mark.slow) for tab in ("tab-lags", "tab-map", "tab-units", "tab-training")),
]
"""Those whose numbers are made in threads always; the others in the slow run"""


@pytest.mark.parametrize("tab", TABS)
def test_a_trace_that_nothing_shows_any_more_is_gone_before_the_collector_comes(tab: str) -> None:
    @explorer(Experiment(timesteps=8, hidden_size=2), size=WIDE, only="work")
    async def look(drive: Drive) -> None:
        drive.screen.show_tab(tab)
        gc.disable()
        shown = []
        for gain in (0.5, 0.6, 0.7, 0.8):
            change_settings(drive.screen, drive.screen.subject.experiment.replace(gain=gain))
            await drive.settled()
            await threads_ended(drive.app)
            await drive.pilot.pause(0.1)
            shown.append(weakref.ref(drive.trace))
        assert [trace() is None for trace in shown] == [True, True, True, False]

    try:
        look()
    finally:
        gc.enable()


@pytest.mark.parametrize("busy", [False, True], ids=["at rest", "never at rest"])
def test_everything_is_collected_while_nobody_waits(busy: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    now, walks = 0.0, list[float]()
    monkeypatch.setattr(time, "monotonic", lambda: now)
    monkeypatch.setattr(gc, "collect", lambda generation: walks.append(now) if generation == 2 else None)
    collector = IdleCollector()
    while now < 2.5 * AT_LATEST:
        now += EVERY
        if busy or now % FULLY < FULLY - AT_REST - EVERY:  # the rest is at the end of every minute
            collector.touched()
        collector()
    apart = {round(later - earlier) for earlier, later in pairwise(walks)}
    assert apart == ({AT_LATEST} if busy else {FULLY})


def test_an_explorer_that_was_left_is_gone_and_python_collects_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tui.explorer.app, "SETTLED", 0.001)
    left = list[weakref.ref[object]]()

    @explorer(Experiment(timesteps=6, hidden_size=3), only="work", alone=True)
    async def look(drive: Drive) -> None:
        await drive.until(lambda: gc.get_threshold() == SELDOM)
        left.append(weakref.ref(drive.one(UnrolledNetwork)))

    before = gc.get_threshold()
    look()
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0
    look()  # the first may be kept: plotext, imported meanwhile, keeps what standard output was, and that was the app
    gc.collect()
    assert left[1]() is None


def test_a_key_and_the_mouse_tell_that_somebody_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    told = list[str]()
    monkeypatch.setattr(IdleCollector, "touched", lambda self: told.append("told"))

    async def drive() -> None:
        async with RnnApp(Experiment(timesteps=6, hidden_size=3)).run_test(size=WIDE) as pilot:
            for touch in (lambda: pilot.press("right"), lambda: pilot.hover(offset=(5, 5))):
                told.clear()
                await touch()
                assert told

    asyncio.run(drive())


THREADS = """
import contextlib, io, os, sys
from threadpoolctl import threadpool_info
import core

def threads():
    return max(one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas")

before = threads()
core.run(core.Experiment(timesteps=5))
by_the_library = threads()
from tui.cli import main
with contextlib.redirect_stdout(io.StringIO()):
    main(sys.argv[1:])
print(before, by_the_library, threads())
"""


@pytest.mark.parametrize(
    "command",
    [
        "report --timesteps 5",
        pytest.param("train --training-steps 1", marks=pytest.mark.slow),
        "compare --remedies gru --training-steps 1",
    ],
)
def test_every_command_leaves_a_core_to_others_and_the_library_changes_nothing(command: str) -> None:
    """In a process of its own: with a thread for each core, a busy machine takes ten times as long."""
    cores = os.cpu_count() or 1
    started = {**os.environ, "OPENBLAS_NUM_THREADS": str(cores), "OMP_NUM_THREADS": str(cores)}
    told = subprocess.run(
        [sys.executable, "-c", THREADS, *command.split()], capture_output=True, text=True, check=True, env=started
    ).stdout.split()
    before, by_the_library, after = map(int, told[-3:])
    assert by_the_library == before
    assert after == min(before, max(1, cores - 1))


def test_fewer_threads_than_that_are_left_as_they_were_given() -> None:
    assert [blas_threads(now, 8) for now in (1, 4, 7, 8, 64)] == [1, 4, 7, 7, 7]
    assert blas_threads(2, 1) == 1
