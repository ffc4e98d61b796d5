"""Formulas at a step: the step's number in the place of t or s."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.network.network import Network


def at_step(formula: str, step: int, phi: str = "φ") -> str:
    """A formula with the step's number in the place of t or s, and φ by its name where it is applied."""
    text = re.sub(r"⟨[ts]([−+]1)?⟩", lambda found: f"⟨{step + {None: 0, '−1': -1, '+1': 1}[found[1]]}⟩", formula)
    return re.sub(r"φ(?=\()", phi, text)


def read_at(network: Network, parameter: str, step: int) -> str:
    """What a parameter reads at step s: `a⟨11⟩`, `x⟨12⟩`; empty for the constant 1."""
    symbol = network.symbol(parameter)
    return "" if symbol == "1" else at_step(symbol, step)
