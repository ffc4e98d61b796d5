"""Windows: a table's columns, scaled and filled, cut into sequences of T rows that are trained on or held back.

A window that starts in row r reads the rows r … r + T − 1, and asks at each for the row `ahead` further down. The rows
at the end, a share `held_back` of them, are held back: no window that is trained on reads or asks for any of them,
scaling is fitted without them, and gaps are filled without looking across. Every row held back is then asked for once,
at the last step of a window that ends `ahead` rows before it; such a window may begin in rows that were trained on, as
a forecast does. Of several sequences, the last ones are held back, whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.network.batch import Batch
from core.network.readout import Targets
from core.numerics.frozen import FrozenRecord
from core.numerics.scaled import Floats, freeze
from core.tasks.table.columns import Column
from core.tasks.table.scaling import Scale, fitted
from core.tasks.table.selection import Selection, select
from core.tasks.table.table import Choice, Table

MOST_SCORED: Final = 500
"""How many of the rows held back are asked for at most, evenly spaced: a network is scored on them again and again"""

FEWEST_SCORED: Final = 8
MOST_STATES: Final = 10_000_000
"""About how many numbers of states a network may make where it is scored: long windows are fewer"""


@dataclass(frozen=True, eq=False)
class Windows(FrozenRecord):
    """A table as sequences are cut from it: inputs (n_rows, n_x), targets (n_rows, n_y) or class ids (n_rows,)."""

    name: str
    choice: Choice
    selection: Selection
    inputs: Floats
    """(n_rows, n_x): scaled, gaps filled"""
    targets: Targets
    """(n_rows, n_y) scaled numbers, gaps filled; or (n_rows,) class ids"""
    known: NDArray[np.bool_]
    """(n_rows,): whether the target of a row is asked for where it comes in a window"""
    trained: NDArray[np.int64]
    """(N,): the rows in which windows that are trained on may start"""
    held: NDArray[np.int64]
    """(N,): the rows in which windows start whose last target is held back"""
    kept: NDArray[np.bool_]
    """(n_rows,): which rows are not held back"""
    bounds: tuple[int, ...]
    """Where each sequence begins, and the number of rows"""
    scales: tuple[Scale, ...]
    """How each column of numbers among the targets was scaled"""
    longest: int
    """The longest stretch of rows that are trained on without a gap that matters"""
    notes: tuple[str, ...]
    """What was decided, in sentences"""

    def batch(self, starts: NDArray[np.int64], *, last: bool = False) -> Batch:
        """The windows that start in these rows, as a batch: inputs (T, B, n_x), targets (T, B, n_y) or ids (T, B).

        Args:
            starts: (B,) rows.
            last: Whether only the last step is scored.
        """
        at = starts + np.arange(self.choice.window)[:, np.newaxis]
        asked = at + self.choice.ahead
        scored = np.ones(asked.shape, dtype=bool)
        if self.choice.missing == "mask":
            scored = self.known[asked]
        if last:
            scored[:-1] = False
        names = self.selection.classes or [column.name for column in self.selection.targets]
        return Batch(
            self.inputs[at],
            self.targets[asked],
            scored,
            input_names=self.selection.input_names,
            target_names=names,
        )

    @cached_property
    def apart(self) -> NDArray[np.int64]:
        """(N,): the rows in which windows may start that are trained on and do not overlap, each as early as it can."""
        starts, at = [], 0
        while at < len(self.trained):
            starts.append(at)
            at = int(np.searchsorted(self.trained, self.trained[at] + self.choice.window))
        return self.trained[starts]

    def scored_starts(self, units: int) -> NDArray[np.int64]:
        """The starts of the windows that the score on what is held back is made of, (N,), for n_a units."""
        numbers = self.choice.window * max(units, self.inputs.shape[1])
        most = min(MOST_SCORED, max(MOST_STATES // numbers, FEWEST_SCORED))
        if len(self.held) <= most:
            return self.held
        return self.held[np.linspace(0, len(self.held) - 1, most).round().astype(np.int64)]

    def too_short(self) -> str:
        """What is said where no window that could be trained on fits."""
        need = self.choice.window + self.choice.ahead
        rows, trained = len(self.inputs), int(np.count_nonzero(self.kept))
        held = f", {rows - trained:,} of them held back" if trained < rows else ""
        if self.longest == trained or self.longest >= need:
            there = f"data: {self.name} has {rows:,} row{'' if rows == 1 else 's'}{held}"
        else:
            stretch = f"has {self.longest:,} of its {rows:,} rows{held}"
            there = f"data: the longest stretch of {self.name} without a gap {stretch}"
        most = self.longest - self.choice.ahead
        if most < 1:
            gaps = " fill the gaps with missing = interpolate, or" if self.longest < trained else ""
            return f"{there}, and a window of 1 needs {1 + self.choice.ahead};{gaps} give a longer file"
        gaps = ", or missing = interpolate" if self.longest < trained and self.choice.missing == "drop" else ""
        return f"{there}, needed are timesteps + ahead = {need:,}; give timesteps (window) of at most {most:,}{gaps}"


@lru_cache(maxsize=4)
def windows_of(table: Table, choice: Choice) -> Windows:
    """The windows of a table; what was worked out for the same table and choice before is used again.

    Raises:
        ValueError: the choice does not fit the table: what was found and what to do.
    """
    selection = select(table, choice)
    kept = _not_held_back(table, choice.held_back)
    inputs, read = _matrix(selection.inputs, choice, kept, table.bounds)
    scales: tuple[Scale, ...] = ()
    targets: Targets
    if selection.classes:
        raw = selection.targets[0].numbers
        there = ~np.isnan(raw)
        targets = np.where(there, raw, 0).astype(np.int64)
    else:
        parts = [_scaled(column, choice, kept, table.bounds) for column in selection.targets]
        targets = np.stack([values for values, _, _ in parts], axis=1)
        there = np.all([known for _, known, _ in parts], axis=0)
        scales = tuple(scale for _, _, scale in parts)
    freeze(inputs)
    freeze(targets)
    starts, held, longest = _starts(table, choice, read, there, kept)
    notes = (*table.notes, *selection.notes, *_told(selection, choice, kept, scales))
    return Windows(
        table.name, choice, selection, inputs, targets, there, starts, held, kept, table.bounds, scales, longest, notes
    )


def _not_held_back(table: Table, share: float) -> NDArray[np.bool_]:
    kept = np.ones(table.rows, dtype=bool)
    sequences = len(table.bounds) - 1
    if sequences > 1:
        first = table.bounds[max(sequences - round(share * sequences), 1)]
    else:
        first = table.rows - round(share * table.rows)
    kept[first:] = False
    return kept


def _matrix(
    columns: tuple[Column, ...], choice: Choice, kept: NDArray[np.bool_], bounds: tuple[int, ...]
) -> tuple[Floats, NDArray[np.bool_]]:
    """Columns of inputs side by side, (n_rows, n_x), and whether a row of them has no gap, (n_rows,)."""
    found, known = [], np.ones(len(kept), dtype=bool)
    for column in columns:
        if column.kind == "words":
            there = ~np.isnan(column.numbers)
            ids = np.where(there, column.numbers, -1)
            found += [(ids == place).astype(np.float64) for place in range(len(column.words))]
            known &= there | (choice.missing != "drop")
        else:
            values, there, _ = _scaled(column, choice, kept, bounds)
            found.append(values)
            known &= there | (choice.missing == "mask")
    return np.stack(found, axis=1), known


def _scaled(
    column: Column, choice: Choice, kept: NDArray[np.bool_], bounds: tuple[int, ...]
) -> tuple[Floats, NDArray[np.bool_], Scale]:
    """A column of numbers, scaled and filled; where its value is known or counts as known; and how it was scaled."""
    scale = fitted(choice.scale, column, kept)
    values = scale.applied(column.numbers)
    there = np.isfinite(values)
    if choice.missing == "interpolate" and not there.all():
        values = _interpolated(values, there, kept, bounds)
    elif not there.all():
        values = _carried(values, there, bounds, float(np.mean(values[there & kept])))
    return values, np.isfinite(values) if choice.missing == "interpolate" else there, scale


def _interpolated(values: Floats, there: NDArray[np.bool_], kept: NDArray[np.bool_], bounds: tuple[int, ...]) -> Floats:
    """Straight lines between the values around a gap, within a sequence and on one side of what is held back."""
    filled = values.copy()
    cut = int(np.count_nonzero(kept))
    edges = sorted({*bounds, cut})
    for begin, end in pairwise(edges):
        rows = np.arange(begin, end)
        known = rows[there[begin:end]]
        if known.size:
            filled[begin:end] = np.interp(rows, known, values[known])
    return np.where(np.isfinite(filled), filled, np.nan_to_num(np.nanmean(values[there])))


def _carried(values: Floats, there: NDArray[np.bool_], bounds: tuple[int, ...], mean: float) -> Floats:
    """The value before where there is none; the mean where none came before in the sequence."""
    last = np.where(there, np.arange(len(values)), -1)
    for begin, end in pairwise(bounds):
        last[begin:end] = np.maximum.accumulate(last[begin:end])
    return np.where(last >= 0, values[last], mean)


def _starts(
    table: Table, choice: Choice, read: NDArray[np.bool_], asked: NDArray[np.bool_], kept: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Where windows start that are trained on, where those that are held back, and the longest stretch."""
    steps, ahead, masked = choice.window, choice.ahead, choice.missing == "mask"
    whole = np.ones_like(asked) if masked else asked
    trained, held, longest = [], [], 0
    for begin, end in pairwise(table.bounds):
        cut = begin + int(np.count_nonzero(kept[begin:end]))
        here = np.arange(begin, end - steps - ahead + 1)
        longest = max(longest, _longest(read[begin:cut] & whole[begin:cut]))
        if not here.size:
            continue
        reads = _all_of(read[begin:end], steps)[: len(here)]
        asks = _all_of(whole[begin + ahead : end], steps)[: len(here)]
        final = here + steps - 1 + ahead
        inside = final < cut
        if masked:  # something has to be asked for
            inside &= _any_of(asked[begin + ahead : end], steps)[: len(here)]
        trained.append(here[reads & asks & inside & ((here - begin) % choice.stride == 0)])
        held.append(here[reads & (final >= cut) & asked[final]])
    empty = np.empty(0, dtype=np.int64)
    return np.concatenate([empty, *trained]), np.concatenate([empty, *held]), longest


def _all_of(good: NDArray[np.bool_], steps: int) -> NDArray[np.bool_]:
    """Whether `steps` in a row are good, from each place at which so many are left."""
    return _counts(good, steps) == steps


def _any_of(good: NDArray[np.bool_], steps: int) -> NDArray[np.bool_]:
    return _counts(good, steps) > 0


def _counts(good: NDArray[np.bool_], steps: int) -> NDArray[np.int64]:
    sums = np.concatenate([[0], np.cumsum(good)])
    return sums[steps:] - sums[:-steps]


def _longest(good: NDArray[np.bool_]) -> int:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], good, [False]]).astype(np.int8)))
    return int(np.max(edges[1::2] - edges[::2], initial=0))


def _told(selection: Selection, choice: Choice, kept: NDArray[np.bool_], scales: tuple[Scale, ...]) -> list[str]:
    gaps = {c.name: c.gaps for c in dict.fromkeys((*selection.targets, *selection.inputs)) if c.gaps}
    notes = []
    if gaps:
        done = {
            "drop": "windows with a gap are left out",
            "mask": "a missing target is not scored, a missing input is the value before it",
            "interpolate": "filled by straight lines",
        }[choice.missing]
        counts = ", ".join(f"{name} {count:,}" for name, count in list(gaps.items())[:12])
        notes.append(f"gaps: {counts}; {done}")
    rows = int(np.count_nonzero(kept))
    if rows < len(kept):
        notes.append(f"{rows:,} rows are trained on, the last {len(kept) - rows:,} are held back")
    else:
        notes.append(f"{rows:,} rows are trained on, none is held back")
    notes += [scale.said for scale in scales if scale.said]
    return notes
