"""Every symbol and word explained that stands on the panel in focus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widget import Widget
from textual.widgets import TabPane

from tui.explorer.painting.view import seen
from tui.explorer.panels.step import StepPanel
from tui.explorer.widgets.session_panel import SessionPanel
from tui.explorer.widgets.written import text_on
from tui.report.glossary import terms_in

if TYPE_CHECKING:
    from tui.explorer.session_screen import SessionScreen


async def symbols(explorer: SessionScreen) -> None:
    """Say what the symbols and words of the panel in focus mean; those of the whole screen where nothing has it.

    After them come those of the step inspector, where it is in sight, too. During a tour, those of its text as well.
    """
    from tui.explorer.dialogs.symbols import Symbols  # the start does not wait for it

    panel, title = panel_in_focus(explorer)
    text = text_on(panel)
    if panel is not explorer:  # what the title says is of the panel, too
        text = f"{text_on(explorer.query_one('Headline'))}\n{text}"
    if explorer.touring is not None:  # whose words are being read
        title, text = f"the tour, {title}", f"{text_on(explorer.query_one('#tour'))}\n{text}"
    terms = terms_in(text)
    steps = [step for step in explorer.query(StepPanel) if seen(step) and panel not in step.ancestors_with_self]
    beside = "\n".join(text_on(step) for step in steps)
    if beside and panel is not explorer:
        title = f"{title}, Step"
        terms += [term for term in terms_in(beside) if term not in terms]
    explorer.app.push_screen(Symbols(title, terms))


def panel_in_focus(explorer: SessionScreen) -> tuple[Widget, str]:
    """The panel around what has the focus, with its title."""
    around = [] if explorer.focused is None else explorer.focused.ancestors_with_self
    for node in around:
        if isinstance(node, TabPane):
            return node, dict(explorer.tab_titles())[node.id or ""]
        if isinstance(node, SessionPanel) and node.border_title:
            return node, str(node.border_title)
        if isinstance(node, Widget) and node.id == "settings":
            return node, "Settings"
    return explorer, "the whole screen"
