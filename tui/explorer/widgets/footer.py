"""The keys that are valid now, on one line: where there is no room for all, those go that are needed least.

Textual's own footer is a widget for each key, all of them created again and laid out with the whole screen three times
whenever a command becomes valid. This one paints a line.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import ActiveBinding
from textual.screen import Screen
from textual.strip import Strip
from textual.widgets import Tab, Tabs

from tui.explorer.painting.view import PaintedView

GO_FIRST = (
    "lesson",
    "undo",
    "scene",
    "group",
    "train",
    "tour",
    "export",
    "presets",
    "one_or_all",
    "play",
    "settings",
    "command_palette",
    "open_tab",
)
"""Actions whose keys are left out first: all of them are in the palette, whose own key is among the last to go"""

PALETTE = "all"
"""What the palette's key leads to: everything that can be done"""

BACK = "all panels"
"""What the key does that has made one panel as large as the screen"""


@dataclass(frozen=True)
class Key:
    """A key on the line, and what it does."""

    key: str
    display: str
    label: str
    action: str
    enabled: bool
    tooltip: str
    before: str = ""
    """What stands between it and the key before"""

    @property
    def gap(self) -> str:
        """What is between it and the key before."""
        return self.before or " "

    @property
    def cells(self) -> int:
        """How many cells the key takes, without the gap."""
        return len(self.display) + 1 + len(self.label)


class FittingFooter(PaintedView):
    """A footer that is never cut off; a click on a key presses it."""

    COMPONENT_CLASSES = {"footer--key", "footer--label", "footer--edge", "footer--hover"}
    DEFAULT_CSS = """
    FittingFooter {
        dock: bottom; height: 1; color: $footer-foreground; background: $footer-background;
        & > .footer--key { color: $footer-key-foreground; background: $footer-key-background; text-style: bold; }
        & > .footer--label { color: $footer-description-foreground; background: $footer-description-background; }
        & > .footer--edge { color: $foreground 20%; }
        & > .footer--hover { color: $footer-key-foreground; background: $block-hover-background; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._keys: tuple[Key, ...] = ()
        self._places: list[tuple[int, Key]] = []
        """The keys that are painted, and the first column of each"""
        self._under: Key | None = None
        """The one under the mouse"""

    def on_mount(self) -> None:
        """Follow the bindings of the screen, which change with what is valid."""
        super().on_mount()
        self.screen.bindings_updated_signal.subscribe(self, self._follow)

    def _follow(self, screen: Screen[object]) -> None:
        active = screen.active_bindings
        first: dict[str, ActiveBinding] = {}
        for one in active.values():
            if one.binding.show:
                first.setdefault(one.binding.action, one)
        # The same keys mean what the focused one of two makes them mean, which comes first.
        shown: dict[str, Key] = {}
        tabs = self._of_tabs()
        for key in (self._key(one, tabs) for one in first.values()):
            shown.setdefault(key.display, key)
        keys = list(shown.values())
        palette = active.get(self.app.COMMAND_PALETTE_BINDING) if self.app.ENABLE_COMMAND_PALETTE else None
        larger = next((one for one in active.values() if one.binding.action == "full"), None)
        if screen.maximized is not None and larger is not None:
            keys.insert(0, replace(self._key(larger), label=BACK))
        if palette is not None:
            keys.append(replace(self._key(palette, before="▏"), label=PALETTE))
        if tuple(keys) != self._keys and self.app.app_focus:
            self._keys = tuple(keys)
            # In a repaint of its own, as the title line.
            self.call_after_refresh(self.stale)

    def _key(self, active: ActiveBinding, tabs: str = "", *, before: str = "") -> Key:
        binding = active.binding
        tooltip = active.tooltip or binding.tooltip or binding.description
        numbers = tabs if binding.action.startswith("open_tab(") else ""
        display = numbers or self.app.get_key_display(binding)
        return Key(binding.key, display, binding.description, binding.action, active.enabled, tooltip, before)

    def _of_tabs(self) -> str:
        """The numbers of the tabs that are in sight; empty before there are any."""
        # Found by its id, which Textual remembers: a query would look at every widget of the screen.
        tabs = self.screen.query_one_optional("#tabs")
        rows = () if tabs is None else tabs.query_children(Tabs)
        count = sum(tab.display for row in rows for tab in row.query(Tab))
        return f"1…{count}" if count else ""

    def fitting(self, room: int) -> list[Key]:
        """The keys that there is room for, in columns."""
        gone: list[str] = []

        def left() -> list[Key]:
            return [key for key in self._keys if key.action.partition("(")[0] not in gone]

        def too_many() -> bool:
            return sum(len(key.gap) + key.cells for key in left()) - 1 > room  # before the first one no gap is needed

        for action in GO_FIRST:
            if not too_many():
                break
            gone.append(action)
        for action in reversed(gone[1:]):  # where a long one has gone, a short one may stay; the first is never needed
            gone.remove(action)
            if too_many():
                gone.append(action)
        return left()

    def paint(self, width: int, height: int) -> list[Strip]:
        """The line: the palette's key at the right, the others from the left."""
        self._places, segments, column = [], [], 0
        for key in self.fitting(width):
            start = column + len(key.gap) if column else 0
            if key.before:
                start = max(start, width - key.cells)
                segments.append(Segment(" " * (start - column - len(key.gap))))
                segments.append(Segment(key.gap, self._look("edge")))
            else:
                segments.append(Segment(" " * (start - column)))
            column = start
            self._places.append((column, key))
            for part, text in (("key", key.display), ("label", f" {key.label}")):
                segments.append(Segment(text, self._look(part, key)))
                column += len(text)
        return [Strip(segments)]

    def _look(self, part: str, key: Key | None = None) -> Style:
        hovered = key is not None and key is self._under
        style = self.get_component_rich_style(f"footer--{'hover' if hovered else part}")
        return style + Style(bold=part == "key", dim=key is not None and not key.enabled)

    def _at(self, event: events.MouseEvent) -> Key | None:
        here = (key for start, key in self._places if start <= event.x < start + key.cells)
        return next(here, None)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Do what the key under the mouse does, or ring the bell where it is not valid."""
        key = self._at(event)
        if key is not None and key.enabled:
            self.app.simulate_key(key.key)
        elif key is not None:
            self.app.bell()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Light the key under the mouse up, and say what it does."""
        self._light(self._at(event))

    def on_leave(self) -> None:
        """Light no key once the mouse has left the footer."""
        self._light(None)

    def _light(self, key: Key | None) -> None:
        if key is not self._under:
            self._under = key
            self.tooltip = None if key is None else key.tooltip
            self.stale()
