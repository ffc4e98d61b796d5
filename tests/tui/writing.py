"""Writing a trace as one format of the table, by its name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core import Trace
from tui.report.formats import Bundle, format_named, write


def written(kind: str, trace: Trace, path: Path | str, *, overwrite: bool = False, **more: Any) -> Path:
    """The path of the file; what else there is to write is given by name, as a `Bundle` has it."""
    return write(format_named(kind), Bundle(trace, **more), path, overwrite=overwrite)
