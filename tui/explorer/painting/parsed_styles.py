"""Style sheets that are parsed once, and rules that are looked up only where they may have another effect.

Textual has one style sheet for each class of widgets, and keeps 64 of them parsed. The explorer has more than a
hundred: each class that a panel brings would have all of them parsed again, and so would a theme that is gone back to.

Textual finds the rules of a widget among all that there are; and where a widget gets or loses a class, those of every
widget below it too, some ninety in the settings. Few rules say what a class of one widget does to those below.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import takewhile
from typing import Any
from weakref import WeakKeyDictionary

from textual.cache import LRUCache
from textual.css.model import CombinatorType, RuleSet, Selector, SelectorType
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode
from textual.widget import Widget

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
        self._everything: tuple[list[RuleSet], dict[str, list[RuleSet]]] = ([], {})
        """All rules in their order, and by the names that they speak of"""
        self._applicable: dict[frozenset[str], tuple[list[RuleSet], dict[str, list[RuleSet]]]] = {}
        """Names of a widget of which rules speak → the rules that speak of any of them, in their order"""
        self._reaching: dict[str, set[str]] = {}
        """The names of which rules speak where they are below a widget of a class, by that class"""
        self._styled: WeakKeyDictionary[DOMNode, frozenset[str]] = WeakKeyDictionary()
        """The classes that a widget had when it got its styles"""

    def set_variables(self, variables: dict[str, str]) -> None:
        """Take up a theme's variables."""
        self._parse_cache = LRUCache(1)  # this is what Textual clears
        super().set_variables(variables)
        self._parse_cache = _parsed(frozenset(variables.items()))

    def reparse(self) -> None:
        """Parse what has not been parsed with these variables."""
        self.parse()

    def apply(self, node: DOMNode, *, animate: bool = False, cache: dict[Any, Any] | None = None) -> None:
        """Give a widget, or a part of one, the styles that the rules say which speak of any of its names."""
        if isinstance(node, Widget):
            self._styled[node] = frozenset(node.classes)
        self._look_through()
        rules, by_name = self._everything
        names = frozenset(by_name.keys() & node._selector_names)
        if names not in self._applicable:
            speaking = {id(rule) for name in names for rule in by_name[name]}
            these = [rule for rule in rules if id(rule) in speaking]
            self._applicable[names] = these, dict.fromkeys(names, these)
        self._rules, self._rules_map = self._applicable[names]
        try:
            super().apply(node, animate=animate, cache=cache)
        finally:
            self._rules, self._rules_map = self._everything

    def _process_component_classes(self, node: DOMNode) -> None:
        self._rules, self._rules_map = self._everything  # parts have other names than the widget
        super()._process_component_classes(node)

    def _look_through(self) -> None:
        """Take up the rules, where they are others."""
        if self.rules is not self._everything[0]:
            self._everything = self.rules, self.rules_map
            self._applicable = {}
            self._reaching = {}
            for rule in self.rules:
                for part in (part for one in rule.selector_set for part in _above(one.selectors)):
                    if part.type is SelectorType.CLASS:
                        self._reaching.setdefault(part.name, set()).update(rule.selector_names)

    def update_from(self, top: Widget, animate: bool) -> bool:
        """Give a widget with other classes than before its styles again, and those below it of which these speak.

        Args:
            top: The widget.
            animate: Whether what changes does so bit by bit.

        Returns:
            Whether any class has come or gone. Otherwise nothing is done.
        """
        self._look_through()
        changed = frozenset(top.classes) ^ self._styled.get(top, frozenset(top.classes))
        names = set[str]().union(*(self._reaching.get(name, ()) for name in changed))
        concerned: list[DOMNode] = [top]
        for below in top.walk_children(with_self=False) if changed else ():
            parts = {f".{part}" for part in below._get_component_classes()}
            if names.isdisjoint(below._selector_names | parts):
                below.notify_style_update()  # as after styles of its own: it may show the color of what is above
            else:
                concerned.append(below)
        if changed:
            self.update_nodes(concerned, animate=animate)
        return bool(changed)


def _above(selectors: list[Selector]) -> list[Selector]:
    """The selectors that are for widgets above the one that the rule is for."""
    last = sum(1 for _ in takewhile(lambda one: one.combinator is CombinatorType.SAME, reversed(selectors)))
    return selectors[: len(selectors) - last - 1]
