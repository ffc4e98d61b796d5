"""What a figure is made of, whatever writes it: lines, areas, markers, cells and text, in points from the top left.

A point is 1/72 inch. A color is `#rrggbb`. A shape's `title` is told when one points at it, where the format can.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tui.report.palette import RGB

XY: TypeAlias = tuple[float, float]
Marker: TypeAlias = Literal[
    "disc", "square", "diamond", "circle", "box", "rhomb", "disc-dot", "square-dot", "diamond-dot",
    "plus", "cross", "star", "up", "down", "dot",
]  # fmt: skip
"""Filled, open and with a dot; crosses; arrowheads; and a small disc"""


@dataclass(frozen=True, slots=True)
class Line:
    """One or more unbroken lines of one look."""

    runs: Sequence[Sequence[XY]]
    color: str
    width: float = 1.0
    dash: tuple[float, ...] = ()
    """Lengths of dashes and gaps in points; empty for a solid line"""
    opacity: float = 1.0


@dataclass(frozen=True, slots=True)
class Area:
    """A filled polygon, with an edge where it has a color."""

    points: Sequence[XY]
    fill: str
    opacity: float = 1.0
    edge: str = ""
    edge_width: float = 0.8
    title: str = ""


@dataclass(frozen=True, slots=True)
class Dot:
    """A marker around a place; without a shape that can be seen it is only pointed at."""

    at: XY
    radius: float
    color: str
    marker: Marker | None
    paper: str
    """What open markers are filled with: the color behind them"""
    title: str = ""
    opacity: float = 1.0


@dataclass(frozen=True, slots=True)
class Text:
    """A text on one line, its baseline at `at`."""

    at: XY
    text: str
    size: float
    color: str
    anchor: Literal["start", "middle", "end"] = "start"
    upright: bool = False
    """Read from the bottom to the top"""
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Cells:
    """Equal cells of one color each, in rows from the top: a heat map."""

    at: XY
    size: XY
    """How large all of them are together, across and down"""
    colors: NDArray[np.int64]
    """(rows, columns) as 0xrrggbb; −1 where there is nothing"""

    def runs(self) -> dict[str, list[tuple[float, float, float, float]]]:
        """Color → what has it, as few rectangles as make up its rows: (x, y, width, height)."""
        rows, columns = self.colors.shape
        (x, y), (width, height) = self.at, self.size
        found: dict[str, list[tuple[float, float, float, float]]] = {}
        for row, values in enumerate(self.colors):
            edges = [0, *(np.flatnonzero(np.diff(values)) + 1).tolist(), columns]
            for start, end in pairwise(edges):
                if values[start] < 0:
                    continue
                left, top = x + width * start / columns, y + height * row / rows
                box = (left, top, width * (end - start) / columns, height / rows)
                found.setdefault(f"#{int(values[start]):06x}", []).append(box)
        return found


@dataclass(frozen=True, slots=True)
class Spot:
    """A rectangle that cannot be seen and has something to tell."""

    at: XY
    size: XY
    title: str


Shape: TypeAlias = Line | Area | Dot | Text | Cells | Spot


@dataclass(frozen=True)
class LaidOut:
    """Shapes on a sheet, those in front last."""

    width: float
    height: float
    shapes: tuple[Shape, ...]
    background: str = ""
    """Empty where there is none, as on paper"""
    title: str = ""
    """What it is, in a few words"""
    description: str = ""
    """What it shows, for those who cannot see it"""


@dataclass
class Sheet:
    """Shapes while they are laid out; `add` takes any number."""

    shapes: list[Shape] = field(default_factory=list)

    def add(self, *shapes: Shape) -> None:
        """Put these in front of all others."""
        self.shapes += shapes


_NARROW: Final = frozenset("ijl|.,:;'!()[]Ift1r·‖")
_WIDE: Final = frozenset("mwMW@%×½∂→←⟨⟩▲▼")


def text_width(text: str, size: float) -> float:
    """About how long a text is, in points: rather too long than too short, as fonts differ.

    >>> text_width("lag k", 10.0) < text_width("lag k (steps)", 10.0)
    True
    """
    return size * sum(0.40 if one in _NARROW else 0.88 if one in _WIDE else 0.62 for one in text)


def hexed(color: RGB) -> str:
    """The color written as `#rrggbb`."""
    return "#{:02x}{:02x}{:02x}".format(*color)


def rectangle(x: float, y: float, width: float, height: float) -> list[XY]:
    """The corners of a rectangle."""
    return [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
