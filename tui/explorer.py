"""The explorer: the one screen, and the owner of all there is to know.

It holds the Experiment, the Trace made of it and the Cursor, hands them down by `data_bind`, and is the only
place where messages of the panels become new values. Every action of `tui.commands` is a method here.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Set

from textual import events, on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.reactive import var
from textual.screen import Screen
from textual.widgets import HelpPanel, Select, TabbedContent, TabPane, Tabs
from textual.worker import Worker, get_current_worker

from core import BackwardWalk, Experiment, Grouping, InvalidSettingsError, Trace, presets
from core.families import GROUPINGS, grouped
from tui.charts.lags import Curve
from tui.commands import COMMANDS, bindings
from tui.computation import Computed, Progressed, Wanted, make
from tui.courtesy import Courtesy
from tui.cursor import Cursor
from tui.dialogs.export import ExportDialog, trace_kinds, widget_picture
from tui.dialogs.gallery import GalleryScreen
from tui.dialogs.presets import PresetPicker
from tui.gallery import Gallery, Row
from tui.help import help_text
from tui.history import History
from tui.panels.comparison import ComparisonPanel
from tui.panels.footer import FittingFooter
from tui.panels.headline import Headline, LookFor
from tui.panels.jacobians import JacobiansPanel
from tui.panels.lags import LagsPanel
from tui.panels.legend import LegendEntry
from tui.panels.map import MapPanel
from tui.panels.measuring import Measured, Measuring
from tui.panels.question import QuestionPanel
from tui.panels.settings import SettingsPanel
from tui.panels.step import StepPanel
from tui.panels.strip import NetworkStrip
from tui.panels.training import TrainingPanel
from tui.panels.training_chart import KINDS
from tui.player import Player
from tui.preferences import Preferences
from tui.trainer import Trained, Trainer
from tui.training import Run
from tui.words import headline, what

NOTICEABLE = 0.15
"""Seconds after which a computation is said to run, and what is shown to be of the network before"""

MOVES = ("move", "go", "play", "turn")
"""Actions that move the cursor"""

PACE = 0.5
"""Seconds at least between two networks of a training that goes on"""

ROOM_FOR_STEP = 120
"""Columns from which the step inspector has a place of its own at the side"""


class Explorer(Screen[None]):
    """Settings at the left, the unrolled network above, charts and the step inspector below."""

    BINDINGS = bindings()
    HELP = help_text("explorer")
    AUTO_FOCUS = "#lags-chart"
    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (60, "-narrow"), (100, "-medium"), (ROOM_FOR_STEP, "-wide"), (160, "-huge")]
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (20, "-short"), (36, "-tall")]

    experiment: var[Experiment] = var(Experiment())
    trace: var[Trace | None] = var(None)
    walk: var[BackwardWalk | None] = var(None)
    """The way back of the loss that is followed, or of all of them"""
    cursor: var[Cursor | None] = var(None)
    problems: var[Mapping[str, str]] = var(dict)
    curve: var[Curve] = var[Curve]("typical")
    grouping: var[Grouping] = var[Grouping]("source")
    """What the parameters have in common that are shown as one line"""
    hidden: var[Set[str]] = var[Set[str]](frozenset())
    pinned: var[Trace | None] = var(None)
    as_table: var[bool] = var(False)
    theory: var[bool] = var(False)
    """Whether theory's lines are shown"""
    spectra: var[bool] = var(False)
    """Whether the Jacobians are looked at"""
    measured: var[Measured] = var(Measured())
    parameter: var[str] = var("W_aa")
    look_for: var[str] = var("")
    """What to look for in the preset that is shown; empty for settings of one's own"""
    progress: var[float | None] = var(None)
    run: var[Run | None] = var(None)
    """The training of this experiment, as far as it has gone"""
    behind: var[Run | None] = var(None)
    """The training of the pinned trace, if that is of another experiment"""
    training_step: var[int] = var(0)
    """After how many steps of it the network is shown"""
    picture: var[str] = var("metric")
    """Which picture of the training, where there is room for one alone"""

    def __init__(self, experiment: Experiment, preferences: Preferences) -> None:
        super().__init__()
        self.set_reactive(Explorer.experiment, experiment)
        self.set_reactive(Explorer.curve, preferences.curve)
        self.set_reactive(Explorer.as_table, preferences.as_table)
        self.set_reactive(Explorer.theory, preferences.theory)
        self._history = History(experiment)
        self._worker: Worker[None] | None = None
        self._valid: tuple[bool | None, ...] = ()
        self._followed = 0.0
        self._live = True
        """Whether the latest network of a training is shown as it goes on"""
        self._trainer = Trainer(self)
        self._gallery = Gallery(experiment)
        self._player = Player(self, self._play_on, self._say_playing, preferences.speed)

    def preferences(self, theme: str) -> Preferences:
        """What is worth remembering for the next run."""
        return Preferences(
            theme=theme,
            curve=self.curve,
            speed=self._player.speed,
            as_table=self.as_table,
            theory=self.theory,
        )

    def compose(self) -> ComposeResult:
        """The panels, each bound to the values it shows."""
        yield Headline().data_bind(Explorer.experiment, Explorer.training_step, Explorer.trace, Explorer.progress)
        yield ComparisonPanel().data_bind(Explorer.trace, Explorer.pinned)
        yield LookFor(id="look-for").data_bind(Explorer.look_for)
        with Horizontal(id="body"):
            yield SettingsPanel(id="settings").data_bind(Explorer.experiment, Explorer.problems)
            with Vertical(id="main"):
                yield NetworkStrip(id="strip").data_bind(
                    Explorer.trace, Explorer.walk, Explorer.cursor, Explorer.pinned
                )
                with Horizontal(id="work"):
                    with TabbedContent(id="tabs"):
                        with TabPane("Lags", id="tab-lags"):
                            yield LagsPanel().data_bind(
                                Explorer.trace,
                                Explorer.pinned,
                                Explorer.cursor,
                                Explorer.curve,
                                Explorer.grouping,
                                Explorer.hidden,
                                Explorer.as_table,
                                Explorer.theory,
                                Explorer.measured,
                            )
                        with TabPane("Map", id="tab-map"):
                            yield MapPanel(id="map").data_bind(
                                Explorer.trace, Explorer.pinned, Explorer.cursor, Explorer.parameter, Explorer.as_table
                            )
                        with TabPane("Jacobians", id="tab-jacobians"):
                            yield JacobiansPanel().data_bind(
                                Explorer.trace,
                                Explorer.pinned,
                                Explorer.cursor,
                                Explorer.measured,
                                Explorer.theory,
                                Explorer.as_table,
                            )
                        with TabPane("Training", id="tab-training"):
                            yield TrainingPanel(id="training").data_bind(
                                Explorer.experiment,
                                Explorer.run,
                                Explorer.behind,
                                Explorer.training_step,
                                Explorer.as_table,
                                view=Explorer.picture,
                            )
                        with TabPane("Question", id="tab-question"):
                            yield QuestionPanel(id="question").data_bind(Explorer.trace)
                        with TabPane("Step", id="tab-step"):
                            yield StepPanel().data_bind(Explorer.trace, Explorer.walk, Explorer.cursor)
                    yield StepPanel(id="side").data_bind(Explorer.trace, Explorer.walk, Explorer.cursor)
        yield Measuring().data_bind(Explorer.trace, Explorer.pinned, Explorer.cursor, Explorer.theory, Explorer.spectra)
        yield FittingFooter()

    def on_mount(self) -> None:
        """Start on what the experiment says."""
        self._courtesy = Courtesy()
        self._compute()

    def on_resize(self, event: events.Resize) -> None:
        """The step inspector is a tab where there is no room for it at the side."""
        tabs = self.query_one("#tabs", TabbedContent)
        (tabs.hide_tab if event.size.width >= ROOM_FOR_STEP else tabs.show_tab)("tab-step")

    # Experiment → Trace

    def watch_experiment(self) -> None:
        """Another experiment: make its trace, as far as it has been trained."""
        if self.is_mounted:
            self._trainer.pause()
            self.run = self._trainer.run_of(self.experiment)
            self.set_reactive(Explorer.training_step, 0 if self.run is None else self.run.last_step)
            self.mutate_reactive(Explorer.training_step)

            self._look_behind()

    def watch_pinned(self) -> None:
        """Another trace is pinned: its training stands behind this one's."""
        if self.is_mounted:
            self._look_behind()

    def _look_behind(self) -> None:
        known = self.behind
        if self.pinned is None or self.pinned.experiment == self.experiment:
            self.behind = None
        elif known is None or known.experiment != self.pinned.experiment:
            self.behind = self._trainer.run_of(self.pinned.experiment)

    def watch_training_step(self) -> None:
        """Another step of its training: make the trace of that network."""
        if self.is_mounted:
            self._compute()

    @property
    def _is_shown(self) -> bool:
        """Whether the trace is that of the experiment and training step in force."""
        return (
            self.trace is not None
            and self.trace.experiment == self.experiment
            and self.trace.training_step == self.training_step
        )

    def _compute(self) -> None:
        if self._is_shown:
            if self._worker is not None:
                self._worker.cancel()
            self.progress = None
            return
        loss = None if self.cursor is None else self.cursor.loss
        self._worker = self._make(Wanted(self.experiment, loss, None, self.run, self.training_step))
        self.set_timer(NOTICEABLE, self._say_computing)

    def _say_computing(self) -> None:
        """Say so where it takes longer than a person would call at once, also before there is progress to report."""
        if self.progress is None and self._worker is not None and self._worker.is_running and not self._following:
            self.progress = 0.0

    @property
    def _following(self) -> bool:
        """Whether a training goes on, whose networks follow one another faster than is worth saying."""
        return self.run is not None and self.run.running

    def watch_progress(self) -> None:
        """Dim what is shown while it is not what the settings say."""
        old = self.progress is not None and self.trace is not None and not self._is_shown
        self.query_one("#main").set_class(old, "-old")

    @work(thread=True, exclusive=True, group="trace", description="make the trace")
    def _make(self, wanted: Wanted) -> None:
        """Make the trace, unless it is there already, and follow a loss of it back."""
        make(wanted, get_current_worker(), self._courtesy, self.post_message)

    @on(Progressed)
    def _progressed(self, message: Progressed) -> None:
        if message.worker is self._worker and message.worker.is_running and not self._following:
            self.progress = message.share

    @on(Computed)
    def _computed(self, message: Computed) -> None:
        wanted = message.wanted
        if (wanted.experiment, wanted.training_step) != (self.experiment, self.training_step):
            return
        self.progress = None
        if message.result is None:
            self.problems = {**self.problems, "run": message.problem}
            return
        trace, loss = message.result.trace, message.result.loss
        steps = len(trace.tape.losses)
        cursor = Cursor(steps) if self.cursor is None else self.cursor.resized(steps)
        with self.app.batch_update():
            if "run" in self.problems:
                self.problems = {name: text for name, text in self.problems.items() if name != "run"}
            # All three are set before any panel is told of one, so that none sees two that do not belong together.
            self.set_reactive(Explorer.trace, trace)
            self.set_reactive(Explorer.walk, message.result.walk)
            self.set_reactive(Explorer.cursor, cursor.following(loss))
            self.mutate_reactive(Explorer.walk)
            self.mutate_reactive(Explorer.cursor)
            self.mutate_reactive(Explorer.trace)
            self.query_one(MapPanel).loss_time = loss
        self._refresh_commands()
        self._keep_up()

    # Training

    @on(Trained)
    def _trained(self, message: Trained) -> None:
        if message.experiment != self.experiment:
            return
        if message.run is None:
            self.notify(message.problem, title="Cannot train", severity="error")
            return
        self.run = message.run
        self._refresh_commands()
        self._keep_up()

    def _keep_up(self) -> None:
        """Show the latest network of the training, once the one before is shown and unless an earlier one is wanted."""
        if not self._live or self.run is None or not self._is_shown:
            return
        if self.run.running and time.monotonic() - self._followed < PACE:
            return  # the next report comes soon, and painting every panel takes the interface's time
        self._followed = time.monotonic()
        self.training_step = self.run.last_step

    def action_train(self) -> None:
        """Train on, or pause."""
        if self._trainer.running:
            self._trainer.pause()
        elif self.run is not None and self.run.ended is not None:
            self.notify(f"{self.run.ended}. Start over with z, or change the settings.", severity="warning")
        else:
            self._train()

    def action_train_one(self) -> None:
        """One step of training."""
        if self.run is None or self.run.ended is None:
            self._train(1)

    def _train(self, steps: int | None = None) -> None:
        self._live = True
        self._trainer.start(self.experiment, steps)
        self.show_tab("tab-training")

    def action_train_reset(self) -> None:
        """Back to the untrained network."""
        self._trainer.forget(self.experiment)
        self.run = None
        self.training_step = 0
        self._refresh_commands()

    def action_scrub(self, by: int) -> None:
        """Another step of the training; ±10 stands for a tenth of it."""
        if self.run is not None:
            stride = by if abs(by) == 1 else by // abs(by) * max(1, self.run.last_step // 10)
            self._show_step(self.training_step + stride)

    def action_picture(self) -> None:
        """The next picture of the training."""
        names = list(KINDS)
        self.picture = names[(names.index(self.picture) + 1) % len(names)]

    @work
    async def action_gallery(self) -> None:
        """Remedies side by side; the one that is chosen is opened with its training."""
        self._trainer.pause()
        if not self._gallery.is_of(self.experiment):
            self._gallery = Gallery(self.experiment)
        screen = GalleryScreen(self._gallery)
        row = await self.app.push_screen_wait(screen)
        self._gallery = screen.gallery
        if row is not None:
            self._open(row)

    def _open(self, row: Row) -> None:
        assert row.found is not None
        self.problems = {}
        if self.cursor is not None:
            self.cursor = self.cursor.following(None)  # a loss of another network's means nothing in this one
        if row.run is not None:
            self._trainer.keep(row.run)
        self._live = True
        if row.found.experiment != self.experiment:
            self.change(row.found.experiment)
        elif row.run is not None:
            self.run, self.training_step = row.run, row.run.last_step
        self.refresh_bindings()

    @on(TrainingPanel.Scrubbed)
    def _scrubbed(self, message: TrainingPanel.Scrubbed) -> None:
        self._show_step(message.step)

    def _show_step(self, step: int) -> None:
        if self.run is not None:
            self.training_step = min(max(step, 0), self.run.last_step)
            self._live = self.training_step == self.run.last_step

    # Changes of the settings

    @on(SettingsPanel.Edited)
    def _edited(self, message: SettingsPanel.Edited) -> None:
        try:
            changed = self.experiment.replace(**{message.name: message.value})
        except InvalidSettingsError as error:
            problems = dict(error.problems)
            self.problems = {**self._problems_but(message.name), **problems}
            return
        self.problems = self._problems_but(message.name)
        self.change(changed, message.name)

    def _problems_but(self, name: str) -> dict[str, str]:
        return {other: text for other, text in self.problems.items() if other not in (name, "size")}

    def change(self, experiment: Experiment, what: str = "") -> None:
        """Put another experiment in force; changes of one setting in one gesture are undone together."""
        if experiment != self.experiment:
            self._take(self._history.changed(experiment, what, time.monotonic()))

    def action_undo(self) -> None:
        """Back to the experiment before."""
        self.problems = {}
        self._take(self._history.undone())

    def action_redo(self) -> None:
        """On to the experiment that was undone."""
        self.problems = {}
        self._take(self._history.redone())

    def _take(self, history: History) -> None:
        self._history = history
        self.look_for = ""
        self.experiment = history.now
        self._refresh_commands()

    def action_seed(self) -> None:
        """The next seed."""
        self.change(self.experiment.replace(seed=(self.experiment.seed + 1) % 2**32))

    # Stepping

    def action_move(self, by: int) -> None:
        """Move the cursor along the line of 2T positions."""
        if self.cursor is not None:
            self.cursor = self.cursor.moved(by)

    def action_go(self, where: str) -> None:
        """Move the cursor to the start or the end."""
        if self.cursor is not None:
            self.cursor = self.cursor.at(0 if where == "start" else self.cursor.last)

    def action_turn(self) -> None:
        """The same step in the other direction."""
        if self.cursor is not None:
            self.cursor = self.cursor.turned()

    def action_follow(self) -> None:
        """Follow the loss of this step alone, or all of them again."""
        if self.cursor is None or self.trace is None:
            return
        loss = self.cursor.step if self.cursor.loss is None else None
        if not self._is_shown:
            return
        if loss is not None and not self.trace.lags.scored[loss - 1]:
            self.notify(f"Step {loss} has no loss to follow: go to a scored step.", severity="warning")
            return
        self._worker = self._make(Wanted(self.experiment, loss, self.trace, self.run, self.training_step))

    def action_play(self) -> None:
        """Play, from the start if at the end; or pause."""
        if self._player.playing:
            self._player.stop()
        elif self.cursor is not None:
            if self.cursor.position == self.cursor.last:
                self.cursor = self.cursor.at(0)
            self._player.start()

    def action_speed(self, by: int) -> None:
        """Play faster or slower."""
        self._player.faster(by)
        if not self._player.playing:
            self.notify(f"space plays {self._player.speed} steps a second", timeout=2)

    def _play_on(self) -> bool:
        """One step on; whether there was one."""
        if self.cursor is None or self.cursor.position == self.cursor.last:
            return False
        self.cursor = self.cursor.moved(1)
        return True

    def _say_playing(self, text: str) -> None:
        self.query_one(NetworkStrip).border_subtitle = text

    @on(NetworkStrip.Pointed)
    def _pointed(self, message: NetworkStrip.Pointed) -> None:
        if self.cursor is not None:
            self.cursor = self.cursor.at_step(message.step)

    # Looking

    def action_curve(self) -> None:
        """Typical or summed."""
        self.curve = "summed" if self.curve == "typical" else "typical"

    @on(LegendEntry.Toggled)
    def _toggled(self, message: LegendEntry.Toggled) -> None:
        self.hidden = self.hidden ^ {message.series}

    def action_series(self, number: int) -> None:
        """Show or hide a line, by its place in the legend."""
        names = self.line_names
        if number <= len(names):
            self.hidden = self.hidden ^ {names[number - 1]}

    @property
    def line_names(self) -> tuple[str, ...]:
        """The lines of the legend, in order."""
        return () if self.trace is None else tuple(self.trace.families(self.grouping))

    def action_group(self) -> None:
        """The next way to take parameters together."""
        self.grouping = GROUPINGS[(GROUPINGS.index(self.grouping) + 1) % len(GROUPINGS)]

    def action_theory(self) -> None:
        """Theory's lines, or no lines but the measured ones."""
        self.theory = not self.theory

    @on(Measuring.Changed)
    def _measured(self, message: Measuring.Changed) -> None:
        self.measured = message.measured
        self._refresh_commands()

    @on(Measuring.Wanted)
    def _wanted(self) -> None:
        self.query_one(Measuring).again()

    def action_table(self) -> None:
        """The charts as numbers, or as pictures again."""
        self.as_table = not self.as_table
        if self._in_tab:
            self.call_after_refresh(self._focus_tab)

    def action_tab(self, by: int) -> None:
        """The next tab that is there, or the one before."""
        tabs = self.query_one("#tabs > ContentTabs", Tabs)
        (tabs.action_next_tab if by > 0 else tabs.action_previous_tab)()

    def tab_titles(self) -> list[tuple[str, str]]:
        """Each tab's id and title."""
        tabs = self.query_one("#tabs", TabbedContent)
        return [(pane.id or "", tabs.get_tab(pane).label_text) for pane in tabs.query(TabPane)]

    def show_tab(self, pane: str) -> None:
        """Open a tab."""
        self.query_one("#tabs", TabbedContent).active = pane

    def action_full(self) -> None:
        """One panel on the whole screen, or all of them again."""
        if self.maximized is not None:
            self.minimize()
        else:
            self.maximize(self.query_one("#tabs"))

    def action_pin(self) -> None:
        """Keep this trace behind the next ones; or let go of the pinned one."""
        self.pinned = self.trace if self.pinned is None else None
        self._refresh_commands()

    def action_swap(self) -> None:
        """The pinned trace on the screen, and this one pinned."""
        if self.pinned is not None and self.trace is not None:
            pinned, self.pinned = self.pinned, self.trace
            self.change(pinned.experiment)

    @on(MapPanel.ParameterChosen)
    def _parameter_chosen(self, message: MapPanel.ParameterChosen) -> None:
        self.parameter = message.parameter

    @on(MapPanel.Picked)
    def _picked(self, message: MapPanel.Picked) -> None:
        if message.clicked and self.cursor is not None:
            self.cursor = self.cursor.at(self.cursor.steps + message.k)

    # Presets and exports

    @work
    async def action_presets(self) -> None:
        """Choose a preset."""
        name = await self.app.push_screen_wait(PresetPicker(self.experiment))
        if name is not None:
            self.problems = {}
            if self.cursor is not None:
                self.cursor = self.cursor.following(None)  # a loss of another network's means nothing in this one
            self.change(presets()[name].experiment)
            self.look_for = presets()[name].look_for
            if presets()[name].topic:
                self.show_tab(f"tab-{presets()[name].topic}")

    @work
    async def action_export(self) -> None:
        """Save what is shown."""
        if self.trace is None:
            return
        pane = self.query_one("#tabs", TabbedContent).active_pane or self
        title = f"{what(self.trace.experiment, self.trace.training_step)} — {headline(self.trace)}"
        chart = widget_picture(pane, title)
        screen, found = self.app.export_screenshot(title=title), self.measured.of(self.trace)
        kinds = trace_kinds(self.trace, chart=chart, screen=screen, dynamics=found)
        path = await self.app.push_screen_wait(ExportDialog(kinds))
        if path is not None:
            self.notify(f"Saved {path}")

    def action_settings(self) -> None:
        """Open the settings and go to the first."""
        panel = self.query_one(SettingsPanel)
        panel.add_class("-open")
        self.set_focus(panel.query("Select, Input").first())

    def action_leave(self) -> None:
        """Stop a running computation, or leave the settings for the charts."""
        if self.progress is not None and self.trace is not None:
            self.change(self.trace.experiment)
            self._show_step(self.trace.training_step)
            return
        if self.query(HelpPanel):
            self.action_help()
            return
        if self.query_one(Measuring).stop():
            return
        self.query_one(SettingsPanel).remove_class("-open")
        self._focus_tab()

    def action_help(self) -> None:
        """Help on what has the focus, beside it; or away with it."""
        helping = not self.query(HelpPanel)
        self.set_class(helping, "-helping")
        if helping:
            panel = HelpPanel()
            panel.border_title, panel.border_subtitle = "Help", "page up, page down · F1 or esc closes"
            self.mount(panel)
        else:
            self.query(HelpPanel).remove()
        self._refresh_commands()

    def action_help_on(self, by: int) -> None:
        """Read on in the help, or back."""
        panel = self.query_one(HelpPanel)
        (panel.scroll_page_down if by > 0 else panel.scroll_page_up)(animate=False)

    @property
    def _in_tab(self) -> bool:
        """Whether the focus is in the tab that is open."""
        pane = self.query_one("#tabs", TabbedContent).active_pane
        return self.focused is not None and pane is not None and pane in self.focused.ancestors_with_self

    def _focus_tab(self) -> None:
        """The focus to what the open tab shows."""
        pane = self.query_one("#tabs", TabbedContent).active_pane
        shown = [] if pane is None else [widget for widget in pane.query("*") if widget.focusable]
        if shown:
            self.set_focus(shown[0])

    @on(TabbedContent.TabActivated, "#tabs")
    def _tab_opened(self, event: TabbedContent.TabActivated) -> None:
        self.spectra = event.pane.id == "tab-jacobians"
        settings = self.query_one(SettingsPanel)
        if self.focused is None or settings not in self.focused.ancestors_with_self:
            self.call_after_refresh(self._focus_tab)

    def _refresh_commands(self) -> None:
        """Have the footer made anew, where a command has become valid or is so no longer."""
        valid = tuple(self.check_action(action, ()) for action in {one.action.partition("(")[0] for one in COMMANDS})
        if valid != self._valid:
            self._valid = valid
            self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What is valid now; None greys a command out."""
        if action in MOVES and self.focused is not None and isinstance(self.focused.parent, Select):
            return False  # the keys are the open list's
        if action == "export":
            return True if self.trace is not None else None
        if action == "undo":
            return bool(self._history.past)
        if action == "swap":
            return True if self.pinned is not None else None
        if action == "train_reset":
            return self.run is not None
        if action == "train_one":
            return self.run is None or self.run.ended is None
        if action == "scrub":
            return self.run is not None and self.run.last_step > 0
        if action == "picture":
            return self.query_one("#tabs", TabbedContent).active == "tab-training"
        if action == "group":
            return self.trace is not None and grouped(self.trace.network)
        if action == "redo":
            return bool(self._history.future)
        if action == "leave":
            busy = self.progress is not None or self.measured.share is not None
            return busy or bool(self.query(HelpPanel)) or not self._in_tab
        if action == "help_on":
            return bool(self.query(HelpPanel))
        if action in MOVES and self.cursor is None:
            return None
        return True
