"""RnnApp: the Textual application around the explorer; themes, palette and quitting."""

from __future__ import annotations

import asyncio
import gc
import importlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from rich.text import Text
from textual import events, on, work
from textual.app import App, ScreenStackError, SystemCommand
from textual.command import Provider
from textual.css.query import NoMatches
from textual.dom import DOMNode
from textual.errors import NoWidget
from textual.filter import LineFilter, Monochrome, NoColor
from textual.markup import escape
from textual.notifications import SeverityLevel
from textual.screen import Screen
from textual.theme import Theme, ThemeProvider
from textual.widget import MountError, Widget
from textual.widgets import Input, Select
from textual.worker import WorkerFailed

from tui.explorer.background.escape_first import ALT, as_meant
from tui.explorer.background.hang_up import when_gone
from tui.explorer.background.key_by_key import KeyByKey, Through
from tui.explorer.background.leaving import leave, with_threads_of_its_own
from tui.explorer.background.responsiveness import EVERY, IdleCollector, ui_first_event_loop
from tui.explorer.background.terminal_input import guard_input
from tui.explorer.commands import COMMANDS
from tui.explorer.dialogs.closing import ClosesOnce, is_waited_for
from tui.explorer.dialogs.palette import Palette
from tui.explorer.painting.control_filter import ControlFilter
from tui.explorer.painting.in_one import InOne
from tui.explorer.painting.parsed_styles import ParsedStyles
from tui.explorer.painting.readable_filter import ReadableFilter
from tui.explorer.painting.without_color import WithoutColor
from tui.explorer.session.preferences import load, save
from tui.explorer.skeleton import SkeletonScreen
from tui.explorer.widgets.option_lists import guard_option_lists
from tui.report.printable import printable

if TYPE_CHECKING:
    from core import Experiment, Given, Trace
    from tui.explorer.screen import Explorer
    from tui.explorer.session.setup import Setup
    from tui.explorer.session.shown import Shown
    from tui.explorer.session.tour import Tour
    from tui.report.opened import Unanswered

EXPLORER = "tui.explorer.screen"

QUIT = "ctrl+q"
"""Textual's own key, which works at any time"""

SETTLED = 2.0
"""Seconds after which the explorer has been made"""

PATIENCE = 1.0
"""Longest time, in seconds, that keys are held back until the first trace exists; before, few of them have a meaning"""

HUNG_UP = 129
"""128 + SIGHUP, the exit status where the terminal has gone"""


def _provider(name: str) -> Callable[[], type[Provider]]:
    """What the palette searches, imported when it does."""

    def provider() -> type[Provider]:
        found: type[Provider] = getattr(importlib.import_module("tui.explorer.palette_providers"), name)
        return found

    return provider


class RnnApp(App[None]):
    """See how gradients travel back through time."""

    TITLE = "rnn-tui"
    CSS_PATH = "rnn_tui.tcss"
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "ctrl+p"
    COMMANDS = App.COMMANDS | {
        _provider(f"{what}Provider") for what in ("Settings", "Presets", "Pins", "Tours", "Glossary")
    }
    ALLOW_IN_MAXIMIZED_VIEW = "FittingFooter"

    def __init__(
        self,
        experiment: Experiment | None = None,
        *,
        given: Trace | Given | Unanswered | None = None,
        tour: Tour | None = None,
        setup: Setup | None = None,
        welcome: bool = False,
    ) -> None:
        """Open it on settings, or on a trace.

        Args:
            experiment: The settings, those of the default if None.
            given: A trace, or what one is made of, whose network and batch are analyzed, and trained, in the place of
                those of the settings; or a network in a file of which something is asked first.
            tour: A tour to begin with.
            setup: What to look at, how and where, with `experiment` or `given` for its network.
            welcome: Whether the main tour begins by itself where the program was never used before.
        """
        guard_option_lists()
        self._readable, self._control = {dark: ReadableFilter(dark) for dark in (True, False)}, ControlFilter()
        self._without_color = {dark: WithoutColor(dark) for dark in (True, False)}
        self._monochrome, self._filter = Monochrome(), InOne(())
        super().__init__()
        self.stylesheet = ParsedStyles(variables=self.stylesheet._variables)
        self._experiment, self._given = experiment, given
        self._explorer: Explorer | None = None
        self._setup = setup
        self._collector = IdleCollector()
        self._opening = False
        """Whether there is nothing to see yet that keys could be for"""
        self._kept: list[events.Key | events.Paste] = []
        """What was typed before that for which it was meant was there"""
        self._keys = KeyByKey(self)
        self._preferences, self._complaint = load()
        self._tour, self._welcome = tour, welcome and not self._preferences.toured
        self._returning = welcome and not self._welcome
        """Whether it was started with nothing asked for, as somebody does who goes on"""

    def explore(self) -> int:
        """Open it in this terminal until the person leaves; the exit status."""
        gc.disable()  # until the screen has been made: nothing is thrown away by then
        with asyncio.Runner(loop_factory=lambda: with_threads_of_its_own(ui_first_event_loop())) as runner:
            guard_input()
            self._end_on_signals(runner.get_loop())  # before the terminal is taken
            runner.run(self.run_async())
        return leave(self.return_code or 0)

    def get_default_screen(self) -> Screen[None]:
        """The explorer; its frame, where what fills it has not been imported yet."""
        if EXPLORER in sys.modules and not self._asks:
            return self._made()
        self._opening = True
        return SkeletonScreen()

    @property
    def _asks(self) -> bool:
        """Whether something of a network in a file is to be answered before there is anything to show."""
        return self._given is not None and hasattr(self._given, "checkpoint")

    def _made(self, answered: Given | None = None) -> Explorer:
        from core import Experiment, Given, Trace
        from tui.explorer.screen import Explorer
        from tui.explorer.session.subject import Subject

        experiment, given = self._experiment or Experiment(), answered or self._given
        if isinstance(given, Given):
            subject = Subject.of(given, experiment)
        else:
            subject = Subject(experiment, given if isinstance(given, Trace) else None)
        self._started_on = subject
        self._explorer = Explorer(subject, self._preferences)
        return self._explorer

    @work
    async def _open(self) -> None:
        """Put the explorer over its frame, and hand on to it what was typed meanwhile."""
        await asyncio.to_thread(importlib.import_module, EXPLORER)
        explorer = self._made(await self._answered() if self._asks else None)
        await self.push_screen(explorer)
        self.watch(explorer, "shown", self._computed)
        self._take_up_setup(explorer)
        self._begin_tour(explorer)
        self.set_timer(PATIENCE, self._hand_on)
        self._settle()

    async def _answered(self) -> Given | None:
        """What is answered of a network in a file; None where nobody wants to, and the explorer opens as ever."""
        from pathlib import Path

        from core import Experiment
        from tui.explorer.actions.files import dialog_of
        from tui.report.opened import Unanswered

        assert isinstance(self._given, Unanswered)
        self._opening = False  # keys are for the dialog
        folder = Path(self._given.checkpoint.path).absolute().parent
        answered = await self.push_screen_wait(dialog_of(self._given, self._experiment or Experiment(), folder))
        self._opening = True
        return answered

    def _take_up_setup(self, explorer: Explorer) -> None:
        """Look at what the code of a setup says, if there is one."""
        if self._setup is not None:
            from tui.explorer.actions.setup import look_as  # the start does not wait for it

            look_as(explorer, self._setup)

    @work
    async def _begin_tour(self, explorer: Explorer) -> None:
        """Begin the tour that was asked for, or the main one at the very first start."""
        if self._tour is not None or self._welcome:
            await explorer.begin_tour(self._tour)
            self._remember()  # at once: however the program ends, a tour is never shown unasked again
        elif self._returning:
            from tui.explorer.tours.library import SESSION_TITLE, session_file

            if session_file().exists():
                explorer.notify(f"o lists “{SESSION_TITLE}”: the network and the step of your last session.", timeout=8)

    def _computed(self, shown: Shown) -> None:
        if shown.trace is not None and self._opening:
            self.call_later(self._hand_on)

    async def _hand_on(self) -> None:
        kept, self._kept = self._kept, []
        self._opening = False
        for event in kept:
            await self.on_event(event)

    def _settle(self) -> None:
        """Start to collect garbage in idle moments, some time after the explorer has been made."""

        def settled() -> None:
            self._collector.start()
            self.set_interval(EVERY, self._collector)

        self.set_timer(SETTLED, settled)

    def on_mount(self) -> None:
        """Take up the theme of the last run, and notice when the terminal is closed."""
        if self._explorer is None:
            self.screen.call_after_refresh(self._open)
        else:
            self._settle()
            self.call_after_refresh(self._take_up_setup, self._explorer)
            self._begin_tour(self._explorer)
        if not self.is_headless and sys.__stdin__ is not None:
            # With the terminal gone there is nothing to put back, and the interface may be waiting for it.
            when_gone(sys.__stdin__.fileno(), partial(os._exit, HUNG_UP))
        if self._preferences.theme in self.available_themes:
            self.theme = self._preferences.theme
        if self._complaint:
            self.notify(self._complaint, severity="warning")

    def on_unmount(self) -> None:
        """Leave the process as it was before."""
        self._collector.stop()
        self._keep_lesson()

    async def on_event(self, event: events.Event) -> None:
        """Know when somebody is there, and keep what is typed for an explorer that is not."""
        if isinstance(event, (events.InputEvent, events.Paste)):
            if self._exit or not self.screen_stack:
                return  # the program is being left, and its screens may be gone already
            self._collector.touched()
            if isinstance(event, events.MouseEvent) and not event.is_forwarded and self._is_on_nothing(event):
                return
        if isinstance(event, events.Key) and not event.is_forwarded and event.key.startswith(ALT):
            several = as_meant(event, self.screen.active_bindings)
            if len(several) > 1:
                first, then = several
                self.post_message(first)
                self.call_after_refresh(self.post_message, then)  # for what has the focus once escape is done
                return
        if not isinstance(event, (events.Key, events.Paste)) or (isinstance(event, events.Key) and event.key == QUIT):
            await super().on_event(event)
        elif self._must_wait(event):
            self._kept.append(event)
        elif self._kept and not self._opening and not event.is_forwarded:
            self._kept.append(event)
            await self._hand_on()  # what they waited for has gone
        else:
            focused = None if event.is_forwarded else self.focused
            form = isinstance(focused, (Input, Select)) or isinstance(self.screen, ClosesOnce)
            await super().on_event(event)
            if form and isinstance(event, events.Key):
                self._keys.sent(event, focused)

    def _is_on_nothing(self, event: events.MouseEvent) -> bool:
        """Whether the mouse is on a widget that has been taken away since the last layout, as help by other help.

        Textual asks where in its parent it is, and such a widget has none any more.
        """
        try:
            widget, _ = self.get_widget_at(event.x, event.y)
        except NoWidget:
            return False
        return widget.parent is None

    def _must_wait(self, event: events.Key | events.Paste) -> bool:
        """Whether what the key, or the paste, is meant for is not there yet."""
        return self._opening or (not event.is_forwarded and (self._keys.busy or is_waited_for(self.screen)))

    @on(Through)
    async def _dealt_with(self, news: Through) -> None:
        if self._keys.dealt_with(news):
            await self._hand_on()

    @on(ClosesOnce.Ready)
    async def _dialog_ready(self) -> None:
        if not self._opening:
            await self._hand_on()

    def action_command_palette(self) -> None:
        """Show the palette, unless it is on the screen already."""
        if self.use_command_palette and not isinstance(self.screen, Palette):
            self.push_screen(Palette())  # without an id: the one before may still be on its way out

    def get_theme(self, theme_name: str) -> Theme | None:
        """A theme by its name; Textual's own copies the list of all, and is asked for every line that is painted."""
        return self._registered_themes.get(theme_name) or super().get_theme(theme_name)

    def update_styles(self, node: DOMNode, animate: bool = True) -> None:
        """Give a widget its styles again, and those below it where what has changed says something of them."""
        sheet = self.stylesheet
        if not (isinstance(node, Widget) and isinstance(sheet, ParsedStyles) and sheet.update_from(node, animate)):
            super().update_styles(node, animate)

    def search_themes(self) -> None:
        """Show the themes in a palette of their own."""
        if not isinstance(self.screen, Palette):
            self.push_screen(Palette(providers=[ThemeProvider], placeholder="Search for themes…"))

    def _handle_exception(self, error: Exception) -> None:
        """End with a traceback, but for who looks in vain for a widget or a screen while they are taken down."""
        found_by = error.error if isinstance(error, WorkerFailed) else error
        if not (self._exit and isinstance(found_by, (NoMatches, ScreenStackError, MountError))):
            super()._handle_exception(error)

    def _end_on_signals(self, loop: asyncio.AbstractEventLoop) -> None:
        """A terminal that is closed, a kill or an interrupt ends the program as a key would: the screen is put back.

        Left to asyncio, an interrupt cancels what is under way, in the middle of a screen that is being made too.
        """
        for name in ("SIGTERM", "SIGHUP", "SIGINT"):
            number = getattr(signal, name, None)
            # Windows has no SIGHUP and no handlers of loops; a thread other than the main one may not catch signals.
            if number is not None and threading.current_thread() is threading.main_thread():
                with suppress(NotImplementedError):
                    loop.add_signal_handler(number, partial(self.exit, return_code=128 + number))

    def _remember(self) -> None:
        """Save how the person likes the program, where that has changed."""
        if self._explorer is None:
            return
        preferences = self._explorer.preferences(self.theme)
        if preferences != self._preferences:
            self._preferences, self._complaint = preferences, save(preferences)

    def _keep_lesson(self) -> None:
        """Have a lesson with changes that are not saved on the disk, and say where."""
        if self._explorer is not None and self._explorer.draft is not None:
            self._explorer.draft.finish()
            self._complaint = self._explorer.draft.told or self._complaint

    def _keep_session(self) -> None:
        """Save how the screen is for the next start, where it is not as at any start."""
        explorer = self._explorer
        if explorer is None or explorer.touring is not None or explorer.subject == self._started_on:
            return
        from tui.explorer.session.lesson import scene
        from tui.explorer.tours.library import keep_session

        with suppress(ValueError):  # no settings make what was given
            keep_session(scene(explorer.session))

    def action_help_quit(self) -> None:
        """Say how to leave, for those who press ctrl+c as in other programs."""
        self.notify("Press q to quit; in a field, ctrl+q.")

    async def action_quit(self) -> None:
        """End, once the person has said so where minutes of training would be lost."""
        from tui.explorer.dialogs.leaving import WORTH_ASKING, Leaving  # the start does not wait for it

        run = None if self._explorer is None else self._explorer.trainer.longest
        if run is None or run.seconds < WORTH_ASKING or isinstance(self.screen, Leaving):
            self._leave()
        else:
            self.push_screen(Leaving(run.seconds, run.length), lambda leave: self._leave() if leave else None)

    def _leave(self) -> None:
        """Remember how the person likes the program, and end."""
        self._remember()
        self._keep_lesson()
        self._keep_session()
        self.exit(message=None if self._complaint is None else Text(self._complaint))

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """Say something for a while: as it stands, whatever a name or path in it looks like."""
        super().notify(printable(message, lines=True), title=title, severity=severity, timeout=timeout, markup=False)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's own; one for what is hard to read; one for what the terminal could obey."""
        dark = self.current_theme.dark
        gray = self._without_color[dark] if self.native_ansi_color else self._monochrome
        textuals = (gray if isinstance(one, (Monochrome, NoColor)) else one for one in super().get_line_filters())
        every = (*textuals, self._readable[dark], self._control)
        if self._filter.filters != every:
            self._filter = InOne(every)  # another one, as lines are kept by the filter that they went through
        return [self._filter]

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Every command that is valid now, then Textual's own."""
        explorer = self._explorer
        if explorer is not None and screen is explorer:
            for number, (pane, title) in enumerate(explorer.tab_titles(), start=1):
                yield SystemCommand(f"Show {title}", f"Key: {number}", partial(explorer.show_tab, pane))
            for line in explorer.line_names:
                toggle = partial(explorer.toggle_line, line)
                yield SystemCommand(f"Show or hide {escape(line)}", "A line of the chart.", toggle)
            for command in COMMANDS:
                if not command.numbered and explorer.check_action(command.name, ()):
                    key = command.key_display or command.keys.split(",")[0]
                    action = partial(explorer.run_action, command.action)
                    yield SystemCommand(command.title, f"Key: {key}", action)
        # These have a command of ours already.
        ours = {"Quit", "Keys", "Maximize", "Minimize", "Screenshot"}
        yield from (command for command in super().get_system_commands(screen) if command.title not in ours)
