"""Whether a network of a file reads as many inputs as data have, and which columns to choose where it does not."""

from __future__ import annotations

from core.settings.experiment import Experiment
from core.sources.candidate import Candidate
from core.sources.looking_up import are_ids, column_of_ids, rows_said
from core.tasks import input_size, source_of
from core.tasks.table.selection import select
from core.tasks.table.table import Choice
from core.tasks.table.task import table_of

MOST_NAMED = 8
"""Columns that a message names at most"""


def check_columns(candidate: Candidate, experiment: Experiment) -> None:
    """Look whether the data of an experiment have as many inputs as a network reads.

    Raises:
        ValueError: they have more or fewer, with what can be chosen; or the data are not there.
    """
    there, reads = input_size(experiment), candidate.input_size
    if there == reads or are_ids(candidate, experiment) or column_of_ids(candidate, experiment) is not None:
        return
    made = rows_said(candidate)
    begins = f"{candidate.name} reads {_count(reads, 'input')}{made}, and {source_of(experiment).label} has {there}"
    if experiment.task != "table":
        raise ValueError(f"{begins}; choose data with {reads}, or none for inputs that fit")
    raise ValueError(f"{begins}: {_columns(experiment, reads)}")


def _columns(experiment: Experiment, reads: int) -> str:
    """Which columns are read now, and which could be."""
    table = table_of(experiment)
    selection = select(table, Choice.of(experiment))
    now = _listed([column.name for column in selection.inputs])
    usable = [
        column.name
        for column in table.columns
        if column.kind == "number" and not column.constant and column not in selection.time
    ]
    if len(usable) < reads:
        count = _count(len(usable), "column")
        return f"{now}; the file has {count} of numbers, so choose another file, or none for inputs that fit"
    example = ",".join(usable[:reads]) if reads <= MOST_NAMED else f"{usable[0]},{usable[1]},…"
    return f"{now}; choose {reads} of {_listed(usable)} as inputs, such as --inputs {example}"


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
