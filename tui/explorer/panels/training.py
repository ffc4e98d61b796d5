"""The Training tab: train the network, watch its gradient change, and go back to any step to look at it."""

from __future__ import annotations

import math

import numpy as np
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Grid, Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.reactive import var
from textual.widgets import Static

from core import Experiment
from core.tasks import Baseline
from core.training.metrics import metric_name
from core.training.recorded import RecordedHistory
from tui.explorer.help import help_text
from tui.explorer.painting.theme import theme_palette
from tui.explorer.session.run import Run
from tui.explorer.session.subject import Subject
from tui.explorer.widgets.fitting_label import Fitting
from tui.explorer.widgets.plain_text import PlainText
from tui.explorer.widgets.session_panel import SessionPanel
from tui.explorer.widgets.slider import Rail, Slider
from tui.explorer.widgets.stable_static import StableStatic
from tui.explorer.widgets.text_columns import texts_in_rows
from tui.explorer.widgets.training_chart import TRAINING_CHARTS, TrainingChart, TrainingChartSpec
from tui.explorer.widgets.whole_columns import NumbersTable
from tui.report.charts.terminal import SMALLEST
from tui.report.numbers import cosine, factor, magnitude, number
from tui.report.styles import ink
from tui.report.words.training import carrying, clipping, truncation
from tui.report.words.watching import followed, newer

ROWS = 40
"""About how many steps the table has"""

ROOM_FOR_FOUR = (64, 24)
"""Columns and rows from which four charts are shown together"""

ROOM_FOR_ALL = ((100, 24), (64, 38))
"""Columns and rows from which all six are: three across and two down, or two across and three down"""


_BESIDE_STATUS = 3 + SMALLEST[1]
"""Rows of the panel that its status has no part of: the buttons, a chart with its name, and the step that is shown"""

_ROOMS = (*ROOM_FOR_ALL, ROOM_FOR_FOUR)


class LabeledChart(Vertical):
    """A chart with its name and legend above it."""

    run: var[Run | None] = var(None)
    behind: var[Run | None] = var(None)
    """The training of the pinned trace, if it is another; it stands behind, dimmed"""
    step: var[int] = var(0)
    awaited: var[tuple[tuple[Baseline, ...], int]] = var(((), 1))
    """What training will have to beat, and in how many updates"""

    def __init__(self, spec: TrainingChartSpec) -> None:
        super().__init__(classes="training-chart")
        self._spec = spec

    def compose(self) -> ComposeResult:
        """The line that names the chart, and the chart."""
        yield StableStatic(classes="name")
        yield TrainingChart(self._spec).data_bind(
            LabeledChart.run, LabeledChart.behind, LabeledChart.step, LabeledChart.awaited
        )

    def on_mount(self) -> None:
        """Follow the theme, and the name of the metric."""
        self.app.theme_changed_signal.subscribe(self, lambda theme: self._head())
        self.watch(self, "run", self._head)
        self.watch(self, "behind", self._head)

    def _head(self) -> None:
        palette = theme_palette(self.app.current_theme)
        title = self._spec.title
        if title == "metric" and self.run is not None:
            title = metric_name(self.run.start.readout_name)
        parts = [Text(f"{style.marker} {name}", ink(style, palette)) for style, name in self._spec.legend_of(self.run)]
        if self.behind is not None and self._spec.chart is not None:
            parts.append(Text("pinned: dimmed", "dim"))
        head = self.query_one(".name", Static)
        head.update(texts_in_rows([Text(title, "bold"), *parts], head.content_size.width))

    def on_resize(self) -> None:
        """No part of the line is broken, however wide it is."""
        self._head()


class TrainingTable(NumbersTable):
    """The run as numbers: its first and last update and those evenly between."""

    def __init__(self) -> None:
        super().__init__(cursor_type="row", zebra_stripes=True)

    def show(self, run: Run) -> None:
        """A row per update; ρ and the factor where they were measured."""
        columns = (
            "update",
            "loss",
            metric_name(run.start.readout_name),
            "accuracy",
            "‖∂L/∂θ‖",
            "clipped",
            "ρ",
            "per step",
        )
        rows = []
        values = {name: run.history.scalars(name)[: run.length] for name in ("loss", "metric", "accuracy")}
        sizes = {name: run.history.scalars(name)[: run.length] for name in ("log2_gradient", "log2_clipped")}
        measured = {profile.step: profile for profile in run.profiles}
        chosen = {round(i * (run.length - 1) / max(1, min(ROWS, run.length) - 1)) for i in range(min(ROWS, run.length))}
        for at in sorted(chosen):
            step = int(run.history.steps[at])
            profile = measured.get(step)
            radii = [] if profile is None else list(profile.spectral_radius.values())
            rows.append(
                (
                    str(step),
                    *(_score(float(column[at])) for column in values.values()),
                    *(magnitude(float(column[at])) for column in sizes.values()),
                    number(radii[0]) if radii else "",
                    "" if profile is None else factor(profile.rate.log2_per_step),
                )
            )
        self.fill(columns, rows)


class TrainingPanel(Vertical, SessionPanel):
    """What can be done, how it stands, charts or a table, and the step that is shown."""

    HELP = help_text("training")

    subject: var[Subject] = var(Subject(Experiment()))
    """What is trained"""
    training_step: var[int] = var(0)

    class Scrubbed(Message):
        """The network after this step of the training is to be shown."""

        def __init__(self, step: int) -> None:
            self.step = step
            super().__init__()

    def compose(self) -> ComposeResult:
        """The buttons, a line of numbers, the charts or their table, and the slider over the steps."""
        with Horizontal(id="training-buttons"):
            yield StableStatic(id="training-run", classes="button")
            yield PlainText(_button("train_one", "update W"), classes="button -own")
            yield PlainText(_button("train_reset", "reset z"), classes="button -own")
            yield PlainText(_button("newest", "newest r"), classes="button -watched")
            yield PlainText(_button("network", "part N"), classes="button -watched", id="training-part")
            yield PlainText(_button("training_chart", "chart y"), id="training-view", classes="button")
        yield StableStatic(id="training-status")
        with Grid(id="training-charts"):
            for name, spec in TRAINING_CHARTS.items():
                chart = LabeledChart(spec)
                chart.id = f"training-chart-{name}"
                yield chart
        yield TrainingTable()
        with Horizontal(id="training-scrubber"):
            yield Slider(0, 1, name="training step")
            yield Fitting(id="training-shown")

    def on_mount(self) -> None:
        """Show what there is, and again whenever it changes."""
        self.show_when_changed(
            *("subject", "training_step", "shown.run", "shown.behind", "view.as_table", "view.training_chart")
        )

    def on_resize(self, event: events.Resize) -> None:
        """Show as many charts as there is room for: all, four, or one."""
        size = event.size.width, event.size.height
        wide, tall, four = (all(have >= need for have, need in zip(size, room, strict=True)) for room in _ROOMS)
        self.set_class(wide, "-wide")
        self.set_class(tall and not wide, "-tall")
        self.set_class(four and not (wide or tall), "-four")
        self.show()

    @property
    def together(self) -> int:
        """How many charts are shown at a time."""
        if self.has_class("-wide") or self.has_class("-tall"):
            return len(TRAINING_CHARTS)
        return 4 if self.has_class("-four") else 1

    def show(self) -> None:
        """Show how far the training is, and its charts or its table."""
        run = self.shown.run
        running = run is not None and run.running
        watched = self.subject.watched
        label = "║ pause w" if running else "▶ train w" if watched is None else "▶ follow w"
        self.query_one("#training-run", Static).update(_button("train", label))
        for button in self.query("#training-buttons .-own"):
            button.display = watched is None
        for button in self.query("#training-buttons .-watched"):
            button.display = watched is not None and (button.id is None or self.subject.has_other_parts)
        self.query_one("#training-status", Static).update(self._status(run))
        charts, table = self.query_one("#training-charts"), self.query_one(TrainingTable)
        charts.display, table.display = not self.view.as_table, self.view.as_table
        names, together = list(TRAINING_CHARTS), self.together
        page = names.index(self.view.training_chart) // together
        chosen = {f"training-chart-{name}" for name in names[page * together : (page + 1) * together]}
        self.set_class(len(chosen) == 2, "-two")
        for chart in self.query(LabeledChart):
            chart.run, chart.behind, chart.step = run, self.shown.behind, self.training_step
            chart.awaited = (self.subject.baselines, self.subject.experiment.training_steps)
            chart.set_class(chart.id in chosen, "-chosen")
        slider, last = self.query_one(Slider), 0 if run is None else run.last_step
        slider.rail, slider.value = Rail(0, max(1, last)), self.training_step
        slider.stale()
        self.query_one("#training-shown", Fitting).forms = self._shown(last)
        if self.view.as_table and run is not None:
            table.show(run)

    def _status(self, run: Run | None) -> Text:
        """How the run stands, in as many words as leave the chart the rows that it needs."""
        lines, width = self.size.height - _BESIDE_STATUS, max(self.size.width - 2, 1)
        if self.screen.has_class("-short", "-touring"):
            lines = 1
        forms = status_forms(self.subject, run)
        return next((one for one in forms if len(one.wrap(self.app.console, width)) <= lines), forms[-1])

    def _shown(self, last: int) -> tuple[str, ...]:
        """Which step is shown, and how well its network did on the batch that it was trained on next."""
        run = self.shown.run
        short = f" a/d: update {self.training_step} of {last}"
        if run is not None and run.goes_on_elsewhere and (more := newer(run.newer(self.training_step))):
            few = f"{run.newer(self.training_step):,} newer"
            return f"{short} is shown: {more}", f"{short}: {more}", f"{short}, {few}", f" {few}, r", f" {few}"
        value = math.nan if run is None else run.history.score_after(self.training_step)
        if run is None or math.isnan(value):
            return f"{short} is shown", short
        score = _score(value)
        done = f"{metric_name(run.start.readout_name)} {score}"
        return f"{short} is shown: {done}", f"{short}: {done}", f"{short}: {score}", short

    def on_slider_dragged(self, event: Slider.Dragged) -> None:
        """Ask for the network after the step that the slider was dragged to."""
        event.stop()
        self.post_message(self.Scrubbed(round(event.value)))

    def on_training_chart_pointed(self, event: TrainingChart.Pointed) -> None:
        """Ask for the network after the step that a chart was clicked at."""
        event.stop()
        self.post_message(self.Scrubbed(event.step))


def _button(action: str, label: str) -> Content:
    """Words that do an action of the screen when they are clicked."""
    return Content.from_markup(f"[@click=screen.{action}]$label[/]", label=label)


def status(subject: Subject, run: Run | None) -> Text:
    """How a run stands, in a line or two: the last step's numbers, why it ended, and the baselines."""
    return status_forms(subject, run)[0]


def status_forms(subject: Subject, run: Run | None) -> list[Text]:
    """How a run stands, and the same in fewer words: without the baselines, then without what follows from its end."""
    if subject.watched is not None:
        history = None if run is None or not isinstance(run.history, RecordedHistory) else run.history
        said, wrong = followed(subject.watched, history, running=run is not None and run.running)
        return [Text.assemble((said, "bold"), (f"   {wrong}" if wrong else "", "bold italic"))]
    experiment = subject.experiment
    name = metric_name(subject.readout_name)
    beat = ", ".join(f"{number(one.value)} ({one.name})" for one in subject.baselines)
    without = f"To beat, without a memory: {beat}." if beat else ""
    if run is None or not run.length:
        how = [f"{experiment.optimizer}, η {experiment.learning_rate:g}, {subject.batches_said}"]
        how += filter(None, [clipping(experiment), truncation(experiment), carrying(experiment)])
        updates = "1 update" if experiment.training_steps == 1 else f"{experiment.training_steps} updates"
        told = f"Not trained yet: {updates} by {', '.join(how)}."
        return [Text.assemble(f"{told} ", (without, "dim")), Text(told), Text(f"Not trained yet: {updates}.")]
    metric, accuracy = (float(run.history.scalars(key)[run.length - 1]) for key in ("metric", "accuracy"))
    parts = [f"update {run.length} of {experiment.training_steps}"]
    if math.isfinite(metric):
        parts.append(f"{name} before it {number(metric)}")
    if not math.isnan(accuracy):
        parts.append(f"{number(100 * accuracy)} % right")
    aside = run.history.scalars("held_back")[: run.length]
    if (there := np.flatnonzero(~np.isnan(aside))).size:
        parts.append(f"held back {_score(float(aside[there[-1]]))}")
    bias = _bias(run)
    if run.ended is not None and not run.running:
        parts.append(run.ended)
    beside = f"   {bias}" if bias else ""
    whole = Text.assemble((" · ".join(parts), "bold"), beside)
    forms = [Text.assemble(whole, (f"   {without}", "dim")), whole, Text(" · ".join(parts), "bold")]
    if run.ended is not None and not run.running:
        end = run.ended.split("; ")[0]
        forms += [Text(" · ".join([*parts[:-1], end]), "bold"), Text(end, "bold")]
    return forms


def _bias(run: Run) -> str:
    """Where the gradient is truncated: its cosine with the whole one, at the first and the latest profile."""
    told = [one.truncated_cosine for one in run.profiles if one.truncated_cosine is not None]
    if not told:
        return ""
    return f"Truncated: cosine with the whole {' → '.join(map(cosine, (told[0], told[-1])[: len(told)]))}."


def _score(value: float) -> str:
    """A loss, a metric or a share; `overflow` where it left float64, which is no size of it."""
    return "overflow" if math.isinf(value) else number(value)
