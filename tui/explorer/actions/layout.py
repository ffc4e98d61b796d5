"""Where on the screen a person is: tabs, the settings' drawer, help, the focus, one panel on the whole screen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from textual.widgets import TabbedContent, Tabs

from tui.explorer.actions import settings, training
from tui.explorer.background.dynamics_worker import DynamicsWorker
from tui.explorer.background.seeds_worker import SeedsWorker
from tui.explorer.painting.view import seen
from tui.explorer.panels.settings import SettingsPanel
from tui.explorer.widgets import help_panel
from tui.explorer.widgets.charts_tabs import ChartsTabs
from tui.explorer.widgets.setting_row import SettingRow

if TYPE_CHECKING:
    from tui.explorer.session_screen import SessionScreen


def table(explorer: SessionScreen) -> None:
    """Show the charts as tables of numbers, or as charts again."""
    explorer.view = replace(explorer.view, as_table=not explorer.view.as_table)
    if explorer.in_tab:
        # After the panels' turns, which come in this same queue, have put the one in the place of the other.
        explorer.call_later(explorer.focus_tab)


def tab(explorer: SessionScreen, by: int) -> None:
    """Open the next tab that is there, or the one before."""
    tabs = explorer.query_one("#tabs > ContentTabs", Tabs)
    (tabs.action_next_tab if by > 0 else tabs.action_previous_tab)()


def open_tab(explorer: SessionScreen, number: int) -> None:
    """A tab that is there, by its number from the left; the step inspector where it stands beside the tabs."""
    panes = [pane for pane, _ in explorer.tab_titles()]
    if number > len(panes):
        return
    pane = panes[number - 1]
    if explorer.query_one("#tabs", TabbedContent).get_tab(pane).display:
        if explorer.view.tab == pane:
            explorer.focus_tab()  # no other tab is opened, which the focus would follow
        explorer.show_tab(pane)
    elif pane == "tab-step" and seen(beside := explorer.query_one("#side")):
        explorer.set_focus(beside)


def full(explorer: SessionScreen) -> None:
    """One panel on the whole screen, or all of them again."""
    if explorer.maximized is not None:
        explorer.minimize()
    else:
        explorer.maximize(explorer.query_one("#tabs"))
    explorer.refresh_bindings()  # the footer says how to come back


def present(explorer: SessionScreen) -> None:
    """Show only the network and the charts, for people who look on from further away; or all panels again."""
    explorer.toggle_class("-presenting")
    if explorer.has_class("-presenting"):
        explorer.notify("P shows all panels again.", timeout=3)
    explorer.place_step()
    if explorer.focused is None or not seen(explorer.focused):
        explorer.focus_tab()
    explorer.query_one(ChartsTabs).mark_focus()


def to_settings(explorer: SessionScreen) -> None:
    """Open the settings and go to the one that a tour points at, or else to the first."""
    panel = explorer.query_one(SettingsPanel)
    panel.add_class("-open")
    rows = [row for row in panel.query(SettingRow) if row.display]
    row = next((row for row in rows if row.has_class("-pointed")), next(iter(rows), None))
    if row is not None:  # at the very start there are none yet
        row.focus_control()


def to_setting(explorer: SessionScreen, name: str) -> None:
    """Open the settings and go to one of them; where it has no effect now, say so."""
    panel = explorer.query_one(SettingsPanel)
    row = next(row for row in panel.query(SettingRow) if row.setting.name == name)
    if not row.display:
        explorer.notify(f"{row.setting.label} has no effect with these settings. {row.setting.help}")
        return
    panel.add_class("-open")
    row.focus_control()


def leave(explorer: SessionScreen) -> None:
    """Stop a running computation, or leave the settings for the charts."""
    source = explorer.shown.source
    if explorer.progress is not None and source is not None:
        settings.take_up(explorer, source.subject)
        training.show_step(explorer, source.training_step)
        explorer.view = explorer.view.following(explorer.shown.asked)
        return
    if help_panel.is_open(explorer):
        toggle_help(explorer)
        return
    if explorer.edge_search.stop():
        return
    if explorer.query_one(SeedsWorker).stop() or explorer.query_one(DynamicsWorker).stop():
        return
    explorer.query_one(SettingsPanel).remove_class("-open")
    explorer.focus_tab()


def toggle_help(explorer: SessionScreen) -> None:
    """Open the help on what has the focus, beside it, or close it."""
    opens, place = not help_panel.is_open(explorer), _beside_focus(explorer)
    explorer.set_class(opens, "-helping")
    for side in ("left", "right", "top"):  # what stands there makes room
        explorer.set_class(opens and side == place, f"-helping-{side}")
    help_panel.toggle(explorer, place)
    explorer.refresh_commands()


def _beside_focus(explorer: SessionScreen) -> help_panel.Place:
    """Where help leaves the panel in sight that it explains."""
    focused = explorer.focused
    around = {node.id for node in (focused.ancestors_with_self if focused is not None else ())}
    if explorer.has_class("-tiny") or explorer.has_class("-flat"):
        return "whole"
    if not explorer.has_class("-narrow"):
        return "left" if "side" in around else "right"
    if "settings" in around:
        return "right"
    return "bottom" if "strip" in around else "top"


def help_on(explorer: SessionScreen, by: int) -> None:
    """Scroll the help by a page, on or back."""
    help_panel.read_on(explorer, by)
