"""The page of a trace: its report, the question's claims, what every symbol means, and how it is made again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from core.dynamics.summary import dynamics_of
from tui.report.document import Drawing, Section
from tui.report.figures.charts import jacobians_figure, unrolled_figure
from tui.report.figures.maps import map_figure
from tui.report.page.claims import claims_section
from tui.report.page.settings import settings_section, with_settings
from tui.report.page.whole import whole

if TYPE_CHECKING:
    from core.dynamics.summary import Dynamics
    from core.settings.provenance import Provenance
    from core.trace import Trace
    from tui.report.document import Document

HTML: Final = "--html=page.html"
"""What asks for a page in a command that makes it again"""


def trace_page(document: Document, trace: Trace, made: Provenance, dynamics: Dynamics | None) -> Document:
    """The page of a trace.

    Args:
        document: Its report.
        trace: The trace.
        made: With what, when and how the page is made.
        dynamics: What is known of its Jacobians; None where it has none.
    """
    settings, trained = trace.origin.settings, bool(trace.training_step)
    again = "" if settings is None or trained else with_settings("rnn-tui report", settings, HTML)
    last = settings_section(made, settings, again, trained=trained)
    sections = (*_with_drawings(document.sections, trace, dynamics), claims_section(trace))
    return whole(replace(document, sections=sections), last)


def _with_drawings(sections: tuple[Section, ...], trace: Trace, dynamics: Dynamics | None) -> Iterator[Section]:
    """The report's sections, each with what a terminal has no room for."""
    for section in sections:
        if "sentences" in section.record:
            yield replace(section, blocks=(*section.blocks, Drawing(partial(unrolled_figure, trace))))
        elif "parameters" in section.record:
            yield replace(section, blocks=(*section.blocks, Drawing(partial(map_figure, trace))))
        elif "theory" in section.record and dynamics is not None:
            known = dynamics_of(trace.tape, known=dynamics)
            yield replace(section, blocks=(Drawing(partial(jacobians_figure, trace, known)), *section.blocks))
        else:
            yield section
