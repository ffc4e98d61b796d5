"""Where a report goes, in each of its forms: to files, and one of them to standard output.

What cannot be written is refused before anything is computed.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from tui.cli import terminal
from tui.cli.effects import flag
from tui.cli.request import BadInputError

if TYPE_CHECKING:
    from pathlib import Path

    from tui.report.formats import Bundle, FormatOf

STANDARD_OUTPUT: Final = ("-", "/dev/stdout")
"""The names of standard output, which gets no suffix and is nothing that could be overwritten."""


B = TypeVar("B")


@dataclass(frozen=True)
class Output(Generic[B]):
    """One form of a trace or a study, and where it goes."""

    kind: FormatOf[B]
    path: Path | None
    """The file; None for standard output"""
    overwrite: bool

    def write(self, bundle: B) -> None:
        """Write it, whole or not at all.

        Raises:
            BadInputError: no file could be written.
            OSError: standard output could not be written to.
        """
        from tui.report.atomic_files import ExportError
        from tui.report.formats import contents, write

        try:
            if self.path is not None:
                write(self.kind, bundle, self.path, overwrite=self.overwrite)
            elif self.kind.lines is not None:
                palette, width = terminal.palette(sys.stdout), terminal.columns(sys.stdout)
                terminal.write_lines(self.kind.lines(bundle, width, palette))
            else:
                data = contents(self.kind, bundle)
                sys.stdout.flush()
                sys.stdout.buffer.write(data)
                sys.stdout.buffer.flush()
        except ExportError as error:
            raise refused(error) from None


def outputs_of(given: Mapping[str, str | bool | None], *, overwrite: bool = False) -> tuple[Output[Bundle], ...]:
    """The forms of a report that are asked for: `outputs_among` all that there are.

    Raises:
        BadInputError: one of them cannot be written, or two of them go to standard output.
    """
    from tui.report.formats import FORMATS

    return outputs_among(FORMATS, given, overwrite=overwrite)


def outputs_among(
    formats: Sequence[FormatOf[B]], given: Mapping[str, str | bool | None], *, overwrite: bool = False
) -> tuple[Output[B], ...]:
    """The outputs that are asked for, what goes to standard output at the end: the report itself, if nothing else does.

    Args:
        formats: The forms that there are.
        given: Format, by its name → what was given as its file, True for a switch; None or False where it was not
            asked for.
        overwrite: Whether files that are there may be replaced.

    Raises:
        BadInputError: one of them cannot be written, or two of them go to standard output.
    """
    from tui.report.formats import PRINTED

    named = {one.name: one for one in formats}
    asked = {name: path for name, path in given.items() if path is not None and path is not False}
    kinds = {name: named[name] for name in asked}
    piped = {
        name: flag(name) if path is True else f"{flag(name)} {path}" for name, path in asked.items() if _piped(path)
    }
    if len(piped) > 1:
        first, second, *_ = piped.values()
        raise BadInputError(f"{first} and {second} both go to standard output; write one of them to a file")
    for name, said in piped.items():
        if not kinds[name].text and sys.stdout.isatty():
            raise BadInputError(f"{said}: this is no text for a terminal; send it to a file or a program")
    files = [_file(kinds[name], str(path), overwrite) for name, path in asked.items() if name not in piped]
    printed = next(iter(piped), PRINTED)
    return (*files, Output(named[printed], None, overwrite))


def _piped(path: str | bool) -> bool:
    return path is True or path in STANDARD_OUTPUT


def _file(kind: FormatOf[B], given: str, overwrite: bool) -> Output[B]:
    from tui.report.atomic_files import ExportError, destination, may_write

    if not given.strip():
        raise BadInputError(f"{flag(kind.name)}: no file was named; give a path, or - for standard output")
    try:
        path = destination(given, kind.suffix)
        may_write(path, overwrite=overwrite)
    except ExportError as error:
        raise refused(error) from None
    return Output(kind, path, overwrite)


def refused(error: ValueError) -> BadInputError:
    """What is said of a file that cannot be written, with the option that would allow it."""
    from tui.report.atomic_files import ExistsAlreadyError

    return BadInputError(f"{error} with --overwrite" if isinstance(error, ExistsAlreadyError) else str(error))
