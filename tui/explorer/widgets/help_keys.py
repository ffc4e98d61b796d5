"""The help with the keys below it: those of this program in its own words, and none that every list and page has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult, RenderResult
from textual.binding import Binding
from textual.dom import DOMNode
from textual.widget import Widget
from textual.widgets import HelpPanel, KeyPanel, Markdown

PALETTE: Final = "Everything that there is, by a word of it: commands, settings, presets, tours and symbols."
"""What the palette is for, in the place of the library's own words"""


class HelpWithKeys(HelpPanel):
    """The help on what has the focus, and the keys that work there."""

    def compose(self) -> ComposeResult:
        """The text, and below it the keys."""
        yield Markdown(id="widget-help")
        yield _Keys(id="keys-help")


class _Keys(KeyPanel):
    """The keys, made again whenever others work."""

    def compose(self) -> ComposeResult:
        """Give the keys a table, which is as wide as the panel."""
        yield _KeyTable()


class _KeyTable(Widget):
    """A row for each command that has a key: the key, its label and its sentence."""

    DEFAULT_CSS = """
    _KeyTable {
        width: auto; height: auto;
        & > .key { color: $text-accent; text-style: bold; }
    }
    """
    COMPONENT_CLASSES = {"key"}

    def render(self) -> RenderResult:
        """The keys of each widget from the focus outwards, with an empty row between them."""
        keys = self.get_component_rich_style("key")
        table = Table.grid(padding=(0, 1))
        table.add_column(justify="right", no_wrap=True)
        table.add_column()
        for rows in _by_widget(list(self._shown())):
            if table.row_count:
                table.add_row()
            for binding in rows:
                label, sentence = binding.description, f"{' ' * bool(binding.description)}{binding.tooltip}"
                said = Text.assemble(label, (sentence, "dim" if label else "")) if binding.tooltip else Text(label)
                table.add_row(Text(self.app.get_key_display(binding), keys), said)
        return table

    def _shown(self) -> Iterator[tuple[DOMNode, Binding]]:
        for node, binding, _, _ in self.screen.active_bindings.values():
            if binding.action.removeprefix("app.") == "command_palette":
                yield node, replace(binding, description="", tooltip=PALETTE)
            elif not (binding.system or _is_of_the_library(node, binding)):
                yield node, binding


def _by_widget(found: list[tuple[DOMNode, Binding]]) -> Iterator[list[Binding]]:
    """The bindings of one widget after another, of keys that do the same the first."""
    for node in dict.fromkeys(node for node, _ in found):
        yield list({binding.action: binding for one, binding in reversed(found) if one is node}.values())[::-1]


def _is_of_the_library(node: DOMNode, binding: Binding) -> bool:
    """Whether a key is one that the library gives to every widget of a kind, such as that which scrolls a page."""
    return any(
        (own.action, own.description) == (binding.action, binding.description)
        for kind in type(node).__mro__
        if kind.__module__.startswith("textual.")
        for own in Binding.make_bindings(vars(kind).get("BINDINGS", ()))
    )
