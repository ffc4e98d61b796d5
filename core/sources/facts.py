"""What is known of a network in a file, and how: it stands there, was inferred from something, or is not known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

CONFIRMED: Final = "CONFIRMED"
INFERRED: Final = "INFERRED"
UNKNOWN: Final = "UNKNOWN"


@dataclass(frozen=True)
class Fact:
    """One thing about a recurrent part."""

    name: str
    """What it is about: `cell`, `layers`, `activation`"""
    value: str
    """Empty where it is not known"""
    certainty: str
    """CONFIRMED where it stands in the file, INFERRED from shapes or names, UNKNOWN where somebody has to be asked"""
    source: str = ""
    """Where it stands, from what it was inferred, or how to answer it"""

    @property
    def known(self) -> bool:
        """Whether there is a value."""
        return self.certainty != UNKNOWN
