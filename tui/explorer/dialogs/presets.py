"""The picker: presets, tours and a person's own lessons, by topic, each with what it is about and what to try next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.text import Text
from textual import on
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from core import Experiment
from tui.explorer.dialogs.closing import Dialog
from tui.explorer.dialogs.offers import OWN, Offer, by_topic, distance, fits, preset_offers
from tui.explorer.widgets.plain_text import PlainText

FORWARD = ("cursor_down", "page_down", "last")
"""What moves on in the list, to its end"""


class PresetPicker(Dialog[str | None]):
    """Choose a preset, a tour or a lesson; returns the key of its offer, or None.

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
        Binding("home", "list('first')", show=False, priority=True),  # before the filter, which is a word or two
        Binding("end", "list('last')", show=False, priority=True),
    ]
    AUTO_FOCUS = "#presets-filter"
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (18, "-short"), (26, "-roomy")]

    def __init__(self, current: Experiment | None = None, more: Sequence[Offer] = ()) -> None:
        """Offer every preset, and what else there is.

        Args:
            current: The experiment in force; the preset that it is, if any, is marked and highlighted.
            more: Tours and lessons.
        """
        super().__init__()
        self._current = current
        self._offers = {offer.key: offer for offer in (*more, *preset_offers())}

    def compose(self) -> ComposeResult:
        """The filter, the list, and what the highlighted one is about."""
        with Vertical(id="presets-box") as box:
            box.border_title = "Open"
            box.border_subtitle = "type to narrow · ↑↓ · enter · esc"
            yield Input(id="presets-filter", placeholder="relu, explode, tour …")
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
        """List what all words fit, the best first and highlighted; without words all by topic, and the one in force."""
        found = [offer for offer in self._offers.values() if fits(offer, words)]
        if words.strip():
            found = sorted(found, key=lambda offer: distance(offer, words))
            options = [Option(self._row(offer), id=offer.key) for offer in found]
        else:
            options = [*self._by_topic(found)]
        self._list.set_options(options)
        current = [at for at, option in enumerate(options) if not words.strip() and self._is_current(option.id)]
        first = [at for at, option in enumerate(options) if not option.disabled]
        if first:
            self._list.highlighted = (current or first)[0]
        self._tell()

    def _by_topic(self, found: Sequence[Offer]) -> Iterator[Option]:
        for topic, offers in by_topic(found).items():
            yield Option(Text(topic, "bold"), disabled=True)
            yield from (Option(self._row(offer), id=offer.key) for offer in offers)
        if not any(offer.key.startswith(OWN) for offer in found):
            yield Option(Text("Your lessons", "bold"), disabled=True)
            yield Option(Text("   none so far: S keeps a screen as a step of one", "dim"), disabled=True)

    def _is_current(self, key: str | None) -> bool:
        return key is not None and self._current is not None and self._offers[key].experiment == self._current

    def _row(self, offer: Offer) -> Text:
        mark = "●" if self._is_current(offer.key) else offer.mark
        return Text.assemble(f" {mark} {offer.title}", (f"  {offer.kind}" if offer.kind else "", "dim"))

    @on(OptionList.OptionHighlighted)
    def _tell(self) -> None:
        """What is highlighted by now is about, if anything is; nothing where the dialog is being taken away."""
        if not self.query("#presets-look-for"):
            return
        option = self._list.highlighted_option
        look_for, differs = (self.query_one(f"#presets-{part}", Static) for part in ("look-for", "differs"))
        if option is None or option.id is None:
            look_for.update("Nothing has all these words; take some away.")
            differs.update("")
        else:
            offer = self._offers[option.id]
            look_for.update(offer.about)
            differs.update(self._told(offer))
        self.query_one("#presets-about", VerticalScroll).scroll_home(animate=False)

    def _told(self, offer: Offer) -> Text:
        """How much it asks, what to try next, the settings that make it, and how to ask for it."""
        text = Text(offer.level, "dim")
        following = [self._offers[key].title for key in offer.next if key in self._offers]
        if following:
            text.append(" · now try: ", "dim").append(", ".join(following))
        if offer.level or following:
            text.append("\n")
        text.append_text(offer.told)
        return text.append("\n" if offer.told else "").append(offer.command, "dim")

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_id)

    def action_cancel(self) -> None:
        """Close without a preset: nothing changes."""
        self.dismiss(None)

    @on(Input.Submitted)
    def action_take(self) -> None:
        """Close, and return the key of what is highlighted."""
        option = self._list.highlighted_option
        if option is not None and option.id is not None:
            self.dismiss(option.id)

    def action_list(self, action: str) -> None:
        """Move in the list while the focus is on the filter; the text about a preset has these keys for itself."""
        if self.focused is not None and self.focused.id == "presets-about":
            raise SkipAction
        self._move(action)

    def _move(self, action: str) -> None:
        """Move, and stay at the first and at the last: up from the best match, the worst one is not looked for."""
        before = self._list.highlighted
        getattr(self._list, f"action_{action}")()
        after = self._list.highlighted
        if before is not None and after is not None and (after < before if action in FORWARD else after > before):
            self._list.highlighted = before
        if self._list.highlighted is None:  # a page further up is a heading only, which cannot be highlighted
            self._list.action_first()
