"""`rnn-tui diagnose`: what is wrong with networks on their data, what matters most first, and what to try."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tui.cli import terminal
from tui.cli.documents import write
from tui.cli.request import BadInputError

if TYPE_CHECKING:
    from core.trace import Trace
    from core.training.recorded import RecordedSizes
    from tui.cli.outputs import Output
    from tui.report.document import Document
    from tui.report.formats.documents import DocumentBundle

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
        **flags.documents(),
        "fail_on": flags.text(
            f"Exit with status {FOUND} where one of these is found, with commas between: {names}; {ANY} for all.",
            "KINDS",
            values=lambda: (ANY, *map(_option, KINDS)),
        ),
        **checkpoint.options(),
    }


def diagnose(
    files: Sequence[str],
    trace_of: Callable[[str], Trace],
    outputs: tuple[Output[DocumentBundle], ...],
    *,
    fail_on: str | None,
    part: str | None = None,
) -> int:
    """Print a diagnosis of each file, and say by the exit status whether something was found that may not be.

    Args:
        files: The files; none for what the settings describe.
        trace_of: Opens a file, or makes the network of the settings for an empty name.
        outputs: What is printed and written; a report that is printed is, file by file, as each is looked at.
        fail_on: The kinds that may not be found, with commas between.
        part: Which part of recorded steps.

    Raises:
        BadInputError: a file cannot be opened, or there is no such kind.
    """
    from core.claims.diagnosis import diagnose as found_in
    from tui.report.diagnosis_document import diagnosis_document, document_of_all
    from tui.report.formats import PRINTED
    from tui.report.formats.text import document_lines
    from tui.report.page.documents import diagnosis_page
    from tui.report.printable import printable

    unwanted, failed = _kinds(fail_on), False
    together = _sizes(files, part)
    documents: list[Document] = []
    traces: list[Trace] = []
    told = any(one.kind.name == PRINTED for one in outputs)
    for place, file in enumerate(files or ("",)):
        trace = trace_of(file)
        found = found_in(trace, together.get(file))
        failed = failed or bool(unwanted.intersection(found.kinds))
        document = diagnosis_document(trace, found, printable(Path(file).name) if file else "")
        documents.append(document)
        traces.append(trace)
        if told:
            lines = document_lines(document, width=terminal.columns(sys.stdout), palette=terminal.palette(sys.stdout))
            terminal.write_lines([*([[]] if place else []), *lines])
    rest = tuple(one for one in outputs if one.kind.name != PRINTED)
    write(document_of_all(documents), partial(diagnosis_page, traces), rest)
    return FOUND if failed else 0


def _sizes(files: Sequence[str], part: str | None) -> Mapping[str, RecordedSizes]:
    """File → the gradients of all recorded steps of its folder, where it is one: they are of one training.

    Together they tell of its clipping. One is read at a time, for all of them may be more than there is memory for.
    """
    from core.sources.recording_file import load_recording
    from core.training.recorded import RecordedSizes

    folders: dict[Path, dict[str, RecordedSizes]] = {}
    for file in files:
        with suppress(ValueError):  # it is something else, or is told of where it is diagnosed
            folders.setdefault(Path(file).absolute().parent, {})[file] = RecordedSizes.of([load_recording(file)], part)
    found: dict[str, RecordedSizes] = {}
    for sizes in folders.values():
        found |= dict.fromkeys(sizes, RecordedSizes.together(sizes.values()))
    return found


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
