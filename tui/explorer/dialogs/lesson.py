"""The steps of a lesson: put in order, given words, taken out, saved, and played from any of them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, VerticalScroll
from textual.message import Message
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option
from textual.worker import get_current_worker

from core import Experiment, Trace
from core.settings.provenance import provenance
from tui.explorer.background.responsiveness import UiFirst
from tui.explorer.background.trace_worker import Superseded, TraceRequest, compute, reporting
from tui.explorer.dialogs.closing import Dialog
from tui.explorer.dialogs.export import ExportDialog
from tui.explorer.dialogs.export_kinds import ExportKind
from tui.explorer.dialogs.export_place import saved
from tui.explorer.dialogs.scene import hint
from tui.explorer.session.lesson import Lesson, Page
from tui.explorer.session.pins import Source
from tui.explorer.session.shown import Shown
from tui.explorer.session.subject import Subject
from tui.explorer.session.tour import LONGEST, Tour, TourStep
from tui.explorer.tours.checking import has_numbers, misspelt, reads, wrong
from tui.explorer.tours.library import SUFFIX, made_own_folder, name_for, told_name
from tui.explorer.tours.reading import wrong_words
from tui.explorer.tours.texts import Seen
from tui.explorer.tours.writing import tour_contents
from tui.explorer.widgets.plain_text import PlainLabel, PlainText
from tui.explorer.widgets.step_fields import StepFields
from tui.report.atomic_files import write_whole
from tui.report.printable import printable

KEYS = "enter plays · ⇧↑⇧↓ order · del · ctrl+s saves · tab words · esc"


@dataclass(frozen=True)
class Edited:
    """A lesson as it was when its dialog was closed."""

    lesson: Lesson
    play: int | None = None
    """The step to play it from, from 0; None to play nothing"""


class StepTraced(Message):
    """The trace of the network of some settings, whose numbers stand in words of a step, has been made."""

    def __init__(self, experiment: Experiment, trace: Trace) -> None:
        self.experiment, self.trace = experiment, trace
        super().__init__()


class LessonDialog(Dialog[Edited | None]):
    """The steps in a list, the words of the highlighted one below it; returns the lesson as it is by then."""

    DEFAULT_CSS = """
    LessonDialog { align: center middle; }
    LessonDialog > #lesson-box {
        width: 78; max-width: 100%; height: 22; max-height: 100%; padding: 0 1;
        background: $surface; border: round $border; scrollbar-size-vertical: 1;
        border-title-color: $foreground; border-title-style: bold; border-subtitle-color: $foreground-muted;
    }
    LessonDialog #lesson-head { height: 1; }
    LessonDialog #lesson-head PlainLabel { width: 9; color: $foreground-muted; text-style: bold; }
    LessonDialog #lesson-title { width: 1fr; height: 1; border: none !important; padding: 0 1; background: $panel; }
    LessonDialog #lesson-steps {
        height: 1fr; min-height: 2; margin: 1 0; background: $surface; scrollbar-size-vertical: 1;
        text-wrap: nowrap; text-overflow: ellipsis;
    }
    LessonDialog #lesson-note { height: auto; color: $foreground-muted; margin-top: 1; }
    LessonDialog #lesson-note.-wrong { color: $text-error; }
    """

    BINDINGS = [
        Binding("escape", "close", "Close"),
        Binding("ctrl+s", "save", "Save"),
        Binding("shift+up,alt+up,ctrl+up", "move(-1)", show=False),
        Binding("shift+down,alt+down,ctrl+down", "move(1)", show=False),
        Binding("delete,backspace", "remove", show=False),
        Binding("u", "put_back", show=False),
    ]
    AUTO_FOCUS = "#lesson-steps"

    def __init__(
        self,
        lesson: Lesson,
        place: int = 0,
        shown: Shown | None = None,
        changed: Callable[[Lesson], None] | None = None,
    ) -> None:
        """Show a lesson.

        Args:
            lesson: The lesson.
            place: The step that is highlighted at first, from 0.
            shown: What is on the screen: a step that was kept from it has its numbers.
            changed: Called with the lesson after every change of it.
        """
        super().__init__()
        self.lesson = lesson
        self._place = max(place, 0)
        self._shown, self._changed = shown or Shown(), changed
        self._taken_out: list[tuple[int, Page]] = []
        """The steps that were taken out and where they stood, the last one last"""
        self._traces: dict[Experiment, Trace] = {}
        """Settings → the trace of the untrained network that they make"""

    def compose(self) -> ComposeResult:
        """Fields for the title and for the words of the highlighted step, and the list of steps between them."""
        with VerticalScroll(id="lesson-box", can_focus=False) as box:
            box.border_subtitle = KEYS
            with Horizontal(id="lesson-head"):
                yield PlainLabel("Lesson")
                yield Input(self.lesson.title, id="lesson-title", max_length=LONGEST)
            yield OptionList(id="lesson-steps", compact=True)
            yield StepFields()
            yield PlainText(id="lesson-note")

    def on_mount(self) -> None:
        """List the steps, and say where the lesson is saved."""
        self._fill(self._place)

    @property
    def _list(self) -> OptionList:
        return self.query_one("#lesson-steps", OptionList)

    @property
    def _page(self) -> Page | None:
        """The step that is highlighted; None where there is none."""
        return self.lesson.pages[self._place] if self._place < len(self.lesson.pages) else None

    def _take(self, lesson: Lesson) -> None:
        """Take up a lesson that has been changed."""
        self.lesson = lesson
        if self._changed is not None:
            self._changed(lesson)

    def _fill(self, place: int) -> None:
        """List the steps, one of them highlighted."""
        options = self._list
        options.set_options(Option(row(number, page)) for number, page in enumerate(self.lesson.pages, start=1))
        if self.lesson.pages:
            options.highlighted = self._place = min(max(place, 0), len(self.lesson.pages) - 1)
        self._show_words()

    def _show_words(self) -> None:
        page = self._page
        self.query_one(StepFields).show(None if page is None else page.words)
        self._check()

    def _say(self, text: str = "", *, wrong: bool = False) -> None:
        """Say something in the last line: by default what a person can do; above, where the lesson is saved."""
        lesson = self.lesson
        where = "no file so far" if lesson.path is None else printable(str(lesson.path))
        state = f"{where}{'' if lesson.saved else ' · changes are not saved'}"
        self.query_one("#lesson-box").border_title = Text(f"Lesson · {state}").markup
        note = self.query_one("#lesson-note", Static)
        note.set_class(wrong, "-wrong")
        note.update(
            text or (hint() if lesson.pages else "No step so far. esc, and S keeps what is on the screen as one.")
        )

    # What is wrong with the words

    def _check(self) -> None:
        """Say what is wrong with the words of the highlighted step, and how its numbers read."""
        page = self._page
        self.query_one(StepFields).mark(*(() if page is None else misspelt(page)))
        if page is None:
            self._say()
            return
        seen, exact = self._seen(page.step)
        problem = wrong(page, seen, exact=exact)
        if problem:
            self._say(problem, wrong=True)
        elif seen is not None and exact and has_numbers(page):
            self._say(f"Reads: {reads(page, seen)}")
        else:
            self._say()
        if seen is None and page.step.experiment is not None and has_numbers(page):
            make = partial(self._trace, page.step.experiment, UiFirst())
            self.run_worker(make, thread=True, exclusive=True, group="step", description="make the trace of a step")

    def _seen(self, step: TourStep) -> tuple[Seen | None, bool]:
        """What a step shows, as far as that is known; and whether it is after as much training as the step says."""
        experiment = step.experiment
        here = self._shown
        own = experiment is None or (here.source == Source(Subject(experiment), step.trained))
        if own and here.trace is not None:
            return Seen.by(step, here.trace), experiment is not None
        known = None if experiment is None else self._traces.get(experiment)
        return None if known is None else Seen.by(step, known), step.trained == 0

    def _trace(self, experiment: Experiment, ui_first: UiFirst) -> None:
        """In a thread: compute what an untrained network shows, and post it."""
        progress = reporting(get_current_worker(), ui_first, lambda share: None)
        with suppress(Superseded, ValueError, MemoryError):  # without it, only what is in braces is looked at
            trace = compute(TraceRequest(Subject(experiment)), progress).trace
            self.post_message(StepTraced(experiment, trace))

    @on(StepTraced)
    def _traced(self, event: StepTraced) -> None:
        self._traces[event.experiment] = event.trace
        self._check()

    # What a person does

    @on(OptionList.OptionHighlighted)
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        if event.option_index != self._place and event.option_index < len(self.lesson.pages):
            self._place = event.option_index
            self._show_words()

    @on(Input.Changed, "#lesson-title")
    def _named(self, event: Input.Changed) -> None:
        if event.value != self.lesson.title:
            self._take(self.lesson.named(event.value))
            self._say()

    @on(StepFields.Typed)
    def _typed(self, event: StepFields.Typed) -> None:
        """Words as they are typed."""
        if self._page is not None:
            self._take(self.lesson.worded(self._place, event.words))
            self._list.replace_option_prompt_at_index(self._place, row(self._place + 1, self.lesson.pages[self._place]))
            self._check()

    @on(Input.Submitted, "#lesson-title")
    @on(StepFields.Done)
    def _to_the_list(self) -> None:
        self._list.focus()

    @on(StepFields.Left)
    def _beyond_the_fields(self, event: StepFields.Left) -> None:
        if event.by < 0:
            self._list.focus()

    def action_move(self, by: int) -> None:
        """The highlighted step further up or down."""
        moved = self.lesson.moved(self._place, by)
        if moved is not self.lesson:
            self._take(moved)
            self._fill(self._place + by)

    def action_remove(self) -> None:
        """Take the highlighted step out."""
        if self.lesson.pages:
            place, page = self._place, self.lesson.pages[self._place]
            self._taken_out.append((place, page))
            self._take(self.lesson.without(place))
            self._fill(place)
            self._say(f"Taken out: {page.step.title or page.step.text or 'a step without words'}. u puts it back.")

    def action_put_back(self) -> None:
        """Put the step back that was taken out last."""
        if self._taken_out:
            place, page = self._taken_out.pop()
            self._take(self.lesson.put_back(place, page))
            self._fill(place)

    @on(OptionList.OptionSelected)
    def _play(self, event: OptionList.OptionSelected) -> None:
        bad = next((place for place, page in enumerate(self.lesson.pages) if misspelt(page)), None)
        if bad is None:
            self.dismiss(Edited(self.lesson, event.option_index))
        else:
            self._say(f"Step {bad + 1}: {wrong(self.lesson.pages[bad], None)}", wrong=True)

    def action_close(self) -> None:
        """Back to the explorer, with the lesson as it is."""
        self.dismiss(Edited(self.lesson))

    def _unfit(self) -> str:
        """Why the lesson cannot be saved; empty where it can."""
        if not self.lesson.pages:
            return "There is no step to save; S keeps what is on the screen as one"
        for number, page in enumerate(self.lesson.pages, start=1):
            problem = page.missing or next(wrong_words(page.step), "")
            if problem:
                return f"Step {number}: {problem}"
        return ""

    @work
    async def action_save(self) -> None:
        """Choose where, and save it there."""
        tour, problem = self.lesson.tour, self._unfit()
        if tour is None or problem:
            self._say(problem, wrong=True)
            return
        if self.app.screen is not self:
            return
        path = await self.app.push_screen_wait(ExportDialog([_kind(tour, self.lesson.path)]))
        if path is not None:
            self._take(self.lesson.saved_to(path))
            self._say(f"{saved(path)}; rnn-tui tour {told_name(path)} plays it")


def row(number: int, page: Page) -> Text:
    """A step in the list: its title, or else the beginning of its note, and its network; whether it asks."""
    step = page.step
    experiment = step.experiment
    network = "your network" if experiment is None else step.preset or experiment.cell
    words = step.title or step.text or "without words"
    asks = "" if page.typed is None and step.question is None else " · question"
    return Text.assemble(f" {number:>2} {words}  ", (f"{network} · {step.tab or 'lags'}{asks}", "dim"))


def _kind(tour: Tour, path: Path | None) -> ExportKind:
    """The lesson as the dialog saves it, by default among the person's own tours."""
    suggested = str(path) if path is not None else str(made_own_folder() / f"{name_for(tour.title)}{SUFFIX}")
    return ExportKind("tour", "Lesson, to play and to edit", SUFFIX, suggested, partial(_write, tour))


def _write(tour: Tour, path: Path, overwrite: bool) -> Path:
    return write_whole(lambda: tour_contents(tour, provenance().line), path, overwrite=overwrite)
