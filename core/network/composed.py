"""Networks made of networks: layers on top of each other, and two directions side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from core.network.cells.bidirectional import BOTH, Bidirectional
from core.network.cells.stacked import BETWEEN
from core.network.network import Network
from core.network.readout import BIAS, WEIGHTS
from core.numerics.scaled import Floats


def stacked(networks: Sequence[Network]) -> Network:
    """Put networks on top of each other, as `Network.stacked` says."""
    if not networks:
        raise ValueError("no network was given; give the layers of the stack, the lowest first")
    if len(networks) == 1:
        return networks[0]
    for at, network in enumerate(networks):
        if len(network.cell.stack) > 1:
            raise ValueError(f"layer {at + 1} is a stack itself; give its layers one by one")
    leak, constants = _in_common(networks, "all layers of a stack have")
    for at, (below, above) in enumerate(pairwise(networks)):
        if above.input_size != below.read_out.width:
            raise ValueError(
                f"layer {at + 2} reads {above.input_size} numbers, layer {at + 1} has {below.read_out.width} units; "
                "give networks that fit on each other, the lowest first"
            )
    last = networks[-1]
    parameters = {
        f"{name}_{at + 1}": network.parameters[name]
        for at, network in enumerate(networks)
        for name in network.cell.uses()
    }
    parameters |= {name: last.parameters[name] for name in last.readout.uses}
    name = BETWEEN.join(network.cell_name for network in networks)
    return Network(name, parameters, last.activation_name, last.readout_name, leak, constants)


def on_embedding(table: Floats, network: Network) -> Network:
    """A network with an embedding (V, n_x) as its lowest layer; its own layers have the next numbers."""
    lowest = Network("embedding", {"E": np.asarray(table, np.float64).T}, network.activation_name, "none")
    depth = len(network.cell.stack)
    if depth == 1:
        return stacked([lowest, network])

    def renumbered(name: str) -> str:
        stem, _, number = name.rpartition("_")
        return f"{stem}_{int(number) + 1}" if name in network.cell.uses() else name

    parameters = {"E_1": lowest.parameters["E"]}
    parameters |= {renumbered(name): value for name, value in network.parameters.items()}
    name = f"{lowest.cell_name}{BETWEEN}{network.cell_name}"
    return replace(network, cell_name=name, parameters=parameters)


def bidirectional(forward: Network, backward: Network) -> Network:
    """Put two directions side by side, as `Network.bidirectional` says."""
    both = (forward, backward)
    for network in both:
        if len(network.cell.stack) > 1 or isinstance(network.cell, Bidirectional):
            raise ValueError(f"a direction is one layer of one direction, got a {network.cell.title}")
    if forward.input_size != backward.input_size:
        raise ValueError(f"both directions read the same inputs, got {forward.input_size} and {backward.input_size}")
    if forward.readout_name != backward.readout_name:
        raise ValueError(f"both directions have one read-out, got {forward.readout_name}, {backward.readout_name}")
    if set(forward.readout.uses) not in ({WEIGHTS, BIAS}, set()):
        raise ValueError("the read-outs of two directions are put together only where they are one linear layer each")
    if forward.output_size != backward.output_size and forward.readout.uses:
        given = f"{forward.output_size} and {backward.output_size}"
        raise ValueError(f"the two read-outs add up, so both have as many outputs; got {given}")
    leak, constants = _in_common(both, "both directions have")
    cell = Bidirectional((forward.cell, backward.cell))
    parameters = {
        cell.named(name, at): network.parameters[name]
        for at, network in enumerate(both)
        for name in network.cell.uses()
    }
    if forward.readout.uses:
        parameters[WEIGHTS] = np.concatenate([network.parameters[WEIGHTS] for network in both], axis=1)
        parameters[BIAS] = forward.parameters[BIAS] + backward.parameters[BIAS]
    name = BOTH.join(network.cell_name for network in both)
    return Network(name, parameters, forward.activation_name, forward.readout_name, leak, constants)


def _in_common(networks: Sequence[Network], who: str) -> tuple[float, Mapping[str, float]]:
    """The leak and the other constants, once these and the activation are known to be the same for all."""
    found: dict[str, set[str | float]] = {"activation": {network.activation_name for network in networks}}
    for network in networks:
        for name, value in network.cell.constants.items():
            found.setdefault(name, set()).add(value)
    for what, given in found.items():
        if len(given) > 1:
            raise ValueError(f"{who} one {what}, got {', '.join(sorted(map(str, given)))}")
    constants = {name: value for network in networks for name, value in network.cell.constants.items()}
    return constants.pop("leak", 1.0), constants
