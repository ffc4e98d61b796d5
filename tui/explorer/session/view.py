"""View: what is looked at, and how. Every transition gives another View; nothing is computed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from core import Grouping
from tui.explorer.session.lag_range import LagRange
from tui.explorer.session.losses import Loss, OneLoss
from tui.report.curves import INPUT, OverLosses

T = TypeVar("T")

SEEDS: Final = (0, 20, 100)
"""How many networks of other seeds can be asked for"""

SEEDS_TAB: Final = "tab-lags"
"""The id of the tab on which they stand behind the network"""

EVERY_LINE: Final = "all"
"""Among the lines that are not drawn: every line, whatever the network's are called"""


@dataclass(frozen=True)
class View:
    """How a person looks at what is shown."""

    curve: OverLosses = "typical"
    """Which summary over the losses the lags chart has, where it is of all of them"""
    grouping: Grouping = "source"
    """What the parameters have in common that are shown as one line"""
    hidden: frozenset[str] = frozenset({INPUT})
    """The lines that are not drawn; that of the input, which no parameter is, until it is asked for"""
    as_table: bool = False
    """Whether charts are tables of numbers"""
    seeds: int = 0
    """How many networks of the same settings, with other seeds, stand behind the one that is shown"""
    theory: bool = False
    """Whether theory's lines are shown"""
    spectrum: bool = False
    """Whether the scale of the singular values is that of all of them, instead of the largest"""
    parameter: str | None = None
    """Whose contributions the map shows: a parameter, or `state`; None for the parameter that stands for what reads
    the state in the network at hand"""
    quantity: str | None = None
    """What the units' heat map shows: its symbol, such as `z`; None for the part of the state that is read out"""
    unit: int = 1
    """The unit that is marked there, or the last where there are fewer"""
    tab: str = "tab-lags"
    """The id of the tab that is open"""
    loss: Loss = "last"
    """Which losses are shown, everywhere: the last, the one at t, or all of them together"""
    before_all: OneLoss = "last"
    """The one loss that was shown before all of them were"""
    lags: LagRange | None = None
    """The lags that the chart against the lag is zoomed in on; None for all of them"""
    training_chart: str = "metric"
    """Which chart of the training is shown, where there is no room for all"""

    def with_next_curve(self) -> View:
        """Summed where it was typical, and typical where it was summed."""
        return replace(self, curve="summed" if self.curve == "typical" else "typical")

    def with_next_grouping(self, ways: Sequence[Grouping]) -> View:
        """The next way to take parameters together, of those that a network has."""
        return replace(self, grouping=_after(ways, self.grouping))

    def with_next_seeds(self) -> View:
        """More seeds behind the network, or none again, on the tab where they are seen: on another one it is opened.

        Those that are there already are shown first, before a press there asks for more.
        """
        seeds = self.seeds if self.seeds and self.tab != SEEDS_TAB else _after(SEEDS, self.seeds)
        return replace(self, seeds=seeds, tab=SEEDS_TAB)

    def hidden_of(self, lines: Collection[str]) -> frozenset[str]:
        """Which lines of a network are not drawn, by their names."""
        return frozenset(lines) if EVERY_LINE in self.hidden else self.hidden

    def toggled(self, line: str, lines: Collection[str]) -> View:
        """A line drawn that was hidden, or hidden that was drawn, of these."""
        return replace(self, hidden=self.hidden_of(lines) ^ {line})

    @property
    def one(self) -> OneLoss:
        """The one loss that is shown, or was before all of them were."""
        return self.before_all if self.loss == "all" else self.loss

    def following(self, loss: Loss) -> View:
        """The view with this loss shown, or all of them."""
        return replace(self, loss=loss, before_all=self.one)

    def with_one_loss_or_all(self) -> View:
        """All losses where one was shown; the one that was shown before, or else the last, where all were."""
        return self.following(self.one if self.loss == "all" else "all")

    def zoomed_on(self, lags: LagRange | None) -> View:
        """Zoomed in on some lags, or on all of them."""
        return replace(self, lags=lags)

    def with_lag_in_sight(self, lag: int | None) -> View:
        """The lags that are zoomed in on moved, where this one is not among them."""
        return self if self.lags is None or lag is None else self.zoomed_on(self.lags.moved_to(lag))

    def with_next_training_chart(self, names: Sequence[str], together: int = 1) -> View:
        """The next chart of the training, of those with these names; or the next few, where so many stand together."""
        firsts = names[::together]
        page = names.index(self.training_chart) // together if self.training_chart in names else -1
        return replace(self, training_chart=firsts[(page + 1) % len(firsts)])


def _after(choices: Sequence[T], now: T) -> T:
    """The choice after this one, round and round; the first where this is none of them."""
    return choices[(choices.index(now) + 1) % len(choices)] if now in choices else choices[0]
