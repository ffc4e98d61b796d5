"""A tour as TOML, which `read_tour` gives back equal."""

from __future__ import annotations

from typing import Any

import tomli_w
from pydantic import BaseModel

from tui.explorer.session.tour import Question, Tour, TourStep
from tui.explorer.tours.texts import in_plain_words


def tour_contents(tour: Tour, made: str = "") -> bytes:
    """The file of a tour: what is at its default is left out.

    Args:
        tour: The tour.
        made: With what it was made, as a comment at the top.
    """
    text = tomli_w.dumps(_plain(tour), multiline_strings=False)
    return (f"# {made}\n\n{text}" if made else text).encode()


def readable(tour: Tour) -> Tour:
    """A tour that can be read again: where words in braces stand for nothing, the braces are round."""
    return tour.model_copy(update={"steps": tuple(map(_readable_step, tour.steps))})


def _readable_step(step: TourStep) -> TourStep:
    words: dict[str, Any] = {name: in_plain_words(getattr(step, name)) for name in ("title", "text", "then_try")}
    if step.question is not None:
        words["question"] = _readable_question(step.question)
    return step.model_copy(update=words)


def _readable_question(question: Question) -> Question:
    answers = tuple(map(in_plain_words, question.answers))
    words = {name: in_plain_words(getattr(question, name)) for name in ("ask", "reason")}
    return question.model_copy(update={**words, "answers": answers})


def plain_tour(tour: Tour) -> dict[str, Any]:
    """What a tour says, as TOML and JSON have it: texts, numbers, lists and tables, without what is at its default."""
    return _plain(tour)


def _plain(part: BaseModel) -> dict[str, Any]:
    """What a part of a tour says, as TOML has it: texts, numbers, lists and tables."""
    found: dict[str, Any] = {}
    for name, field in type(part).model_fields.items():
        value = getattr(part, name)
        if value is None or value == field.get_default() or (isinstance(value, BaseModel) and not _plain(value)):
            continue
        found[field.alias or name] = _value(value)
    return found


def _value(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return _plain(value)
    if isinstance(value, tuple):
        return [_value(one) for one in value]
    return dict(value) if isinstance(value, dict) else value
