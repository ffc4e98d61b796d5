"""What comes in: inputs of an odd scale, and states that are still on their way from where they start."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from core.claims.diagnosis.finding import Finding
from core.claims.evidence import Answer, Evidence
from core.dynamics.settling import state_growth, still_growing
from core.trace import Trace

LARGE = 5.0
"""An input is too large if its root mean square is above this: matrices are drawn for inputs near 1"""

SMALL = 0.05
"""An input is too small if its root mean square is below this"""

GROWING = 1.5
"""States are on their way from where they start if those of the later half of the steps are this many times as large as
those of the earlier: in a cell that adds up what it reads, some growth is what it is for"""

_DECADES = 3.0
"""Powers of ten beyond the range with which it cannot matter more"""


def inputs(trace: Trace) -> Iterator[Finding]:
    """A finding for the inputs if they are much larger or smaller than what drawn matrices are made for."""
    x = trace.batch.inputs
    if np.isin(x, (0.0, 1.0)).all():
        return  # symbols, marks, or no input at all
    columns = np.sqrt(np.mean(np.square(x), axis=(0, 1)))
    names = trace.batch.input_names or tuple(f"x_{j + 1}" for j in range(len(columns)))
    used = columns > 0
    worst = int(np.argmax(np.where(used, np.abs(np.log(np.where(used, columns, 1.0))), -1.0)))
    size = float(columns[worst])
    if SMALL <= size <= LARGE:
        return
    name = names[worst] if len(columns) > 1 else "x"
    rms = Evidence(f"root mean square of {name}", size, "number")
    mean = Evidence(f"mean of {name}", float(x[..., worst].mean()), "number")
    large = size > LARGE
    beyond = float(np.log10(size / LARGE if large else SMALL / size))
    yield Finding(
        "input scale",
        name,
        min(1.0, 0.5 + beyond / _DECADES),
        Answer(
            f"The inputs are {'large' if large else 'small'}: the root mean square of {name} is {{rms}}, and matrices "
            f"are drawn for inputs near 1. " + ("They saturate the units." if large else "They hardly move the units."),
            {"rms": rms},
        ),
        "Scale every column to mean 0 and deviation 1 (scale standard).",
        (rms, mean),
        explains=("saturated units", "dead units", "vanishing", "exploding", "initial state"),
    )


def initial_state(trace: Trace) -> Iterator[Finding]:
    """A finding if the states still grow away from a⟨0⟩, so that all that is seen is how the sequence begins."""
    growth = state_growth(trace.tape)
    if not still_growing(trace.tape) or growth < GROWING:
        return
    found = Evidence("states of the later half, times those of the earlier", growth, "number")
    yield Finding(
        "initial state",
        trace.network.state_name,
        1.0 - 1.0 / growth if np.isfinite(growth) else 1.0,
        Answer(
            f"The states are still on their way from {trace.network.state_name}⟨0⟩: in the later half of the steps "
            f"they are {{growth}} times as large as in the earlier (less than {GROWING:g} is usual). What gradients do "
            "here is how a sequence begins, not how it goes on.",
            {"growth": found},
        ),
        "Carry the state over from the sequence before (window state carried), start it elsewhere (initial state), or "
        "look at longer sequences.",
        (found,),
    )
