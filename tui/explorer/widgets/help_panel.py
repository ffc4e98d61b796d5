"""The help beside what has the focus, on every screen that has one: opened, read on in and closed in the same way."""

from __future__ import annotations

from typing import Any, Final, Literal

from textual.screen import Screen
from textual.widget import Widget

Place = Literal["left", "right", "top", "bottom", "whole"]

HELP: Final = "help-panel"
"""The class of the panel with the help. No id: it may be opened again before the one before it is gone"""


def _panels(screen: Screen[Any]) -> list[Widget]:
    """The help on the screen, but for one that is being removed, which is not displayed any more."""
    return [child for child in screen.children if child.has_class(HELP) and child.display]


def is_open(screen: Screen[Any]) -> bool:
    """Whether there is help on the screen; asked at every step, so only of the screen's own children."""
    return bool(_panels(screen))


def toggle(screen: Screen[Any], place: Place = "right") -> None:
    """Open the help of the panel in focus, or close it.

    Args:
        screen: Where.
        place: On which side of the screen; `whole` where there is room for nothing beside it.
    """
    if there := _panels(screen):
        for panel in there:
            panel.remove()
        return
    from tui.explorer.widgets.help_keys import HelpWithKeys  # the start does not wait for it

    panel = HelpWithKeys(classes=f"{HELP} -{place}")
    # The panel is 30 columns wide where there is little room.
    panel.border_title, panel.border_subtitle = "Help", "pgup pgdn · F1, esc close"
    screen.mount(panel)


def read_on(screen: Screen[Any], by: int) -> None:
    """Scroll the help by a page, on or back."""
    for panel in _panels(screen):
        (panel.scroll_page_down if by > 0 else panel.scroll_page_up)(animate=False)
