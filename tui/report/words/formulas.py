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


def loss_at(network: Network, t: int, examples: int) -> str:
    """What L_t is made of, at step t: `L_2 = ½ ‖y⟨2⟩ − target‖²`."""
    mean = f", mean over {examples} examples" if examples > 1 else ""
    return f"L_{t} = {at_step(network.readout.loss_equation, t)}{mean}"


def error_at(network: Network, t: int, examples: int) -> str:
    """The error at the output, at step t: `e⟨2⟩ = y⟨2⟩ − target`."""
    error = at_step(network.readout.error_equation, t)
    return f"e⟨{t}⟩ = ({error}) / {examples}" if examples > 1 else f"e⟨{t}⟩ = {error}"


def read_at(network: Network, parameter: str, step: int) -> str:
    """What a parameter reads at step s: `a⟨11⟩`, `x⟨12⟩`; empty for the constant 1."""
    symbol = network.symbol(parameter)
    return "" if symbol == "1" else at_step(symbol, step)
