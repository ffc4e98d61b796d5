"""One step of the forward pass, in numbers: what the stepper shows.

    z⟨t⟩ = W_aa a⟨t−1⟩ + W_ax x⟨t⟩ + b_a      a⟨t⟩ = φ(z⟨t⟩)      y⟨t⟩ = g(W_y a⟨t⟩ + b_y)

Norms are taken over the whole batch; x, y and target are those of each example.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from core.bptt import source
from core.readout import Targets
from core.scaled import Floats, log2_norm
from core.tape import Tape

SATURATED_SHARE = 0.1
"""A unit counts as saturated where φ' is below this share of its largest value γ."""


@dataclass(frozen=True, eq=False)
class ForwardStep:
    """Step t of the forward pass. Norms are Frobenius norms over the batch, as log₂."""

    step: int
    """t, 1 … T"""
    log2_drives: Mapping[str, float]
    """Parameter → log₂ ‖what it adds to the pre-activation‖: W_aa a⟨t−1⟩, W_ax x⟨t⟩, b_a"""
    log2_preactivation: float
    """log₂ ‖z⟨t⟩‖"""
    log2_state: float
    """log₂ ‖a⟨t⟩‖"""
    mean_slope: float
    """Mean of φ'(z⟨t⟩) over the units and the batch"""
    saturated: int
    """Units, over the whole batch, whose φ' is below a tenth of its largest value"""
    units: int
    """Units over the whole batch, n_a · B"""
    inputs: Floats
    """x⟨t⟩, (B, n_x)"""
    outputs: Floats
    """y⟨t⟩, (B, n_y)"""
    targets: Targets
    """(B, n_y), or (B,) class ids"""
    scored: bool
    loss: float
    """L_t, the batch mean; 0 where not scored"""


def forward_step(tape: Tape, step: int) -> ForwardStep:
    """What happened at step t.

    Raises:
        ValueError: if t is outside 1 … T.
    """
    steps = len(tape.losses)
    if not 1 <= step <= steps:
        raise ValueError(f"step must lie in 1 … {steps}, got {step}")
    at = step - 1
    parameters, activation = tape.network.parameters, tape.network.activation
    drives = {}
    for name, use in tape.network.cell.uses().items():
        weight = parameters[name].reshape(len(parameters[name]), -1)
        drives[name] = float(log2_norm(source(tape, use.source)[at] @ weight.T))
    z = tape.preactivations[at]
    slope = activation.derivative(z)
    return ForwardStep(
        step=step,
        log2_drives=MappingProxyType(drives),
        log2_preactivation=float(log2_norm(z)),
        log2_state=float(log2_norm(tape.states[step])),
        mean_slope=float(np.mean(slope)),
        saturated=int(np.sum(slope < SATURATED_SHARE * activation.slope_bound)),
        units=z.size,
        inputs=tape.batch.inputs[at],
        outputs=tape.outputs[at],
        targets=tape.batch.targets[at],
        scored=bool(tape.batch.scored[at]),
        loss=float(tape.losses[at]),
    )
