"""The blocks of a document as HTML, each a pure function of the block."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

from tui.report.document import (
    Block,
    Bullets,
    Choices,
    Command,
    Definitions,
    Diagram,
    Drawing,
    Figure,
    Folded,
    Lines,
    Paragraph,
    Room,
    Section,
    Table,
)
from tui.report.html.figures import figure_html
from tui.report.html.markup import element, exact, text
from tui.report.html.tables import table_html


@dataclass
class Writer:
    """Writes the sections of one page, in whose figures and tables no name comes twice."""

    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    named: dict[str, int] = field(default_factory=dict)
    """How often a table or a section has had a name"""
    level: int = 2
    """The level of the heading that the next caption is"""
    title: str = ""
    """What the section is called that is being written"""

    def section(self, found: Section, place: int) -> str:
        """A section; one without a title goes on with what stands above it.

        Args:
            found: The section.
            place: Its number, for links to it.
        """
        if found.title:
            self.level, self.title = 3, found.title
            self.named.setdefault(found.title, 1)
        inside = self.blocks(found.blocks)
        if not found.title:
            return inside
        name = f"section-{place}"
        return element("section", element("h2", text(found.title), id=name) + inside, aria_labelledby=name)

    def blocks(self, blocks: Sequence[Block]) -> str:
        """Several blocks, one below the other, as HTML."""
        return "".join(map(self.block, blocks))

    def block(self, block: Block) -> str:
        """A block as HTML, by the kind that it is."""
        if isinstance(block, Table):
            return table_html(block, self._name_of(block))
        if isinstance(block, Figure | Diagram | Drawing):
            return figure_html(block, next(self.numbers))
        if isinstance(block, Definitions):
            return self._definitions(block)
        if isinstance(block, Folded):
            return element("details", element("summary", text(block.name)) + self.blocks(block.blocks))
        return simple_html(block)

    def _name_of(self, block: Table) -> str:
        """What a table is called where it is heard: no two have one name."""
        name = block.caption or f"Table: {self.title or 'numbers'}"
        self.named[name] = self.named.get(name, 0) + 1
        return name if self.named[name] == 1 else f"{name}, {self.named[name]}"

    def _definitions(self, block: Definitions) -> str:
        caption = element(f"h{self.level}", text(block.caption)) if block.caption else ""
        rows = "".join(element("dt", text(name)) + element("dd", text(said)) for name, said in block.entries)
        return caption + element("dl", rows)


def simple_html(block: Paragraph | Bullets | Lines | Command | Choices | Room) -> str:
    """A block that has no blocks, names or numbers of its own in it."""
    match block:
        case Bullets():
            return element("ul", "".join(element("li", text(one)) for one in block.texts))
        case Lines():
            return element("p", "<br>".join(text(one.strip()) for one in block.texts))
        case Command():
            name = element("p", f"{text(block.name)}:") if block.name else ""
            return name + element("pre", element("code", exact(block.text)))
        case Choices():
            return _choices(block)
        case Room():
            return '<div class="room"></div>' * block.rows
        case Paragraph():
            name = element("strong", f"{text(block.name)}:") + " " if block.name else ""
            return element("p", name + text(block.text))


def _choices(block: Choices) -> str:
    """The answers in an ordered list: each has its number, which is what a person chooses by."""
    rows = []
    for place, said in enumerate(block.texts, 1):
        right = place == block.right
        box = "☐ " if block.boxes else ""
        rows.append(element("li", f"{'✓ ' if right else box}{text(said)}", class_="right" if right else ""))
    return element("ol", "".join(rows), class_="choices")
