"""What the explorer knows: its Subject, the Trace made of it, the Cursor, and what is looked at how.

Panels receive these by `data_bind`. Whatever changes them stands in the modules beside this one, each a layer on the
one before: computing, changing, stepping, training, looking, keeping.
"""

from __future__ import annotations

from collections.abc import Mapping, Set

from textual.reactive import var
from textual.widgets import TabbedContent, TabPane

from core import BackwardPass, Experiment, Grouping, Preset, Trace
from tui.explorer.background.dynamics_worker import DynamicsState
from tui.explorer.background.training_run import Run
from tui.explorer.commands import COMMANDS
from tui.explorer.session.cursor import Cursor
from tui.explorer.session.history import History
from tui.explorer.session.preferences import Preferences
from tui.explorer.session.subject import Subject
from tui.explorer.skeleton import ResponsiveScreen
from tui.report.curves import Curve


class State(ResponsiveScreen):
    """Everything that is shown is a function of these."""

    experiment: var[Experiment] = var(Experiment())
    given: var[Trace | None] = var(None)
    """A network and data from elsewhere, analysed in the place of those that the settings would make"""
    trace: var[Trace | None] = var(None)
    walk: var[BackwardPass | None] = var(None)
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
    measured: var[DynamicsState] = var(DynamicsState())
    parameter: var[str] = var("W_aa")
    look_for: var[str] = var("")
    """What to look for in the network that is shown; empty where no preset speaks of it"""
    preset: var[Preset | None] = var(None)
    """The preset that was opened; None once the settings are one's own"""
    progress: var[float | None] = var(None)
    run: var[Run | None] = var(None)
    """The training of this experiment, as far as it has gone"""
    behind: var[Run | None] = var(None)
    """The training of the pinned trace, if that is of another experiment"""
    training_step: var[int] = var(0)
    """After how many steps of it the network is shown"""
    picture: var[str] = var("metric")
    """Which picture of the training, where there is room for one alone"""

    def __init__(self, subject: Subject, preferences: Preferences) -> None:
        super().__init__()
        self.set_reactive(State.experiment, subject.experiment)
        self.set_reactive(State.given, subject.given)
        self.set_reactive(State.curve, preferences.curve)
        self.set_reactive(State.as_table, preferences.as_table)
        self.set_reactive(State.theory, preferences.theory)
        self._history = History(subject)
        self._shown: tuple[Subject, int] | None = None
        """What the trace is of, and after how many steps of training"""
        self._pinned_of: tuple[Subject, int] | None = None
        """The same of the pinned trace"""
        self._valid: tuple[bool | None, ...] = ()

    @property
    def _is_shown(self) -> bool:
        """Whether the trace is that of the subject and training step in force."""
        return self.trace is not None and self._shown == (self.subject, self.training_step)

    @property
    def subject(self) -> Subject:
        """What is in force: the settings, and what is given in the place of what they would make."""
        return Subject(self.experiment, self.given)

    @property
    def _following(self) -> bool:
        """Whether a training goes on, whose networks follow one another faster than is worth saying."""
        return self.run is not None and self.run.running

    def tab_titles(self) -> list[tuple[str, str]]:
        """Each tab's id and title."""
        tabs = self.query_one("#tabs", TabbedContent)
        return [(pane.id or "", tabs.get_tab(pane).label_text) for pane in tabs.query(TabPane)]

    def show_tab(self, pane: str) -> None:
        """Open a tab."""
        self.query_one("#tabs", TabbedContent).active = pane

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

    def _refresh_commands(self) -> None:
        """Have the footer made anew, where a command has become valid or is so no longer."""
        valid = tuple(self.check_action(action, ()) for action in {one.action.partition("(")[0] for one in COMMANDS})
        if valid != self._valid:
            self._valid = valid
            self.refresh_bindings()
