"""The tabs of the explorer: the one that was asked for last stays open, and what it shows has the focus."""

from __future__ import annotations

from textual import events, on
from textual.widgets import TabbedContent, TabPane, Tabs


class ChartsTabs(TabbedContent):
    """Tabs that the focus follows, and never the other way round.

    Textual opens the tab of a widget that gets the focus, by a message. Where another tab was opened before the message
    is read, that one would be left again.
    """

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
