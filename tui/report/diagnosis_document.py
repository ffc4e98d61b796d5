"""A diagnosis as a document: what is wrong, what matters most first, each with its numbers and what to try."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from core.settings.setup_code import setup_code
from tui.report import json_values
from tui.report.document import Definitions, Document, Lines, Paragraph, Section
from tui.report.words.because import because
from tui.report.words.evidence import written
from tui.report.words.seeds import why_none
from tui.report.words.subject import describe_setup

if TYPE_CHECKING:
    from core.claims import Evidence
    from core.claims.diagnosis import Diagnosis, Finding, Precision
    from core.trace import Trace

FORMAT: Final = 1
"""The version of the record's keys: raised when one changes its meaning or goes."""

HEALTHY: Final = "nothing was found that is wrong with this network on these data"


def diagnosis_document(trace: Trace, found: Diagnosis, name: str = "") -> Document:
    """What is wrong with a network on its data; the keys of its record are described in docs/diagnosis.md.

    Args:
        trace: What was looked at.
        found: Its diagnosis.
        name: What the file is called that it is from; empty where it is from none.
    """
    subject = describe_setup(trace)
    record = {
        "file": name or None,
        "what": subject,
        **json_values.subject(trace),
        "findings": [_record(one) for one in found.findings],
        "precisions": [
            {"name": one.name, "underflows": one.underflows, "overflows": one.overflows} for one in found.precisions
        ],
        "not_looked_at": dict(found.not_looked_at),
    }
    findings = tuple(finding_block(place, one) for place, one in enumerate(found.findings, 1))
    also = Lines((precision_line(found.precisions), *not_looked_at(found), *of_one_seed(trace)))
    why = because(trace)
    first = (Section((Paragraph(why),)),) if why else ()
    sections = (Section(findings, record, "The findings"), Section((also,), title="What else was looked at"))
    settings = trace.origin.settings
    code = "" if settings is None else setup_code(settings, trained=trace.training_step)
    return Document(name, subject, diagnosis_headline(found), (*first, *sections), code)


def document_of_all(documents: Sequence[Document]) -> Document:
    """Several diagnoses as one document, each below its name; of one what it says itself."""
    record = Section(record={"format": FORMAT, "networks": [document.record for document in documents]})
    if len(documents) == 1:
        (only,) = documents
        return replace(only, sections=(record, *(replace(one, record={}) for one in only.sections)))
    sections = (
        Section((Paragraph(one.subject), Paragraph(one.headline), *one.blocks), title=one.title or one.subject)
        for one in documents
    )
    names = ", ".join(one.title or one.subject for one in documents)
    return Document(f"Diagnosis of {len(documents)} networks", names, "", (record, *sections))


def diagnosis_headline(found: Diagnosis) -> str:
    """What was found in a line: each kind, what matters most first."""
    if not found:
        return HEALTHY[:1].upper() + HEALTHY[1:]
    count = len(found.findings)
    return f"{count} {'finding' if count == 1 else 'findings'}: {', '.join(found.kinds)}"


def finding_title(place: int, one: Finding) -> str:
    """The number of a finding, its kind, and what it is said of: `1. vanishing, layer 2`."""
    return f"{place}. {one.kind}{f', {one.where}' if one.where else ''}"


def finding_block(place: int, one: Finding) -> Definitions:
    """A finding: what was found, its numbers, and what to try."""
    numbers = "; ".join(f"{number.name} {written(number)}" for number in one.evidence)
    entries = [("found", one.said.text(told)), ("numbers", numbers), ("try", one.remedy)]
    if one.explains:
        entries.append(("may explain", ", ".join(one.explains)))
    return Definitions(finding_title(place, one), tuple(entries))


def told(evidence: Evidence) -> str:
    """A number in a sentence."""
    return written(evidence)


def precision_line(precisions: Sequence[Precision]) -> str:
    """How far back each format of numbers can hold the gradient, in a sentence."""
    ends = [f"{one.name} {'all lags' if one.ends is None else f'up to lag {one.ends - 1}'}" for one in precisions]
    return f"Numbers that can hold the gradient at the state: {', '.join(ends)}."


def not_looked_at(found: Diagnosis) -> tuple[str, ...]:
    """What could not be looked at, in a sentence; none where all was."""
    if not found.not_looked_at:
        return ()
    return ("Not looked at: " + "; ".join(f"{kind} ({why})" for kind, why in found.not_looked_at.items()) + ".",)


def of_one_seed(trace: Trace) -> tuple[str, ...]:
    """That other seeds may tell otherwise, in a sentence; none where no settings make the network, or it is trained."""
    if why_none(trace):
        return ()
    return (
        "All these numbers are of one seed, and may be unusual for these settings, so that one seed does not compare "
        "two cells: M on the tab Lags shows where 20 seeds lie.",
    )


def _record(one: Finding) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "where": one.where or None,
        "weight": one.weight,
        "found": one.said.text(told),
        "try": one.remedy,
        "may_explain": list(one.explains),
        "numbers": json_values.evidence(one.evidence),
    }
