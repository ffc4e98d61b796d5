"""The page keys in a list of options that has no room for a line, or none yet."""

from __future__ import annotations

from typing import Any, Final

from textual.widgets import OptionList

_MOVE_PAGE: Final = OptionList._move_page


def _move_page(options: OptionList, direction: Any) -> None:
    """Stay where there are no lines to move by.

    Textual lays out no lines in a list without height, nor before its first layout, and then asks for the place of the
    highlighted one: a KeyError (https://github.com/Textualize/textual/issues/5794 is about the same lines). It makes
    the lists of its Select and its palette by itself, so that a class of ours would not be in them.
    """
    if options._lines:
        _MOVE_PAGE(options, direction)


def guard_page_keys() -> None:
    """Have every list of options look before it moves by a page."""
    OptionList._move_page = _move_page  # type: ignore[method-assign, assignment]
