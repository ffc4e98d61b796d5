"""Remedies over seeds as a section of a document: beside this network, where other seeds lie."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from core.study.over_seeds import OverSeeds, over_seeds
from core.training.remedies_over_seeds import PLAIN, Score, difference
from tui.report.document import Cell, Column, Lines, Row, Section, Table
from tui.report.numbers import UNKNOWN, factor, finite, number
from tui.report.words.remedies import verdict

if TYPE_CHECKING:
    from core.settings.experiment import Experiment

MEASURED = ("metric", "held_back", "before", "after", "horizon_before", "horizon_after")
"""The numbers of a score that have quantiles over seeds in the record"""


def remedies_over_seeds(experiment: Experiment, scores: Sequence[Score]) -> Section:
    """Tell of every remedy its middle over seeds, and between what nine of ten lie, beside this network's own.

    The keys of its record are described in docs/training-json.md.

    Args:
        experiment: What all of them start from; its seeds are those of this network.
        scores: What has been trained, this network's among them.
    """
    if not scores:
        return Section((), {"over_seeds": None})
    names = tuple(dict.fromkeys(one.remedy for one in scores))
    aside = all(one.held_back is not None for one in scores)
    score = "held back" if aside else "metric"
    columns = (("this one", 8), (f"{score}, median", 16), ("5 … 95 %", 17), ("after, median", 15), ("5 … 95 %", 18))
    with_plain = PLAIN in names and len(names) > 1
    table = Table(
        f"Over {_counted(scores)} of weights and data",
        (*(Column(name, width=width) for name, width in columns), *(Column("against", width=16),) * with_plain),
        (tuple(_row(name, scores, with_plain=with_plain) for name in names),),
        label_width=12,
    )
    seeds = sorted({experiment.seed + one.seed for one in scores})  # not all that were asked for, if interrupted
    beside = f"; beside it that of seeds {seeds[0]} … {seeds[-1]}, of which nine of ten lie between 5 and 95 %"
    notes = [
        f"this one: the {score} with seed {experiment.seed}{beside if len(seeds) > 1 else ''}; "
        "after: what one more step back multiplies ‖∂L_t/∂a⟨t−k⟩‖ by",
    ]
    if with_plain:
        notes.append("against: the error over the plain network's of the same seed, where it is more than scatter")
    record = {"seeds": seeds, "remedies": [_record(name, scores) for name in names]}
    return Section((table, Lines(tuple(notes))), {"over_seeds": record})


def _counted(scores: Sequence[Score]) -> str:
    count = len({one.seed for one in scores})
    return "1 seed" if count == 1 else f"{count} seeds"


def _of(scores: Sequence[Score], name: str, measured: str) -> OverSeeds:
    values = [getattr(one, measured) for one in scores if one.remedy == name]
    numbers = np.array([math.nan if value is None else value for value in values])
    return over_seeds(numbers, np.full(len(numbers), np.nan))


def _row(name: str, scores: Sequence[Score], *, with_plain: bool) -> Row:
    own = next((one for one in scores if one.remedy == name and one.seed == 0), None)
    errors = [one for one in scores if one.remedy == name]
    held_back = all(one.held_back is not None for one in errors)
    found, after = (_of(scores, name, what) for what in ("held_back" if held_back else "metric", "after"))
    cells = (
        Cell(UNKNOWN) if own is None else Cell(number(own.error), finite(own.error)),
        *_middle(found, number),
        *_middle(after, factor),
    )
    against = Cell("" if name == PLAIN else verdict(difference(scores, name)))
    return Row(name, (*cells, against) if with_plain else cells)


def _middle(found: OverSeeds, text: Callable[[float], str]) -> tuple[Cell, Cell]:
    """The median, and between what nine of ten lie."""
    if not found.count:
        return Cell(UNKNOWN), Cell(UNKNOWN)
    between = UNKNOWN if found.count == 1 else f"{text(found.quantiles[0])} … {text(found.quantiles[-1])}"
    return Cell(text(found.median), finite(found.median)), Cell(between)


def _record(name: str, scores: Sequence[Score]) -> dict[str, Any]:
    own = [one for one in scores if one.remedy == name]
    against = None if name == PLAIN else difference(scores, name)
    plain = {"count", "better"}
    return {
        "name": name,
        **{what: _plain(_of(scores, name, what)) for what in MEASURED},
        "against_vanilla": None
        if against is None
        else {key: value if key in plain else finite(value) for key, value in asdict(against).items()},
        "ended": sum(one.ended is not None for one in own),
    }


def _plain(found: OverSeeds) -> dict[str, Any]:
    """What is said of a number over seeds, as in the record of a sweep."""
    numbers = {name: finite(getattr(found, name)) for name in ("mean", "deviation", "standard_error")}
    quantiles = [finite(value) for value in found.quantiles]
    return {"count": found.count, "missing": found.missing, **numbers, "quantiles": quantiles}
