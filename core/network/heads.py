"""Heads as found in the wild: what stands between the states and the loss where it is more than W_y and b_y.

    every       h⟨t⟩ = a⟨t⟩, an output at every step
    last        h = a⟨T⟩
    mean        h = (1/T) Σ_t a⟨t⟩
    max         h_i = max_t a_i⟨t⟩; its gradient goes to the first step that has the maximum
    attention   h = Σ_t α⟨t⟩ a⟨t⟩, α = softmax over t of qᵀ a⟨t⟩

T is the last step that an example is scored at, so that padded sequences have lengths of their own. Then layers
h ← φ_l(W_h·l h + b_h·l), the last of them, W_y h + b_y, without an activation, and the loss of a read-out:
squared error, binary cross-entropy or cross-entropy.

`Head.behind(network)` is the network with the head as its read-out (`core.network.head_readout`): one network, whose
parameters are those of both. A head is behind the recurrence: its parameters are behind no Jacobian, and all that the
recurrence sees of it is the gradient that it puts into each state, ∂L/∂a⟨t⟩. What is told of t is the part of L that
comes in at a⟨t⟩. `Head.attached` gives that gradient to a network without a read-out (`Batch.injected`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from core.network.activations import ACTIVATIONS
from core.network.batch import Batch
from core.network.head_readout import QUERY, head_readout
from core.network.initial_state import initial_state
from core.network.network import Network
from core.network.readout import READOUTS, Readout
from core.numerics.frozen import FrozenMapping, FrozenRecord
from core.numerics.given import array_of
from core.numerics.scaled import Floats, freeze

OverTime: TypeAlias = Literal["every", "last", "mean", "max", "attention"]
"""How a head makes something to read of all the states"""

OVER_TIME: tuple[OverTime, ...] = ("every", "last", "mean", "max", "attention")


@dataclass(frozen=True, eq=False)
class HeadLayer(FrozenRecord):
    """One layer of a head, φ(W h + b): weights (m, n), bias (m,)."""

    weights: Floats
    """W, (m, n)"""
    bias: Floats
    """b, (m,)"""
    activation: str = "identity"
    """φ, a key of `core.network.activations.ACTIVATIONS`"""

    def __post_init__(self) -> None:
        weights, bias = array_of(self.weights, "weights", np.float64), array_of(self.bias, "bias", np.float64)
        if weights.ndim != 2 or bias.shape != weights.shape[:1]:
            raise ValueError(f"a layer has weights (m, n) and bias (m,), got {weights.shape} and {bias.shape}")
        if self.activation not in ACTIVATIONS:
            raise ValueError(f"unknown activation {self.activation!r}; known are {', '.join(ACTIVATIONS)}")
        freeze(weights, bias)
        object.__setattr__(self, "weights", weights)
        object.__setattr__(self, "bias", bias)


@dataclass(frozen=True, eq=False)
class HeadReading(FrozenRecord):
    """What a head makes of the states of a batch: outputs (T, B, n_y) or (1, B, n_y), and gradients (T, B, n)."""

    outputs: Floats
    """y, (T, B, n_y); (1, B, n_y) where there is one for each example"""
    loss: float
    """L"""
    state_gradients: Floats
    """∂L/∂a⟨t⟩ by the head, (T, B, n): what it puts into each state"""
    gradients: Mapping[str, Floats]
    """Parameter of the head → ∂L/∂θ, in its shape: `W_h1`, `b_h1`, … , `W_y`, `b_y` and `q`"""


@dataclass(frozen=True, eq=False)
class Head(FrozenRecord):
    """A head: how it reads the states over time, its layers, and its loss; with attention the query q (n,).

    Raises:
        ValueError: if a name is unknown, or shapes do not follow from one another.

    Runnable example:

        >>> import numpy as np
        >>> import core
        >>> experiment = core.Experiment(hidden_size=3, timesteps=6)
        >>> network, batch = core.make_network(experiment), core.make_batch(experiment)
        >>> hidden = core.HeadLayer(np.eye(3), np.zeros(3), "relu")
        >>> head = core.Head([hidden, core.HeadLayer(np.ones((1, 3)), np.zeros(1))], over_time="mean")
        >>> last = core.Batch.of(batch.inputs, batch.targets[-1], last=True)
        >>> trace = core.run(network=head.behind(network), batch=last)
        >>> trace.network.readout_name, trace.lags.log2_norm["W_aa"].shape, trace.gradients["W_h1"].shape
        ('mean:relu>identity', (6, 6), (3, 3))
    """

    layers: Sequence[HeadLayer]
    """From the states to the output; none for the states themselves"""
    over_time: OverTime = "every"
    loss: str = "identity"
    """A read-out whose g and loss are meant: `identity`, `sigmoid` or `softmax`"""
    query: Floats | None = None
    """q, (n,), with attention"""

    def __post_init__(self) -> None:
        if self.over_time not in OVER_TIME:
            raise ValueError(f"over_time must be {', '.join(OVER_TIME)}, got {self.over_time!r}")
        if self.loss not in READOUTS or not READOUTS[self.loss].uses:
            known = ", ".join(name for name, one in READOUTS.items() if one.uses)
            raise ValueError(f"loss must be that of the read-out {known}, got {self.loss!r}")
        layers = tuple(self.layers)
        for below, above in pairwise(layers):
            if above.weights.shape[1] != below.weights.shape[0]:
                shapes = " and ".join(str(layer.weights.shape) for layer in (below, above))
                raise ValueError(f"the layers of a head must follow from one another, got weights {shapes}")
        if layers and layers[-1].activation != "identity":
            raise ValueError(
                f"the last layer of a head has no activation, its loss has one; got {layers[-1].activation!r}"
            )
        object.__setattr__(self, "layers", layers)
        if (self.query is None) == (self.over_time == "attention"):
            raise ValueError("attention needs a query (n,), and nothing else has one")
        if self.query is not None:
            query = array_of(self.query, "query", np.float64)
            if query.ndim != 1:
                raise ValueError(f"the query must have shape (n,), got {query.shape}")
            freeze(query)
            object.__setattr__(self, "query", query)

    @property
    def readout(self) -> Readout:
        """The head as a read-out: its name, its function g and its loss, and the way back through it."""
        over_time = "" if self.over_time in ("every", "last") else self.over_time
        return head_readout(over_time, [layer.activation for layer in self.layers[:-1]], self.loss, bool(self.layers))

    @property
    def parameters(self) -> Mapping[str, Floats]:
        """`W_h1`, `b_h1`, … , `W_y`, `b_y`, and `q` with attention."""
        names = [f"h{i}" for i, _ in enumerate(self.layers[:-1], 1)] + ["y"] * bool(self.layers)
        found = {} if self.query is None else {QUERY: self.query}
        for name, layer in zip(names, self.layers, strict=True):
            found |= {f"W_{name}": layer.weights, f"b_{name}": layer.bias}
        return FrozenMapping(found)

    def behind(self, network: Network) -> Network:
        """The network with this head as its read-out, for `core.run`, training, reports and files.

        Of `last` the batch says which steps are scored: `Batch.of(…, last=True)`.

        Args:
            network: The recurrence; a read-out of its own is left out.

        Raises:
            ValueError: if the head has no layers, or does not read as many numbers as the network shows.
        """
        if not self.layers:
            raise ValueError("a head without layers is no read-out of a network; give it one, or use attached")
        own = {name: network.parameters[name] for name in network.cell.uses()}
        return replace(network, parameters={**own, **self.parameters}, readout_name=self.readout.name)

    def attached(self, network: Network, batch: Batch) -> tuple[Network, Batch]:
        """The network and the batch for `core.run`: the recurrence, and the gradients that this head puts into it.

        Args:
            network: The recurrence; a read-out of its own is left out.
            batch: Inputs, targets and which of them are scored; one target for each example, but for `every`.
        """
        bare = without_readout(network)
        found = self.reading(bare, batch)
        return bare, Batch.injected(batch.inputs, found.state_gradients, batch.initial_state)

    def reading(self, network: Network, batch: Batch) -> HeadReading:
        """Run the recurrence and the head, and take the gradient of the head.

        Args:
            network: The recurrence.
            batch: As in `attached`.

        Raises:
            ValueError: if the batch does not fit, or has more than one target for an example where the head makes one.
        """
        start = initial_state(network, batch.initial_state, batch.inputs.shape[1])
        states, _ = network.cell.forward(network.parameters, network.activation, batch.inputs, start)
        return self.of_states(network.by_part(states)[network.read_out.name][1:], batch)

    def of_states(self, states: Floats, batch: Batch) -> HeadReading:
        """What the head makes of a⟨1⟩ … a⟨T⟩, (T, B, n), and how its loss changes with each of them."""
        if self.query is not None and self.query.shape != states.shape[2:]:
            raise ValueError(f"the query must have shape {states.shape[2:]} as the states have, got {self.query.shape}")
        every, examples, readout = self.over_time == "every", states.shape[1], self.readout
        ends = None if every else (_last(batch), np.arange(examples))
        factors = batch.factors(1.0 / examples)
        factors = np.where(batch.mask, 1.0 / examples, 0.0) if factors is None else factors
        o, targets = readout.made(self.parameters, states), batch.targets
        self._check(o, targets)
        loss = float(readout.mean_loss(o, targets, factors).sum())
        back = readout.read_back(self.parameters, states, readout.error(o, targets, factors))
        assert back is not None
        gradients = {
            name: np.einsum("tbm,tbr->mr", back.deltas[use.delta], back.reads[name]).reshape(
                self.parameters[name].shape
            )
            for name, use in readout.uses.items()
        }
        freeze(*gradients.values())
        outputs = readout.value(o if ends is None else o[ends][np.newaxis])
        return HeadReading(outputs, loss, back.at_states, FrozenMapping(gradients))

    def _check(self, o: Floats, targets: NDArray[np.generic]) -> None:
        classes = self.readout.classes
        if classes and (targets.ndim != 2 or not np.issubdtype(targets.dtype, np.integer)):
            raise ValueError(f"softmax needs integer class ids, got {targets.shape} {targets.dtype}")
        if not classes and targets.shape != o.shape:
            raise ValueError(f"the head makes outputs {o.shape[1:]}, and the targets have shape {targets.shape[1:]}")
        if classes and (targets.min(initial=0) < 0 or targets.max(initial=0) >= o.shape[-1]):
            raise ValueError(f"class ids must lie in 0 … {o.shape[-1] - 1}, got {targets.max()}")


def _last(batch: Batch) -> NDArray[np.intp]:
    """(B,): the step of each example that is scored, from 0."""
    if np.any(batch.mask.sum(axis=0) != 1):
        raise ValueError(
            "this head makes one output for each example: exactly one step of each is scored; "
            "Batch.of(…, last=True) makes such a batch"
        )
    return np.argmax(batch.mask, axis=0)


def without_readout(network: Network) -> Network:
    """The recurrence of a network, without what reads it."""
    own = {name: network.parameters[name] for name in network.cell.uses()}
    return replace(network, parameters=own, readout_name="none")
