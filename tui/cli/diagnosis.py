"""`rnn-tui diagnose`: what is wrong with networks on their data, what matters most first, and what to try."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tui.cli import terminal
from tui.cli.request import BadInputError

if TYPE_CHECKING:
    from core.trace import Trace

ABOUT: Final = "Say what is wrong with a network on its data, what matters most first, and what to try."
ANY: Final = "any"
FOUND: Final = 1
"""The exit status where something was found that is to make it fail"""


def options() -> Mapping[str, Any]:
    """What diagnose has in addition to the settings."""
    from core.claims.diagnosis import KINDS
    from tui.cli import checkpoint, flags

    names = ", ".join(_option(kind) for kind in KINDS)
    return {
        **flags.json(),
        "fail_on": flags.text(
            f"Exit with status {FOUND} where one of these is found, with commas between: {names}; {ANY} for all.",
            "KINDS",
            values=lambda: (ANY, *map(_option, KINDS)),
        ),
        **checkpoint.options(),
    }


def diagnose(files: Sequence[str], trace_of: Callable[[str], Trace], *, json: bool, fail_on: str | None) -> int:
    """Print a diagnosis of each file, and say by the exit status whether something was found that may not be.

    Args:
        files: The files; none for what the settings describe.
        trace_of: Opens a file, or makes the network of the settings for an empty name.
        json: Whether programs are told, and not people.
        fail_on: The kinds that may not be found, with commas between.

    Raises:
        BadInputError: a file cannot be opened, or there is no such kind.
    """
    from core.claims.diagnosis import diagnose as found_in
    from tui.report.diagnosis_document import diagnosis_document, document_of_all
    from tui.report.formats.json import record_json
    from tui.report.formats.text import document_lines
    from tui.report.printable import printable

    unwanted, documents, failed = _kinds(fail_on), [], False
    for place, file in enumerate(files or ("",)):
        trace = trace_of(file)
        found = found_in(trace)
        failed = failed or bool(unwanted.intersection(found.kinds))
        document = diagnosis_document(trace, found, printable(Path(file).name) if file else "")
        documents.append(document)
        if not json:
            lines = document_lines(document, width=terminal.columns(sys.stdout), palette=terminal.palette(sys.stdout))
            terminal.write_lines([*([[]] if place else []), *lines])
    if json:
        sys.stdout.write(record_json(document_of_all(documents)))
    return FOUND if failed else 0


def _kinds(given: str | None) -> frozenset[str]:
    """The kinds that were named.

    Raises:
        BadInputError: one of them is none.
    """
    from core.claims.diagnosis import KINDS

    known = {_option(kind): kind for kind in KINDS}
    names = [] if given is None else [name.strip() for name in given.split(",")]
    if ANY in names:
        return frozenset(KINDS)
    for name in names:
        if name not in known:
            raise BadInputError(f"fail_on: {name!r} was given, allowed is {ANY}, {', '.join(known)}")
    return frozenset(known[name] for name in names)


def _option(kind: str) -> str:
    """How a kind is written in an option: `dead-units`."""
    return kind.replace(" ", "-")
