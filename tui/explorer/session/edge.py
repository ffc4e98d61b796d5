"""Edge: the value of a setting at which a gradient neither vanishes nor explodes, as far as it has been looked for."""

from __future__ import annotations

from dataclasses import dataclass

from core import Critical, Experiment, settings
from core.settings.hints import Value
from tui.explorer.session.subject import Subject


@dataclass(frozen=True, eq=False)
class Edge:
    """What is known of it for some settings, whatever the one that is looked for is at."""

    experiment: Experiment
    name: str
    """The setting"""
    found: Critical | None = None
    share: float | None = None
    """How much of the search is done; None once it has ended"""
    problem: str = ""
    """Why there is none"""

    def is_of(self, subject: Subject) -> bool:
        """Whether it holds for what is in force: all settings but this one are the same."""
        if subject.given is not None:
            return False
        own, other = (one.model_dump(exclude={self.name}) for one in (self.experiment, subject.experiment))
        return own == other

    @property
    def value(self) -> Value | None:
        """What the setting is to be, the mean over seeds, in digits that are worth typing; None where there is none."""
        if self.found is None or not self.found.over_seeds.count:
            return None
        mean = self.found.value
        return round(mean) if settings()[self.name].kind == "integer" else float(f"{mean:.4g}")


def is_number(name: str) -> bool:
    """Whether a setting is a number, which has an edge."""
    return name in settings() and settings()[name].kind in ("integer", "number")
