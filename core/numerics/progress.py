"""How long work tells what is done of it, and is ended on the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

Progress: TypeAlias = Callable[[int, int], None]
"""Called with (done, total) as long work goes on; raising from it ends the work."""


def beat(progress: Progress | None) -> Progress | None:
    """A progress for a part of the work that is not counted: it reports 0 done, and the work can still be ended."""
    return None if progress is None else lambda done, total: progress(0, total)
