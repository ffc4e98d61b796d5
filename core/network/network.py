"""Network: a cell, its parameters, its activation φ and its read-out g."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import isfinite

import numpy as np

from core.network.activations import ACTIVATIONS, Activation
from core.network.cells import Cell, Part, Use
from core.network.cells.bidirectional import BOTH, directions_of
from core.network.cells.registry import cell_of
from core.network.cells.stacked import BETWEEN, stack_of
from core.network.head_readout import readout_of
from core.network.readout import Readout, Targets
from core.numerics.frozen import FrozenMapping, FrozenRecord
from core.numerics.given import array_of
from core.numerics.scaled import Floats

_NOTHING_SET: Mapping[str, float] = FrozenMapping({})

MOST_PARTS_NAMED = 4
"""A state of more parts than this is named by its first and its last part"""


@dataclass(frozen=True, eq=False)
class Network(FrozenRecord):
    """A recurrent network.

    Raises:
        ValueError: if a name is unknown, a parameter is missing or unknown, a shape does not fit or a number
            is not finite, or no number: a tensor has to be taken out of its library first.

    Runnable example:

        >>> import numpy as np
        >>> import core
        >>> network = core.Network(
        ...     "rnn",
        ...     {
        ...         "W_aa": np.diag([0.5, 0.9]),
        ...         "W_ax": np.ones((2, 1)),
        ...         "b_a": np.zeros(2),
        ...         "W_y": np.ones((1, 2)),
        ...         "b_y": np.zeros(1),
        ...     },
        ... )
        >>> network.hidden_size, network.activation_name, network.input_size, network.output_size
        (2, 'tanh', 1, 1)
    """

    cell_name: str
    """A key of `core.network.cells.CELLS`, e.g. `rnn`; of a stack those of its layers, the lowest first: `gru+lstm`, of
    a bidirectional one those of both directions: `lstm&lstm`"""
    parameters: Mapping[str, Floats]
    """The cell's, W_aa (n_a, n_a), W_ax (n_a, n_x), b_a (n_a,) in the vanilla cell; and the read-out's, W_y
    (n_y, n_a), b_y (n_y,)"""
    activation_name: str = "tanh"
    readout_name: str = "identity"
    """A key of `core.network.readout.READOUTS`; `none` for a network without W_y and b_y, see `Batch.injected`; or that
    of a head, `relu>softmax` or `mean:identity`, see `core.network.head_readout`"""
    leak: float = 1.0
    """α of a leaky cell, in [0, 1]; 1 for every other"""
    constants: Mapping[str, float] = field(default_factory=dict)
    """What else of the cell is set and not trained, by the name of its setting: `step_size` and `diffusion` of an
    antisymmetric one. What is not given is as the cell has it by itself"""

    def __post_init__(self) -> None:
        if self.activation_name not in ACTIVATIONS:
            raise ValueError(f"unknown activation {self.activation_name!r}; known are {', '.join(ACTIVATIONS)}")
        readout_of(self.readout_name)  # a ValueError where there is no such read-out
        self._take_constants(cell_named(self.cell_name))  # a ValueError where there is no such cell
        names = tuple(self.uses)
        given_parameters: object = self.parameters
        if not isinstance(given_parameters, Mapping):
            given = type(given_parameters).__name__
            raise ValueError(f"the parameters must be a mapping of {', '.join(names)} to arrays; got {given}")
        if set(self.parameters) != set(names):
            raise ValueError(f"the parameters must be {', '.join(names)}; got {', '.join(self.parameters)}")
        arrays = {name: array_of(self.parameters[name], name, np.float64) for name in names}
        object.__setattr__(self, "parameters", FrozenMapping(arrays))
        self._check_shapes(arrays)
        for name, array in arrays.items():
            if not np.isfinite(array).all():
                raise ValueError(f"{name} must be finite numbers; remove NaN and infinities")
            array.flags.writeable = False

    def _take_constants(self, cell: Cell) -> None:
        """All constants of the cell but the leak, those given and the cell's own, once they are known to be right."""
        if not 0.0 <= self.leak <= 1.0:
            raise ValueError(f"leak must lie in 0 … 1, got {self.leak}")
        if self.leak != 1.0 and "leak" not in cell.constants:
            raise ValueError(f"the {cell.title} cell has no leak; leave leak at 1, got {self.leak}")
        own = {name: value for name, value in cell.constants.items() if name != "leak"}
        for name, value in self.constants.items():
            if name not in own:
                known = f"its constants are {', '.join(own)}" if own else "it has no constants but these arguments"
                raise ValueError(f"the {cell.title} cell has no constant {name!r}; {known}")
            if not (isinstance(value, int | float) and isfinite(value)):
                raise ValueError(f"{name} must be a finite number, got {value}")
        object.__setattr__(self, "constants", FrozenMapping({**own, **self.constants}))

    def _check_shapes(self, arrays: Mapping[str, Floats]) -> None:
        """The sizes are taken from axes of some parameters; all parameters must have these axes and fit the sizes."""
        for name, shape in {**self._unfitted.shapes(1, 1, 1), **self.readout.shapes(1, 1)}.items():
            axes = len(shape)
            if axes > 1 and arrays[name].ndim != axes:
                what = "a matrix" if axes == 2 else "a stack of matrices"
                raise ValueError(f"{name} must be {what}, got shape {arrays[name].shape}")
        shapes = {
            **self.cell.shapes(self.input_size, self.hidden_size, self.layers or 1),
            **self.readout.shapes(self.output_size, self.read_out.width, self.readout.between(arrays)),
        }
        for name, array in arrays.items():
            if array.shape != shapes[name]:
                raise ValueError(f"{name} must have shape {shapes[name]} to fit the others, got {array.shape}")

    @cached_property
    def cell(self) -> Cell:
        """The recurrent cell: its equations, forward and back, and the facts about it."""
        return self._unfitted.fitted(self.parameters)

    @cached_property
    def _unfitted(self) -> Cell:
        """The cell before its sizes are known."""
        return cell_named(self.cell_name, {"leak": self.leak, **self.constants})

    @property
    def activation(self) -> Activation:
        """The activation function φ with its derivative."""
        return ACTIVATIONS[self.activation_name]

    @property
    def readout(self) -> Readout:
        """W_y and b_y, the function g and its loss; or what stands in their place."""
        return readout_of(self.readout_name)

    @cached_property
    def uses(self) -> Mapping[str, Use]:
        """Every parameter → its use: those of the cell, then those of the read-out."""
        return {**self._unfitted.uses(), **self.readout.uses}

    def matrix(self, parameter: str) -> Floats:
        """What multiplies what a parameter reads: the parameter itself, or the matrix that the cell makes of it."""
        return self.uses[parameter].matrix(self.parameters[parameter])

    def symbol(self, parameter: str) -> str:
        """How what a parameter reads is written at step s: `a⟨s−1⟩`, `x⟨s⟩`, `1`; `a⟨s⟩` of the read-out."""
        use = self.uses[parameter]
        if use.role != "readout":
            return self.cell.symbols()[use.source]
        return "1" if use.source == "1" else f"{self.read_out.name if use.source == 'a' else use.source}⟨s⟩"

    @property
    def reads_state(self) -> bool:
        """Whether any parameter reads the state before: whether there is a recurrent matrix."""
        return any(use.role == "recurrent" for use in self.uses.values())

    @cached_property
    def hidden_size(self) -> int:
        """n_a, the number of hidden units."""
        return self.cell.hidden_size(self.parameters)

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """The parts of the state, in their order."""
        return self.cell.parts(self.hidden_size)

    @cached_property
    def read_out(self) -> Part:
        """The part of the state that the read-out reads."""
        return next(part for part in self.parts if part.read_out)

    @cached_property
    def read_out_columns(self) -> slice:
        """Where the numbers that the read-out reads stand among the n_state of the state."""
        start = sum(part.width for part in self.parts[: self.parts.index(self.read_out)])
        return slice(start, start + self.read_out.width)

    @cached_property
    def state_size(self) -> int:
        """n_state: the numbers of all parts of the cell's state."""
        return sum(part.width for part in self.parts)

    def by_part(self, states: Floats) -> Mapping[str, Floats]:
        """Part of the state → its columns of (…, n_state)."""
        return _split(states, {part.name: part.width for part in self.parts})

    def by_preactivation(self, preactivations: Floats) -> Mapping[str, Floats]:
        """Pre-activation → its columns of (…, n_z), where all stand side by side."""
        widths = self.cell.widths(self.hidden_size)
        return _split(preactivations, {name: widths[name] for name in self.cell.functions(self.activation)})

    def injected(self, errors: Floats) -> Floats:
        """W_yᵀ e⟨t⟩ at the part that is read out, 0 at all others: (…, n_state) from the errors (…, n_y).

        Without a read-out, gradients that are given at the whole state are these already.
        """
        values = self.readout.injected(self.parameters, errors)
        if self.takes_whole_state(errors):
            return values
        whole = np.zeros((*values.shape[:-1], self.state_size))
        whole[..., self.read_out_columns] = values
        return whole

    def shown(self, states: Floats, targets: Targets) -> Floats:
        """What is held against the targets: the part of (…, n_state) that is read out, or all of it."""
        return states if self.takes_whole_state(targets) else states[..., self.read_out_columns]

    def takes_whole_state(self, errors: Targets) -> bool:
        """Whether gradients (…, n) are given at the whole state: without a read-out, as many as it has numbers."""
        return not self.readout.uses and errors.shape[-1] == self.state_size

    @property
    def state_name(self) -> str:
        """The whole state in symbols: `a`, or `(a, c)` where it has more parts; `(a_1, …, c_3)` where it has many."""
        names = [part.name for part in self.parts]
        if len(names) > MOST_PARTS_NAMED:
            names = [names[0], "…", names[-1]]
        return names[0] if len(names) == 1 else f"({', '.join(names)})"

    @cached_property
    def layers(self) -> int | None:
        """How many steps have numbers of their own; None where all steps share them."""
        untied = [self.parameters[name] for name, use in self.cell.uses().items() if not use.tied]
        return len(untied[0]) if untied else None

    @cached_property
    def looks_ahead(self) -> bool:
        """Whether some parameter's use at step s acts on losses before s, as in a backward direction."""
        return any(use.ahead for use in self.cell.uses().values())

    @cached_property
    def input_size(self) -> int:
        """n_x: how many inputs the network has at each step."""
        return next(self.parameters[name].shape[-1] for name, use in self.cell.uses().items() if use.source == "x")

    @cached_property
    def output_size(self) -> int:
        """n_y, the number of outputs; without a read-out as many as one would read."""
        return self.readout.output_size(self.parameters, self.read_out.width)

    def of_steps(self, steps: slice) -> Network:
        """This network over some of its steps (from 0): where steps have numbers of their own, only those steps'."""
        own = {name: self.parameters[name][steps] for name, use in self.cell.uses().items() if not use.tied}
        return self.replace_parameters(**own) if own else self

    def replace_parameters(self, **changes: Floats) -> Network:
        """A network of this kind in which some parameters are replaced by those given, name by name."""
        return replace(self, parameters={**self.parameters, **changes})

    def same_as(self, other: Network) -> bool:
        """Whether the two are one network: the same cell, functions, constants and numbers."""
        return self.kind == other.kind and all(
            np.array_equal(array, other.parameters[name]) for name, array in self.parameters.items()
        )

    @staticmethod
    def stacked(networks: Sequence[Network]) -> Network:
        """Networks on top of each other as one, the lowest first: each reads the state of the one below it.

        The parameters of layer l have `_l` behind their names. The read-out is the last network's; those of the others
        are left out, and so they may be `none`.

        Args:
            networks: 1 … 8 networks of one layer each, of any cell that shares its weights among the steps, with the
                same activation and, as far as they have any, the same leak and constants. Each reads as many inputs as
                the one below has units that are read out.

        Raises:
            ValueError: if they do not fit on each other; the message says how.

        Runnable example:

            >>> import core
            >>> lower = core.make_network(core.Experiment(hidden_size=3))
            >>> upper = lower.replace_parameters(W_ax=lower.parameters["W_aa"])
            >>> network = core.Network.stacked([lower, upper])
            >>> network.cell.title, [part.name for part in network.parts]
            ('2-layer vanilla RNN', ['a_1', 'a_2'])
        """
        from core.network.composed import stacked

        return stacked(networks)

    @classmethod
    def from_torch(cls, module_or_state_dict: object, *, part: str | None = None, **how: int | str | None) -> Network:
        """The network of a PyTorch module or its state_dict, in float64, without importing PyTorch.

        Args:
            module_or_state_dict: A `torch.nn.RNN`, `GRU` or `LSTM`, one of their cells, a module that holds one, or a
                mapping of PyTorch's names to tensors or arrays.
            part: The name of the recurrent part, where there are several.
            how: What `core.Candidate.network` takes: `layer`, `direction`, `activation`, `readout`, `loss`.

        Raises:
            ValueError: there is no recurrent part or more than one, or something is not known: a state_dict does not
                say whether a plain RNN has tanh or relu.

        Runnable example:

            >>> import numpy as np
            >>> import core
            >>> state = {"weight_ih": np.ones((3, 2)), "weight_hh": np.eye(3), "bias_ih": np.ones(3)}
            >>> core.Network.from_torch(state, activation="relu").hidden_size
            3
        """
        from core.sources.modules import from_torch  # what reads others' networks is above the network

        return from_torch(module_or_state_dict, part=part, **how)

    @classmethod
    def from_keras(cls, layer_or_weights: object, *, part: str | None = None, **how: int | str | None) -> Network:
        """The network of a Keras layer or model, or of the weights of one layer, in float64, without importing Keras.

        Args:
            layer_or_weights: A `SimpleRNN`, `GRU` or `LSTM`, a model that has one, or the list that a layer's
                `get_weights()` gives: kernel (n_x, G·n_a), recurrent_kernel (n_a, G·n_a) and bias.
            part: The name of the recurrent layer, where there are several.
            how: What `core.Candidate.network` takes: `layer`, `direction`, `activation`, `readout`, `loss`.

        Raises:
            ValueError: there is no recurrent layer or more than one, something is not known, or no cell here is that
                of the layer.

        Runnable example:

            >>> import numpy as np
            >>> import core
            >>> weights = [np.ones((2, 12)), np.ones((3, 12)), np.zeros(12)]
            >>> core.Network.from_keras(weights).cell_name
            'lstm'
        """
        from core.sources.modules import from_keras  # what reads others' networks is above the network

        return from_keras(layer_or_weights, part=part, **how)

    @staticmethod
    def bidirectional(forward: Network, backward: Network) -> Network:
        """Two networks of one layer that read the same inputs, one from the first step on and one from the last.

        The state that is read out is both of theirs side by side, a⟨t⟩ = (a_fwd⟨t⟩, a_bwd⟨t⟩). The parameters of the
        two have `_fwd` and `_bwd` behind their names; W_y is that of both side by side, b_y the sum of theirs.

        Args:
            forward: The one that goes from t = 1 to T.
            backward: The one that goes from T to 1. Both have the same activation, read-out and, as far as they
                have any, leak and constants; their cells and widths may differ.

        Raises:
            ValueError: if the two do not fit together; the message says how.

        Runnable example:

            >>> import core
            >>> one = core.make_network(core.Experiment(cell="gru", hidden_size=3))
            >>> network = core.Network.bidirectional(one, one)
            >>> network.cell.title, network.parameters["W_y"].shape, network.symbol("W_ra_bwd")
            ('bidirectional GRU', (1, 6), 'a_bwd⟨s+1⟩')
        """
        from core.network.composed import bidirectional

        return bidirectional(forward, backward)

    @cached_property
    def kind(self) -> tuple[object, ...]:
        """All but the numbers: the cell, φ, g, constants and every shape; equal for networks of one kind."""
        shapes = tuple((name, array.shape) for name, array in self.parameters.items())
        constants = tuple(self.constants.items())
        return self.cell_name, self.activation_name, self.readout_name, self.leak, constants, shapes


def cell_named(name: str, constants: Mapping[str, float] = _NOTHING_SET) -> Cell:
    """The recurrent cell of that name, with these constants as far as it has them.

    Args:
        name: A key of `core.network.cells.CELLS`, or several: those of a stack's layers with a + between, or those of
            the two directions of a bidirectional cell with an & between.
        constants: Constant → its number, `leak` and others; those that the cell does not have say nothing.
    """
    layers = [directions_of([cell_of(one) for one in layer.split(BOTH)]) for layer in name.split(BETWEEN)]
    cell = stack_of(layers)
    own = {name: value for name, value in cell.constants.items() if constants.get(name, value) != value}
    return cell.having({name: constants[name] for name in own}) if own else cell


def _split(values: Floats, widths: Mapping[str, int]) -> Mapping[str, Floats]:
    """Name → so many of the last axis, one after another; views."""
    found, start = {}, 0
    for name, width in widths.items():
        found[name] = values[..., start : start + width]
        start += width
    return found
