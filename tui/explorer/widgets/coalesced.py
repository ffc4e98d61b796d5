"""Showing several values that change together, once, when all of them have arrived."""

from __future__ import annotations

from abc import abstractmethod

from textual.widget import Widget


class CoalescedUpdates(Widget):
    """A panel that is made from several reactive values.

    The explorer hands them down one after another. Shown at each of them, a panel would see a cursor of one
    trace with another trace; so it waits until the explorer is done, and shows them once. All panels have their
    turn there, one after another, so that the screen paints them all at once.
    """

    _awaited = False

    def show_on(self, *names: str) -> None:
        """Show whenever one of these reactive values changes, and now."""
        for name in names:
            self.watch(self, name, self._await)

    def _await(self) -> None:
        if not self._awaited:
            self._awaited = True
            self.screen.call_later(self._arrived)

    def _arrived(self) -> None:
        self._awaited = False
        self.show()

    @abstractmethod
    def show(self) -> None:
        """Show all the values, which belong together by now."""
