"""A number that decides something, as people read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.report.numbers import factor_with_error, magnitude, number

if TYPE_CHECKING:
    from core.claims import Evidence


def written(evidence: Evidence, unit: bool = True) -> str:
    """A number, with its unit: `×0.884 ± 0.016 per step`, `84.5 %`, `3.1e−15`, `exactly 0`."""
    match evidence.kind:
        case "factor":
            error = float("nan") if evidence.error is None else evidence.error
            text = factor_with_error(evidence.value, error)
        case "size":
            text = "exactly 0" if evidence.value == -float("inf") else magnitude(evidence.value)
        case "share":
            text = f"{number(100 * evidence.value)} %"
        case "count":
            text = f"{evidence.value:.0f}"
        case "deviation" | "number":
            text = number(evidence.value)
    return f"{text} {evidence.unit}" if unit and evidence.unit else text
