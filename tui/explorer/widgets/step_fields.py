"""The fields for the words of a step: title, note, question, and where one is asked, its answers and the reason."""

from __future__ import annotations

from typing import Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input

from tui.explorer.session.step_words import StepWords
from tui.explorer.session.tour import LONGEST
from tui.explorer.widgets.plain_text import PlainLabel

_FIELDS: Final = {
    "title": ("Title", "in a few words, or nothing"),
    "text": ("Note", "what to see here, in a sentence or two"),
    "ask": ("Question", "what to expect before it is seen, or nothing"),
    "answers": ("Answers", "W_aa; *all three; none — a * before the right one"),
    "reason": ("Reason", "why that is right; it is said with the answer"),
}
"""Part of the words → the name of its field, and what stands in it as long as it is empty"""

_ASKED: Final = ("answers", "reason")
"""The fields that only a question has"""


class StepFields(Vertical):
    """`enter` and `↓` go on to the next field, `↑` to the one before; after the last one the words are done."""

    DEFAULT_CSS = """
    StepFields {
        height: auto;
        & Horizontal { height: 1; }
        & PlainLabel { width: 9; color: $foreground-muted; text-style: bold; }
        & Input { width: 1fr; height: 1; border: none !important; padding: 0 1; background: $panel; }
        & .-wrong PlainLabel, & .-wrong Input { color: $text-error; text-style: bold underline; }
        & .asked { display: none; }
        &.-asking .asked { display: block; }
    }
    """
    BINDINGS = [Binding("down", "go(1)", show=False), Binding("up", "go(-1)", show=False)]

    class Typed(Message):
        """What stands in the fields has changed to these words."""

        def __init__(self, words: StepWords) -> None:
            self.words = words
            super().__init__()

    class Done(Message):
        """`enter` was pressed in the last field."""

    class Left(Message):
        """There is no field further up or down."""

        def __init__(self, by: int) -> None:
            self.by = by
            super().__init__()

    def compose(self) -> ComposeResult:
        """A line for each: its name, and the field."""
        for part, (name, hint) in _FIELDS.items():
            with Horizontal(classes="asked" if part in _ASKED else ""):
                yield PlainLabel(name)
                yield Input(id=f"step-{part}", max_length=LONGEST, placeholder=hint)

    @property
    def words(self) -> StepWords:
        """What stands in the fields."""
        return StepWords(**{part: self._field(part).value for part in _FIELDS})

    def show(self, words: StepWords | None) -> None:
        """Put words into the fields; None where there is no step that they could be of."""
        with self.prevent(Input.Changed):
            for part in _FIELDS:
                field = self._field(part)
                field.value = "" if words is None else getattr(words, part)
                field.disabled = words is None
        self._ask(words or StepWords())

    def mark(self, *wrong: str) -> None:
        """Mark the fields with something wrong in them, by their names, and no others."""
        for part in _FIELDS:
            row = self._field(part).parent
            if row is not None:
                row.set_class(part in wrong, "-wrong")

    def _field(self, part: str) -> Input:
        return self.query_one(f"#step-{part}", Input)

    def _ask(self, words: StepWords) -> None:
        self.set_class(any(part.strip() for part in (words.ask, words.answers, words.reason)), "-asking")

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        words = self.words
        self._ask(words)
        self.post_message(self.Typed(words))

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        fields = self._open
        if event.input is fields[-1]:
            self.post_message(self.Done())
        else:
            self.action_go(1)

    @property
    def _open(self) -> list[Input]:
        """The fields that are there to be typed in: with no question, no answers."""
        self._ask(self.words)  # what was typed just now may not have been told so far
        parts = [part for part in _FIELDS if part not in _ASKED or self.has_class("-asking")]
        return [self._field(part) for part in parts]

    def action_go(self, by: int) -> None:
        """Go on to another field; beyond the last one, and before the first, say so."""
        fields = self._open
        at = next((place for place, field in enumerate(fields) if field.has_focus), 0) + by
        if 0 <= at < len(fields):
            self.screen.set_focus(fields[at])
        else:
            self.post_message(self.Left(by))
