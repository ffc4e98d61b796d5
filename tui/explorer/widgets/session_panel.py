"""A panel that shows the Session: what is shown, where the cursor is, and how a person looks at it."""

from __future__ import annotations

from operator import attrgetter

from textual.reactive import var

from core import BackwardPass, Trace
from tui.explorer.session.cursor import Cursor
from tui.explorer.session.shown import DynamicsState, Shown
from tui.explorer.session.view import View
from tui.explorer.widgets.coalesced import CoalescedUpdates


class SessionPanel(CoalescedUpdates):
    """Receives the three values by `data_bind`, and shows them again when what it depends on has changed."""

    shown: var[Shown] = var(Shown())
    cursor: var[Cursor | None] = var(None)
    view: var[View] = var(View())

    _parts: tuple[str, ...] = ()
    _seen: tuple[object, ...] | None = None

    def show_when_changed(self, *parts: str) -> None:
        """Show now, and whenever one of these parts of the three values is another.

        Args:
            parts: What the panel depends on: `shown.trace`, `cursor`, `view.curve`.
        """
        self._parts = parts
        self.show_on(*dict.fromkeys(part.partition(".")[0] for part in parts))

    def _arrived(self) -> None:
        self._awaited = False
        now = tuple(attrgetter(part)(self) for part in self._parts)
        if now != self._seen:
            self._seen = now
            self.show()

    @property
    def trace(self) -> Trace | None:
        """The trace that is shown."""
        return self.shown.trace

    @property
    def walk(self) -> BackwardPass | None:
        """The way back that is shown."""
        return self.shown.walk

    @property
    def pinned(self) -> Trace | None:
        """The pinned trace."""
        return self.shown.pinned

    @property
    def measured(self) -> DynamicsState:
        """Jacobians, exponents and theory's lines, as far as they are known."""
        return self.shown.measured

    @property
    def lag(self) -> int | None:
        """How far the gradient has come back at the cursor; None before it has started."""
        return None if self.cursor is None else self.cursor.lag(self.shown.loss)
