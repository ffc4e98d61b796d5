"""The table of formats that a trace is written as: the export dialog and the command line show what stands in it.

To add one: a module of its own here, with a function from a `Bundle` to the bytes of the file, and a row. One that says
what the report says is written from `Bundle.document`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tui.report.atomic_files import ExportError, destination, write_whole
from tui.report.formats.csv import csv_contents
from tui.report.formats.figures_of import of_trace, rows
from tui.report.formats.format import B, Bundle, Format, FormatOf
from tui.report.formats.json import json_contents
from tui.report.formats.network import network_contents
from tui.report.formats.npz import npz_contents
from tui.report.formats.svg import chart_contents, no_chart, no_screen, screen_contents
from tui.report.formats.text import report_lines, text_contents
from tui.report.formats.toml import no_settings, toml_contents

__all__ = [
    "FORMATS",
    "PRINTED",
    "Bundle",
    "Format",
    "FormatOf",
    "contents",
    "format_named",
    "offered",
    "options",
    "write",
]

FORMATS: Final[tuple[Format, ...]] = (
    *rows(of_trace),
    Format("chart", ".svg", "Chart as it is on the screen", chart_contents, named=True, problem=no_chart),
    Format("screen", ".svg", "Whole screen, a picture", screen_contents, named=True, problem=no_screen),
    Format("text", ".txt", "Report, to read", text_contents, lines=report_lines),
    Format(
        "json",
        ".json",
        "Report, for programs",
        json_contents,
        option="Print JSON for machines instead of text.",
        switch=True,
    ),
    Format("csv", ".csv", "Lag profile, a table", csv_contents, option="Write the lag profile to this file as CSV too"),
    Format(
        "npz",
        ".npz",
        "Every array, for NumPy",
        npz_contents,
        option="Write every array to this file, for NumPy, too",
        text=False,
    ),
    Format("network", ".safetensors", "Network, to open again", network_contents, text=False),
    Format("toml", ".toml", "Settings, to load again", toml_contents, problem=no_settings),
)
"""In the order of display"""

PRINTED: Final = "text"
"""The name of the one that the command line prints where no other goes to standard output"""


def format_named(name: str) -> Format:
    """The format of this name, a row of the table.

    Raises:
        ValueError: there is none of that name; the message lists those there are.
    """
    for one in FORMATS:
        if one.name == name:
            return one
    raise ValueError(f"{name!r} was given, allowed is {', '.join(one.name for one in FORMATS)}")


def options() -> dict[str, Format]:
    """The formats that the command line writes, by name."""
    return {one.name: one for one in FORMATS if one.option}


def offered(bundle: Bundle) -> tuple[Format, ...]:
    """The formats that can be written of this bundle."""
    return tuple(one for one in FORMATS if not one.problem(bundle))


def contents(kind: FormatOf[B], bundle: B) -> bytes:
    """The whole file.

    Raises:
        ExportError: this format cannot be written of this.
    """
    problem = kind.problem(bundle)
    if problem:
        raise ExportError(problem)
    return kind.contents(bundle)


def write(kind: FormatOf[B], bundle: B, path: Path | str, *, overwrite: bool = False) -> Path:
    """Write a file, whole or not at all.

    Args:
        kind: What to write it as.
        bundle: What to write.
        path: Where; the format's suffix is added if it is missing.
        overwrite: Whether a file that is there may be replaced.

    Returns:
        The path of the file.

    Raises:
        ExportError: nothing was written.
    """
    return write_whole(lambda: contents(kind, bundle), destination(path, kind.suffix), overwrite=overwrite)
