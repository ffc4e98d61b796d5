"""Leaving while threads work: the process is gone within a second, whatever they do.

Work that tells its progress ends when it is told to. But a call of the linear algebra cannot be ended from outside, the
forward pass of a large network is one that takes seconds, and Python waits for its threads, which Ctrl-C then ends in a
traceback. So those that still work are left behind with the process. Only a file that is being put in place is waited
for: what is worked out for it is not, and nothing of it is on the disk by then.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final

from tui.report.atomic_files import PUTTING

PATIENCE: Final = 0.7
"""Seconds that threads have to end by themselves"""

_NAME: Final = "rnn-tui"


class NotWaitedFor(ThreadPoolExecutor):
    """Threads that nobody waits for when the interface ends."""

    def __init__(self) -> None:
        super().__init__(thread_name_prefix=_NAME)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more work, and wait for none that is going on."""
        super().shutdown(wait=False, cancel_futures=True)


def with_threads_of_its_own(loop: asyncio.AbstractEventLoop) -> asyncio.AbstractEventLoop:
    """The loop, with threads that `leave` can leave behind."""
    loop.set_default_executor(NotWaitedFor())
    return loop


def leave(status: int) -> int:
    """The exit status, once no thread works any more; or the end of the process, where one still does.

    Args:
        status: The exit status.
    """
    end = time.monotonic() + PATIENCE
    working = [thread for thread in threading.enumerate() if thread.name.startswith(_NAME)]
    with suppress(KeyboardInterrupt):  # who asks again is not made to wait
        for thread in working:
            thread.join(max(0.0, end - time.monotonic()))
    if any(thread.is_alive() for thread in working):
        with PUTTING:
            for stream in (sys.stdout, sys.stderr):
                with suppress(OSError, ValueError):
                    stream.flush()
            os._exit(status)
    return status
