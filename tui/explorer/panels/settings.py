"""The settings panel: every setting of the Experiment, live.

It is made from `core.settings()` and knows no setting by name. What a person types is posted as it is; the
explorer decides whether it is allowed and hands back the experiment and what is wrong, if anything is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.reactive import var
from textual.widgets import Input, Label, Select, Static

from core import Experiment, Setting, settings
from core.settings.hints import Value
from tui.explorer.help import help_text
from tui.explorer.session.subject import Subject
from tui.explorer.widgets.plain_text import PlainLabel, PlainText
from tui.explorer.widgets.setting_row import Rows, SettingRow, row_of, says
from tui.explorer.widgets.slider import Slider

HINT = "s goes to the settings: ↑ ↓ from one to the next, ← → change it, and the charts follow at once."
"""What is told while no setting has the focus, where there is room"""

DECIDES = (
    " gain decides most: it scales W_aa, by which every step back multiplies the gradient. activation and initializer "
    "come next."
)
"""What is told besides of a cell that has a W_aa"""

GIVEN = (
    "This network and its data were given, so only how to train it is a setting. N says which network of its file it "
    "is, and what drives it; O opens another file, o a preset."
)
"""What is told there of a network that settings do not make"""

RECORDED = (
    "These are recorded steps of a training elsewhere: w follows it or pauses, a and d go through its steps, r to the "
    "newest, N says which part of the model it is. What truncation would throw away is the one setting."
)
"""What is told there of a folder of recordings that is followed"""

ONE_SEED = "One seed says little of a cell: M shows 20."
"""What is told of a cell that was chosen in the place of the first"""

TRUNCATION = ("k1", "k2")

DECIDING = ("gain", "activation")
"""The settings that decide most, which are explained too where the screen is as high as `HIGH`"""

HIGH = 56
"""Rows of a screen on which there is room for that below the settings"""


def chosen_first(setting: Setting, value: Value | None) -> str:
    """A setting's help with what it says of the value in force before what it says of the others.

    Where there is no room for all of it, it is the others that are cut off: `The recurrent cell. gru: …. rnn: ….`
    """
    names = "|".join(map(re.escape, setting.choices))
    parts = re.split(rf"(?:(?<=\. )|^)(?=(?:{names}): )", setting.help) if names else [setting.help]
    about = [part.rstrip() for part in parts if part]
    of_it = [part for part in about if part.startswith(f"{value}: ")]
    general = [part for part in about[:1] if not re.match(f"(?:{names}): ", part)] if names else about
    return " ".join([*general, *of_it, *(part for part in about if part not in general and part not in of_it)])


def whole_sentences(text: str, fits: Callable[[str], bool]) -> str:
    """A text up to the last sentence that fits, `…` in the place of the rest; all of it where not even one fits."""
    if fits(text):
        return text
    sentences = re.split(r"(?<=[.;]) ", text)
    forms = (f"{' '.join(sentences[:count]).rstrip(';')} …" for count in range(len(sentences) - 1, 0, -1))
    return next(filter(fits, forms), text)


class SettingsPanel(Vertical):
    """All settings in their groups, those left out that have no effect, given the others or the network."""

    BORDER_TITLE = "Settings"
    HELP = help_text("settings")

    subject: var[Subject] = var(Subject(Experiment()))
    """What is in force: the settings, and a network and data that are analyzed in the place of what they make"""
    problems: var[Mapping[str, str]] = var(dict)

    class Edited(Message):
        """A setting was given a value, not yet checked."""

        def __init__(self, name: str, value: Value) -> None:
            self.name, self.value = name, value
            super().__init__()

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows: dict[str, SettingRow] = {}
        self._said = ""
        """What is told while no setting has the focus, as it was told last"""

    def compose(self) -> ComposeResult:
        """A heading for each group, a row for each setting, and a line for what concerns several."""
        values = self.subject.experiment.model_dump()
        group = ""
        with Rows(id="setting-rows"):
            for setting in settings().values():
                if setting.hint.group != group:
                    group = setting.hint.group
                    heading = PlainLabel(group.upper(), classes="group", name=group)
                    heading.display = self._offered(group)
                    yield heading
                self._rows[setting.name] = row = SettingRow(setting, values[setting.name])
                row.display = self._has_effect(setting)
                yield row
            together = PlainLabel("", id="together", classes="reason")
            together.display = False
            yield together
        hint = HINT + DECIDES if self.subject.given is None else self._given
        yield PlainText(hint, id="setting-help", classes="-idle")

    def watch_subject(self) -> None:
        """Show the settings that have come in force in their fields."""
        self._show()

    def watch_problems(self) -> None:
        """Mark the fields whose values are not allowed, each with its reason."""
        self._show()

    def _offered(self, group: str) -> bool:
        """Whether any setting of a group has an effect: only those of training, where the rest is given."""
        return self.subject.given is None or group == "training"

    def _has_effect(self, setting: Setting) -> bool:
        """Whether a setting has an effect: on recordings, only what truncation would do."""
        if self.subject.watched is not None:
            return setting.name in TRUNCATION and setting.matters(self.subject.experiment)
        return self._offered(setting.hint.group) and setting.matters(self.subject.experiment)

    @property
    def _given(self) -> str:
        return GIVEN if self.subject.watched is None else RECORDED

    def _show(self) -> None:
        if not self.is_mounted:
            return
        values = self.subject.experiment.model_dump()
        for heading in self.query("#setting-rows > .group"):
            heading.display = self._offered(heading.name or "")
        for row in self._rows.values():
            row.display = self._has_effect(row.setting)
            row.show(values[row.setting.name], self.problems.get(row.setting.name, ""))
        text = "; ".join(text for name, text in self.problems.items() if name not in values)
        together = self.query_one("#together", Label)
        if together.display or text:
            together.update(text)
        together.display = bool(text)
        self._tell_idle()
        focused = row_of(self.screen.focused)
        if focused is not None and focused.setting.choices and focused.setting.name in self._rows:
            self.query_one("#setting-help", Static).update(self._help_on(focused.setting))

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        name = event.input.name or ""
        if event.value != event.input.value:
            return  # the field has moved on since: an older text must not undo a newer setting
        if name in self.problems or not says(event.value, self.subject.experiment.model_dump()[name]):
            self._send(name, event.value)

    @on(Select.Changed)
    def _chosen(self, event: Select.Changed) -> None:
        event.stop()
        if event.select.name and isinstance(event.value, str) and event.value == event.select.value:
            self._send(event.select.name, event.value)

    def _send(self, name: str, value: Value) -> None:
        self._rows[name].sent(value)
        self.post_message(self.Edited(name, value))

    @on(SettingRow.Reset)
    def _reset(self, event: SettingRow.Reset) -> None:
        event.stop()
        self.post_message(self.Edited(event.setting.name, event.setting.default))

    @on(Slider.Dragged)
    def _dragged(self, event: Slider.Dragged) -> None:
        event.stop()
        setting = settings()[str(event.slider.name)]
        value: Value = round(event.value) if setting.kind == "integer" else float(f"{event.value:.3g}")
        self.post_message(self.Edited(setting.name, value))

    @on(events.DescendantFocus)
    @on(events.DescendantBlur)
    def _explain(self) -> None:
        """Say what the setting in focus is, for those who use no mouse; close the drawer once the focus has left it.

        The frame has a class of its own for the focus within it: after a rule with `:focus-within`, Textual styles
        every widget of the panel again, twice, at each move of the focus from one setting to the next.

        Asked of the screen and not of the event: after fast tabbing, the events tell of focuses long gone.
        """
        focused = self.screen.focused
        row = row_of(focused)
        line = self.query_one("#setting-help", Static)
        self._said = ""
        line.update(self._idle() if row is None else self._help_on(row.setting))
        line.set_class(row is None, "-idle")
        self.query_one(Rows).keep_in_sight()
        within = focused is not None and self in focused.ancestors_with_self
        self.set_class(within, "-in-focus")
        if focused is not None and not within:
            self.remove_class("-open")

    def _help_on(self, setting: Setting) -> str:
        value = self.subject.experiment.model_dump().get(setting.name)
        told = chosen_first(setting, value)
        if setting.name == "cell" and value != setting.default:
            told = told.replace(". ", f". {ONE_SEED} ", 1)
        told = f"{told} Allowed: {setting.allowed}."
        line = self.query_one("#setting-help", Static)
        rows, width = line.styles.max_height, self.content_size.width
        if rows is None or rows.cells is None or not width:
            return told
        least = rows.cells - 1  # the edge above it
        return whole_sentences(told, lambda text: len(Text(text).wrap(self.app.console, width)) <= least)

    def _idle(self) -> str:
        """What is told while no setting has the focus: on a high screen also what those are that decide most."""
        if self.subject.given is not None:
            return self._given
        deciding = [settings()[name] for name in DECIDING if settings()[name].matters(self.subject.experiment)]
        hint = HINT + (DECIDES if deciding else "")
        if self.screen.size.height < HIGH:
            return hint
        return "\n\n".join([hint, *(f"{setting.label}: {setting.help}" for setting in deciding)])

    def on_resize(self) -> None:
        """Tell as much as there is room for."""
        self._tell_idle()

    def _tell_idle(self) -> None:
        line, said = self.query_one("#setting-help", Static), self._idle()
        if line.has_class("-idle") and said != self._said:
            self._said = said
            line.update(said)

    def on_key(self, event: events.Key) -> None:
        """Enter in a field goes on to the next one."""
        if event.key == "enter" and isinstance(self.screen.focused, Input):
            event.stop()
            self.screen.focus_next()
