"""The tabs of the explorer: the one that was asked for last stays open."""

from __future__ import annotations

from textual.widgets import TabbedContent, TabPane


class ChartsTabs(TabbedContent):
    """Tabs that the focus follows, and never the other way round.

    Textual opens the tab of a widget that gets the focus, by a message. Where another tab was opened before the message
    is read, that one would be left again.
    """

    def on_tab_pane_focused(self, event: TabPane.Focused) -> None:
        """Keep the tab that is open, whatever has the focus."""
        event.prevent_default()
        event.stop()
