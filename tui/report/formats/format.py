"""What a format of files is, and what a file is written from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from core.bptt.directions import goes_both_ways
from core.dynamics.summary import dynamics_of
from core.settings.provenance import Provenance, provenance
from tui.report.figures.options import AS_USUAL, FigureOptions
from tui.report.page.trace import trace_page
from tui.report.trace_document import about_of, trace_document

if TYPE_CHECKING:
    from core.dynamics.summary import Dynamics
    from core.trace import Trace
    from tui.report.charts.model import Chart
    from tui.report.charts.training import TrainingRun
    from tui.report.document import Document
    from tui.report.palette import Palette
    from tui.report.styled_lines import Line
    from tui.report.trace_document import About


def measured(trace: Trace) -> Dynamics:
    """What a report says of the Jacobians: of a large network the longest part of it."""
    return dynamics_of(trace.tape, profile=False)


@dataclass(frozen=True, eq=False)
class Bundle:
    """All that a file may be written from."""

    trace: Trace
    dynamics: Dynamics | None = None
    """What has been measured of the Jacobians"""
    chart: str | None = None
    """The chart in view, as SVG; None where there is no screen"""
    screen: str | None = None
    """The whole screen, as SVG; None where there is none"""
    made: Provenance = field(default_factory=provenance)
    """With what, when and how the file is made"""
    about: About | None = None
    """What a named experiment is called, and what to look for in it; None for what a preset of its settings says"""
    figure: FigureOptions = AS_USUAL
    """Which of its charts a figure shows, and how"""
    lags: Callable[[int, int], Chart] | None = None
    """The chart against the lag as it is looked at, for so many cells across and down, for a figure of it"""
    run: TrainingRun | None = None
    """The training that is shown, for a figure of it"""
    measure: Callable[[Trace], Dynamics] = measured
    """How the Jacobians are measured for a report, where they have not been"""

    def __post_init__(self) -> None:
        """Take the settings into the provenance."""
        object.__setattr__(self, "made", self.made.of(self.trace.origin.settings, trained=self.trace.training_step))

    @cached_property
    def document(self) -> Document:
        """The report, which every format of it is written from."""
        about = self.about or about_of(self.trace.origin.settings, self.trace.training_step)
        return trace_document(self.trace, about=about, dynamics=self._known)

    @cached_property
    def page(self) -> Document:
        """The report with all that a page says beyond it."""
        return trace_page(self.document, self.trace, self.made, self._known)

    @cached_property
    def _known(self) -> Dynamics | None:
        """What is known of the Jacobians; None where paths go both ways, and there are none."""
        has_none = goes_both_ways(self.trace.network)
        return self.measure(self.trace) if self.dynamics is None and not has_none else self.dynamics


def anything(bundle: Any) -> str:
    """No reason: this format can be written of everything that it is for."""
    return ""


B = TypeVar("B")


@dataclass(frozen=True)
class FormatOf(Generic[B]):
    """One row of a table of formats: a way to write a trace, a study, or what is seen of it."""

    name: str
    """The name that the format is asked for by: in the command line, the option"""
    suffix: str
    """With its dot; a file name without it gets it"""
    title: str
    """What the export dialog calls it"""
    contents: Callable[[B], bytes]
    """The whole file"""
    lines: Callable[[B, int, Palette | None], list[Line]] | None = None
    """What a terminal of so many columns is shown, in these colors; None where that is the contents as they are"""
    option: str = ""
    """What the help of the command line says of it; empty where it is no option, as what needs a screen"""
    switch: bool = False
    """Whether the option takes no file: it goes to standard output, where else the report does"""
    text: bool = True
    """Whether a terminal can be given it"""
    named: bool = False
    """Whether a suggested file name tells it, where the suffix does not"""
    problem: Callable[[B], str] = anything
    """Why it cannot be written of this, and what to do instead; empty if it can"""


Format: TypeAlias = FormatOf[Bundle]
"""A way to write a trace"""
