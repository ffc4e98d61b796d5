"""Where a report's other forms go: to files, or one of them to standard output.

What cannot be written is refused before anything is computed.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tui.cli.effects import flag
from tui.cli.request import BadInputError

if TYPE_CHECKING:
    from pathlib import Path

    from core.trace import Trace
    from tui.report.formats import Format

STANDARD_OUTPUT: Final = ("-", "/dev/stdout")
"""The names of standard output, which gets no suffix and is nothing that could be overwritten."""


@dataclass(frozen=True)
class Output:
    """One form of a trace, and where it goes."""

    kind: Format
    path: Path | None
    """The file; None for standard output"""
    overwrite: bool

    def write(self, trace: Trace) -> None:
        """Write it, whole or not at all.

        Raises:
            BadInputError: no file could be written.
            OSError: standard output could not be written to.
        """
        from tui.report.atomic_files import ExportError
        from tui.report.formats import Bundle, contents, write

        bundle = Bundle(trace)
        try:
            if self.path is None:
                sys.stdout.flush()
                sys.stdout.buffer.write(contents(self.kind, bundle))
                sys.stdout.buffer.flush()
                return
            write(self.kind, bundle, self.path, overwrite=self.overwrite)
        except ExportError as error:
            raise _refused(error) from None


def outputs_of(given: Mapping[str, str | None], *, json: bool, overwrite: bool) -> tuple[Output, ...]:
    """The outputs that are asked for.

    Args:
        given: Format, by its name → what was given as its file; None where it was not asked for.
        json: Whether the report itself, as JSON, goes to standard output.
        overwrite: Whether files that are there may be replaced.

    Raises:
        BadInputError: one of them cannot be written, or two of them go to standard output.
    """
    from tui.report.formats import format_named

    asked = {name: path for name, path in given.items() if path is not None}
    piped = [f"{flag(name)} {path}" for name, path in asked.items() if path in STANDARD_OUTPUT]
    both = piped + ["--json"] * json
    if piped and len(both) > 1:
        raise BadInputError(f"{both[0]} and {both[1]} both go to standard output; write one of them to a file")
    kinds = {name: format_named(name) for name in asked}
    if any(not kinds[name].text for name, path in asked.items() if path in STANDARD_OUTPUT) and sys.stdout.isatty():
        raise BadInputError(f"{piped[0]}: this is no text for a terminal; send it to a file or a program")
    return tuple(_output(kinds[name], path, overwrite) for name, path in asked.items())


def _output(kind: Format, given: str, overwrite: bool) -> Output:
    from tui.report.atomic_files import ExportError, destination, may_write

    if given in STANDARD_OUTPUT:
        return Output(kind, None, overwrite)
    if not given.strip():
        raise BadInputError(f"{flag(kind.name)}: no file was named; give a path, or - for standard output")
    try:
        path = destination(given, kind.suffix)
        may_write(path, overwrite=overwrite)
    except ExportError as error:
        raise _refused(error) from None
    return Output(kind, path, overwrite)


def _refused(error: ValueError) -> BadInputError:
    from tui.report.atomic_files import ExistsAlreadyError

    return BadInputError(f"{error} with --overwrite" if isinstance(error, ExistsAlreadyError) else str(error))
