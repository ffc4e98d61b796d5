"""The deep chain that a network is compared with: as many layers as there are steps, each with a matrix of its own.

What shares one matrix is to be compared with what does not, all else being equal, so that the layers are the
network's own matrix, seen in a basis of its own in every layer:

    W_aa⟨1⟩ = W_aa        W_aa⟨s⟩ = Q⟨s⟩ W_aa Q⟨s⟩ᵀ        Q⟨s⟩ uniformly random orthogonal, drawn for every s ≥ 2

Every layer has the eigenvalues and singular values of W_aa, and so its spectral radius ρ, its largest singular value,
its norm and its distance from a normal matrix. All that is gone is that one layer's directions are the next one's. The
rates of a product of such matrices are decided by nothing but their singular values (Cohen & Newman 1984, The Annals of
Probability 12; Newman 1986, Communications in Mathematical Physics 103). An orthogonal matrix stays orthogonal,
a multiple of the identity stays itself, and what a gaussian one becomes cannot be distinguished, in a product, from
another draw. Entries that are shuffled would keep none of this but the norm.
"""

from __future__ import annotations

import numpy as np

from core.network.activations import ACTIVATIONS
from core.network.cells import Cell, Role
from core.network.initializers import recurrent_matrix
from core.network.network import Network

ROLES: tuple[Role, ...] = ("recurrent", "input", "bias")


def untied(network: Network, steps: int, seed: int = 0) -> Network:
    """The deep chain whose layers match a network's own recurrent matrix.

    Of a gated cell the matrices and biases are those of its candidate, which goes through φ: W_ga, W_gx and b_g of an
    LSTM; W_na, W_nx and b_n + b_na of a GRU, whose reset gate is left out.

    Args:
        network: A network whose steps share their weights.
        steps: T, how many layers.
        seed: Decides the random bases; the same seed draws the same chain.

    Returns:
        A network of the cell `deep`: W_aa (T, n_a, n_a), b_a (T, n_a), and the network's own input weights, read-out,
        activation, read-out function and leak.

    Raises:
        ValueError: if each step of the network has weights of its own already, it is a stack of layers, or it has no
            recurrent matrix.
    """
    if len(network.cell.stack) > 1:
        raise ValueError(f"the {network.cell.title} has several matrices for each step; give a network of one layer")
    if network.layers is not None:
        raise ValueError(f"the {network.cell.title} has weights of its own at every step; give a recurrent network")
    if not network.reads_state:
        raise ValueError(f"the {network.cell.title} has no recurrent matrix; give a network that has one")
    n, rng = network.hidden_size, np.random.default_rng([seed, *b"untied"])
    own: dict[Role, np.ndarray] = {role: _summed(network, role) for role in ROLES}
    bases = (recurrent_matrix("orthogonal", n, 1.0, rng) for _ in range(steps - 1))
    layers = [own["recurrent"], *(basis @ own["recurrent"] @ basis.T for basis in bases)]
    parameters = {
        "W_aa": np.stack(layers),
        "W_ax": own["input"],
        "b_a": np.tile(own["bias"], (steps, 1)),
        **{name: network.parameters[name] for name in network.readout.uses},
    }
    return Network("deep", parameters, network.activation_name, network.readout_name, network.leak)


def _summed(network: Network, role: Role) -> np.ndarray:
    """The sum of what has this role for the candidate: one matrix, the two biases of a GRU, or zeros for no bias."""
    made, uses = candidate(network.cell), network.cell.uses()
    names = [name for name, use in uses.items() if use.role == role and use.gate == made]
    return np.sum([network.matrix(name) for name in names], axis=0) if names else np.zeros(network.hidden_size)


def candidate(cell: Cell) -> str:
    """The gate, by its letter, whose pre-activation goes through φ: `a` in the vanilla cell, `g` in an LSTM.

    The cell is asked with a φ that no gate has. Of a cell that never uses φ it is the first gate that reads x.
    """
    asked = ACTIVATIONS["relu"]
    functions = cell.functions(asked)
    reading = [use for use in cell.uses().values() if use.source == "x"]
    return next((use.gate for use in reading if functions[use.delta] is asked), reading[0].gate)
