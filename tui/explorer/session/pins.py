"""Pins: traces that are kept behind the one on the screen, to compare with it. Pure functions of a tuple of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from core import Trace
from tui.explorer.session.run import Run
from tui.explorer.session.subject import Subject
from tui.report.charts.pins import LOOKS
from tui.report.palette import SeriesStyle

MOST = len(LOOKS)
"""No more can be told apart on one chart"""


LONGEST_NAME = 40
"""The most characters of a name"""


@dataclass(frozen=True)
class Source:
    """What a trace was made of."""

    subject: Subject
    training_step: int = 0
    """After how many steps of training the network is as it is"""


@dataclass(frozen=True, eq=False)
class Pin:
    """A trace that is kept, what it was made of, and what it is called."""

    trace: Trace
    source: Source | None = None
    called: str = ""
    """The name that a person gave it; empty where it is called by what sets it apart"""
    place: int = 0
    """Which of the looks it has, from 0; it keeps it while others come and go"""
    run: Run | None = None
    """The training of its network, if that is not the one of what is on the screen"""

    @property
    def look(self) -> SeriesStyle:
        """How it looks: a color and a digit."""
        return LOOKS[self.place]


Pins: TypeAlias = tuple[Pin, ...]
"""In the order in which they were pinned: the last is the one that charts with room for one show"""


def pin_of(pins: Pins, trace: Trace | None, source: Source | None) -> Pin | None:
    """The pin of a trace, or of another made of the same; None where it is not pinned."""
    return next((one for one in pins if one.trace is trace or (source is not None and one.source == source)), None)


def pinned(pins: Pins, trace: Trace, source: Source | None, called: str = "") -> Pins:
    """One more pin, at the first place that is free.

    Raises:
        ValueError: there are as many as there can be.
    """
    free = [place for place in range(MOST) if all(one.place != place for one in pins)]
    if not free:
        raise ValueError(f"{MOST} traces are pinned, and more would hide each other; X unpins them, k one of them")
    return (*pins, Pin(trace, source, called, free[0]))


def without(pins: Pins, gone: Pin) -> Pins:
    """Give all pins but the one that goes."""
    return tuple(one for one in pins if one is not gone)


def renamed(pins: Pins, names: Sequence[str | None]) -> Pins:
    """The pins with other names, or without those that are to go.

    Args:
        pins: Before.
        names: For each of them what a person calls it, empty for what sets it apart; None to unpin it.
    """
    return tuple(replace(one, called=name) for one, name in zip(pins, names, strict=True) if name is not None)


def swapped(pins: Pins, chosen: Pin, trace: Trace, source: Source | None) -> Pins:
    """The pins where the trace on the screen and a pinned one have changed places, that one the last."""
    return (*without(pins, chosen), Pin(trace, source, "", chosen.place))
