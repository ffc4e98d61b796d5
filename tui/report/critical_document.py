"""A critical value as a document: the mean over seeds, how far seeds are apart, and where none was found."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from core.settings.setup_code import setup_code
from tui.report.document import Document, Lines, Section
from tui.report.numbers import finite, number, with_error
from tui.report.words.subject import what_settings_make

if TYPE_CHECKING:
    from core.study.critical import Critical

FORMAT: Final = 1
"""The version of the record's keys: raised when one changes its meaning or goes"""


def critical_document(found: Critical) -> Document:
    """Where a gradient neither vanishes nor explodes; the keys of its record are described in docs/sweeps.md."""
    section = Section((Lines(tuple(_lines(found))),), _record(found), "What was found")
    return Document(
        "", what_settings_make(found.experiment), critical_told(found), (section,), setup_code(found.experiment)
    )


def _goal(found: Critical) -> str:
    return "×1 per step" if found.horizon is None else f"1 % is left at lag {found.horizon}"


def critical_told(found: Critical) -> str:
    """`×1 per step at gain 1.31 ± 0.05, the mean over 20 seeds`; or that no seed has such a value."""
    over = found.over_seeds
    if not over.count:
        return f"no seed has a {found.name} between {_range(found)} at which it is: {_goal(found)}"
    told = with_error(over.mean, over.standard_error)
    return f"{_goal(found)} at {found.name} {told}, the mean over {_seeds(over.count)}"


def _lines(found: Critical) -> list[str]:
    over, lines = found.over_seeds, []
    if over.count > 1:
        lines.append(
            f"± is the standard error of that mean; the standard deviation of seeds is {number(over.deviation, 2)}"
        )
        lines.append(f"Nine of ten seeds: {number(over.quantiles[0])} … {number(over.quantiles[-1])}")
    if math.isfinite(over.of_one_network):
        lines.append(f"Of one network: ± {number(over.of_one_network, 2)}, with other data of the same kind")
    lines.append(f"Looked for between {_range(found)}, {found.networks:,} networks")
    outlasts = "explodes" if found.horizon is None else f"has 1 % or more at lag {found.horizon}"
    fades = "vanishes" if found.horizon is None else f"has less than 1 % at lag {found.horizon}"
    for count, what in ((found.below, fades), (found.above, outlasts)):
        if count:
            lines.append(f"Of {_seeds(count)} the gradient {what} everywhere there")
    if found.failed:
        lines.append(f"{_seeds(found.failed)} failed")
    return lines


def _seeds(count: int) -> str:
    return "1 seed" if count == 1 else f"{count} seeds"


def _range(found: Critical) -> str:
    return " and ".join(map(number, found.searched))


def _record(found: Critical) -> dict[str, Any]:
    over = found.over_seeds
    return {
        "format": FORMAT,
        "experiment": found.experiment.model_dump(),
        "setting": found.name,
        "horizon": found.horizon,
        "searched": list(found.searched),
        "value": finite(over.mean),
        "standard_error": finite(over.standard_error),
        "deviation": finite(over.deviation),
        "of_one_network": finite(over.of_one_network),
        "count": over.count,
        "below": found.below,
        "above": found.above,
        "failed": found.failed,
        "seeds": list(found.seeds),
        "values": [finite(value) for value in found.values],
        "errors": [finite(error) for error in found.errors],
        "networks": found.networks,
    }
