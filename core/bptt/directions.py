"""The two directions of a bidirectional network, each as a network of its own that gets its part of every error.

Given e⟨t⟩ = ∂L_t/∂o⟨t⟩, the gradient that L_t puts into a⟨t⟩ = (a_fwd⟨t⟩, a_bwd⟨t⟩) is known, and from there on the two
do not meet again. So each is a network without a read-out whose gradients at its state are given; that of the backward
direction has time reversed, t' = T + 1 − t, and its lag k = t' − s' = s − t is the lag −k of the whole.
"""

from __future__ import annotations

import numpy as np

from core.bptt.forward import Tape
from core.network.batch import Batch
from core.network.cells.bidirectional import Bidirectional, in_order
from core.network.network import Network
from core.numerics.scaled import freeze


def looks_ahead(network: Network) -> bool:
    """Whether some parameter's use at step s acts on losses before s."""
    return network.looks_ahead


def goes_both_ways(network: Network) -> bool:
    """Whether a path from one loss goes both ways in time: in a stack, one layer or more of which is bidirectional."""
    return network.looks_ahead and not isinstance(network.cell, Bidirectional)


def one_direction(tape: Tape, at: int) -> Tape:
    """The tape of one direction: what it read, made and got, in the order of its own steps.

    Args:
        tape: Of a network whose cell is bidirectional.
        at: 0 for the forward direction, 1 for the backward one.
    """
    cell, network = tape.network.cell, tape.network
    assert isinstance(cell, Bidirectional)
    constants = dict(cell.cells[at].constants)
    leak = constants.pop("leak", 1.0)
    parameters = cell.own(network.parameters, at)
    own = Network(cell.cells[at].name, parameters, network.activation_name, "none", leak, constants)
    steps, examples, n_y = tape.errors.shape
    injected = network.injected(tape.errors.reshape(-1, n_y)).reshape(steps, examples, -1)
    errors, states = in_order(injected, at)[..., cell.columns(at)], cell.own_states(tape.states, at)
    whole = network.takes_whole_state(tape.errors)
    if not whole:
        errors = own.by_part(errors)[own.read_out.name]
    names = [cell.named(name, at) for name in cell.cells[at].functions(network.activation)]
    made = network.by_preactivation(tape.preactivations)
    arrays = {
        "states": states,
        "preactivations": in_order(np.concatenate([made[name] for name in names], axis=2), at).copy(),
        "outputs": (states if whole else own.by_part(states)[own.read_out.name])[1:].copy(),
        "losses": in_order(tape.losses, at).copy(),
        "errors": errors.copy(),
    }
    freeze(*arrays.values())
    batch = tape.batch
    inputs, scored = in_order(batch.inputs, at), in_order(tape.entering, at)
    return Tape(
        network=own, batch=Batch(inputs, errors, scored, states[0]), overflow_step=None, read_back=None, **arrays
    )
