"""What the explorer knows and how it changes: the values that its panels show, without the panels.

What commands do, in `tui.explorer.actions`, needs no more of the explorer than this.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol, TypeVar

from rich.text import Text
from textual import events
from textual.binding import ActiveBinding
from textual.reactive import Reactive, var
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input, Select, TabbedContent, TabPane, Tooltip

from core import Experiment, Preset
from core.settings.files import closed_files
from core.settings.hints import Value
from tui.explorer.background.player import Player
from tui.explorer.background.remedies_run import TriedRemedies
from tui.explorer.background.trainer import Trainer
from tui.explorer.commands import COMMANDS
from tui.explorer.session.cursor import Cursor
from tui.explorer.session.edge import Edge, is_number
from tui.explorer.session.history import History
from tui.explorer.session.lesson import Lesson
from tui.explorer.session.losses import shown_first
from tui.explorer.session.pins import Pin
from tui.explorer.session.preferences import Preferences
from tui.explorer.session.run import Run
from tui.explorer.session.session import Session
from tui.explorer.session.shown import Shown
from tui.explorer.session.subject import Subject
from tui.explorer.session.sweeping import Swept
from tui.explorer.session.tour import Look, Tour
from tui.explorer.session.touring import Touring, shown_place
from tui.explorer.session.transitions import lines
from tui.explorer.session.view import View
from tui.explorer.skeleton import ResponsiveScreen
from tui.explorer.widgets import help_panel
from tui.explorer.widgets.setting_row import SettingRow
from tui.explorer.widgets.written import explained

if TYPE_CHECKING:
    from pathlib import Path

    from tui.explorer.background.draft import Draft
    from tui.explorer.background.edge_search import EdgeSearch
    from tui.report.figures.options import TypedStyle

Answer = TypeVar("Answer")

_COMMANDS = {command.name: command for command in COMMANDS}
"""By the name of the action"""

_EXPLAINED = {key: command for command in COMMANDS if command.why_not for key in command.keys.split(",")}
"""Key → the command that says why, where it cannot be asked for"""


class TraceMaker(Protocol):
    """What makes the trace of what is in force."""

    live: bool
    """Whether the latest network of a training is shown as it goes on"""

    def compute(self) -> None:
        """Make the trace that is wanted, unless it is shown already."""

    def follow(self) -> None:
        """Go back from the losses that are wanted, unless that is shown already."""


class SessionScreen(ResponsiveScreen):
    """A screen whose reactive values are those of a Session, and whose methods are what actions ask of it."""

    focused: Reactive[Widget | None] = Reactive(None, repaint=False)
    """Textual's own has the whole screen painted when the focus moves; the two widgets concerned ask for it anyway"""

    subject: var[Subject] = var(Subject(Experiment()))
    """What is in force"""
    training_step: var[int] = var(0)
    """After how many steps of training the network is wanted"""
    shown: var[Shown] = var(Shown())
    cursor: var[Cursor | None] = var(None)
    view: var[View] = var(View())
    problems: var[Mapping[str, str]] = var(dict)
    preset: var[Preset | None] = var(None)
    look_for: var[str] = var("")
    touring: var[Touring | None] = var(None)
    edge: var[Edge | None] = var(None)
    """The edge of a setting, as far as it has been looked for"""
    progress: var[float | None] = var(None)

    tracing: TraceMaker
    trainer: Trainer
    player: Player
    edge_search: EdgeSearch
    remedies: TriedRemedies
    """The remedies side by side, as far as they have been tried"""
    swept: Swept | None = None
    """The last sweep, as far as it has been computed; None before the first"""
    figure_style: TypedStyle | None = None
    """How the last figure that was saved looks; None before the first"""
    lesson: Lesson
    """The lesson in work"""
    draft: Draft | None = None
    """The lesson in work on the disk; None as long as there is none"""
    toured: bool
    """Whether a tour has been shown, now or in an earlier run"""
    landing: Look | None = None
    """Where the cursor goes once what is wanted is shown; None where it stays"""

    def __init__(self, subject: Subject, preferences: Preferences) -> None:
        super().__init__()
        view = View(
            curve=preferences.curve,
            as_table=preferences.as_table,
            theory=preferences.theory,
            loss=shown_first(subject.given),
        )
        self.set_reactive(SessionScreen.subject, subject)
        self.set_reactive(SessionScreen.view, view)
        self.set_reactive(SessionScreen.training_step, subject.first_step)
        self._history = History(subject)
        self._valid: tuple[bool | None, ...] = ()
        self._session: Session | None = None
        """By which all keys are looked at, while they are"""
        self.typed: dict[str, Value] = {}
        """What was given to a setting last, by its name, whether it was allowed or not"""
        self.remedies = TriedRemedies(subject.experiment)
        self.toured = preferences.toured
        self.tour_left: tuple[Tour, Path | None, int] | None = None
        """A tour that was left before its end, the file that it was read from, and its step"""
        self.tours_seen: frozenset[str] = frozenset()
        """The titles of the tours that were gone through to their end since the start"""
        self.lesson = Lesson()
        self.focus_at_opening: Widget | None = None
        """What had the focus when the tab that is open was asked for"""

    @property
    def session(self) -> Session:
        """Everything that the explorer knows, as one value."""
        return Session(
            history=self._history,
            training_step=self.training_step,
            shown=self.shown,
            cursor=self.cursor,
            view=self.view,
            problems=self.problems,
            preset=self.preset,
            touring=self.touring,
            edge=self.edge,
            progress=self.progress,
            helping=help_panel.is_open(self),
            in_tab=self.in_tab,
            visiting=closed_files() is not None,
            in_field=isinstance(self.focused, Input | Select),
            setting=self._number_in_focus,
            in_list=self.focused is not None and isinstance(self.focused.parent, Select),
        )

    @property
    def _number_in_focus(self) -> str:
        name = self.focused.name if isinstance(self.focused, Input | Select) else None
        return name if name is not None and is_number(name) else ""

    def put(self, session: Session) -> None:
        """Take up another session: what has changed is handed on to the panels, and computed where it must be."""
        self._history = session.history
        self.problems, self.preset = session.problems, session.preset
        self.cursor, self.view = session.cursor, session.view
        if session.subject != self.subject:
            same = session.subject.watched is not None and session.subject.watched is self.subject.watched
            self.subject = session.subject
            self.trainer.pause()
            self.shown = self.with_runs(self.shown)
            run, step = self.shown.run, self.training_step
            if not same:
                step = self.subject.first_step if run is None else run.last_step
            self.set_reactive(SessionScreen.training_step, step)
            self.mutate_reactive(SessionScreen.training_step)
            if self.subject.watched is not None:
                self.trainer.start(self.subject)
        self.refresh_commands()

    def land(self, steps: int) -> None:
        """Put the cursor where it belongs on what has just been computed, of so many steps."""
        if self.landing is not None:
            self.cursor = shown_place(self.landing, self.shown)
            self.landing = None
        else:
            self.cursor = Cursor(steps) if self.cursor is None else self.cursor.resized(steps)

    def with_runs(self, shown: Shown) -> Shown:
        """What is shown, with its trainings: that of the subject in force, and those of other pinned traces."""
        pins = tuple(replace(one, run=self._run_behind(one)) for one in shown.pins)
        same = all(new.run is old.run for new, old in zip(pins, shown.pins, strict=True))
        return replace(shown, run=self.trainer.run_of(self.subject), pins=shown.pins if same else pins)

    def _run_behind(self, pin: Pin) -> Run | None:
        subject = None if pin.source is None else pin.source.subject
        if subject is None or subject == self.subject:
            return None
        return self.trainer.run_of(subject) or pin.run  # which the trainer keeps for a while only

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """What each key does now, by one session: it would be put together again for each of them."""
        self._session = self.session
        try:
            return super().active_bindings
        finally:
            self._session = None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether a command is valid now; None shows it dimmed."""
        command = _COMMANDS.get(action)
        return True if command is None else command.valid(self._session or self.session)

    def on_key(self, event: events.Key) -> None:
        """Say why a key does nothing, where its command has something to say and nothing in focus takes the key."""
        command = _EXPLAINED.get(event.key)
        if command is not None and not command.valid(session := self.session) and not session.in_list:
            self.notify(command.why_not, timeout=4)

    def refresh_commands(self) -> None:
        """Have the footer painted again, where a command has become valid or is so no longer."""
        session = self.session
        valid = tuple(command.valid(session) for command in _COMMANDS.values())
        if valid != self._valid:
            self._valid = valid
            self.refresh_bindings()

    @property
    def line_names(self) -> tuple[str, ...]:
        """The lines of the legend, in order."""
        return tuple(lines(self.session))

    def tab_titles(self) -> list[tuple[str, str]]:
        """The id and the title of each tab, in order."""
        tabs = self.query_one("#tabs", TabbedContent)
        return [(pane.id or "", tabs.get_tab(pane).label_text) for pane in tabs.query(TabPane)]

    async def ask(self, dialog: Screen[Answer | None]) -> Answer | None:
        """What is chosen in a dialog; None where another screen came before it, as at two keys in one read."""
        return await self.app.push_screen_wait(dialog) if self.app.screen is self else None

    def set_focus(self, widget: Widget | None, scroll_visible: bool = True, from_app_focus: bool = False) -> None:
        """The focus to a widget; where it is a setting's row, to the field or the list, which is made for that.

        What has just been made has no place on the screen to be scrolled to; the rows keep that of the focus in sight.
        """
        if isinstance(widget, SettingRow):
            widget, scroll_visible = widget.control, False
        super().set_focus(widget, scroll_visible, from_app_focus)

    def _compositor_refresh(self) -> None:
        """Paint, where repaints are not held back: Textual would paint all of it then, show nothing and forget it."""
        if self.app._batch_count:
            self._repaint_required = True
        else:
            super()._compositor_refresh()

    def _handle_tooltip_timer(self, widget: Widget) -> None:
        """Say what the symbol or word under the mouse means, where the widget itself has nothing to say."""
        super()._handle_tooltip_timer(widget)
        x, y = (int(at) for at in self.app.mouse_position)
        for tooltip in self.query_children(Tooltip):
            if not tooltip.display and widget.is_attached and (text := explained(widget, x, y)) is not None:
                tooltip.display = True
                tooltip.absolute_offset = self.app.mouse_position
                tooltip.update(Text(text))

    def toggle_line(self, line: str) -> None:
        """Show a line of the chart, or hide it."""
        self.view = self.view.toggled(line, lines(self.session))

    def show_tab(self, pane: str) -> None:
        """Open the tab with this id."""
        self.view = replace(self.view, tab=pane)

    @property
    def in_tab(self) -> bool:
        """Whether the focus is in the tab that is open."""
        if self.focused is None:
            return False
        pane = self.query_one("#tabs", TabbedContent).active_pane
        return pane is not None and pane in self.focused.ancestors_with_self

    @property
    def tab_focus(self) -> Widget | None:
        """What takes the focus in the open tab; None where nothing does."""
        pane = self.query_one("#tabs", TabbedContent).active_pane
        return None if pane is None else next((widget for widget in pane.query("*") if widget.focusable), None)

    def place_step(self) -> None:
        """Find the place for the step inspector: a tab, where it has none at the side."""

    def focus_tab(self) -> None:
        """The focus to what the open tab shows."""
        widget = self.tab_focus
        if widget is not None:
            self.set_focus(widget)
