"""A painted widget that tells where the mouse is on it, each time that this is another place."""

from __future__ import annotations

from abc import abstractmethod
from typing import Generic, TypeVar

from textual import events

from tui.explorer.painting.view import PaintedView

Place = TypeVar("Place")


class PointedView(PaintedView, Generic[Place]):
    """A chart in which the mouse points at something; what that is, and what is said of it, the chart knows."""

    _under: Place | None = None
    """What the mouse is on"""

    @abstractmethod
    def point_at(self, x: int, y: int) -> Place | None:
        """What is shown at a cell of the widget; None beside all of it."""

    @abstractmethod
    def tell(self, place: Place | None, *, clicked: bool) -> None:
        """Post that the mouse is on something, or on nothing."""

    def _point(self, event: events.MouseEvent, *, clicked: bool) -> None:
        offset = event.get_content_offset(self)
        under = None if offset is None else self.point_at(offset.x, offset.y)
        if clicked or under != self._under:
            self._under = under
            self.tell(under, clicked=clicked)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Tell what stands where the button went down."""
        self._point(event, clicked=True)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Tell what the mouse is on; with a button held, as if it was clicked."""
        self._point(event, clicked=bool(event.button))

    def on_leave(self) -> None:
        """Tell that nothing is pointed at once the mouse has left."""
        if self._under is not None:
            self._under = None
            self.tell(None, clicked=False)
