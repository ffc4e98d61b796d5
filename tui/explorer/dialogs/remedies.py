"""The experiment at hand trained with every remedy and several seeds, side by side in one table and on one chart."""

from __future__ import annotations

import math
import time
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

from core.training.remedies import Compared
from tui.explorer.background.remedies_run import Done, Row, TriedRemedies, try_remedies
from tui.explorer.background.responsiveness import UiFirst
from tui.explorer.background.trace_worker import Superseded, reporting
from tui.explorer.commands import HELPING, bindings
from tui.explorer.dialogs.remedies_table import about, cells, head, heads
from tui.explorer.dialogs.working import WorkingScreen
from tui.explorer.help import help_text
from tui.explorer.painting.strips import strips_of
from tui.explorer.painting.theme import theme_palette
from tui.explorer.painting.view import PaintedView
from tui.explorer.widgets.footer import FittingFooter
from tui.explorer.widgets.plain_text import PlainText
from tui.explorer.widgets.whole_columns import WholeTable
from tui.report.charts.remedies import When, remedies_chart
from tui.report.charts.terminal import draw, draw_plain
from tui.report.words.counted import counted
from tui.report.words.time_left import time_left

ROOMY = 118
"""Columns from which the table has room for whole names, and for the untrained networks"""

CHARTED = " Typical gradient at the state, k steps back, "
"""What the chart shows"""

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


class RemediesScreen(WorkingScreen[Row | None]):
    """Returns the row that is to be opened, or None. `remedies` is what is known in the end."""

    DEFAULT_CSS = """
    RemediesScreen { background: $background; }
    RemediesScreen #remedies-head { height: auto; max-height: 4; background: $panel; }
    RemediesScreen.-tall #remedies-head { max-height: 6; }
    RemediesScreen #remedies-bar { height: 1; }
    RemediesScreen ProgressBar { width: auto; }
    RemediesScreen Bar { width: 24; }
    RemediesScreen #remedies-state { width: 1fr; height: 1; margin-left: 2; }
    RemediesScreen DataTable { height: auto; max-height: 10; }
    RemediesScreen #remedies-about { height: auto; max-height: 3; color: $foreground-muted; }
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
            self.start_work(partial(self._work, self.remedies, UiFirst()), "remedies")
        self.say()

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
            self.say(message.share)
            return
        self.remedies = self.remedies.with_done(message.done)
        if not self.remedies.missing:
            self._worker = None
        self._show()

    # What is shown

    def say(self, share: float | None = None) -> None:
        """Show how far the work is, in the bar and in words."""
        done, every = self._tried, self.remedies.total
        bar, of = self.query_one(ProgressBar), f"{done} of {every} trainings done"
        brief = f"{done} of {every} done"
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
            which = str(self.remedies.missing[0])
            if done == self._begun:  # what a key has started, without asking
                updates = counted(self.remedies.experiment.training_steps, "update")
                which, brief = f"{which} first", counted(every - done, "training")
                of = f"{brief} of {updates}"
            forms = (
                [which, of, left, "esc stops"],
                [of, left, "esc stops"],
                [brief, left, "esc stops"],
                [brief, "esc stops"],
            )
            room = self.query_one("#remedies-state", Static).size.width
            told = [" · ".join(filter(None, form)) for form in forms]
            state = next((form for form in told if len(form) <= room), told[-1])
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
        other = "before" if self._when == "after" else "after"
        self.query_one("#remedies-title", Static).update(
            Text.assemble(CHARTED, (f" {self._when} training ", "reverse"), (f"  c: {other} it", "dim"))
        )
        self.say()

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
            self.stop_work()
            self.dismiss(row)

    # Keys

    def action_train(self) -> None:
        """Train the remedies that are missing, or stop where they are being trained."""
        if self._worker is None:
            self._start()
        else:
            self.stop_work()
            self.say()

    def action_seeds(self, by: int) -> None:
        """Ask for one seed more, and train with it, or for one less."""
        self.remedies = replace(self.remedies, seeds=min(max(self.remedies.seeds + by, 1), MOST_SEEDS))
        self.stop_work()
        self._start()
        self._show()

    def action_when(self) -> None:
        """Change the chart between the untrained networks and the trained ones."""
        self._when = "after" if self._when == "before" else "before"
        self._show()
