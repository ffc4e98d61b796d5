"""The explorer: the one screen, what it is made of and what is valid on it.

What it knows, and the actions of `tui.explorer.commands` that change it, are in `tui.explorer.actions`; it hands them
down by `data_bind`.
"""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.reactive import Reactive
from textual.widget import Widget
from textual.widgets import Select, TabbedContent, TabPane

from core.bptt.parameter_groups import grouped
from tui.explorer.actions.keeping import Keeping
from tui.explorer.background.dynamics_worker import DynamicsWorker
from tui.explorer.commands import bindings
from tui.explorer.help import help_text
from tui.explorer.panels.comparison import ComparisonPanel
from tui.explorer.panels.headline import Headline, LookFor
from tui.explorer.panels.jacobians import JacobiansPanel
from tui.explorer.panels.lags import LagsPanel
from tui.explorer.panels.map import MapPanel
from tui.explorer.panels.question import QuestionPanel
from tui.explorer.panels.settings import SettingsPanel
from tui.explorer.panels.step import StepPanel
from tui.explorer.panels.training import TrainingPanel
from tui.explorer.panels.unrolled import UnrolledNetwork
from tui.explorer.session.preferences import Preferences
from tui.explorer.skeleton import ROOM_FOR_STEP
from tui.explorer.widgets import help_panel as helping
from tui.explorer.widgets.footer import FittingFooter

MOVES = ("move", "go", "play", "turn")
"""Actions that move the cursor"""


class Explorer(Keeping):
    """Settings at the left, the unrolled network above, charts and the step inspector below."""

    BINDINGS = bindings()
    HELP = help_text("explorer")
    AUTO_FOCUS = "#lags-chart"

    focused: Reactive[Widget | None] = Reactive(None, repaint=False)
    """Textual's own has the whole screen painted when the focus moves; the two widgets concerned ask for it anyway"""

    def compose(self) -> ComposeResult:
        """The panels, each bound to the values it shows."""
        self.note_size()
        yield Headline().data_bind(
            Explorer.experiment, Explorer.given, Explorer.training_step, Explorer.trace, Explorer.progress
        )
        yield ComparisonPanel().data_bind(Explorer.trace, Explorer.pinned)
        yield LookFor(id="look-for").data_bind(Explorer.look_for)
        with Horizontal(id="body"):
            yield SettingsPanel(id="settings").data_bind(Explorer.experiment, Explorer.given, Explorer.problems)
            with Vertical(id="main"):
                yield UnrolledNetwork(id="strip").data_bind(
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
                                Explorer.given,
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
        yield DynamicsWorker().data_bind(
            Explorer.trace, Explorer.pinned, Explorer.cursor, Explorer.theory, Explorer.spectra
        )
        yield FittingFooter()

    def on_resize(self, event: events.Resize) -> None:
        """The step inspector is a tab where there is no room for it at the side."""
        tabs = self.query_one("#tabs", TabbedContent)
        (tabs.hide_tab if event.size.width >= ROOM_FOR_STEP else tabs.show_tab)("tab-step")

    def preferences(self, theme: str) -> Preferences:
        """What is worth remembering for the next run."""
        return Preferences(
            theme=theme,
            curve=self.curve,
            speed=self._player.speed,
            as_table=self.as_table,
            theory=self.theory,
        )

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What is valid now; None greys a command out."""
        if action in MOVES and self.focused is not None and isinstance(self.focused.parent, Select):
            return False  # the keys are the open list's
        if action == "export":
            return True if self.trace is not None else None
        if action in ("seed", "gallery") and self.given is not None:
            return None  # what is given has no seed, and remedies are settings
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
            return busy or helping.is_open(self) or not self._in_tab
        if action == "help_on":
            return helping.is_open(self)
        if action in MOVES and self.cursor is None:
            return None
        return True
