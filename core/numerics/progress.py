"""How long work tells what is done of it, and is ended on the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

Progress: TypeAlias = Callable[[int, int], None]
"""Called with (done, total) as long work goes on; raising from it ends the work."""
