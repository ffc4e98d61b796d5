"""Small random networks with a batch, for property tests: every size, activation, read-out and mask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

import core
from core.network.cells import CELLS as CELLS_BY_NAME
from core.network.cells.projected import ProjectedLSTM

ACTIVATIONS = ("tanh", "relu", "sigmoid", "identity")
READOUTS = ("identity", "sigmoid", "softmax")
CELLS = ("rnn", "gru", "lstm", "deep", "gru-before")
TIED = tuple(name for name in CELLS if name != "deep")
HARD = ("gru-hard", "lstm-hard-keras2", "gru-before-hard")
"""Cells with hard gates, which only some tests draw"""
LEAKY = ("rnn", "deep")
PARAMETERS = ("W_aa", "W_ax", "b_a", "W_y", "b_y")
RECURRENT = ("W_aa", "W_ax", "b_a")
"""Those of the vanilla cell; every other's are `Case.parameters` and `Case.recurrent`."""


@dataclass(frozen=True)
class Case:
    network: core.Network
    batch: core.Batch

    def tape(self) -> core.Tape:
        return core.forward(self.network, self.batch)

    @property
    def parameters(self) -> tuple[str, ...]:
        return tuple(self.network.parameters)

    @property
    def recurrent(self) -> tuple[str, ...]:
        return tuple(self.network.cell.uses())

    def reading(self, source: str) -> tuple[str, ...]:
        """The parameters that read a, x or 1."""
        return tuple(name for name, use in self.network.cell.uses().items() if use.source == source)


def make_case(
    *,
    cell: str = "rnn",
    steps: int = 6,
    examples: int = 1,
    n_a: int = 3,
    n_x: int = 2,
    n_y: int = 2,
    activation: str = "tanh",
    readout: str = "identity",
    scored: str | list[bool] = "every",
    initial: bool = True,
    gain: float = 1.0,
    leak: float = 1.0,
    seed: int = 0,
) -> Case:
    """A network with nothing special about it: gaussian weights and biases, gaussian inputs."""
    rng = np.random.default_rng(seed)
    uses = CELLS_BY_NAME[cell].uses()
    scales = {"a": gain / n_a**0.5, "r⊙a": gain / n_a**0.5, "x": 1.0, "1": 0.5}
    parameters = {
        name: scales[uses[name].source] * rng.standard_normal(shape)
        for name, shape in CELLS_BY_NAME[cell].shapes(n_x, n_a, steps).items()
    }
    parameters["W_y"] = rng.standard_normal((n_y, n_a)) / n_a**0.5
    parameters["b_y"] = 0.5 * rng.standard_normal(n_y)
    network = core.Network(cell, parameters, activation, readout, leak)
    if readout == "softmax":
        targets = rng.integers(n_y, size=(steps, examples))
    elif readout == "sigmoid":
        targets = rng.random((steps, examples, n_y))
    else:
        targets = rng.standard_normal((steps, examples, n_y))
    if isinstance(scored, str):
        mask = np.ones(steps, dtype=bool)
        mask[: -1 if scored == "last" else 0] = False
    else:
        mask = np.array(scored)
    batch = core.Batch(
        rng.standard_normal((steps, examples, n_x)),
        targets,
        mask,
        rng.standard_normal((examples, n_a)) if initial else None,
    )
    return Case(_uncertain(network, batch), batch)


def _uncertain(network: core.Network, batch: core.Batch) -> core.Network:
    """A read-out that is certain leaves only an error of rounding, in any route to the gradient."""
    if network.readout_name == "identity":
        return network
    largest = max(1.0, float(np.max(np.abs(core.forward(network, batch).states))))
    return network.replace_parameters(W_y=network.parameters["W_y"] / largest)


def share(of_the_examples: float) -> int:
    """How many examples a property test draws whose every example takes long; `conftest.py` has the whole number."""
    return round(of_the_examples * settings.default.max_examples)


@st.composite
def cases(
    draw: st.DrawFn,
    *,
    kinds: tuple[str, ...] = CELLS,
    activations: tuple[str, ...] = ACTIVATIONS,
    readouts: tuple[str, ...] = READOUTS,
    most_examples: int = 4,
    gains: tuple[float, ...] = (0.0, 0.3, 1.0, 2.5),
) -> Case:
    steps = draw(st.integers(1, 12))
    masks = st.lists(st.booleans(), min_size=steps, max_size=steps)
    readout = draw(st.sampled_from(readouts))
    cell = draw(st.sampled_from(kinds))
    return make_case(
        cell=cell,
        steps=steps,
        examples=draw(st.integers(1, most_examples)),
        n_a=draw(st.integers(1, 6)),
        n_x=draw(st.integers(1, 3)),
        # With one class alone y is 1 and the gradient exactly 0: nothing to compare but rounding.
        n_y=draw(st.integers(2 if readout == "softmax" else 1, 3)),
        activation=draw(st.sampled_from(activations)),
        readout=readout,
        scored=draw(st.sampled_from(("every", "last")) | masks),
        initial=draw(st.booleans()),
        gain=draw(st.sampled_from(gains)),
        leak=draw(st.sampled_from((1.0, 0.3, 0.0))) if cell in LEAKY else 1.0,
        seed=draw(st.integers(0, 2**32 - 1)),
    )


def make_stack(
    kinds: tuple[str, ...],
    widths: tuple[int, ...],
    *,
    steps: int = 6,
    examples: int = 1,
    n_x: int = 2,
    n_y: int = 2,
    activation: str = "tanh",
    readout: str = "identity",
    scored: str | list[bool] = "every",
    initial: bool = True,
    gain: float = 1.0,
    leak: float = 1.0,
    seed: int = 0,
) -> Case:
    """Layers of these kinds and widths on each other, the lowest first, each as `make_case` has it."""
    common: dict[str, Any] = {"steps": steps, "examples": examples, "activation": activation, "readout": readout}
    made = []
    for at, (kind, width) in enumerate(zip(kinds, widths, strict=True)):
        reads = n_x if at == 0 else widths[at - 1]
        own = leak if kind in LEAKY else 1.0
        layer = make_case(
            cell=kind, n_a=width, n_x=reads, n_y=n_y, scored=scored, gain=gain, leak=own, seed=seed + at, **common
        )
        made.append(layer)
    network = core.Network.stacked([layer.network for layer in made])
    rng = np.random.default_rng(seed)
    inputs = made[0].batch.inputs
    start = rng.standard_normal((examples, network.state_size)) if initial else None
    top = made[-1].batch
    batch = core.Batch(inputs, top.targets, top.scored, start)
    return Case(_uncertain(network, batch), batch)


@st.composite
def stacks(
    draw: st.DrawFn,
    *,
    activations: tuple[str, ...] = ACTIVATIONS,
    readouts: tuple[str, ...] = READOUTS,
    gains: tuple[float, ...] = (0.0, 0.3, 1.0, 2.5),
) -> Case:
    steps = draw(st.integers(1, 9))
    readout = draw(st.sampled_from(readouts))
    kinds = tuple(draw(st.lists(st.sampled_from(TIED), min_size=2, max_size=4)))
    return make_stack(
        kinds,
        tuple(draw(st.integers(1, 4)) for _ in kinds),
        steps=steps,
        examples=draw(st.integers(1, 3)),
        n_x=draw(st.integers(1, 3)),
        n_y=draw(st.integers(2 if readout == "softmax" else 1, 3)),
        activation=draw(st.sampled_from(activations)),
        readout=readout,
        scored=draw(st.sampled_from(("every", "last")) | st.lists(st.booleans(), min_size=steps, max_size=steps)),
        initial=draw(st.booleans()),
        gain=draw(st.sampled_from(gains)),
        leak=draw(st.sampled_from((1.0, 0.3))) if "rnn" in kinds else 1.0,
        seed=draw(st.integers(0, 2**32 - 9)),
    )


def make_projected(
    sizes: tuple[tuple[int, int], ...],
    *,
    steps: int = 6,
    examples: int = 1,
    n_x: int = 2,
    n_y: int = 2,
    activation: str = "tanh",
    gain: float = 1.0,
    seed: int = 0,
) -> Case:
    """LSTMs of (units, numbers shown) on each other, the lowest first."""
    rng = np.random.default_rng(seed)
    made, reads = [], n_x
    for units, shown in sizes:
        cell = replace(ProjectedLSTM(), projection=shown)
        uses = cell.uses()
        parameters = {
            name: (gain if uses[name].role == "recurrent" else 1.0) * rng.standard_normal(shape) / shape[-1] ** 0.5
            for name, shape in cell.shapes(reads, units, 1).items()
        }
        parameters |= {"W_y": rng.standard_normal((n_y, shown)), "b_y": rng.standard_normal(n_y)}
        made.append(core.Network("lstm-projected", parameters, activation))
        reads = shown
    network = core.Network.stacked(made)
    shape = (steps, examples)
    batch = core.Batch(
        rng.standard_normal((*shape, n_x)),
        rng.standard_normal((*shape, n_y)),
        np.ones(steps, dtype=bool),
        rng.standard_normal((examples, network.state_size)),
    )
    return Case(network, batch)


def make_bidirectional(
    kinds: tuple[str, str],
    widths: tuple[int, int],
    *,
    steps: int = 6,
    examples: int = 1,
    n_x: int = 2,
    n_y: int = 2,
    activation: str = "tanh",
    readout: str = "identity",
    scored: str | list[bool] = "every",
    gain: float = 1.0,
    leak: float = 1.0,
    seed: int = 0,
) -> Case:
    """A direction of each kind and width, as `make_case` has them."""
    common: dict[str, Any] = {"steps": steps, "examples": examples, "activation": activation, "readout": readout}
    one, two = (
        make_case(
            cell=kind,
            n_a=width,
            n_x=n_x,
            n_y=n_y,
            scored=scored,
            gain=gain,
            leak=leak if kind in LEAKY else 1.0,
            seed=seed + at,
            **common,
        )
        for at, (kind, width) in enumerate(zip(kinds, widths, strict=True))
    )
    network = core.Network.bidirectional(one.network, two.network)
    start = np.random.default_rng(seed).standard_normal((examples, network.state_size))
    batch = core.Batch(one.batch.inputs, one.batch.targets, one.batch.scored, start)
    return Case(_uncertain(network, batch), batch)


def make_both_ways(
    cell: str,
    widths: Sequence[tuple[int, int]],
    *,
    steps: int = 5,
    examples: int = 1,
    readout: str = "identity",
    scored: str | list[bool] = "every",
    gain: float = 1.0,
    seed: int = 0,
) -> Case:
    """A stack of bidirectional layers with these units in each direction."""
    layers, n_x, lowest = [], 2, None
    for at, pair in enumerate(widths):
        case = make_bidirectional(
            (cell, cell),
            pair,
            steps=steps,
            examples=examples,
            n_x=n_x,
            readout=readout,
            scored=scored,
            gain=gain,
            seed=seed + 10 * at,
        )
        lowest, n_x = lowest or case, sum(pair)
        layers.append(case.network)
    assert lowest is not None
    network, given = core.Network.stacked(layers), lowest.batch
    start = np.random.default_rng(seed).standard_normal((examples, network.state_size))
    batch = core.Batch(given.inputs, given.targets, given.scored, start)
    return Case(_uncertain(network, batch), batch)


@st.composite
def bidirectionals(
    draw: st.DrawFn,
    *,
    activations: tuple[str, ...] = ACTIVATIONS,
    readouts: tuple[str, ...] = READOUTS,
    gains: tuple[float, ...] = (0.0, 0.3, 1.0, 2.5),
) -> Case:
    steps = draw(st.integers(1, 9))
    readout = draw(st.sampled_from(readouts))
    kinds = (draw(st.sampled_from(TIED)), draw(st.sampled_from(TIED)))
    return make_bidirectional(
        kinds,
        (draw(st.integers(1, 4)), draw(st.integers(1, 4))),
        steps=steps,
        examples=draw(st.integers(1, 3)),
        n_x=draw(st.integers(1, 3)),
        n_y=draw(st.integers(2 if readout == "softmax" else 1, 3)),
        activation=draw(st.sampled_from(activations)),
        readout=readout,
        scored=draw(st.sampled_from(("every", "last")) | st.lists(st.booleans(), min_size=steps, max_size=steps)),
        gain=draw(st.sampled_from(gains)),
        leak=draw(st.sampled_from((1.0, 0.3))) if "rnn" in kinds else 1.0,
        seed=draw(st.integers(0, 2**32 - 9)),
    )
