"""`--figure`: a chart as a file for print and slides. What is asked for is looked at before anything is computed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tui.cli import effects, terminal
from tui.cli.request import BadInputError
from tui.cli.terminal import PROGRAM

if TYPE_CHECKING:
    from core.dynamics.summary import Dynamics
    from core.settings.experiment import Experiment
    from core.study.study import Study
    from core.trace import Trace
    from core.training.history import TrainingHistory
    from core.training.profile import ProbeProfile
    from tui.report.figures.options import FigureOptions
    from tui.report.formats.figure import FigureBundle
    from tui.report.formats.format import FormatOf
    from tui.report.trace_document import About

NAMES: Final = ("figure", "chart", "width", "theme", "font_size")
"""The options, by name"""

THEME: Final = "The colors of a figure: light, dark or print, which has no background [light]."
"""The help of the option"""

MOST_PROFILES: Final = 24
"""How many networks of a training are measured for its figure"""


def options(charts: Sequence[str] = ()) -> dict[str, Any]:
    """The options of a command that draws figures.

    Args:
        charts: Which of them it can draw, where it has a choice.
    """
    from tui.cli.flags import text
    from tui.report.figures.themes import THEMES

    chosen = f"Which chart: {', '.join(charts)} [lags, or what the file is called]."
    return {
        "figure": text(
            "Draw a figure to this file: .svg, .pdf or .png, or a folder, which gives it a name of its own."
        ),
        **({"chart": text(chosen, "CHART", values=lambda: charts)} if charts else {}),
        "width": text("The width of a figure: 8.5cm, 3.3in, 240pt [8.5cm].", "LENGTH"),
        "theme": text(THEME, "THEME", values=lambda: THEMES),
        "font_size": text("The size of a figure's letters, in points [8].", "POINTS"),
    }


@dataclass(frozen=True)
class Asked:
    """A figure that is asked for."""

    kind: FormatOf[FigureBundle]
    path: Path
    """The file, or the folder that it is to be in"""
    options: FigureOptions
    overwrite: bool

    @property
    def chart(self) -> str:
        """Which chart it is a figure of."""
        return self.options.chart

    def write(self, bundle: FigureBundle) -> None:
        """Write the file, whole or not at all, and say where it is if its name was not given.

        Raises:
            BadInputError: it could not be written, or there is no such figure of this.
        """
        from tui.cli.outputs import refused
        from tui.report.formats import write
        from tui.report.formats.names import unused_name

        named = self.path
        if self.path.is_dir():
            named = self.path / unused_name(bundle.name + self.kind.suffix, self.path)
        try:
            write(self.kind, replace(bundle, options=self.options), named, overwrite=self.overwrite)
        except ValueError as error:
            raise refused(error) from None
        if named is not self.path:
            terminal.tell(f"drawn: {named}")


def asked_for(given: dict[str, Any], *, overwrite: bool, chart: str = "") -> Asked | None:
    """The figure that is asked for, its options taken out of what was given; None for none.

    Args:
        given: The options.
        overwrite: Whether a file that is there may be replaced.
        chart: The one chart that the command draws; empty where it has a choice.

    Raises:
        BadInputError: an option is not allowed, the file cannot be written, or a library for it is missing.
    """
    from tui.cli.outputs import refused
    from tui.report.atomic_files import ExportError, destination, may_write
    from tui.report.figures.options import CHARTS, FigureOptions, TypedStyle

    own = {name: given.pop(name, None) for name in NAMES}
    file = own.pop("figure")
    if file is None:
        idle = [effects.flag(name) for name, value in own.items() if value is not None]
        if idle:
            terminal.tell(f"{' and '.join(idle)}: no effect without --figure")
        return None
    kind, place = _kind(file)
    if problem := kind.problem(None):  # type: ignore[arg-type]
        raise BadInputError(f"--figure {file}: {problem}")
    stem = place.stem.partition("-")[0]
    which = chart or _one_of("chart", own["chart"] or (stem if stem in CHARTS else "lags"), CHARTS)
    style = TypedStyle(**{name: own[name] for name in ("theme", "width", "font_size") if own[name] is not None})
    for name, wrong in style.problems.items():
        raise BadInputError(f"{effects.flag(name)}: {wrong}")
    found = style.of(FigureOptions(which))
    try:
        if not place.is_dir():
            place = destination(place, kind.suffix)
            may_write(place, overwrite=overwrite)
    except ExportError as error:
        raise refused(error) from None
    return Asked(kind, place, found, overwrite)


def _kind(file: str) -> tuple[FormatOf[FigureBundle], Path]:
    """The format that a name asks for, and the file or folder."""
    from tui.report.formats.figure import FIGURE_FORMATS

    if not file.strip():
        raise BadInputError("--figure: no file was named; give a path that ends in .svg, .pdf or .png, or a folder")
    try:
        place = Path(file).expanduser()
    except RuntimeError:
        place = Path(file)
    by_suffix = {one.suffix: one for one in FIGURE_FORMATS}
    if place.is_dir():
        return by_suffix[".svg"], place
    if (name := f".{file.lower()}") in by_suffix:
        return by_suffix[name], Path()
    if place.suffix.lower() not in by_suffix:
        raise BadInputError(
            f"--figure: {file!r} was given, allowed is a name that ends in .svg, .pdf or .png, or a folder"
        )
    return by_suffix[place.suffix.lower()], place


def _one_of(name: str, value: str, allowed: Sequence[str]) -> str:
    if value not in allowed:
        raise BadInputError(f"--{name}: {value!r} was given, allowed is {', '.join(allowed)}")
    return value


def draw(asked: Asked, trace: Trace, about: About, measure: Callable[[Trace], Dynamics]) -> None:
    """Draw what is asked for of a trace; a training is trained for it, a sweep is that which the explorer begins with.

    Args:
        asked: Which figure, and where.
        trace: The trace.
        about: What is said of it.
        measure: Measures the Jacobians.

    Raises:
        BadInputError: there is no such figure of this trace, or it could not be written.
    """
    from tui.report.formats import Bundle
    from tui.report.formats.figures_of import of_trace

    settings = trace.origin.settings
    if asked.chart in ("training", "sweep"):
        command = "train" if asked.chart == "training" else "sweep"
        if settings is None:
            raise BadInputError(f"--chart {asked.chart}: of a network in a file, {PROGRAM} {command} --figure draws it")
        asked.write(_trained(settings, trace) if asked.chart == "training" else of_sweep(_swept(settings)))
    else:
        asked.write(of_trace(Bundle(trace, about=about, measure=measure, figure=asked.options)))


def _trained(experiment: Experiment, trace: Trace) -> FigureBundle:
    from core.training.history import TrainingHistory
    from core.training.steps import train
    from tui.report.words.subject import describe_setup

    history = TrainingHistory(experiment)
    meter = terminal.Meter(sys.stderr, "update")
    try:
        for step in train(experiment, start=history.start, batches=history.batches):
            history.add(step)
            if meter.shown:
                meter(step.step, experiment.training_steps)
    finally:
        meter.clear()
    return of_training(history, profiles_of(history), describe_setup(trace))


def _swept(experiment: Experiment) -> Study:
    from core.study.sweep import sweep
    from tui.explorer.session.sweeping import first_request

    grid = first_request(experiment).grid()
    with terminal.metered(meter := terminal.Bar(sys.stderr, "networks")):
        return sweep(grid, progress=meter)


def profiles_of(history: TrainingHistory) -> list[ProbeProfile]:
    """What is measured of some networks of a run for its figure; as many as stay within float64.

    Args:
        history: The run.
    """
    from core.bptt.forward import FirstStepOverflowError
    from core.training.profile import probe_profiles

    found: list[ProbeProfile] = []
    with suppress(FirstStepOverflowError):
        found.extend(probe_profiles(history, most=MOST_PROFILES))
    return found


def of_training(
    history: TrainingHistory, profiles: Sequence[ProbeProfile], of: str, *, described: bool = True
) -> FigureBundle:
    """A training as what a figure is written from.

    Args:
        history: The run.
        profiles: What was measured of some of its networks.
        of: Which network on which data.
        described: Whether settings make the network and the data.
    """
    from tui.explorer.session.run import Run
    from tui.report.figures.charts import training_figure
    from tui.report.formats.figure import FigureBundle

    run, experiment = Run(history, len(history), tuple(profiles)), history.experiment
    step = history.latest.step
    name = f"training-{experiment.cell}-{experiment.task}-seed{experiment.seed}-step{step}"
    return FigureBundle(
        lambda: training_figure(run, f"Training: {of}"),
        of=of,
        experiment=experiment if described else None,
        training_step=step,
        name=name,
    )


def of_sweep(study: Study) -> FigureBundle:
    """A sweep as what a figure is written from.

    Args:
        study: The sweep.
    """
    from tui.report.formats.figures_of import of_study
    from tui.report.formats.study import StudyBundle

    return of_study(StudyBundle(study))
