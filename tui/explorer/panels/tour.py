"""The tour: what this step says, what it asks, and how to go on. It takes no room while there is no tour."""

from __future__ import annotations

from collections.abc import Callable

from rich.text import Text
from textual.containers import Container, Horizontal, Vertical
from textual.message import Message
from textual.reactive import var
from textual.widgets import Static

from tui.explorer.help import help_text
from tui.explorer.session.pins import Source
from tui.explorer.session.tour import MOST_ANSWERS, Question
from tui.explorer.session.touring import Touring
from tui.explorer.tours.texts import HOLE, Seen, fill, filled_as_far_as_it_goes, right_answer, unfilled
from tui.explorer.widgets.plain_text import PlainText
from tui.explorer.widgets.session_panel import SessionPanel

AS_IT_BEGAN = "The numbers here are of this step as it began, not of what is shown now."
"""What is said where a person has gone on from what a step shows"""

ASKED = "What do you expect?"
"""What stands in the place of the title while a question waits: many a title is its answer"""

KEPT_BACK = "(Lines come with the answer.)"
"""What is said where a step draws no lines before its answer"""

MORE_KEPT_BACK = "(More lines with the answer.)"
"""What is said where a step draws fewer lines than its answer does"""


class Told(PlainText):
    """A part of the panel that a click makes do what its key does."""

    class Clicked(Message):
        """An action was asked for."""

        def __init__(self, action: str) -> None:
            self.action = action
            super().__init__()

    def __init__(self, action: str, *, classes: str, id: str | None = None) -> None:
        super().__init__(classes=classes, id=id)
        self._action = action

    def on_click(self) -> None:
        """Ask for what its key does."""
        self.post_message(self.Clicked(self._action))


class TourPanel(Vertical, SessionPanel, can_focus=False):
    """A line of where one is and which keys there are, the text, and the question with its answers or its reason."""

    HELP = help_text("tour")
    DEFAULT_CSS = """
    TourPanel {
        display: none; height: auto; max-height: 50%; padding: 0 1;
        background: $panel; overflow-y: auto; scrollbar-size-vertical: 1;
        & .bar { height: 1; }
        & .place { width: auto; background: $warning; color: auto; text-style: bold; padding: 0 1; }
        & .place:ansi { background: ansi_default; color: $warning; text-style: bold reverse; padding: 0; }
        & .title { width: 1fr; text-style: bold; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
        & .key { width: auto; color: $foreground; margin-left: 2; }
        & .key:hover { text-style: underline; }
        & #tour-text, & #tour-question { height: auto; width: 1fr; }
        & #tour-question { display: none; }
        & #tour-numbers { display: none; height: 1; width: 1fr; color: $text-warning; }
        & #tour-answers { display: none; layout: horizontal; height: auto; width: 1fr; }
        & .answer { width: auto; height: auto; margin-right: 3; }
        & .answer:hover { text-style: underline; }
        &.-many #tour-answers { layout: vertical; }
        &.-question #tour-question { display: block; }
        &.-asking #tour-answers { display: block; }
    }
    """

    touring: var[Touring | None] = var(None)

    _of: tuple[Touring, Source | None] | None = None
    """The state of the tour that is told, and what its numbers are of; None as long as these are not there"""

    def on_mount(self) -> None:
        """Show the step, and its numbers once they are there."""
        self.show_when_changed("touring", "shown.source", "shown.asked", "view.loss")

    def on_resize(self) -> None:
        """Answers in a row where that is wide enough."""
        self._lay_out()

    def show(self) -> None:
        """The step, with the numbers of what it shows; they stay when a person plays with the network."""
        touring = self.touring
        self.display = touring is not None
        if touring is None:
            self._of = None
            return
        found = self._numbers(touring)
        if self._of is not None and self._of[0] is touring and (found is None or self._of[1] is not None):
            self._date_numbers(touring, found)
            return
        self._of = (touring, None if found is None else self.shown.source)
        if not self.children:
            self._make()
        self._tell(touring, found)
        self._date_numbers(touring, found)

    def _date_numbers(self, touring: Touring, found: Seen | None) -> None:
        """Say that the numbers are those of the step as it began, where something else is shown by now."""
        kept = found is None and self._of is not None and self._of[1] is not None
        note = self.query_one("#tour-numbers", Static)
        note.display = kept and HOLE.search(_written(touring)) is not None

    def _make(self) -> None:
        """The line, the text, the question and its answers: with the first step, so that no start waits for them."""
        bar = Horizontal(classes="bar")
        asked = (PlainText(id="tour-question"), PlainText(AS_IT_BEGAN, id="tour-numbers"), Container(id="tour-answers"))
        self.mount(bar, PlainText(id="tour-text"), *asked)
        bar.mount(
            PlainText(classes="place"),
            PlainText(classes="title"),
            Told("tour_on(-1)", classes="key", id="tour-back"),
            Told("tour_on(1)", classes="key", id="tour-next"),
            Told("lesson", classes="key", id="tour-lesson"),
            Told("symbols", classes="key", id="tour-symbols"),
            Told("leave_tour", classes="key", id="tour-leave"),
        )

    def _numbers(self, touring: Touring) -> Seen | None:
        """What the step shows, once it is there."""
        source = Source(touring.subject, touring.training_step)
        if self.shown.source != source or self.shown.asked != self.view.loss:
            return None
        return Seen.of(self.shown, self.view, touring.look if touring.look.has_place else touring.step)

    def _tell(self, touring: Touring, found: Seen | None) -> None:
        step, question = touring.step, touring.step.question

        def filled(text: str) -> str:
            if found is None:
                return unfilled(text)
            try:
                return fill(text, found)
            except ValueError as error:
                return f"{filled_as_far_as_it_goes(text, found)} ({error})"

        self.query_one(".place", Static).update(f"{touring.place + 1} of {len(touring.tour.steps)}")
        self.query_one(".title", Static).update(ASKED if touring.asking else step.title or touring.tour.title)
        attempt = Text.assemble((" Try: ", "bold"), filled(step.then_try)) if step.then_try else Text()
        self.query_one("#tour-text", Static).update(Text(filled(step.text)) + (Text() if question else attempt))
        self.set_class(question is not None, "-question")
        self.set_class(touring.asking, "-asking")
        self.set_class(touring.revealed, "-revealed")
        if question is not None:
            asked = Text.assemble((filled(question.ask), "bold"), _kept_back(touring))
            if touring.revealed:
                asked = _reason(question, touring.chosen, filled, right_answer(question, found)) + attempt
            self.query_one("#tour-question", Static).update(asked)
            for number, answer in enumerate(self._answers(), start=1):
                answer.display = number <= len(question.answers)
                if answer.display:
                    said = filled(question.answers[number - 1])
                    answer.update(Text.assemble((f"{number}", "bold reverse"), f" {said}"))
        self._name_keys(touring)
        self._lay_out()

    def _answers(self) -> list[Told]:
        """The places of the answers, as many as there can be."""
        container = self.query_one("#tour-answers")
        if not container.children:
            numbers = range(1, MOST_ANSWERS + 1)
            container.mount(*(Told(f"answer({one})", classes="answer", id=f"answer-{one}") for one in numbers))
        return [one for one in container.children if isinstance(one, Told)]

    def _name_keys(self, touring: Touring) -> None:
        on = "see" if touring.asking else "end" if touring.is_last else "next"
        for place, key, does in (
            ("back", "B", "back"),
            ("next", "enter", on),
            ("lesson", "E", "edit"),
            ("symbols", "?", "words"),
            ("leave", "esc", "leave"),
        ):
            told = self.query_one(f"#tour-{place}", Static)
            told.update(Text.assemble((key, "bold"), f" {does}"))
            told.display = touring.place > 0 if place == "back" else touring.is_last or place != "lesson"

    def _lay_out(self) -> None:
        touring = self.touring
        if touring is not None and touring.step.question is not None:
            needed = sum(len(answer) + 5 for answer in touring.step.question.answers)
            self.set_class(needed > self.size.width, "-many")


def _written(touring: Touring) -> str:
    """All that the panel tells of a step now, before its numbers are put in."""
    step, question = touring.step, touring.step.question
    asked = () if question is None else (question.reason,) if touring.revealed else (question.ask, *question.answers)
    return " ".join((step.text, step.then_try, *asked))


def _kept_back(touring: Touring) -> str:
    """That lines, or more of them, come with the answer, after the question; nothing where none do."""
    if not touring.keeps_back:
        return ""
    return f" {KEPT_BACK if 'all' in touring.view.hidden else MORE_KEPT_BACK}"


def _reason(question: Question, chosen: int | None, filled: Callable[[str], str], right: int | None) -> Text:
    """Whether the answer was right, which is, and why."""
    answers = [filled(answer) for answer in question.answers]
    mine = "" if chosen is None else answers[chosen - 1]
    if right is None:
        begin = f"You said: {mine}. " if mine else ""
        if question.right_by is not None and mine:
            begin = f"You said: {mine}. Here it is undetermined. "
    elif chosen == right:
        begin = f"✓ Right: “{mine}”. "
    else:
        other = answers[right - 1]
        begin = f"✗ Not “{mine}”, but “{other}”. " if mine else f"“{other}”. "
    return Text.assemble((begin, "bold"), filled(question.reason))
