"""The report on a trace: what the explorer shows, as a document; `tui.report.formats` writes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from core.bptt.directions import goes_both_ways
from core.dynamics.summary import dynamics_of
from core.settings.presets import presets
from core.settings.setup_code import setup_code
from tui.report import json_values
from tui.report.document import Bullets, Document, Paragraph, Section
from tui.report.lag_report import lags_section
from tui.report.numbers import finite
from tui.report.printable import printable
from tui.report.theory_report import theory_section
from tui.report.truncation_report import truncation_section
from tui.report.words.dynamics import NO_JACOBIAN
from tui.report.words.reference import reference_group
from tui.report.words.sentences import sentences
from tui.report.words.subject import describe_setup
from tui.report.words.title import title

if TYPE_CHECKING:
    from core.dynamics.summary import Dynamics
    from core.settings.experiment import Experiment
    from core.trace import Trace

FORMAT: Final = 1
"""The version of the record's keys: raised when one changes its meaning or goes."""


@dataclass(frozen=True)
class About:
    """What a named experiment is called, and what to look for in it."""

    title: str = ""
    look_for: str = ""
    given: Mapping[str, str] = field(default_factory=dict)
    """What is said of a network from a file: of the network, of what was inferred, of its inputs and of its loss"""


def about_of(settings: Experiment | None, training_step: int = 0) -> About:
    """What the preset of these settings is called; empty where there is none.

    What a preset says is said of its untrained network, unless training is what it is about.
    """
    found = next((one for one in presets().values() if one.experiment == settings), None)
    if found is None:
        return About()
    return About(found.title, "" if training_step and found.topic != "training" else found.look_for)


def trace_document(trace: Trace, *, about: About | None = None, dynamics: Dynamics | None = None) -> Document:
    """The report: sentences, tables of lags, the chart, what truncation loses, the Jacobians and theory's lines.

    The keys of its record are described in docs/report-json.md.

    Args:
        trace: What to report on.
        about: The name of the experiment, if it has one.
        dynamics: What is known of the Jacobians already; None measures it, which takes longest in a large network.
    """
    about = about or About()
    subject, said = describe_setup(trace), title(trace)[0]
    sections = (
        Section(record={"format": FORMAT, "what": subject, **json_values.subject(trace), "headline": said}),
        Section((Paragraph(about.look_for, name="Look for"),) if about.look_for else ()),
        _data(trace),
        _given(about.given or dict(trace.origin.told)),
        _findings(trace),
        _run(trace),
        lags_section(trace),
        truncation_section(trace.truncation),
        _theory(trace, dynamics),
    )
    settings = trace.origin.settings
    code = "" if settings is None else setup_code(settings, trained=trace.training_step)
    return Document(about.title, subject, said, sections, code)


def _theory(trace: Trace, known: Dynamics | None) -> Section:
    if goes_both_ways(trace.network):
        return Section((Paragraph(NO_JACOBIAN),), {"theory": None}, "The Jacobians")
    return theory_section(dynamics_of(trace.tape, profile=False, known=known))


def _data(trace: Trace) -> Section:
    """How the file of the data was read and what is asked of it; nothing of data without a file."""
    said = tuple(f"{note[:1].upper()}{note[1:]}." for note in map(printable, trace.origin.notes))
    return Section((Paragraph(" ".join(said), name="Data"),) if said else ())


def _given(told: Mapping[str, str]) -> Section:
    """Say of a network from a file which it is, what was inferred, what drives it and what its loss is."""
    paragraphs = tuple(Paragraph(printable(said), name=name.capitalize()) for name, said in told.items())
    return Section(paragraphs, {"given": dict(told) or None})


def _findings(trace: Trace) -> Section:
    """What the trace shows, in sentences, and the one word for it."""
    said, group = tuple(sentences(trace)), reference_group(trace)
    record = {"sentences": list(said), "regime": trace.profile().rate(group).regime, "regime_of": group}
    return Section((Bullets(said),), record, "What it shows")


def _run(trace: Trace) -> Section:
    """The run itself, of which people read in the sentences."""
    record = {
        "steps": len(trace.lags.scored),
        "scored": trace.lags.scored.tolist(),
        "overflow_step": trace.tape.overflow_step,
        "loss": finite(trace.tape.loss),
        "residual": finite(trace.lags.residual),
    }
    return Section(record=record)
