"""The tabs of the explorer: the one that was asked for last stays open, and what it shows has the focus.

What a tab shows is made when it is first opened: it would be two fifths of all the widgets that the start waits for.
"""

from __future__ import annotations

from textual import events, on
from textual.message import Message
from textual.widget import AwaitMount, Widget
from textual.widgets import TabbedContent, TabPane, Tabs


class LaterPane(TabPane):
    """A tab that gets its widgets when it is first opened."""

    class Made(Message):
        """All is there that belongs in the tab."""

    def __init__(self, title: str, *, id: str) -> None:
        super().__init__(title, id=id)
        self._later: list[Widget] = []

    def compose_add_child(self, widget: Widget) -> None:
        """Keep what is to be in the tab."""
        self._later.append(widget)

    def open(self) -> None:
        """Put in what was kept."""
        later, self._later = self._later, []
        if later:
            self.call_later(self._tell, self.mount(*later))

    async def _tell(self, mounted: AwaitMount) -> None:
        await mounted
        self.post_message(self.Made())

    @property
    def is_made(self) -> bool:
        """Whether all is there that belongs in the tab."""
        return not self._later and all(widget.is_mounted for widget in self.children)


class ChartsTabs(TabbedContent):
    """Tabs that the focus follows, and never the other way round.

    Textual opens the tab of a widget that gets the focus, by a message. Where another tab was opened before the message
    is read, that one would be left again.
    """

    def make(self) -> None:
        """Have what the open tab shows.

        Not as soon as the tab is open: where it was clicked, Textual holds messages back then, and would do so for
        others too as long as this takes.
        """
        pane = self.active_pane
        if isinstance(pane, LaterPane):
            pane.open()

    @property
    def is_made(self) -> bool:
        """Whether all is there that the open tab shows."""
        return not isinstance(self.active_pane, LaterPane) or self.active_pane.is_made

    def on_mount(self) -> None:
        """Leave ← and → their one meaning, the step: in focus, a row of tabs would take them."""
        self.query_one(Tabs).can_focus = False

    @on(events.DescendantFocus)
    @on(events.DescendantBlur)
    def mark_focus(self) -> None:
        """Have a class while the focus is within, where the screen marks it.

        Not by `:focus-within`, for which Textual styles all that is within twice at each move of the focus.
        """
        focused = self.screen.focused
        within = focused is not None and self in focused.ancestors_with_self
        self.set_class(within and self.screen.has_class("-presenting"), "-in-focus")

    def on_tab_pane_focused(self, event: TabPane.Focused) -> None:
        """Keep the tab that is open, whatever has the focus."""
        event.prevent_default()
        event.stop()
