"""Where a report's other forms go: to files, or one of them to standard output.

What cannot be written is refused before anything is computed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tui.cli.request import BadInputError

if TYPE_CHECKING:
    from pathlib import Path

    from core.trace import Trace

STANDARD_OUTPUT: Final = ("-", "/dev/stdout")
"""The names of standard output, which gets no suffix and is nothing that could be overwritten."""


@dataclass(frozen=True)
class Output:
    """One form of a trace, and where it goes."""

    contents: Callable[[Trace], bytes]
    path: Path | None
    """The file; None for standard output"""
    overwrite: bool

    def write(self, trace: Trace) -> None:
        """Write it, whole or not at all.

        Raises:
            BadInputError: no file could be written.
            OSError: standard output could not be written to.
        """
        from tui.report.atomic_files import ExportError, write_whole

        if self.path is None:
            sys.stdout.flush()
            sys.stdout.buffer.write(self.contents(trace))
            sys.stdout.buffer.flush()
            return
        try:
            write_whole(lambda: self.contents(trace), self.path, overwrite=self.overwrite)
        except ExportError as error:
            raise _refused(error) from None


def outputs_of(given: Mapping[str, str | None], *, json: bool, overwrite: bool) -> tuple[Output, ...]:
    """The outputs that are asked for.

    Args:
        given: Format, `csv` or `npz` → what was given as its file; None where it was not asked for.
        json: Whether the report itself, as JSON, goes to standard output.
        overwrite: Whether files that are there may be replaced.

    Raises:
        BadInputError: one of them cannot be written, or two of them go to standard output.
    """
    asked = {name: path for name, path in given.items() if path is not None}
    piped = [f"--{name} {path}" for name, path in asked.items() if path in STANDARD_OUTPUT]
    both = piped + ["--json"] * json
    if piped and len(both) > 1:
        raise BadInputError(f"{both[0]} and {both[1]} both go to standard output; write one of them to a file")
    if asked.get("npz") in STANDARD_OUTPUT and sys.stdout.isatty():
        raise BadInputError(f"{piped[0]}: arrays are no text for a terminal; send them to a file or a program")
    return tuple(_output(name, path, overwrite) for name, path in asked.items())


def _output(name: str, given: str, overwrite: bool) -> Output:
    from tui.report.atomic_files import ExportError, destination, may_write
    from tui.report.export import csv_contents, npz_contents

    formats: Mapping[str, Callable[[Trace], bytes]] = {"csv": csv_contents, "npz": npz_contents}
    contents = formats[name]
    if given in STANDARD_OUTPUT:
        return Output(contents, None, overwrite)
    if not given.strip():
        raise BadInputError(f"--{name}: no file was named; give a path, or - for standard output")
    try:
        path = destination(given, f".{name}")
        may_write(path, overwrite=overwrite)
    except ExportError as error:
        raise _refused(error) from None
    return Output(contents, path, overwrite)


def _refused(error: ValueError) -> BadInputError:
    from tui.report.atomic_files import ExistsAlreadyError

    return BadInputError(f"{error} with --overwrite" if isinstance(error, ExistsAlreadyError) else str(error))
