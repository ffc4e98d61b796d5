"""Which rows the strip of the unrolled network has: as many as fit of a list of wishes, the most needed first."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from tui.report.charts.network_scene import Row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui.report.charts.gradient_flow import Flow

POSITION: Final = "position"
ALL_STEPS: Final = "all steps"
GRADIENT: Final = "gradient"
AT_INPUT: Final = "at input x"
PINNED: Final = "pinned"
STATE: Final = "state a"
OUTPUT: Final = "output y"
TARGET: Final = "target"
"""Rows of all steps, by their names; those of the inputs are named by the task"""


MOST_SPARE: Final = 3
"""Rows of inputs in addition to all others"""


@dataclass(frozen=True)
class Plan:
    """The rows of the strip from top to bottom."""

    drawn: tuple[Row, ...]
    """The rows of the drawing"""
    below: tuple[str, ...]
    """The rows with all steps below it, by their names"""


@dataclass(frozen=True)
class Contents:
    """What there is to show, as far as it decides on the rows."""

    flow: Flow
    inputs: Sequence[str]
    """The names of the inputs' rows"""
    telling: bool
    """Whether the inputs tell more than the outputs: symbols, characters, marks"""
    gates: bool
    """Whether the cell has gates"""
    pinned: bool
    """Whether there is a pinned gradient"""
    windowed: bool
    """Whether there are more steps than columns"""
    answers: bool = True
    """Whether the network has a read-out, and so outputs and targets"""
    spare: Sequence[str] = ()
    """The names of inputs that have a row only where there is room"""

    @property
    def _two_ways(self) -> bool:
        return len(self.flow.layers[0].ways) > 1

    def _wishes(self, *, backward: bool) -> list[tuple[str, int]]:
        """(what, how many rows), the most needed first."""
        below = range(1, len(self.flow.layers))
        numbers = [layer.number for layer in self.flow.layers]
        between = [at for at, (one, other) in enumerate(pairwise(numbers)) if one != other]
        inputs = [(label, 1) for label in self.inputs]
        wishes: list[tuple[str, int, bool]] = [
            (POSITION, 1, True),
            (ALL_STEPS, 1, self.windowed),
            ("cells", 2, True),
            (GRADIENT if backward else STATE, 1, True),
            (PINNED, 1, backward and self.pinned),
            *((label, rows, self.telling) for label, rows in inputs),
            ("ways", 1, self._two_ways),
            *((f"layer {at}", 1, True) for at in below),
            *((f"state {at}", 1, True) for at in below),
            ("borders", 2, True),
            ("gates", 1, self.gates),
            (OUTPUT, 1, self.answers),
            ("between", len(between), bool(between)),
            (TARGET, 1, self.answers),
            *((label, rows, not self.telling) for label, rows in inputs),
            ("y", 1, True),
            ("x", 1, True),
            (AT_INPUT, 1, True),
            *((label, 1, True) for label in self.spare),
        ]
        return [(what, rows) for what, rows, there_is in wishes if there_is]

    @property
    def height(self) -> int:
        """How many rows there would be if nothing had to be left out, the same on the way forward and back."""
        return sum(rows for _, rows in self._wishes(backward=True)) - len(self.spare)

    @property
    def most(self) -> int:
        """How many rows there may be at most, those of inputs among them that have one only where there is room."""
        return self.height + min(len(self.spare), MOST_SPARE)

    @property
    def least(self) -> int:
        """Rows for a line of cells, the gradient, the outputs or what tells more, and where the cursor is."""
        return 4 + (len(self.inputs) if self.telling else 1)

    def plan(self, height: int, *, backward: bool, lags: bool = False) -> Plan:
        """The rows that fit.

        Args:
            height: How many rows there are.
            backward: On the way back, or forward.
            lags: Whether there is one loss that the steps have a lag from, which is told in the place of the outputs.
        """
        granted, left = set(), height
        for what, rows in self._wishes(backward=backward):
            if rows <= left:
                granted.add(what)
                left -= rows
        below = (*self.inputs, *self.spare, STATE, GRADIENT, AT_INPUT, PINNED, OUTPUT, TARGET, ALL_STEPS, POSITION)
        drawn = self._drawn(granted, backward=backward, lags=lags) if "cells" in granted else ()
        return Plan(drawn, tuple(name for name in below if name in granted))

    def left_out(self, height: int, *, backward: bool) -> tuple[int, ...]:
        """Which layers, counted from 1 at the bottom, have no row of their own in a drawing of so many rows."""
        drawn = self.plan(height, backward=backward).drawn
        there = {row.layer for row in drawn if row.kind in {"forward", "way"}}
        return tuple(sorted({layer.number for at, layer in enumerate(self.flow.layers) if drawn and at not in there}))

    def _drawn(self, granted: set[str], *, backward: bool, lags: bool) -> tuple[Row, ...]:
        """The rows of the drawing that were granted, from top to bottom."""
        layers = [at for at in range(len(self.flow.layers)) if at == 0 or f"layer {at}" in granted]
        found = [Row(kind) for kind, wish in (("lag" if lags else "y", "y"), ("top", "borders")) if wish in granted]
        for at in layers:
            ways = [Row("way", at, i) for i in range(len(self.flow.layers[at].ways))]
            forward = Row("forward", at)
            if at and f"state {at}" not in granted:
                found += ways
            elif "ways" in granted or len(ways) == 1:
                found += [forward, *ways]
            else:
                found += ways if backward else [forward, ways[0]]
            if at == 0 and "gates" in granted:
                found.append(Row("gates"))
            below = self.flow.layers[at + 1 : at + 2]
            if "between" in granted and below and below[0].number != self.flow.layers[at].number:
                found.append(Row("between", at))
        return (*found, *(Row(kind) for kind, wish in (("bottom", "borders"), ("x", "x")) if wish in granted))
