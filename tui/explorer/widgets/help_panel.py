"""The help beside what has the focus, on every screen that has one: opened, read on in and closed in the same way."""

from __future__ import annotations

from typing import Any, Final

from textual.screen import Screen

HELP: Final = "help"
"""The id of the panel with the help"""


def is_open(screen: Screen[Any]) -> bool:
    """Whether there is help on the screen; asked at every step, so only of the screen's own children."""
    return any(child.id == HELP for child in screen.children)


def toggle(screen: Screen[Any]) -> None:
    """Help, or away with it."""
    if is_open(screen):
        screen.query(f"#{HELP}").remove()
        return
    from textual.widgets import HelpPanel  # the start does not wait for it

    panel = HelpPanel(id=HELP)
    # The panel is 30 columns wide where there is little room.
    panel.border_title, panel.border_subtitle = "Help", "pgup pgdn · F1 closes"
    screen.mount(panel)


def read_on(screen: Screen[Any], by: int) -> None:
    """A page on in the help, or back."""
    panel = screen.query_one(f"#{HELP}")
    (panel.scroll_page_down if by > 0 else panel.scroll_page_up)(animate=False)
