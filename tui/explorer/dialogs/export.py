"""The export dialog: what to save, where, and whether something there is to be replaced.

It is given what there is to save as functions that write it. Pictures are taken before it opens, so that they
show the explorer and not the dialog.
"""

from __future__ import annotations

import io
import os
import stat
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from rich.table import Table
from rich.text import Text
from textual import on, work
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, VerticalScroll
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Button, Input, OptionList, Static
from textual.widgets.option_list import Option

from core import Dynamics, Trace
from core.settings.files import closed_files
from core.settings.provenance import provenance
from tui.explorer.dialogs.closing import Dialog
from tui.explorer.widgets.plain_text import PlainLabel, PlainText
from tui.report.atomic_files import ExportError, destination, existing, shown
from tui.report.charts.model import Chart
from tui.report.charts.training import TrainingRun
from tui.report.figures.options import AS_USUAL, FigureOptions
from tui.report.formats import Bundle, Format, FormatOf, offered, write
from tui.report.formats.figures_of import FIGURES, of_study, of_trace
from tui.report.formats.format import B
from tui.report.formats.names import suggested_name, unused_name
from tui.report.formats.study import STUDY_FORMATS, StudyBundle
from tui.report.formats.svg import picture
from tui.report.numbers import number

KEYS = "↑↓ what · enter saves · esc"
KEYS_WHEN_ASKING = "←→ enter answers · esc keeps it"


@dataclass(frozen=True)
class ExportKind:
    """One thing that can be saved: its name in the list, its file's name, and what writes it."""

    name: str
    label: str
    suffix: str
    """With its dot; a name without it gets it"""
    suggested: str
    """A file name, or a path from the current folder"""
    write: Callable[[Path, bool], object]
    """Write to this path, replacing what is there if True. Called in a thread; raises an ExportError."""


def trace_kinds(
    trace: Trace,
    *,
    chart: str,
    screen: str,
    dynamics: Dynamics | None = None,
    figure: FigureOptions = AS_USUAL,
    lags: Callable[[int, int], Chart] | None = None,
    run: TrainingRun | None = None,
    setup: str = "",
) -> tuple[ExportKind, ...]:
    """What the explorer can save of a trace: every format that can be written of it.

    Args:
        trace: The trace on the screen.
        chart: The chart in view, as SVG (see `widget_picture`).
        screen: The whole screen, as SVG (`app.export_screenshot()`).
        dynamics: What has been measured of the Jacobians.
        figure: Which of its charts a figure shows, and how.
        lags: The chart against the lag as it is looked at, for a figure of it.
        run: The training, for a figure of it.
        setup: The code of what is on the screen.
    """
    made = replace(provenance(), setup=setup)
    bundle = Bundle(trace, dynamics, chart, screen, made=made, figure=figure, lags=lags, run=run)
    return tuple(
        ExportKind(
            one.name,
            one.title,
            one.suffix,
            _named(bundle, one),
            partial(_write, one, bundle),
        )
        for one in offered(bundle)
    )


def study_kinds(bundle: StudyBundle) -> tuple[ExportKind, ...]:
    """What can be saved of a sweep: its report, its record, a table and its arrays.

    Args:
        bundle: The sweep.
    """
    name = "-".join(["sweep", *(axis.name for axis in bundle.study.grid.axes)])
    figure = of_study(bundle).name
    return tuple(
        ExportKind(
            one.name,
            one.title,
            one.suffix,
            unused_name(figure + one.suffix, Path.cwd()) if one.name in FIGURES else name + one.suffix,
            partial(_write, one, bundle),
        )
        for one in STUDY_FORMATS
        if not one.problem(bundle)
    )


def _named(bundle: Bundle, kind: Format) -> str:
    """A file name to start with; of a figure one that is not taken, so that a second one does not ask for the first."""
    if kind.name in FIGURES:
        return unused_name(of_trace(bundle).name + kind.suffix, Path.cwd())
    return suggested_name(bundle.trace, kind)


def _write(kind: FormatOf[B], bundle: B, path: Path, overwrite: bool) -> Path:
    return write(kind, bundle, path, overwrite=overwrite)


def widget_picture(widget: Widget, title: str) -> str:
    """A widget and what is in it, as they stand on the screen, as SVG."""
    region = widget.region.intersection(widget.screen.region)
    # The compositor alone knows how the widgets lie upon each other; Textual's own screenshot asks it too.
    strips = widget.screen._compositor.render_strips()
    lines = [strip.crop(region.x, region.right) for strip in strips[region.y : region.bottom]]
    return picture(lines, region.width, title)


class _Kinds(OptionList):
    """The highlighted kind is the chosen one; Enter goes on to save it, and a click only chooses."""

    BINDINGS = [Binding("enter", "screen.save", "Save", show=False)]

    def __init__(self, kinds: Sequence[ExportKind]) -> None:
        super().__init__(*(Option(_row(kind, chosen=False)) for kind in kinds), id="export-kinds", compact=True)
        self._kinds = kinds

    def mark(self, chosen: ExportKind) -> None:
        """Mark the chosen one, also for screens without colors and while the focus is elsewhere."""
        for index, kind in enumerate(self._kinds):
            self.replace_option_prompt_at_index(index, _row(kind, chosen=kind is chosen))


def _row(kind: ExportKind, *, chosen: bool) -> Table:
    row = Table.grid(expand=True, padding=(0, 1), pad_edge=True)
    row.add_column(no_wrap=True)
    row.add_column(justify="right", no_wrap=True)
    row.add_row(f"{'●' if chosen else '○'} {kind.label}", Text(kind.suffix, "dim"))
    return row


class _Buttons(Horizontal):
    """Arrows go from one to the other."""

    BINDINGS = [
        Binding("left", "app.focus_previous", show=False),
        Binding("right", "app.focus_next", show=False),
    ]


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
    ExportDialog #export-where { margin-top: 1; }
    ExportDialog Input { background: $panel; border: tall $panel; padding: 0 1; }
    ExportDialog Input:focus { border: tall $border; }
    ExportDialog #export-note { height: auto; min-height: 2; padding: 0 1; color: $foreground-muted; }
    ExportDialog #export-note.-there { color: $text-warning; }
    ExportDialog #export-note.-wrong { color: $text-error; }
    ExportDialog _Buttons { height: auto; align-horizontal: right; }
    ExportDialog Button { margin-left: 2; }
    ExportDialog #export-cancel { background: $panel; }
    ExportDialog.-flat > #export-box { padding: 0 1; }
    ExportDialog.-flat .export-heading { display: none; }
    ExportDialog.-flat Input { height: 1; border: none !important; }
    ExportDialog.-flat Button { height: 1; min-width: 12; border: none !important; }
    ExportDialog.-flat #export-note { min-height: 1; }
    ExportDialog.-narrow _Buttons { layout: vertical; }
    ExportDialog.-narrow Button { width: 100%; margin: 0; }
    """

    BINDINGS = [
        Binding("escape", "cancel", "Cancel"),
        Binding("up", "choose(-1)", show=False),
        Binding("down", "choose(1)", show=False),
    ]
    AUTO_FOCUS = "#export-kinds"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (36, "-wide")]
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
        """Offer these kinds of files.

        Args:
            kinds: What can be saved, at least one.
            chosen: The name of the kind to start on, the first if None.
        """
        super().__init__()
        self._kinds = tuple(kinds)
        names = [kind.name for kind in kinds]
        self._kind = self._kinds[names.index(chosen) if chosen in names else 0]
        self._looked_at = ""
        self._delivers = closed_files() is not None
        """Whether what is saved goes to a visitor's browser, and so has a name and no place"""

    def compose(self) -> ComposeResult:
        """The kinds of files, the path, what will happen, and the buttons."""
        with VerticalScroll(id="export-box", can_focus=False) as box:
            box.border_title = "Export"
            box.border_subtitle = KEYS
            yield PlainLabel("What", classes="export-heading")
            yield _Kinds(self._kinds)
            heading = "Name of the download" if self._delivers else "Where"
            yield PlainLabel(heading, id="export-where", classes="export-heading")
            name = os.path.basename(self._kind.suggested) if self._delivers else self._kind.suggested
            yield Input(name, id="export-path", select_on_focus=False, placeholder="a file name")
            yield PlainText(id="export-note")
            with _Buttons():
                yield Button("Cancel", id="export-cancel")
                yield Button("Save", id="export-save", variant="primary")

    def on_mount(self) -> None:
        """Highlight the kind that is chosen at first."""
        kinds = self.query_one(_Kinds)
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
        self.query_one(_Kinds).mark(chosen)
        field = self.query_one("#export-path", Input)
        field.value = renamed(field.value, before, chosen)
        field.cursor_position = len(field.value)
        self._look()

    def action_choose(self, by: int) -> None:
        """Choose the next kind, also while the name is being typed."""
        kinds = self.query_one(_Kinds)
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
        try:
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
            self._say(f"New file{name} in {_from_home(path.parent)}")
        else:
            self._say(f"There is one{name} already, {_described(there)}, in {_from_home(path.parent)}", "-there")
        return path, there is not None

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
        self._write(self._kind, path, replaces)

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
            if self._delivers:
                _deliver(self.app, event.path)
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


def _deliver(app: App[object], path: Path) -> None:
    """Send a file to the browser that the program is looked at in, and keep none of it."""
    data = path.read_bytes()
    path.unlink()
    app.deliver_binary(io.BytesIO(data), save_filename=path.name)


def saved(path: Path) -> str:
    """What is said of a file that the dialog has saved: where it is."""
    return f"Saved {shown(path)}" if closed_files() is None else f"Sent to your browser: {shown(path.name)}"


def renamed(text: str, before: ExportKind, after: ExportKind) -> str:
    """What is typed, for another kind: the suggestion follows it, a name of one's own changes only its suffix."""
    folder, name = os.path.split(text)
    if name == os.path.basename(before.suggested):
        return os.path.join(folder, os.path.basename(after.suggested))
    if name.lower().endswith(before.suffix):
        return text[: len(text) - len(before.suffix)] + after.suffix
    return text


def _from_home(path: Path) -> str:
    """The whole path, as short as it can be told."""
    whole, home = os.path.abspath(path), os.path.expanduser("~")
    if home not in ("~", os.sep) and f"{whole}{os.sep}".startswith(f"{home}{os.sep}"):
        whole = "~" + whole[len(home) :]
    return shown(whole)


def _described(file: os.stat_result) -> str:
    if stat.S_ISLNK(file.st_mode):
        return "a link to nothing"
    size, units = float(file.st_size), ["bytes", "kB", "MB", "GB"]
    while size >= 1000 and len(units) > 1:
        size, units = size / 1000, units[1:]
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(file.st_mtime))
    return f"{number(size)} {units[0]} of {when}"
