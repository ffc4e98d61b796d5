"""Text that is shown as it stands: Textual's own Static and Label take what is in brackets for markup.

A name, a path or a message may come from a person or a file. As markup `[x]` would be lost, `[/x]` end the program, and
`[@click=app.quit]` do more than be read.
"""

from __future__ import annotations

from typing import Any

from textual.visual import VisualType
from textual.widgets import Label, Static

from tui.explorer.painting.never_scrolls import NeverScrolls


class PlainText(NeverScrolls, Static):
    """A Static that takes no string for markup."""

    def __init__(self, content: VisualType = "", **given: Any) -> None:
        super().__init__(content, markup=False, **given)


class PlainLabel(NeverScrolls, Label):
    """A Label that takes no string for markup."""

    def __init__(self, content: VisualType = "", **given: Any) -> None:
        super().__init__(content, markup=False, **given)
