"""A document for programs: its record as one line of JSON.

The keys are described in docs/report-json.md and docs/training-json.md.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from core.settings.provenance import with_provenance

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.settings.provenance import Provenance
    from tui.report.document import Document
    from tui.report.formats.format import Bundle


def json_contents(bundle: Bundle) -> bytes:
    """The file with the report on a trace."""
    return document_json(bundle.document, bundle.made).encode()


def document_json(document: Document, made: Provenance | None = None) -> str:
    """A document's record and its provenance, by default that of what is written now; without NaN or infinity."""
    return record_json(document.record, made)


def record_json(record: Mapping[str, Any], made: Provenance | None = None) -> str:
    """A record of plain values and its provenance, as `document_json` writes it."""
    return json.dumps(with_provenance(record, made), allow_nan=False) + "\n"
