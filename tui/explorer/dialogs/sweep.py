"""The Sweep screen: many networks over one setting or two, computed in the background from coarse to fine."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.widgets import ProgressBar, Static

from core import Experiment
from core.study.grid import Grid
from core.study.over_seeds import OverSeeds
from tui.explorer.background.responsiveness import UiFirst
from tui.explorer.background.sweep_worker import Came, Ended, Progressed, sweep_for
from tui.explorer.commands import HELPING, bindings
from tui.explorer.dialogs.export import ExportDialog
from tui.explorer.dialogs.export_kinds import study_kinds
from tui.explorer.dialogs.export_place import saved
from tui.explorer.dialogs.working import WorkingScreen
from tui.explorer.help import help_text
from tui.explorer.session.sweeping import SweepRequest, Swept, first_request, nearest_point, seconds_of
from tui.explorer.widgets.footer import FittingFooter
from tui.explorer.widgets.plain_text import PlainText
from tui.explorer.widgets.sweep_chart import SweepChart
from tui.explorer.widgets.sweep_form import SweepForm
from tui.report.charts.drawn import DRAWN
from tui.report.figures.options import TypedStyle
from tui.report.formats.study import StudyBundle
from tui.report.study_charts import neighbor
from tui.report.words.study import by_label, others, subject
from tui.report.words.sweep_point import combination_text, over_seeds_text, regimes_text, typical_network
from tui.report.words.time_left import duration, time_left


class SweepScreen(WorkingScreen[Experiment | None]):
    """Returns the settings of the network that is to be opened, or None. `swept` is what there is in the end."""

    DEFAULT_CSS = """
    SweepScreen { background: $background; }
    SweepScreen #sweep-head { height: 1; background: $panel; text-wrap: nowrap; text-overflow: ellipsis; }
    SweepScreen #sweep-note { height: 1; color: $foreground-muted; text-wrap: nowrap; text-overflow: ellipsis; }
    SweepScreen #sweep-note.-wrong { color: $text-error; height: auto; max-height: 2; text-wrap: wrap; }
    SweepScreen.-wide SweepForm { grid-size: 2; height: 2; grid-gutter: 0 2; }
    SweepScreen.-wide #sweep-how { column-span: 2; }
    SweepScreen #sweep-bar { height: 1; }
    SweepScreen ProgressBar { width: auto; }
    SweepScreen Bar { width: 24; }
    SweepScreen #sweep-state { width: 1fr; height: 1; margin-left: 2; }
    SweepScreen #sweep-point { height: 3; }
    SweepScreen.-tall #sweep-chart { margin: 1 0; }
    """
    HELP = help_text("sweep")
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-tall")]
    BINDINGS = [
        Binding("escape", "leave", "stop, close"),
        Binding("w", "start", "compute"),
        Binding("c", "draw(1)", "quantity"),
        Binding("e", "export", "export"),
        Binding("n", "renew", "new", tooltip="sweep the settings in force"),
        *bindings(HELPING),
    ]
    AUTO_FOCUS = "#sweep-chart"

    def __init__(self, swept: Swept | None, experiment: Experiment, figure_style: TypedStyle | None = None) -> None:
        """Show a sweep, or offer one.

        Args:
            swept: The last one; None for none.
            experiment: The settings in force.
            figure_style: How the last figure looked; None for as usual.
        """
        super().__init__()
        self.figure_style = TypedStyle() if figure_style is None else figure_style
        self.swept = Swept(first_request(experiment)) if swept is None else swept
        self._in_force = experiment
        self._began = 0.0
        """When the work began"""
        self._first = self._done = 0
        """How many networks were done then, and are now"""
        self._over: tuple[OverSeeds, ...] = ()
        self._problem = ""
        self._under: int | None = None
        """The combination that the mouse is on"""

    def compose(self) -> ComposeResult:
        """What is swept, the fields, how far it is, the chart, and what is said of a point."""
        yield PlainText(id="sweep-head")
        yield SweepForm(self.swept.request, self.swept.drawn)
        yield PlainText(id="sweep-note")
        with Horizontal(id="sweep-bar"):
            yield ProgressBar(total=1.0, show_eta=False)
            yield PlainText(id="sweep-state")
        yield SweepChart(id="sweep-chart")
        yield PlainText(id="sweep-point")
        yield FittingFooter()

    def on_mount(self) -> None:
        """Show what there is; of a sweep that was not begun what it would compute."""
        self._take()

    # What is asked for

    @property
    def _form(self) -> SweepForm:
        return self.query_one(SweepForm)

    @property
    def _request(self) -> SweepRequest:
        """What is asked for, as it stands in the fields."""
        return self._form.request

    def _asked(self) -> Grid | None:
        """The grid that the fields ask for; None where they ask for none, which is told."""
        try:
            return self._request.grid()
        except ValueError as error:
            self._problem = str(error)
            return None

    @on(SweepForm.Changed)
    def _changed(self) -> None:
        self._problem = ""
        self._asked()
        self.say()

    @on(SweepForm.Draw)
    def _draw(self, message: SweepForm.Draw) -> None:
        if message.name != self.swept.drawn:
            self.swept = replace(self.swept, drawn=message.name)
            self._take()

    @on(SweepForm.Submitted)
    def _begin(self) -> None:
        """Compute what is asked for, as far as it is missing."""
        self.stop_work()
        self._problem = ""
        drawn, form = DRAWN[self.swept.drawn], self._form
        form.request = replace(form.request, lyapunov=drawn.needs_lyapunov or form.request.lyapunov)
        if self.swept.grid is None or form.request != self.swept.request:
            found = self._asked()
            if found is None:
                self.say()
                return
            now = Swept(form.request, found, drawn=drawn.name, cursor=nearest_point(found))
            if (study := self.swept.study) is not None and study.grid == found:
                now = replace(now, before=study.outcomes, cursor=self.swept.cursor)
            self.swept, self._under = now, None
        swept = self.swept
        assert swept.grid is not None
        if swept.missing:
            self._began, self._first, self._done = time.monotonic(), len(swept.outcomes), len(swept.outcomes)
            self.start_work(
                partial(sweep_for, self, swept.grid, swept.outcomes, swept.request, UiFirst()),
                "sweep",
            )
        self.query_one(SweepChart).focus()
        self._take()

    @on(Came)
    def _came(self, message: Came) -> None:
        if message.worker is self._worker:
            self.swept = replace(self.swept, outcomes={**self.swept.outcomes, **message.outcomes})
            self._take()

    @on(Progressed)
    def _progressed(self, message: Progressed) -> None:
        if message.worker is self._worker and self.swept.grid is not None:
            self._done = max(self._done, round(message.share * len(self.swept.grid)))
            self.say()

    @on(Ended)
    def _ended(self, message: Ended) -> None:
        if message.worker is self._worker:
            self._worker, self._problem = None, message.problem
            self.say()

    # What is shown

    def _take(self) -> None:
        """Show what there is of the sweep."""
        swept, study = self.swept, self.swept.study
        drawn = DRAWN[swept.drawn]
        self._over = () if study is None else drawn.over_seeds(study)
        self.query_one(SweepChart).show(study, self._over, drawn, swept.cursor)
        self._say_point()
        self.say()

    def _say_point(self) -> None:
        """Say the numbers of the point that the mouse is on, or else of the one that is marked."""
        study, marked, drawn = self.swept.study, self.swept.cursor, DRAWN[self.swept.drawn]
        if study is None:
            return
        point = marked if self._under is None else self._under
        by_mouse = "" if point == marked else " mouse: "
        combination = Text.assemble(by_mouse, (f" {combination_text(study, point, by_label)} ", "reverse"))
        if not any(network in study.outcomes for network in study.points[point].networks):
            self.query_one("#sweep-point", Static).update(Text.assemble(combination, " not computed yet"))
            return
        typical = typical_network(study, point, drawn)
        opens = ""
        if typical is not None:
            seed = study.grid.experiment_at(typical).seed
            near = ", the nearest to the median" if len(study.grid.seeds) > 1 else ""
            opens = f"; {'a double click' if by_mouse else 'enter'} opens seed {seed}{near}"
        lines = (" ", over_seeds_text(drawn, self._over[point]), "\n", regimes_text(study, point), opens)
        self.query_one("#sweep-point", Static).update(Text.assemble(combination, *lines))

    def say(self) -> None:
        """Say what is swept, what is asked for and how far the work is."""
        swept, study = self.swept, self.swept.study
        head = others(study.grid if study is not None else self._asked() or Grid(self._request.experiment))
        self.query_one("#sweep-head", Static).update(Text.assemble((" Sweep ", "reverse bold"), f" {head}"))
        note = self.query_one("#sweep-note", Static)
        note.set_class(bool(self._problem), "-wrong")
        note.update(self._problem or self._note())
        bar, state = self.query_one(ProgressBar), self.query_one("#sweep-state", Static)
        if study is None:
            bar.update(progress=0.0)
            state.update("nothing is computed yet: enter begins, esc closes")
            return
        total = len(study.grid)
        done = max(self._done, len(swept.outcomes)) if self._worker is not None else len(swept.outcomes)
        bar.update(progress=done / total)
        if self._worker is not None:
            left = time_left(done, total, self._first, time.monotonic() - self._began)
            state.update(" · ".join(filter(None, [f"{done:,} of {total:,}", left, "esc stops"])))
        elif swept.missing:
            state.update(f"{done:,} of {total:,} · w goes on")
        else:
            state.update(f"{total:,} networks · e exports")

    def _note(self) -> str:
        """What the fields ask for, where that is not what is shown; else what is shown."""
        swept, drawn = self.swept, DRAWN[self.swept.drawn]
        if swept.grid is not None and replace(self._request, lyapunov=swept.request.lyapunov) == swept.request:
            if drawn.needs_lyapunov and not swept.request.lyapunov:
                return "λ₁ was not measured, which takes longer than everything else: w measures it"
            of = subject(swept.grid, by_label)
            return of if swept.is_of(self._in_force) else f"{of} · n sweeps the settings in force, which are others"
        found = self._asked()
        if found is None:
            return self._problem
        took = duration(seconds_of(found, drawn.needs_lyapunov))
        return f"w, or enter, computes {subject(found, by_label)}: about {took}"

    # Keys and the mouse

    def action_start(self) -> None:
        """Compute what is asked for and missing, or stop where that is being done."""
        if self._worker is not None:
            self.stop_work()
            self.say()
        else:
            self._begin()

    def action_draw(self, by: int) -> None:
        """Draw the next quantity, or the one before."""
        self._form.draw_next(by)

    def action_move(self, down: int, across: int) -> None:
        """Move the mark by a row or a column."""
        if self.swept.grid is not None:
            self._under = None  # whoever has a hand on the keys asks for the mark
            self._point(neighbor(self.swept.grid, self.swept.cursor, down, across))

    @on(SweepChart.Pointed)
    def _pointed(self, message: SweepChart.Pointed) -> None:
        self._under = message.point
        if message.clicked and message.point is not None:
            self._point(message.point)
        else:
            self._say_point()

    def _point(self, point: int) -> None:
        self.swept = replace(self.swept, cursor=point)
        self.query_one(SweepChart).show(self.swept.study, self._over, DRAWN[self.swept.drawn], point)
        self._say_point()

    @on(SweepChart.Opened)
    def action_open(self) -> None:
        """Close, and have the network at the mark opened: of its seeds the nearest to the median; or begin at all."""
        study = self.swept.study
        if study is None:
            self._begin()
            return
        network = typical_network(study, self.swept.cursor, DRAWN[self.swept.drawn])
        if network is not None:
            self.stop_work()
            self.dismiss(study.grid.experiment_at(network))

    def action_renew(self) -> None:
        """Compute a sweep of the settings in force, over the same axes where they can be."""
        self.stop_work()
        self._form.renew(self._in_force)
        self._begin()

    @work
    async def action_export(self) -> None:
        """Save the sweep, as far as it is, as a table, as arrays, or as its record or report."""
        study = self.swept.study
        if study is None or not study.outcomes:
            return
        bundle = StudyBundle(study, interrupted=self.swept.missing, drawn=self.swept.drawn)
        dialog = ExportDialog(study_kinds(bundle), "csv", style=self.figure_style)
        path = await self.app.push_screen_wait(dialog)
        self.figure_style = dialog.style
        if path is not None:
            self.notify(saved(path))
