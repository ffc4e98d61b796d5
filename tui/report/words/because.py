"""What a network's rate rests on, in one sentence: what a step back multiplies a gradient by, with its numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from core.bptt.direct_path import find_direct_path
from core.dynamics.random_steps import random_step_factor
from tui.report.numbers import factor, number
from tui.report.words.dynamics import matrix_written
from tui.report.words.reference import group_reading, reference_group

if TYPE_CHECKING:
    from core.network.network import Network
    from core.trace import Trace

_ASKED: Final = {
    "vanishing": "Why it vanishes",
    "exploding": "Why it explodes",
    "steady": "Why it keeps its size",
}

_LAGS: Final = 20
"""Over how many steps what a direct path leaves is said: long enough that the units that keep most decide"""

_THE_SAME: Final = 1e-6
"""Bits over all these steps below which what units keep differs by rounding only"""


def because(trace: Trace) -> str:
    """What the rate rests on: `Why it vanishes: each step back multiplies the gradient by W_aaᵀ and φ'. …`.

    Args:
        trace: Of any network.

    Returns:
        Some sentences; empty where there is no rate. σ_max is the most that the matrix alone can do in a step, the mean
        of φ', or of the gate, is over all units, steps and examples; what many steps in a row make is said beside
        them, since neither the product of the two nor the mean of a gate is near it. The rate itself is measured.
    """
    line = reference_group(trace)
    rate = trace.profile().rate(line)
    if not math.isfinite(rate.log2_per_step):
        return ""
    asked = _ASKED.get(rate.regime, "What decides")
    over = " over all losses" if trace.lags.has_several_losses else ""
    measured = f"Measured{over}, a step makes {factor(rate.log2_per_step)} of the gradient of {line}."
    return " ".join(filter(None, (f"{asked}: {_of_a_step(trace)}", measured, _why_of(trace, line))))


def _why_of(trace: Trace, line: str) -> str:
    """Why the rate is that of the biases, where it is not the recurrent matrices'; else nothing."""
    matrices = group_reading(trace, "a")
    if line == matrices:
        return ""
    return f"It is that of {line}, which reads 1 at every step: that of {matrices} changes with the states, too."


def _of_a_step(trace: Trace) -> str:
    """What one step back multiplies by, with this network's numbers."""
    network = trace.network
    cell, preactivations = network.cell, trace.tape.preactivations
    direct = cell.log2_direct(network.activation, preactivations)
    if cell.direct is not None and direct is not None:
        mean = number(float(np.mean(np.exp2(direct))))
        kept = mean if cell.direct.symbol == mean else f"{cell.direct.symbol}, {mean} on average"
        if not network.reads_state:
            return f"each step back multiplies the gradient by {kept}."
        both = f"each step back goes past the matrices, by {kept}, and through them, by their transposes and slopes."
        return " ".join(filter(None, (both, _of_the_units_that_keep_most(trace))))
    matrices = _matrices(network)
    if not cell.elman or len(matrices) != 1:
        return "each step back multiplies the gradient by one more Jacobian, the matrices' transposes and φ'."
    ((name, largest),) = matrices.items()
    slopes = network.activation.derivative(network.by_preactivation(preactivations)["z"])
    return (
        f"each step back multiplies the gradient by {name}ᵀ, at most ×{number(largest)} (σ_max), and φ', "
        f"{number(float(np.mean(slopes)))} on average. The direction that {name}ᵀ favors is not met at every step: "
        f"step after step, the two together make about ×{number(random_step_factor(trace.tape))} of a gradient (the "
        "root mean square, each step with the slopes of one drawn at random)."
    )


def _of_the_units_that_keep_most(trace: Trace) -> str:
    """What the direct path leaves over some lags, where there are units that keep more than others; else nothing."""
    direct, path = trace.network.cell.direct, find_direct_path(trace.tape, furthest=_LAGS)
    if direct is None or path is None or trace.network.hidden_size == 1:
        return ""
    if np.allclose(path.log2_rms, path.log2_largest, rtol=0.0, atol=_THE_SAME, equal_nan=True):
        return ""
    lags = int(np.flatnonzero(np.isfinite(path.log2_rms))[-1]) if np.any(np.isfinite(path.log2_rms)) else 0
    if lags < 2:
        return ""
    bits = float(path.log2_rms[lags])
    product = f"rms {direct.product}, the root mean square over units"
    return (
        f"The units that keep most decide: over {lags} steps the direct path leaves {factor(bits)} ({product}), "
        f"{factor(bits / lags)} per step, and what goes through the matrices comes on top."
    )


def _matrices(network: Network) -> dict[str, float]:
    """Each matrix that leads from state to state, as it is written → σ_max; nothing where one is not square."""
    found = {}
    for name, use in network.cell.uses().items():
        if use.role == "recurrent":
            matrix = network.matrix(name)
            if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
                return {}
            found[matrix_written(network, name)] = float(np.linalg.norm(matrix, 2))
    return found
