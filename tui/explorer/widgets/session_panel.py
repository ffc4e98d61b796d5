"""A panel that shows the Session: what is shown, where the cursor is, and how a person looks at it."""

from __future__ import annotations

from operator import attrgetter

from textual.reactive import var

from core import BackwardPass, Trace
from tui.explorer.session.cursor import Cursor
from tui.explorer.session.shown import DynamicsState, Shown
from tui.explorer.session.view import View
from tui.explorer.widgets.coalesced import CoalescedUpdates
from tui.report.curves import Curve, losses_named


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
        """The trace that is shown, if there is one."""
        return self.shown.trace

    @property
    def backward_pass(self) -> BackwardPass | None:
        """The backward pass that is shown, if there is one."""
        return self.shown.backward_pass

    @property
    def pinned(self) -> Trace | None:
        """The trace that is pinned, if there is one."""
        return self.shown.pinned

    @property
    def losses(self) -> str:
        """Which losses are shown, in words: `L_50`, `all losses`; nothing where there are none."""
        return losses_named(self.shown.loss) if self.trace is not None and self.trace.lags.scored.any() else ""

    @property
    def curve(self) -> Curve:
        """What the charts against the lag show: the one loss, or all of them typical or summed."""
        return self.view.curve if self.shown.loss is None else self.shown.loss

    @property
    def pinned_curve(self) -> Curve:
        """What the charts against the lag show of the pinned trace, whose last loss may be another."""
        return self.view.curve if self.shown.pinned_loss is None else self.shown.pinned_loss

    @property
    def measured(self) -> DynamicsState:
        """Jacobians, exponents and theory's lines, as far as they are known."""
        return self.shown.measured

    @property
    def lag(self) -> int | None:
        """How far the gradient has come back at the cursor; None before it has started."""
        return None if self.cursor is None else self.cursor.lag(self.shown.loss)

    @property
    def signed_lag(self) -> int | None:
        """The lag of the cursor; after the loss it is below 0, where a direction of the network looks ahead."""
        if self.cursor is None or not self.shown.both_ways:
            return self.lag
        return self.cursor.signed_lag(self.shown.loss)
