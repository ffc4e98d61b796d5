"""View: what is looked at, and how. Every transition gives another View; nothing is computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from core import Grouping
from tui.report.curves import Curve

T = TypeVar("T")


@dataclass(frozen=True)
class View:
    """How a person looks at what is shown."""

    curve: Curve = "typical"
    """Which summary over the losses the lags chart has"""
    grouping: Grouping = "source"
    """What the parameters have in common that are shown as one line"""
    hidden: frozenset[str] = frozenset()
    """The lines that are not drawn"""
    as_table: bool = False
    """Whether charts are tables of numbers"""
    theory: bool = False
    """Whether theory's lines are shown"""
    parameter: str = "W_aa"
    """Whose contributions the map shows: a parameter, or `state`"""
    tab: str = "tab-lags"
    """The id of the tab that is open"""
    loss: int | None = None
    """The t of the one loss that is followed back; None follows all of them together"""
    map_loss: int | None = None
    """The t whose row is marked on the map; None marks the last loss"""
    training_chart: str = "metric"
    """Which chart of the training is shown, where there is room for only one"""

    def with_next_curve(self) -> View:
        """Summed where it was typical, and typical where it was summed."""
        return replace(self, curve="summed" if self.curve == "typical" else "typical")

    def with_next_grouping(self, ways: Sequence[Grouping]) -> View:
        """The next way to take parameters together, of those that a network has."""
        return replace(self, grouping=_after(ways, self.grouping))

    def toggled(self, line: str) -> View:
        """A line drawn that was hidden, or hidden that was drawn."""
        return replace(self, hidden=self.hidden ^ {line})

    def following(self, loss: int | None) -> View:
        """Another loss followed back, or all of them; the map marks it."""
        return replace(self, loss=loss, map_loss=loss)

    def with_next_training_chart(self, names: Sequence[str]) -> View:
        """The next chart of the training, of those with these names."""
        return replace(self, training_chart=_after(names, self.training_chart))

    def fitting(self, steps: int) -> View:
        """This view of a trace of so many steps: losses that the trace does not have are no longer followed."""
        loss = self.loss if self.loss is not None and self.loss <= steps else None
        marked = self.map_loss if self.map_loss is not None and self.map_loss <= steps else None
        return replace(self, loss=loss, map_loss=marked)


def _after(choices: Sequence[T], now: T) -> T:
    """The choice after this one, round and round; the first where this is none of them."""
    return choices[(choices.index(now) + 1) % len(choices)] if now in choices else choices[0]
