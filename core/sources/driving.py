"""What drives a network whose data are not in its file, and the loss of one whose head is not known; both say so.

The inputs are, in this order: those that are given, where the network reads as many; ids drawn evenly and
looked up in the table of embeddings that the file has; noise of mean 0 and variance 1. An upper layer by itself reads
the states of the layers below it, each run on what drives the lowest. The loss is a probe: its gradient at the last
state, or at that of the middle step where the network has two directions, is given, of norm 1 and the same for every
unit, and its lags are those of any loss whose gradient points that way. Where a read-out of the file is asked for, its
loss takes the probe's place, with targets that are drawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np

from core.bptt.embedding import Embedding
from core.network.batch import Batch
from core.network.network import Network
from core.network.readout import READOUTS, Readout, Targets
from core.numerics.frozen import FrozenRecord
from core.numerics.scaled import Floats
from core.sources.candidate import LOSSES, Candidate
from core.sources.gathered import Gathered
from core.sources.looking_up import stands_below, with_table
from core.sources.merging import merged
from core.sources.pooling import head_said, scored_by

NEW: Final = "new"
"""In the place of a read-out's name: one that is drawn"""

PROBED: Final = "probe"
"""In the place of a read-out's name: none, and a probe"""


@dataclass(frozen=True, eq=False)
class Driven(FrozenRecord):
    """A network of a file, a batch that it can be run on, and in words what the two are."""

    network: Network
    batch: Batch
    layer: str
    """Which layers and directions of how many; empty where there is only one"""
    inputs: str
    """What the inputs are"""
    loss: str
    """What the loss is"""


@dataclass(frozen=True)
class Asked:
    """What somebody says of a network in a file, where the file does not; None and '' leave it open."""

    part: str | None = None
    """Which recurrent part of a file with several; None for the first"""
    layer: int | None = None
    """From 1; None for all of them, and for the last where they are not one network here"""
    direction: str | None = None
    """`forward` or `backward`; None for all there are"""
    activation: str | None = None
    gates: str | None = None
    readout: str | None = None
    """The name of a read-out of the file, `new` or `probe`; None for the likeliest one that fits where there are data,
    and for a probe where there are none and no loss was asked for"""
    loss: str | None = None
    """What is behind the read-out, a key of `core.sources.candidate.LOSSES`; None for what the file says"""
    between: str | None = None
    """φ of the hidden layers of the read-out, as `core.Candidate.network` takes it"""
    pooling: str | None = None
    """Which states the read-out reads, a key of `core.sources.pooling.POOLINGS`; None for what the file says"""

    @property
    def of_loss(self) -> bool:
        """Whether something was said of the read-out or of the loss that only one that is taken has."""
        return any(one is not None for one in (self.loss, self.between, self.pooling))


def driven(
    candidate: Candidate,
    *,
    asked: Asked | None = None,
    steps: int = 50,
    examples: int = 1,
    seed: int = 0,
    inputs: Floats | None = None,
    name: str = "",
    scored: Literal["every", "last"] = "every",
) -> Driven:
    """A network of a candidate with a batch that it can be run on.

    Args:
        candidate: The recurrent part of a file.
        asked: What the file does not say.
        steps: T, where the inputs are drawn.
        examples: B, where the inputs are drawn.
        seed: Of what is drawn.
        inputs: x⟨1⟩ … x⟨T⟩ of some data, (T, B, n); taken where the lowest layer reads n numbers.
        name: What these are called.
        scored: Which steps have a loss, where a read-out is asked for.

    Raises:
        ValueError: the file does not say something that is needed and was not given, or no cell here is that of the
            file.
    """
    if candidate.batch is not None:
        return Driven(candidate.network(), candidate.batch, "", "the data in the file", "the loss in the file")
    asked = _settled(candidate, asked or Asked())
    if asked.readout == NEW:
        raise ValueError("a new read-out has as many outputs as data ask for; give data, a task or a file of them")
    if candidate.gathered is not None and asked.readout in candidate.gathered.head.known_as:
        return _through_all(candidate, candidate.gathered, asked, steps, examples, seed)
    below = asked.layer in (None, 1) and not _runs_backward(candidate, asked)
    if asked.readout == PROBED and asked.of_loss:
        raise ValueError(
            "a probe stands in the place of a read-out and its loss: leave loss, between and pooling away, or name a "
            "read-out"
        )
    probed = asked.readout in (None, PROBED) and not asked.of_loss
    network = with_readout(_network(candidate, asked), {}, "none") if probed else _with_own(candidate, asked)
    values, said = _lowest(candidate, network, steps, examples, seed, inputs, name, below)
    if below and values.shape[2] != network.input_size:
        network = with_table(candidate, network)
    if asked.layer is not None and asked.layer > 1:
        values = _shown(candidate, values, asked)
        said = f"{said}, through layer{'s 1 … ' if asked.layer > 2 else ' '}{asked.layer - 1} below it"
    if _runs_backward(candidate, asked):
        values = values[::-1]
        said = f"{said}, from the last step to the first, as this direction runs"
    if not probed:
        targets, told = _targets(network.readout, network.output_size, values.shape[:2], seed)
        every = (scored if asked.pooling is None else scored_by(asked.pooling)) == "every"
        steps_scored = np.arange(len(values)) >= (0 if every else len(values) - 1)
        loss = f"{network.readout.loss_name} of the read-out {_named(candidate, asked)} in the file"
        loss = f"{loss}{head_said(network)}; targets are not in it: {told} instead"
        batch = Batch(values, targets, steps_scored)
        return Driven(network, batch, layers_said(candidate, asked), said, loss)
    both = any(use.ahead for use in network.uses.values())
    probe = Batch.injecting(values, _probe(network, values, (len(values) - 1) // 2 if both else -1))
    batch = replace(probe, probe_of="norm 1")
    told = PROBE_BETWEEN if both else PROBE
    if candidate.readouts and candidate.readouts[0].function:
        told = told.replace("not in the file", "its targets are not in the file", 1)
    if candidate.gathered is not None:
        name = candidate.gathered.head.name
        told = f"{told}. The read-out in the file is left out: {candidate.gathered.said}; readout {name} takes it"
    return Driven(network, batch, layers_said(candidate, asked), said, told)


def _settled(candidate: Candidate, asked: Asked) -> Asked:
    """What was asked, and where all layers and directions are not one network here, which of them it is."""
    if candidate.whole:
        return asked
    if candidate.layers > 1:
        return replace(asked, layer=asked.layer or candidate.layers)
    return replace(asked, direction=asked.direction or "forward")


PROBE: Final = "not in the file; a probe instead: a gradient of norm 1, the same for every unit, at the last state"
PROBE_BETWEEN: Final = (
    "not in the file; a probe instead: a gradient of norm 1, the same for every unit, at the state of the middle step, "
    "from which one direction goes back and the other ahead"
)


def _network(candidate: Candidate, asked: Asked, **head: str | None) -> Network:
    own = {"direction": asked.direction, "activation": asked.activation, "gates": asked.gates}
    return candidate.network(layer=asked.layer, **own, **head)


def _named(candidate: Candidate, asked: Asked) -> str | None:
    """The read-out of the file that was asked for, or the likeliest; None where there is none."""
    if asked.readout in (None, PROBED):
        return candidate.readouts[0].name if candidate.readouts else None
    return asked.readout


def _with_own(candidate: Candidate, asked: Asked) -> Network:
    """The network with that read-out."""
    name = _named(candidate, asked)
    return _network(candidate, asked, readout=name, loss=asked.loss, between=asked.between, pooling=asked.pooling)


def _through_all(
    candidate: Candidate, gathered: Gathered, asked: Asked, steps: int, examples: int, seed: int
) -> Driven:
    """The network with the gradient that a read-out of several layers together puts into their states."""
    g = LOSSES.get(asked.loss or "", "") or gathered.head.function
    if any(one is not None for one in (asked.layer, asked.direction, asked.between, asked.pooling)):
        raise ValueError(f"{gathered.head.name} reads all layers; leave layer, direction, between and pooling away")
    if not g:
        raise ValueError(f"the loss behind {gathered.head.name} is not known; give one of {', '.join(LOSSES)}")
    network = _network(candidate, asked)
    values, said = _lowest(candidate, network, steps, examples, seed, None, "", below=True)
    if values.shape[2] != network.input_size:
        network = with_table(candidate, network)
    targets, told = _targets(READOUTS[g], gathered.head.outputs, values.shape[:2], seed)
    scored = np.arange(steps) >= (steps - 1 if gathered.query is not None else 0)
    batch = gathered.put_in(network, Batch(values, targets, scored), g)
    loss = (
        f"{READOUTS[g].loss_name}: {gathered.said}. What it puts into the state of each layer is taken, and its own "
        f"parameters are left out. Targets are not in the file: {told} instead"
    )
    return Driven(network, batch, layers_said(candidate, asked), said, loss)


def _targets(readout: Readout, n_y: int, shape: tuple[int, ...], seed: int) -> tuple[Targets, str]:
    """Targets for steps and examples (T, B), and what they are."""
    rng = np.random.default_rng([seed, *b"targets"])
    if readout.classes:
        return rng.integers(n_y, size=shape), f"drawn evenly among {n_y} classes"
    if readout.g == "sigmoid":
        return rng.integers(2, size=(*shape, n_y)).astype(np.float64), "0 or 1 drawn evenly"
    return rng.normal(size=(*shape, n_y)), "noise of mean 0 and variance 1"


def with_readout(network: Network, readout: Mapping[str, Floats], g: str) -> Network:
    """A network with another read-out, W_y and b_y, in the place of its own."""
    own = {name: network.parameters[name] for name in network.cell.uses()}
    return replace(network, parameters={**own, **readout}, readout_name=g)


def _runs_backward(candidate: Candidate, asked: Asked) -> bool:
    """Whether the layer that was asked for goes from the last step to the first."""
    if asked.direction is not None or not candidate.stack:
        return asked.direction == "backward"
    return candidate.stack[(asked.layer or 1) - 1][0].backward


def _lowest(
    candidate: Candidate,
    network: Network,
    steps: int,
    examples: int,
    seed: int,
    given: Floats | None,
    name: str,
    below: bool,
) -> tuple[Floats, str]:
    """The inputs of the lowest layer, (T, B, n_x), and what they are; (T, B, V) where its table stands below it."""
    width, table = candidate.input_size, candidate.embedding
    if given is not None and below and table is not None and given.shape[2] == table.ids != width:
        return given, f"{name}, looked up in {table.name}"
    if given is not None and given.shape[2] == width:
        return given, name
    rng = np.random.default_rng(seed)
    if candidate.embedding is not None:
        ids = rng.integers(candidate.embedding.ids, size=(steps, examples))
        rows = np.asarray(candidate.embedding.array[ids], np.float64)
        if below and candidate.embedding.ids != width and stands_below(candidate, network, *ids.shape):
            rows = Embedding(np.asarray(candidate.embedding.array, np.float64)).one_hot(ids)
        return rows, f"not in the file; ids instead, drawn evenly and looked up in {candidate.embedding.name}"
    return rng.normal(size=(steps, examples, width)), "not in the file; noise of mean 0 and variance 1 instead"


def _shown(candidate: Candidate, values: Floats, asked: Asked) -> Floats:
    """What the layers below the one asked for make of inputs (T, B, n_x): (T, B, n), both directions side by side."""
    assert asked.layer is not None
    for layer in range(1, asked.layer):
        made = []
        for one in candidate.stack[layer - 1]:
            direction = "backward" if one.backward else "forward"
            network = _network(candidate, replace(asked, layer=layer, direction=direction))
            states = states_of(network, values[::-1] if one.backward else values)
            made.append(states[::-1] if one.backward and not one.in_its_order else states)
        values = merged(candidate.stack[layer - 1], made)
    return values


def states_of(network: Network, inputs: Floats) -> Floats:
    """The part of the state that a read-out would read, (T, B, n), for inputs (T, B, n_x) and a state of zeros."""
    start = np.zeros((inputs.shape[1], network.state_size))
    states, _ = network.cell.forward(network.parameters, network.activation, inputs, start)
    return network.by_part(states[1:])[network.read_out.name]


def _probe(network: Network, inputs: Floats, at: int) -> Floats:
    """∂L_t/∂a⟨t⟩ of norm 1 for each example, times 1/B, at the row `at`, and nothing at the other steps: (T, B, n)."""
    steps, examples, _ = inputs.shape
    width = network.read_out.width
    gradients = np.zeros((steps, examples, width))
    gradients[at] = 1.0 / (np.sqrt(width) * examples)
    return gradients


def layers_said(candidate: Candidate, asked: Asked) -> str:
    """Which layers and directions of how many were asked for; empty where there is only one."""
    parts = []
    if candidate.layers > 1:
        whole = "both layers" if candidate.layers == 2 else f"all {candidate.layers} layers"
        parts.append(whole if asked.layer is None else f"layer {asked.layer} of {candidate.layers}")
    if candidate.directions > 1:
        parts.append("both directions" if asked.direction is None else f"its {asked.direction} direction")
    return ", ".join(parts)
