"""What stands in a file of another library, as a document: each recurrent part, fact by fact, and how each is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from core.settings.files import shortened
from tui.report.document import Definitions, Document, Paragraph, Section
from tui.report.printable import printable
from tui.report.words.checkpoint import found, of_candidate, said_of, what_next

if TYPE_CHECKING:
    from core.sources.candidate import Candidate
    from core.sources.checkpoint import Checkpoint
    from core.sources.gathered import Gathered
    from core.sources.surroundings import Head

FORMAT: Final = 1
"""The version of the record's keys: raised when one changes its meaning or goes."""


def checkpoint_document(checkpoint: Checkpoint) -> Document:
    """A file: how it is written, and every recurrent part in it with what is known of it.

    The keys of its record are described in docs/inspect-json.md.
    """
    name = printable(shortened(checkpoint.path))
    head = {"format": FORMAT, "file": checkpoint.path, "sha256": checkpoint.sha256, "written_as": checkpoint.format}
    sections = (
        Section(record=head),
        Section(
            tuple(_part(candidate) for candidate in checkpoint.candidates),
            {"parts": [_record(candidate) for candidate in checkpoint.candidates]},
        ),
        Section((Paragraph(what_next(checkpoint), name="Next"),)),
    )
    return Document("", f"{name} · {checkpoint.format}", found(checkpoint), sections)


def _part(candidate: Candidate) -> Definitions:
    entries = [(fact.name, printable(said_of(fact))) for fact in candidate.facts]
    for number, reasons in candidate.problems.items():
        layer = f" {number}" if candidate.layers > 1 else ""
        entries.append((f"not read{layer}", printable("; ".join(reasons))))
    return Definitions(printable(of_candidate(candidate)), tuple(entries))


def _head(head: Head, gathered: Gathered | None) -> dict[str, Any]:
    """A read-out, for programs; with what it reads, where that is more than the last layer."""
    together = gathered if gathered is not None and head is gathered.head else None
    return {
        "name": head.name,
        "arrays": list(head.names),
        "outputs": head.outputs,
        "g": head.function or None,
        "hidden": [
            {"name": one.name, "arrays": list(one.names), "units": one.outputs, "activation": one.function or None}
            for one in head.hidden
        ],
        "reads": head.reads,
        "together": None
        if together is None
        else {
            "parts": [{"name": name, "numbers": numbers} for name, numbers in together.parts],
            "attention": together.query_name or None,
        },
    }


def _record(candidate: Candidate) -> dict[str, Any]:
    embedding = candidate.embedding
    return {
        "name": candidate.name,
        "cell": candidate.cell,
        "layers": candidate.layers,
        "directions": candidate.directions,
        "input_size": candidate.input_size,
        "hidden_size": candidate.hidden_size,
        "embedding": None if embedding is None else {"name": embedding.name, "ids": embedding.ids},
        "readouts": [_head(head, candidate.gathered) for head in candidate.heads],
        "facts": [
            {"name": fact.name, "value": fact.value or None, "certainty": fact.certainty, "source": fact.source}
            for fact in candidate.facts
        ],
        "asks_for": [fact.name for fact in candidate.unknown],
        "problems": {str(number): list(reasons) for number, reasons in candidate.problems.items()},
    }
