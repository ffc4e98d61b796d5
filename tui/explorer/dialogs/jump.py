"""Jump: a label on everything that one can go to, and the key on it goes there."""

from __future__ import annotations

from collections.abc import Mapping

from textual import events
from textual.app import ComposeResult
from textual.geometry import Region

from tui.explorer.dialogs.closing import Dialog
from tui.explorer.widgets.plain_text import PlainText


class Jump(Dialog[str | None]):
    """The screen with a key on each place; returns the key that was pressed, or None for any other."""

    DEFAULT_CSS = """
    Jump { background: $background 40%; }
    Jump PlainText { position: absolute; width: auto; height: 1; background: $accent; color: auto; text-style: bold; }
    Jump PlainText:ansi { background: ansi_default; color: $accent; text-style: bold reverse; }
    """

    def __init__(self, places: Mapping[str, Region]) -> None:
        """Offer some places.

        Args:
            places: Key → where on the screen it is written, at its upper left corner.
        """
        super().__init__()
        self._places = places
        self._size = self.app.size

    def compose(self) -> ComposeResult:
        """A label for each place, where that is."""
        for key, place in self._places.items():
            # On a line of text the key takes one cell, so that the rest can be read.
            written = key if place.height == 1 else f" {key} "
            label = PlainText(written)
            label.styles.offset = (max(0, min(place.x, self.app.size.width - len(written))), place.y)
            yield label

    def on_key(self, event: events.Key) -> None:
        """Go where the key is written; any other leaves everything as it is."""
        event.stop()
        self.dismiss(event.character if event.character in self._places else None)

    def on_click(self) -> None:
        """Leave everything as it is."""
        self.dismiss(None)

    def on_resize(self, event: events.Resize) -> None:
        """Close it where the terminal has another size: the places are elsewhere by now."""
        if event.size != self._size:
            self.dismiss(None)
