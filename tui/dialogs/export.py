"""The export dialog: what to save, where, and whether something there is to be replaced.

It is given what there is to save as functions that write it. Pictures are taken before it opens, so that they
show the explorer and not the dialog.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table
from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, VerticalScroll
from textual.message import Message
from textual.reactive import reactive
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Button, Input, Label, OptionList, Static
from textual.widgets.option_list import Option

from core import Trace
from tui.export import (
    SUFFIXES,
    ExportError,
    Kind,
    destination,
    existing,
    picture,
    shown,
    suggested_name,
    write_csv,
    write_experiment,
    write_npz,
    write_svg,
)


@dataclass(frozen=True)
class ExportKind:
    """One thing that can be saved."""

    name: str
    label: str
    suffix: str
    """With its dot; a name without it gets it"""
    suggested: str
    """A file name, or a path from the current folder"""
    write: Callable[[Path, bool], object]
    """Write to this path, replacing what is there if True. Called in a thread; raises an ExportError."""


def trace_kinds(trace: Trace, *, chart: str, screen: str) -> tuple[ExportKind, ...]:
    """What the explorer can save of a trace.

    Args:
        trace: The trace on the screen.
        chart: The chart in view, as SVG (see `widget_picture`).
        screen: The whole screen, as SVG (`app.export_screenshot()`).
    """

    def kind(name: Kind, label: str, write: Callable[[Path, bool], object]) -> ExportKind:
        return ExportKind(name, label, SUFFIXES[name], suggested_name(trace, name), write)

    return (
        kind("chart", "the chart in view, a picture", lambda path, over: write_svg(chart, path, overwrite=over)),
        kind("screen", "the whole screen, a picture", lambda path, over: write_svg(screen, path, overwrite=over)),
        kind("csv", "the lag profile, a table", lambda path, over: write_csv(trace, path, overwrite=over)),
        kind("npz", "every array, for NumPy", lambda path, over: write_npz(trace, path, overwrite=over)),
        kind("toml", "these settings, to load again", lambda path, over: write_experiment(trace, path, overwrite=over)),
    )


def widget_picture(widget: Widget, title: str) -> str:
    """A widget and what is in it, as they stand on the screen, as SVG."""
    region = widget.region.intersection(widget.screen.region)
    # The compositor alone knows how the widgets lie upon each other; Textual's own screenshot asks it too.
    strips = widget.screen._compositor.render_strips()
    lines = [strip.crop(region.x, region.right) for strip in strips[region.y : region.bottom]]
    return picture(lines, region.width, title)


class _Kinds(OptionList):
    """The highlighted kind is the chosen one; Enter goes on to save it, and a click only chooses."""

    BINDINGS = [Binding("enter,space", "screen.save", "Save", show=False)]

    def __init__(self, kinds: Sequence[ExportKind]) -> None:
        super().__init__(*(Option(_row(kind)) for kind in kinds), id="kinds", compact=True)


def _row(kind: ExportKind) -> Table:
    row = Table.grid(expand=True)
    row.add_column(no_wrap=True)
    row.add_column(justify="right", no_wrap=True)
    row.add_row(f" {kind.label}", Text(f"{kind.suffix} ", "dim"))
    return row


class _Buttons(Horizontal):
    """Arrows go from one to the other."""

    BINDINGS = [
        Binding("left", "app.focus_previous", show=False),
        Binding("right", "app.focus_next", show=False),
    ]


class ExportDialog(ModalScreen[Path | None]):
    """Choose what and where; returns the file that was written, or None.

    If a file of that name is there, saving asks once more, with the focus on the answer that keeps it: holding
    Enter replaces nothing.
    """

    DEFAULT_CSS = """
    ExportDialog { align: center middle; }
    ExportDialog > #box {
        width: 72; max-width: 100%; height: auto; max-height: 100%;
        padding: 1 2; background: $surface; border: round $border; scrollbar-size-vertical: 1;
        border-title-color: $foreground; border-title-style: bold;
        border-subtitle-color: $foreground-muted;
    }
    ExportDialog .heading { color: $foreground-muted; text-style: bold; }
    ExportDialog #kinds { height: auto; background: $surface; }
    ExportDialog #path { margin-top: 0; }
    ExportDialog #where { margin-top: 1; }
    ExportDialog #note { height: auto; min-height: 2; padding: 0 1; color: $foreground-muted; }
    ExportDialog #note.-there { color: $text-warning; }
    ExportDialog #note.-wrong { color: $text-error; }
    ExportDialog _Buttons { height: auto; align-horizontal: right; }
    ExportDialog Button { margin-left: 2; }
    ExportDialog.-flat > #box { padding: 0 1; }
    ExportDialog.-flat .heading { display: none; }
    ExportDialog.-flat Input { height: 1; border: none; padding: 0 1; background: $panel; }
    ExportDialog.-flat Button { height: 1; border: none; min-width: 12; }
    ExportDialog.-flat #note { min-height: 1; }
    """

    BINDINGS = [
        Binding("escape", "cancel", "Cancel"),
        Binding("up", "choose(-1)", show=False),
        Binding("down", "choose(1)", show=False),
    ]
    AUTO_FOCUS = "#kinds"
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (22, "-roomy")]

    asking: reactive[bool] = reactive(False)
    """Whether the question stands if the file that is there is to be replaced"""
    saving: reactive[bool] = reactive(False)

    class Written(Message):
        """The file is written, or is not."""

        def __init__(self, path: Path, problem: str) -> None:
            self.path, self.problem = path, problem
            super().__init__()

    def __init__(self, kinds: Sequence[ExportKind], chosen: str | None = None) -> None:
        """Offer these kinds.

        Args:
            kinds: What can be saved, at least one.
            chosen: The name of the kind to start on, the first if None.
        """
        super().__init__()
        self._kinds = tuple(kinds)
        names = [kind.name for kind in kinds]
        self._kind = self._kinds[names.index(chosen) if chosen in names else 0]

    def compose(self) -> ComposeResult:
        """What, where, what will happen, and the buttons."""
        with VerticalScroll(id="box", can_focus=False) as box:
            box.border_title = "Export"
            box.border_subtitle = "↑↓ what · enter saves · esc"
            yield Label("What", classes="heading")
            yield _Kinds(self._kinds)
            yield Label("Where", id="where", classes="heading")
            yield Input(self._kind.suggested, id="path", select_on_focus=False, placeholder="a file name")
            yield Static(id="note", markup=False)
            with _Buttons():
                yield Button("Cancel", id="cancel")
                yield Button("Save", id="save", variant="primary")

    def on_mount(self) -> None:
        """Start on the chosen kind."""
        self.query_one(_Kinds).highlighted = self._kinds.index(self._kind)
        self._look()

    # What and where

    @on(OptionList.OptionHighlighted)
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        chosen = self._kinds[event.option_index]
        if chosen is self._kind:
            return
        before, self._kind = self._kind, chosen
        field = self.query_one("#path", Input)
        field.value = renamed(field.value, before, chosen)
        field.cursor_position = len(field.value)
        self._look()

    def action_choose(self, by: int) -> None:
        """The next kind, also while the name is being typed."""
        kinds = self.query_one(_Kinds)
        if not self.saving and kinds.highlighted is not None:
            kinds.highlighted = (kinds.highlighted + by) % len(self._kinds)

    @on(Input.Changed)
    def _typed(self) -> None:
        self._look()

    def _look(self) -> Path | None:
        """Say what saving would do now; the path if it could."""
        self.asking = False
        try:
            path = destination(self.query_one("#path", Input).value, self._kind.suffix)
            there = existing(path)
        except ExportError as error:
            self._say(str(error), "-wrong")
            self._label(replacing=False)
            return None
        self._label(replacing=there is not None)
        if there is None:
            self._say(f"A new file, {_from_home(path)}")
        else:
            self._say(f"There is one already: {_from_home(path)}, {_described(there)}", "-there")
        return path

    def _say(self, text: str, kind: str = "") -> None:
        note = self.query_one("#note", Static)
        note.set_classes(kind)
        note.update(text)

    def _label(self, *, replacing: bool) -> None:
        save = self.query_one("#save", Button)
        save.label = "Overwrite" if replacing else "Save"
        save.variant = "warning" if replacing else "primary"

    # Saving

    @on(Input.Submitted)
    @on(Button.Pressed, "#save")
    def action_save(self) -> None:
        """Save, or ask first if something would be replaced."""
        if self.saving:
            return
        if self.asking:
            self._start(overwrite=True)
        elif (path := self._look()) is not None:
            if existing(path) is None:
                self._start(overwrite=False)
            else:
                self.asking = True

    def watch_asking(self, asking: bool) -> None:
        """Put the question, with the focus on the answer that keeps the file."""
        if not self.is_mounted:
            return
        self.query_one("#cancel", Button).label = "Keep it" if asking else "Cancel"
        if asking:
            self._say("Replace it? What is in it now will be gone.", "-wrong")
            self.query_one("#save", Button).variant = "error"
            self.query_one("#cancel", Button).focus()

    def _start(self, *, overwrite: bool) -> None:
        path = destination(self.query_one("#path", Input).value, self._kind.suffix)
        self.asking = False
        self.saving = True
        self._say(f"Saving {path.name} …")
        self._write(self._kind, path, overwrite)

    def watch_saving(self, saving: bool) -> None:
        """Nothing can be changed while a file is being written."""
        if self.is_mounted:
            self.query_one("#box").disabled = saving

    @work(thread=True, group="export", exit_on_error=False)
    def _write(self, kind: ExportKind, path: Path, overwrite: bool) -> None:
        try:
            kind.write(path, overwrite)
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
            self.dismiss(event.path)
            return
        self.saving = False
        self._look()
        self._say(event.problem, "-wrong")
        self.query_one("#path", Input).focus()

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        """Take the question back; else leave without saving, unless it is being done."""
        if self.asking:
            self._look()
            self.query_one("#path", Input).focus()
        elif not self.saving:
            self.dismiss(None)


def renamed(text: str, before: ExportKind, after: ExportKind) -> str:
    """What is typed, for another kind: the suggestion follows it, a name of one's own changes its suffix alone."""
    folder, name = os.path.split(text)
    if name == os.path.basename(before.suggested):
        return os.path.join(folder, os.path.basename(after.suggested))
    if name.lower().endswith(before.suffix):
        return text[: len(text) - len(before.suffix)] + after.suffix
    return text


def _from_home(path: Path) -> str:
    """The whole path, as short as it can be told."""
    whole = os.path.abspath(path)
    home = os.path.expanduser("~")
    inside = home not in ("~", os.sep) and whole.startswith(home + os.sep)
    return shown("~" + whole[len(home) :] if inside else whole)


def _described(file: os.stat_result) -> str:
    if stat.S_ISLNK(file.st_mode):
        return "a link to nothing"
    size = float(file.st_size)
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:
            break
        size /= 1000
    else:
        unit = "GB"
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(file.st_mtime))
    return f"{size:.3g} {unit} of {when}"
