"""The steps of a lesson: put in order, given words, taken out, saved, and played from any of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rich.text import Text
from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from tui.explorer.dialogs.closing import Dialog
from tui.explorer.dialogs.export import ExportDialog, ExportKind
from tui.explorer.session.lesson import Lesson
from tui.explorer.session.tour import LONGEST, Tour, TourStep
from tui.explorer.tours.library import SUFFIX, made_own_folder, name_for, told_name
from tui.explorer.tours.reading import wrong_words
from tui.explorer.tours.writing import tour_contents
from tui.explorer.widgets.plain_text import PlainLabel, PlainText
from tui.report.atomic_files import write_whole
from tui.report.provenance import provenance

KEYS = "enter plays · ⇧↑⇧↓ order · del · ctrl+s saves · tab words · esc"


@dataclass(frozen=True)
class Edited:
    """A lesson as it was when its dialog was closed."""

    lesson: Lesson
    play: int | None = None
    """The step to play it from, from 0; None to play nothing"""


class LessonDialog(Dialog[Edited | None]):
    """The steps in a list, the words of the highlighted one below it; returns the lesson as it is by then."""

    DEFAULT_CSS = """
    LessonDialog { align: center middle; }
    LessonDialog > #lesson-box {
        width: 78; max-width: 100%; height: 22; max-height: 100%; padding: 0 1;
        background: $surface; border: round $border;
        border-title-color: $foreground; border-title-style: bold; border-subtitle-color: $foreground-muted;
    }
    LessonDialog Input { height: 1; border: none !important; padding: 0 1; background: $panel; }
    LessonDialog PlainLabel { color: $foreground-muted; text-style: bold; }
    LessonDialog #lesson-steps {
        height: 1fr; margin: 1 0; background: $surface; scrollbar-size-vertical: 1;
        text-wrap: nowrap; text-overflow: ellipsis;
    }
    LessonDialog #lesson-note { height: auto; color: $foreground-muted; margin-top: 1; }
    """

    BINDINGS = [
        Binding("escape", "close", "Close"),
        Binding("ctrl+s", "save", "Save"),
        Binding("shift+up,alt+up,ctrl+up", "move(-1)", show=False),
        Binding("shift+down,alt+down,ctrl+down", "move(1)", show=False),
        Binding("delete,backspace", "remove", show=False),
    ]
    AUTO_FOCUS = "#lesson-steps"

    def __init__(self, lesson: Lesson, place: int = 0) -> None:
        """Show a lesson.

        Args:
            lesson: The lesson.
            place: The step that is highlighted at first, from 0.
        """
        super().__init__()
        self.lesson = lesson
        self._place = max(place, 0)

    def compose(self) -> ComposeResult:
        """Fields for the title and for the words of the highlighted step, and the list of steps between them."""
        with Vertical(id="lesson-box") as box:
            box.border_title = "Lesson"
            box.border_subtitle = KEYS
            yield PlainLabel("Lesson's title")
            yield Input(self.lesson.title, id="lesson-title", max_length=LONGEST)
            yield OptionList(id="lesson-steps", compact=True)
            yield PlainLabel("Step's title and note")
            yield Input(id="lesson-step-title", max_length=LONGEST, placeholder="in a few words, or nothing")
            yield Input(id="lesson-step-text", max_length=LONGEST, placeholder="what to see here")
            yield PlainText(id="lesson-note")

    def on_mount(self) -> None:
        """List the steps, and say where the lesson is saved."""
        self._fill(self._place)
        self._say("")

    @property
    def _list(self) -> OptionList:
        return self.query_one("#lesson-steps", OptionList)

    def _fill(self, place: int) -> None:
        """List the steps, one of them highlighted."""
        options = self._list
        options.set_options(Option(row(number, step)) for number, step in enumerate(self.lesson.steps, start=1))
        if self.lesson.steps:
            options.highlighted = self._place = min(max(place, 0), len(self.lesson.steps) - 1)
        self._show_words()

    def _show_words(self) -> None:
        steps = self.lesson.steps
        step = steps[self._place] if self._place < len(steps) else None
        for part in ("title", "text"):
            field = self.query_one(f"#lesson-step-{part}", Input)
            with field.prevent(Input.Changed):
                field.value = "" if step is None else getattr(step, part)
            field.disabled = step is None

    def _say(self, text: str) -> None:
        lesson = self.lesson
        where = "no file so far" if lesson.path is None else str(lesson.path)
        state = f"{where}{'' if lesson.saved else ' · changes are not saved'}"
        empty = "" if lesson.steps else "S keeps what is on the screen as a step. "
        self.query_one("#lesson-note", Static).update(text or f"{empty}{state}")

    @on(OptionList.OptionHighlighted)
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        if event.option_index != self._place and event.option_index < len(self.lesson.steps):
            self._place = event.option_index
            self._show_words()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        """Words as they are typed."""
        if event.input.id == "lesson-title":
            self.lesson = self.lesson.named(event.value)
        elif self.lesson.steps:
            title, text = (self.query_one(f"#lesson-step-{part}", Input).value for part in ("title", "text"))
            self.lesson = self.lesson.worded(self._place, title, text)
            self._list.replace_option_prompt_at_index(self._place, row(self._place + 1, self.lesson.steps[self._place]))
        self._say("")

    @on(Input.Submitted)
    def _entered(self, event: events.Event) -> None:
        self._list.focus()

    def action_move(self, by: int) -> None:
        """The highlighted step further up or down."""
        moved = self.lesson.moved(self._place, by)
        if moved is not self.lesson:
            self.lesson = moved
            self._fill(self._place + by)
            self._say("")

    def action_remove(self) -> None:
        """Take the highlighted step out."""
        if self.lesson.steps:
            self.lesson = self.lesson.without(self._place)
            self._fill(self._place)
            self._say("")

    @on(OptionList.OptionSelected)
    def _play(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(Edited(self.lesson, event.option_index))

    def action_close(self) -> None:
        """Back to the explorer, with the lesson as it is."""
        self.dismiss(Edited(self.lesson))

    @work
    async def action_save(self) -> None:
        """Choose where, and save it there."""
        tour = self.lesson.tour
        problem = "there is no step to save; S keeps what is on the screen as one" if tour is None else ""
        problem = problem or next((wrong for step in self.lesson.steps for wrong in wrong_words(step)), "")
        if tour is None or problem:
            self._say(problem)
            return
        if self.app.screen is not self:
            return
        path = await self.app.push_screen_wait(ExportDialog([_kind(tour, self.lesson.path)]))
        if path is not None:
            self.lesson = self.lesson.saved_to(path)
            self._say(f"Saved {path}; rnn-tui tour {told_name(path)} plays it")


def row(number: int, step: TourStep) -> Text:
    """A step in the list: its title, or else the beginning of its note, and its network."""
    experiment = step.experiment
    network = "your network" if experiment is None else step.preset or experiment.cell
    words = step.title or step.text or "without words"
    return Text.assemble(f" {number:>2} {words}  ", (f"{network} · {step.tab or 'lags'}", "dim"))


def _kind(tour: Tour, path: Path | None) -> ExportKind:
    """The lesson as the dialog saves it, by default among the person's own tours."""
    suggested = str(path) if path is not None else str(made_own_folder() / f"{name_for(tour.title)}{SUFFIX}")
    return ExportKind("tour", "Lesson, to play and to edit", SUFFIX, suggested, partial(_write, tour))


def _write(tour: Tour, path: Path, overwrite: bool) -> Path:
    return write_whole(lambda: tour_contents(tour, provenance().line), path, overwrite=overwrite)
