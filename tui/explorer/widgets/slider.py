"""A slider on one line of the screen: drag or click, the value follows live."""

from __future__ import annotations

import math
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.reactive import var
from textual.strip import Strip
from textual.widget import Widget

from tui.explorer.painting.view import PaintedView

TRAVEL = 60
"""Cells that the mouse goes while the knob goes from end to end: the rail is short, and terminals tell whole cells"""

PARTS = ("slider--filled", "slider--knob", "slider--rail")
"""What the parts of a rail are called in style sheets, from left to right"""


@dataclass(frozen=True)
class Rail:
    """What the knob of a slider runs along: the values between two ends."""

    low: float
    high: float
    logarithmic: bool = False

    def share(self, value: float) -> float:
        """How far along the rail a value is, 0 … 1."""
        value = min(max(value, self.low), self.high)
        if self.logarithmic:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def value_at(self, share: float) -> float:
        """The value at a share of the rail."""
        share = min(max(share, 0.0), 1.0)
        if self.logarithmic:
            return self.low * (self.high / self.low) ** share
        return self.low + share * (self.high - self.low)

    def segments(self, value: float, width: int, of: Widget) -> list[Segment]:
        """The rail with its knob; nothing where it is too short.

        Args:
            value: Where the knob is.
            width: Cells of the rail.
            of: The widget whose component classes `PARTS` are.
        """
        if width < 3:
            return []
        knob = round(self.share(value) * (width - 1))
        filled, mark, rail = (Style(color=of.get_component_rich_style(part).color) for part in PARTS)
        return [Segment("━" * knob, filled), Segment("●", mark), Segment("─" * (width - 1 - knob), rail)]


class Sliding(PaintedView):
    """A view with a rail in it, whose knob is at a value and is taken by mouse.

    A click takes the knob there. From where the button went down it is dragged finely, also past the ends of the rail.
    """

    rail: Rail | None
    """None where there is nothing to drag"""

    class Dragged(Message, namespace="slider"):
        """The knob was moved to a value between low and high."""

        def __init__(self, slider: Sliding, value: float) -> None:
            self.slider, self.value = slider, value
            super().__init__()

        @property
        def control(self) -> Sliding:
            """The slider whose knob was dragged."""
            return self.slider

    def __init__(self, rail: Rail | None, *, name: str | None = None, classes: str | None = None) -> None:
        super().__init__(name=name, classes=classes)
        self.rail = rail
        self._held: tuple[float, float] | None = None
        """Where the mouse and how far along the rail the knob was when the button went down; None while it is up"""

    @property
    def at(self) -> float:
        """The value that the knob is at."""
        raise NotImplementedError

    @property
    def span(self) -> range:
        """The columns of the rail."""
        raise NotImplementedError

    @property
    def share(self) -> float:
        """How far along the rail the knob is, 0 … 1."""
        return 0.0 if self.rail is None else self.rail.share(self.at)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Take the knob where the mouse is; if it is there already, only hold it."""
        span = self.span
        if self.rail is None or event.y or event.x not in span:
            return
        self.capture_mouse()
        along = max(1, len(span) - 1)
        at = event.pointer_x - span.start
        is_there = round(self.share * along) == math.floor(at)
        self._held = at, self.share if is_there else min(max(math.floor(at) / along, 0.0), 1.0)
        if not is_there:
            self.post_message(self.Dragged(self, self.rail.value_at(self._held[1])))

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Move the knob with the mouse while the button is held, finely."""
        if self.rail is not None and self._held is not None:
            at, share = self._held
            moved = (event.pointer_x - self.span.start - at) / TRAVEL
            self.post_message(self.Dragged(self, self.rail.value_at(share + moved)))

    def on_mouse_up(self) -> None:
        """End the dragging when the button is released."""
        self.release_mouse()
        self._held = None


class Slider(Sliding):
    """A value between two ends, by mouse only: it takes no focus."""

    COMPONENT_CLASSES = {*PARTS}

    rail: Rail
    value: var[float] = var(0.0)

    def __init__(self, low: float, high: float, *, logarithmic: bool = False, name: str | None = None) -> None:
        super().__init__(Rail(low, high, logarithmic), name=name)

    @property
    def at(self) -> float:
        """The value that the knob is at."""
        return self.value

    @property
    def span(self) -> range:
        """The columns of the rail, which are all that there are."""
        return range(self.size.width)

    def watch_value(self) -> None:
        """Paint the knob at the place of the new value."""
        self.stale()

    def paint(self, width: int, height: int) -> list[Strip]:
        """The rail with its knob, in one strip."""
        return [Strip(self.rail.segments(self.value, width, self))]
