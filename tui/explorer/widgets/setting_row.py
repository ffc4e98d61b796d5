"""A setting's row: its name, its control and what is wrong with what is typed in it."""

from __future__ import annotations

from collections.abc import Iterator

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Label, Select

from core import Setting
from core.settings.experiment import Value
from tui.explorer.widgets.plain_text import PlainLabel
from tui.explorer.widgets.slider import Slider


def shown(value: Value) -> str:
    """A setting's value as the field shows it."""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


class Field(Input):
    """A number: type it, or ↑ ↓ to step it."""

    BINDINGS = [("up", "nudge(1)", "more"), ("down", "nudge(-1)", "less")]

    def __init__(self, setting: Setting, value: Value) -> None:
        super().__init__(shown(value), compact=True, type="text", name=setting.name, select_on_focus=True)
        self.setting = setting

    def update_node_styles(self, animate: bool = True) -> None:
        """Not before it is mounted, when it gets its styles anyway: it is given classes as it is made."""
        if self.is_attached:
            super().update_node_styles(animate)

    def action_nudge(self, by: int) -> None:
        """One step up or down: whole numbers by one or a tenth of them, others by a twentieth of the range."""
        try:
            value = float(self.value)
        except ValueError:
            return
        self.value = shown(nudged(self.setting, value, by))


def nudged(setting: Setting, value: float, by: int) -> Value:
    """The next value of a setting in a direction, within what is allowed."""
    if setting.hint.logarithmic and setting.kind == "number":
        step = 10.0 ** (int(f"{max(abs(value), 0.1):e}".split("e")[1]) - 1)
        value = round(value + by * step, 9)
    elif setting.kind == "number":
        value = round(value + by * 0.1, 9)
    else:
        value += by
    value = min(max(value, setting.low), setting.high)
    return int(value) if setting.kind == "integer" else value


class SettingRow(Vertical):
    """One setting: its label, its control, and the reason if what is typed is not allowed.

    A setting away from its default is marked; a click on its name, or ctrl+r in it, takes it back. The widgets of one
    that has no effect are made when it gets one: the start waits for every widget there is.
    """

    BINDINGS = [("ctrl+r", "reset", "default")]

    class Reset(Message):
        """The setting is to go back to its default."""

        def __init__(self, setting: Setting) -> None:
            self.setting = setting
            super().__init__()

    def __init__(self, setting: Setting, value: Value) -> None:
        super().__init__(name=setting.name, classes="setting")
        self.setting = setting
        self.tooltip = (
            f"{setting.help}\n\nAllowed: {setting.allowed}. Default: {shown(setting.default)}; "
            "a click on the name, or ctrl+r, goes back to it."
        )
        self._value = value
        self._problem = ""
        self._reason: Label | None = None
        """Where it says what is wrong, once anything was"""
        self._controls: list[Select[str] | Slider | Field] = []
        self._sent: list[Value] = []
        """What was typed or chosen here and has not come back as the value in force, oldest first"""

    def compose(self) -> ComposeResult:
        """The label, then a list or a slider with a field."""
        if self.display:
            yield from self._parts()

    def _parts(self) -> Iterator[Widget]:
        if not self._controls:
            self._controls = [*self._control(self._value)]
            yield Horizontal(PlainLabel(self.setting.label, classes="name"), *self._controls)

    def _control(self, value: Value) -> Iterator[Select[str] | Slider | Field]:
        name, hint = self.setting.name, self.setting.hint
        if self.setting.kind == "choice":
            options = [(choice, choice) for choice in self.setting.choices]
            yield Select(options, value=str(value), allow_blank=False, compact=True, name=name)
            return
        if hint.slider is not None:
            slider = Slider(*hint.slider, logarithmic=hint.logarithmic, name=name)
            slider.set_reactive(Slider.value, float(value))
            yield slider
        yield Field(self.setting, value)

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
        self.set_class(value != self.setting.default, "-changed")
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
        if self.display and not self._controls:
            with self.prevent(Input.Changed, Select.Changed):  # that they show the value in force is no news
                self.mount(*self._parts())
        for control in self._controls:
            if isinstance(control, Slider):
                control.value = float(value)

    def _give_reason(self, reason: str) -> None:
        if self._reason is None and reason:
            self._reason = PlainLabel(reason, classes="reason")
            self.mount(self._reason)
        elif self._reason is not None and (reason or self._reason.display):
            self._reason.update(reason)
            self._reason.display = bool(reason)

    def _write(self, value: Value) -> None:
        for control in self._controls:
            if isinstance(control, Field) and not says(control.value, value):
                with control.prevent(Input.Changed):
                    control.value = shown(value)
            elif isinstance(control, Select):
                with control.prevent(Select.Changed):
                    control.value = str(value)

    def action_reset(self) -> None:
        """Ask for the setting's default value."""
        self.post_message(self.Reset(self.setting))

    @on(events.Click, ".name")
    def _name_clicked(self) -> None:
        self.action_reset()


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
    """The rows one below the other. The one in focus is kept in sight, whole: also when the others get less room."""

    def on_resize(self) -> None:
        """What is told of the row in focus may have taken room."""
        self.keep_in_sight()

    def keep_in_sight(self) -> None:
        """Look once everything that was to be scrolled for the room there was before has begun to be."""
        self.call_after_refresh(self._keep_in_sight)

    async def _keep_in_sight(self) -> None:
        row = row_of(self.screen.focused)
        if row is not None:
            await self.stop_animation("scroll_y")
            row.scroll_visible(animate=False, immediate=True)
