"""A setting's row: its name, its control and what is wrong with what is typed in it."""

from __future__ import annotations

import math

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Offset, Region, Size, Spacing
from textual.layout import ArrangeResult, WidgetPlacement
from textual.layouts.vertical import VerticalLayout
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input, Label, Select
from textual.widgets._select import NoSelection, SelectCurrent, SelectOverlay

from core import Setting
from core.settings.hints import Value
from tui.explorer.painting.never_scrolls import NeverScrolls
from tui.explorer.widgets.plain_text import PlainLabel
from tui.explorer.widgets.slider import PARTS, Rail, Sliding


def shown(value: Value) -> str:
    """A setting's value as the field shows it."""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


BETWEEN: list[BindingType] = [
    Binding("up", "go(-1)", "the setting above", show=False),
    Binding("down", "go(1)", "setting", tooltip="the setting below", key_display="↑/↓"),
]
"""The keys with which every control leads to its neighbors"""

CHANGED = "↺"
"""Marks a setting that is not at its default; a click on it takes it back"""

CRITICAL = "C"
"""The key of a command that is about the number in the field"""

NAME = 14
"""Cells of the name, of which the last but one is for the mark"""

ARROW = " ▼ "
"""Says of a list that is not open that there are others, with the space that there is behind it where there is room"""

FIELD = 8
"""Cells of a number or a text"""


def chosen(choice: str, width: int) -> tuple[str, str]:
    """What is painted of a list that is not open: what is chosen, and the arrow that says that there are others."""
    arrow = ARROW if cell_len(choice) <= width - len(ARROW) else ARROW.rstrip()
    return set_cell_size(choice, max(0, width - len(arrow))), arrow


class Field(Input):
    """A number or a text: while all of it is selected, as it is at first, ← → change a number; typing replaces it.

    Once something has been typed or the mouse has set the text cursor, ← → move that cursor, as in any other text.
    """

    BINDINGS = [
        *BETWEEN,
        Binding("left", "left(False)", "less", show=False),
        Binding("right", "right(False)", "change", tooltip="more, or with shift a little more", key_display="←/→"),
        Binding("shift+left", "left(True)", "a little less", show=False),
        Binding("shift+right", "right(True)", "a little more", show=False),
    ]

    def __init__(self, setting: Setting, value: Value) -> None:
        super().__init__(shown(value), compact=True, type="text", name=setting.name, select_on_focus=True)
        self.setting = setting

    def update_node_styles(self, animate: bool = True) -> None:
        """Not before it is mounted, when it gets its styles anyway: it is given classes as it is made."""
        if self.is_attached:
            super().update_node_styles(animate)

    async def _on_key(self, event: events.Key) -> None:
        """In a number `?` explains, as everywhere else: it can be no part of one."""
        if self._explains(event.character):
            event.prevent_default()

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Whether the field takes a key for itself: a number has no letter C and no `?`, which stay commands'."""
        commands = self.setting.kind != "text" and (key == CRITICAL or self._explains(character))
        return not commands and super().check_consume_key(key, character)

    def _explains(self, character: str | None) -> bool:
        return character == "?" and self.setting.kind != "text"

    def take_click(self, at: int) -> None:
        """Put the text cursor at the column of the value that was clicked while the row still painted it."""
        self.cursor_position = sum(cell_len(self.value[:end]) <= at for end in range(1, len(self.value) + 1))

    def action_left(self, fine: bool) -> None:
        """A smaller number, or the text cursor to the left: with shift a small step, or a selection."""
        if self._is_stepped:
            self._step(-1, fine)
        else:
            self.action_cursor_left(fine)

    def action_right(self, fine: bool) -> None:
        """A larger number, or the text cursor to the right: with shift a small step, or a selection."""
        if self._is_stepped:
            self._step(1, fine)
        else:
            self.action_cursor_right(fine)

    def action_go(self, by: int) -> None:
        """To the setting above or below."""
        go(self, by)

    @property
    def _is_stepped(self) -> bool:
        return self.setting.kind != "text" and self.selected_text == self.value

    def _step(self, by: int, fine: bool) -> None:
        try:
            value = float(self.value)
        except ValueError:
            return
        if math.isfinite(value):
            self.value = shown(stepped(self.setting, value, by, fine))
            self.select_all()


class Choice(NeverScrolls, Select[str]):
    """One of several: ← → take the one before or after, enter opens the list.

    Textual makes a Select of six widgets. Until it is first opened this is one, which paints what they would.
    """

    DEFAULT_CSS = """
    Choice { height: 1; background: $surface; }
    Choice:focus { background-tint: $foreground 5%; }
    Choice.-tight > SelectCurrent { padding: 0; }
    """

    BINDINGS = [
        *BETWEEN,
        Binding("left", "choose(-1)", "the choice before", show=False),
        Binding("right", "choose(1)", "change", tooltip="the choice after", key_display="←/→"),
    ]

    def __init__(self, setting: Setting, value: str) -> None:
        options = [(choice, choice) for choice in setting.choices]
        super().__init__(options, value=value, allow_blank=False, compact=True, name=setting.name)
        self.setting = setting

    def compose(self) -> ComposeResult:
        """Make no widgets before the list is opened."""
        return ()

    def render(self) -> Content:
        """What is chosen, and the arrow that says that there are others."""
        text, arrow = chosen(str(self.value), self.size.width)
        return Content(text) + Content.styled(arrow, "$foreground 50%")

    def _setup_options_renderables(self) -> None:
        if self.children:
            super()._setup_options_renderables()

    def _watch_value(self, value: str | NoSelection) -> None:
        super()._watch_value(value)
        if not self.children:
            self.refresh()
            self.post_message(self.Changed(self, value))
        self._fit()

    def on_resize(self) -> None:
        """What is chosen is told whole where there is room for it beside the arrow."""
        self._fit()

    def _fit(self) -> None:
        if self.children:  # else it is painted as it fits
            self.set_class(chosen(str(self.value), self.size.width)[1] != ARROW, "-tight")

    async def action_show_overlay(self) -> None:  # type: ignore[override]
        """Open the list, which is made the first time."""
        if not self.children:
            options = SelectOverlay()
            options.compact = True
            await self.mount(SelectCurrent(self.prompt), options)
            self._setup_options_renderables()
            with self.prevent(Select.Changed):
                self._watch_value(self.value)  # which fits it, too
        super().action_show_overlay()

    async def take_click(self, at: int) -> None:
        """Open the list, wherever it was clicked before it was there."""
        await self.action_show_overlay()

    async def on_click(self) -> None:
        """Open the list; once it is there, what it stands in is clicked and does."""
        if not self.children:
            await self.action_show_overlay()

    def action_go(self, by: int) -> None:
        """To the setting above or below."""
        go(self, by)

    def action_choose(self, by: int) -> None:
        """The choice before or after; none where there is no further one."""
        choices = self.setting.choices
        place = choices.index(str(self.value)) + by
        if 0 <= place < len(choices):
            self.value = choices[place]


def go(control: Widget, by: int) -> None:
    """The focus from a setting's control to that of the setting above or below it, if there is one."""
    rows = [row for row in control.screen.query(SettingRow) if row.display]
    row = row_of(control)
    if row in rows and 0 <= rows.index(row) + by < len(rows):
        rows[rows.index(row) + by].focus_control()


def stepped(setting: Setting, value: float, by: int, fine: bool = False) -> Value:
    """The next round value of a setting in a direction, within what is allowed.

    Where the slider is logarithmic, a step is a fiftieth to a fifth of the value (0.1 from 0.5 to 5); elsewhere it is
    0.1, or 1 for whole numbers. A fine step is a tenth of that.

    Args:
        setting: Whose value.
        value: From where.
        by: 1 for more, −1 for less.
        fine: Whether the step is a small one.
    """
    step = 1.0 if setting.kind == "integer" else 0.1
    if setting.hint.logarithmic:
        low = setting.hint.slider[0] if setting.hint.slider else setting.low
        # Downward from 5 the steps are those below it.
        size = max(abs(value), low or 1.0) * (2 if by > 0 else 2 - 1e-9)
        step = 10.0 ** (math.floor(math.log10(size)) - 1)
    step = step / 10 if fine else step
    if setting.kind == "integer":
        whole, number = max(1, round(step)), round(value)
        there = (number // whole + 1) * whole if by > 0 else (-(-number // whole) - 1) * whole
        return int(min(max(there, setting.low), setting.high))
    places = value / step
    # The next multiple, and not the one that the value is but for rounding.
    value = step * (math.floor(places + 1e-6) + 1 if by > 0 else math.ceil(places - 1e-6) - 1)
    return min(max(float(f"{value:.9g}"), setting.low), setting.high)


class RowLayout(VerticalLayout):
    """The control, once there is one, over the value that the row paints; below it what is wrong."""

    def arrange(self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True) -> ArrangeResult:
        """Place the control in the row's first line, and the reason on the lines below."""
        assert isinstance(parent, SettingRow)
        reasons: list[Widget] = [child for child in children if isinstance(child, Label)]
        columns = parent.value_columns(size.width)
        place = Region(columns.start, 0, len(columns), 1)
        return [
            *(WidgetPlacement(place, Offset(), Spacing(), child) for child in children if child not in reasons),
            *WidgetPlacement.translate(super().arrange(parent, reasons, size, greedy), Offset(0, 1)),
        ]


class SettingRow(Sliding, can_focus=True):
    """One setting: its label, its control, and the reason if what is typed is not allowed.

    A setting away from its default is marked; a click on the mark, or ctrl+r in it, takes it back. A click on its name
    goes to it. The row paints the name, the slider and the value by itself, in styles that are those of all `Rows`; the
    field or the list is made when the focus first goes there: the start waits for every widget.
    """

    BINDINGS = [("ctrl+r", "reset", "default")]
    FOCUS_ON_CLICK = False

    class Reset(Message):
        """The setting is to go back to its default."""

        def __init__(self, setting: Setting) -> None:
            self.setting = setting
            super().__init__()

    def __init__(self, setting: Setting, value: Value) -> None:
        ends = setting.hint.slider
        rail = None if ends is None else Rail(*ends, logarithmic=setting.hint.logarithmic)
        super().__init__(rail, name=setting.name, classes="setting")
        self._default_layout = RowLayout()
        self.setting = setting
        self.tooltip = (
            f"{setting.help}\n\nAllowed: {setting.allowed}. Default: {shown(setting.default)}; "
            f"a click on {CHANGED}, or ctrl+r, goes back to it."
        )
        self._value = value
        self._problem = ""
        self._reason: Label | None = None
        """Where it says what is wrong, once anything was"""
        self._control: Choice | Field | None = None
        self._sent: list[Value] = []
        """What was typed or chosen here and has not come back as the value in force, oldest first"""
        self._pressed: int | None = None
        """The column in which the mouse button went down last"""

    @property
    def control(self) -> Choice | Field:
        """The field or the list, which is made when it is first asked for; from then on, it takes the focus."""
        if self._control is None:
            with self.prevent(Input.Changed, Select.Changed):  # that it shows the value in force is no news
                self._control = (
                    Choice(self.setting, str(self._value))
                    if self.setting.kind == "choice"
                    else Field(self.setting, self._value)
                )
            self.can_focus = False
            self.mount(self._control)
        return self._control

    @property
    def rows(self) -> Rows:
        """All rows, of which this is one."""
        assert isinstance(self.parent, Rows)
        return self.parent

    @property
    def at(self) -> float:
        """The value that the knob is at."""
        return float(self._value)

    @property
    def span(self) -> range:
        """The columns of the slider; none where there is none."""
        return range(NAME, self.size.width - FIELD - 1) if self.rail is not None else range(0)

    def value_columns(self, width: int) -> range:
        """The columns of the value in a row of a width: a list takes what the name leaves, a field stands at the end.

        Without a slider a field stands where that would be.
        """
        if self.setting.kind == "choice":
            return range(NAME, max(NAME, width))
        start = NAME if self.rail is None else max(NAME, width - FIELD)
        return range(start, start + FIELD)

    @property
    def is_changed(self) -> bool:
        """Whether the value in force is not the default."""
        return self._value != self.setting.default

    @property
    def marked(self) -> str:
        """The name, and the mark of a setting that is not at its default."""
        return f"{self.setting.label:<{NAME - 2}}{CHANGED}" if self.is_changed else self.setting.label

    def paint(self, width: int, height: int) -> list[Strip]:
        """The name, in bold where the value is not the default; the slider; and the value."""
        columns, rows = self.value_columns(width), self.rows
        name = Segment(set_cell_size(self.marked, NAME), Style(bold=self.is_changed))
        rail = [] if self.rail is None else self.rail.segments(self.at, columns.start - 1 - NAME, rows)
        between = " " * (columns.start - NAME - sum(len(segment.text) for segment in rail))
        if self.setting.kind == "choice":
            text, arrow = chosen(str(self._value), len(columns))
            value = [(text, "setting--value"), (arrow, "setting--arrow")]
        else:
            part = "setting--wrong" if self._problem else "setting--value"
            value = [(set_cell_size(shown(self._value), len(columns)), part)]
        parts = (Segment(text, rows.get_component_rich_style(part)) for text, part in value)
        return [Strip([name, *rail, Segment(between), *parts])]

    def on_resize(self) -> None:
        """A reason that has come below the control must not be out of sight."""
        if isinstance(self.parent, Rows) and row_of(self.screen.focused) is self:
            self.parent.keep_in_sight()

    def sent(self, value: Value) -> None:
        """Remember what was typed or chosen here: when it comes back as the value in force, it is no news."""
        self._sent.append(value)

    def show(self, value: Value, problem: str) -> None:
        """Show the value in force, or what is wrong with the one that is typed.

        What is being typed is never overwritten by an answer to what was typed before it.
        """
        self.set_class(bool(problem), "-invalid")
        if (value, problem) != (self._value, self._problem):
            self.stale()
        self._give_reason(f"{problem}; {shown(value)} is shown" if problem else "")
        answered = next((i for i, sent in enumerate(self._sent) if says(sent, value)), None)
        if problem:
            self._sent.clear()
        elif answered is not None:
            del self._sent[: answered + 1]
        elif value != self._value or self._problem:
            self._sent.clear()
            self._write(value)
        self._value, self._problem = value, problem

    def _give_reason(self, reason: str) -> None:
        if self._reason is None and reason:
            self._reason = PlainLabel(reason, classes="reason")
            self.mount(self._reason)
        elif self._reason is not None and (reason or self._reason.display):
            self._reason.update(reason)
            self._reason.display = bool(reason)

    def _write(self, value: Value) -> None:
        control = self._control
        if isinstance(control, Field) and not says(control.value, value):
            with control.prevent(Input.Changed):
                control.value = shown(value)
        elif isinstance(control, Choice):
            with control.prevent(Select.Changed):
                control.value = str(value)

    def action_reset(self) -> None:
        """Ask for the setting's default value."""
        self.post_message(self.Reset(self.setting))

    def focus_control(self) -> None:
        """The focus to the field or list."""
        self.screen.set_focus(self)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Know where a click begins: what is dragged from the slider to the name is none."""
        self._pressed = None if event.x in self.span else event.x

    def on_click(self, event: events.Click) -> None:
        """Go to the setting, or take it back: where the row itself is clicked, which is at its name.

        As long as the row paints the value itself, a click there does what one on the field or the list would.
        """
        if event.widget is not self or event.y or self._pressed is None or event.x in self.span:
            return
        columns = self.value_columns(self.size.width)
        if NAME - 2 <= event.x < NAME and self.is_changed:
            self.action_reset()
        elif event.x not in columns:
            self.focus_control()
        else:
            self.focus_control()
            self.control.call_later(self.control.take_click, event.x - columns.start)


def says(given: Value, value: Value) -> bool:
    """Whether a text says a value in its own way, as `1.` says 1."""
    try:
        return given == value or float(given) == float(value)
    except ValueError:
        return False


def row_of(control: Widget | None) -> SettingRow | None:
    """The row that a widget stands in, if it stands in one."""
    around = [] if control is None else control.ancestors_with_self
    return next((node for node in around if isinstance(node, SettingRow)), None)


class Rows(VerticalScroll, can_focus=False):
    """The rows one below the other. That in focus, or else that which a tour points at, is kept in sight, whole.

    The styles of what a row paints are found once, here, and not for each row.
    """

    COMPONENT_CLASSES = {*PARTS, "setting--value", "setting--arrow", "setting--wrong"}

    def on_resize(self) -> None:
        """What is told of the row in focus may have taken room."""
        self.keep_in_sight()

    def keep_in_sight(self) -> None:
        """Look once everything that was to be scrolled for the room there was before has begun to be."""
        self.call_after_refresh(self._keep_in_sight)

    async def _keep_in_sight(self) -> None:
        row = row_of(self.screen.focused) or next(iter(self.query(SettingRow).filter(".-pointed")), None)
        if row is not None:
            await self.stop_animation("scroll_y")
            row.scroll_visible(animate=False, immediate=True)
