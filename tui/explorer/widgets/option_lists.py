"""Lists of options that have changed, or were not laid out, since what a key or a click is about.

Textual makes the lists of its Select and its palette by itself, so that a class of ours would not be in them: what it
does at once is looked at before.
"""

from __future__ import annotations

from typing import Any, Final

from textual import events
from textual.widgets import OptionList

_MOVE_PAGE: Final = OptionList._move_page
_ON_CLICK: Final = OptionList._on_click


def _move_page(options: OptionList, direction: Any) -> None:
    """Stay where there are no lines to move by.

    Textual lays out no lines in a list without height, nor before its first layout, and then asks for the place of the
    highlighted one: a KeyError (https://github.com/Textualize/textual/issues/5794 is about the same lines).
    """
    if options._lines:
        _MOVE_PAGE(options, direction)


async def _on_click(options: OptionList, event: events.Click) -> None:
    """Choose what is under the mouse, where it is there still: the list may be a shorter one by now."""
    clicked = event.style.meta.get("option")
    if clicked is None or clicked < options.option_count:
        await _ON_CLICK(options, event)


def guard_option_lists() -> None:
    """Have every list of options look before it moves by a page, or takes a click."""
    OptionList._move_page = _move_page  # type: ignore[method-assign, assignment]
    OptionList._on_click = _on_click  # type: ignore[method-assign, assignment]
