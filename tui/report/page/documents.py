"""Pages of a training, a comparison, a diagnosis and a critical value: their reports, and how to make them again."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

from tui.report.document import Document, Section
from tui.report.page.settings import settings_section, with_settings
from tui.report.page.trace import HTML
from tui.report.page.training import training_drawing
from tui.report.page.whole import whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.settings.experiment import Experiment
    from core.settings.provenance import Provenance
    from core.study.critical import Critical
    from core.trace import Trace
    from core.training.history import TrainingHistory
    from core.training.profile import ProbeProfile


def training_page(
    history: TrainingHistory,
    profiles: Sequence[ProbeProfile],
    document: Document,
    made: Provenance,
    *,
    from_file: bool = False,
) -> Document:
    """The page of a training.

    Args:
        history: The run.
        profiles: The gradient by lag at some of its updates, as far as it is known.
        document: Its report.
        made: With what, when and how the page is made.
        from_file: Whether the network that it began with is from a file.
    """
    settings = history.experiment
    again = "" if from_file else with_settings("rnn-tui train", settings, HTML)
    figures = Section(training_drawing(history, profiles), title="The charts")
    more = replace(document, sections=(*document.sections, figures))
    return whole(more, settings_section(made, None if from_file else settings, again, trained=True))


def comparison_page(
    experiment: Experiment, document: Document, made: Provenance, *, more: Sequence[str] = (), from_file: bool = False
) -> Document:
    """The page of a comparison of remedies.

    Args:
        experiment: What all of them start from.
        document: Its report.
        made: With what, when and how the page is made.
        more: Options of the command in addition to the settings.
        from_file: Whether one of the networks is from a file.
    """
    again = "" if from_file else with_settings("rnn-tui compare", experiment, *map(shlex.quote, more), HTML)
    return whole(document, settings_section(made, experiment, again, trained=True))


def critical_page(found: Critical, document: Document, made: Provenance) -> Document:
    """The page of a critical value.

    Args:
        found: What was found.
        document: Its report.
        made: With what, when and how the page is made.
    """
    return whole(document, settings_section(made, found.experiment, differing=(found.name,)))


def diagnosis_page(traces: Sequence[Trace], document: Document, made: Provenance) -> Document:
    """The page of one diagnosis or of several.

    Args:
        traces: What was looked at.
        document: Their report.
        made: With what, when and how the page is made.
    """
    settings = traces[0].origin.settings if len(traces) == 1 else None
    again = "" if settings is None else with_settings("rnn-tui diagnose", settings, HTML)
    return whole(document, settings_section(made, settings, again))
