"""The dialog of a data file: its columns with their kinds, gaps and first rows, and what is read and asked of them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.message import Message
from textual.widgets import Input, OptionList, Select, Static
from textual.widgets.option_list import Option
from textual.worker import get_current_worker

from core import Column, Experiment, InvalidSettingsError, Table, open_table, settings, source_of
from core.settings.files import visible
from core.settings.hints import Value
from core.tasks import check_data
from core.tasks.table.selection import Selection, select
from core.tasks.table.table import Choice as TableChoice
from core.tasks.table.task import fitting_window
from tui.explorer.dialogs.closing import Dialog
from tui.explorer.dialogs.data_columns import ColumnList, about, buttons, column_row, head
from tui.explorer.dialogs.typed_fields import STYLE, TypedFields
from tui.explorer.widgets.plain_text import PlainLabel, PlainText
from tui.explorer.widgets.setting_row import Choice, Field
from tui.report.printable import printable

CHOSEN: Final = (("ahead", "timesteps", "stride"), ("scale", "missing", "held_back"), ("ids",))
"""The settings that stand below the columns, row by row"""

FORGOTTEN: Final[dict[str, Value]] = {"inputs": "", "targets": "", "time": "", "ids": 0}
"""What was chosen of another file says nothing of this one"""


class DataDialog(Dialog[Experiment | None]):
    """Choose what of a data file is read and asked for; returns the settings that say so, or None."""

    DEFAULT_CSS = (
        f"DataDialog {STYLE}"
        """
    DataDialog { align: center middle; }
    DataDialog > #data-box {
        width: 96; max-width: 100%; height: 30; max-height: 100%; padding: 0 1;
        background: $surface; border: round $border;
        border-title-color: $foreground; border-title-style: bold; border-subtitle-color: $foreground-muted;
    }
    DataDialog #data-about { height: auto; max-height: 3; color: $foreground-muted; }
    DataDialog #data-head { height: 1; margin-top: 1; text-style: bold; color: $foreground-muted; padding: 0 1; }
    DataDialog #data-columns {
        height: 1fr; min-height: 2; background: $surface; scrollbar-size-vertical: 1; padding: 0 1;
        text-wrap: nowrap; text-overflow: ellipsis;
    }
    DataDialog #data-does { height: 1; }
    DataDialog .data-row { height: 1; }
    DataDialog .data-row PlainLabel { width: 13; color: $foreground-muted; }
    DataDialog .data-row Input { width: 15; }
    DataDialog .data-row Select { width: 15; }
    DataDialog #data-choices { height: auto; margin-top: 1; }
    DataDialog #data-note-box { height: auto; max-height: 8; margin-top: 1; scrollbar-size-vertical: 1; }
    DataDialog #data-note { height: auto; }
    DataDialog #data-note.-wrong { color: $text-error; }
    DataDialog.-flat #data-note-box { max-height: 4; margin-top: 0; }
    DataDialog.-flat #data-choices { margin-top: 0; }
    DataDialog.-flat #data-head { margin-top: 0; }
    DataDialog.-flat #data-about { max-height: 1; }
    """
    )

    BINDINGS = [
        Binding("escape", "cancel", "Cancel"),
        Binding("ctrl+s", "take", "Open it", show=False),
    ]
    AUTO_FOCUS = "#data-columns"
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (28, "-roomy")]

    class Opened(Message):
        """The file has been read, or cannot be."""

        def __init__(self, table: Table | None, problem: str) -> None:
            self.table, self.problem = table, problem
            super().__init__()

    class Looked(Message):
        """What is chosen has been looked at: the settings that fit, and what is told of them or what is wrong."""

        def __init__(self, choice: int, fits: Experiment, notes: tuple[str, ...], problem: str) -> None:
            self.choice, self.fits, self.notes, self.problem = choice, fits, notes, problem
            super().__init__()

    def __init__(self, path: Path, experiment: Experiment) -> None:
        """Open a file.

        Args:
            path: The file.
            experiment: The settings in force: their choices are kept where they are of this file.
        """
        super().__init__()
        same = experiment.task == "table" and experiment.data == str(path)
        self._path = path
        self._experiment = experiment
        self._refused = ""
        """Why no settings can name this file; empty where they can"""
        if not same:
            try:
                self._experiment = experiment.replace(task="table", data=str(path), **FORGOTTEN)
            except InvalidSettingsError as error:  # a name that is no text, or a path that is too long
                self._refused = str(error)
        self._steps_given = same
        """Whether the length of a window was chosen, or is to be as many rows as fit"""
        self._table: Table | None = None
        self._selection: Selection | None = None
        self._fits: Experiment | None = None
        """The settings, once they are known to fit the file"""
        self._taking = False
        self._typed_fields = TypedFields()
        self._choice = 0
        """How often something was chosen"""

    def compose(self) -> ComposeResult:
        """The file, its columns, the choices, and what follows from them."""
        with Vertical(id="data-box") as box:
            box.border_title = f"Data: {printable(visible(self._path.name))}"
            box.border_subtitle = "space reads · t asks for it · c: time · tab choices · enter opens · esc"
            yield PlainText("Reading …", id="data-about")
            yield PlainText(head(), id="data-head")
            yield ColumnList(id="data-columns", compact=True)
            yield PlainText(buttons(), id="data-does")
            with Vertical(id="data-choices"):
                for names in CHOSEN:
                    with Horizontal(classes="data-row"):
                        for name in names:
                            yield from self._control(name)
            with VerticalScroll(id="data-note-box", can_focus=False):
                yield PlainText(id="data-note")

    def _control(self, name: str) -> ComposeResult:
        setting, value = settings()[name], getattr(self._experiment, name)
        yield PlainLabel(setting.label)
        yield Choice(setting, str(value)) if setting.kind == "choice" else Field(setting, value)

    def on_mount(self) -> None:
        """Read the file, in a thread: it may be large."""
        if self._refused:
            self.post_message(self.Opened(None, self._refused))
        else:
            self._read(self._path)

    @work(thread=True, group="data file")
    def _read(self, path: Path) -> None:
        try:
            table, problem = open_table(path), ""
        except (ValueError, MemoryError) as error:
            table, problem = None, str(error) or "there is not enough memory for this file"
        if not get_current_worker().is_cancelled:
            self.post_message(self.Opened(table, problem))

    @on(Opened)
    def _opened(self, event: Opened) -> None:
        self._table = event.table
        if event.table is None:
            self.query_one("#data-about", Static).update("")
            self._say(event.problem, wrong=True)
            return
        self.query_one("#data-about", Static).update(about(event.table))
        self._chosen()

    # What is chosen

    def _put(self, **changes: Value) -> None:
        """Choose something else; what is not allowed changes nothing but the note."""
        self._choice += 1
        self._taking = False
        try:
            self._experiment = self._experiment.replace(**changes)
        except InvalidSettingsError as error:
            self._fits = None
            self._say(str(error), wrong=True)
            return
        self._chosen()

    def _chosen(self) -> None:
        """Show what is read and asked for by now, and look whether it fits."""
        if self._table is None:
            return
        try:
            self._selection = select(self._table, TableChoice.of(self._experiment))
        except ValueError as error:
            self._selection, self._fits = None, None
            self._say(str(error), wrong=True)
        self._list()
        if self._selection is not None:
            self._look(self._choice, self._experiment, fit=not self._steps_given)

    @work(thread=True, group="data look", exclusive=True)
    def _look(self, choice: int, experiment: Experiment, *, fit: bool) -> None:
        """Whether the settings fit the file: of a long one it takes a moment to know."""
        notes: tuple[str, ...] = ()
        problem = ""
        try:
            if fit:
                experiment = experiment.replace(timesteps=fitting_window(experiment))
            check_data(experiment)
            notes = source_of(experiment).notes
        except (ValueError, MemoryError) as error:
            problem = str(error) or "there is not enough memory for this"
        if not get_current_worker().is_cancelled:
            self.post_message(self.Looked(choice, experiment, notes, problem))

    @on(Looked)
    def _looked(self, event: Looked) -> None:
        if event.choice != self._choice:
            return  # something else was chosen since, and is being looked at, or is known to be wrong
        if problem := self._typed_fields.problem or event.problem:
            self._fits, self._taking = None, False
            self._say(problem, wrong=True)
            return
        self._fits = event.fits
        if event.fits.timesteps != self._experiment.timesteps:
            self._experiment = event.fits
            field = next(field for field in self.query(Field) if field.setting.name == "timesteps")
            self._typed_fields.put(field, str(event.fits.timesteps))
        self._say("; ".join(event.notes), wrong=False)
        if self._taking:
            self.dismiss(self._fits)

    def _say(self, text: str, *, wrong: bool) -> None:
        note = self.query_one("#data-note", Static)
        note.set_class(wrong, "-wrong")
        note.update(printable(text.removeprefix("data: ")))

    @property
    def _columns(self) -> OptionList:
        return self.query_one("#data-columns", OptionList)

    def _list(self) -> None:
        """List the columns, with marks at those that are read and asked for."""
        if self._table is None:
            return
        table, here = self._table, self._columns.highlighted
        if here is None:
            here = next((place for place, column in enumerate(table.columns) if self._roles(column)[1]), 0)
        used = () if self._selection is None else (*self._selection.inputs, *self._selection.targets)
        read_as = {column.name: column for column in used}
        rows = [column_row(table, read_as.get(one.name, one), *self._roles(one)) for one in table.columns]
        self._columns.set_options([Option(row) for row in rows])
        self._columns.highlighted = here

    def _roles(self, column: Column) -> tuple[bool, bool, bool]:
        if self._selection is None:
            table, chosen = self._table, self._experiment
            assert table is not None
            return (
                column in _named(table, chosen.inputs),
                column in _named(table, chosen.targets),
                column.kind == "time",
            )
        parts = (self._selection.inputs, self._selection.targets, self._selection.time)
        return tuple(column.name in (one.name for one in part) for part in parts)  # type: ignore[return-value]

    def _highlighted(self) -> Column | None:
        place = self._columns.highlighted
        return None if self._table is None or place is None else self._table.columns[place]

    def action_read(self) -> None:
        """Read the highlighted column at each step, or read it no longer."""
        self._toggle("inputs", 0)

    def action_ask(self) -> None:
        """Ask for the highlighted column, or ask for it no longer."""
        self._toggle("targets", 1)

    def _toggle(self, name: str, role: int) -> None:
        column = self._highlighted()
        if column is None or self._table is None:
            return
        chosen = [one for one in self._table.columns if self._roles(one)[role]]
        chosen = [one for one in chosen if one is not column] if column in chosen else [*chosen, column]
        ordered = [one.name for one in self._table.columns if one in chosen]
        self._put(**{name: ",".join(ordered)})

    def action_time(self) -> None:
        """Take the highlighted column for the time, or have the time recognized again."""
        column = self._highlighted()
        if column is not None:
            self._put(time="" if self._experiment.time == column.name else column.name)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        if not isinstance(event.input, Field):
            return
        name = event.input.setting.name
        self._steps_given |= name == "timesteps"
        if self._fits is not None and event.value == str(getattr(self._experiment, name)):
            return
        found = self._typed_fields.take(event.input, event.value, self._experiment)
        if found is not None:
            self._put(**{name: getattr(found, name)})
        else:
            self._choice += 1
            self._taking, self._fits = False, None
            self._say(self._typed_fields.problem, wrong=True)

    @on(Select.Changed)
    def _picked(self, event: Select.Changed) -> None:
        name = event.select.name
        if name is not None and event.value != getattr(self._experiment, name):
            self._put(**{name: str(event.value)})

    @on(Input.Submitted)
    def action_take(self) -> None:
        """Close, and return the settings, once it is known that they fit the file."""
        if self._fits is not None and self._fits == self._experiment:
            self.dismiss(self._fits)
        else:
            self._taking = self._table is not None and self._selection is not None

    @on(OptionList.OptionSelected)
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        event.stop()

    def action_cancel(self) -> None:
        """Close without the file: nothing changes."""
        self.dismiss(None)


def _named(table: Table, names: str) -> tuple[Column, ...]:
    try:
        return table.named(names) if names else ()
    except ValueError:
        return ()
