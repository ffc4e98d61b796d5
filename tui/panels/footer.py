"""The keys that are valid now, on one line: where there is no room for all, those go that are needed least."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.widgets import Footer
from textual.widgets._footer import FooterKey

GO_FIRST = ("command_palette", "undo", "export", "presets", "train", "settings", "play", "group")
"""Actions whose keys are left out first: all of them are in the palette and in the help"""


class FittingFooter(Footer):
    """A footer that is never cut off."""

    def __init__(self) -> None:
        super().__init__(compact=True)
        self._room = 0

    def compose(self) -> ComposeResult:
        """As many keys as fit."""
        keys = [key for key in super().compose() if isinstance(key, FooterKey)]
        room = self.app.size.width
        for action in GO_FIRST:
            if sum(map(_cells, keys)) <= room:
                break
            keys = [key for key in keys if key.action != action]
        yield from keys

    def on_resize(self, event: events.Resize) -> None:
        """Another width has room for others."""
        if event.size.width != self._room:
            self._room = event.size.width
            self.call_after_refresh(self.recompose)


def _cells(key: FooterKey) -> int:
    return len(key.key_display) + len(key.description) + 2
