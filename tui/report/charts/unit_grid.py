"""One quantity of every unit at every step, and the same reduced to the cells that there are.

Where several units or steps share a cell, it shows the number that is furthest from 0; of gates and slopes, which lie
between 0 and 1, their mean. It counts as saturated where half of them are.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from core.bptt.unit_readings import unit_gradients, unit_readings
from tui.report.charts.heatmap import Blocks, Heatmap, PixelKind
from tui.report.numbers import LOG10_2

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core import BackwardPass, Trace
    from core.numerics.scaled import Floats
    from tui.report.charts.path import Limits
    from tui.report.words.units import Quantity

MANY_DECADES: Final = 2.0
"""Between the smallest and the largest step, from which on a scale is one of decades"""

LARGEST: Final = 8e307
"""The end of a scale, twice of which is still a number"""

FAINT: Final = 1e-9
"""How far from 0 on the scale of decades what is smaller than its least decade is, and still not exactly 0"""


@dataclass(frozen=True)
class Covered:
    """The units and the steps that one cell shows, all from 1."""

    units: range
    steps: range

    @classmethod
    def one(cls, unit: int, step: int) -> Covered:
        """One unit at one step."""
        return cls(range(unit, unit + 1), range(step, step + 1))

    @property
    def part(self) -> tuple[slice, slice]:
        """Where they are in an array (n, T)."""
        return slice(self.units.start - 1, self.units.stop - 1), slice(self.steps.start - 1, self.steps.stop - 1)

    @property
    def several(self) -> bool:
        """Whether the cell shows more than one unit at one step."""
        return len(self.units) > 1 or len(self.steps) > 1


@dataclass(frozen=True, eq=False)
class UnitGrid:
    """One quantity of every unit at every step of one example, and which units are saturated."""

    symbol: str
    made_by: str | None
    """The pre-activation that says what is saturated; None where several make the quantity"""
    is_share: bool
    """Whether it lies between 0 and 1"""
    values: Floats
    """(n, T): the numbers; with a sign of their own, log₂ of their sizes, −inf for 0"""
    sign: Floats | None
    """(n, T): −1, 0 or 1, where the scale is one of decades; None where it is even"""
    saturated: NDArray[np.bool_]
    """(n, T)"""
    above: NDArray[np.bool_]
    """(n, T): whether the pre-activation is above 0"""
    dead: NDArray[np.bool_]
    """(n,)"""
    last: int
    """The last step that there is anything at: of a gradient that of the last loss, else T"""

    @property
    def units(self) -> int:
        """The number of units, n."""
        return len(self.values)

    @property
    def steps(self) -> int:
        """The number of steps, T."""
        return self.values.shape[1]

    @property
    def limits(self) -> Limits:
        """The ends of the scale: 0 and 1, or as far below 0 as above; on one of decades from its least decade."""
        if self.is_share:
            return 0.0, 1.0
        if self.sign is not None:
            low, high = self.decades
            return low - high, high - low
        largest = min(float(np.max(np.abs(self.values), initial=0.0)), LARGEST) or 1.0
        return -largest, largest

    def furthest(self, covered: Covered) -> tuple[int, int]:
        """The unit and the step, of those that a cell shows, whose number is furthest from 0."""
        values = self.values[covered.part]
        sizes = values if self.sign is not None else np.abs(values)
        row, column = np.unravel_index(np.argmax(sizes), sizes.shape)
        return covered.units[row], covered.steps[column]

    def mean(self, covered: Covered) -> float:
        """The mean over the units and the steps that a cell shows, of what lies between 0 and 1."""
        return float(self.values[covered.part].mean())

    @cached_property
    def decades(self) -> Limits:
        """On a scale of decades, log₁₀ of the size that has hardly a color, and of the largest.

        The first is a decade below the step whose largest number is the smallest.
        """
        largest = np.max(self.values[:, : self.last], axis=0, initial=-np.inf) * LOG10_2
        largest = largest[np.isfinite(largest)]
        return (float(largest.min()) - 1.0, float(largest.max())) if largest.size else (-1.0, 0.0)


def unit_grid(trace: Trace, quantity: Quantity, backward_pass: BackwardPass | None) -> UnitGrid | None:
    """One quantity of every unit at every step of the first example.

    A scale with a sign is one of decades for gradients, and where the largest numbers of the steps are more than two
    decades apart.

    Args:
        trace: What is shown.
        quantity: One of its network's.
        backward_pass: That of the losses that are shown.

    Returns:
        None for a gradient without a backward pass.
    """
    tape, last, sign = trace.tape, len(trace.tape.losses), None
    of = None if quantity.made_by is None else unit_readings(tape, quantity.made_by)
    if quantity.kind == "gradient":
        if backward_pass is None:
            return None
        found = unit_gradients(backward_pass, quantity.name)
        values, sign, last = found.log2.T, found.sign.T, _last_reached(backward_pass)
    elif of is None or quantity.kind == "state":
        values = trace.network.by_part(tape.states[1:, 0])[quantity.name].T
    else:
        values = {"value": of.values, "preactivation": of.preactivations, "slope": of.slopes}[quantity.kind].T
    if sign is None and not quantity.is_share and _is_of_many_decades(values):
        with np.errstate(divide="ignore"):
            values, sign = np.log2(np.abs(values)), np.sign(values)
    nowhere = np.zeros(values.shape, dtype=bool)
    return UnitGrid(
        symbol=quantity.symbol,
        made_by=quantity.made_by,
        is_share=quantity.is_share,
        values=values,
        sign=sign,
        saturated=nowhere if of is None else of.saturated.T,
        above=nowhere if of is None else of.preactivations.T > 0,
        dead=np.zeros(len(values), dtype=bool) if of is None else of.dead,
        last=last,
    )


def _last_reached(backward_pass: BackwardPass) -> int:
    """The last step that a gradient comes to."""
    reached = np.flatnonzero(np.isfinite(backward_pass.log2_state_gradient))
    return int(reached[-1]) + 1 if reached.size else len(backward_pass)


def _is_of_many_decades(values: Floats) -> bool:
    largest = np.max(np.abs(values), axis=0)
    largest = largest[largest > 0]
    return bool(largest.size and np.log10(largest.max()) - np.log10(largest.min()) > MANY_DECADES)


def reduce_units(grid: UnitGrid, rows: int, columns: int) -> tuple[Heatmap, NDArray[np.int8]]:
    """The heat map of rows × columns cells, and of each whether it is saturated: 1 above 0, −1 below, 0 where not."""
    down, across = Blocks(grid.units, rows), Blocks(grid.steps, columns)
    values = _places(grid)
    each = _over(np.add, np.ones(values.shape), down, across)
    if grid.is_share:
        shown = _over(np.add, values, down, across) / each
    else:
        most, least = _over(np.maximum, values, down, across), _over(np.minimum, values, down, across)
        shown = np.where(most >= -least, most, least)
    kinds = np.full(shown.shape, PixelKind.VALUE, dtype=np.uint8)
    if grid.sign is not None:
        kinds[shown == 0] = PixelKind.ZERO
        kinds[:, across.edges[:-1] >= grid.last] = PixelKind.NOTHING
    saturated = _over(np.add, np.where(grid.saturated, 1.0, 0.0), down, across)
    side = _over(np.add, np.where(grid.saturated, np.where(grid.above, 1.0, -1.0), 0.0), down, across)
    marks = np.where(2 * saturated >= each, np.where(side > 0, 1, -1), 0).astype(np.int8)
    pixels = np.ix_(down.group_of_cell, across.group_of_cell)
    return Heatmap(shown[pixels], kinds[pixels], down, across, scale=grid.limits), marks[pixels]


def _places(grid: UnitGrid) -> Floats:
    """Where each number lies on the scale, whose middle is 0; on one of decades in decades from the middle."""
    if grid.sign is None:
        return np.clip(grid.values, -LARGEST, LARGEST)
    beyond = np.where(grid.sign == 0, 0.0, grid.values * LOG10_2 - grid.decades[0])
    return np.asarray(grid.sign * np.maximum(beyond, FAINT))


def _over(ufunc: np.ufunc, values: Floats, down: Blocks, across: Blocks) -> Floats:
    """One number for each group of units and group of steps."""
    by_unit = ufunc.reduceat(values, down.edges[:-1], axis=0)
    return np.asarray(ufunc.reduceat(by_unit, across.edges[:-1], axis=1))
