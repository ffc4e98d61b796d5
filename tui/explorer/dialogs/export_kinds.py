"""What can be saved of a trace or of a sweep, as the export dialog offers it: names, and functions that write."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from core.settings.provenance import provenance
from tui.report import formats
from tui.report.figures.options import AS_USUAL, FigureOptions, TypedStyle
from tui.report.formats import Bundle, Format, FormatOf, write
from tui.report.formats.figures_of import FIGURES, of_study, of_trace
from tui.report.formats.format import B
from tui.report.formats.names import suggested_name, unused_name
from tui.report.formats.study import STUDY_FORMATS, StudyBundle

if TYPE_CHECKING:
    from core import Dynamics, Trace
    from tui.report.charts.model import Chart
    from tui.report.charts.training import TrainingRun


@dataclass(frozen=True)
class ExportKind:
    """One thing that can be saved: its name in the list, its file's name, and what writes it."""

    name: str
    label: str
    suffix: str
    """With its dot; a name without it gets it"""
    suggested: str
    """A file name, or a path from the current folder"""
    write: Callable[[Path, bool], object]
    """Write to this path, replacing what is there if True. Called in a thread; raises an ExportError."""
    styled: Callable[[TypedStyle], Callable[[Path, bool], object]] | None = None
    """Gives what writes it in a theme, width and font size, where it is a figure; None where it is none"""
    missing: str = ""
    """Why it cannot be written here, and what to install; empty if it can"""


def trace_kinds(
    trace: Trace,
    *,
    chart: str,
    screen: str,
    dynamics: Dynamics | None = None,
    figure: FigureOptions = AS_USUAL,
    lags: Callable[[int, int], Chart] | None = None,
    run: TrainingRun | None = None,
    setup: str = "",
) -> tuple[ExportKind, ...]:
    """What the explorer can save of a trace: every format that can be written of it.

    Args:
        trace: The trace on the screen.
        chart: The chart in view, as SVG.
        screen: The whole screen, as SVG (`app.export_screenshot()`).
        dynamics: What has been measured of the Jacobians.
        figure: Which of its charts a figure shows, and how.
        lags: The chart against the lag as it is looked at, for a figure of it.
        run: The training, for a figure of it.
        setup: The code of what is on the screen.
    """
    made = replace(provenance(), setup=setup)
    bundle = Bundle(trace, dynamics, chart, screen, made=made, figure=figure, lags=lags, run=run)
    return tuple(_offered(one, bundle, _named(bundle, one)) for one in formats.FORMATS if _is_shown(one, bundle))


def study_kinds(bundle: StudyBundle) -> tuple[ExportKind, ...]:
    """What can be saved of a sweep: its report, its record, a table and its arrays.

    Args:
        bundle: The sweep.
    """
    name = "-".join(["sweep", *(axis.name for axis in bundle.study.grid.axes)])
    figure = of_study(bundle).name
    return tuple(
        _offered(
            one,
            bundle,
            unused_name(figure + one.suffix, Path.cwd()) if one.name in FIGURES else name + one.suffix,
        )
        for one in STUDY_FORMATS
        if _is_shown(one, bundle)
    )


def _is_shown(one: FormatOf[B], bundle: B) -> bool:
    """Whether it is offered: all that can be written of this, and figures that a library is missing for."""
    return one.name in FIGURES or not one.problem(bundle)


def _offered(one: FormatOf[B], bundle: B, suggested: str) -> ExportKind:
    def styled(typed: TypedStyle) -> Callable[[Path, bool], Path]:
        assert isinstance(bundle, Bundle | StudyBundle)
        return partial(_write, one, replace(bundle, figure=typed.of(bundle.figure)))

    return ExportKind(
        one.name,
        one.title,
        one.suffix,
        suggested,
        partial(_write, one, bundle),
        styled if one.name in FIGURES else None,
        one.problem(bundle),
    )


def _named(bundle: Bundle, kind: Format) -> str:
    """A file name to start with; of a figure one that is not taken, so that a second one does not ask for the first."""
    if kind.name in FIGURES:
        return unused_name(of_trace(bundle).name + kind.suffix, Path.cwd())
    return suggested_name(bundle.trace, kind)


def _write(kind: FormatOf[B], bundle: B, path: Path, overwrite: bool) -> Path:
    return write(kind, bundle, path, overwrite=overwrite)


def renamed(text: str, before: ExportKind, after: ExportKind) -> str:
    """What is typed, for another kind: the suggestion follows it, a name of one's own changes only its suffix."""
    folder, name = os.path.split(text)
    if name == os.path.basename(before.suggested):
        return os.path.join(folder, os.path.basename(after.suggested))
    if name.lower().endswith(before.suffix):
        return text[: len(text) - len(before.suffix)] + after.suffix
    return text
