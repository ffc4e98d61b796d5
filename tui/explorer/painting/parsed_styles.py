"""Style sheets that are parsed once.

Textual has one style sheet for each class of widgets, and keeps 64 of them parsed. The explorer has more than a
hundred: each class that a panel brings would have all of them parsed again, and so would a theme that is gone back to.
"""

from __future__ import annotations

from functools import lru_cache

from textual.cache import LRUCache
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet

THEMES = 4
"""For how many themes what was parsed is kept: a theme's colors stand in it"""

SHEETS = 1024
"""How many style sheets are kept for each"""

Parsed = LRUCache[tuple[object, ...], list[RuleSet]]


@lru_cache(THEMES)
def _parsed(variables: frozenset[tuple[str, str]]) -> Parsed:
    """What has been parsed with these variables, by whichever app."""
    return LRUCache(SHEETS)


class ParsedStyles(Stylesheet):
    """Keeps what it has parsed, for each theme."""

    def __init__(self, *, variables: dict[str, str] | None = None) -> None:
        super().__init__(variables=variables)
        self._parse_cache = _parsed(frozenset(self._variables.items()))

    def set_variables(self, variables: dict[str, str]) -> None:
        """Take up a theme's variables."""
        self._parse_cache = LRUCache(1)  # this is what Textual clears
        super().set_variables(variables)
        self._parse_cache = _parsed(frozenset(variables.items()))

    def reparse(self) -> None:
        """Parse what has not been parsed with these variables."""
        self.parse()
