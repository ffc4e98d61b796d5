"""The step inspector: this step's equation, in the notation of docs/equations.md, with its numbers."""

from __future__ import annotations

from rich.text import Text
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.theme import Theme
from textual.widgets import Static

from tui.explorer.help import help_text
from tui.explorer.painting.theme import theme_palette
from tui.explorer.painting.view import seen
from tui.explorer.widgets.session_panel import SessionPanel
from tui.explorer.widgets.stable_static import StableStatic
from tui.explorer.widgets.step_backward import backward_text
from tui.explorer.widgets.step_forward import forward_text
from tui.report.palette import Palette

_SLACK = 12
"""Lines at the end that may be empty, so that a step which breaks some lines less has no screen laid out again"""

MOST_LINES = 8
"""Lines of a vector of many units"""


class StepPanel(VerticalScroll, SessionPanel):
    """Where the cursor is, and what happens there."""

    BORDER_TITLE = "Step"
    HELP = help_text("step")

    _width = _height = 0
    """Characters across that the lines were last broken for, and how many lines there was room for"""

    def compose(self) -> ComposeResult:
        """One text, as long as it needs to be."""
        yield StableStatic(classes="inspector", slack=_SLACK)

    def on_mount(self) -> None:
        """Follow the theme, whose background decides how the series' colors read."""
        self.app.theme_changed_signal.subscribe(self, self._recolor)
        self.show_when_changed("shown.trace", "shown.backward_pass", "cursor")

    def on_show(self) -> None:
        """Catch up with the steps that were made out of sight."""
        self.show()

    def action_scroll_home(self) -> None:
        """Leave the key to the screen: it goes to the first step, as in every other tab."""
        raise SkipAction

    def action_scroll_end(self) -> None:
        """Leave the key to the screen: it goes to the last step back, as in every other tab."""
        raise SkipAction

    def on_resize(self) -> None:
        """Break the lines again where they have another width, or more or less room below."""
        if self.scrollable_content_region.size != (self._width, self._height):
            self.show()

    def _recolor(self, theme: Theme) -> None:
        self.show()

    def show(self) -> None:
        """The text of this step; not where nobody sees it, of the two places that the inspector has."""
        if self.trace is None or self.backward_pass is None or self.cursor is None or not seen(self):
            return
        palette = theme_palette(self.app.current_theme)
        self._width, self._height = width, _ = self.scrollable_content_region.size
        text = self._text(palette, width)
        # Vectors of many units as far as they fit, where nothing else comes below the fold for that.
        network = self.trace.network
        several = len(network.parts) + len(network.cell.functions(network.activation))
        cut = min(max((self._height - self._lines(text)) // several, 0), MOST_LINES)
        if cut > 0:
            text = self._text(palette, width, cut)
        while self._lines(text) < self._height and cut < MOST_LINES:  # how many vectors there are depends on the step
            cut += 1
            more = self._text(palette, width, cut)
            if self._lines(more) > self._height or more.plain == text.plain:
                break
            text = more
        self.query_one(".inspector", Static).update(text)

    def _lines(self, text: Text) -> int:
        return len(text.wrap(self.app.console, max(self._width, 1)))

    def _text(self, palette: Palette, width: int, cut: int = 0) -> Text:
        if self.trace is None or self.backward_pass is None or self.cursor is None:
            return Text("")
        if self.cursor.backward:
            loss = self.shown.loss
            return backward_text(self.trace, self.backward_pass, self.cursor, palette, loss, width=width, cut=cut)
        return forward_text(self.trace, self.cursor, palette, width=width, cut=cut)
