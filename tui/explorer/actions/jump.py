"""Jump mode: every panel, tab and line that can be gone to has a key on it for one key press."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from string import ascii_lowercase
from typing import TYPE_CHECKING, TypeAlias

from textual import work
from textual.geometry import Region
from textual.widgets import TabbedContent

from tui.explorer.actions import layout
from tui.explorer.painting.view import seen
from tui.explorer.widgets.legend import LegendEntry

if TYPE_CHECKING:
    from tui.explorer.session_screen import SessionScreen

Place: TypeAlias = tuple[Region, Callable[[], object]]

PANELS = {"s": "#settings", "n": "#strip", "t": "#side"}
"""Key → the panel that it goes to"""


@work
async def jump(explorer: SessionScreen) -> None:
    """Show the keys, and go where the one that is pressed says."""
    from tui.explorer.dialogs.jump import Jump  # the start does not wait for it

    places = dict(found(explorer))
    key = await explorer.ask(Jump({key: region for key, (region, _) in places.items()}))
    if key is not None:
        places[key][1]()


def found(explorer: SessionScreen) -> Iterator[tuple[str, Place]]:
    """What is on the screen to go to: digits for tabs, letters for panels, the other letters for the chart's lines."""
    tabs = explorer.query_one("#tabs", TabbedContent)
    below = explorer.query_one("#tabs > ContentTabs").region.height - 1  # on their underline, where they have one
    for number, (pane, _) in enumerate(explorer.tab_titles(), start=1):
        tab = tabs.get_tab(pane)
        if tab.display and tab.region.area:
            yield str(number), (tab.region.translate((0, below)), partial(explorer.show_tab, pane))
    for key, selector in PANELS.items():
        panel = explorer.query_one(selector)
        if seen(panel):
            go = partial(layout.to_settings, explorer) if key == "s" else partial(explorer.set_focus, panel)
            yield key, (panel.region, go)
    chart = explorer.tab_focus
    if chart is not None and seen(chart):
        yield "c", (chart.region, explorer.focus_tab)
    left = (letter for letter in ascii_lowercase if letter not in (*PANELS, "c"))
    lines = (entry for entry in explorer.query(LegendEntry) if seen(entry) and entry.region.area)
    for letter, entry in zip(left, lines, strict=False):
        yield letter, (entry.region, partial(entry.post_message, LegendEntry.Toggled(entry.series)))
