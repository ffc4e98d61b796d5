"""Every command of the explorer, defined once: its key, footer text, palette entry and help line.

A command's `action` is a method `action_…` of the explorer (or of the app, as `app.…`). Textual asks the
explorer's `check_action` whether it is valid now, for the footer as for the palette.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from textual.binding import Binding, BindingType

Group = Literal["Step through time", "Look", "Train", "Change", "Keep", "Program"]


@dataclass(frozen=True)
class Command:
    """One thing a user can ask for."""

    action: str
    keys: str
    """Comma-separated; the first is the one shown"""
    label: str
    """Short, for the footer; empty for a command that has no place there"""
    help: str
    """A sentence, for the palette, the tooltip and the help"""
    group: Group
    numbered: bool = False
    """Whether each key is a number that the action takes: `series(3)` on 3"""
    priority: bool = False
    """Whether the key works while a field is being edited"""
    key_display: str | None = None

    def bindings(self) -> list[BindingType]:
        """The command as Textual binds it to its keys."""
        pairs, first = [(self.keys, self.action)], self.keys
        if self.numbered:
            pairs = [(key, f"{self.action}({key})") for key in self.keys.split(",")]
            first = pairs[0][0]
        return [
            Binding(
                keys,
                action,
                self.label or self.help,
                show=bool(self.label),
                tooltip=self.help if self.label else "",
                priority=self.priority,
                key_display=self.key_display,
                system=keys != first,  # of numbered keys, one row of the help stands for all
            )
            for keys, action in pairs
        ]

    @property
    def title(self) -> str:
        """The palette's entry."""
        return self.help.split(":")[0].rstrip(".")


STEP: Group = "Step through time"
LOOK: Group = "Look"
TRAIN: Group = "Train"
CHANGE: Group = "Change"
KEEP: Group = "Keep"
PROGRAM: Group = "Program"

COMMANDS: tuple[Command, ...] = (
    Command("move(1)", "right,l", "step", "Step on: forward to T, then back through time.", STEP, key_display="←/→"),
    Command("move(-1)", "left,h", "", "Step back the way you came.", STEP, key_display="←"),
    Command("move(10)", "shift+right,L", "", "Ten steps on.", STEP, key_display="⇧→"),
    Command("move(-10)", "shift+left,H", "", "Ten steps back the way you came.", STEP, key_display="⇧←"),
    Command("go('start')", "home", "", "To the start: forward, t = 1.", STEP),
    Command("go('end')", "end", "", "To the end: backward, s = 1, the whole gradient gathered.", STEP),
    Command("turn", "t", "", "Turn round: the same step in the other direction.", STEP),
    Command("follow", "f", "", "Follow the loss of this step alone, or all of them together.", STEP),
    Command("play", "space", "play", "Play or pause: step on by itself.", STEP),
    Command("speed(1)", "plus,equals_sign", "", "Play faster.", STEP, key_display="+"),
    Command("speed(-1)", "minus", "", "Play slower.", STEP, key_display="−"),
    Command("curve", "c", "", "Typical or summed: the mean over losses, or what an optimiser sees.", LOOK),
    Command(
        "series",
        "1,2,3,4,5,6,7,8,9",
        "",
        "Show or hide a line of the chart: W_aa is the first of the legend.",
        LOOK,
        numbered=True,
        key_display="1 … 9",
    ),
    Command("group", "g", "group", "Group the parameters: by what they read, by gate, or each by itself.", LOOK),
    Command(
        "theory",
        "b",
        "",
        "Theory's lines beside the measured ones: Pascanu's bound, ρ^k, the Lyapunov slope, the direct path.",
        LOOK,
    ),
    Command("table", "v", "", "The charts as tables of numbers, or as pictures again.", LOOK),
    Command("tab(1)", "full_stop", "tab", "The next tab.", LOOK, key_display="."),
    Command("tab(-1)", "comma", "", "The tab before.", LOOK, key_display=","),
    Command("full", "m", "", "Maximise the charts, or show all panels again.", LOOK),
    Command("train", "w", "train", "Train the network, or pause: every panel follows.", TRAIN),
    Command("train_one", "W", "", "One step of training.", TRAIN),
    Command("train_reset", "z", "", "Start over: back to the untrained network.", TRAIN),
    Command("scrub(1)", "d", "", "The network one step of training later.", TRAIN, key_display="a/d"),
    Command("scrub(-1)", "a", "", "The network one step of training earlier.", TRAIN),
    Command("scrub(10)", "D", "", "A tenth of the training later.", TRAIN),
    Command("scrub(-10)", "A", "", "A tenth of the training earlier.", TRAIN),
    Command("picture", "y", "", "The next picture of the training, where one has all the room.", TRAIN),
    Command("gallery", "R", "", "Remedies side by side: the same training with each, in one table and chart.", TRAIN),
    Command("settings", "s", "settings", "Go to the settings; opens the drawer on a narrow screen.", CHANGE),
    Command("presets", "o", "presets", "Open a preset: a network that shows something worth seeing.", CHANGE),
    Command("seed", "n", "", "A new seed: another network and window of the data.", CHANGE),
    Command("undo", "u", "undo", "Undo the last change of the settings.", CHANGE),
    Command("redo", "r", "", "Redo the change that was undone.", CHANGE),
    Command("pin", "p", "", "Pin this trace behind the next ones, to compare; or let go of it.", KEEP),
    Command("swap", "x", "", "Swap: the pinned trace on the screen, and this one pinned.", KEEP),
    Command("export", "e", "save", "Export the chart, the screen, the numbers or the settings.", KEEP),
    Command("leave", "escape", "charts", "Leave the settings for the charts; stop a long computation.", LOOK),
    Command("help", "f1,question_mark", "help", "Help on what has the focus, and the keys.", PROGRAM, key_display="F1"),
    Command("help_on(1)", "pagedown", "", "Read on in the help that is open.", PROGRAM, priority=True),
    Command("help_on(-1)", "pageup", "", "Read back in the help that is open.", PROGRAM, priority=True),
    Command("app.quit", "q,ctrl+q", "quit", "Quit: nothing is left behind.", PROGRAM),
)


HELPING = tuple(command for command in COMMANDS if command.action.partition("(")[0] in ("help", "help_on"))
"""Those that every screen has that has help"""


def bindings(commands: Iterable[Command] = COMMANDS) -> list[BindingType]:
    """The commands as Textual's bindings."""
    return [binding for command in commands for binding in command.bindings()]
