"""A document with what a reader needs who has nothing else: what its symbols mean, and how it is made again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tui.report.page.symbols import symbols_section

if TYPE_CHECKING:
    from tui.report.document import Document, Section


def whole(document: Document, *last: Section) -> Document:
    """A document with what its symbols mean at the end, and then its last sections.

    Args:
        document: What people read first.
        last: What comes after the symbols.
    """
    symbols = symbols_section(document.blocks, (document.title, document.subject, document.headline))
    return replace(document, sections=(*document.sections, symbols, *last))
