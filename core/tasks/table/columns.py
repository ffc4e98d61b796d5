"""Column: a name and a value for every row, and of what kind they are: numbers, times or words.

A column of texts is one of **time** where nine in ten of them are written as dates are, and else one of **words**. A
column of numbers is taken for time where it counts the rows (1, 2, 3, …), or where its name says so: year, month, day,
hour, …
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from core.numerics.frozen import FrozenRecord
from core.numerics.scaled import Floats
from core.settings.files import visible
from core.tasks.table.cells import looks_like_time

Kind: TypeAlias = Literal["number", "time", "words"]

MOST: Final = 0.9
"""The share of the cells that decides what a column holds"""

SENTINELS: Final = (-999.0, -9999.0, -99999.0, -999.9, -9999.9)
"""Numbers that stand for a gap in files which have no other sign for it"""

_TIMES: Final = re.compile(
    r"(?i)(date|time|datetime|timestamps?|year|month|day|hour|minute|second|week|quarter|yr|mon|hr|min|sec|dt|t|"
    r"jahr|monat|tag|datum|zeit|uhrzeit|stunde|année|annee|mois|jour|heure|fecha|hora)s?"
)
_COUNTERS: Final = re.compile(r"(?i)(no|nr|num|number|index|idx|id|row|rownames|unnamed: 0|obs|#|column 1|)\.?")


@dataclass(frozen=True, eq=False)
class Column(FrozenRecord):
    """One column of a table: its values, (n_rows,), and what they are."""

    name: str
    kind: Kind
    numbers: Floats
    """(n_rows,): the numbers; of words which of `words` it is, from 0; nan where there is a gap, or a time in words"""
    words: tuple[str, ...] = ()
    """The different words, sorted; the different texts of a time in the order in which they come"""
    places: NDArray[np.int32] | None = None
    """(n_rows,): of a time in words, which of `words` stands there, from 1, 0 for none"""
    notes: tuple[str, ...] = ()
    """What was decided of its cells, in sentences without the column's name"""
    ids: bool = False
    """Whether its words are ids, 0, 1, 2, …, of which not each has to come"""

    @property
    def gaps(self) -> int:
        """How many rows have no value."""
        missing = np.isnan(self.numbers) if self.places is None else self.places == 0
        return int(np.count_nonzero(missing))

    @property
    def numeric(self) -> bool:
        """Whether its values are numbers, whatever they stand for."""
        return self.kind != "words" and self.places is None

    @property
    def constant(self) -> bool:
        """Whether all rows that have a value have the same, or none has one."""
        known = self.numbers[~np.isnan(self.numbers)]
        return not known.size or bool(np.all(known == known[0]))

    def are_ids(self, count: int) -> bool:
        """Whether its values are whole numbers from 0 to `count` − 1."""
        known = self.numbers[~np.isnan(self.numbers)]
        whole = known.size > 0 and bool(np.all(known == np.rint(known)))
        return self.numeric and whole and known.min() >= 0 and known.max() < count

    def as_ids(self, count: int) -> Column:
        """This column as one of words, one for each of the whole numbers 0 … `count` − 1."""
        return replace(self, kind="words", words=tuple(map(str, range(count))), ids=True)

    def text(self, row: int) -> str:
        """The value of a row as it can be shown; empty where there is a gap."""
        if self.places is not None:
            place = int(self.places[row])
            return self.words[place - 1] if place else ""
        value = float(self.numbers[row])
        if np.isnan(value):
            return ""
        return self.words[int(value)] if self.kind == "words" else f"{value:.6g}"


def column_of(name: str, numbers: Floats, places: NDArray[np.int32], words: tuple[str, ...]) -> Column:
    """A column from what its cells are, with its kind recognized.

    Args:
        name: What it is called.
        numbers: (n_rows,), nan where a cell is no number.
        places: (n_rows,): which word stands in the cell, from 1; 0 for none.
        words: The different words.
    """
    numeric, worded = int(np.count_nonzero(~np.isnan(numbers))), int(np.count_nonzero(places))
    if not worded or numeric >= MOST * (numeric + worded):
        return _of_numbers(name, numbers, places, words)
    if sum(map(looks_like_time, words)) >= MOST * len(words) and not numeric:
        return Column(name, "time", np.full(len(numbers), np.nan), words, places)
    texts = np.array(["", *words], dtype=object)[places]
    for row in np.flatnonzero(~np.isnan(numbers)):
        texts[row] = f"{numbers[row]:.15g}"
    known = sorted({*texts} - {""})
    order = {word: float(i) for i, word in enumerate(known)} | {"": np.nan}
    return Column(name, "words", np.array([order[text] for text in texts]), tuple(known))


def _of_numbers(name: str, numbers: Floats, places: NDArray[np.int32], words: tuple[str, ...]) -> Column:
    notes = list(_strange(places, words))
    for sentinel in SENTINELS:
        hit = numbers == sentinel
        if np.any(hit) and _stands_apart(numbers[~hit & ~np.isnan(numbers)], sentinel):
            numbers = np.where(hit, np.nan, numbers)
            count = np.count_nonzero(hit)
            notes.append(
                f"{sentinel:g}".replace("-", "−") + f" is taken for a gap, {count:,} time{'' if count == 1 else 's'}"
            )
    return Column(name, "time" if _tells_time(name, numbers) else "number", numbers, notes=tuple(notes))


def _strange(places: NDArray[np.int32], words: tuple[str, ...]) -> Iterator[str]:
    rows = np.flatnonzero(places)
    if rows.size:
        first = visible(words[int(places[rows[0]]) - 1])
        cells = "1 cell is" if rows.size == 1 else f"{rows.size:,} cells are"
        yield f"{cells} no number and taken for a gap, the first {first!r} in row {rows[0] + 1:,}"


def _stands_apart(others: Floats, sentinel: float) -> bool:
    """Whether no other value is near: all are larger, and none negative or none as far from another as from it."""
    if not others.size or float(others.min()) <= sentinel:
        return False
    return float(others.min()) >= 0 or float(others.min()) - sentinel > float(others.max() - others.min())


def _tells_time(name: str, numbers: Floats) -> bool:
    if not numbers.size or np.isnan(numbers).any():
        return False
    whole = bool(np.all(numbers == np.round(numbers)))
    with np.errstate(over="ignore"):
        steps = np.diff(numbers)
    if _TIMES.fullmatch(name.strip()):
        return whole or bool(np.all(steps > 0))
    return whole and len(numbers) > 2 and bool(np.all(steps == 1)) and _COUNTERS.fullmatch(name.strip()) is not None


def unique_names(names: list[str]) -> list[str]:
    """The names of columns, each of them once: one without a name is `column 3`, a second `a` is `a (2)`.

    Runnable example:

        >>> unique_names(["a", "", "a"])
        ['a', 'column 2', 'a (2)']
    """
    found: list[str] = []
    for i, name in enumerate(names):
        plain = "".join(character if character.isprintable() else " " for character in name)
        base = " ".join(plain.split()) or f"column {i + 1}"
        unique, count = base, 1
        while unique in found:
            count += 1
            unique = f"{base} ({count})"
        found.append(unique)
    return found
