"""A document in the forms that are asked for: printed, as JSON, and as a page."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from tui.cli import terminal
from tui.cli.effects import flag
from tui.cli.outputs import Output, outputs_among

if TYPE_CHECKING:
    from core.settings.provenance import Provenance
    from tui.report.document import Document
    from tui.report.formats.documents import DocumentBundle


def asked_for(
    given: dict[str, Any], *, overwrite: bool, others: Mapping[str, str | None] | None = None
) -> tuple[Output[DocumentBundle], ...]:
    """The forms that are asked for, taken out of what was given; a file that cannot be written is refused here.

    Args:
        given: The options.
        overwrite: Whether files that are there may be replaced.
        others: Other options that name a file which may be replaced, with what was given.

    Raises:
        BadInputError: one of them cannot be written, or two of them go to standard output.
    """
    from tui.report.formats.documents import DOCUMENT_FORMATS

    asked = {one.name: given.pop(one.name, None) for one in DOCUMENT_FORMATS if one.option}
    outputs = outputs_among(DOCUMENT_FORMATS, asked, overwrite=overwrite)
    files = {one.name: asked[one.name] for one in DOCUMENT_FORMATS if one.option and not one.switch} | {
        **(others or {})
    }
    if overwrite and not any(files.values()):
        terminal.tell(f"--overwrite has no effect without {' or '.join(map(flag, files))}")
    return outputs


def has_page(outputs: tuple[Output[DocumentBundle], ...]) -> bool:
    """Whether a page is asked for.

    Args:
        outputs: The forms, and where they go.
    """
    return any(one.kind.name == "html" for one in outputs)


def pages(html: str, *, overwrite: bool) -> tuple[Output[DocumentBundle], ...]:
    """A page only, where it is to go.

    Args:
        html: The file, or `-`.
        overwrite: Whether a file that is there may be replaced.

    Raises:
        BadInputError: it cannot be written.
    """
    from tui.report.formats.documents import DOCUMENT_FORMATS

    outputs = outputs_among(DOCUMENT_FORMATS, {"html": html}, overwrite=overwrite)
    return tuple(one for one in outputs if one.kind.name == "html")


def as_it_is(document: Document, made: Provenance) -> Document:
    """A document that is a page already."""
    return document


def write(
    document: Document,
    paged: Callable[[Document, Provenance], Document],
    outputs: tuple[Output[DocumentBundle], ...],
    *,
    colored: bool = False,
) -> None:
    """Write a document in each of these forms.

    Args:
        document: What to write.
        paged: The document, and with what it is made → what a page says.
        outputs: The forms, and where they go.
        colored: Whether it is printed in colors, where the terminal has any.

    Raises:
        BadInputError: a file could not be written.
    """
    from tui.report.formats.documents import DocumentBundle

    bundle = DocumentBundle(document, paged, colored=colored)
    for output in outputs:
        output.write(bundle)
    sys.stdout.flush()
