"""The frame of the explorer: what there is to see while all that fills it is still being imported.

Nothing here, nor in what it imports, needs NumPy or the core, which take as long to import as Textual itself.
"""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.geometry import Size
from textual.screen import Screen

from tui.explorer.painting.layouts import RememberingCompositor
from tui.explorer.widgets.plain_text import PlainText

ROOM_FOR_STEP = 120
"""Columns from which the step inspector has a place of its own at the side"""


class ResponsiveScreen(Screen[None]):
    """A screen with the explorer's places, which are there according to its size."""

    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (60, "-narrow"), (100, "-medium"), (ROOM_FOR_STEP, "-wide"), (160, "-huge")]
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (20, "-short"), (36, "-tall")]

    def __init__(self) -> None:
        super().__init__()
        self._compositor = RememberingCompositor()

    def note_size(self) -> None:
        """Have the classes of the size from the first time the screen is painted.

        Textual finds them after it, and would have everything styled and laid out again.
        """
        for size, points in zip(self.app.size, (self.HORIZONTAL_BREAKPOINTS, self.VERTICAL_BREAKPOINTS), strict=True):
            self.add_class(max(point for point in points if point[0] <= size)[1], update=False)

    def _screen_resized(self, size: Size) -> None:
        """Lay out for another size; at the start Textual tells three times of the size that there was a layout for."""
        if size != self._compositor.size:
            super()._screen_resized(size)

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """Leave the styles as they are: every widget got its own when it was mounted."""
        event.refresh_styles = False


class Frame(PlainText):
    """The border and the name of a panel that is not there yet."""

    def __init__(self, title: str, place: str) -> None:
        super().__init__(id=place)
        self.border_title = title


class SkeletonScreen(ResponsiveScreen):
    """The places of the explorer, each with its name."""

    def compose(self) -> ComposeResult:
        """A frame for each panel, with the name that the panel has."""
        self.note_size()
        yield PlainText(" rnn-tui  is opening", id="skeleton-name")
        with Horizontal(id="body"):
            yield Frame("Settings", "settings")
            with Vertical(id="main"):
                yield Frame("Unrolled network", "strip")
                with Horizontal(id="work"):
                    yield PlainText(id="tabs")
                    yield Frame("Step", "side")
        yield PlainText(id="skeleton-keys")
