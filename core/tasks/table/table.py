"""Table: what is in a file of data, column by column, before anybody has chosen what is read and what is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from core.network.batch import Batch
from core.numerics.frozen import FrozenRecord
from core.settings.files import shortened
from core.tasks.table.columns import Column

if TYPE_CHECKING:
    from core.settings.experiment import Experiment


@dataclass(frozen=True)
class Choice:
    """What is read and asked of a table, and how: every choice that turns it into windows."""

    inputs: str = ""
    """Names of columns with commas between; empty for every column of numbers"""
    targets: str = ""
    """Names of columns with commas between; empty for the first column of numbers"""
    ahead: int = 1
    """How many rows after x⟨t⟩ the target of step t stands"""
    window: int = 50
    """T, rows in a sequence"""
    stride: int = 1
    """How many rows lie between the starts of two windows at least"""
    scale: Literal["standard", "minmax", "none"] = "standard"
    time: str = ""
    """The column that tells the time; empty where it is to be recognized"""
    missing: Literal["drop", "mask", "interpolate"] = "drop"
    held_back: float = 0.2
    """The share of the rows, at the end, that no training batch is drawn from"""
    ids: int = 0
    """How many ids there are, where a column that is read has whole numbers from 0 for them; 0 for numbers"""

    @classmethod
    def of(cls, experiment: Experiment) -> Choice:
        """The choice that an experiment's settings make."""
        return cls(
            experiment.inputs,
            experiment.targets,
            experiment.ahead,
            experiment.timesteps,
            experiment.stride,
            experiment.scale,
            experiment.time,
            experiment.missing,
            experiment.held_back,
            experiment.ids,
        )


@dataclass(frozen=True, eq=False)
class Table(FrozenRecord):
    """The columns of a file of data. Rows follow one another in time, within each of its sequences."""

    name: str
    """The file's name, without its folder, as it can be shown"""
    columns: tuple[Column, ...]
    bounds: tuple[int, ...]
    """(S+1,): where each of the S sequences begins, and the number of rows"""
    sha256: str = ""
    """SHA-256 of the file, in hexadecimal"""
    notes: tuple[str, ...] = field(default=())
    """How the file was read, in sentences"""

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return self.bounds[-1]

    def column(self, name: str) -> Column:
        """The column of a name, capitals or not where this is clear.

        Raises:
            ValueError: there is none.
        """
        known = {column.name: column for column in self.columns}
        if name in known:
            return known[name]
        alike = [column for column in self.columns if column.name.casefold() == name.strip().casefold()]
        if len(alike) == 1:
            return alike[0]
        close = get_close_matches(name, list(known), n=1)
        meant = f"; did you mean {close[0]}?" if close else ""
        listed = ", ".join(list(known)[:20]) + (", …" if len(known) > 20 else "")
        raise ValueError(f"{self.name} has no column {shortened(name)!r}, its columns are {shortened(listed)}{meant}")

    def named(self, names: str) -> tuple[Column, ...]:
        """The columns of several names with commas between; of names that have a comma themselves one at a time.

        Raises:
            ValueError: there is none of a name.
        """
        if any(column.name == names for column in self.columns):
            return (self.column(names),)
        parts = [part.strip() for part in names.split(",")]
        return tuple(dict.fromkeys(self.column(part) for part in parts if part))

    def preview(self, rows: int = 5) -> tuple[tuple[str, ...], ...]:
        """The first rows as texts, a gap as an empty one."""
        return tuple(tuple(column.text(row) for column in self.columns) for row in range(min(rows, self.rows)))

    def batch(
        self,
        *,
        inputs: str | Sequence[str] = "",
        targets: str | Sequence[str] = "",
        ahead: int = 1,
        window: int = 50,
        stride: int = 1,
        scale: Literal["standard", "minmax", "none"] = "standard",
        time: str = "",
        missing: Literal["drop", "mask", "interpolate"] = "drop",
        held_back: float = 0.0,
        ids: int = 0,
        examples: int | None = None,
        seed: int | np.random.Generator = 0,
    ) -> Batch:
        r"""Windows of the table as a batch: all of them in their order, or some at random.

        Args:
            inputs: Which columns are read at each step, as names or as one text with commas; "" for every column of
                numbers that is not taken for time.
            targets: Which columns are asked for; "" for the first column of numbers. One of words is asked for as
                classes.
            ahead: How many rows after x⟨t⟩ the target of step t stands; 0 asks for the same row.
            window: T, the rows in a sequence.
            stride: How many rows lie between the starts of two windows at least.
            scale: standard: minus the mean, over the standard deviation; minmax: to 0 … 1; none. Fitted on the rows
                that are not held back.
            time: The column that tells the time; "" where it is recognized.
            missing: drop leaves out windows with a gap; mask fills a gap of the inputs with the value before it and
                does not score a missing target; interpolate draws a straight line between the values around a gap.
            held_back: The share of the rows, at the end, that no window reaches into.
            ids: How many ids there are, where a column of inputs has whole numbers from 0 for them: each is an input
                of its own, and such a column is asked for as classes. 0 reads numbers as numbers.
            examples: B, drawn at random; None takes all windows in their order.
            seed: For the draw.

        Returns:
            Inputs (T, B, n_x), and targets (T, B, n_y) or class ids (T, B), every step of them scored.

        Raises:
            ValueError: there is no such column, or no window fits; what was found and what to do.

        Runnable example:

            >>> import pathlib, tempfile
            >>> import core
            >>> path = pathlib.Path(tempfile.mkdtemp(), "heights.csv")
            >>> _ = path.write_text("day,height\n" + "\n".join(f"{i},{i * i}" for i in range(1, 31)))
            >>> table = core.open_table(path)
            >>> [(column.name, column.kind) for column in table.columns]
            [('day', 'time'), ('height', 'number')]
            >>> table.batch(window=10, stride=5).inputs.shape
            (10, 4, 1)
        """
        from core.tasks.table.windows import windows_of

        def joined(names: str | Sequence[str]) -> str:
            return names if isinstance(names, str) else ",".join(names)

        choice = Choice(joined(inputs), joined(targets), ahead, window, stride, scale, time, missing, held_back, ids)
        found = windows_of(self, choice)
        starts: NDArray[np.int64] = found.trained
        if not starts.size:
            raise ValueError(found.too_short())
        if examples is not None:
            rng = seed if isinstance(seed, np.random.Generator) else np.random.default_rng(seed)
            starts = starts[rng.integers(len(starts), size=examples)]
        return found.batch(starts)
