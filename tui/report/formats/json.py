"""A document for programs: its record as one line of JSON.

The keys are described in docs/report-json.md and docs/training-json.md.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from core.settings.provenance import with_provenance

if TYPE_CHECKING:
    from core.settings.provenance import Provenance
    from tui.report.document import Document
    from tui.report.formats.format import Bundle


def json_contents(bundle: Bundle) -> bytes:
    """The file with the report on a trace."""
    return document_json(bundle.document, bundle.made).encode()


def document_json(document: Document, made: Provenance | None = None) -> str:
    """A document's record and its provenance, by default that of what is written now; without NaN or infinity."""
    return json.dumps(with_provenance(document.record, made), allow_nan=False) + "\n"
