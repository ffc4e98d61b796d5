"""RnnApp: the Textual application around the explorer; themes, palette and quitting."""

from __future__ import annotations

import gc
from collections.abc import Iterable
from functools import partial

from textual.app import App, SystemCommand
from textual.screen import Screen

from core import Experiment
from tui.commands import COMMANDS
from tui.explorer import Explorer


class RnnApp(App[None]):
    """See how gradients travel back through time."""

    TITLE = "rnn-tui"
    CSS_PATH = "rnn_tui.tcss"
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "ctrl+p"

    def __init__(self, experiment: Experiment | None = None) -> None:
        super().__init__()
        self._experiment = Experiment() if experiment is None else experiment

    def get_default_screen(self) -> Screen[None]:
        """The explorer is the only screen."""
        return Explorer(self._experiment)

    def on_mount(self) -> None:
        """Keep what is there now out of the garbage collector's way: its pauses show as stutter."""
        gc.collect()
        gc.freeze()

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Every command that is valid now, then Textual's own."""
        if isinstance(screen, Explorer):
            for command in COMMANDS:
                name, _, _ = command.action.partition("(")
                if screen.check_action(name, ()):
                    yield SystemCommand(command.title, command.help, partial(screen.run_action, command.action))
        yield from super().get_system_commands(screen)
