"""The Sweep screen: many networks over one setting or two, computed in the background from coarse to fine."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Final

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Container, Horizontal
from textual.message import Message
from textual.widgets import Input, ProgressBar, Select, Static
from textual.worker import Worker, get_current_worker

from core import Experiment
from core.settings.experiment import InvalidSettingsError
from core.study.around import around
from core.study.evaluate import estimate
from core.study.grid import Grid
from core.study.outcome import Outcome
from core.study.over_seeds import OverSeeds
from tui.explorer.background.responsiveness import UiFirst
from tui.explorer.background.sweep_run import run_sweep
from tui.explorer.background.trace_worker import Superseded, reporting
from tui.explorer.commands import HELPING, bindings
from tui.explorer.dialogs.closing import Dialog
from tui.explorer.dialogs.export import ExportDialog, saved, study_kinds
from tui.explorer.help import help_text
from tui.explorer.session.sweeping import SweepRequest, Swept, first_request, nearest_point, offered_axes
from tui.explorer.widgets import help_panel as helping
from tui.explorer.widgets.arrow_select import ArrowSelect
from tui.explorer.widgets.footer import FittingFooter
from tui.explorer.widgets.plain_text import PlainLabel, PlainText
from tui.explorer.widgets.sweep_chart import SweepChart
from tui.report.charts.drawn import DRAWN, Drawn
from tui.report.formats.study import StudyBundle
from tui.report.study_charts import neighbor
from tui.report.words.study import others, subject
from tui.report.words.sweep_point import combination_text, over_seeds_text, regimes_text, typical_network
from tui.report.words.time_left import duration, time_left

EVERY: Final = 0.25
"""Seconds between two times that the diagram is painted again, at least"""

PAINTED: Final = 10_000
"""A sweep of so many networks is painted again once in a second"""

QUICK: Final = 20.0
"""Seconds of work, as they are estimated, up to which a sweep begins by itself"""

NONE: Final = ""


class SweepScreen(Dialog[Experiment | None]):
    """Returns the settings of the network that is to be opened, or None. `swept` is what there is in the end."""

    DEFAULT_CSS = """
    SweepScreen { background: $background; }
    SweepScreen #sweep-head { height: 1; background: $panel; text-wrap: nowrap; text-overflow: ellipsis; }
    SweepScreen #sweep-note { height: 1; color: $foreground-muted; text-wrap: nowrap; text-overflow: ellipsis; }
    SweepScreen #sweep-note.-wrong { color: $text-error; height: auto; max-height: 2; text-wrap: wrap; }
    SweepScreen #sweep-form { layout: grid; grid-size: 1; grid-rows: 1; height: 3; }
    SweepScreen.-wide #sweep-form { grid-size: 2; height: 2; grid-gutter: 0 2; }
    SweepScreen.-wide #sweep-how { column-span: 2; }
    SweepScreen .sweep-row { height: 1; }
    SweepScreen .sweep-row PlainLabel { width: auto; min-width: 7; color: $foreground-muted; padding-right: 1; }
    SweepScreen .sweep-row Select { width: 24; }
    SweepScreen .sweep-row Input { width: 1fr; background: $surface; }
    SweepScreen .sweep-row #sweep-seeds { width: 6; margin-right: 2; }
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

    class _Came(Message):
        """From the thread: summaries of some networks, by their places in the grid."""

        def __init__(self, worker: Worker[None], outcomes: Mapping[int, Outcome]) -> None:
            self.worker, self.outcomes = worker, outcomes
            super().__init__()

    class _Progressed(Message):
        """From the thread: how many networks are done; a later report replaces an earlier one."""

        def __init__(self, worker: Worker[None], share: float) -> None:
            self.worker, self.share = worker, share
            super().__init__()

        def can_replace(self, message: Message) -> bool:
            """Whether an earlier report is dropped for this one: only the newest matters."""
            return isinstance(message, SweepScreen._Progressed)

    class _Ended(Message):
        """From the thread: all is done, or it cannot go on."""

        def __init__(self, worker: Worker[None], problem: str) -> None:
            self.worker, self.problem = worker, problem
            super().__init__()

    def __init__(self, swept: Swept | None, experiment: Experiment) -> None:
        """Show a sweep, or begin one.

        Args:
            swept: The last one; None for none.
            experiment: The settings in force.
        """
        super().__init__()
        self.swept = Swept(first_request(experiment)) if swept is None else swept
        self._in_force = experiment
        self._request = self.swept.request
        """What is asked for, as it stands in the fields"""
        self._worker: Worker[None] | None = None
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
        request = self._request
        yield PlainText(id="sweep-head")
        with Container(id="sweep-form"):
            for name, label in (("across", "across"), ("down", "down")):
                with Horizontal(classes="sweep-row"):
                    yield PlainLabel(label)
                    yield ArrowSelect(self._axes(name), getattr(request, name), id=f"sweep-{name}")
                    yield Input(getattr(request, f"{name}_values"), compact=True, id=f"sweep-{name}_values")
            with Horizontal(classes="sweep-row", id="sweep-how"):
                yield PlainLabel("drawn")
                yield ArrowSelect([(one.title, one.name) for one in DRAWN.values()], self.swept.drawn, id="sweep-drawn")
                yield PlainLabel(" seeds")
                yield Input(request.seeds, compact=True, id="sweep-seeds")
                yield PlainLabel("kept in")
                yield Input(request.store, compact=True, id="sweep-store", placeholder="a file, if any")
        yield PlainText(id="sweep-note")
        with Horizontal(id="sweep-bar"):
            yield ProgressBar(total=1.0, show_eta=False)
            yield PlainText(id="sweep-state")
        yield SweepChart(id="sweep-chart")
        yield PlainText(id="sweep-point")
        yield FittingFooter()

    def _axes(self, name: str) -> list[tuple[str, str]]:
        offered = [(one, one) for one in offered_axes(self._request.experiment)]
        return offered if name == "across" else [("nothing: one axis", NONE), *offered]

    def on_mount(self) -> None:
        """Show what there is; a sweep that takes little time begins by itself."""
        self._take()
        if self.swept.grid is None and (found := self._asked()) is not None and _seconds(found) <= QUICK:
            self.action_start()

    # What is asked for

    def _asked(self) -> Grid | None:
        """The grid that the fields ask for; None where they ask for none, which is told."""
        try:
            return self._request.grid()
        except ValueError as error:
            self._problem = str(error)
            return None

    @on(Select.Changed)
    def _chosen(self, event: Select.Changed) -> None:
        name, value = (event.select.id or "").removeprefix("sweep-"), str(event.value)
        if name == "drawn":
            self._draw(value)
        elif value != getattr(self._request, name):
            values = around(self._request.experiment, value) if value else ""
            self._request = self._request.with_field(name, value).with_field(f"{name}_values", values)
            with self.prevent(Input.Changed):
                self.query_one(f"#sweep-{name}_values", Input).value = values
            self._changed()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        name = (event.input.id or "").removeprefix("sweep-")
        if event.value != getattr(self._request, name):
            self._request = self._request.with_field(name, event.value.strip())
            self._changed()

    def _changed(self) -> None:
        self._problem = ""
        self._asked()
        self._say()

    @on(Input.Submitted)
    def _submitted(self) -> None:
        self._begin()

    # Work

    def action_start(self) -> None:
        """Compute what is asked for and missing, or stop where that is being done."""
        if self._worker is not None:
            self._stop()
            self._say()
        else:
            self._begin()

    def _begin(self) -> None:
        self._stop()
        self._problem = ""
        drawn = DRAWN[self.swept.drawn]
        self._request = replace(self._request, lyapunov=drawn.needs_lyapunov or self._request.lyapunov)
        if self.swept.grid is None or self._request != self.swept.request:
            found = self._asked()
            if found is None:
                self._say()
                return
            now = Swept(self._request, found, drawn=drawn.name, cursor=nearest_point(found))
            if (study := self.swept.study) is not None and study.grid == found:
                now = replace(now, before=study.outcomes, cursor=self.swept.cursor)
            self.swept, self._under = now, None
        swept = self.swept
        assert swept.grid is not None
        if swept.missing:
            self._began, self._first, self._done = time.monotonic(), len(swept.outcomes), len(swept.outcomes)
            self._worker = self.run_worker(
                partial(self._work, swept.grid, swept.outcomes, swept.request, UiFirst()),
                thread=True,
                exclusive=True,
                group="sweep",
                description="sweep",
            )
        self.query_one(SweepChart).focus()
        self._take()

    def _work(self, found: Grid, outcomes: Mapping[int, Outcome], request: SweepRequest, ui_first: UiFirst) -> None:
        worker: Worker[None] = get_current_worker()
        came: dict[int, Outcome] = {}
        every, told, problem = max(EVERY, len(found) / PAINTED), 0.0, ""

        def hand_over() -> None:
            nonlocal told
            told = time.monotonic()
            if came:
                self.post_message(self._Came(worker, dict(came)))
                came.clear()

        def take(some: Mapping[int, Outcome]) -> None:
            came.update(some)
            if time.monotonic() - told > every:
                hand_over()

        def report(share: float) -> None:
            self.post_message(self._Progressed(worker, share))

        progress = reporting(worker, ui_first, report)
        try:
            run_sweep(found, outcomes, request.what, request.store, take, progress)
        except Superseded:
            return
        except (ValueError, MemoryError, OSError) as error:
            problem = str(error) or "not enough memory"
        hand_over()
        self.post_message(self._Ended(worker, problem))

    @on(_Came)
    def _came(self, message: _Came) -> None:
        if message.worker is self._worker:
            self.swept = replace(self.swept, outcomes={**self.swept.outcomes, **message.outcomes})
            self._take()

    @on(_Progressed)
    def _progressed(self, message: _Progressed) -> None:
        if message.worker is self._worker and self.swept.grid is not None:
            self._done = max(self._done, round(message.share * len(self.swept.grid)))
            self._say()

    @on(_Ended)
    def _ended(self, message: _Ended) -> None:
        if message.worker is self._worker:
            self._worker, self._problem = None, message.problem
            self._say()

    def _stop(self) -> None:
        if self._worker is not None:
            self._worker.cancel()
            self._worker = None

    # What is shown

    def _take(self) -> None:
        """Show what there is of the sweep."""
        swept, study = self.swept, self.swept.study
        drawn = DRAWN[swept.drawn]
        self._over = () if study is None else drawn.over_seeds(study)
        self.query_one(SweepChart).show(study, self._over, drawn, swept.cursor)
        self._say_point(drawn)
        self._say()

    def _say_point(self, drawn: Drawn) -> None:
        """Say the numbers of the point that the mouse is on, or else of the one that is marked."""
        study, marked = self.swept.study, self.swept.cursor
        if study is None:
            return
        point = marked if self._under is None else self._under
        by_mouse = "" if point == marked else " mouse: "
        combination = Text.assemble(by_mouse, (f" {combination_text(study, point)} ", "reverse"))
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

    def _say(self) -> None:
        """Say what is swept, what is asked for and how far the work is."""
        swept, study, request = self.swept, self.swept.study, self._request
        head = others(study.grid) if study is not None else others(Grid(request.experiment))
        self.query_one("#sweep-head", Static).update(Text.assemble((" Sweep ", "reverse bold"), f" {head}"))
        note = self.query_one("#sweep-note", Static)
        note.set_class(bool(self._problem), "-wrong")
        note.update(self._problem or self._note())
        bar, state = self.query_one(ProgressBar), self.query_one("#sweep-state", Static)
        if study is None:
            bar.update(progress=0.0)
            state.update("w computes them")
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
            if not swept.is_of(self._in_force):
                return f"{subject(swept.grid)} · n sweeps the settings in force, which are others"
            return subject(swept.grid)
        found = self._asked()
        if found is None:
            return self._problem
        return f"w, or enter, computes {subject(found)}: about {duration(_seconds(found, drawn.needs_lyapunov))}"

    # Keys and the mouse

    def _draw(self, name: str) -> None:
        if name != self.swept.drawn:
            self.swept = replace(self.swept, drawn=name)
            self._take()

    def action_draw(self, by: int) -> None:
        """Draw the next quantity, or the one before."""
        names = list(DRAWN)
        self.query_one("#sweep-drawn", Select).value = names[(names.index(self.swept.drawn) + by) % len(names)]

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
            self._say_point(DRAWN[self.swept.drawn])

    @on(SweepChart.Opened)
    def _opened(self) -> None:
        self.action_open()

    def _point(self, point: int) -> None:
        self.swept = replace(self.swept, cursor=point)
        drawn = DRAWN[self.swept.drawn]
        self.query_one(SweepChart).show(self.swept.study, self._over, drawn, point)
        self._say_point(drawn)

    def action_open(self) -> None:
        """Close, and have the network at the mark opened: of its seeds the nearest to the median."""
        study = self.swept.study
        network = None if study is None else typical_network(study, self.swept.cursor, DRAWN[self.swept.drawn])
        if study is not None and network is not None:
            self._stop()
            self.dismiss(study.grid.experiment_at(network))

    def action_renew(self) -> None:
        """Ask for a sweep of the settings in force, over the same axes where they can be."""
        self._stop()
        names = offered_axes(self._in_force)
        request, before = first_request(self._in_force), self._request
        if before.across in names and (not before.down or before.down in names):
            values = {name: getattr(before, name) for name in ("across", "across_values", "down", "down_values")}
            request = replace(request, **values)
        self._request = replace(request, seeds=before.seeds, store=before.store)
        for name in ("across", "down"):
            self.query_one(f"#sweep-{name}", ArrowSelect).offer(self._axes(name), getattr(self._request, name))
            with self.prevent(Input.Changed):
                self.query_one(f"#sweep-{name}_values", Input).value = getattr(self._request, f"{name}_values")
        self._begin()

    @work
    async def action_export(self) -> None:
        """Save the sweep, as far as it is, as a table, as arrays, or as its record or report."""
        study = self.swept.study
        if study is None or not study.outcomes:
            return
        bundle = StudyBundle(study, interrupted=self.swept.missing)
        path = await self.app.push_screen_wait(ExportDialog(study_kinds(bundle), "csv"))
        if path is not None:
            self.notify(saved(path))

    def action_leave(self) -> None:
        """Close the help, stop the work, or close the screen."""
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
        """The page keys are for help that is open."""
        return helping.is_open(self) if action == "help_on" else super().check_action(action, parameters)


def _seconds(found: Grid, lyapunov: bool = False) -> float:
    """About how long a grid takes, judged by its first and its last network, in the middle between them."""
    from core.study.work import What

    seconds = []
    for network in {0, len(found) - 1}:
        try:
            seconds.append(estimate(found.experiment_at(network), What(lyapunov=lyapunov)))
        except InvalidSettingsError:
            continue
    return len(found) * sum(seconds) / max(len(seconds), 1)
