"""Words for one thing at several lengths, of which the longest that fits is taken."""

from __future__ import annotations

from collections.abc import Iterable


def fitting(forms: Iterable[str], width: int) -> str:
    """The first form that is no longer than so many characters, or else the last; empty where there is none."""
    text = ""
    for text in forms:
        if len(text) <= width:
            break
    return text
