"""The page of a trace: its report, the question's claims, what every symbol means, and how it is made again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tui.report.page.claims import claims_section
from tui.report.page.settings import settings_section, with_settings
from tui.report.page.whole import whole

if TYPE_CHECKING:
    from core.settings.provenance import Provenance
    from core.trace import Trace
    from tui.report.document import Document

HTML: Final = "--html=page.html"
"""What asks for a page in a command that makes it again"""


def trace_page(document: Document, trace: Trace, made: Provenance) -> Document:
    """The page of a trace.

    Args:
        document: Its report.
        trace: The trace.
        made: With what, when and how the page is made.
    """
    settings, trained = trace.origin.settings, bool(trace.training_step)
    again = "" if settings is None or trained else with_settings("rnn-tui report", settings, HTML)
    last = settings_section(made, settings, again, trained=trained)
    return whole(replace(document, sections=(*document.sections, claims_section(trace))), last)
