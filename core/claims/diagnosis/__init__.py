"""diagnose(trace): what is wrong with a network on its data, what matters most first, and what to try."""

from __future__ import annotations

from core.claims.diagnosis.data import initial_state, inputs
from core.claims.diagnosis.finding import KINDS, Diagnosis, Finding, Kind, Precision, ranked
from core.claims.diagnosis.gradients import gradients, matrices
from core.claims.diagnosis.precision import precision, precisions
from core.claims.diagnosis.units import gates, units
from core.claims.diagnosis.updates import History, clipping, not_clipped, truncation
from core.network.activations import ACTIVATIONS
from core.network.cells.gate_products import GATE_FUNCTIONS
from core.numerics.frozen import FrozenMapping
from core.trace import Trace

__all__ = ["KINDS", "Diagnosis", "Finding", "Kind", "Precision", "diagnose"]


def diagnose(trace: Trace, history: History | None = None) -> Diagnosis:
    """What is wrong with a network on its data, ranked by how much it matters, each with its numbers and a remedy.

    Looked for are gradients that vanish or explode (by layer), recurrent matrices that alone make them do so, saturated
    and dead units, forget gates that are shut, inputs of an odd scale, states that still move away from where they
    start, clipping that always bites, truncation that throws away much, and a gradient that the arithmetic of its
    training cannot hold: float32 where nobody said which that is.

    Args:
        trace: A trace of any network.
        history: Its training, if there was one, or what was recorded of it: clipping is then judged by its updates.

    Returns:
        The findings, none for a healthy network, and how far float16, bfloat16 and float32 would reach.

    Runnable example:

        >>> import core
        >>> small = core.Experiment(hidden_size=8, timesteps=60, gain=0.2)
        >>> found = core.diagnose(core.run(small))
        >>> found.findings[0].kind, found.findings[0].where, found.kinds
        ('recurrent matrix', 'W_aa', ('recurrent matrix', 'vanishing'))
        >>> core.diagnose(core.run(small.replace(activation="identity", initializer="orthogonal", gain=1.0))).findings
        ()
    """
    of_gradients = list(gradients(trace))
    found = [
        *inputs(trace),
        *initial_state(trace),
        *units(trace, vanishing=any(one.kind == "vanishing" for one in of_gradients)),
        *gates(trace),
        *matrices(trace, explodes=any(one.kind == "exploding" for one in of_gradients)),
        *of_gradients,
        *clipping(trace, history),
        *truncation(trace),
        *precision(trace),
    ]
    return Diagnosis(ranked(found), precisions(trace), FrozenMapping(dict(_not_looked_at(trace, history))))


def _not_looked_at(trace: Trace, history: History | None) -> list[tuple[Kind, str]]:
    """What could not be looked at here, and why."""
    found: list[tuple[Kind, str]] = []
    functions = trace.network.cell.functions(ACTIVATIONS["identity"]).values()
    if trace.network.cell.direct is None or not any(one.name in GATE_FUNCTIONS for one in functions):
        found.append(("forget gates shut", "the cell has no forget gate"))
    if trace.network.cell.direct is not None:
        found.append(("recurrent matrix", "a path goes past the matrices, so that more than these decides"))
    if why := not_clipped(trace, history):
        found.append(("clipping", why))
    if trace.truncation is None:
        found.append(("truncation", "nothing is truncated"))
    return found
