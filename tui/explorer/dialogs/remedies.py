"""The experiment at hand trained with every remedy and several seeds, side by side in one table and on one chart."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
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

from core.tasks import readout_name
from core.training.metrics import metric_name
from core.training.remedies import Compared, remedies
from core.training.remedies_over_seeds import PLAIN, Score, middle
from tui.explorer.background.remedies_run import Done, Row, TriedRemedies, try_remedies
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
from tui.report.numbers import UNKNOWN, factor, number
from tui.report.palette import Palette
from tui.report.styles import ink
from tui.report.words.remedies import difference_text, lag, meaning, means_here, over_seeds, verdict
from tui.report.words.time_left import time_left
from tui.report.words.trace import data_label, what_settings_make
from tui.report.words.training import carrying, to_beat, truncation

ROOMY = 116
"""Columns from which the table has room for whole names, and for the untrained networks"""

MOST_SEEDS = 50
"""So many seeds can be asked for at most"""


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
    RemediesScreen #remedies-head { height: auto; max-height: 4; background: $panel; }
    RemediesScreen #remedies-bar { height: 1; }
    RemediesScreen ProgressBar { width: auto; }
    RemediesScreen Bar { width: 24; }
    RemediesScreen #remedies-state { width: 1fr; height: 1; margin-left: 2; }
    RemediesScreen DataTable { height: auto; max-height: 10; }
    RemediesScreen #remedies-about { height: auto; max-height: 3; color: $foreground-muted; }
    RemediesScreen #remedies-title { height: 1; margin-top: 1; text-style: bold; }
    RemediesScreen.-short #remedies-title { margin-top: 0; }
    RemediesScreen.-short #remedies-about { max-height: 2; }
    RemediesScreen RemediesChart { height: 1fr; }
    """
    HELP = help_text("remedies")
    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-tall")]
    BINDINGS = [
        Binding("escape", "leave", "stop, close"),
        Binding("w", "train", "train, stop"),
        Binding("c", "when", "before/after training"),
        Binding("plus,equals_sign", "seeds(1)", "seeds", key_display="+/−", tooltip="one seed more"),
        Binding("minus", "seeds(-1)", "one seed less", show=False),
        *bindings(HELPING),
    ]

    class _Reported(Message):
        """From the thread: what came of a trial, or the share of the work that is done."""

        def __init__(self, worker: Worker[None], done: Done | None, share: float) -> None:
            self.worker, self.done, self.share = worker, done, share
            super().__init__()

    def __init__(self, tried: TriedRemedies) -> None:
        super().__init__()
        self.remedies = tried
        self._when: When = "after"
        self._worker: Worker[None] | None = None
        self._begun = 0
        """How many trials there had been when the work began"""
        self._since = 0.0
        """When that was"""

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
            self._begun, self._since = self._tried, time.monotonic()
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

        def found(done: Done) -> None:
            self.post_message(self._Reported(worker, done, math.nan))

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
        if message.done is None:
            self._say(message.share)
            return
        self.remedies = self.remedies.with_done(message.done)
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
        done, every = self._tried, self.remedies.total
        bar, of = self.query_one(ProgressBar), f"{done} of {every} done"
        if self._worker is None:
            bar.update(progress=done / every)
            state = f"{of} · {'w goes on' if self.remedies.missing else 'enter opens one'}"
        else:
            left = ""
            if share is not None:
                now = share * (every - self._begun)
                bar.update(progress=(self._begun + now) / every)
                steps = 1000
                left = time_left(round(now * steps), (every - self._begun) * steps, 0, time.monotonic() - self._since)
            state = " · ".join(filter(None, [str(self.remedies.missing[0]), of, left, "esc stops"]))
        self.query_one("#remedies-state", Static).update(state)

    @property
    def _tried(self) -> int:
        return self.remedies.total - len(self.remedies.missing)

    def _show(self) -> None:
        """Show the table and the chart of the remedies that are done."""
        palette = theme_palette(self.app.current_theme)
        table, wide = self.query_one(DataTable), self.size.width >= ROOMY
        self.query_one("#remedies-head", Static).update(head(self.remedies, wide=wide))
        at = table.cursor_row
        table.clear(columns=True)
        table.add_columns(*heads(self.remedies, wide=wide))
        for row in self.remedies.rows:
            table.add_row(*cells(row, self.remedies, palette, wide=wide), key=row.name)
        if self.remedies.rows:
            table.move_cursor(row=min(at, len(self.remedies.rows) - 1))
            self._tell(table.cursor_row)
        self.query_one(RemediesChart).show(self.remedies.compared, self._when)
        self.query_one("#remedies-title", Static).update(
            Text.assemble("‖∂L_t/∂a⟨t−k⟩‖ by lag ", (f" {self._when} training ", "reverse"), ("  c switches", "dim"))
        )
        self._say()

    @on(DataTable.RowHighlighted)
    def _highlighted(self, event: DataTable.RowHighlighted) -> None:
        if 0 <= event.cursor_row < len(self.remedies.rows):  # an empty table's cursor is at −1
            self._tell(event.cursor_row)

    def _tell(self, row: int) -> None:
        """Say what there is to say of a row over its seeds."""
        self.query_one("#remedies-about", Static).update(about(self.remedies.rows[row], self.remedies))

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

    def action_seeds(self, by: int) -> None:
        """Ask for one seed more, and train with it, or for one less."""
        self.remedies = replace(self.remedies, seeds=min(max(self.remedies.seeds + by, 1), MOST_SEEDS))
        self._stop()
        self._start()
        self._show()

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


def head(tried: TriedRemedies, *, wide: bool) -> Text:
    """What is compared, what is to be beaten, and whether this task needs a remedy."""
    experiment = tried.experiment
    beat = ", ".join(f"{number(one.value)} ({one.name})" for one in to_beat(experiment))
    of = what_settings_make(experiment) if wide else f"{data_label(experiment)}, T = {experiment.timesteps}"
    each = filter(
        None,
        [
            of,
            f"{experiment.training_steps} updates, {tried.seeds} seeds each",
            truncation(experiment),
            carrying(experiment),
        ],
    )
    return Text.assemble(
        (" Remedies ", "reverse bold"),
        f" {' · '.join(each)}\n",
        (f" {metric_name(readout_name(experiment))} to beat: {beat}{', without a memory' if wide else ''}\n", "dim"),
        f" {meaning(experiment, tried.of(PLAIN), wide=wide)}",
    )


def heads(tried: TriedRemedies, *, wide: bool) -> list[str]:
    """The names of the table's columns."""
    name = metric_name(readout_name(tried.experiment)) if wide else "metric"
    accuracy = ["right"] if any(one.accuracy is not None for one in tried.scores) else []
    aside = ["held back"] if any(one.held_back is not None for one in tried.scores) else []
    rates = ["before", "after"] if wide else ["after"]
    return ["remedy", name, *accuracy, *aside, "over seeds", "against plain", *rates, "1 % at lag"]


def cells(row: Row, tried: TriedRemedies, palette: Palette, *, wide: bool) -> list[Text]:
    """One remedy, the middle over its seeds: its score, bold where it beats what needs no memory, rates and horizons.

    Between which its score lies over the seeds stands beside it, and whether that differs from the plain network's.
    """
    look, found, scores = LOOKS[row.name], row.found, tried.of(row.name)
    title = remedies()[row.name].title if wide else row.name
    name = Text.assemble((f"{look.marker} ", ink(look, palette)), title)
    if found is None or not scores:
        return [name, *(Text(UNKNOWN) for _ in heads(tried, wide=wide)[1:])]
    beats = all(middle([one.error for one in scores])[0] < one.value for one in found.baselines)
    bold, held_back = "bold" if beats else "", found.held_back is not None
    score = Text(number(middle([one.metric for one in scores])[0]), "" if held_back else bold)
    accuracy = [] if found.accuracy is None else [_middle(scores, "accuracy", lambda share: f"{number(100 * share)} %")]
    aside = [_middle(scores, "held_back", number)] if held_back else []
    for one in aside:
        one.stylize(bold)
    against = None if row.name == PLAIN else tried.difference(row.name)
    told = Text(verdict(against), "bold" if against is not None and against.count > 1 and against.matters else "")
    rates = [_middle(scores, which, factor) for which in (("before", "after") if wide else ("after",))]
    reach = " → ".join(lag([getattr(one, name) for one in scores]) for name in ("horizon_before", "horizon_after"))
    return [name, score, *accuracy, *aside, Text(over_seeds([one.error for one in scores])), told, *rates, Text(reach)]


def _middle(scores: Sequence[Score], name: str, text: Callable[[float], str]) -> Text:
    """The middle one over seeds of one of the numbers of a score."""
    numbers = [getattr(one, name) for one in scores]
    found = middle([math.nan if one is None else one for one in numbers])[0]
    return Text(UNKNOWN if math.isnan(found) else text(found))


def about(row: Row, tried: TriedRemedies) -> Text:
    """Where a remedy is from, what it does over the seeds, and why its training ended early, or could not begin."""
    remedy, scores = remedies()[row.name], tried.of(row.name)
    ended = [one for one in scores if one.ended is not None]
    why = row.problem if row.found is None else ""
    if ended:
        why = f"{len(ended)} of {len(scores)} ended early, at {ended[0].ended}"
    against = "" if row.name == PLAIN else difference_text(tried.difference(row.name))
    said = " · ".join(filter(None, [f"{remedy.title} ({remedy.source})", against, means_here(remedy, scores)]))
    return Text.assemble(f" {said}", (f" · {why}" if why else "", "bold"))
