"""The keys that are valid now, on one line: where there is no room for all, those go that are needed least."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Footer
from textual.widgets._footer import FooterKey

GO_FIRST = ("command_palette", "undo", "export", "presets", "train", "settings", "play", "group")
"""Actions whose keys are left out first: all of them are in the palette and in the help"""


class FittingFooter(Footer):
    """A footer that is never cut off."""

    def __init__(self) -> None:
        super().__init__(compact=True)
        self._room = 0
        self._keys: tuple[tuple[str, str, bool], ...] = ()

    def compose(self) -> ComposeResult:
        """As many keys as fit."""
        keys = [key for key in super().compose() if isinstance(key, FooterKey)]
        room = self.app.size.width
        for action in GO_FIRST:
            if sum(map(_cells, keys)) <= room:
                break
            keys = [key for key in keys if key.action != action]
        yield from keys

    def bindings_changed(self, screen: Screen[object]) -> None:
        """Other keys, or others of them greyed out; where they are the same, nothing is made anew."""
        shown = [one for one in screen.active_bindings.values() if one.binding.show]
        keys = tuple((one.binding.key, one.binding.description, one.enabled) for one in shown)
        if keys != self._keys and screen.app.app_focus:
            self._keys = keys
            super().bindings_changed(screen)

    def on_resize(self, event: events.Resize) -> None:
        """Another width has room for others."""
        if event.size.width != self._room:
            self._room = event.size.width
            self.call_after_refresh(self.recompose)


def _cells(key: FooterKey) -> int:
    return len(key.key_display) + len(key.description) + 2
