"""The experiment at hand trained with every remedy, side by side in one table and on one chart."""

from __future__ import annotations

import math
from functools import partial

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.strip import Strip
from textual.widgets import DataTable, ProgressBar, Static
from textual.worker import Worker, get_current_worker

from core import Experiment
from core.bptt.rate import Rate
from core.tasks import readout_name
from core.training.metrics import metric_name
from core.training.profile import ProbeProfile
from core.training.remedies import Compared, remedies
from tui.explorer.background.remedies_run import Row, TriedRemedies, try_remedies
from tui.explorer.background.responsiveness import UiFirst
from tui.explorer.background.trace_worker import Superseded, reporting
from tui.explorer.commands import HELPING, bindings
from tui.explorer.dialogs.closing import Dialog
from tui.explorer.help import help_text
from tui.explorer.painting.strips import strips_of
from tui.explorer.painting.theme import theme_palette
from tui.explorer.painting.view import PaintedView
from tui.explorer.widgets import help_panel as helping
from tui.explorer.widgets.footer import FittingFooter
from tui.explorer.widgets.plain_text import PlainText
from tui.explorer.widgets.whole_columns import WholeTable
from tui.report.charts.remedies import LOOKS, When, remedies_chart
from tui.report.charts.terminal import draw, draw_plain
from tui.report.numbers import UNKNOWN, factor, factor_with_error, number
from tui.report.palette import Palette
from tui.report.styles import ink
from tui.report.words.trace import data_label, what_settings_make
from tui.report.words.training import carrying, to_beat, truncation

ROOMY = 110
"""Columns from which the table has room for standard errors and whole names"""


class RemediesChart(PaintedView, can_focus=False):
    """The gradient by lag of every remedy that is done."""

    rows: tuple[Compared, ...] = ()
    when: When = "after"

    def show(self, rows: tuple[Compared, ...], when: When) -> None:
        """Take other remedies, or other networks of theirs, and paint again."""
        self.rows, self.when = rows, when
        self.stale()

    def paint(self, width: int, height: int) -> list[Strip]:
        """The chart of the gradient by lag, at most `height` strips of `width` cells."""
        if not self.rows or not width or not height:
            return []
        chart = remedies_chart(self.rows, self.when, width=width, height=height)
        plain = self.app.no_color
        return strips_of((draw_plain(chart, width, height) if plain else draw(chart, width, height, self.palette)).grid)


class RemediesScreen(Dialog[Row | None]):
    """Returns the row that is to be opened, or None. `remedies` is what is known in the end."""

    DEFAULT_CSS = """
    RemediesScreen { background: $background; }
    RemediesScreen #remedies-head { height: auto; max-height: 3; background: $panel; }
    RemediesScreen #remedies-bar { height: 1; }
    RemediesScreen ProgressBar { width: auto; }
    RemediesScreen Bar { width: 24; }
    RemediesScreen #remedies-state { width: 1fr; height: 1; margin-left: 2; }
    RemediesScreen DataTable { height: auto; max-height: 10; }
    RemediesScreen #remedies-about { height: auto; max-height: 2; color: $foreground-muted; }
    RemediesScreen #remedies-title { height: 1; margin-top: 1; text-style: bold; }
    RemediesScreen.-short #remedies-title { margin-top: 0; }
    RemediesScreen RemediesChart { height: 1fr; }
    """
    HELP = help_text("remedies")
    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-tall")]
    BINDINGS = [
        Binding("escape", "leave", "stop, close"),
        Binding("w", "train", "train, stop"),
        Binding("c", "when", "before/after training"),
        *bindings(HELPING),
    ]

    class _Reported(Message):
        """From the thread: a row, or the share of the work that is done."""

        def __init__(self, worker: Worker[None], row: Row | None, share: float) -> None:
            self.worker, self.row, self.share = worker, row, share
            super().__init__()

    def __init__(self, tried: TriedRemedies) -> None:
        super().__init__()
        self.remedies = tried
        self._when: When = "after"
        self._worker: Worker[None] | None = None
        self._begun = 0
        """How many rows there were when the work began"""

    def compose(self) -> ComposeResult:
        """What is compared, how far the work is, the table, what is told of a row, and the chart."""
        yield PlainText(id="remedies-head")
        with Horizontal(id="remedies-bar"):
            yield ProgressBar(total=1.0, show_eta=False)
            yield PlainText(id="remedies-state")
        yield WholeTable[Text](cursor_type="row", zebra_stripes=True)
        yield PlainText(id="remedies-about")
        with Vertical():
            yield PlainText(id="remedies-title")
            yield RemediesChart()
        yield FittingFooter()

    def on_mount(self) -> None:
        """Show what is known, and train what is missing."""
        self.app.theme_changed_signal.subscribe(self, lambda theme: self._show())
        self._show()
        self._start()

    def on_resize(self) -> None:
        """Show everything again: longer or shorter words fit into the table."""
        self._show()

    # Work

    def _start(self) -> None:
        if self.remedies.missing:
            self._begun = len(self.remedies.rows)
            self._worker = self.run_worker(
                partial(self._work, self.remedies, UiFirst()),
                thread=True,
                exclusive=True,
                group="remedies",
                description="try the remedies",
            )
        self._say()

    def _work(self, tried: TriedRemedies, ui_first: UiFirst) -> None:
        worker: Worker[None] = get_current_worker()

        def found(row: Row) -> None:
            self.post_message(self._Reported(worker, row, math.nan))

        def share(done: float) -> None:
            self.post_message(self._Reported(worker, None, done))

        try:
            try_remedies(tried, found, reporting(worker, ui_first, share))
        except Superseded:
            return

    @on(_Reported)
    def _reported(self, message: _Reported) -> None:
        if message.worker is not self._worker:
            return
        if message.row is None:
            self._say(message.share)
            return
        self.remedies = self.remedies.with_row(message.row)
        if not self.remedies.missing:
            self._worker = None
        self._show()

    def _stop(self) -> None:
        if self._worker is not None:
            self._worker.cancel()
            self._worker = None

    # What is shown

    def _say(self, share: float | None = None) -> None:
        """Show how far the work is, in the bar and in words."""
        done, every = len(self.remedies.rows), len(remedies())
        bar = self.query_one(ProgressBar)
        if self._worker is None:
            bar.update(progress=done / every)
            left = "w goes on" if self.remedies.missing else "enter opens one"
            state = f"{done} of {every} done · {left}"
        else:
            if share is not None:
                bar.update(progress=(self._begun + share * (every - self._begun)) / every)
            state = f"training {self.remedies.missing[0]} · {done} of {every} done · esc stops"
        self.query_one("#remedies-state", Static).update(state)

    def _show(self) -> None:
        """Show the table and the chart of the remedies that are done."""
        palette = theme_palette(self.app.current_theme)
        table, wide = self.query_one(DataTable), self.size.width >= ROOMY
        self.query_one("#remedies-head", Static).update(head(self.remedies.experiment, wide=wide))
        at = table.cursor_row
        table.clear(columns=True)
        table.add_columns(*heads(self.remedies, wide=wide))
        for row in self.remedies.rows:
            table.add_row(*cells(row, self.remedies, palette, wide=wide), key=row.name)
        if self.remedies.rows:
            table.move_cursor(row=min(at, len(self.remedies.rows) - 1))
        self.query_one(RemediesChart).show(self.remedies.compared, self._when)
        self.query_one("#remedies-title", Static).update(
            Text.assemble("‖∂L_t/∂a⟨t−k⟩‖ by lag ", (f" {self._when} training ", "reverse"), ("  c switches", "dim"))
        )
        self._say()

    @on(DataTable.RowHighlighted)
    def _highlighted(self, event: DataTable.RowHighlighted) -> None:
        if 0 <= event.cursor_row < len(self.remedies.rows):  # an empty table's cursor is at −1
            self.query_one("#remedies-about", Static).update(about(self.remedies.rows[event.cursor_row]))

    @on(DataTable.RowSelected)
    def _selected(self, event: DataTable.RowSelected) -> None:
        row = self.remedies.rows[event.cursor_row] if 0 <= event.cursor_row < len(self.remedies.rows) else None
        if row is not None and row.found is not None:
            self._stop()
            self.dismiss(row)

    # Keys

    def action_train(self) -> None:
        """Train the remedies that are missing, or stop where they are being trained."""
        if self._worker is None:
            self._start()
        else:
            self._stop()
            self._say()

    def action_when(self) -> None:
        """Change the chart between the untrained networks and the trained ones."""
        self._when = "after" if self._when == "before" else "before"
        self._show()

    def action_leave(self) -> None:
        """Close the help, stop the work, or close the remedies."""
        if helping.is_open(self):
            helping.toggle(self)
        elif self._worker is not None:
            self._stop()
            self._say()
        else:
            self.dismiss(None)

    def action_help(self) -> None:
        """Open the help of this screen, or close it."""
        helping.toggle(self)

    def action_help_on(self, by: int) -> None:
        """Scroll the help by a page, on or back."""
        helping.read_on(self, by)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The page keys are the table's but for help that is open."""
        return helping.is_open(self) if action == "help_on" else super().check_action(action, parameters)


def head(experiment: Experiment, *, wide: bool) -> Text:
    """What is compared, and what is to be beaten."""
    beat = ", ".join(f"{number(one.value)} ({one.name})" for one in to_beat(experiment))
    of = what_settings_make(experiment) if wide else f"{data_label(experiment)}, T = {experiment.timesteps}"
    each = filter(None, [of, f"{experiment.training_steps} updates each", truncation(experiment), carrying(experiment)])
    return Text.assemble(
        (" Remedies ", "reverse bold"),
        f" {' · '.join(each)}\n",
        (f" {metric_name(readout_name(experiment))}, to beat without a memory: {beat}", "dim"),
    )


def heads(tried: TriedRemedies, *, wide: bool) -> list[str]:
    """The names of the table's columns."""
    name = metric_name(readout_name(tried.experiment)) if wide else "metric"
    accuracy = ["right"] if any(row.accuracy is not None for row in tried.compared) else []
    aside = ["held back"] if any(row.held_back is not None for row in tried.compared) else []
    return ["remedy", name, *accuracy, *aside, "before", "after", "1 % at lag", "updates"]


def cells(row: Row, tried: TriedRemedies, palette: Palette, *, wide: bool) -> list[Text]:
    """One remedy: its score, bold where it beats what needs no memory, and its rates and horizons before → after."""
    look, found = LOOKS[row.name], row.found
    title = remedies()[row.name].title if wide else row.name
    name = Text.assemble((f"{look.marker} ", ink(look, palette)), title)
    if found is None:
        return [name, *(Text(UNKNOWN) for _ in heads(tried, wide=wide)[1:])]
    reached = found.metric if found.held_back is None else found.held_back.value
    beats = all(reached < one.value for one in found.baselines)
    rates = [None if one is None else one.rate for one in (found.before, found.after)]
    reach = " → ".join(_horizon(profile) for profile in (found.before, found.after))
    accuracy = [] if found.accuracy is None else [Text(f"{number(100 * found.accuracy)} %")]
    steps = f"{found.steps}{'' if found.ended is None else ' ended'}"
    score = Text(number(found.metric), "bold" if beats and found.held_back is None else "")
    aside = [] if found.held_back is None else [Text(number(found.held_back.value), "bold" if beats else "")]
    return [name, score, *accuracy, *aside, *(Text(_pace(rate, wide=wide)) for rate in rates), Text(reach), Text(steps)]


def about(row: Row) -> Text:
    """Where a remedy is from, and why its training ended before its time, or could not begin."""
    remedy = remedies()[row.name]
    why = row.problem if row.found is None else "" if row.found.ended is None else f"ended at {row.found.ended}"
    return Text.assemble(f" {remedy.title} ({remedy.source})", (f" · {why}" if why else "", "bold"))


def _pace(rate: Rate | None, *, wide: bool) -> str:
    if rate is None or math.isnan(rate.log2_per_step):
        return UNKNOWN
    return factor_with_error(rate.log2_per_step, rate.standard_error) if wide else factor(rate.log2_per_step)


def _horizon(profile: ProbeProfile | None) -> str:
    return UNKNOWN if profile is None or profile.rate.horizon is None else str(profile.rate.horizon)
