"""How a figure is to look, in a row of fields: its theme, its width and the size of its letters."""

from __future__ import annotations

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Input

from tui.explorer.dialogs.typed_fields import WRONG
from tui.explorer.widgets.plain_text import PlainLabel
from tui.report.figures.options import TypedStyle
from tui.report.figures.themes import THEMES

NAMES = {"theme": "theme", "width": "width", "font_size": "font size"}
"""What the row calls a field, also where it tells what is wrong with it"""


class ThemeChoice(Widget, can_focus=True):
    """One of the themes, all of them in view: ← → and space take the next, and a click the one under the mouse."""

    DEFAULT_CSS = """
    ThemeChoice { width: 24; height: 1; padding: 0 1; background: $panel; }
    ThemeChoice:focus { background: $block-cursor-background; color: $block-cursor-foreground; }
    """
    BINDINGS = [
        Binding("left", "choose(-1)", show=False),
        Binding("right,space", "choose(1)", show=False),
        Binding("enter", "screen.save", show=False),
    ]

    value: reactive[str] = reactive(THEMES[0])

    class Changed(Message):
        """Says that a key or a click has chosen a theme, which is now `value`."""

    def render(self) -> Text:
        """Every theme in a line, the chosen one marked."""
        return Text(" ".join(self._shown(one) for one in THEMES), no_wrap=True)

    def _shown(self, theme: str) -> str:
        return f"{'●' if theme == self.value else '○'} {theme}"

    def watch_value(self) -> None:
        """Tell the row of fields that another theme is chosen."""
        self.post_message(self.Changed())

    def action_choose(self, by: int) -> None:
        """Take the next, or the one before."""
        self.value = THEMES[(THEMES.index(self.value) + by) % len(THEMES)]

    def on_click(self, event: events.Click) -> None:
        """Take the one under the mouse."""
        end = 0
        for one in THEMES:
            end += len(self._shown(one)) + 1
            if event.x - 1 < end:  # behind a cell of padding
                self.value = one
                return


class FigureFields(Horizontal):
    """A figure's theme, width and font size, of which `typed` is what stands in them."""

    DEFAULT_CSS = """
    FigureFields { height: auto; }
    FigureFields > Horizontal { width: auto; height: 1; }
    FigureFields PlainLabel { width: auto; padding: 0 1; color: $foreground-muted; }
    FigureFields Input, FigureFields Input:focus { height: 1; border: none; background: $panel; padding: 0 1; }
    FigureFields #figure-width { width: 9; }
    FigureFields #figure-font_size { width: 6; }
    FigureFields Input.-wrong, FigureFields Input.-wrong:focus { background: $error-muted; color: $text-error; }
    """

    class Changed(Message):
        """Something else stands in a field."""

    class Submitted(Message):
        """Enter was pressed in a field."""

    def __init__(self, typed: TypedStyle) -> None:
        """Begin with these texts.

        Args:
            typed: What was chosen last.
        """
        super().__init__(id="export-figure")
        self._first = typed

    def compose(self) -> ComposeResult:
        """Each field behind its name."""
        theme = ThemeChoice(id="figure-theme")
        theme.set_reactive(ThemeChoice.value, self._first.theme)
        for name, field in (
            ("theme", theme),
            ("width", Input(self._first.width, id="figure-width")),
            ("font_size", Input(self._first.font_size, id="figure-font_size")),
        ):
            with Horizontal():
                yield PlainLabel(NAMES[name])
                yield field

    @property
    def typed(self) -> TypedStyle:
        """What stands in the fields."""
        if not self.is_mounted:
            return self._first
        width, font_size = (self.query_one(f"#figure-{name}", Input).value.strip() for name in ("width", "font_size"))
        return TypedStyle(self.query_one(ThemeChoice).value, width, font_size)

    @property
    def problem(self) -> str:
        """What is wrong with what stands in them, each such field marked; empty if all is allowed."""
        problems = self.typed.problems
        for name in NAMES:
            self.query_one(f"#figure-{name}").set_class(name in problems, WRONG)
        return "; ".join(f"{NAMES[name]}: {said}" for name, said in problems.items())

    @on(ThemeChoice.Changed)
    @on(Input.Changed)
    def _told(self, event: Message) -> None:
        event.stop()
        self.post_message(self.Changed())

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Submitted())
