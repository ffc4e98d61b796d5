"""A slider on one line of the screen: drag or click, the value follows live."""

from __future__ import annotations

import math

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.reactive import var
from textual.strip import Strip

from tui.explorer.painting.view import PaintedView

TRAVEL = 60
"""Cells that the mouse goes while the knob goes from end to end: the rail is short, and terminals tell whole cells"""


class Slider(PaintedView):
    """A value between two ends, by mouse. The keyboard's way is the field beside it, so it takes no focus.

    A click takes the knob there. From where the button went down it is dragged finely, also past the ends of the rail.
    """

    COMPONENT_CLASSES = {"slider--rail", "slider--filled", "slider--knob"}

    value: var[float] = var(0.0)

    class Dragged(Message):
        """The knob was moved to a value between low and high."""

        def __init__(self, slider: Slider, value: float) -> None:
            self.slider, self.value = slider, value
            super().__init__()

        @property
        def control(self) -> Slider:
            """The slider whose knob was dragged."""
            return self.slider

    def __init__(self, low: float, high: float, *, logarithmic: bool = False, name: str | None = None) -> None:
        super().__init__(name=name)
        self.low, self.high, self.logarithmic = low, high, logarithmic
        self._held: tuple[float, float] | None = None
        """Where the mouse and how far along the rail the knob was when the button went down; None while it is up"""

    @property
    def share(self) -> float:
        """How far along the rail the value is, 0 … 1."""
        value = min(max(self.value, self.low), self.high)
        if self.logarithmic:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def value_at(self, share: float) -> float:
        """The value at a share of the rail."""
        share = min(max(share, 0.0), 1.0)
        if self.logarithmic:
            return self.low * (self.high / self.low) ** share
        return self.low + share * (self.high - self.low)

    def watch_value(self) -> None:
        """Paint the knob at the place of the new value."""
        self.stale()

    def paint(self, width: int, height: int) -> list[Strip]:
        """The rail with its knob, in one strip."""
        if width < 3:
            return []
        knob = round(self.share * (width - 1))
        rail, filled, mark = (self._style(part) for part in ("rail", "filled", "knob"))
        return [Strip([Segment("━" * knob, filled), Segment("●", mark), Segment("─" * (width - 1 - knob), rail)])]

    def _style(self, part: str) -> Style:
        return self.get_component_rich_style(f"slider--{part}")

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Take the knob where the mouse is; if it is there already, only hold it."""
        self.capture_mouse()
        along = max(1, self.size.width - 1)
        at = event.pointer_x
        is_there = round(self.share * along) == math.floor(at)
        self._held = at, self.share if is_there else min(max(math.floor(at) / along, 0.0), 1.0)
        if not is_there:
            self.post_message(self.Dragged(self, self.value_at(self._held[1])))

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Move the knob with the mouse while the button is held, finely."""
        if self._held is not None:
            at, share = self._held
            self.post_message(self.Dragged(self, self.value_at(share + (event.pointer_x - at) / TRAVEL)))

    def on_mouse_up(self) -> None:
        """End the dragging when the button is released."""
        self.release_mouse()
        self._held = None
