"""What a network is compared with, the other kind of deep network: its twin, with a matrix of its own for every layer.

Unrolled in time a recurrent network is a deep one whose layers share a matrix. Its twin has the same depth,
activation, leak, inputs and read-out, and a matrix for each layer. They are drawn by the settings' initializer and gain
where these make the network and it is untrained; of any other network they are its own matrix in other bases
(`Trace.untied`). The twin of a deep chain is the recurrent network of its first layer. Both multiply Jacobians,

    J⟨t⟩ … J⟨s+1⟩        J⟨s⟩ = diag φ'(z⟨s⟩) W_aa  or  diag φ'(z⟨s⟩) W_aa⟨s⟩

and the rates of the two products say whether they share the problem. A gated cell is compared with a chain
without gates.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.bptt.forward import forward
from core.bptt.lag_profile import lag_profile
from core.bptt.rate import Rate
from core.claims.findings import sure
from core.network.batch import Batch
from core.network.cells import CELLS
from core.network.network import Network
from core.numerics.progress import Progress
from core.trace import Trace

MOST_NUMBERS = 20_000_000
"""Numbers in the matrices of a twin, at most: 160 MB."""

LOSSES = 100
"""At most so many losses, the latest, are carried back through a twin: every row of its sweep has its own matrix."""


@dataclass(frozen=True)
class Twin:
    """What the twin's product of Jacobians does."""

    tied: bool
    """Whether it is the one whose layers share a matrix"""
    rate: Rate


def twin_of(trace: Trace, progress: Progress | None = None) -> Twin | str:
    """Run the twin of a trace's network on its batch; why it cannot be, in a sentence, where it cannot."""
    network, steps = trace.network, len(trace.tape.losses)
    numbers = steps * network.read_out.width**2
    if network.layers is None and numbers > MOST_NUMBERS:
        return (
            f"Its twin would have T × n_a² = {numbers:,} numbers in its matrices, more than the {MOST_NUMBERS:,} "
            "that are drawn for a comparison. Fewer steps or units would do."
        )
    layers = {use.layer for use in network.cell.uses().values()}
    if len(layers) > 1 or network.read_out.width != network.hidden_size:
        what = f"{len(layers)} layers" if len(layers) > 1 else "another number of units than are read out"
        return f"The {network.cell.title} has {what}, and no chain of single matrices is its like. One layer would do."
    recurrent = [use for use in network.cell.uses().values() if use.role == "recurrent"]
    if not recurrent or any(use.parametrization for use in recurrent):
        what = "makes the matrix that reads the state of its own parameter" if recurrent else "has no recurrent matrix"
        return f"The {network.cell.title} {what}, and no chain of single matrices is its like."
    if network.layers is not None and set(network.cell.uses()) != set(CELLS["rnn"].uses()):
        return f"There is no recurrent network with the matrices of the {network.cell.title} to compare it with."
    other = _tied(network) if network.layers is not None else trace.untied()
    batch = trace.tape.batch
    start = None if batch.initial_state is None else network.by_part(trace.tape.states[0])[network.read_out.name]
    scored = batch.scored.copy()
    scored[np.flatnonzero(batch.scored_steps)[:-LOSSES]] = False
    try:
        tape = forward(other, Batch(batch.inputs, batch.targets, scored, start, batch.weights))
    except ValueError:
        return "Its twin overflows at the first step. A lower gain would let both run."
    return Twin(network.layers is not None, sure(lag_profile(tape, progress=progress).state_rate))


def _tied(network: Network) -> Network:
    parameters = dict(network.parameters)
    parameters |= {name: parameters[name][0] for name, use in network.cell.uses().items() if not use.tied}
    return Network("rnn", parameters, network.activation_name, network.readout_name, network.leak)
