"""The end of the terminal while the explorer runs in it."""

from __future__ import annotations

import select
import threading
from collections.abc import Callable


def when_gone(terminal: int, act: Callable[[], object]) -> None:
    """Act once the other side of a terminal is closed: its window, or the connection to it.

    The system sends SIGHUP only to the leader of the session, and a shell that ignores it tells nobody. Then
    reading gives nothing at once, for ever, and writing fails; so this waits in a thread that does neither and
    that neither of them can hold up. Where the system has no `poll`, nothing is waited for.

    Args:
        terminal: Its file descriptor.
        act: What to do; called in that thread.
    """
    if not hasattr(select, "poll"):
        return

    def wait() -> None:
        hung_up = select.poll()
        hung_up.register(terminal, 0)  # a hang-up is reported whether it is asked for or not
        if any(flags & select.POLLHUP for _, flags in hung_up.poll()):
            act()

    threading.Thread(target=wait, name="terminal", daemon=True).start()
