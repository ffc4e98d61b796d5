"""The export dialog: what to save, where, and whether something there is to be replaced.

It is given what there is to save as functions that write it. Pictures are taken before it opens, so that they
show the explorer and not the dialog.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Button, Input, OptionList, Static

from core.settings.files import closed_files
from tui.explorer.dialogs.closing import Dialog
from tui.explorer.dialogs.export_kinds import ExportKind, renamed
from tui.explorer.dialogs.export_parts import ButtonsRow, KindsList
from tui.explorer.dialogs.export_place import deliver, described, from_home
from tui.explorer.dialogs.figure_fields import FigureFields
from tui.explorer.widgets.plain_text import PlainLabel, PlainText
from tui.report.atomic_files import ExportError, destination, existing, shown
from tui.report.figures.options import TypedStyle
from tui.report.formats.svg import picture

KEYS = "↑↓ what · tab next · enter saves · esc"
KEYS_WHEN_ASKING = "←→ enter answers · esc keeps it"


def widget_picture(widget: Widget, title: str) -> str:
    """A widget and what is in it, as they stand on the screen, as SVG."""
    region = widget.region.intersection(widget.screen.region)
    # The compositor alone knows how the widgets lie upon each other; Textual's own screenshot asks it too.
    strips = widget.screen._compositor.render_strips()
    lines = [strip.crop(region.x, region.right) for strip in strips[region.y : region.bottom]]
    return picture(lines, region.width, title)


class ExportDialog(Dialog[Path | None]):
    """Choose what and where; returns the file that was written, or None.

    If a file of that name is there, saving asks once more, with the focus on the answer that keeps it: holding
    Enter replaces nothing.
    """

    DEFAULT_CSS = """
    ExportDialog { align: center middle; }
    ExportDialog > #export-box {
        width: 72; max-width: 100%; height: auto; max-height: 100%;
        padding: 1 2; background: $surface; border: round $border; scrollbar-size-vertical: 1;
        border-title-color: $foreground; border-title-style: bold;
        border-subtitle-color: $foreground-muted;
    }
    ExportDialog .export-heading { color: $foreground-muted; text-style: bold; }
    ExportDialog #export-kinds { height: auto; background: $surface; background-tint: $surface 0%; }
    ExportDialog FigureFields { margin-top: 1; layout: vertical; }
    ExportDialog.-full FigureFields { layout: horizontal; }
    ExportDialog FigureFields.-idle { visibility: hidden; }
    ExportDialog #export-where { margin-top: 1; }
    ExportDialog #export-path { background: $panel; border: tall $panel; padding: 0 1; }
    ExportDialog #export-path:focus { border: tall $border; }
    ExportDialog #export-note { height: auto; min-height: 2; padding: 0 1; color: $foreground-muted; }
    ExportDialog #export-note.-there { color: $text-warning; }
    ExportDialog #export-note.-wrong { color: $text-error; }
    ExportDialog ButtonsRow { height: auto; align-horizontal: right; }
    ExportDialog Button { margin-left: 2; }
    ExportDialog #export-cancel { background: $panel; }
    ExportDialog.-flat > #export-box { padding: 0 1; }
    ExportDialog.-flat .export-heading { display: none; }
    ExportDialog.-flat #export-path { height: 1; border: none !important; }
    ExportDialog.-flat FigureFields { margin-top: 0; }
    ExportDialog.-flat Button { height: 1; min-width: 12; border: none !important; }
    ExportDialog.-flat #export-note { min-height: 1; }
    ExportDialog.-narrow ButtonsRow { layout: vertical; }
    ExportDialog.-narrow Button { width: 100%; margin: 0; }
    """

    BINDINGS = [
        Binding("escape", "cancel", "Cancel"),
        Binding("up", "choose(-1)", show=False),
        Binding("down", "choose(1)", show=False),
    ]
    AUTO_FOCUS = "#export-kinds"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (36, "-wide"), (72, "-full")]
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (31, "-roomy")]

    asking: reactive[bool] = reactive(False)
    """Whether the question stands if the file that is there is to be replaced"""
    saving: reactive[bool] = reactive(False)

    class Written(Message):
        """The file is written, or is not."""

        def __init__(self, path: Path, problem: str) -> None:
            self.path, self.problem = path, problem
            super().__init__()

    def __init__(
        self, kinds: Sequence[ExportKind], chosen: str | None = None, *, style: TypedStyle | None = None
    ) -> None:
        """Offer these kinds of files.

        Args:
            kinds: What can be saved, at least one.
            chosen: The name of the kind to start on, the first if None.
            style: How a figure is to look at first; None for as usual.
        """
        super().__init__()
        self._kinds = tuple(kinds)
        names = [kind.name for kind in kinds]
        self._kind = self._kinds[names.index(chosen) if chosen in names else 0]
        self.style = TypedStyle() if style is None else style
        """How the last figure that was saved looks, which the next one begins with"""
        self._looked_at, self._looked_at_style = "", self.style
        self._delivers = closed_files() is not None
        """Whether what is saved goes to a visitor's browser, and so has a name and no place"""

    def compose(self) -> ComposeResult:
        """The kinds of files, the path, what will happen, and the buttons."""
        with VerticalScroll(id="export-box", can_focus=False) as box:
            box.border_title = "Export"
            box.border_subtitle = KEYS
            yield PlainLabel("What", classes="export-heading")
            yield KindsList(self._kinds)
            if any(kind.styled is not None for kind in self._kinds):
                yield FigureFields(self.style)
            heading = "Name of the download" if self._delivers else "Where"
            yield PlainLabel(heading, id="export-where", classes="export-heading")
            name = os.path.basename(self._kind.suggested) if self._delivers else self._kind.suggested
            yield Input(name, id="export-path", select_on_focus=False, placeholder="a file name")
            yield PlainText(id="export-note")
            with ButtonsRow():
                yield Button("Cancel", id="export-cancel")
                yield Button("Save", id="export-save", variant="primary")

    def on_mount(self) -> None:
        """Highlight the kind that is chosen at first."""
        kinds = self.query_one(KindsList)
        kinds.highlighted = self._kinds.index(self._kind)
        kinds.mark(self._kind)
        self._look()

    # What and where

    @on(OptionList.OptionHighlighted)
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        chosen = self._kinds[event.option_index]
        if chosen is self._kind:
            return
        before, self._kind = self._kind, chosen
        self.query_one(KindsList).mark(chosen)
        field = self.query_one("#export-path", Input)
        field.value = renamed(field.value, before, chosen)
        field.cursor_position = len(field.value)
        self._look()

    def action_choose(self, by: int) -> None:
        """Choose the next kind, also while the name is being typed."""
        kinds = self.query_one(KindsList)
        if not self.saving and kinds.highlighted is not None:
            kinds.highlighted = (kinds.highlighted + by) % len(self._kinds)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        # The news of a name that was looked at already must not take back the question asked since.
        if event.value != self._looked_at:
            self._look()

    def _look(self) -> tuple[Path, bool] | None:
        """Say what saving would do now; the path and whether it replaces a file, None if it cannot be done."""
        self.asking = False
        self._looked_at = typed = self.query_one("#export-path", Input).value
        for idle in self.query(FigureFields):
            idle.set_class(self._kind.styled is None, "-idle")
        wrong = self._kind.missing
        if self._fields is not None:
            self._looked_at_style = self._fields.typed
            wrong = wrong or self._fields.problem
        try:
            if wrong:
                raise ExportError(wrong)
            path = destination(os.path.basename(typed) if self._delivers else typed, self._kind.suffix)
            there = existing(path)
        except ExportError as error:
            self._say(str(error), "-wrong")
            self._label(replacing=False)
            return None
        self._label(replacing=there is not None)
        name = "" if typed.endswith(path.name) else f" {shown(path.name)}"
        if self._delivers:
            self._say(f"Your browser saves it as {shown(path.name)}")
        elif there is None:
            self._say(f"New file{name} in {from_home(path.parent)}")
        else:
            self._say(f"There is one{name} already, {described(there)}, in {from_home(path.parent)}", "-there")
        return path, there is not None

    @property
    def _fields(self) -> FigureFields | None:
        """The fields of a figure; None where what is chosen is none."""
        return None if self._kind.styled is None else self.query_one(FigureFields)

    @on(FigureFields.Changed)
    def _restyled(self) -> None:
        if self._fields is not None and self._fields.typed != self._looked_at_style:
            self._look()

    def _say(self, text: str, kind: str = "") -> None:
        note = self.query_one("#export-note", Static)
        note.set_classes(kind)
        note.update(text)

    def _label(self, *, replacing: bool) -> None:
        save = self.query_one("#export-save", Button)
        save.label = "Overwrite" if replacing else "Save"
        save.variant = "warning" if replacing else "primary"

    # Saving

    @on(Input.Submitted)
    @on(FigureFields.Submitted)
    @on(Button.Pressed, "#export-save")
    def action_save(self) -> None:
        """Save, or ask first if something would be replaced."""
        if self.saving:
            return
        asked = self.asking
        found = self._look()
        if found is None:
            return
        path, replaces = found
        if replaces and not asked:
            self.asking = True
            return
        self.saving = True
        self._say(f"Saving {shown(path.name)} …")
        write = self._kind.write
        if self._kind.styled is not None and self._fields is not None:
            self.style = self._fields.typed
            write = self._kind.styled(self.style)
        self._write(write, path, replaces)

    def watch_asking(self, asking: bool) -> None:
        """Put the question, with the focus on the answer that keeps the file."""
        if not self.is_mounted:
            return
        self.query_one("#export-cancel", Button).label = "Keep it" if asking else "Cancel"
        self.query_one("#export-box").border_subtitle = KEYS_WHEN_ASKING if asking else KEYS
        if asking:
            self._say("Replace it? What is in it now will be gone.", "-wrong")
            self.query_one("#export-save", Button).variant = "error"
            self.query_one("#export-cancel", Button).focus()

    def watch_saving(self, saving: bool) -> None:
        """Disable every field while a file is being written."""
        if self.is_mounted:
            self.query_one("#export-box").disabled = saving

    @work(thread=True, group="export")
    def _write(self, write: Callable[[Path, bool], object], path: Path, overwrite: bool) -> None:
        try:
            write(path, overwrite)
        except MemoryError:
            problem = "not enough memory to write this; nothing was written"
        except (ValueError, OSError) as error:
            problem = str(error)
        else:
            problem = ""
        self.post_message(self.Written(path, problem))

    @on(Written)
    def _written(self, event: Written) -> None:
        if not event.problem:
            if self._delivers:
                deliver(self.app, event.path)
            self.dismiss(event.path)
            return
        self.saving = False
        self._look()
        self._say(event.problem, "-wrong")
        self.query_one("#export-path", Input).focus()

    @on(Button.Pressed, "#export-cancel")
    def action_cancel(self) -> None:
        """Take the question back; else leave without saving, unless it is being done."""
        if self.asking:
            self._look()
            self.query_one("#export-path", Input).focus()
        elif not self.saving:
            self.dismiss(None)
