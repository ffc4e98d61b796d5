"""One step of the forward pass, in numbers: what the stepper shows.

    z⟨t⟩ = W_aa a⟨t−1⟩ + W_ax x⟨t⟩ + b_a      a⟨t⟩ = φ(z⟨t⟩)      y⟨t⟩ = g(W_y a⟨t⟩ + b_y)

Norms are taken over the whole batch; x, y and target are those of each example.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.bptt.forward import Tape
from core.network.activations import ACTIVATIONS, Activation
from core.network.cells.gate_products import GATE_FUNCTIONS
from core.network.network import Network
from core.network.readout import Targets
from core.numerics.frozen import FrozenMapping, FrozenRecord
from core.numerics.scaled import Floats, freeze, log2_norm

SATURATED_SHARE = 0.1
"""A unit counts as saturated where φ' is below this share of its largest value γ."""


def is_saturated(function: Activation, slope: Floats) -> NDArray[np.bool_]:
    """Which of these slopes of a function are below `SATURATED_SHARE` of its largest."""
    return slope < SATURATED_SHARE * function.slope_bound


@dataclass(frozen=True, eq=False)
class Gate(FrozenRecord):
    """One pre-activation at step t, and what its function makes of it: values (B, n), norms over the batch as log₂."""

    name: str
    function: str
    """What it goes through: `sigmoid`, `tanh`, …"""
    log2_drives: Mapping[str, float]
    """Parameter → log₂ ‖what it adds‖"""
    log2_preactivation: float
    mean: float
    """Mean of the gate over the units and the batch"""
    mean_slope: float
    """Mean of the function's derivative over the units and the batch"""
    saturated: int
    """Units, over the whole batch, whose derivative is below `saturated_below`"""
    saturated_below: float
    """A tenth of the largest value of the function's derivative: below it a unit counts as saturated"""
    units: int
    """Units over the whole batch, n · B for a pre-activation of n numbers"""
    values: Floats
    """What its function makes of the pre-activation, (B, n)"""


@dataclass(frozen=True, eq=False)
class ForwardStep(FrozenRecord):
    """Step t of the forward pass: arrays (B, n), a row for each example; Frobenius norms over the batch, as log₂."""

    step: int
    """The step t, 1 … T"""
    log2_drives: Mapping[str, float]
    """Parameter → log₂ ‖what it adds to the pre-activation‖: W_aa a⟨t−1⟩, W_ax x⟨t⟩, b_a"""
    log2_preactivation: float
    """log₂ ‖z⟨t⟩‖, all pre-activations together"""
    log2_state: float
    """log₂ ‖a⟨t⟩‖, of the part of the state that is read out"""
    log2_parts: Mapping[str, float]
    """Part of the state → log₂ of its norm: a, and c in an LSTM"""
    mean_slope: float
    """Mean of φ'(z⟨t⟩) over the units and the batch, and over the gates where there are several"""
    saturated: int
    """Units, over the whole batch, whose φ' is below a tenth of its largest value, gate by gate"""
    units: int
    """Units over the whole batch, n · B for each pre-activation of n numbers"""
    gates: Mapping[str, Gate]
    """Pre-activation → what it did; the vanilla cell has one, z"""
    inputs: Floats
    """x⟨t⟩, (B, n_x)"""
    outputs: Floats
    """y⟨t⟩, (B, n_y)"""
    targets: Targets
    """(B, n_y), or (B,) class ids"""
    scored: bool
    """Whether any example is scored at this step"""
    examples_scored: NDArray[np.bool_]
    """(B,): which of them are"""
    loss: float
    """L_t, the batch mean, or the weighted sum over the examples that are scored; 0 where none is"""


def forward_step(tape: Tape, step: int) -> ForwardStep:
    """What happened at step t of the forward pass, in numbers.

    Args:
        tape: A forward pass.
        step: t, 1 … T.

    Raises:
        ValueError: if t is outside 1 … T.

    Runnable example:

        >>> import core
        >>> trace = core.run(core.Experiment(hidden_size=2, timesteps=5))
        >>> step = core.forward_step(trace.tape, 3)
        >>> sorted(step.log2_drives), step.outputs.shape
        (['W_aa', 'W_ax', 'b_a'], (1, 1))
    """
    steps = len(tape.losses)
    if not 1 <= step <= steps:
        raise ValueError(f"step must lie in 1 … {steps}, got {step}")
    at = step - 1
    network = tape.network
    drives = {}
    for name, use in network.cell.uses().items():
        weight = network.matrix(name) if use.tied else network.matrix(name)[at]
        drives[name] = float(log2_norm(tape.reads[name][at] @ weight.reshape(len(weight), -1).T))
    gates = _gates(tape, at, drives)
    states = network.by_part(tape.states[step])
    return ForwardStep(
        step=step,
        log2_drives=FrozenMapping(drives),
        log2_preactivation=float(log2_norm(tape.preactivations[at])),
        log2_state=float(log2_norm(states[network.read_out.name])),
        log2_parts=FrozenMapping({name: float(log2_norm(part)) for name, part in states.items()}),
        mean_slope=float(np.mean([gate.mean_slope for gate in gates.values()])),
        saturated=sum(gate.saturated for gate in gates.values()),
        units=sum(gate.units for gate in gates.values()),
        gates=gates,
        inputs=tape.batch.inputs[at],
        outputs=tape.outputs[at],
        targets=tape.batch.targets[at],
        scored=bool(tape.batch.scored_steps[at]),
        examples_scored=tape.batch.mask[at],
        loss=float(tape.losses[at]),
    )


def _gates(tape: Tape, at: int, drives: Mapping[str, float]) -> Mapping[str, Gate]:
    cell, uses = tape.network.cell, tape.network.cell.uses()
    functions = cell.functions(tape.network.activation)
    blocks = tape.network.by_preactivation(tape.preactivations[at])
    found = {}
    for name, function in functions.items():
        z = blocks[name]
        slope, values = function.derivative(z), function.value(z)
        freeze(values)
        found[name] = Gate(
            name=name,
            function=function.name,
            log2_drives=FrozenMapping({p: drive for p, drive in drives.items() if uses[p].delta == name}),
            log2_preactivation=float(log2_norm(z)),
            mean=float(np.mean(values)),
            mean_slope=float(np.mean(slope)),
            saturated=int(np.sum(is_saturated(function, slope))),
            saturated_below=SATURATED_SHARE * function.slope_bound,
            units=z.size,
            values=values,
        )
    return FrozenMapping(found)


def direct_gate(network: Network) -> str | None:
    """The gate by which the direct path multiplies: `f` of an LSTM, `z` of a GRU; None for a cell without one.

    Args:
        network: The network. A stack has a gate in every layer, and so none that is the one.
    """
    direct, cell = network.cell.direct, network.cell
    gates = [name for name, what in cell.functions(ACTIVATIONS["identity"]).items() if what.name in GATE_FUNCTIONS]
    return direct.symbol if direct is not None and direct.symbol in gates else None


def gate_means(tape: Tape, steps: Sequence[int]) -> Mapping[str, Floats]:
    """How far each gate is open at some steps: the mean of σ over its units and the batch, 0 shut and 1 open.

    A gate is a pre-activation that goes through the logistic function, or its hard form, whatever the activation φ of
    the network is.

    Args:
        tape: A forward pass.
        steps: The steps t, each 1 … T.

    Returns:
        Pre-activation → (len(steps),), in the order of the cell's `functions`; nothing for a cell without gates.
    """
    network = tape.network
    at = np.asarray(steps, dtype=np.intp) - 1
    fixed = network.cell.functions(ACTIVATIONS["identity"])
    blocks = network.by_preactivation(tape.preactivations[at])
    found = {
        name: what.value(blocks[name]).mean(axis=(1, 2)) for name, what in fixed.items() if what.name in GATE_FUNCTIONS
    }
    freeze(*found.values())
    return FrozenMapping(found)
