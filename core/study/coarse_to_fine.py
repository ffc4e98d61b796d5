"""In which order the points of a grid are computed, so that all of it is seen early, and its boundaries soon.

First comes a coarse lattice. Then the step is halved, again and again, and what lies between lattice points that are
not alike comes before everything else: a boundary is followed down to neighboring points before what lies within a
phase is filled in.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Final, TypeAlias

Place: TypeAlias = tuple[int, ...]
"""A point of a grid: an index along each axis"""

COARSE: Final = 4
"""The first lattice has about so many steps along an axis, at least"""


def first_step(count: int) -> int:
    """The step of the first lattice along an axis: a power of two, 1 where there are few values.

    Args:
        count: How many values the axis has.

    Runnable example:

        >>> [first_step(count) for count in (1, 5, 9, 17, 31)]
        [1, 1, 2, 4, 4]
    """
    return 2 ** max(0, math.floor(math.log2(max(1, count - 1) / COARSE)))


def next_round(shape: Sequence[int], steps: Sequence[int], known: Mapping[Place, str]) -> tuple[Place, ...]:
    """The points that are computed next, all of one kind; none when every point is known.

    First the coarse lattice; then points between lattice points of which not all are alike, from the coarsest to the
    finest; then, where there are no more of these, the coarsest of the other points.

    Args:
        shape: How many values each axis has.
        steps: The step of the first lattice along each axis, a power of two; 1 for an axis whose values have no order.
        known: Every point that has been computed, with what it is: points are alike where this is the same.

    Runnable example:

        >>> next_round((9,), (4,), {})
        ((0,), (4,), (8,))
        >>> next_round((9,), (4,), {(0,): "vanishing", (4,): "vanishing", (8,): "exploding"})
        ((6,),)
        >>> next_round((9,), (4,), {(0,): "a", (4,): "a", (6,): "a", (8,): "b"})
        ((7,),)
        >>> next_round((9,), (4,), {(0,): "a", (4,): "a", (6,): "a", (7,): "b", (8,): "b"})
        ((2,),)
    """
    waiting: dict[tuple[int, int], list[Place]] = {}
    for place in product(*map(range, shape)):
        if place in known:
            continue
        step = max(_step_of(index, first, count) for index, first, count in zip(place, steps, shape, strict=True))
        waiting.setdefault(_rank(place, step, shape, steps, known), []).append(place)
    return tuple(waiting[min(waiting)]) if waiting else ()


def _step_of(index: int, first: int, count: int) -> int:
    """How fine a lattice is whose points an index is among, as the times that the first step is halved for it."""
    if index == count - 1 or index % first == 0:
        return 0
    return int(math.log2(first // (index & -index)))


def _rank(
    place: Place, halvings: int, shape: Sequence[int], steps: Sequence[int], known: Mapping[Place, str]
) -> tuple[int, int]:
    """When a point comes: the lattice, then what is at a boundary, then the rest, each from coarse to fine."""
    if halvings == 0:
        return 0, 0
    around = {known[one] for one in _around(place, halvings, shape, steps) if one in known}
    return (1 if len(around) > 1 else 2), halvings


def _around(place: Place, halvings: int, shape: Sequence[int], steps: Sequence[int]) -> Iterator[Place]:
    """The points beside one on its lattice, and those across: what is found beyond a side is followed over it."""
    beside: list[set[int]] = []
    for index, first, count in zip(place, steps, shape, strict=True):
        step = max(1, first >> halvings)
        beside.append({max(index - step, 0), index, min(index + step, count - 1)} if first > 1 else {index})
    return product(*beside)
