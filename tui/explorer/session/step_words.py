"""The words of a step as a person types them: a title, a note, and a question with its answers in one line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from tui.explorer.session.tour import MOST_ANSWERS, Question, TourStep

SEPARATOR: Final = ";"
"""What stands between two answers"""

RIGHT: Final = "*"
"""What stands before the right answer"""

_PARTS: Final = re.compile(rf"(?:\\.|[^{SEPARATOR}\\]|\\$)+")
"""An answer as it is typed; after a backslash a separator is a letter like others"""


@dataclass(frozen=True)
class StepWords:
    """What stands in the fields. It is no question as long as there are no two answers."""

    title: str = ""
    text: str = ""
    ask: str = ""
    answers: str = ""
    """With ; between them and * before the right one: `W_aa; *all three; none`; after a backslash both are letters"""
    reason: str = ""

    @staticmethod
    def of(step: TourStep) -> StepWords:
        """The words of a step, to be changed."""
        question = step.question
        if question is None:
            return StepWords(step.title, step.text)
        answers = (_escaped(answer) for answer in question.answers)
        marked = (f"{RIGHT if place == question.right else ''}{one}" for place, one in enumerate(answers, start=1))
        return StepWords(step.title, step.text, question.ask, f"{SEPARATOR} ".join(marked), question.reason)

    def on(self, step: TourStep) -> TourStep:
        """The step with these words, and with all else that it had.

        Raises:
            ValueError: they are no question so far; the message says what is missing.
        """
        before = StepWords.of(step)
        asked, as_before = (self.ask, self.answers, self.reason), (before.ask, before.answers, before.reason)
        question = step.question if asked == as_before else self._question(step.question)
        return step.model_copy(update={"title": self.title.strip(), "text": self.text.strip(), "question": question})

    def without_question(self, step: TourStep) -> TourStep:
        """The step with its title and its note; its question stays as it was."""
        return step.model_copy(update={"title": self.title.strip(), "text": self.text.strip()})

    def _question(self, before: Question | None) -> Question | None:
        """The question, which reveals what the one before it did; None where nothing is asked."""
        if not any(part.strip() for part in (self.ask, self.answers, self.reason)):
            return None
        if not self.ask.strip():
            raise ValueError("there is an answer or a reason and no question; say what is asked, or empty all three")
        given = [part.strip() for part in _PARTS.findall(self.answers) if part.strip()]
        marked = [place for place, answer in enumerate(given, start=1) if answer.startswith(RIGHT)]
        answers = [_unescaped(answer.removeprefix(RIGHT).strip()) for answer in given]
        if not 2 <= len(answers) <= MOST_ANSWERS:
            raise ValueError(f"a question has 2 to {MOST_ANSWERS} answers, with {SEPARATOR} between them")
        if not all(answers):
            raise ValueError(f"an answer is empty; write it after the {RIGHT}")
        if len(marked) > 1:
            raise ValueError(f"{len(marked)} answers have a {RIGHT}; give it to the right one, or to none")
        right = marked[0] if marked else None
        kept: dict[str, Any] = {} if before is None else {"reveal": before.reveal}
        if before is not None and right is None and len(answers) == len(before.answers):
            kept["right_by"] = before.right_by
        return Question(ask=self.ask, answers=tuple(answers), right=right, reason=self.reason, **kept)


def _escaped(answer: str) -> str:
    """An answer as it has to be typed."""
    found = re.sub(rf"[\\{SEPARATOR}]", r"\\\g<0>", answer)
    return f"\\{found}" if found.startswith(RIGHT) else found


def _unescaped(typed: str) -> str:
    return re.sub(r"\\(.)", r"\1", typed)
