"""Writing a trace as one format of the table, by its name, and the report on it as text and as a record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core import Dynamics, Trace
from tui.report.formats import Bundle, format_named, write
from tui.report.formats.text import document_text
from tui.report.trace_document import About, trace_document


def written(kind: str, trace: Trace, path: Path | str, *, overwrite: bool = False, **more: Any) -> Path:
    """The path of the file; what else there is to write is given by name, as a `Bundle` has it."""
    return write(format_named(kind), Bundle(trace, **more), path, overwrite=overwrite)


def report(trace: Trace, *, width: int = 80, about: About | None = None, dynamics: Dynamics | None = None) -> str:
    """The report as plain text."""
    return document_text(trace_document(trace, about=about, dynamics=dynamics), width=width)


def record(trace: Trace, dynamics: Dynamics | None = None) -> dict[str, Any]:
    """The report as a program reads it."""
    return trace_document(trace, dynamics=dynamics).record
