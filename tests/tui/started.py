"""An explorer that is started once for many tests, each of which has a copy of the process in which it runs.

To start one, with three hundred widgets, takes longer than most tests have to do with it. A copy of the process has the
same explorer at the same moment, and whatever a test does to it, and to the process, is gone with the copy.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import pickle
import pkgutil
import selectors
import socket
import sys
import traceback
import warnings
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, Final, NoReturn

import pytest
from textual.app import App
from textual.pilot import Pilot

import tui.explorer

KEPT: Final = 4
"""How many explorers wait for further tests: a file goes back and forth between a few sizes and experiments"""

CAN_COPY: Final = sys.platform == "linux" and "coverage" not in sys.modules
"""Elsewhere a process cannot be copied, or not as safely, and of a copy nobody learns which lines it ran"""

SPOILS_COPIES: Final = frozenset({"monkeypatch", "snapshot"})
"""Fixtures by which a test needs its own explorer: it changes how one starts, or tells this process of the screen"""


@cache
def import_all() -> None:
    """Have what the explorer imports when it is first needed, which each copy would import again."""
    for module in pkgutil.walk_packages(tui.explorer.__path__, "tui.explorer."):
        importlib.import_module(module.name)


class Started:
    """A running app that has come to rest, and waits for tests."""

    def __init__(self, app: App[None], size: tuple[int, int], at_rest: Callable[[Pilot[None]], Awaitable[None]]):
        import_all()
        self._running = app.run_test(size=size)
        self._runner = asyncio.Runner()  # whose every task has one context, where Textual keeps the app in force
        self._pilot = self._runner.run(self._start(at_rest))

    async def _start(self, at_rest: Callable[[Pilot[None]], Awaitable[None]]) -> Pilot[None]:
        pilot = await self._running.__aenter__()
        await at_rest(pilot)
        await self._end_threads()
        await pilot.pause()
        return pilot

    async def _end_threads(self) -> None:
        """Have no thread, which a copy would not have; the next one that is needed is a new one."""
        loop = asyncio.get_running_loop()
        pool, loop._default_executor = loop._default_executor, None  # type: ignore[attr-defined]
        if isinstance(pool, ThreadPoolExecutor):
            await asyncio.to_thread(pool.shutdown)
            last, loop._default_executor = loop._default_executor, None  # type: ignore[attr-defined]
            last.shutdown()

    def close(self) -> None:
        """End the app."""
        self._runner.run(self._running.__aexit__(None, None, None))
        self._runner.close()

    def test(self, scenario: Callable[[Pilot[None]], Coroutine[Any, Any, None]]) -> None:
        """Run a test in a copy of this process, and end in this one as it did."""
        reading, writing = os.pipe()
        with warnings.catch_warnings():
            # A test runner that is spoken to by another has a thread for that, which a copy does without.
            warnings.simplefilter("ignore", DeprecationWarning)
            copy = os.fork()
        if copy == 0:
            os.close(reading)
            self._be_tested(scenario, writing)
        os.close(writing)
        with open(reading, "rb") as stream:
            told = stream.read()
        _, status = os.waitpid(copy, 0)
        if not told:
            pytest.fail(f"the copy of the process ended with status {status}", pytrace=False)
        how, words = pickle.loads(told)
        if how == "skipped":
            pytest.skip(words)
        if how == "failed":
            pytest.fail(words, pytrace=False)

    def _be_tested(self, scenario: Callable[[Pilot[None]], Coroutine[Any, Any, None]], writing: int) -> NoReturn:
        """Run a test and tell how it ended: this is the copy."""
        told = ("passed", "")
        try:
            self._have_own_selector()
            self._runner.run(self._whole(scenario))
        except pytest.skip.Exception as skipped:
            told = ("skipped", str(skipped))
        except BaseException:
            told = ("failed", traceback.format_exc())
        try:
            sys.stdout.flush()
            sys.stderr.flush()
            with open(writing, "wb") as stream:
                stream.write(pickle.dumps(told))
        finally:
            os._exit(0)

    async def _whole(self, scenario: Callable[[Pilot[None]], Coroutine[Any, Any, None]]) -> None:
        try:
            await scenario(self._pilot)
            await self._pilot.pause()
        finally:
            if self._pilot.app._exception is not None:
                raise self._pilot.app._exception  # which ended the app; one that goes on ends with the copy

    def _have_own_selector(self) -> None:
        """Wait for events of this process: what the loop waits by belongs to the process that was copied, too."""
        loop: Any = self._runner.get_loop()
        loop._selector = selectors.DefaultSelector()
        for end in (loop._ssock, loop._csock):
            socket.socket.close(end)
        loop._internal_fds = 0
        loop._make_self_pipe()


_started: dict[object, Started] = {}


def started(key: object, opening: Callable[[], Started]) -> Started:
    """The explorer of a key, which waits already, or is started now in place of the one that was used least lately."""
    found = _started.pop(key, None) or opening()
    _started[key] = found
    while len(_started) > KEPT:
        _started.pop(next(iter(_started))).close()
    return found


def end_all() -> None:
    """End those that wait."""
    while _started:
        _started.popitem()[1].close()
