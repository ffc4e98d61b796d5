"""Small random networks with a batch, for property tests: every size, activation, read-out and mask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

import core
from core.network.cells import CELLS as CELLS_BY_NAME
from core.network.cells.projected import ProjectedLSTM
from core.numerics.scaled import Floats

ACTIVATIONS = ("tanh", "relu", "sigmoid", "identity")
READOUTS = ("identity", "sigmoid", "softmax")
CELLS = ("rnn", "gru", "lstm", "deep", "gru-before", "mingru", "antisymmetric")
TIED = tuple(name for name in CELLS if name != "deep")
HARD = ("gru-hard", "lstm-hard-keras2", "gru-before-hard")
"""Cells with hard gates, which only some tests draw"""
LEAKY = ("rnn", "deep")
CONSTANTS = {"antisymmetric": ({"step_size": 0.3, "diffusion": 0.1}, {"step_size": 1.0, "diffusion": 0.0})}
"""Cell → constants that it is drawn with"""
GAINS = (0.0, 0.3, 1.0, 2.5)
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
    constants: Mapping[str, float] | None = None,
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
    network = core.Network(cell, parameters, activation, readout, leak, constants or {})
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


def drawn_together(
    draw: st.DrawFn,
    kinds: Sequence[str],
    *,
    most_steps: int,
    most_examples: int,
    activations: tuple[str, ...],
    readouts: tuple[str, ...],
    gains: tuple[float, ...],
) -> dict[str, Any]:
    """What the layers or directions of a network have in common, as the arguments of `make_case`."""
    steps, readout = draw(st.integers(1, most_steps)), draw(st.sampled_from(readouts))
    masks = st.lists(st.booleans(), min_size=steps, max_size=steps)
    return {
        "steps": steps,
        "examples": draw(st.integers(1, most_examples)),
        "n_x": draw(st.integers(1, 3)),
        # With one class alone y is 1 and the gradient exactly 0: nothing to compare but rounding.
        "n_y": draw(st.integers(2 if readout == "softmax" else 1, 3)),
        "activation": draw(st.sampled_from(activations)),
        "readout": readout,
        "scored": draw(st.sampled_from(("every", "last")) | masks),
        "gain": draw(st.sampled_from(gains)),
        "leak": draw(st.sampled_from((1.0, 0.3, 0.0))) if set(kinds) & set(LEAKY) else 1.0,
        "constants": {
            name: value
            for kind in dict.fromkeys(kinds)
            for name, value in draw(st.sampled_from(CONSTANTS.get(kind, ({},)))).items()
        },
        "seed": draw(st.integers(0, 2**32 - 9)),
    }


@st.composite
def cases(
    draw: st.DrawFn,
    *,
    kinds: tuple[str, ...] = CELLS,
    activations: tuple[str, ...] = ACTIVATIONS,
    readouts: tuple[str, ...] = READOUTS,
    most_examples: int = 4,
    gains: tuple[float, ...] = GAINS,
) -> Case:
    cell = draw(st.sampled_from(kinds))
    common = drawn_together(
        draw,
        [cell],
        most_steps=12,
        most_examples=most_examples,
        activations=activations,
        readouts=readouts,
        gains=gains,
    )
    return make_case(cell=cell, n_a=draw(st.integers(1, 6)), initial=draw(st.booleans()), **common)


def make_parts(kinds: Sequence[str], widths: Sequence[int], reads: Sequence[int], **common: Any) -> list[Case]:
    """A network of each kind and width, reading so many numbers, as `make_case` has them."""
    leak, constants, seed = common.pop("leak", 1.0), common.pop("constants", {}), common.pop("seed", 0)
    return [
        make_case(
            cell=kind,
            n_a=width,
            n_x=n_x,
            leak=leak if kind in LEAKY else 1.0,
            constants=constants if kind in CONSTANTS else {},
            seed=seed + at,
            **common,
        )
        for at, (kind, width, n_x) in enumerate(zip(kinds, widths, reads, strict=True))
    ]


def _whole(network: core.Network, inputs: Floats, top: core.Batch, seed: int, *, initial: bool = True) -> Case:
    """A composed network on the inputs of one batch and the targets of another, from a whole state."""
    shape = (inputs.shape[1], network.state_size)
    start = np.random.default_rng(seed).standard_normal(shape) if initial else None
    batch = core.Batch(inputs, top.targets, top.scored, start)
    return Case(_uncertain(network, batch), batch)


def make_stack(
    kinds: tuple[str, ...], widths: tuple[int, ...], *, n_x: int = 2, initial: bool = True, **common: Any
) -> Case:
    """Layers of these kinds and widths on each other, the lowest first, each as `make_case` has it."""
    made = make_parts(kinds, widths, (n_x, *widths[:-1]), **common)
    network = core.Network.stacked([layer.network for layer in made])
    return _whole(network, made[0].batch.inputs, made[-1].batch, common.get("seed", 0), initial=initial)


@st.composite
def stacks(
    draw: st.DrawFn,
    *,
    activations: tuple[str, ...] = ACTIVATIONS,
    readouts: tuple[str, ...] = READOUTS,
    gains: tuple[float, ...] = GAINS,
) -> Case:
    kinds = tuple(draw(st.lists(st.sampled_from(TIED), min_size=2, max_size=4)))
    common = drawn_together(
        draw, kinds, most_steps=9, most_examples=3, activations=activations, readouts=readouts, gains=gains
    )
    return make_stack(kinds, tuple(draw(st.integers(1, 4)) for _ in kinds), initial=draw(st.booleans()), **common)


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


def make_bidirectional(kinds: tuple[str, str], widths: tuple[int, int], *, n_x: int = 2, **common: Any) -> Case:
    """A direction of each kind and width, as `make_case` has them."""
    one, two = make_parts(kinds, widths, (n_x, n_x), **common)
    network = core.Network.bidirectional(one.network, two.network)
    return _whole(network, one.batch.inputs, one.batch, common.get("seed", 0))


def make_both_ways(cell: str, widths: Sequence[tuple[int, int]], *, seed: int = 0, **common: Any) -> Case:
    """A stack of bidirectional layers with these units in each direction."""
    layers, n_x = [], 2
    for at, pair in enumerate(widths):
        layers.append(make_bidirectional((cell, cell), pair, n_x=n_x, seed=seed + 10 * at, **common))
        n_x = sum(pair)
    network = core.Network.stacked([layer.network for layer in layers])
    return _whole(network, layers[0].batch.inputs, layers[0].batch, seed)


@st.composite
def bidirectionals(
    draw: st.DrawFn,
    *,
    activations: tuple[str, ...] = ACTIVATIONS,
    readouts: tuple[str, ...] = READOUTS,
    gains: tuple[float, ...] = GAINS,
) -> Case:
    kinds = (draw(st.sampled_from(TIED)), draw(st.sampled_from(TIED)))
    common = drawn_together(
        draw, kinds, most_steps=9, most_examples=3, activations=activations, readouts=readouts, gains=gains
    )
    return make_bidirectional(kinds, (draw(st.integers(1, 4)), draw(st.integers(1, 4))), **common)
