"""What a form, a flag or a help text needs to know of a setting beyond its type and range."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from core.network.cells import Cell

Value: TypeAlias = str | int | float


@dataclass(frozen=True)
class Hint:
    """What a form needs to know of a setting beyond its type and range."""

    group: str
    unit: str = ""
    slider: tuple[float, float] | None = None
    """The range worth dragging through; typing reaches the whole allowed range."""
    logarithmic: bool = False
    """Whether equal steps of a slider are equal factors."""
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Other settings, each with those of its values for which this one matters; empty where it always does."""
    unless: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)
    """Other settings, each with those of its values for which this one does not matter."""
    by_cell: bool = False
    """Whether this one matters only to the cells that name it among their `settings`."""
    cells: Callable[[Cell], bool] | None = None
    """To which cells this one matters; None for all of them."""
    alias: str = ""
    """Another name of its flag on the command line"""
    names_file: bool = False
    """Whether its value is the path of a file."""
    trains: bool = False
    """Whether this one says how a network is trained, and nothing of a network that is not trained."""


@dataclass(frozen=True, eq=False)
class OneOf:
    """The values of a setting are the names in a registry, whatever has been registered."""

    known: Mapping[str, Any]
    """Name → what it is the name of"""
    about: Callable[[Any], str]
    """What the help says of one, without its full stop"""

    @property
    def choices(self) -> tuple[str, ...]:
        """The names that there are now."""
        return tuple(self._offered)

    def help(self, opening: str) -> str:
        """The opening, then every name with what is said of it: `rnn: …. gru: …`."""
        return " ".join([opening, *(f"{name}: {self.about(one)}." for name, one in self._offered.items())])

    @property
    def _offered(self) -> Mapping[str, Any]:
        return {name: one for name, one in self.known.items() if one.offered}
