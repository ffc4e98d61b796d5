"""The figure of a trace or of a sweep as rows in their tables of formats."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np

from core.dynamics.summary import dynamics_of
from tui.report.atomic_files import ExportError
from tui.report.formats.figure import FIGURE_FORMATS, FigureBundle
from tui.report.formats.format import FormatOf
from tui.report.formats.names import figure_name
from tui.report.words.subject import describe_setup

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.trace import Trace
    from tui.report.figures.compose import Figure
    from tui.report.figures.options import FigureOptions
    from tui.report.formats.format import Bundle
    from tui.report.formats.study import StudyBundle

B = TypeVar("B")

FIGURES: Final = tuple(one.name for one in FIGURE_FORMATS)
"""The names of the formats of figures"""


def of_trace(bundle: Bundle) -> FigureBundle:
    """The figure of a trace that is asked for.

    Args:
        bundle: The trace, and `figure`, which of its charts and how.
    """
    trace, options = bundle.trace, bundle.figure

    def make() -> Figure:
        from tui.report.figures.charts import jacobians_figure, lags_figure, training_figure, unrolled_figure
        from tui.report.figures.maps import map_figure

        if options.chart == "map":
            return map_figure(trace, options.parameter)
        if options.chart == "jacobians":
            measured = bundle.dynamics
            if measured is None or measured.profile is None:
                measured = dynamics_of(trace.tape, known=measured)
            return jacobians_figure(trace, measured)
        if options.chart == "training":
            if bundle.run is None:
                raise ValueError(
                    "there is no training yet to draw a figure of; rnn-tui train --figure trains and draws"
                )
            return training_figure(bundle.run, f"Training: {describe_setup(trace)}", step=trace.training_step)
        if options.chart == "sweep":
            raise ValueError("a sweep is drawn by rnn-tui sweep --figure, and in the explorer where it is shown")
        if options.chart == "unrolled":
            return unrolled_figure(trace, _loss(trace, options.loss))
        return lags_figure(trace, options.curve, shown=bundle.lags)

    return FigureBundle(
        make,
        options,
        describe_setup(trace),
        trace.origin.settings,
        trace.training_step,
        _name(trace, options),
        bundle.made,
    )


def _name(trace: Trace, options: FigureOptions) -> str:
    """The name of its file: that of a map tells which parameter, if one was chosen, and others which loss."""
    if options.chart == "map" and options.parameter is not None:
        return figure_name(trace, f"map-{options.parameter}")
    return figure_name(
        trace, options.chart, {"lags": options.curve, "unrolled": options.loss}.get(options.chart, "last")
    )


def _loss(trace: Trace, asked: int | str) -> int | None:
    """The t of the loss that is followed; None for all of them."""
    scored = np.flatnonzero(trace.lags.scored) + 1
    if asked == "last" and scored.size:
        return int(scored[-1])
    return asked if isinstance(asked, int) else None


def of_study(bundle: StudyBundle) -> FigureBundle:
    """The figure of a sweep.

    Args:
        bundle: The sweep.
    """
    study = bundle.study

    def make() -> Figure:
        from tui.report.figures.sweeps import sweep_figure

        return sweep_figure(study, bundle.drawn)

    names = [axis.name for axis in study.grid.axes]
    seeds = len(study.grid.seeds)
    drawn = [] if bundle.drawn == "rate" else [bundle.drawn]
    over = f"{seeds}-seeds" if seeds > 1 else "1-seed"
    name = "-".join(["sweep", study.grid.experiment.cell, *names, *drawn, over])
    return FigureBundle(
        make,
        replace(bundle.figure, chart="sweep"),
        f"{' × '.join(names)}, {len(study.grid)} networks",
        study.grid.experiment,
        0,
        name,
        bundle.made,
    )


def _drawn(kind: FormatOf[FigureBundle], bundle: FigureBundle) -> bytes:
    """The file; what cannot be drawn is told as what cannot be written is."""
    try:
        return kind.contents(bundle)
    except ValueError as error:
        raise ExportError(str(error)) from None


def rows(of: Callable[[B], FigureBundle]) -> tuple[FormatOf[B], ...]:
    """The formats of figures as rows of another table.

    Args:
        of: What such a figure is written from.
    """

    def row(kind: FormatOf[FigureBundle]) -> FormatOf[B]:
        def problem(bundle: Any) -> str:
            return kind.problem(bundle)

        return FormatOf(
            kind.name,
            kind.suffix,
            kind.title,
            lambda bundle: _drawn(kind, of(bundle)),
            text=kind.text,
            named=kind.named,
            problem=problem,
        )

    return tuple(map(row, FIGURE_FORMATS))
