"""What a recurrent cell has to say of itself for the gradient to be taken apart by lag.

A parameter is used once at every step s, and its gradient through that use is a product of two factors,

    δ⟨s⟩ u⟨s⟩ᵀ        δ: the gradient of the loss with respect to what the parameter makes (a pre-activation)
                      u: what the parameter reads, its source: a⟨s−1⟩, x⟨s⟩ or the constant 1

so a cell names the pair for each parameter, and says how a gradient at its state goes one step back. Where it is not
the parameter itself that multiplies the source but a matrix M(W) that is made of it, δ uᵀ is the gradient with respect
to M, and the parameter's is a linear function of it, which the cell names too (`Parametrization`). The lag
decomposition, backpropagation and the charts need to know nothing else of it.

Everything that is shown of a cell stands on it: its title, what its parameters make and read, which settings concern
it. Nothing is taken from the name of a parameter.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, replace
from functools import cached_property, reduce
from typing import ClassVar, Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from core.network.activations import ACTIVATIONS, Activation
from core.numerics.frozen import FrozenRecord
from core.numerics.scaled import Floats, Integers, Scaled, magnitude, shift
from core.numerics.shaking import Noise

Role: TypeAlias = Literal["recurrent", "input", "bias", "readout"]
"""What a parameter is for. recurrent: it reads its own layer's state before. input: it reads what comes from below, x
or the state of the layer under it. bias: it reads the constant 1. readout: it acts after the state, at lag 0 only"""


class Parametrization(ABC):
    """How a parameter makes the matrix that multiplies what is read, M(W), an affine function of it.

    A frozen dataclass, as a cell is.
    """

    @abstractmethod
    def matrix(self, parameter: Floats) -> Floats:
        """M(W), (n, n_u), of a parameter W."""

    @abstractmethod
    def pulled_back(self, gradients: Floats) -> Floats:
        """∂L/∂W of gradients ∂L/∂M, (…, n, n_u): linear, as the matrices (…, ·, ·) that W's own numbers make."""

    @abstractmethod
    def written(self, name: str) -> str:
        """M in symbols, made of the parameter of this name: `W_aa − W_aaᵀ − κ1`."""

    @abstractmethod
    def gradient_written(self, delta: str, source: str) -> str:
        """What δ uᵀ becomes, in symbols: `δ⟨s⟩ a⟨s−1⟩ᵀ − a⟨s−1⟩ δ⟨s⟩ᵀ`; `source` is empty for the constant 1."""


@dataclass(frozen=True)
class Use:
    """How a parameter is used at every step: which delta times which source, and what for."""

    delta: str
    """The pre-activation it makes, by name: `z` in the vanilla cell, a gate's name in others"""
    source: str
    """What it reads, a key of the cell's `sources`: `a` the state before, `x` the input, `1` the constant, …"""
    tied: bool = True
    """Whether every step uses the same numbers; if not, the parameter has one array per step, stacked (T, …)"""
    _: KW_ONLY
    role: Role
    """What the parameter is for"""
    gate: str = ""
    """The letter or letters of what it makes, as a person calls it; the name of the delta if not given"""
    layer: int = 1
    """Which layer of a stack it belongs to, from 1 at the bottom; contributions are compared within a layer"""
    ahead: bool = False
    """Whether its use at step s acts on the losses at s and before, and not on those at s and after"""
    parametrization: Parametrization | None = None
    """How it makes the matrix that multiplies its source; None where it is that matrix"""

    def __post_init__(self) -> None:
        object.__setattr__(self, "gate", self.gate or self.delta)

    def matrix(self, parameter: Floats) -> Floats:
        """What multiplies the source: the parameter, or what it makes."""
        return parameter if self.parametrization is None else self.parametrization.matrix(parameter)

    def written(self, name: str) -> str:
        """What multiplies the source in symbols: the parameter's name, or what is made of it, in brackets."""
        return name if self.parametrization is None else f"({self.parametrization.written(name)})"


@dataclass(frozen=True)
class Part:
    """A part of a cell's state."""

    name: str
    """The part's name: `a`, `c`, …"""
    width: int
    """How many numbers the part has"""
    read_out: bool = False
    """Whether the read-out reads it; exactly one part is"""


class Biases(Protocol):
    """The settings that a bias starts from."""

    @property
    def bias(self) -> float:
        """The number that every bias of the cell starts from."""
        ...

    @property
    def forget_bias(self) -> float:
        """What is added to the bias of a forget gate."""
        ...


@dataclass(frozen=True)
class Equations:
    """A cell's equations in the notation of docs/equations.md, one line each, for whoever shows a step."""

    forward: Mapping[str, str]
    """Pre-activation or part of the state → how it is made at step t; in the order of computation"""
    back: Mapping[str, str]
    """Pre-activation → its δ⟨s⟩; part of the state → what comes back to it at step s from step s + 1, as in
    `carried: W_aaᵀ δ⟨s+1⟩`; in the order of computation"""


@dataclass(frozen=True)
class DirectFactor:
    """C⟨t⟩: what a gradient at the state is multiplied by, unit by unit, on a way back that no matrix is on."""

    symbol: str
    """In the notation of docs/equations.md, without its step: `f` in an LSTM"""
    product: str
    """What it makes over k steps, written as a product: `∏ f⟨r⟩`"""
    meaning: str
    """What lets by how much of which gradient, in words: a clause that a full stop or a semicolon follows"""


@dataclass(frozen=True, eq=False)
class Pulled(FrozenRecord):
    """Gradients taken one step back, (R, n): a row for each example and step."""

    deltas: Mapping[str, Floats]
    """Pre-activation → its gradient, (R, width of the pre-activation)"""
    previous: Floats
    """Gradient at the state before, (R, n_state)"""
    delta_exponents: Mapping[str, Integers]
    """Pre-activation → (R, 1): power of two to add to the rows of its delta"""
    previous_exponent: Integers
    """(R, 1): power of two to add to the rows of `previous`"""


@dataclass(frozen=True, eq=False)
class Jacobian(FrozenRecord):
    """∂a⟨s⟩/∂a⟨s−1⟩ = diag(scale) · rows, (n_state, n_state): what may differ much from unit to unit, and the rest."""

    scale: Scaled
    """(n_state,), an exponent each"""
    rows: Floats
    """(n_state, n_state), all within float64; may be shared between steps"""
    pattern: NDArray[np.bool_] | None = None
    """(n_state, n_state): which numbers are not zero in every term that they are a sum of; None for those of one term,
    which are not zero where they are not zero here"""

    @property
    def rank(self) -> int:
        """What the rank is at most, of this factor and of every product with it: rows or columns that are not zero."""
        pattern = pattern_of(self)
        return int(min(np.count_nonzero(pattern.any(axis=axis)) for axis in (0, 1)))


@dataclass(frozen=True, eq=False)
class Layer(FrozenRecord):
    """One layer of a stack: its own step back, where its state stands, and the way down to the layer below it.

    The matrices of the way down have the shape (width of a pre-activation, numbers that are read).
    """

    step: Linearization
    """The layer's step back, at its own state"""
    columns: slice | NDArray[np.intp]
    """Which of the n_state numbers of the whole state are the layer's: a slice, or places of shape (n,)"""
    names: Mapping[str, str]
    """The layer's own names of pre-activations → those of the whole cell"""
    down: Mapping[str, Floats]
    """The layer's own name of a pre-activation → the matrix (n, m) by which that reads the layer below, at
    the same step; {} for the lowest layer"""
    arrives: slice | None = None
    """Which of the numbers of the state of the layer below are read; None for the lowest layer"""

    @cached_property
    def scaled_down(self) -> tuple[Floats, tuple[int, ...]]:
        """The matrices of the way down on each other, (Σ n, m), as mantissas, and the power of two of each."""
        weights = [Scaled.canonical(matrix) for matrix in self.down.values()]
        return np.concatenate([w.mantissa for w in weights]), tuple(int(w.exponent.item()) for w in weights)


def pattern_of(jacobian: Jacobian) -> NDArray[np.bool_]:
    """Which numbers are not zero in every term that they are a sum of, (n_state, n_state)."""
    if jacobian.pattern is not None:
        return jacobian.pattern
    return (jacobian.scale.mantissa != 0)[..., np.newaxis] & (jacobian.rows != 0)


@dataclass(frozen=True, eq=False)
class Direction(FrozenRecord):
    """The layers that one gradient goes through, in the order of steps in which they are made."""

    layers: tuple[Layer, ...]
    """The lowest first"""
    ahead: bool = False
    """Whether that order is from the last step to the first, so that a loss looks ahead"""


def ways_of(layer: Layer, size: int) -> tuple[Direction, ...]:
    """The directions of a layer, each as one layer with the columns and names that it has in the whole.

    Args:
        layer: A layer, of one direction or two.
        size: n_state of the whole.
    """
    places = np.arange(size)[layer.columns]
    found = []
    for direction in layer.step.directions:
        (own,) = direction.layers
        plain = isinstance(own.columns, slice) and own.columns == slice(0, layer.step.size)
        columns = layer.columns if plain else places[own.columns]
        names = {name: layer.names[whole] for name, whole in own.names.items()}
        found.append(Direction((Layer(own.step, columns, names, {}),), direction.ahead))
    return tuple(found)


class Linearization(ABC):
    """The transposed Jacobians of a cell along one trajectory of T steps and B examples.

    Gradients come as rows of `width` numbers that share one power of two: a whole state, or a single unit
    where units never mix. The rows are in the order of (step, example, unit), T·B·n_state/width in all; a delta
    has as many rows, of `delta_widths[name]` numbers.
    """

    deltas: tuple[str, ...]
    """The pre-activations that have a gradient"""
    size: int
    """n_state, the numbers of all parts of the state"""
    width: int
    """How many units share an exponent: n_state, or 1 where the recurrent matrices are diagonal"""
    delta_widths: Mapping[str, int]
    """Pre-activation → how many numbers it has, or 1 where the recurrent matrices are diagonal"""
    delta_exponents: Mapping[str, Integers | None]
    """Pre-activation → power of two to add to the rows of its delta, (rows,); None where there is none at any step"""
    previous_exponent: Integers | None
    """Power of two to add to the rows of `previous`, (rows,); None where there is none at any step"""

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers of a stack, the lowest first, each with powers of two of its own; else one layer, all of it."""
        return (Layer(self, slice(0, self.size), {name: name for name in self.deltas}, {}),)

    @property
    def directions(self) -> tuple[Direction, ...]:
        """The directions of a bidirectional cell; else the one there is."""
        return (Direction(self.layers),)

    @property
    def plain(self) -> bool:
        """Whether no row anywhere has a power of two to add."""
        return self.previous_exponent is None and all(power is None for power in self.delta_exponents.values())

    @abstractmethod
    def pull_into(self, gradient: Floats, rows: slice, deltas: Mapping[str, Floats], previous: Floats) -> None:
        """Take ∂L/∂a⟨s⟩ of some rows to the deltas of step s and to ∂L/∂a⟨s−1⟩.

        Args:
            gradient: ∂L/∂a⟨s⟩, (R, width).
            rows: Which of the trajectory's rows these R are.
            deltas: Pre-activation → where to write its gradient, (R, its width).
            previous: Where to write ∂L/∂a⟨s−1⟩, (R, width); no part of `gradient`.
        """

    def pull_all(
        self, injected: Floats, rows: slice, gradient: Floats, deltas: Mapping[str, Floats], passed: Floats
    ) -> None:
        """Take the gradient through S steps on end, the last first: ∂L/∂a⟨s⟩ = injected + what came back to a⟨s⟩.

        Mantissas only: for stretches of a `plain` linearization.

        Args:
            injected: What the losses put in, (S, R, width).
            rows: Which of the trajectory's rows these S·R are.
            gradient: Where to write ∂L/∂a⟨s⟩, (S, R, width).
            deltas: Pre-activation → where to write its gradient, (S, R, its width).
            passed: What comes back to the state before each of these steps, written, and to the last state, read;
                (S+1, R, width).
        """
        per = injected.shape[1]
        for i in range(len(injected) - 1, -1, -1):
            np.add(injected[i], passed[i + 1], out=gradient[i])
            at = slice(rows.start + i * per, rows.start + (i + 1) * per)
            self.pull_into(gradient[i], at, {name: delta[i] for name, delta in deltas.items()}, passed[i])

    @property
    def robust(self) -> bool:
        """Whether products of these Jacobians are known to keep the digits of every singular value.

        They do where each is diag(d) W, no number of d zero, with one W that is far from singular.
        """
        return False

    @abstractmethod
    def jacobian(self, row: int, noise: Noise | None = None) -> Jacobian:
        """∂a⟨s⟩/∂a⟨s−1⟩ of the row s·B + b (s from 0) of the trajectory; with noise, with errors where it rounds."""

    def reading(self, row: int, matrices: Mapping[str, Floats], noise: Noise | None = None) -> Jacobian:
        """Σ_j ∂a⟨s⟩/∂z_j⟨s⟩ M_j, (n_state, m), of the row s·B + b: what reaches the state from what the M_j read.

        Args:
            row: The row of the trajectory.
            matrices: Pre-activation → M_j, (its width, m).
            noise: Puts errors where it rounds.
        """
        scales, found = [], []
        for unit in np.eye(self.size):
            pulled = self.pull(unit[np.newaxis], slice(row, row + 1))
            parts = [
                Scaled(np.asarray(pulled.deltas[name] @ matrix), pulled.delta_exponents[name])
                for name, matrix in matrices.items()
            ]
            whole = reduce(lambda one, other: (one + other).normalized(axis=1), parts)
            size = magnitude(whole.mantissa, axis=1)
            scales.append(int(whole.exponent.item() + size.item()))
            found.append(shift(whole.mantissa[0], -size[0]))
        rows = np.stack(found)
        alive = np.array([float(row.any()) for row in rows])
        return Jacobian(Scaled(alive, np.array(scales)), rows, rows != 0)

    def pull(self, gradient: Floats, rows: slice) -> Pulled:
        """Vector–Jacobian product of whole states, (R, n_state), at the rows s·B + b (s from 0) of the trajectory."""
        parts = self.size // self.width
        own = slice(rows.start * parts, rows.stop * parts)
        grouped = np.ascontiguousarray(gradient).reshape(-1, self.width)
        deltas = {name: np.empty((len(grouped), self.delta_widths[name])) for name in self.deltas}
        previous = np.empty_like(grouped)
        self.pull_into(grouped, own, deltas, previous)

        def whole(values: Floats, exponent: Integers | None) -> Scaled:
            powers = np.zeros(len(grouped), dtype=np.int64) if exponent is None else exponent[own]
            rows = Scaled(values.reshape(len(gradient), -1), powers.reshape(len(gradient), parts))
            return rows if parts == 1 else rows.shared(axis=1)

        scaled = {name: whole(delta, self.delta_exponents[name]) for name, delta in deltas.items()}
        before = whole(previous, self.previous_exponent)
        return Pulled(
            {name: delta.mantissa for name, delta in scaled.items()},
            before.mantissa,
            {name: delta.exponent for name, delta in scaled.items()},
            before.exponent,
        )


class JointLinearization(Linearization):
    """A step back that takes several networks together: the rows of each step are those of N networks in turn."""

    def robust_of(self, count: int) -> NDArray[np.bool_]:
        """`robust` of each of so many networks, (N,)."""
        return np.full(count, self.robust)

    @abstractmethod
    def jacobians(self, rows: slice, noise: Noise | None = None) -> Jacobian:
        """The Jacobians of N rows together, those of N networks at one step.

        Args:
            rows: The rows of the trajectory.
            noise: Puts errors where it rounds.

        Returns:
            Scale (N, n_state), and rows (N, n_state, n_state).
        """


class Cell(ABC):
    """A recurrent cell: its parameters, its step forward, its step back, and all that is said of it.

    What a cell has to define is abstract; everything else has a default that is right for a cell whose state is
    a⟨t⟩ only. Every cell is a frozen dataclass, mostly without fields, and a value: `core.extend.register` adds one.
    """

    in_rows: ClassVar[bool] = False
    """Whether all its products and biases come from `core.numerics.rows`, so that several networks can be computed as
    one. It is not inherited: a subclass may have equations of its own"""

    def __init_subclass__(cls) -> None:
        """Take back what is said of the equations of the class above."""
        cls.in_rows = cls.__dict__.get("in_rows", False)

    @property
    @abstractmethod
    def name(self) -> str:
        """The cell's key in `CELLS`, value of the setting `cell` and part of file names: lower case, no spaces."""

    @property
    @abstractmethod
    def title(self) -> str:
        """What a person calls it: `vanilla RNN`, `leaky RNN`."""

    @property
    @abstractmethod
    def summary(self) -> str:
        """A sentence for the help on the setting `cell`, without its full stop."""

    @property
    def offered(self) -> bool:
        """Whether the setting `cell` offers it; another is known by its name all the same, for what a file brings."""
        return True

    @property
    def remembers(self) -> bool:
        """Whether anything leads from the state before to the state; an embedding only passes on what comes in."""
        return True

    @property
    def direct(self) -> DirectFactor | None:
        """The factor of its direct path, from the state before to the state past every matrix; None if it has none."""
        return None

    @property
    def settings(self) -> tuple[str, ...]:
        """The settings that matter to this cell and not to every one: `leak`, `forget_bias`."""
        return ()

    @property
    def constants(self) -> Mapping[str, float]:
        """The cell's numbers that are set and not trained, by the name of their setting: `leak`; {} if it has none."""
        return {}

    @property
    def activated(self) -> bool:
        """Whether anything in it goes through φ, the network's activation function."""
        asked = ACTIVATIONS["relu"]
        return any(function is asked for function in self.functions(asked).values())

    @property
    def elman(self) -> bool:
        """Whether J⟨s⟩ = ∂a⟨s⟩/∂a⟨s−1⟩ is diag φ'(z⟨s⟩) W with one tied matrix W and nothing else.

        The bound (γ σ_max)^k and the rate ρ^k of W are of such a cell only.
        """
        return False

    @property
    def stack(self) -> tuple[Cell, ...]:
        """The cells of a stack, the lowest layer's first; otherwise this cell by itself."""
        return (self,)

    def fitted(self, parameters: Mapping[str, Floats]) -> Cell:
        """This cell with the sizes that its parameters' arrays have, where n_a alone does not tell them."""
        return self

    @abstractmethod
    def equations(self) -> Equations:
        """The cell's equations, one line each."""

    @abstractmethod
    def uses(self) -> Mapping[str, Use]:
        """Parameter → its use; its keys are the cell's parameters, in the order of display."""

    @abstractmethod
    def functions(self, activation: Activation) -> Mapping[str, Activation]:
        """Pre-activation → the function it goes through; in the order of the blocks that `forward` records."""

    @abstractmethod
    def forward(
        self, parameters: Mapping[str, Floats], activation: Activation, inputs: Floats, initial_state: Floats
    ) -> tuple[Floats, Floats]:
        """States (T+1, B, n_state) and pre-activations (T, B, n_z) for inputs (T, B, n_x).

        The parts of the state stand side by side in the order of `parts`, the pre-activations in that of `functions`.
        """

    @abstractmethod
    def linearize(
        self, parameters: Mapping[str, Floats], activation: Activation, states: Floats, preactivations: Floats
    ) -> Linearization:
        """The step back at every step of a trajectory, from what `forward` returned."""

    def parts(self, n_a: int) -> tuple[Part, ...]:
        """The parts of the state of a network of n_a units; a⟨t⟩ only unless a cell says differently."""
        return (Part("a", n_a, read_out=True),)

    def widths(self, n_a: int) -> Mapping[str, int]:
        """Pre-activation → how many numbers it has in a network of n_a units; n_a unless a cell says differently."""
        return dict.fromkeys(self.functions(ACTIVATIONS["identity"]), n_a)

    def shapes(self, n_x: int, n_a: int, steps: int) -> Mapping[str, tuple[int, ...]]:
        """Parameter → shape; T, the number of steps, is the first axis of those that are not tied.

        Unless a cell says differently: recurrent matrices (n_a, n_a), input matrices (n_a, n_x), biases (n_a,).
        """
        by_role: Mapping[Role, tuple[int, ...]] = {"recurrent": (n_a, n_a), "input": (n_a, n_x), "bias": (n_a,)}
        return {
            name: by_role[use.role] if use.tied else (steps, *by_role[use.role]) for name, use in self.uses().items()
        }

    def hidden_size(self, parameters: Mapping[str, Floats]) -> int:
        """n_a of a network with these parameters: the rows of its first recurrent matrix, or else of its first one."""
        uses = self.uses()
        first = next((name for name, use in uses.items() if use.role == "recurrent"), next(iter(uses)))
        return parameters[first].shape[-2]

    def sources(self, states: Mapping[str, Floats], inputs: Floats) -> Mapping[str, Floats]:
        """What the parameters read at the steps 1 … T: source → (T, B, width).

        Every part of the state before, by its name, the input `x`, and the constant `1`; a cell may add others.

        Args:
            states: Part → what `forward` returned of it, (T+1, B, width).
            inputs: x⟨1⟩ … x⟨T⟩, (T, B, n_x).
        """
        before = {name: values[:-1] for name, values in states.items()}
        return {**before, "x": inputs, "1": np.ones((*inputs.shape[:2], 1))}

    def reads(
        self,
        activation: Activation,
        states: Mapping[str, Floats],
        inputs: Floats,
        preactivations: Mapping[str, Floats],
    ) -> Mapping[str, Floats]:
        """What the parameters read, where that takes more than the states: `sources` unless a cell says differently.

        Args:
            activation: φ of the network.
            states: Part → (T+1, B, width).
            inputs: (T, B, n_x).
            preactivations: Pre-activation → (T, B, width).
        """
        return self.sources(states, inputs)

    def symbols(self) -> Mapping[str, str]:
        """Source → how it is written at step s: `a⟨s−1⟩`, `x⟨s⟩`, `1`. Those that a cell adds belong here too."""
        return {**{part.name: f"{part.name}⟨s−1⟩" for part in self.parts(1)}, "x": "x⟨s⟩", "1": "1"}

    def bias_of(self, parameter: str, settings: Biases) -> float:
        """What every entry of a bias starts from: the setting `bias` unless a cell says differently."""
        return settings.bias

    def having(self, constants: Mapping[str, float]) -> Cell:
        """This cell with some of its constants replaced; every one given has to be one of its own."""
        return replace(self, **constants) if constants else self  # type: ignore[type-var]

    def log2_direct(self, activation: Activation, preactivations: Floats) -> Floats | None:
        """log₂ of `direct`, the factor C⟨t⟩ of every step and unit, (T, B, n_a), −inf for 0; None if there is none."""
        return None
