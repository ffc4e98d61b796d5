"""How numbers stand in JSON, which has neither infinity nor NaN: by their logarithms, exact zeros marked."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from tui.report.numbers import LOG10_2, finite

if TYPE_CHECKING:
    from core.numerics.scaled import Floats


def size(log2: float) -> dict[str, Any]:
    """A size given as its log₂; −inf is an exact zero."""
    return {"log2": finite(log2), "log10": finite(log2 * LOG10_2), "exactly_zero": log2 == -math.inf}


def curve(log2: Floats) -> dict[str, Any]:
    """Sizes (N,) given as their log₂."""
    values = log2.tolist()
    return {
        "log2": [finite(value) for value in values],
        "log10": [finite(value * LOG10_2) for value in values],
        "exactly_zero": [value == -math.inf for value in values],
    }
