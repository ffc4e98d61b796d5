"""What is wrong with the words of a step, told while they are typed: in a tour it would stand on the screen."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from tui.explorer.session.lesson import Page
from tui.explorer.tours.reading import texts_of
from tui.explorer.tours.texts import HOLE, Seen, fill, filled_as_far_as_it_goes, unknown
from tui.report.numbers import UNKNOWN

FIELDS: Final = ("title", "text", "ask", "answers", "reason")
"""The words of a step that are typed, field by field"""

_NUMBER: Final = re.compile(r"(?<![A-Za-z\d.])\d[\d,]*(?:\.\d+)?(?:e[+−-]?\d+)?")
"""A number as the screen has it: 0.884, 1,024, 6.6e−17"""


def numbers(text: str) -> frozenset[float]:
    """Every number in a text, by its value: 0.89 is 0.890."""
    return frozenset(float(found.replace(",", "").replace("−", "-")) for found in _NUMBER.findall(text))


def wrong(page: Page, seen: Seen | None, *, exact: bool = True) -> str:
    """What is wrong first with a step's words, in a sentence; empty where nothing is known to be.

    Args:
        page: The step, with what is typed for it.
        seen: What it shows, from which its numbers are made; None as long as that is not known.
        exact: Whether it is after as much training as the step says; if not, a number may be there that is not here.
    """
    return next(_wrong_words(_texts(page), seen, exact), "") or page.missing or _elsewhere(page)


def misspelt(page: Page) -> tuple[str, ...]:
    """The fields in which words in braces stand for nothing, so that no tour with them can be read again."""
    words = page.words
    return tuple(part for part in FIELDS if any(unknown(getattr(words, part))))


def not_here(page: Page, seen: Seen | None) -> tuple[str, ...]:
    """The words in braces that ask for a line, a gate, a lag or a setting that the network of a step does not have.

    Args:
        page: The step, with what is typed for it.
        seen: What it shows; nothing is found as long as that is not known.
    """
    if seen is None:
        return ()
    holes = (hole[0] for text in _texts(page) for hole in HOLE.finditer(text))
    return tuple(hole for hole in holes if filled_as_far_as_it_goes(hole, seen) == hole)


def has_numbers(page: Page) -> bool:
    """Whether there are words in braces, which stand for a number."""
    return any(HOLE.search(text) for text in _texts(page))


def reads(page: Page, seen: Seen) -> str:
    """The note with its numbers, as it is read on the screen."""
    return fill(page.words.text, seen)


def _texts(page: Page) -> tuple[str, ...]:
    typed = page.typed
    return texts_of(page.step) if typed is None else (typed.title, typed.text, typed.ask, typed.answers, typed.reason)


def _wrong_words(texts: Iterable[str], seen: Seen | None, exact: bool) -> Iterator[str]:
    for text in texts:
        yield from unknown(text)
        if HOLE.sub("", text).count("{"):
            yield "a { is not closed; words in braces stand for a number, as {rate}"
    if seen is None:
        return
    for hole in HOLE.findall(" ".join(texts)):
        try:
            there = fill(f"{{{hole}}}", seen) != UNKNOWN
        except ValueError as error:
            yield str(error)
            continue
        if exact and not there:
            yield f"{{{hole}}}: this screen has no such number"


def _elsewhere(page: Page) -> str:
    """Numbers that are written out and do not stand on the screen, where that is known; of answers most are wrong."""
    words = page.words
    text = HOLE.sub("", " ".join((words.title, words.text, words.ask, words.reason)))
    found = () if page.numbers is None else sorted(numbers(text) - page.numbers)
    said = ", ".join(f"{one:.10g}" for one in found)
    return f"not on this screen: {said}; words in braces always say what is on it" if found else ""
