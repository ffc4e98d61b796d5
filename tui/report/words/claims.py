"""What became of a claim, as a mark and in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from core.claims import Verdict

VERDICTS: Final[Mapping[Verdict, tuple[str, str]]] = {
    "holds": ("✓", "holds in this network"),
    "fails": ("✗", "fails in this network"),
    "premise true, conclusion false": ("◐", "premise true, conclusion false"),
    "so, but for another reason": ("◑", "so, but for another reason"),
    "not decidable here": ("?", "not decidable here"),
}
"""Verdict → a mark, so that its color is not the only sign, and words"""
