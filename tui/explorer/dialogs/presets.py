"""The preset picker: named experiments, each with what to look for and the settings that make it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from core import Experiment, Preset, presets, settings
from core.settings.experiment import Value
from tui.explorer.dialogs.closing import Dialog
from tui.explorer.widgets.plain_text import PlainText


class PresetPicker(Dialog[str | None]):
    """Choose a preset; returns its name, or None.

    Typing narrows the list, arrows move in it; what the highlighted one shows stands below.
    """

    DEFAULT_CSS = """
    PresetPicker { align: center middle; }
    PresetPicker > #presets-box {
        width: 76; max-width: 100%; height: 26; max-height: 100%;
        padding: 0 1; background: $surface; border: round $border;
        border-title-color: $foreground; border-title-style: bold;
        border-subtitle-color: $foreground-muted;
    }
    PresetPicker Input { height: 1; border: none !important; padding: 0 1; background: $panel; }
    PresetPicker #presets-list {
        height: 1fr; margin-top: 1; background: $surface; scrollbar-size-vertical: 1;
        text-wrap: nowrap; text-overflow: ellipsis;
    }
    PresetPicker #presets-list > .option-list--option-highlighted {
        color: $block-cursor-foreground; background: $block-cursor-background;
        text-style: $block-cursor-text-style;
    }
    PresetPicker #presets-about { height: 8; border-top: solid $panel; padding: 0 1; scrollbar-size-vertical: 1; }
    PresetPicker #presets-about:focus { border-top: solid $border; }
    PresetPicker #presets-about Static { height: auto; }
    PresetPicker #presets-differs { margin-top: 1; }
    PresetPicker.-flat #presets-list, PresetPicker.-short #presets-list { margin: 0; }
    PresetPicker.-flat #presets-about { height: 5; }
    PresetPicker.-flat #presets-differs { margin-top: 0; }
    """

    BINDINGS = [
        Binding("escape", "cancel", "Cancel"),
        Binding("enter", "take", "Take it"),
        Binding("down", "list('cursor_down')", show=False),
        Binding("up", "list('cursor_up')", show=False),
        Binding("pagedown", "list('page_down')", show=False),
        Binding("pageup", "list('page_up')", show=False),
    ]
    AUTO_FOCUS = "#presets-filter"
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (18, "-short"), (26, "-roomy")]

    def __init__(self, current: Experiment | None = None) -> None:
        """Offer every preset.

        Args:
            current: The experiment in force; the preset that it is, if any, is marked and highlighted.
        """
        super().__init__()
        self._current = current
        self._found: list[Preset] = []

    def compose(self) -> ComposeResult:
        """The filter, the list, and what the highlighted preset is about."""
        with Vertical(id="presets-box") as box:
            box.border_title = "Presets"
            box.border_subtitle = "type to narrow · ↑↓ · enter · esc"
            yield Input(id="presets-filter", placeholder="relu, explode, noise …")
            listed = OptionList(id="presets-list", compact=True)
            # The focus stays in the filter, so that typing always narrows the list.
            listed.can_focus = False
            yield listed
            with VerticalScroll(id="presets-about"):
                yield PlainText(id="presets-look-for")
                yield PlainText(id="presets-differs")

    def on_mount(self) -> None:
        """List all presets, and highlight the one in force."""
        self._narrow("")

    @property
    def _list(self) -> OptionList:
        return self.query_one("#presets-list", OptionList)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._narrow(event.value)

    def _narrow(self, words: str) -> None:
        """List the presets that all words fit, the best first and highlighted; without words, the one in force is."""
        found = [preset for preset in presets().values() if fits(preset, words)]
        self._found = sorted(found, key=lambda preset: distance(preset, words))
        self._list.set_options(Option(self._row(preset), id=preset.name) for preset in self._found)
        if self._found:
            current = [place for place, one in enumerate(self._found) if one.experiment == self._current]
            self._list.highlighted = current[0] if current and not words.strip() else 0
        self._tell()

    def _row(self, preset: Preset) -> Text:
        mark = "●" if preset.experiment == self._current else " "
        return Text(f" {mark} {preset.title}")

    @on(OptionList.OptionHighlighted)
    def _tell(self) -> None:
        """What the preset is about that is highlighted by now, if one is."""
        option = self._list.highlighted_option
        look_for, differs = (self.query_one(f"#presets-{part}", Static) for part in ("look-for", "differs"))
        if option is None:
            look_for.update("No preset has all these words; take some away.")
            differs.update("")
        else:
            preset = presets()[str(option.id)]
            look_for.update(preset.look_for)
            differs.update(_told(preset))
        self.query_one("#presets-about", VerticalScroll).scroll_home(animate=False)

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_id)

    def action_cancel(self) -> None:
        """Close without a preset: nothing changes."""
        self.dismiss(None)

    @on(Input.Submitted)
    def action_take(self) -> None:
        """Close, and return the name of the highlighted preset."""
        option = self._list.highlighted_option
        if option is not None:
            self.dismiss(option.id)

    def action_list(self, action: str) -> None:
        """Move in the list while the focus is on the filter."""
        getattr(self._list, f"action_{action}")()


def fits(preset: Preset, words: str) -> bool:
    """Whether every word stands in the preset's name, title, text or settings, capitals or not."""
    told = [preset.name, preset.title, preset.look_for]
    told += [f"{name} {value}" for name, (value, _) in differences(preset.experiment).items()]
    return _all_in(words, " ".join(told))


def distance(preset: Preset, words: str) -> tuple[int, bool, int]:
    """How far a preset that fits is from what a person means: the smaller, the better it fits.

    First by how many words do not stand in its name or title, which are what is seen in the list; then whether its
    name is what was typed; then by how many words begin no word there, as `tied` begins none of `untied`.
    """
    seen = f"{preset.name} {preset.title}".casefold()
    stems = list(_stems(words))
    unseen = sum(stem not in seen for stem in stems)
    within = sum(re.search(rf"\b{re.escape(stem)}", seen) is None for stem in stems)
    return unseen, preset.name != words.strip().casefold(), within


def _all_in(words: str, text: str) -> bool:
    """Whether every word is there, capitals or not."""
    return all(stem in text.casefold() for stem in _stems(words))


def _stems(words: str) -> Iterator[str]:
    """What is looked for: `explode` is in `exploding` too."""
    return (word.removesuffix("e") for word in words.casefold().split())


def differences(experiment: Experiment) -> Mapping[str, tuple[Value, Value]]:
    """Setting → (its value, the default), for those that are not at their default."""
    values = experiment.model_dump()
    return {
        name: (values[name], setting.default) for name, setting in settings().items() if values[name] != setting.default
    }


def _told(preset: Preset) -> Text:
    """A preset's settings as `gain 0.9 → 3`, and how to ask for the preset on the command line."""
    text = Text()
    for name, (value, default) in differences(preset.experiment).items():
        text.append(" · " if text else "", "dim").append(f"{settings()[name].label} ", "dim")
        text.append(f"{_shown(default)} → {_shown(value)}")
    return text.append("\n" if text else "").append(f"rnn-tui --preset {preset.name}", "dim")


def _shown(value: Value) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
