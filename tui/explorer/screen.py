"""The explorer: the one screen, what it is made of, and what follows from a change.

What it knows is one `Session`, most of it in three values, which the panels receive by `data_bind`: what is shown, the
cursor, and the view. Commands stand in `tui.explorer.commands`; what they do is a transition of the Session, or one of
`tui.explorer.actions`.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from typing import Any

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import TabbedContent, TabPane

from tui.explorer.actions import ACTIONS, pins, settings, tour, training
from tui.explorer.actions import cursor as stepping
from tui.explorer.actions.tracing import Tracing
from tui.explorer.background.dynamics_worker import DynamicsWorker
from tui.explorer.background.edge_search import EdgeSearch, Searched
from tui.explorer.background.player import Player
from tui.explorer.background.seeds_worker import SeedsWorker
from tui.explorer.background.trace_worker import Computed, Progressed
from tui.explorer.background.trainer import Trained, Trainer
from tui.explorer.commands import bindings
from tui.explorer.help import help_text
from tui.explorer.painting.view import seen
from tui.explorer.panels.comparison import ComparisonPanel
from tui.explorer.panels.diagnosis import DiagnosisPanel
from tui.explorer.panels.edge import EdgeLine
from tui.explorer.panels.headline import Headline, LookFor
from tui.explorer.panels.jacobians import JacobiansPanel
from tui.explorer.panels.lags import LagsPanel
from tui.explorer.panels.map import MapPanel
from tui.explorer.panels.question import QuestionPanel
from tui.explorer.panels.settings import SettingsPanel
from tui.explorer.panels.step import StepPanel
from tui.explorer.panels.tour import Told, TourPanel
from tui.explorer.panels.training import TrainingPanel
from tui.explorer.panels.units import UnitsPanel
from tui.explorer.panels.unrolled import UnrolledNetwork
from tui.explorer.session.edge import Edge
from tui.explorer.session.preferences import Preferences
from tui.explorer.session.subject import Subject
from tui.explorer.session.tour import Tour
from tui.explorer.session.touring import Touring
from tui.explorer.session.transitions import (
    TRANSITIONS,
    choose_loss,
    go_to_contribution,
    go_to_lag,
    show_lags,
    show_loss,
    zoom,
)
from tui.explorer.session.view import View
from tui.explorer.session_screen import SessionScreen
from tui.explorer.skeleton import ROOM_FOR_STEP
from tui.explorer.widgets.charts_tabs import ChartsTabs, LaterPane
from tui.explorer.widgets.footer import FittingFooter
from tui.explorer.widgets.lags_chart import LagsChart
from tui.explorer.widgets.legend import LegendEntry
from tui.explorer.widgets.pin_legend import PinEntry

DIMMED = 0.5
"""How opaque what is shown is while it is not what the settings say"""


class Explorer(SessionScreen):
    """Settings at the left, the unrolled network above, charts and the step inspector below."""

    BINDINGS = bindings()
    HELP = help_text("explorer")
    AUTO_FOCUS = "#lags-chart"

    tracing: Tracing

    def __init__(self, subject: Subject, preferences: Preferences) -> None:
        super().__init__(subject, preferences)
        self._changed = asyncio.Event()
        self._is_dimmed = False
        self.trainer = Trainer(self)
        self.edge_search = EdgeSearch(self, self._show_edge)
        self.player = Player(self, partial(stepping.play_on, self), self._say_playing, preferences.speed)

    def compose(self) -> ComposeResult:
        """The panels, each bound to the values it shows."""
        self.note_size()
        session = (Explorer.shown, Explorer.cursor, Explorer.view)
        yield Headline().data_bind(
            Explorer.subject, Explorer.training_step, Explorer.shown, Explorer.touring, Explorer.progress
        )
        yield ComparisonPanel().data_bind(Explorer.shown, Explorer.touring)
        yield LookFor(id="look-for").data_bind(Explorer.look_for)
        yield EdgeLine(id="edge").data_bind(Explorer.edge, Explorer.training_step)
        with Horizontal(id="body"):
            yield SettingsPanel(id="settings").data_bind(Explorer.subject, Explorer.problems)
            with Vertical(id="main"):
                yield UnrolledNetwork(id="strip").data_bind(*session)
                with Horizontal(id="work"):
                    with ChartsTabs(id="tabs"):
                        with TabPane("Lags", id="tab-lags"):
                            yield LagsPanel().data_bind(*session)
                        with LaterPane("Map", id="tab-map"):
                            yield MapPanel(id="map").data_bind(*session)
                        with LaterPane("Units", id="tab-units"):
                            yield UnitsPanel(id="units").data_bind(*session)
                        with LaterPane("Jacobians", id="tab-jacobians"):
                            yield JacobiansPanel().data_bind(*session)
                        with LaterPane("Training", id="tab-training"):
                            yield TrainingPanel(id="training").data_bind(
                                Explorer.subject, Explorer.training_step, *session
                            )
                        with LaterPane("Question", id="tab-question"):
                            yield QuestionPanel(id="question").data_bind(Explorer.shown)
                        with LaterPane("Why", id="tab-diagnosis"):
                            yield DiagnosisPanel(id="diagnosis").data_bind(Explorer.shown)
                        with TabPane("Step", id="tab-step"):
                            yield StepPanel().data_bind(*session)
                    yield StepPanel(id="side").data_bind(*session)
        yield DynamicsWorker().data_bind(*session)
        yield SeedsWorker().data_bind(*session)
        yield TourPanel(id="tour").data_bind(Explorer.touring, *session)
        yield FittingFooter()

    def on_mount(self) -> None:
        """Start to make the trace of the settings in force."""
        self.tracing = Tracing(self)
        self.tracing.compute()
        if self.subject.watched is not None:
            self.trainer.start(self.subject)
            self.call_after_refresh(self.show_tab, "tab-training")

    def on_resize(self, event: events.Resize) -> None:
        """Find the place for the step inspector."""
        self.place_step()

    def place_step(self) -> None:
        """The step inspector is a tab where there is no room for it at the side."""
        tabs = self.query_one("#tabs", TabbedContent)
        at_the_side = self.app.size.width >= ROOM_FOR_STEP and not self.has_class("-presenting")
        (tabs.hide_tab if at_the_side else tabs.show_tab)("tab-step")
        self.refresh_bindings()  # the footer says how many tabs there are

    def preferences(self, theme: str) -> Preferences:
        """What is worth remembering for the next run."""
        # What a tour shows is not what the person likes.
        view, speed = self.view if self.touring is None else self.touring.before.view, self.player.speed
        return Preferences(theme, view.curve, speed, view.as_table, view.theory, self.toured)

    async def show(self, view: View) -> None:
        """Look at something; returns when all of it is computed and painted.

        It waits for messages of this screen, and so must not be awaited in one of its own handlers.
        """
        self.view = view
        # Once for what the panels show when they have had their turn, and once for the focus that follows a tab. What
        # comes into sight may have something to work out.
        for _ in range(2):
            while not self.query_one(ChartsTabs).is_made:
                await asyncio.sleep(0)
            await self._rest()
            painted = asyncio.Event()
            self.call_later(self.call_after_refresh, painted.set)
            await painted.wait()
        await self._rest()

    async def _rest(self) -> None:
        """Wait until everything that is looked at has been worked out."""
        while not self._is_at_rest:
            self._changed.clear()
            await self._changed.wait()

    @property
    def _is_at_rest(self) -> bool:
        working = (
            self.query_one(DynamicsWorker).is_missing_something,
            *(panel.is_testing for panel in self.query(QuestionPanel)),
            *(panel.is_looking for panel in self.query(DiagnosisPanel)),
            self.query_one(SeedsWorker).is_missing_something,
        )
        return self.session.is_followed and self.tracing.at_rest and not any(working)

    async def begin_tour(self, chosen: Tour | None = None) -> None:
        """Begin a tour, the main one if None, once there is something to show."""
        while self.shown.trace is None and not self.problems:
            self._changed.clear()
            await self._changed.wait()
        if chosen is None:
            tour.tour(self)
        else:
            tour.start(self, chosen)

    # What follows from a change

    def watch_view(self, before: View, now: View) -> None:
        """Open the tab, and go back from the loss."""
        if now.tab != before.tab and self.is_mounted:
            self.focus_at_opening = self.focused
            tabs = self.query_one(ChartsTabs)
            tabs.active = now.tab
            tabs.make()
            tour.mark(self)
        if now.loss != before.loss and self.is_mounted:
            self.tracing.follow()
        self.refresh_commands()

    def watch_subject(self) -> None:
        """Let go of the edge of other settings."""
        if self.edge is not None and not self.edge.is_of(self.subject):
            self.edge_search.stop()

    def watch_edge(self) -> None:
        """Esc closes it, while there is one."""
        self.refresh_commands()

    def watch_training_step(self) -> None:
        """Make the trace of the network after the step of training that is asked for now."""
        if self.is_mounted:
            self.tracing.compute()
            self.look_for = self.session.look_for

    def watch_preset(self) -> None:
        """Show what to look for in the preset that has been opened, or nothing."""
        self.look_for = self.session.look_for

    def watch_touring(self, before: Touring | None, now: Touring | None) -> None:
        """Point at what the step of a tour speaks of, once there is another step, or none."""
        self.set_class(now is not None, "-touring")
        if self.is_mounted:
            tour.point(self, None if before is None else before.step.point_at, now)
        self.refresh_commands()

    def watch_progress(self) -> None:
        """Dim the charts that are no longer of what is in force."""
        self._dim()
        self._changed.set()

    def watch_shown(self) -> None:
        """Wake those who wait for what has been computed."""
        self._changed.set()

    def _dim(self) -> None:
        """Dim what is shown while it is not what the settings say.

        By the style itself: a class would have the rules of every widget below looked up again. Not what is out of
        sight: it would be asked to paint itself too, and for that the whole screen laid out.
        """
        session = self.session
        old = session.progress is not None and session.shown.trace is not None and not session.is_shown
        if not (old or self._is_dimmed):
            return
        self._is_dimmed = old
        for place in self.query("#strip, #side, TabPane"):
            opacity = DIMMED if old and seen(place) else 1.0
            if place.styles.opacity != opacity:
                place.styles.opacity = opacity

    # What threads and panels tell

    @on(Progressed)
    def _progressed(self, message: Progressed) -> None:
        self.tracing.progressed(message)

    @on(Computed)
    def _computed(self, message: Computed) -> None:
        self.tracing.computed(message)

    @on(Trained)
    def _trained(self, message: Trained) -> None:
        mine = message.subject == self.subject
        if message.run is None:
            if mine:
                self.notify(message.problem, title="Cannot train", severity="error")
            return
        # As the trainer has it by now: a report may be read after the run was dropped, or be the pinned trace's last.
        self.shown = self.with_runs(self.shown)
        self.refresh_commands()
        if mine:
            self.tracing.keep_up()

    @on(DynamicsWorker.Changed)
    def _measured(self, message: DynamicsWorker.Changed) -> None:
        self.shown = replace(self.shown, measured=message.measured)
        self.refresh_commands()

    @on(SeedsWorker.Changed)
    def _counted(self, message: SeedsWorker.Changed) -> None:
        self.shown = replace(self.shown, seeds=message.seeds)
        self.refresh_commands()

    def _show_edge(self, edge: Edge | None) -> None:
        self.edge = edge

    @on(Searched)
    def _searched(self, message: Searched) -> None:
        self.edge_search.searched(message)

    @on(QuestionPanel.Tested)
    @on(DiagnosisPanel.Diagnosed)
    def _tested(self) -> None:
        self._changed.set()

    @on(DynamicsWorker.Retry)
    def _measure_again(self) -> None:
        self.query_one(DynamicsWorker).again()

    @on(SettingsPanel.Edited)
    def _edited(self, message: SettingsPanel.Edited) -> None:
        settings.edit(self, message.name, message.value)

    @on(settings.Looked)
    def _looked(self, message: settings.Looked) -> None:
        settings.looked(self, message)

    @on(tour.PinnedMade)
    def _pinned_made(self, message: tour.PinnedMade) -> None:
        tour.pinned(self, message)

    @on(Told.Clicked)
    async def _told(self, message: Told.Clicked) -> None:
        if message.action == "leave_tour":
            tour.leave(self)  # wherever the focus is, which decides what esc does
        else:
            await self.app.run_action(message.action, self)

    @on(TrainingPanel.Scrubbed)
    def _scrubbed(self, message: TrainingPanel.Scrubbed) -> None:
        training.show_step(self, message.step)

    @on(PinEntry.Clicked)
    def _pin_clicked(self) -> None:
        pins.edit(self)

    @on(LegendEntry.Toggled)
    def _toggled(self, message: LegendEntry.Toggled) -> None:
        self.toggle_line(message.series)

    @on(LagsChart.Pointed)
    def _lag_pointed(self, message: LagsChart.Pointed) -> None:
        self.put(go_to_lag(self.session, message.lag))

    @on(LagsChart.Zoomed)
    def _zoomed(self, message: LagsChart.Zoomed) -> None:
        self.put(zoom(self.session, message.by, message.around))

    @on(LagsChart.Chosen)
    def _lags_chosen(self, message: LagsChart.Chosen) -> None:
        self.put(show_lags(self.session, message.lags))

    @on(UnrolledNetwork.Pointed)
    def _pointed(self, message: UnrolledNetwork.Pointed) -> None:
        if self.cursor is not None:
            self.cursor = self.cursor.at_step(message.step)

    @on(MapPanel.ParameterChosen)
    def _parameter_chosen(self, message: MapPanel.ParameterChosen) -> None:
        self.view = replace(self.view, parameter=message.parameter)

    @on(MapPanel.LossMoved)
    def _loss_moved(self, message: MapPanel.LossMoved) -> None:
        self.put(choose_loss(self.session, message.by))

    @on(UnrolledNetwork.LossChosen)
    def _loss_chosen(self, message: UnrolledNetwork.LossChosen) -> None:
        self.put(show_loss(self.session, message.t))

    @on(MapPanel.Picked)
    def _picked(self, message: MapPanel.Picked) -> None:
        if message.clicked:
            self.put(go_to_contribution(self.session, message.t, message.k))

    @on(UnitsPanel.QuantityChosen)
    def _quantity_chosen(self, message: UnitsPanel.QuantityChosen) -> None:
        self.view = replace(self.view, quantity=message.quantity)

    @on(UnitsPanel.UnitChosen)
    def _unit_chosen(self, message: UnitsPanel.UnitChosen) -> None:
        self.view = replace(self.view, unit=message.unit)

    @on(UnitsPanel.Picked)
    def _unit_picked(self, message: UnitsPanel.Picked) -> None:
        self.view = replace(self.view, unit=message.unit)
        if self.cursor is not None:
            self.cursor = self.cursor.at_step(message.step)

    @on(TabbedContent.TabActivated, "#tabs")
    def _tab_opened(self, event: TabbedContent.TabActivated) -> None:
        # The tab that is open, which is no longer that of the message where several were opened in a row.
        self.view = replace(self.view, tab=event.tabbed_content.active)
        self._dim()
        self.query_one(ChartsTabs).make()
        self._focus_opened()

    @on(LaterPane.Made)
    def _focus_opened(self) -> None:
        panel = self.query_one(SettingsPanel)
        if self.focused is None or panel not in self.focused.ancestors_with_self:
            self.call_after_refresh(self._focus_if_still_there)

    def _focus_if_still_there(self) -> None:
        """The focus to the tab that has been opened, unless a person has gone to the step at the side meanwhile."""
        side = self.query_one("#side")
        if self.focused is not side or self.focus_at_opening is side:
            self.focus_tab()

    def _say_playing(self, text: str) -> None:
        self.query_one(UnrolledNetwork).play(text)


def _transition(name: str) -> Any:
    def act(explorer: Explorer, *given: Any) -> None:
        explorer.put(TRANSITIONS[name](explorer.session, *given))

    return act


for _name in TRANSITIONS:
    setattr(Explorer, f"action_{_name}", _transition(_name))
for _name, _action in ACTIONS.items():
    setattr(Explorer, f"action_{_name}", _action)
