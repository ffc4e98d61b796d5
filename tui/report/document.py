"""A document as a value: what a report says, in what order, whatever it is written as.

A program, a page and a terminal read the same one: `tui.report.formats` has a module for each of them. Nothing here
knows a width, a color or a markup. A document is made of sections, and a section says the same twice: in blocks for
people, rounded and in words, and in a record for programs, to the last bit. Whoever adds a fact adds it to a section.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from tui.report.charts.model import Chart
from tui.report.palette import Palette, SeriesStyle

if TYPE_CHECKING:
    from tui.report.figures.compose import Figure as Drawn
    from tui.report.styled_lines import Line


@dataclass(frozen=True)
class Paragraph:
    """Running text, under a name if it has one: `Look for: …`."""

    text: str
    name: str = ""


@dataclass(frozen=True)
class Bullets:
    """Sentences that stand each for itself."""

    texts: tuple[str, ...]


@dataclass(frozen=True)
class Lines:
    """Short statements, each on a line of its own."""

    texts: tuple[str, ...]


@dataclass(frozen=True)
class Column:
    """What a table's cells have in common from top to bottom."""

    name: str
    style: SeriesStyle | None = None
    """How its line looks on a chart, if it has one"""
    optional: bool = False
    """Whether it gives way where there is not room for all of them"""
    width: int = 11
    """Characters that its cells take, where there is room"""
    words: bool = False
    """Whether its cells are words, or numbers that nobody compares"""


@dataclass(frozen=True)
class Cell:
    """A number as people read it, and as it is."""

    text: str = ""
    """Empty where there is nothing to say"""
    value: float | None = None
    """The number itself, in its row's unit, −inf as the logarithm of an exact zero; None where there is none"""


@dataclass(frozen=True)
class Row:
    """What is known of one thing: a cell for each column."""

    label: str
    cells: tuple[Cell, ...]
    unit: str = ""
    """What the cells' values are in: `log2`, `bits per step`, `steps`; empty where each column has its own"""


@dataclass(frozen=True)
class Table:
    """Rows under columns, in one part or several with a rule between."""

    caption: str
    columns: tuple[Column, ...]
    parts: tuple[tuple[Row, ...], ...]
    note: str = ""
    label: str = ""
    """What the rows' labels are; empty where they say so themselves"""
    label_width: int = 10
    """Characters that a label takes"""


@dataclass(frozen=True)
class Figure:
    """A chart, as large as there is room."""

    chart: Callable[[int, int], Chart]
    """The chart for so many cells of a terminal across and down, which its ticks depend on"""
    caption: str = ""
    """What must be known to read it; empty if nothing"""
    alt: str = ""
    """What it shows, for those who cannot see it"""
    drawing: Callable[[], Drawn] | None = None
    """How it is drawn with real lines, where that is not the chart as it is"""
    drawn_caption: str | None = None
    """What must be known to read it as it is drawn; None for its caption"""


@dataclass(frozen=True, eq=False)
class Drawing:
    """What can only be drawn with real lines: a terminal is told what it shows."""

    drawing: Callable[[], Drawn]
    caption: str = ""
    """What must be known to read it; empty if nothing"""
    alt: str = ""
    """What it shows, for those who cannot see it; empty for what the drawing says of itself"""


@dataclass(frozen=True)
class Definitions:
    """Names, and what is said of each."""

    caption: str
    entries: tuple[tuple[str, str], ...]
    """(Name, what is said of it)"""


@dataclass(frozen=True)
class Diagram:
    """What is painted cell by cell, as a heat map is, as large as there is room."""

    draw: Callable[[int, int, Palette | None], Sequence[Line]]
    """(cells across, cells down, colors or none) → its lines, which depend on the room that there is"""
    caption: str = ""
    """What must be known to read it; empty if nothing"""
    alt: str = ""
    """What it shows, for those who cannot see it"""
    drawing: Callable[[], Drawn] | None = None
    """How it is drawn with real lines; None where it is not"""
    drawn_caption: str | None = None
    """What must be known to read it as it is drawn; None for its caption"""


@dataclass(frozen=True)
class Command:
    """A line to type in a terminal."""

    text: str
    name: str = ""
    """What it does"""


@dataclass(frozen=True)
class Choices:
    """Answers to choose from, numbered from 1."""

    texts: tuple[str, ...]
    right: int | None = None
    """The place of the one that is marked as right, from 1; None to mark none"""
    boxes: bool = False
    """Whether each has a box to put a cross in"""


@dataclass(frozen=True)
class Room:
    """Empty lines to write on by hand."""

    rows: int = 2


@dataclass(frozen=True)
class Folded:
    """What is read only once it is asked for; on paper and in a terminal it stands below its name."""

    name: str
    blocks: tuple[Block, ...]


Block: TypeAlias = (
    Paragraph | Bullets | Lines | Table | Figure | Diagram | Drawing | Definitions | Command | Choices | Room | Folded
)


@dataclass(frozen=True)
class Section:
    """What is said of one thing, for people and for programs, both from the same values."""

    blocks: tuple[Block, ...] = ()
    """For people, from top to bottom; none where only programs are told"""
    record: Mapping[str, Any] = field(default_factory=dict)
    """For programs: keys of the whole record → plain values, as `json_values` writes them, never NaN nor infinite;
    empty where only people are told"""
    title: str = ""
    """What a page calls it; empty where it goes on with what stands above it"""


@dataclass(frozen=True)
class Document:
    """A whole report: its title, what it is of, its headline, and blocks from top to bottom."""

    title: str
    """What a named experiment is called; empty for others"""
    subject: str
    """What the report is of: the network and the data, in a few words"""
    headline: str
    """What comes out, in one line"""
    sections: tuple[Section, ...]
    """What follows, from top to bottom"""
    setup: str = ""
    """The code that opens what the report is of, with `rnn-tui --setup CODE`; empty where no settings make it"""

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The blocks of all sections, which people read below the headline."""
        return tuple(block for section in self.sections for block in section.blocks)

    @property
    def record(self) -> dict[str, Any]:
        """The keys and values of all sections, which programs read."""
        return {key: value for section in self.sections for key, value in section.record.items()}
