"""Two directions as one cell: one reads the sequence from its first step on, the other from its last.

    a_fwd⟨t⟩ from a_fwd⟨t−1⟩ and x⟨t⟩        a_bwd⟨t⟩ from a_bwd⟨t+1⟩ and x⟨t⟩        a⟨t⟩ = (a_fwd⟨t⟩, a_bwd⟨t⟩)

(Schuster & Paliwal 1997.) The read-out reads both. Given the errors, the two know nothing of each other: what L_t puts
into a_fwd⟨t⟩ goes back to the steps before t, and what it puts into a_bwd⟨t⟩ goes on to the steps after it. With
k = 0, 1, … steps between,

    forward direction    contribution at step s = t − k, lag k
    backward direction   contribution at step s = t + k, lag −k: it looks ahead

so that every result of one direction holds for the other with time reversed. In the arrays of a tape both stand in the
order of the steps; a⟨0⟩ holds what each direction starts from, the backward one before its first step, t = T.

∂a⟨s⟩/∂a⟨s−1⟩ of the two together is block diagonal, each direction at the s-th step that it takes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.network.activations import Activation
from core.network.cells.composed import Composed
from core.network.cells.composed_step import ComposedStep
from core.network.cells.naming import renamed
from core.network.cells.protocol import (
    Biases,
    Cell,
    Direction,
    Equations,
    Jacobian,
    Layer,
    Linearization,
    Part,
    Pulled,
    Use,
    pattern_of,
)
from core.numerics.scaled import Floats, Integers, Scaled
from core.numerics.shaking import Noise

BOTH = "&"
"""What stands between the two directions in a name: `lstm&lstm`."""

WAYS = ("fwd", "bwd")
"""What stands behind the names of the forward and the backward direction."""


def directions_of(cells: Sequence[Cell]) -> Cell:
    """The bidirectional cell of two; a single cell is itself.

    Raises:
        ValueError: if there are more than two, or one has weights of its own at every step.
    """
    if len(cells) == 1:
        return cells[0]
    if len(cells) != 2:
        raise ValueError(f"a bidirectional cell has 2 directions, got {len(cells)}")
    for cell in cells:
        if not all(use.tied for use in cell.uses().values()):
            raise ValueError(
                f"a {cell.title} has weights of its own at every step and cannot be a direction of a bidirectional "
                "cell; give cells whose steps share their weights"
            )
    return Bidirectional((cells[0], cells[1]))


@dataclass(frozen=True)
class Bidirectional(Composed):
    """One cell from the first step on, and one from the last: two, the forward direction first."""

    @property
    def name(self) -> str:
        """The names of the two cells, `lstm&lstm`."""
        return BOTH.join(cell.name for cell in self.cells)

    @property
    def title(self) -> str:
        """`bidirectional LSTM`, or `bidirectional GRU and LSTM`."""
        return f"bidirectional {' and '.join(dict.fromkeys(cell.title for cell in self.cells))}"

    @property
    def summary(self) -> str:
        """What the two directions are."""
        return f"a {self.cells[0].title} from the first step on, a {self.cells[1].title} from the last"

    @staticmethod
    def named(name: str, at: int) -> str:
        """A name of a direction's own as it is in the whole: `W_aa_bwd`."""
        return f"{name}_{WAYS[at]}"

    def source(self, name: str, at: int) -> str:
        """A source's name with its direction's; both read x."""
        return name if name in ("x", "1") else self.named(name, at)

    def use(self, use: Use, at: int) -> Use:
        """A direction's use; those of the backward direction look ahead."""
        return replace(use, ahead=at == 1)

    def equations(self) -> Equations:
        """The forward direction, the backward one, and what is read out of the two."""
        forward: dict[str, str] = {}
        back: dict[str, str] = {}
        for at, cell in enumerate(self.cells):
            lines = cell.equations()
            forward |= {self.named(key, at): self._written(line, at) for key, line in lines.forward.items()}
            back |= {self.named(key, at): self._written(line, at) for key, line in lines.back.items()}
        names = [f"{self.named(self.shown(at), at)}⟨t⟩" for at in (0, 1)]
        return Equations({**forward, "a": f"a⟨t⟩ = ({', '.join(names)})"}, back)

    def parts(self, n_a: int) -> tuple[Part, ...]:
        """a, what both directions show, side by side; then the other parts of each."""
        shown, others = 0, []
        for at in (0, 1):
            for part in self.cells[at].parts(self.size(at, n_a)):
                if part.read_out:
                    shown += part.width
                else:
                    others.append(Part(self.named(part.name, at), part.width))
        return Part("a", shown, read_out=True), *others

    def columns(self, at: int) -> NDArray[np.intp]:
        """Where the numbers of a direction's own state stand in the whole."""
        places: list[NDArray[np.intp]] = []
        own = self.cells[at].parts(self.size(at, 1))
        first = next(part.width for part in self.cells[0].parts(self.size(0, 1)) if part.read_out)
        starts = {part.name: start for part, start in self._starts()}
        for part in own:
            start = (first if at else 0) if part.read_out else starts[self.named(part.name, at)]
            places.append(np.arange(start, start + part.width))
        return np.concatenate(places)

    def _starts(self) -> Iterator[tuple[Part, int]]:
        start = 0
        for part in self.parts(1):
            yield part, start
            start += part.width

    def shapes(self, n_x: int, n_a: int, steps: int) -> Mapping[str, tuple[int, ...]]:
        """Parameter → shape; both read x."""
        return {
            self.named(name, at): shape
            for at, cell in enumerate(self.cells)
            for name, shape in cell.shapes(n_x, self.size(at, n_a), steps).items()
        }

    def hidden_size(self, parameters: Mapping[str, Floats]) -> int:
        """n_a of the forward direction."""
        return self.cells[0].hidden_size(self.own(parameters, 0))

    def symbols(self) -> Mapping[str, str]:
        """Source → how it is written: `a_fwd⟨s−1⟩`, `a_bwd⟨s+1⟩`."""
        return {
            self.source(name, at): self._written(symbol, at)
            for at, cell in enumerate(self.cells)
            for name, symbol in cell.symbols().items()
        }

    def bias_of(self, parameter: str, settings: Biases) -> float:
        """As the direction's cell says."""
        name, _, way = parameter.rpartition("_")
        return self.cells[WAYS.index(way)].bias_of(name, settings)

    def forward(
        self, parameters: Mapping[str, Floats], activation: Activation, inputs: Floats, initial_state: Floats
    ) -> tuple[Floats, Floats]:
        """States (T+1, B, n_state) and pre-activations (T, B, n_z) of both, in the order of the steps."""
        states, records = np.empty((len(inputs) + 1, *initial_state.shape)), []
        for at, cell in enumerate(self.cells):
            places = self.columns(at)
            start = np.ascontiguousarray(initial_state[:, places])
            made, record = cell.forward(self.own(parameters, at), activation, in_order(inputs, at), start)
            states[0][:, places] = made[0]
            states[1:, :, places] = in_order(made[1:], at)
            records.append(in_order(record, at))
        return states, np.concatenate(records, axis=2)

    def reads(
        self,
        activation: Activation,
        states: Mapping[str, Floats],
        inputs: Floats,
        preactivations: Mapping[str, Floats],
    ) -> Mapping[str, Floats]:
        """What each direction's parameters read at the steps 1 … T; the backward ones a_bwd⟨s+1⟩."""
        whole = np.concatenate(list(states.values()), axis=2)
        found: dict[str, Floats] = {}
        for at, cell in enumerate(self.cells):
            own = self.own_states(whole, at)
            parts = cell.parts(self.size(at, 1))
            stops = np.cumsum([part.width for part in parts])
            by_part = dict(zip((part.name for part in parts), np.split(own, stops[:-1], axis=2), strict=True))
            made = {name: in_order(preactivations[self.named(name, at)], at) for name in cell.functions(activation)}
            for name, values in cell.reads(activation, by_part, in_order(inputs, at), made).items():
                found[self.source(name, at)] = in_order(values, at)
        return found

    def own_states(self, states: Floats, at: int) -> Floats:
        """A direction's states (T+1, B, n) in the order in which it makes them."""
        own = states[..., self.columns(at)]
        return np.concatenate([own[:1], in_order(own[1:], at)])

    def linearize(
        self, parameters: Mapping[str, Floats], activation: Activation, states: Floats, preactivations: Floats
    ) -> Linearization:
        """The step back of both directions, each in its own order of steps."""
        directions, start = [], 0
        for at, cell in enumerate(self.cells):
            stop = start + sum(cell.widths(self.size(at, 1)).values())
            record = in_order(preactivations[..., start:stop], at)
            own = self.own(parameters, at)
            step = cell.linearize(own, activation, self.own_states(states, at), np.ascontiguousarray(record))
            names = {name: self.named(name, at) for name in step.deltas}
            directions.append(Direction((Layer(step, self.columns(at), names, {}),), ahead=at == 1))
            start = stop
        return BothSteps(tuple(directions))

    def state_of(self, at: int) -> str:
        """A direction's state in symbols: `a_bwd`, or `(a_bwd, c_bwd)` where it has more parts."""
        names = [self.named(part.name, at) for part in self.cells[at].parts(1)]
        return names[0] if len(names) == 1 else f"({', '.join(names)})"

    def _written(self, line: str, at: int) -> str:
        found = renamed(line, self.cells[at].uses(), f"_{WAYS[at]}", "x")
        return re.sub(r"(?<=⟨[st])[−+](?=1⟩)", lambda sign: "+" if sign[0] == "−" else "−", found) if at else found


def in_order(values: NDArray[Any], at: int) -> NDArray[Any]:
    """Steps (T, …) in the order in which a direction takes them; and from that order back to that of the steps."""
    return values[::-1] if at else values


class BothSteps(ComposedStep):
    """The steps back of both directions; the sweeps go through `directions`."""

    def __init__(self, directions: tuple[Direction, ...]) -> None:
        super().__init__([direction.layers[0] for direction in directions])
        self._directions = directions

    @property
    def directions(self) -> tuple[Direction, ...]:
        """The forward direction and the backward one."""
        return self._directions

    def pull(self, gradient: Floats, rows: slice) -> Pulled:
        """Vector–Jacobian product of whole states, each direction at the rows of its own order of steps."""
        deltas: dict[str, Floats] = {}
        powers: dict[str, Integers] = {}
        mantissa, exponent = np.empty(gradient.shape), np.empty(gradient.shape, dtype=np.int64)
        for direction in self._directions:
            (layer,) = direction.layers
            pulled = layer.step.pull(gradient[:, layer.columns], rows)
            deltas |= {layer.names[name]: delta for name, delta in pulled.deltas.items()}
            powers |= {layer.names[name]: power for name, power in pulled.delta_exponents.items()}
            mantissa[:, layer.columns], exponent[:, layer.columns] = pulled.previous, pulled.previous_exponent
        previous = Scaled(mantissa, exponent).shared(axis=1)
        return Pulled(deltas, previous.mantissa, powers, previous.exponent)

    def jacobian(self, row: int, noise: Noise | None = None) -> Jacobian:
        """Block diagonal: each direction at the step of this number that it takes."""
        rows, pattern = np.zeros((self.size, self.size)), np.zeros((self.size, self.size), dtype=bool)
        mantissa, exponent = np.empty(self.size), np.empty(self.size, dtype=np.int64)
        for direction in self._directions:
            (layer,) = direction.layers
            own, places = layer.step.jacobian(row, noise), layer.columns
            at = np.ix_(places, places) if isinstance(places, np.ndarray) else (places, places)
            rows[at], pattern[at] = own.rows, pattern_of(own)
            mantissa[places], exponent[places] = own.scale.mantissa, own.scale.exponent
        return Jacobian(Scaled(mantissa, exponent), rows, pattern)
