"""A tour as a TOML file, read with care: a file that is not allowed is refused with its name, the step and the key."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from core.settings.files import read_text, visible
from core.sources.pages import is_page, record_of
from tui.explorer.session.tour import Look, Question, Tour, TourStep
from tui.explorer.tours.texts import unknown
from tui.report.printable import printable

MOST_BYTES: Final = 1_000_000
"""The largest file of a tour"""

_LONGEST_SHOWN: Final = 80
"""Characters of a value that a message shows"""

_MODELS: Final[Mapping[str, type[BaseModel]]] = {"steps": TourStep, "question": Question, "reveal": Look}
"""The key of a table within a tour → what may stand in it"""


class NoTourError(ValueError):
    """A page has no tour on it."""


def read_tour(path: Path | str) -> Tour:
    """The tour in a file.

    Raises:
        ValueError: no ordinary file of at most `MOST_BYTES`, not TOML in UTF-8, or a key or value that is not allowed;
            one line with the file, the step, the key, and what is allowed.
    """
    name = visible(path)
    try:
        text = read_text(Path(path), MOST_BYTES)
    except OSError as error:
        raise ValueError(f"{name}: cannot be read: {error.strerror or error}; give the path of a TOML file") from None
    except UnicodeDecodeError:
        raise ValueError(f"{name}: not a text file in UTF-8; give the path of a TOML file") from None
    return parsed(text, name)


def parsed(text: str, name: str) -> Tour:
    """The tour in a text.

    Args:
        text: TOML, or a page that was made of a tour.
        name: What it is called in messages.

    Raises:
        ValueError: it is not TOML, or a key or value is not allowed.
    """
    try:
        table = _on_page(text, name) if is_page(text[:64]) else tomllib.loads(text)
    except NoTourError:
        raise
    except (ValueError, RecursionError) as error:  # in addition to its own errors, int()'s and the stack's limits
        raise ValueError(f"{name}: not valid TOML: {printable(str(error))}") from None
    if "steps" not in table and "cell" in table:
        raise ValueError(f"{name}: settings, and no tour: it has no [[steps]]; rnn-tui --experiment opens it")
    try:
        tour = Tour.model_validate(table)
    except ValidationError as error:
        raise ValueError(f"{name}: {_first(error)}") from None
    for place, step in enumerate(tour.steps, start=1):
        for wrong in wrong_words(step):
            raise ValueError(f"{name}: step {place}: {wrong}")
    return tour


def _on_page(text: str, name: str) -> dict[str, Any]:
    """The tour that a page was made of.

    Raises:
        ValueError: there is none on it.
    """
    found = (record_of(text) or {}).get("tour")
    if not isinstance(found, dict):
        raise NoTourError(f"{name}: a page without a tour; rnn-tui tour --html writes one with it")
    return found


def wrong_words(step: TourStep) -> Iterator[str]:
    """What in a step's texts stands for no number, in words."""
    for text in texts_of(step):
        yield from unknown(text)


def texts_of(step: TourStep) -> tuple[str, ...]:
    """Every text of a step in which there may be numbers."""
    question = step.question
    asked = () if question is None else (question.ask, *question.answers, question.reason)
    return (step.title, step.text, step.then_try, *asked)


def _first(error: ValidationError) -> str:
    """What is wrong first, in our words: of the choices of one key the first stands for all."""
    found = error.errors(include_url=False)[0]
    where, key, model = _place(found)
    place = ": ".join([*where, key] if key else where)
    place = f"{place}: " if place else ""
    if found["type"] == "extra_forbidden":
        return f"{place}not a key here; allowed is {', '.join(_keys(model))}"
    if found["type"] == "missing":
        return f"{place}is missing"
    if found["type"] == "value_error":
        return f"{place}{printable(str(found['ctx']['error']))}"
    field = next((one for name, one in model.model_fields.items() if key in (name, one.alias)), None)
    allowed = "" if field is None else field.description or "a text of at most 600 characters"
    return f"{place}{_shown(found['input'])} was given, allowed is {allowed or 'a table'}"


def _place(found: ErrorDetails) -> tuple[list[str], str, type[BaseModel]]:
    """Where in the file an error is: the step, the table, the key, and what may stand in the table."""
    model: type[BaseModel] = Tour
    where: list[str] = []
    places = list(found["loc"])
    for index, one in enumerate(places):
        within = _MODELS.get(str(one))
        follows = places[index + 1 :]
        if one == "steps" and follows and isinstance(follows[0], int):
            where.append(f"step {follows[0] + 1}")
            model = TourStep
        elif within is not None and one != "steps" and follows:
            where.append(str(one))
            model = within
        elif not isinstance(one, int):
            return where, printable(str(one)), model
    return where, "", model


def _keys(model: type[BaseModel]) -> tuple[str, ...]:
    return tuple(field.alias or name for name, field in model.model_fields.items())


def _shown(given: object) -> str:
    """A value as a message can show it."""
    try:
        text = repr(given)
    except ValueError:  # Python writes no integer of more than some thousand digits
        return "an integer of thousands of digits"
    text = printable(text)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


_NAME: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def is_name(text: str) -> bool:
    """Whether a text is a name as ours are, and not a path."""
    return _NAME.fullmatch(text) is not None
