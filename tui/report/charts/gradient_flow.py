"""What flows where in the unrolled network: its layers, the ways from cell to cell, and how much goes back on each.

Everything is asked of the cell and of core's backward pass: no cell is known here by its name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.bptt.layers import layers_of
from core.network.cells.bidirectional import Bidirectional
from tui.report.charts.gradient_scale import decades

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from core.bptt.backward_pass import BackwardPass
    from core.network.network import Network
    from core.numerics.scaled import Floats


WORDS = ("forward", "backward")
"""What the two directions are called"""


@dataclass(frozen=True, eq=False)
class Way:
    """A way from a cell to the next, and back."""

    name: str
    """`direct`, `matrices`, or `back` where there is no other"""
    symbol: str = ""
    """What a direct way multiplies by: `f`, `(1 − α)`"""
    log2: Floats | None = None
    """(T,) at [s − 1]: log₂ of what comes to step s from step s + 1 on this way; None before the way back"""


@dataclass(frozen=True, eq=False)
class Layer:
    """A layer of the network; the only one, where the cell is no stack. Or one of two directions."""

    number: int
    """From 1 at the bottom; of two directions that of their layer"""
    parts: tuple[str, ...]
    """The names of the parts of its state"""
    matrices: tuple[str, ...]
    """The recurrent matrices of the layer"""
    tied: bool
    """Whether all steps share these"""
    ways: tuple[Way, ...]
    gradient: Floats | None = None
    """(T,) at [s − 1]: log₂ of the norm of the gradient at this layer's state; None before the way back"""
    passed_down: Floats | None = None
    """(T,) at [s − 1]: log₂ of the norm of what it passes to the layer below; None where there is none"""
    direction: str = ""
    """`forward` or `backward`, where the network has both; the layers are then the two directions"""
    stacked: bool = False
    """Whether there are several layers of such directions"""
    columns: NDArray[np.intp] | None = None
    """Where the numbers of its state stand in the whole"""

    below_top: bool = False
    """Whether it is below another of such layers: to it a gradient comes down at steps before and after the loss"""
    remembers: bool = True
    """Whether anything leads from its state to that of the next step: nothing does in an embedding"""

    @property
    def ahead(self) -> bool:
        """Whether its states are made from the last step on, so that a gradient goes to later ones."""
        return self.direction == "backward"


@dataclass(frozen=True, eq=False)
class Flow:
    """The layers, the top one first, and where the gradient comes in."""

    layers: tuple[Layer, ...]
    injected: Floats
    """(T,) at [s − 1]: log₂ ‖W_yᵀ e⟨s⟩‖; empty before the way back"""
    start: float
    """log₂ of the most that a loss puts in, what all sizes are relative to; −inf where none puts in anything"""
    last: int
    """The last step at which a loss comes in, from where the way back goes; 0 where there is none"""
    first: int = 0
    """The first step at which a loss comes in, from where a gradient goes ahead; 0 where there is none"""
    range: tuple[float, float] = (0.0, 0.0)
    """The smallest of all sizes that are not zero and the largest, in decades from the start"""


def flow_of(network: Network, backward_pass: BackwardPass | None = None, last: int = 0, first: int = 0) -> Flow:
    """The layers and ways of a network; with a backward pass, how much goes back on each.

    Args:
        network: The network.
        backward_pass: A backward pass of it.
        last: The last step with a loss that this goes back from.
        first: The first of them, from which a backward direction goes ahead.
    """
    numbers = layers_of(network)
    layers = (
        _both_ways(network, backward_pass)
        if network.looks_ahead
        else tuple(_layer(network, backward_pass, *one, numbers) for one in reversed(list(numbers.items())))
    )
    if backward_pass is None:
        return Flow(layers, np.empty(0), -np.inf, last, first)
    start = float(np.max(backward_pass.log2_injected, initial=-np.inf))
    sizes = [backward_pass.log2_injected, *(way.log2 for layer in layers for way in layer.ways if way.log2 is not None)]
    finite = np.concatenate([log2[np.isfinite(log2)] for log2 in sizes])
    if not finite.size:
        return Flow(layers, backward_pass.log2_injected, start, last, first)
    ends = decades(float(finite.min()), start), decades(float(finite.max()), start)
    return Flow(layers, backward_pass.log2_injected, start, last, first, ends)


def _layer(
    network: Network,
    backward_pass: BackwardPass | None,
    number: int,
    parts: tuple[str, ...],
    numbers: Mapping[int, tuple[str, ...]],
) -> Layer:
    uses = network.cell.uses()
    matrices = tuple(name for name, use in uses.items() if use.role == "recurrent" and use.layer == number)
    tied = all(uses[name].tied for name in matrices)
    alone = len(numbers) == 1
    if alone and matrices and network.cell.direct is not None:
        symbol = network.cell.direct.symbol
        found = {} if backward_pass is None else backward_pass.log2_paths
        ways: tuple[Way, ...] = (Way("direct", symbol, found.get("direct")), Way("matrices", "", found.get("matrices")))
    elif alone:
        ways = (Way("back", "", None if backward_pass is None else backward_pass.log2_carried),)
    else:
        ways = (Way("back", "", None if backward_pass is None else _together(backward_pass.log2_carried_parts, parts)),)
    columns, stack = _columns(network, parts), network.cell.stack
    remembers = len(stack) != len(numbers) or stack[number - 1].remembers
    if backward_pass is None:
        return Layer(number, parts, matrices, tied, ways, columns=columns, remembers=remembers)
    gradient = backward_pass.log2_state_gradient if alone else _together(backward_pass.log2_parts, parts)
    passed = backward_pass.log2_passed_down.get(number)
    return Layer(number, parts, matrices, tied, ways, gradient, passed, columns=columns, remembers=remembers)


def _columns(network: Network, parts: Sequence[str]) -> NDArray[np.intp]:
    """Where the numbers of some parts stand in the whole state."""
    places = network.by_part(np.arange(float(network.state_size)))
    return np.concatenate([places[name] for name in parts]).astype(np.intp)


def _both_ways(network: Network, backward_pass: BackwardPass | None) -> tuple[Layer, ...]:
    """The directions of each layer, the top layer first and the forward direction of each."""
    stack, uses = network.cell.stack, network.cell.uses()
    directions = [(n, at) for n, cell in enumerate(stack, 1) for at in range(1 + isinstance(cell, Bidirectional))]
    known = (
        dict.fromkeys(directions, (None, None))
        if backward_pass is None
        else dict(zip(directions, backward_pass.log2_directions, strict=True))
    )
    found = []
    for number, at in sorted(directions, key=lambda one: (-one[0], one[1])):
        cell, end = stack[number - 1], f"_{number}" if len(stack) > 1 else ""
        both = isinstance(cell, Bidirectional)
        names = [part.name for part in cell.parts(1)]
        if isinstance(cell, Bidirectional):
            names = [cell.named(part.name, at) for part in cell.cells[at].parts(1)]
        mine = {name: use for name, use in uses.items() if use.layer == number and use.ahead == (at == 1)}
        gradient, carried = known[number, at]
        last = at == 1 or not both
        layer = Layer(
            number=number,
            parts=tuple(f"{name}{end}" for name in names),
            matrices=tuple(name for name, use in mine.items() if use.role == "recurrent"),
            tied=True,
            ways=(Way("back", "", carried),),
            gradient=gradient,
            passed_down=backward_pass.log2_passed_down.get(number) if backward_pass is not None and last else None,
            direction=WORDS[at],
            stacked=len(stack) > 1,
            below_top=number < len(stack),
            columns=_places(network, number, at),
            remembers=cell.remembers,
        )
        found.append(layer)
    return tuple(found)


def _places(network: Network, number: int, at: int) -> NDArray[np.intp]:
    """Where the state of a direction of a layer stands in the whole."""
    own = network.by_part(np.arange(float(network.state_size)))
    names = layers_of(network)[number]
    whole = np.concatenate([own[name] for name in names]).astype(np.intp)
    cell = network.cell.stack[number - 1]
    return whole[cell.columns(at)] if isinstance(cell, Bidirectional) else whole


def _together(log2: Mapping[str, Floats], parts: Sequence[str]) -> Floats:
    """log₂ of the norm of several parts as one vector."""
    squares = np.stack([2.0 * log2[name] for name in parts])
    found: Floats = np.logaddexp2.reduce(squares, axis=0) / 2.0
    return found
