"""Where the cells of the unrolled network stand: those around the cursor, and the one from where the gradient starts.

Between neighbors there is a gap for the arrows. Where the start is not among those around the cursor, it stands at the
right end, and the gap before it stands for all steps between.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

BOX: Final = 10
"""Columns of a cell's box, its sides included"""

MOST: Final = 9
"""More cells than this are no longer looked at one by one"""

FEWEST_WITH_START: Final = 3
"""Cells from which on one of them can be spared for the start"""


@dataclass(frozen=True)
class Place:
    """A cell: its step, and the first column of its box."""

    step: int
    left: int

    @property
    def right(self) -> int:
        """The first column behind the box."""
        return self.left + BOX

    @property
    def middle(self) -> int:
        """The column of what goes up and down."""
        return self.left + BOX // 2


@dataclass(frozen=True)
class Gap:
    """The columns between two cells, from `left` up to but without `right`."""

    left: int
    right: int
    before: int
    """The step of the cell to the left; 0 left of the first step"""
    after: int
    """The step of the cell to the right: `before + 1`, or a later one in the gap that stands for all between"""

    @property
    def width(self) -> int:
        """How many columns the arrow has."""
        return self.right - self.left


@dataclass(frozen=True)
class Places:
    """The cells from left to right, and the columns there are."""

    cells: tuple[Place, ...]
    width: int

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """One left of every cell, and one right of the last."""
        found, left, before = [], 0, self.cells[0].step - 1
        for cell in self.cells:
            found.append(Gap(left, cell.left, before, cell.step))
            left, before = cell.right, cell.step
        return (*found, Gap(left, self.width, before, before + 1))

    def step_at(self, column: int) -> int:
        """The step of the cell nearest to a column."""
        return min(self.cells, key=lambda cell: abs(cell.middle - column)).step


def place_cells(steps: int, step: int, width: int, gap: int, start: int | None = None) -> Places:
    """Place the cells around a step that fit side by side, at least one.

    Args:
        steps: T.
        step: The cursor's, 1 … T.
        width: Columns there are, `BOX` or more.
        gap: Columns between two cells, at least.
        start: A step that is kept in sight, to the right of the others.
    """
    count = max(1, min((width - gap) // (BOX + gap), MOST, steps))
    near = _around(steps, step, count, before=count // 2)
    if start is not None and count >= FEWEST_WITH_START and start not in near and start > step:
        near = _around(steps, step, count - 1, before=(count - 2) // 2)
        if start not in near:
            return _with_start(near, start, width, gap)
    free = width - count * BOX
    lefts = [(i + 1) * free // (count + 1) + i * BOX for i in range(count)]
    return Places(tuple(Place(s, left) for s, left in zip(near, lefts, strict=True)), width)


def _around(steps: int, step: int, count: int, *, before: int) -> range:
    first = min(max(1, step - before), steps - count + 1)
    return range(first, first + count)


def _with_start(near: range, start: int, width: int, gap: int) -> Places:
    """The wider gap before the start takes what is left over."""
    count = len(near) + 1
    even = max(gap, (width - count * BOX) // (count + 2))
    cells = [Place(s, even + i * (BOX + even)) for i, s in enumerate(near)]
    return Places((*cells, Place(start, width - even - BOX)), width)
