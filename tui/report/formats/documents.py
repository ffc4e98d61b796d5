"""The forms of what is known as a document only: a training, a comparison, a diagnosis, a critical value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final

from core.settings.provenance import Provenance, made_by, provenance
from tui.report.document import Document
from tui.report.formats.format import FormatOf
from tui.report.formats.json import document_json
from tui.report.formats.text import document_lines, document_text
from tui.report.html.page import document_html
from tui.report.printable import printable

if TYPE_CHECKING:
    from tui.report.palette import Palette
    from tui.report.styled_lines import Line


@dataclass(frozen=True, eq=False)
class DocumentBundle:
    """A document, and what becomes of it on a page."""

    document: Document
    paged: Callable[[Document, Provenance], Document]
    """The document, and with what it is made → what the page says"""
    made: Provenance = field(default_factory=provenance)
    """With what, when and how the file is made"""
    colored: bool = False
    """Whether it is printed in colors, where the terminal has any"""

    def __post_init__(self) -> None:
        """Take the settings into the provenance, where they make what the document is of."""
        object.__setattr__(self, "made", self.made.of(made_by(self.document.record)))

    @cached_property
    def page(self) -> Document:
        """The document with all that a page says beyond it."""
        return self.paged(self.document, self.made)


def _lines(bundle: DocumentBundle, width: int, palette: Palette | None) -> list[Line]:
    return document_lines(bundle.document, width=width, palette=palette if bundle.colored else None)


def _text(bundle: DocumentBundle) -> bytes:
    return printable(f"{document_text(bundle.document)}{bundle.made.line}\n", lines=True).encode("utf-8", "replace")


def _json(bundle: DocumentBundle) -> bytes:
    return document_json(bundle.document, bundle.made).encode()


def _html(bundle: DocumentBundle) -> bytes:
    return document_html(bundle.page, bundle.made).encode()


DOCUMENT_FORMATS: Final[tuple[FormatOf[DocumentBundle], ...]] = (
    FormatOf("text", ".txt", "Report, to read", _text, lines=_lines),
    FormatOf("html", ".html", "Page, for a browser", _html, option="Write a page for a browser to this file, too"),
    FormatOf("json", ".json", "For programs", _json, option="Print JSON for machines instead of text.", switch=True),
)
"""In the order of display"""
