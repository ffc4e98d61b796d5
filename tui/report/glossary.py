"""The glossary: what each symbol and word on the screen means, and which of them a text has at a place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files

_ENTRY = re.compile(r"^- \*\*(?P<term>.+?)\*\*: (?P<text>.*(?:\n  .*)*)", re.MULTILINE)


@dataclass(frozen=True)
class Term:
    """A symbol or a word, and what it means."""

    name: str
    """As the glossary writes it: δ⟨s⟩, L_t, lag"""
    text: str
    """What it means, in one line"""

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What it looks like in a text: at any time, at any step of a loss, and not within a longer word or name."""
        return re.compile("|".join(_written(name) for name in self.name.split(", ")))


def _written(name: str) -> str:
    stem, timed, _ = name.partition("⟨")
    found = r"\s+".join(map(re.escape, stem.split(" ")))  # a line may be broken between words
    if timed:
        found += "⟨[^⟩]*⟩" if stem.isascii() else "(?:⟨[^⟩]*⟩)?"
    elif stem.endswith(("_t", "_j")):
        found = rf"{re.escape(stem[:-1])}(?:t|s|j|\d+)"
    elif stem.isalpha() and stem.islower() and len(stem) > 2:
        found += "s?"  # more of them
    before = "(?<![A-Za-z0-9_])" if re.match("[A-Za-z]", stem) else ""
    after = "(?![A-Za-z0-9_])" if re.search("[A-Za-z]$", stem) else ""
    return before + found + after


@cache
def glossary_text() -> str:
    """The glossary as it is written, in Markdown."""
    return (files(__package__) / "glossary.md").read_text(encoding="utf-8")


@cache
def glossary() -> tuple[Term, ...]:
    """All terms, in the order of the glossary."""
    return tuple(Term(found["term"], " ".join(found["text"].split())) for found in _ENTRY.finditer(glossary_text()))


def terms_in(text: str) -> list[Term]:
    """The terms that a text has, in the order of the glossary."""
    return [
        term
        for term in glossary()
        if any(term_at(text, found.start()) is term for found in term.pattern.finditer(text))
    ]


def term_at(text: str, column: int) -> Term | None:
    """The term that stands at a column of a line of text: the longest of them; None where there is none."""
    spans = [
        (found.end() - found.start(), term)
        for term in glossary()
        for found in term.pattern.finditer(text)
        if found.start() <= column < found.end()
    ]
    return max(spans, key=lambda span: span[0])[1] if spans else None
