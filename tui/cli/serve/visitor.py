"""The process of one visitor: the explorer in a browser, with bounded memory, and the computer's files closed to it.

The server starts it with the arguments of `rnn-tui`, in an empty folder that is its home and that is deleted with it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

MEMORY: Final = "RNN_TUI_VISITOR_MEMORY"
"""The environment variable with the megabytes that this process may take"""

FOLDER: Final = "RNN_TUI_VISITOR_FOLDER"
"""The environment variable with the folder that is this process's own"""


def main(arguments: Sequence[str]) -> int:
    """Open the explorer for a visitor; the exit status.

    Args:
        arguments: As `rnn-tui` takes them: a file, settings.
    """
    _bound_memory(int(os.environ.get(MEMORY, "0")))
    with suppress(AttributeError, OSError):
        os.nice(5)  # who serves them all comes first
    from tui import cli

    return cli.main([cli.VISIT, *arguments])


def _bound_memory(megabytes: int) -> None:
    """Have this process refused more memory than that, which the explorer tells as a sentence."""
    with suppress(ImportError, OSError, ValueError):  # Windows has no such bound
        import resource

        if megabytes:
            resource.setrlimit(resource.RLIMIT_DATA, (megabytes * 1_000_000, megabytes * 1_000_000))


def run() -> None:
    """Open the explorer with the arguments of this process, and end it."""
    sys.exit(main(sys.argv[1:]))
