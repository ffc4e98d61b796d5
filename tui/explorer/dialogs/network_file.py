"""The dialog of a network in a file: its recurrent parts, what is known of each, what is missing, what drives it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, OptionList, Select, Static
from textual.widgets.option_list import Option
from textual.worker import get_current_worker

from core import Candidate, Experiment, Given, settings
from core.settings.files import visible
from core.sources.driving import Asked
from tui.explorer.dialogs.browse import FileBrowser
from tui.explorer.dialogs.closing import Dialog
from tui.explorer.dialogs.data_file import DataDialog
from tui.explorer.dialogs.network_parts import CHOOSE, Options, buttons, choices, facts_text, part_row
from tui.explorer.dialogs.typed_fields import STYLE, TypedFields
from tui.explorer.widgets.plain_text import PlainLabel, PlainText
from tui.explorer.widgets.setting_row import Field
from tui.report.opened import Unanswered, given_of
from tui.report.printable import printable
from tui.report.words.checkpoint import found
from tui.report.words.subject import describe_setup

ROWS: Final = (
    *(("layer", "direction", "activation"), ("gates", "readout", "loss")),
    *(("between", "pooling"), ("timesteps", "batch_size")),
)
"""What is chosen, row by row: of the network, and of the settings of what drives it"""

DRAWN: Final = ("timesteps", "batch_size")


class Answer(Select[str]):
    """One of several; ← → take the one before or after, space opens the list, enter the network."""

    BINDINGS = [
        Binding("enter", "screen.take", "Open", show=False),
        Binding("left", "choose(-1)", "the choice before", show=False),
        Binding("right", "choose(1)", "the choice after", show=False),
    ]

    def __init__(self, name: str) -> None:
        super().__init__([("", "")], value="", allow_blank=False, compact=True, name=name)
        self._values: tuple[str, ...] = ("",)
        self._first = ""

    def offer(self, options: Options, value: str) -> None:
        """Have these options, and this one of them chosen."""
        self._values, self._first = tuple(one for _, one in options), options[0][0]
        with self.prevent(Select.Changed):
            self.set_options(options)
            self.value = self._values[-1]  # what is shown is that of the new options only where the value changes
            self.value = value if value in self._values else ""

    @property
    def asks(self) -> bool:
        """Whether nothing is known of it before somebody chooses."""
        return self._first == CHOOSE

    def action_choose(self, by: int) -> None:
        """The choice before or after; none where there is no further one."""
        place = self._values.index(str(self.value)) + by
        if 0 <= place < len(self._values):
            self.value = self._values[place]


class NetworkDialog(Dialog[Given | None]):
    """Choose which network of a file it is and what drives it; returns what a trace is made of, or None."""

    DEFAULT_CSS = (
        f"NetworkDialog {STYLE}"
        """
    NetworkDialog { align: center middle; }
    NetworkDialog > #network-box {
        width: 96; max-width: 100%; height: 32; max-height: 100%; padding: 0 1;
        background: $surface; border: round $border;
        border-title-color: $foreground; border-title-style: bold; border-subtitle-color: $foreground-muted;
    }
    NetworkDialog #network-about { height: 1; color: $foreground-muted; text-wrap: nowrap; text-overflow: ellipsis; }
    NetworkDialog #network-parts {
        height: auto; max-height: 6; margin-top: 1; background: $surface; scrollbar-size-vertical: 1; padding: 0 1;
        text-wrap: nowrap; text-overflow: ellipsis;
    }
    NetworkDialog .network-row { height: 1; }
    NetworkDialog .network-row PlainLabel { width: 12; color: $foreground-muted; }
    NetworkDialog .network-row Input { width: 13; }
    NetworkDialog .network-row Select { width: 13; }
    NetworkDialog #network-choices { height: auto; margin-top: 1; }
    NetworkDialog #network-does { height: 1; }
    NetworkDialog #network-facts { height: 1fr; min-height: 2; margin-top: 1; scrollbar-size-vertical: 1; }
    NetworkDialog #network-facts Static { height: auto; }
    NetworkDialog #network-note-box { height: auto; max-height: 7; margin-top: 1; scrollbar-size-vertical: 1; }
    NetworkDialog #network-note { height: auto; }
    NetworkDialog #network-note.-wrong { color: $text-error; }
    NetworkDialog.-flat #network-parts { max-height: 3; margin-top: 0; }
    NetworkDialog.-flat #network-choices { margin-top: 0; }
    NetworkDialog.-flat #network-note-box { max-height: 4; }
    """
    )

    BINDINGS = [
        Binding("escape", "cancel", "Cancel"),
        Binding("ctrl+s", "take", "Open it", show=False),
        Binding("d", "data", "Data from a file", show=False),
        Binding("n", "none", "No data", show=False),
    ]
    AUTO_FOCUS = "#network-parts"
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (30, "-roomy")]

    class Looked(Message):
        """What is chosen has been looked at: what a trace is made of, or what is missing or wrong."""

        def __init__(self, given: Given | None, asked: Asked, experiment: Experiment, problem: str) -> None:
            self.given, self.asked, self.experiment, self.problem = given, asked, experiment, problem
            super().__init__()

    def __init__(self, unanswered: Unanswered, experiment: Experiment, browser: Callable[[], FileBrowser]) -> None:
        """Ask what a file leaves open.

        Args:
            unanswered: The file, and what was said of it.
            experiment: The settings of what drives it: the data, or how many steps and examples are drawn.
            browser: Makes the dialog by which a file of data is chosen.
        """
        super().__init__()
        self._checkpoint, self._asked, self._on_data = unanswered.checkpoint, unanswered.asked, unanswered.on_data
        self._experiment, self._browser = experiment, browser
        self._typed_fields = TypedFields()
        self._given: Given | None = None
        """What a trace is made of, once it is known that it can be"""
        self._looking = self._taking = False
        """Whether what is chosen is being looked at, and whether it is to be opened once it has been"""

    def compose(self) -> ComposeResult:
        """The file, its parts, what is chosen, the facts, and what follows."""
        checkpoint = self._checkpoint
        with Vertical(id="network-box") as box:
            box.border_title = f"Network: {printable(visible(Path(checkpoint.path).name))}"
            box.border_subtitle = "↑↓ which · tab choices · ← → or space change · d data · enter opens · esc"
            yield PlainText(f"{checkpoint.format} · {found(checkpoint)}", id="network-about")
            parts = [Option(part_row(one)) for one in checkpoint.candidates]
            yield OptionList(*parts, id="network-parts", compact=True)
            with Vertical(id="network-choices"):
                for names in ROWS:
                    with Horizontal(classes="network-row"):
                        for name in names:
                            label = settings()[name].label if name in DRAWN else name.replace("readout", "read-out")
                            yield PlainLabel(label, id=f"network-{name}-label")
                            drawn = name in DRAWN
                            yield Field(settings()[name], getattr(self._experiment, name)) if drawn else Answer(name)
                yield PlainText(id="network-does")
            with VerticalScroll(id="network-facts"):
                yield PlainText(id="network-facts-text")
            with VerticalScroll(id="network-note-box", can_focus=False):
                yield PlainText(id="network-note")

    def on_mount(self) -> None:
        """Show the part that was asked for, or the first."""
        candidate = self._candidate
        self.query_one("#network-parts", OptionList).highlighted = self._checkpoint.candidates.index(candidate)
        self._show()
        asks = [answer for answer in self.query(Answer) if answer.display and answer.asks]
        if len(self._checkpoint.candidates) == 1 and asks:
            asks[0].focus()

    @property
    def _candidate(self) -> Candidate:
        try:
            return self._checkpoint.candidate(self._asked.part)
        except ValueError:  # a name that was given and is not there
            return self._checkpoint.candidate()

    def _show(self) -> None:
        """Show the facts of the part that is chosen, and what there is to choose of it."""
        candidate, offered = self._candidate, choices(self._candidate)
        self._asked = replace(self._asked, part=candidate.name)
        for answer in self.query(Answer):
            name = answer.name or ""
            answer.display = self.query_one(f"#network-{name}-label").display = name in offered
            if name in offered:
                answer.offer(offered[name], str(getattr(self._asked, name) or ""))
        for row in self.query(".network-row"):
            row.display = any(control.display for control in row.children)
        self.query_one("#network-facts-text", Static).update(facts_text(candidate))
        self._chosen()

    def _chosen(self) -> None:
        """Look whether what is chosen is a network, and say what it is or what is missing."""
        self.query_one("#network-does", Static).update(Content.from_markup(buttons(self._on_data)))
        self._given, self._looking = None, True
        self._look(self._asked, self._experiment, self._on_data)

    @work(thread=True, group="network look", exclusive=True)
    def _look(self, asked: Asked, experiment: Experiment, on_data: bool) -> None:
        given, problem = None, ""
        try:
            given = given_of(self._checkpoint, asked, experiment, on_data=on_data)
        except (ValueError, MemoryError) as error:
            problem = str(error) or "there is not enough memory for this network"
        if not get_current_worker().is_cancelled:
            self.post_message(self.Looked(given, asked, experiment, problem))

    @on(Looked)
    def _looked(self, event: Looked) -> None:
        problem = self._typed_fields.problem or event.problem
        self._given, self._looking = None if problem else event.given, False
        note = self.query_one("#network-note", Static)
        note.set_class(event.given is None or bool(problem), "-wrong")
        if event.given is None or problem:
            self._taking = False
            note.update(printable(problem))
            return
        told = dict(event.given.origin.told)
        said = [describe_setup(event.given), f"inputs: {told.get('inputs', '')}", f"loss: {told.get('loss', '')}"]
        note.update(printable(". ".join(f"{one[:1].upper()}{one[1:]}" for one in said) + "."))
        if self._taking:
            self.dismiss(event.given)

    @on(OptionList.OptionHighlighted)
    def _part_chosen(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        name = self._checkpoint.candidates[event.option_index].name
        if name != self._asked.part:
            self._asked = Asked(part=name)
            self._show()

    @on(Select.Changed)
    def _picked(self, event: Select.Changed) -> None:
        name, value = event.select.name or "", str(event.value)
        answer: Any = (int(value) if name == "layer" else value) if value else None
        if answer != getattr(self._asked, name):
            self._asked = replace(self._asked, **{name: answer})
            self._chosen()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        if not isinstance(event.input, Field):
            return
        self._experiment = self._typed_fields.take(event.input, event.value, self._experiment) or self._experiment
        self._chosen()

    @work
    async def action_data(self) -> None:
        """Choose a file of data, and what of it is read, to drive the network."""
        path = await self.app.push_screen_wait(self._browser())
        experiment = None if path is None else await self.app.push_screen_wait(DataDialog(path, self._experiment))
        if experiment is not None:
            self._take_data(experiment, on_data=True)

    def action_none(self) -> None:
        """Have no data drive it any longer, but what is drawn."""
        if self._on_data:
            self._take_data(self._experiment.replace(task=Experiment().task, data=""), on_data=False)

    def _take_data(self, experiment: Experiment, *, on_data: bool) -> None:
        self._experiment, self._on_data = experiment, on_data
        for field in self.query(Field):
            self._typed_fields.put(field, str(getattr(experiment, field.setting.name)))
        self._chosen()

    @on(Input.Submitted)
    def action_take(self) -> None:
        """Close, and return what a trace is made of, once it is known that it can be."""
        if self._given is not None:
            self.dismiss(self._given)
        else:
            self._taking = self._looking and not self._typed_fields.problem

    @on(OptionList.OptionSelected)
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.action_take()

    def action_cancel(self) -> None:
        """Close without the network: nothing changes."""
        self.dismiss(None)
