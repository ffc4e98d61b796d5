"""The six claims about the question, each with its verdict and the numbers that decide it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.claims import QUESTION, answer, claims
from tui.report import json_values
from tui.report.document import Definitions, Paragraph, Section
from tui.report.words.claims import VERDICTS
from tui.report.words.evidence import written

if TYPE_CHECKING:
    from core.claims import Claim, Evidence
    from core.trace import Trace
    from tui.report.document import Block


def claims_section(trace: Trace) -> Section:
    """The question, the answer in this network, and the claims that were made about it, tested on the trace."""
    tested, says = claims(trace), answer(trace).text(written)
    blocks: tuple[Block, ...] = (
        Paragraph(QUESTION),
        Paragraph(says, name="The answer in this network"),
        *(_claim(place, one) for place, one in enumerate(tested, 1)),
    )
    return Section(blocks, {"answer": says, "claims": [_record(one) for one in tested]}, "The question and six claims")


def _claim(place: int, one: Claim) -> Definitions:
    mark, words = VERDICTS[one.verdict]
    numbers = tuple((_named(number), written(number, unit=number.kind != "factor")) for number in one.evidence)
    entries = (("verdict", f"{mark} {words}"), ("said by", one.said_by), *numbers, ("why", one.explanation))
    return Definitions(f"{place}. {one.statement}", entries)


def _named(number: Evidence) -> str:
    return f"{number.name}, {number.unit}" if number.kind == "factor" else number.name


def _record(one: Claim) -> dict[str, Any]:
    return {
        "id": one.id,
        "statement": one.statement,
        "said_by": one.said_by,
        "verdict": one.verdict,
        "why": one.explanation,
        "numbers": json_values.evidence(one.evidence),
    }
