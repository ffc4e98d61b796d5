"""What the symbols and words mean that stand on a page, from the one glossary."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from tui.report.document import (
    Bullets,
    Choices,
    Definitions,
    Drawing,
    Figure,
    Folded,
    Lines,
    Paragraph,
    Section,
    Table,
)
from tui.report.glossary import glossary, terms_in

if TYPE_CHECKING:
    from tui.report.document import Block


def symbols_section(blocks: Iterable[Block], more: Iterable[str] = ()) -> Section:
    """Every term of the glossary that these blocks have, with what it means; nothing where there is none.

    Args:
        blocks: What stands on the page.
        more: Other texts on it.
    """
    texts = {*more, *(text for block in blocks for text in words_of(block))}
    found = {term.name for text in texts for term in terms_in(text)}
    entries = tuple((term.name, term.text) for term in glossary() if term.name in found)
    return Section((Definitions("", entries),), title="Symbols and words") if entries else Section()


def words_of(block: Block) -> Iterator[str]:
    """All that is written in a block, text by text; of a chart the names of its axes and lines."""
    match block:
        case Paragraph():
            yield block.text
        case Bullets() | Lines() | Choices():
            yield from block.texts
        case Definitions():
            yield block.caption
            for name, said in block.entries:
                yield from (name, said)
        case Table():
            yield from (block.caption, block.note, block.label)
            yield from (column.name for column in block.columns)
            yield from (row.label for part in block.parts for row in part)
        case Figure():
            chart = block.chart(80, 20)
            yield from (block.caption, block.alt, chart.x_label, chart.y_label, chart.title, chart.note)
            yield from (text for one in chart.series for text in (one.name, one.remark))
        case Drawing():
            yield from (block.caption, block.alt or block.drawing().description)
        case Folded():
            for one in block.blocks:
                yield from words_of(one)
