"""What is looked at and how: lines, tables, tabs, theory, help, and where the focus is."""

from __future__ import annotations

from textual import on
from textual.widgets import TabbedContent, Tabs

from core.bptt.parameter_groups import groupings
from tui.explorer.actions.training import Training
from tui.explorer.background.dynamics_worker import DynamicsWorker
from tui.explorer.panels.map import MapPanel
from tui.explorer.panels.settings import SettingsPanel
from tui.explorer.widgets import help_panel as helping
from tui.explorer.widgets.legend import LegendEntry


class Looking(Training):
    """Shows the same values otherwise."""

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
        return () if self.trace is None else tuple(self.trace.parameter_groups(self.grouping))

    def action_group(self) -> None:
        """The next way to take parameters together."""
        if self.trace is not None:
            ways = groupings(self.trace.network)
            self.grouping = ways[(ways.index(self.grouping) + 1) % len(ways)] if self.grouping in ways else ways[0]

    def action_theory(self) -> None:
        """Theory's lines, or no lines but the measured ones."""
        self.theory = not self.theory

    @on(DynamicsWorker.Changed)
    def _measured(self, message: DynamicsWorker.Changed) -> None:
        self.measured = message.measured
        self._refresh_commands()

    @on(DynamicsWorker.Wanted)
    def _wanted(self) -> None:
        self.query_one(DynamicsWorker).again()

    def action_table(self) -> None:
        """The charts as numbers, or as pictures again."""
        self.as_table = not self.as_table
        if self._in_tab:
            # After the panels' turns, which come in this same queue, have put the one in the place of the other.
            self.call_later(self._focus_tab)

    def action_tab(self, by: int) -> None:
        """The next tab that is there, or the one before."""
        tabs = self.query_one("#tabs > ContentTabs", Tabs)
        (tabs.action_next_tab if by > 0 else tabs.action_previous_tab)()

    def action_full(self) -> None:
        """One panel on the whole screen, or all of them again."""
        if self.maximized is not None:
            self.minimize()
        else:
            self.maximize(self.query_one("#tabs"))

    @on(MapPanel.ParameterChosen)
    def _parameter_chosen(self, message: MapPanel.ParameterChosen) -> None:
        self.parameter = message.parameter

    @on(MapPanel.Picked)
    def _picked(self, message: MapPanel.Picked) -> None:
        if message.clicked and self.cursor is not None:
            self.cursor = self.cursor.at(self.cursor.steps + message.k)

    def action_settings(self) -> None:
        """Open the settings and go to the first."""
        panel = self.query_one(SettingsPanel)
        panel.add_class("-open")
        self.set_focus(panel.query("Select, Input").first())

    def action_leave(self) -> None:
        """Stop a running computation, or leave the settings for the charts."""
        if self.progress is not None and self._shown is not None:
            subject, step = self._shown
            self.take_up(subject)
            self._show_step(step)
            return
        if helping.is_open(self):
            self.action_help()
            return
        if self.query_one(DynamicsWorker).stop():
            return
        self.query_one(SettingsPanel).remove_class("-open")
        self._focus_tab()

    def action_help(self) -> None:
        """Help on what has the focus, beside it; or away with it."""
        self.set_class(not helping.is_open(self), "-helping")
        helping.toggle(self)
        self._refresh_commands()

    def action_help_on(self, by: int) -> None:
        """Read on in the help, or back."""
        helping.read_on(self, by)

    @on(TabbedContent.TabActivated, "#tabs")
    def _tab_opened(self, event: TabbedContent.TabActivated) -> None:
        self.spectra = event.pane.id == "tab-jacobians"
        self._dim()
        settings = self.query_one(SettingsPanel)
        if self.focused is None or settings not in self.focused.ancestors_with_self:
            self.call_after_refresh(self._focus_tab)
