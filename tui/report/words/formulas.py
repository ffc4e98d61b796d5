"""Formulas at a step: the step's number in the place of t or s."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.bptt.forward import Tape
    from core.network.network import Network


def at_step(formula: str, step: int, phi: str = "φ") -> str:
    """A formula with the step's number in the place of t or s, and φ by its name where it is applied."""
    text = re.sub(r"⟨[ts]([−+]1)?⟩", lambda found: f"⟨{step + {None: 0, '−1': -1, '+1': 1}[found[1]]}⟩", formula)
    return re.sub(r"φ(?=\()", phi, text)


def loss_at(tape: Tape, t: int) -> str:
    """What L_t is made of, at step t: `L_2 = ½ ‖y⟨2⟩ − target‖²`, times w⟨2⟩ where targets are weighted."""
    batch, examples = tape.batch, tape.batch.inputs.shape[1]
    loss = at_step(tape.network.readout.loss_equation, t)
    if batch.weights is not None:
        return f"L_{t} = w⟨{t}⟩ · ({loss})" + (f", summed over {examples} examples" if examples > 1 else "")
    mean = f", mean over {examples} examples" if examples > 1 else ""
    if batch.scored.ndim == 2:
        mean = f", summed over the {int(batch.scored[t - 1].sum())} scored of {examples} examples, / {examples}"
    return f"L_{t} = {loss}{mean}"


def error_at(tape: Tape, t: int) -> str:
    """The error at the output, at step t: `e⟨2⟩ = y⟨2⟩ − target`, times w⟨2⟩ where targets are weighted."""
    error, examples = at_step(tape.network.readout.error_equation, t), tape.batch.inputs.shape[1]
    if tape.batch.weights is not None:
        return f"e⟨{t}⟩ = w⟨{t}⟩ · ({error})"
    return f"e⟨{t}⟩ = ({error}) / {examples}" if examples > 1 else f"e⟨{t}⟩ = {error}"


def read_at(network: Network, parameter: str, step: int) -> str:
    """What a parameter reads at step s: `a⟨11⟩`, `x⟨12⟩`; empty for the constant 1."""
    symbol = network.symbol(parameter)
    return "" if symbol == "1" else at_step(symbol, step)
