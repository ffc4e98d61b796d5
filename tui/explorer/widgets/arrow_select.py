"""A list of which one is chosen, where arrow keys take the one before or after without opening it."""

from __future__ import annotations

from collections.abc import Sequence

from textual.binding import Binding
from textual.widgets import Select


class ArrowSelect(Select[str]):
    """One of several; ← → take the one before or after, enter opens the list."""

    BINDINGS = [
        Binding("left", "choose(-1)", "the choice before", show=False),
        Binding("right", "choose(1)", "the choice after", show=False),
    ]

    def __init__(self, offered: Sequence[tuple[str, str]], value: str, *, id: str) -> None:
        """Offer these.

        Args:
            offered: What is shown of each, and its value.
            value: The one that is chosen.
            id: The widget's own.
        """
        super().__init__(offered, value=value, allow_blank=False, compact=True, id=id)
        self._values = tuple(one for _, one in offered)

    def offer(self, offered: Sequence[tuple[str, str]], value: str) -> None:
        """Have other options, and this one of them chosen, without telling that it is."""
        self._values = tuple(one for _, one in offered)
        with self.prevent(Select.Changed):
            self.set_options(offered)
            self.value = value

    def action_choose(self, by: int) -> None:
        """The choice before or after; none where there is no further one."""
        place = self._values.index(str(self.value)) + by
        if 0 <= place < len(self._values):
            self.value = self._values[place]
