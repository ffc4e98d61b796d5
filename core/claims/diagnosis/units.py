"""Units that let no gradient through: saturated, dead, or behind a forget gate that is shut."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from core.bptt.forward_step import is_saturated
from core.claims.diagnosis.finding import Finding
from core.claims.diagnosis.opening import opening
from core.claims.evidence import Answer, Evidence
from core.network.activations import ACTIVATIONS
from core.network.cells.gate_products import GATE_FUNCTIONS
from core.trace import Trace

SATURATED = 0.5
"""Units are saturated if φ' is below a tenth of its largest value at this share of units, steps and examples"""

DEAD = 0.1
"""This share of units may be dead"""

SHUT = 0.25
"""A forget gate is nearly shut if on average it lets less than this share of a gradient through at each step"""


def units(trace: Trace, *, vanishing: bool) -> Iterator[Finding]:
    """A finding for each function whose units are saturated, and one for each whose units are dead.

    Args:
        trace: The trace.
        vanishing: Whether a gradient vanishes. Where a path goes past the matrices, as in a gated cell, saturated units
            are no fault by themselves: a trained LSTM counts with them.
    """
    network, tape = trace.network, trace.tape
    blocks = network.by_preactivation(tape.preactivations)
    fixed = network.cell.functions(ACTIVATIONS["identity"])
    for name, function in network.cell.functions(network.activation).items():
        if fixed[name].name in GATE_FUNCTIONS:
            continue  # a gate that is open or shut does what a gate is for
        slope = function.derivative(blocks[name])
        dead = np.all(slope == 0.0, axis=(0, 1))
        where = "" if len(fixed) == 1 else name
        of = f" of {name}" if where else ""
        if dead.mean() >= DEAD:
            yield _dead(where, of, int(dead.sum()), dead.size)
        # A bounded function saturates; a relu unit that is off now may be on at the next step.
        if function.tail is None or (network.cell.direct is not None and not vanishing):
            continue
        saturated = float(np.mean(is_saturated(function, slope[..., ~dead]))) if not dead.all() else 0.0
        if saturated >= SATURATED:
            share = Evidence(f"units and steps saturated{of}", saturated, "share")
            mean = Evidence("mean slope, of its largest", float(slope.mean() / function.slope_bound), "share")
            yield Finding(
                "saturated units",
                where,
                saturated,
                Answer(
                    f"The units{of} are saturated: at {{share}} of all units and steps φ' is below a tenth of its "
                    "largest value, and little gradient goes through.",
                    {"share": share},
                ),
                "Draw the matrices smaller (gain, input gain), scale the inputs to a deviation near 1, or shrink the "
                "biases.",
                (share, mean),
                explains=("vanishing",),
            )


def _dead(where: str, of: str, count: int, units: int) -> Finding:
    share, number = Evidence(f"units dead{of}", count / units, "share"), Evidence("units dead", count, "count")
    return Finding(
        "dead units",
        where,
        count / units,
        Answer(
            f"{{number}} of {units} units{of} are dead: φ' is exactly 0 at every step of every example, so that no "
            "gradient goes through them and what leads to them does not learn.",
            {"number": number},
        ),
        "Raise the bias, lower the learning rate, or use a function without a flat half (activation tanh).",
        (share, number),
        explains=("vanishing",),
    )


def gates(trace: Trace) -> Iterator[Finding]:
    """A finding for each forget gate that is shut: what multiplies the direct path of an LSTM or a GRU."""
    network, tape = trace.network, trace.tape
    direct = network.cell.log2_direct(network.activation, tape.preactivations)
    fixed = network.cell.functions(ACTIVATIONS["identity"])
    if direct is None or not any(function.name in GATE_FUNCTIONS for function in fixed.values()):
        return
    kept = float(np.mean(np.exp2(direct)))
    if kept >= SHUT:
        return
    symbol = network.cell.direct.symbol if network.cell.direct is not None else "f"
    setting = opening(network.cell)
    open_by = Evidence(f"mean of {symbol} over units, steps and examples", kept, "share")
    yield Finding(
        "forget gates shut",
        symbol,
        1.0 - kept,
        Answer(
            f"The gate {symbol} is nearly shut: a step back keeps {{open}} of the gradient on the direct path, so that "
            "the cell forgets like one without gates.",
            {"open": open_by},
        ),
        f"Open it further{f': {setting}' if setting else ''}.",
        (open_by,),
        explains=("vanishing",),
    )
