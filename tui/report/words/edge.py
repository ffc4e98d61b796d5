"""The edge in a line: the value of a setting at which the rate is ×1, with both of its uncertainties."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tui.report.critical_document import critical_told
from tui.report.numbers import number, with_error

if TYPE_CHECKING:
    from core.study.critical import Critical


def edge_told(found: Critical) -> str:
    """`×1 per step at gain 1.31 ± 0.05, the mean over 20 seeds; from seed to seed ± 0.22; this seed 1.2 ± 0.1`."""
    over, parts = found.over_seeds, [critical_told(found)]
    if math.isfinite(over.deviation):
        parts.append(f"from seed to seed ± {number(over.deviation, 2)}")
    if over.count and 0 in found.seeds:
        place = found.seeds.index(0)
        own = found.values[place]
        parts.append("this seed has none" if math.isnan(own) else f"this seed {with_error(own, found.errors[place])}")
    missing = len(found.seeds) - over.count
    if over.count and missing:
        parts.append(f"{missing} of {len(found.seeds)} have none")
    return "; ".join(parts)
