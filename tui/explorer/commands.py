"""Every command of the explorer, defined once: its key, footer text, palette entry and help line.

A command's `action` is found in `tui.explorer.actions` (or in the app, as `app.…`), and whether it is valid now is told
by its own row, for the footer as for the palette.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from textual.binding import Binding, BindingType

if TYPE_CHECKING:
    from tui.explorer.session.session import Session

Group = Literal["Step through time", "Look", "Train", "Change", "Keep", "Tour", "Program"]


def always(session: Session) -> bool | None:
    """Valid whatever is shown and in force."""
    return True


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
    """Whether each key is a number that the action takes: `open_tab(3)` on 3"""
    priority: bool = False
    """Whether the key works while a field is being edited"""
    key_display: str | None = None
    valid: Callable[[Session], bool | None] = always
    """Whether it can be asked for now; None shows it, but grayed out"""
    why_not: str = ""
    """What is said when its key is pressed and it cannot be asked for; empty to say nothing"""

    @property
    def name(self) -> str:
        """The action without what it is given: `move` of `move(10)`."""
        return self.action.partition("(")[0]

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
        """The entry in the palette: the command's help up to the colon."""
        return self.help.split(":")[0].rstrip(".")


def _with_cursor(session: Session) -> bool | None:
    """There is a cursor to move, and no open list that takes the keys."""
    if session.in_list:
        return False
    return True if session.cursor is not None else None


def _grayed_unless(holds: Callable[[Session], bool]) -> Callable[[Session], bool | None]:
    return lambda session: True if holds(session) else None


def _touring(session: Session) -> bool | None:
    """A tour is under way, and neither a field nor an open list takes the keys."""
    return session.touring is not None and not session.in_list and not session.in_field


def _lags_in_sight(session: Session) -> bool | None:
    """The chart against the lag is looked at."""
    shown = session.in_tab and session.view.tab == "tab-lags" and not session.view.as_table
    return shown and session.shown.trace is not None


_with_trace = _grayed_unless(lambda now: now.shown.trace is not None)

_with_pins = _grayed_unless(lambda now: bool(now.shown.pins))

_settings_only = _grayed_unless(lambda session: session.subject.given is None)
"""What is given has no seed, and remedies and sweeps are of settings"""


def _with_steps(session: Session) -> bool | None:
    """There is a training with steps to go to."""
    return session.shown.run is not None and session.shown.run.last_step > 0


def _edge(session: Session) -> bool | None:
    """Settings make the network, and what has the focus does not take the key as text."""
    if session.in_list or (session.in_field and not session.setting):
        return False
    return _settings_only(session)


STEP: Group = "Step through time"
LOOK: Group = "Look"
TRAIN: Group = "Train"
CHANGE: Group = "Change"
KEEP: Group = "Keep"
TOUR: Group = "Tour"
PROGRAM: Group = "Program"

COMMANDS: tuple[Command, ...] = (
    Command(
        "move(1)",
        "right,l",
        "step",
        "Step on: forward to T, then back through time.",
        STEP,
        key_display="←/→",
        valid=_with_cursor,
    ),
    Command("move(-1)", "left,h", "", "Step back the way you came.", STEP, key_display="←", valid=_with_cursor),
    Command("move(10)", "shift+right,L", "", "Ten steps on.", STEP, key_display="⇧→", valid=_with_cursor),
    Command(
        "move(-10)", "shift+left,H", "", "Ten steps back the way you came.", STEP, key_display="⇧←", valid=_with_cursor
    ),
    Command("go('start')", "home", "", "To the start: forward, t = 1.", STEP, valid=_with_cursor),
    Command(
        "go('end')", "end", "", "To the end: backward, s = 1, the whole gradient gathered.", STEP, valid=_with_cursor
    ),
    Command("turn", "t", "", "Turn round: the same step in the other direction.", STEP, valid=_with_cursor),
    Command("one_or_all", "f", "losses", "One loss, or all of them.", STEP),
    Command("loss(-1)", "less_than_sign", "", "The loss before.", STEP, key_display="<", valid=_with_trace),
    Command("loss(1)", "greater_than_sign", "", "The loss after.", STEP, key_display=">", valid=_with_trace),
    Command("play", "space", "play", "Play or pause: step on by itself.", STEP, valid=_with_cursor),
    Command("speed(1)", "plus,equals_sign", "", "Play faster.", STEP, key_display="+"),
    Command("speed(-1)", "minus", "", "Play slower.", STEP, key_display="−"),
    Command(
        "curve",
        "c",
        "",
        "Typical or summed, of all losses: the mean over them, or what an optimizer sees.",
        LOOK,
        valid=_grayed_unless(lambda now: now.view.loss == "all"),
    ),
    Command(
        "group",
        "g",
        "group",
        "Group the parameters: by what they read, by gate, by layer, or each by itself.",
        LOOK,
        valid=lambda now: now.has_groups,
    ),
    Command(
        "theory",
        "b",
        "",
        "Theory's lines among the measured ones: what W_aa, the trajectory and the gates allow; ? explains each.",
        LOOK,
    ),
    Command(
        "seeds",
        "M",
        "",
        "Many seeds: behind this network, on the tab Lags, 20 of the same settings with other seeds, 100, or none.",
        LOOK,
    ),
    Command("zoom(1)", "up", "", "Fewer lags, those around the cursor.", LOOK, key_display="↑", valid=_lags_in_sight),
    Command("zoom(-1)", "down", "", "More lags, those around the cursor.", LOOK, key_display="↓", valid=_lags_in_sight),
    Command(
        "all_lags",
        "backspace",
        "",
        "All lags again.",
        LOOK,
        key_display="⌫",
        valid=lambda now: now.view.lags is not None and _lags_in_sight(now) is True,
    ),
    Command(
        "spectrum",
        "i",
        "",
        "The whole spectrum of singular values, or the largest again.",
        LOOK,
        valid=lambda now: now.view.tab == "tab-jacobians",
    ),
    Command("table", "v", "", "The charts as tables of numbers, or as charts again.", LOOK),
    Command(
        "open_tab",
        "1,2,3,4,5,6,7,8",
        "tab",
        "Open a tab: Lags is the first; the eighth is Step, or the focus to it where it stands beside the tabs.",
        LOOK,
        numbered=True,
        key_display="1…8",
        valid=lambda now: not now.asking,
    ),
    Command("tab(1)", "full_stop", "", "The next tab.", LOOK, key_display="."),
    Command("tab(-1)", "comma", "", "The tab before.", LOOK, key_display=","),
    Command("jump", "j", "", "Jump: a key on every panel, tab and line of the chart, which goes there.", LOOK),
    Command(
        "present",
        "P",
        "",
        "Present: only the network and the charts, large, with the panel in focus marked; or all panels again.",
        LOOK,
    ),
    Command("full", "m", "", "Maximize the charts, or show all panels again.", LOOK),
    Command(
        "train",
        "w",
        "train",
        "Train the network, or pause: every panel follows; or follow a folder of recordings.",
        TRAIN,
    ),
    Command(
        "train_one",
        "W",
        "",
        "One update of the parameters.",
        TRAIN,
        valid=lambda now: now.subject.watched is None and (now.shown.run is None or now.shown.run.ended is None),
    ),
    Command(
        "train_reset",
        "z",
        "",
        "Start over: back to the untrained network.",
        TRAIN,
        valid=lambda now: now.subject.watched is None and now.shown.run is not None,
    ),
    Command(
        "scrub(1)",
        "d",
        "",
        "The network one update later.",
        TRAIN,
        key_display="a/d",
        valid=_with_steps,
    ),
    Command(
        "scrub(-1)",
        "a",
        "",
        "The network one update earlier.",
        TRAIN,
        valid=_with_steps,
    ),
    Command(
        "scrub(10)",
        "D",
        "",
        "A tenth of the training later.",
        TRAIN,
        valid=_with_steps,
    ),
    Command(
        "scrub(-10)",
        "A",
        "",
        "A tenth of the training earlier.",
        TRAIN,
        valid=_with_steps,
    ),
    Command(
        "newest",
        "r",
        "",
        "The most recent network of the training: shown, and followed from then on.",
        TRAIN,
        valid=_with_steps,
    ),
    Command(
        "training_chart",
        "y",
        "",
        "The next chart of the training, or the next few, where there is no room for all.",
        TRAIN,
        valid=lambda now: now.view.tab == "tab-training",
    ),
    Command(
        "remedies",
        "R",
        "",
        "Remedies side by side: the same training with each and with 5 seeds, which begins at once; esc stops it.",
        TRAIN,
        valid=_settings_only,
    ),
    Command(
        "sweep",
        "G",
        "",
        "Grid of networks: sweep one setting or two, with several seeds, in a diagram to move and open networks in.",
        LOOK,
        valid=_settings_only,
    ),
    Command("settings", "s", "settings", "Go to the settings; opens the drawer on a narrow screen.", CHANGE),
    Command("presets", "o", "open", "Open a preset, a tour or a lesson: what there is, by topic.", CHANGE),
    Command(
        "open_file",
        "O",
        "",
        "Read a file: a network, data, a saved trace or settings.",
        CHANGE,
        valid=_grayed_unless(lambda now: not now.visiting),
    ),
    Command(
        "network",
        "N",
        "",
        "The network in its file: which part, layer and functions it is, and what drives it; of recordings, the part.",
        CHANGE,
        valid=_grayed_unless(lambda now: not now.visiting and now.subject.has_other_parts),
    ),
    Command("seed", "n", "", "New seeds: another network, and other data.", CHANGE, valid=_settings_only),
    Command(
        "edge",
        "C",
        "",
        "Critical value: where the setting in focus, or else the gain, has a rate of ×1; pressed again, it is set.",
        CHANGE,
        priority=True,
        valid=_edge,
    ),
    Command(
        "undo",
        "u,ctrl+z",
        "undo",
        "Undo the last change of the settings.",
        CHANGE,
        valid=lambda now: bool(now.history.past),
        why_not="There is nothing to undo: no setting has been changed.",
    ),
    Command(
        "redo",
        "U",
        "",
        "Redo the change that was undone.",
        CHANGE,
        valid=lambda now: bool(now.history.future),
        why_not="There is nothing to do again: no change has been undone.",
    ),
    Command(
        "pin",
        "p",
        "",
        "Pin this trace behind the next ones, to compare, up to 4; or unpin it, where it is pinned.",
        KEEP,
        valid=_with_trace,
    ),
    Command("pins", "k", "", "Pins: give them names, or take one away.", KEEP, valid=_with_pins),
    Command("unpin", "X", "", "Unpin all traces.", KEEP, valid=_with_pins),
    Command("swap", "x", "", "Swap: the trace pinned last on the screen, and this one pinned.", KEEP, valid=_with_pins),
    Command(
        "export",
        "e",
        "export",
        "Export the chart, the screen, the report, the numbers or the settings.",
        KEEP,
        valid=_with_trace,
    ),
    Command(
        "setup",
        "Y",
        "",
        "Copy a code of this setup, its settings, what is looked at and where: rnn-tui --setup opens it.",
        KEEP,
        valid=_with_trace,
    ),
    Command(
        "tour", "f2", "tour", "A tour: what the gradient does, in a few steps with questions.", TOUR, key_display="F2"
    ),
    Command("tour_on(1)", "enter", "", "The next step of the tour.", TOUR, priority=True, valid=_touring),
    Command("tour_on(-1)", "B", "", "The step of the tour before.", TOUR, priority=True, valid=_touring),
    Command(
        "answer",
        "1,2,3,4,5,6,7,8,9",
        "answer",
        "Choose an answer: the first of those of the tour's question.",
        TOUR,
        numbered=True,
        key_display="1…9",
        valid=lambda now: now.asking,
    ),
    Command(
        "scene",
        "S",
        "keep step",
        "Keep this screen as a step of a lesson: with a note, and a question if you like.",
        TOUR,
        valid=_with_trace,
    ),
    Command(
        "lesson", "E", "lesson", "Edit the lesson: order, words and questions of its steps; save it, play it.", TOUR
    ),
    Command(
        "leave_tour",
        "escape",
        "",
        "Leave the tour: what was there before it is there again.",
        TOUR,
        valid=lambda now: now.touring is not None and now.in_tab and not (now.is_busy or now.helping),
    ),
    Command(
        "leave",
        "escape",
        "charts",
        "Leave the settings for the charts; stop a long computation.",
        LOOK,
        valid=lambda now: now.is_busy or now.helping or not now.in_tab,
    ),
    Command("help", "f1", "help", "Help on what has the focus, and the keys.", PROGRAM, key_display="F1"),
    Command(
        "symbols",
        "question_mark",
        "",
        "Say what each symbol and word means on the panel in focus.",
        PROGRAM,
        key_display="?",
    ),
    Command(
        "help_on(1)",
        "pagedown",
        "",
        "Read on in the help that is open.",
        PROGRAM,
        priority=True,
        valid=lambda now: now.helping,
    ),
    Command(
        "help_on(-1)",
        "pageup",
        "",
        "Read back in the help that is open.",
        PROGRAM,
        priority=True,
        valid=lambda now: now.helping,
    ),
    Command(
        "app.quit",
        "q,ctrl+q",
        "quit",
        "Quit: it asks first where minutes of training would be lost.",
        PROGRAM,
    ),
)


HELPING = tuple(command for command in COMMANDS if command.name in ("help", "help_on", "symbols"))
"""The commands that every screen with a help has"""


def bindings(commands: Iterable[Command] = COMMANDS) -> list[BindingType]:
    """The keys of these commands as bindings of Textual."""
    return [binding for command in commands for binding in command.bindings()]
