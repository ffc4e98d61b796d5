"""Visitors: a process for each, started, bounded and ended for certain."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
import tempfile
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from textual_serve.app_service import AppService
from textual_serve.download_manager import DownloadManager

from tui.cli.serve.visitor import FOLDER, MEMORY

GRACE: Final = 3.0
"""Seconds that a process has to end by itself"""

HOMES: Final = ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "APPDATA", "LOCALAPPDATA", "TMPDIR")
"""Where a process keeps what it remembers: each visitor begins with nothing, and leaves nothing"""

THREADS: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

ROOT: Final = Path(__file__).resolve().parents[3]
"""The folder of the packages"""


class Visitor(AppService):
    """The process of one visitor, and what goes between it and their browser."""

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        memory: int,
        write_bytes: Callable[[bytes], Awaitable[None]],
        write_str: Callable[[str], Awaitable[None]],
        close: Callable[[], Awaitable[None]],
    ) -> None:
        """Prepare a process; `start` starts it.

        Args:
            arguments: What the explorer is started with.
            memory: Megabytes that it may take.
            write_bytes: Sends what the explorer paints to the browser.
            write_str: Sends messages to the browser.
            close: Closes the connection to it.
        """
        self.downloads = DownloadManager()
        """Where the files wait that the browser fetches"""
        super().__init__(
            "", write_bytes=write_bytes, write_str=write_str, close=close, download_manager=self.downloads, debug=False
        )
        self._arguments, self._memory = tuple(arguments), memory
        self._folder = tempfile.mkdtemp(prefix="rnn-tui-visitor-")
        self._process: Process | None = None
        self._stopping: asyncio.Task[None] | None = None
        self.touched = time.monotonic()
        """When a key or a mouse came last"""

    def _build_environment(self, width: int = 80, height: int = 24) -> dict[str, str]:
        found: dict[str, str] = super()._build_environment(width, height)
        before = found.get("PYTHONPATH", "")
        found |= dict.fromkeys(HOMES, self._folder) | dict.fromkeys(THREADS, "1")
        found |= {
            "TEXTUAL_FPS": "30",
            "PYTHONPATH": f"{ROOT}{os.pathsep}{before}" if before else str(ROOT),
            MEMORY: str(self._memory),
            FOLDER: self._folder,
        }
        return found

    async def _open_app_process(self, width: int = 80, height: int = 24) -> Process:
        """Start the process, without a shell, in a session and a folder of its own."""
        self._process = process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", "from tui.cli.serve.visitor import run; run()", *self._arguments),
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env=self._build_environment(width, height),
            cwd=self._folder,
            start_new_session=True,
        )
        assert process.stdin is not None
        self._stdin = process.stdin
        return process

    async def start(self, width: int, height: int) -> None:
        """Start the process, and close the connection when it ends."""
        await super().start(width, height)
        assert self._task is not None
        self._task.add_done_callback(lambda task: asyncio.ensure_future(self.remote_close()))

    async def stop(self) -> None:
        """End the process: as a key would, or else by force; returns when there is none, and its folder is gone."""
        if self._stopping is None:
            self._stopping = asyncio.create_task(self._stop())
        await asyncio.shield(self._stopping)

    async def _stop(self) -> None:
        try:
            with suppress(TimeoutError, OSError, RuntimeError):
                await asyncio.wait_for(super().stop(), GRACE)
            await self._ended()
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)

    async def _ended(self) -> None:
        process = self._process
        if process is None:
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), GRACE)
        with suppress(ProcessLookupError, PermissionError):
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)  # what it may have started, too
            elif process.returncode is None:
                process.kill()
        await process.wait()

    def kill(self) -> None:
        """End the process at once, where there is no time to ask it."""
        process = self._process
        if process is not None and process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def pid(self) -> int | None:
        """The number of the process; None before it is started."""
        return None if self._process is None else self._process.pid
