"""Which columns of a table are read, which are asked for, and what is said of those that are neither.

Where it is said how many ids there are, columns of whole numbers from 0 are read as words, one for each id, and the
first of them is asked for.

Where nobody says: the first column of numbers is asked for, and every column of numbers is read, the one asked for
among them, so that a single column predicts itself. With ahead = 0, where target and input stand in the same row, the
target is not read. Times, words, columns without a value and those with one value only are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from core.numerics.frozen import FrozenRecord
from core.tasks.table.columns import Column
from core.tasks.table.table import Choice, Table

MOST_CLASSES = 256
"""Most different words of a column that becomes classes"""


@dataclass(frozen=True, eq=False)
class Selection(FrozenRecord):
    """The columns that are read and asked for."""

    inputs: tuple[Column, ...]
    targets: tuple[Column, ...]
    time: tuple[Column, ...]
    """The columns that tell the time, if any does"""
    notes: tuple[str, ...]
    """What was decided, in sentences"""

    @property
    def classes(self) -> tuple[str, ...]:
        """The words that are asked for as classes; () where numbers are asked for."""
        return self.targets[0].words if self.targets[0].kind == "words" else ()

    @property
    def input_names(self) -> tuple[str, ...]:
        """What each input is called: a column, or a word of a column of words."""
        return tuple(_input_names(self.inputs))


def select(table: Table, choice: Choice) -> Selection:
    """The columns that a choice asks for, or that are there to be asked for where it does not say.

    Raises:
        ValueError: a name is none of a column, or what is asked for cannot be; what was found and what to do.
    """
    table, time = _with_ids(table, choice), _time(table, choice)
    usable = [column for column in table.columns if column.kind == "number" and column not in time]
    usable = [column for column in usable if not column.constant]
    asked, read = _named(table, "targets", choice.targets), _named(table, "inputs", choice.inputs)
    targets = asked or _default_targets(table, choice, usable)
    inputs = read or _default_inputs(table, choice, usable, targets)
    if any(column.kind == "words" for column in targets) and len(targets) > 1:
        names = _listed([column.name for column in targets])
        raise ValueError(
            f"targets: {names} were asked for, but a column of words is asked for as classes, by itself; name only "
            "that one, or columns of numbers"
        )
    if choice.ahead == 0 and set(inputs) & set(targets):
        names = _listed([column.name for column in targets if column in inputs])
        raise ValueError(
            f"ahead: 0 asks for {names} of the row in which it is read; give other inputs, or a larger ahead"
        )
    return Selection(inputs, targets, time, tuple(_notes(table, choice, inputs, targets, time)))


def _with_ids(table: Table, choice: Choice) -> Table:
    """The table with its columns of ids as words, where there are ids.

    Raises:
        ValueError: no column that is read has whole numbers from 0 to one less than there are ids.
    """
    if not choice.ids:
        return table
    time = _time(table, choice)
    read = _named(table, "inputs", choice.inputs) or [column for column in table.columns if column not in time]
    found = [column for column in read if column.are_ids(choice.ids)]
    if not found:
        names = _listed([column.name for column in read])
        raise ValueError(
            f"ids: {choice.ids} asks for a column of whole numbers from 0 to {choice.ids - 1}, and {names} of "
            f"{table.name} {'is' if len(read) == 1 else 'are'} none; name another as inputs, give more ids, or 0 for "
            "numbers"
        )
    return replace(table, columns=tuple(one.as_ids(choice.ids) if one in found else one for one in table.columns))


def _named(table: Table, setting: str, names: str) -> tuple[Column, ...]:
    """The columns that a setting names.

    Raises:
        ValueError: it names one that there is not, or one that can be neither read nor asked for.
    """
    try:
        found = table.named(names) if names else ()
        for column in found:
            _check(table, column)
    except ValueError as error:
        raise ValueError(f"{setting}: {error}") from None
    return found


def _time(table: Table, choice: Choice) -> tuple[Column, ...]:
    if choice.time:
        try:
            return (table.column(choice.time),)
        except ValueError as error:
            raise ValueError(f"time: {error}") from None
    return tuple(column for column in table.columns if column.kind == "time")


def _default_targets(table: Table, choice: Choice, usable: Sequence[Column]) -> tuple[Column, ...]:
    if choice.ids:
        read = table.named(choice.inputs) if choice.inputs else table.columns
        return (next(column for column in read if column.ids),)
    if choice.inputs and choice.ahead == 0:
        read = table.named(choice.inputs)
        usable = [column for column in usable if column not in read]
    elif choice.inputs:
        usable = [column for column in table.named(choice.inputs) if column in usable] or usable
    if not usable:
        raise ValueError(_no_numbers(table))
    return (usable[0],)


def _default_inputs(
    table: Table, choice: Choice, usable: Sequence[Column], targets: Sequence[Column]
) -> tuple[Column, ...]:
    if choice.ids and choice.ahead and targets[0].ids:
        return (targets[0],)
    found = tuple(column for column in usable if choice.ahead or column not in targets)
    if not found and targets[0].kind == "words":
        return (targets[0],) if choice.ahead else ()
    if not found:
        asked = _listed([column.name for column in targets])
        raise ValueError(
            f"ahead: 0 asks for {asked} of the same row, and there is no other column of numbers in {table.name} to "
            f"read; give a larger ahead, or inputs"
        )
    return found


def _no_numbers(table: Table) -> str:
    words = [column.name for column in table.columns if column.kind == "words" and not column.constant]
    constant = [column.name for column in table.columns if column.kind == "number"]
    if words:
        return (
            f"data: {table.name} has no column of numbers to predict; its columns of words are {_listed(words)}: "
            f"targets = {words[0]} asks for one of them as classes"
        )
    if constant:
        return (
            f"data: {table.name} has no column of numbers that change: {_listed(constant)} "
            f"{'has' if len(constant) == 1 else 'have'} a single value or none; give a file with some that do"
        )
    times = _listed([column.name for column in table.columns])
    return (
        f"data: {table.name} has no column of numbers to predict: {times} {'is' if len(table.columns) == 1 else 'are'} "
        "taken for time; name another column as time, or name the targets"
    )


def _check(table: Table, column: Column) -> None:
    if column.kind == "time" and not column.numeric:
        raise ValueError(
            f"{column.name} of {table.name} tells the time in words ({column.words[0]}, …), which is no input or "
            "target; choose columns of numbers or words"
        )
    if column.gaps == table.rows:
        raise ValueError(f"{column.name} of {table.name} has no value in any row; choose another column")
    if column.kind == "words" and not column.ids and not 2 <= len(column.words) <= MOST_CLASSES:
        raise ValueError(
            f"{column.name} of {table.name} holds {len(column.words):,} different words, allowed are 2 … "
            f"{MOST_CLASSES}; choose another column"
        )


def _notes(
    table: Table, choice: Choice, inputs: Sequence[Column], targets: Sequence[Column], time: Sequence[Column]
) -> Iterator[str]:
    asked, read = ([column.name for column in columns] for columns in (targets, inputs))
    when = "in the same row" if choice.ahead == 0 else f"{choice.ahead} row{'' if choice.ahead == 1 else 's'} ahead"
    if asked == read and len(asked) == 1:
        said = f"predicts {asked[0]} from its own past, {when}"
    else:
        said = f"predicts {_listed(asked)}, {when}, from {_listed(read)}"
    if targets[0].kind == "words":
        said += f", as one of {len(targets[0].words)} classes"
    others = [c for c in table.columns if c.kind == "number" and c not in time and c not in targets and not c.constant]
    if not choice.targets and (others or choice.inputs):
        said += "; the first column of numbers is the target where none is named"
    yield said
    if time:
        yield f"taken for time: {_listed([column.name for column in time])}"
    used = {*inputs, *targets, *time}
    words = [column for column in table.columns if column.kind == "words" and column not in used]
    if words:
        yield f"left out: {_listed([f'{c.name} ({len(c.words):,} different words)' for c in words])}"
    still = [column.name for column in table.columns if column.kind == "number" and column.constant]
    if still:
        yield f"left out, with one value or none: {_listed(still)}"
    for column in dict.fromkeys((*targets, *inputs)):
        yield from (f"in {column.name} {note}" for note in column.notes)


def _input_names(columns: Sequence[Column]) -> Iterator[str]:
    for column in columns:
        if column.kind != "words":
            yield column.name
        else:
            yield from column.words if len(columns) == 1 else (f"{column.name} {word}" for word in column.words)


def _listed(names: Sequence[str]) -> str:
    """`a, b and c`, the first dozen of many."""
    if len(names) > 12:
        return f"{', '.join(names[:11])} and {len(names) - 11} more"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else "nothing"
