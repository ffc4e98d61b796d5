"""A stack of layers as one cell: each layer reads the state of the one below it, at the same step.

    layer 1 reads x⟨t⟩        layer l reads a_(l−1)⟨t⟩, the part of the state below that a read-out would read
    the read-out reads the last layer

Every layer is a recurrent cell of its own, of any kind and width. Its parameters, pre-activations and the parts of its
state have its number behind their names, W_aa_2, z_2, a_2, and the state of the stack is that of all layers side by
side. One step back goes from the top down,

    ∂L/∂a_l⟨s⟩ = what the steps after s carry back to it + Σ_j W_jᵀ δ_j⟨s⟩        j: what layer l + 1 reads a_l by

so that the lag stays t − s, however many layers a path climbs down within a step. The Jacobian of the whole state is
block triangular, with the layers' own Jacobians on its diagonal:

    ∂a_l⟨s⟩/∂a_m⟨s−1⟩ = (∂a_l⟨s⟩/∂a_(l−1)⟨s⟩) ∂a_(l−1)⟨s⟩/∂a_m⟨s−1⟩        m < l

A layer may go both ways (`bidirectional`). Then a path from a loss goes back in one layer and ahead in the next, and
what comes to a step has been at steps before and after it: there is no Jacobian from one step to the next.

(El Hihi & Bengio 1995; Graves 2013; Pascanu, Gulcehre, Cho & Bengio 2014.) A layer's gradients have powers of two of
their own: nothing comes back from a lower layer to a higher one, and so the two may fade at rates of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.network.activations import ACTIVATIONS, Activation
from core.network.cells.composed import Composed
from core.network.cells.composed_step import ComposedStep
from core.network.cells.embedding import EmbeddingLayer
from core.network.cells.naming import renamed
from core.network.cells.one_part import graded_sum
from core.network.cells.protocol import (
    Biases,
    Cell,
    DirectFactor,
    Equations,
    Jacobian,
    Layer,
    Linearization,
    Part,
    Pulled,
    Use,
    pattern_of,
)
from core.numerics.graded import Graded
from core.numerics.scaled import FAR_BELOW, Floats, Integers, Scaled, power_of_two
from core.numerics.shaking import Noise

MOST_LAYERS = 8
"""Layers of a stack, at most."""

BETWEEN = "+"
"""What stands between the layers in a stack's name: `lstm+lstm`."""


def stack_of(cells: Sequence[Cell]) -> Cell:
    """The stack of these cells, the lowest first; a single cell is itself.

    Raises:
        ValueError: if there are none or too many, or one has weights of its own at every step.
    """
    if not 1 <= len(cells) <= MOST_LAYERS:
        raise ValueError(f"a stack has 1 … {MOST_LAYERS} layers, got {len(cells)}")
    if len(cells) == 1:
        return cells[0]
    for cell in cells:
        if not all(use.tied for use in cell.uses().values()):
            raise ValueError(
                f"a {cell.title} has weights of its own at every step and cannot be a layer of a stack; "
                "stack cells whose steps share their weights"
            )
    return Stacked(tuple(cells))


@dataclass(frozen=True)
class Stacked(Composed):
    """Layers of cells, the lowest first, each reading the state of the one below."""

    @property
    def name(self) -> str:
        """The layers' names, the lowest first, `lstm+lstm`."""
        return BETWEEN.join(cell.name for cell in self.cells)

    @property
    def title(self) -> str:
        """`2-layer LSTM`, or `stack of GRU and LSTM`; `LSTM with an embedding` where that is the lowest layer."""
        if self.cells[0].name == EmbeddingLayer.name:
            return f"{stack_of(self.cells[1:]).title} with an embedding"
        titles = [cell.title for cell in self.cells]
        if len(set(titles)) == 1:
            return f"{len(titles)}-layer {titles[0]}"
        return f"stack of {', '.join(titles[:-1])} and {titles[-1]}"

    @property
    def summary(self) -> str:
        """How many layers there are, and of which cells."""
        return f"{len(self.cells)} layers, from the bottom {', '.join(cell.title for cell in self.cells)}"

    @property
    def stack(self) -> tuple[Cell, ...]:
        """The layers' cells, the lowest first."""
        return self.cells

    @property
    def direct(self) -> DirectFactor | None:
        """The factor of the layers' direct paths; None if no layer has one."""
        found = list(dict.fromkeys(cell.direct for cell in self.cells if cell.direct is not None))
        if len(found) <= 1:
            return found[0] if found else None
        each = [(factor.symbol, factor.product, factor.meaning) for factor in found]
        symbols, products, meanings = zip(*each, strict=True)
        return DirectFactor(", ".join(symbols), ", ".join(products), "; ".join(meanings))

    def use(self, use: Use, at: int) -> Use:
        """A layer's use with the number of the layer."""
        return replace(use, layer=at + 1)

    def equations(self) -> Equations:
        """Layer by layer; on the way back the top one first, and what each passes down."""
        forward: dict[str, str] = {}
        back: dict[str, str] = {}
        for at, cell in enumerate(self.cells):
            forward |= {self.named(key, at): self._written(line, at) for key, line in cell.equations().forward.items()}
        for at in range(len(self.cells) - 1, -1, -1):
            lines = self.cells[at].equations().back
            back |= {self.named(key, at): self._written(line, at) for key, line in lines.items()}
            if at:
                down = " + ".join(f"{name}ᵀ {self._delta(use, at)}⟨s⟩" for name, use in self._down(at))
                back[self.named("x", at)] = f"into ∂L/∂{self._read_from(at)}⟨s⟩: {down}"
        return Equations(forward, back)

    def parts(self, n_a: int) -> tuple[Part, ...]:
        """The parts of every layer; the last layer's is read out."""
        top = len(self.cells) - 1
        return tuple(
            Part(self.named(part.name, at), part.width, part.read_out and at == top)
            for at in range(len(self.cells))
            for part in self._parts(at, n_a)
        )

    def shapes(self, n_x: int, n_a: int, steps: int) -> Mapping[str, tuple[int, ...]]:
        """Parameter → shape; a layer above the first reads as many numbers as are read of the layer below."""
        found: dict[str, tuple[int, ...]] = {}
        reads = n_x
        for at, cell in enumerate(self.cells):
            own = cell.shapes(reads, self.size(at, n_a), steps)
            found |= {self.named(name, at): shape for name, shape in own.items()}
            reads = next(part.width for part in self._parts(at, n_a) if part.read_out)
        return found

    def hidden_size(self, parameters: Mapping[str, Floats]) -> int:
        """n_a of the last layer, which is read out."""
        last = len(self.cells) - 1
        return self.cells[last].hidden_size(self.own(parameters, last))

    def sources(self, states: Mapping[str, Floats], inputs: Floats) -> Mapping[str, Floats]:
        """What each layer's parameters read, as far as that takes nothing but the states."""
        return self._gathered(states, inputs, lambda cell, at, own, reads: cell.sources(own, reads))

    def reads(
        self,
        activation: Activation,
        states: Mapping[str, Floats],
        inputs: Floats,
        preactivations: Mapping[str, Floats],
    ) -> Mapping[str, Floats]:
        """What each layer's parameters read; layer l + 1 reads layer l at the same step."""

        def of_layer(cell: Cell, at: int, own: Mapping[str, Floats], reads: Floats) -> Mapping[str, Floats]:
            made = {name: preactivations[self.named(name, at)] for name in cell.functions(activation)}
            return cell.reads(activation, own, reads, made)

        return self._gathered(states, inputs, of_layer)

    def _gathered(
        self,
        states: Mapping[str, Floats],
        inputs: Floats,
        of_layer: Callable[[Cell, int, Mapping[str, Floats], Floats], Mapping[str, Floats]],
    ) -> Mapping[str, Floats]:
        found: dict[str, Floats] = {}
        for at, cell in enumerate(self.cells):
            own = {part.name: states[self.named(part.name, at)] for part in cell.parts(1)}
            found |= {self.source(name, at): values for name, values in of_layer(cell, at, own, inputs).items()}
            inputs = states[self.named(self.shown(at), at)][1:]
        return found

    def symbols(self) -> Mapping[str, str]:
        """Source → how it is written: `a_2⟨s−1⟩`, and `a_1⟨s⟩` for what layer 2 reads of layer 1."""
        return {
            self.source(name, at): self._written(symbol, at)
            for at, cell in enumerate(self.cells)
            for name, symbol in cell.symbols().items()
        }

    def bias_of(self, parameter: str, settings: Biases) -> float:
        """As the layer's cell says."""
        name, _, number = parameter.rpartition("_")
        return self.cells[int(number) - 1].bias_of(name, settings)

    def forward(
        self, parameters: Mapping[str, Floats], activation: Activation, inputs: Floats, initial_state: Floats
    ) -> tuple[Floats, Floats]:
        """States of all layers (T+1, B, n_state) and their pre-activations (T, B, n_z), one layer after the other."""
        states, records = [], []
        for at, cell in enumerate(self.cells):
            own = self.own(parameters, at)
            start = initial_state[:, self._columns(at)]
            made, record = cell.forward(own, activation, inputs, np.ascontiguousarray(start))
            states.append(made)
            records.append(record)
            inputs = np.ascontiguousarray(made[1:, :, self._arrives(at)])
        return np.concatenate(states, axis=2), np.concatenate(records, axis=2)

    def linearize(
        self, parameters: Mapping[str, Floats], activation: Activation, states: Floats, preactivations: Floats
    ) -> Linearization:
        """The step back of every layer, and the matrices that lead from one to the one below."""
        layers, start = [], 0
        for at, cell in enumerate(self.cells):
            own, size = self.own(parameters, at), self.size(at, 1)
            stop = start + sum(cell.widths(size).values())
            step = cell.linearize(own, activation, states[..., self._columns(at)], preactivations[..., start:stop])
            down = {use.delta: own[name.rpartition("_")[0]] for name, use in self._down(at)} if at else {}
            arrives = self._arrives(at - 1) if at else None
            names = {name: self.named(name, at) for name in step.deltas}
            layers.append(Layer(step, self._columns(at), names, down, arrives))
            start = stop
        return StackedStep(tuple(layers))

    def log2_direct(self, activation: Activation, preactivations: Floats) -> Floats | None:
        """log₂ of the factors of all layers that have any, their units side by side."""
        found, start = [], 0
        for at, cell in enumerate(self.cells):
            stop = start + sum(cell.widths(self.size(at, 1)).values())
            factor = cell.log2_direct(activation, preactivations[..., start:stop])
            found += [] if factor is None else [factor]
            start = stop
        return np.concatenate(found, axis=-1) if found else None

    def _parts(self, at: int, n_a: int) -> tuple[Part, ...]:
        return self.cells[at].parts(self.size(at, n_a))

    def _columns(self, at: int) -> slice:
        """Where the state of a layer stands in the whole."""
        widths = [sum(part.width for part in self._parts(i, 1)) for i in range(at + 1)]
        return slice(sum(widths[:-1]), sum(widths))

    def _arrives(self, at: int) -> slice:
        """Where, in the state of a layer, the part stands that the layer above reads."""
        start = 0
        for part in self._parts(at, 1):
            if part.read_out:
                return slice(start, start + part.width)
            start += part.width
        raise AssertionError("a cell has a part that is read out")

    def _down(self, at: int) -> list[tuple[str, Use]]:
        """The parameters, by their names in the stack, by which a layer reads the one below; their own uses."""
        return [(self.named(name, at), use) for name, use in self.cells[at].uses().items() if use.source == "x"]

    def _read_from(self, at: int) -> str:
        """What a layer reads in the place of x: x itself, or the part of the state below."""
        return "x" if at == 0 else self.named(self.shown(at - 1), at - 1)

    def source(self, name: str, at: int) -> str:
        """A source's name with the layer's number; x only where another layer reads in its place."""
        return name if name == "1" or (name == "x" and at == 0) else self.named(name, at)

    def _delta(self, use: Use, at: int) -> str:
        alone = len(self.cells[at].functions(ACTIVATIONS["identity"])) == 1
        return f"δ_{at + 1}" if alone else f"δ_{self.named(use.delta, at)}"

    @staticmethod
    def named(name: str, at: int) -> str:
        """A name of a layer's own as it is in the stack: `W_aa_2`."""
        return f"{name}_{at + 1}"

    def _written(self, line: str, at: int) -> str:
        """A line of a layer's own equations with the names that it has in the stack."""
        return renamed(line, self.cells[at].uses(), f"_{at + 1}", self._read_from(at))


class StackedStep(ComposedStep):
    """The step back of every layer; the sweeps go through `layers`, each with powers of two of its own."""

    def __init__(self, layers: tuple[Layer, ...]) -> None:
        super().__init__(layers)
        self._layers = layers

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers, the lowest first."""
        return self._layers

    def pull(self, gradient: Floats, rows: slice) -> Pulled:
        """Vector–Jacobian product of whole states, (R, n_state): from the last layer down."""
        deltas: dict[str, Floats] = {}
        powers: dict[str, Integers] = {}
        back: list[Scaled] = []
        above: Scaled | None = None
        for at in range(len(self._layers) - 1, -1, -1):
            layer = self._layers[at]
            own = Scaled.canonical(gradient[:, layer.columns], axis=1)
            own = own if above is None else (own + above).normalized(axis=1)
            pulled = layer.step.pull(own.mantissa, rows)
            found = {
                name: Scaled(delta, pulled.delta_exponents[name] + own.exponent)
                for name, delta in pulled.deltas.items()
            }
            deltas |= {layer.names[name]: delta.mantissa for name, delta in found.items()}
            powers |= {layer.names[name]: delta.exponent for name, delta in found.items()}
            before = Scaled(pulled.previous, pulled.previous_exponent + own.exponent)
            back.insert(0, Scaled(before.mantissa, np.broadcast_to(before.exponent, before.mantissa.shape)))
            above = passed_down(layer, self._layers[at - 1], found) if at else None
        whole = Scaled(*(np.concatenate([getattr(one, of) for one in back], axis=1) for of in ("mantissa", "exponent")))
        previous = whole.shared(axis=1)
        return Pulled(deltas, previous.mantissa, powers, previous.exponent)

    def jacobian(self, row: int, noise: Noise | None = None) -> Jacobian:
        """∂a⟨s⟩/∂a⟨s−1⟩ of one row, (n_state, n_state): block triangular."""
        found: list[Jacobian] = []
        patterns: list[NDArray[np.bool_]] = []
        for layer in self._layers:
            own = layer.step.jacobian(row, noise)
            rows, pattern = np.zeros((len(own.rows), self.size)), np.zeros((len(own.rows), self.size), dtype=bool)
            rows[:, layer.columns], pattern[:, layer.columns] = own.rows, pattern_of(own)
            parts = [(own.scale, rows)]
            if layer.arrives is not None:
                reads = layer.step.reading(row, layer.down, noise)
                through = reads.rows if noise is None else reads.rows * (1.0 + noise(reads.rows.shape))
                read = Graded.scaled_rows(found[-1].scale, found[-1].rows)
                read = Graded(read.mantissa[layer.arrives], read.exponent[layer.arrives])
                into = Graded.scaled_rows(reads.scale, through) @ read
                parts.append(
                    (Scaled(into.alive.astype(np.float64), np.where(into.alive, into.exponent, 0)), into.mantissa)
                )
                ways = pattern_of(reads).astype(np.float64) @ patterns[-1][layer.arrives].astype(np.float64)
                pattern |= ways > 0
            found.append(graded_sum(parts, noise))
            patterns.append(pattern)
        scale = Scaled(*(np.concatenate([getattr(one.scale, of) for one in found]) for of in ("mantissa", "exponent")))
        return Jacobian(scale, np.concatenate([one.rows for one in found]), np.concatenate(patterns))


def passed_down(layer: Layer, below: Layer, deltas: Mapping[str, Scaled]) -> Scaled:
    """Σ_j W_jᵀ δ_j⟨s⟩ over the matrices by which a layer reads the one below it: what it adds to the gradient there.

    Args:
        layer: The layer.
        below: The layer that it reads.
        deltas: The layer's own name of a pre-activation → its gradient, (…, width), an exponent for each row, (…, 1).

    Returns:
        (…, n_state of the layer below), an exponent for each row; zeros at the parts that are not read.
    """
    return placed(passed_to_what_is_read(layer, deltas), layer.arrives, below.step.size)


def placed(values: Scaled, read: slice | None, size: int) -> Scaled:
    """What is passed down to the part of a state that is read, (…, n), at the whole state, (…, size)."""
    if read is None or read == slice(0, size):
        return values
    whole = np.zeros((*values.mantissa.shape[:-1], size))
    whole[..., read] = values.mantissa
    return Scaled(whole, values.exponent)


def passed_to_what_is_read(layer: Layer, deltas: Mapping[str, Scaled], together: Floats | None = None) -> Scaled:
    """Σ_j W_jᵀ δ_j⟨s⟩ at the part of the state below that is read, (…, n), an exponent for each row.

    Args:
        layer: The layer.
        deltas: As in `passed_down`.
        together: All of them side by side in their order, (…, Σ widths), where they stand so already.
    """
    plain = plain_factors(layer, deltas, together)
    if plain is not None:
        values, matrix = plain
        return Scaled(values @ matrix, np.zeros((*values.shape[:-1], 1), dtype=np.int64))
    used = [deltas[name] for name in layer.down]
    matrix, of_matrices = layer.scaled_down
    powers = [delta.exponent + power for delta, power in zip(used, of_matrices, strict=True)]
    alive = [
        np.where(delta.mantissa.any(axis=-1, keepdims=True), power, FAR_BELOW)
        for delta, power in zip(used, powers, strict=True)
    ]
    exponent = np.maximum.reduce(alive)
    exponent = np.where(exponent == FAR_BELOW, 0, exponent)
    level = [delta.mantissa * power_of_two(power - exponent) for delta, power in zip(used, alive, strict=True)]
    return Scaled(_joined(level) @ matrix, exponent)


def plain_factors(
    layer: Layer, deltas: Mapping[str, Scaled], together: Floats | None = None
) -> tuple[Floats, Floats] | None:
    """The two matrices whose product is what a layer passes down; None where powers of two are in it.

    Args:
        layer: The layer.
        deltas: As in `passed_down`.
        together: As in `passed_to_what_is_read`.

    Returns:
        The gradients side by side, (…, Σ widths), and the layer's matrices one below the other, (Σ widths, n).
    """
    matrix, of_matrices = layer.scaled_down
    used = [deltas[name] for name in layer.down]
    if any(of_matrices) or any(delta.exponent.any() for delta in used):
        return None
    if together is not None and tuple(deltas) == tuple(layer.down):
        return together, matrix
    return _joined([delta.mantissa for delta in used]), matrix


def _joined(values: Sequence[Floats]) -> Floats:
    return np.concatenate(values, axis=-1) if len(values) > 1 else values[0]
