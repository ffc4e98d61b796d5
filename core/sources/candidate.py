"""A recurrent part of a file: what is known of it, and the network that it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from core.network.activations import ACTIVATIONS
from core.network.batch import Batch
from core.network.cells.gate_products import GATE_FUNCTIONS
from core.network.cells.stacked import MOST_LAYERS
from core.network.head_readout import head_readout
from core.network.network import Network
from core.network.readout import READOUTS
from core.numerics.frozen import FrozenRecord
from core.numerics.scaled import Floats
from core.settings.files import visible
from core.sources.chains import functions_between
from core.sources.facts import Fact
from core.sources.functions import activation_of, cell_of_ours, gates_of
from core.sources.gathered import Gathered
from core.sources.layers import RecurrentLayer
from core.sources.merging import not_read_so, read_by, reading_side_by_side, side_by_side
from core.sources.pooling import over_time
from core.sources.surroundings import Embedding, Head, called

LOSSES: Final[Mapping[str, str]] = {
    "squared-error": "identity",
    "binary-cross-entropy": "sigmoid",
    "cross-entropy": "softmax",
}
"""Name of a loss → the g that it goes with"""

LOSS_OF: Final[Mapping[str, str]] = {g: loss for loss, g in LOSSES.items()}
"""g → the name of the loss that goes with it"""

_DIRECTIONS: Final = "direction forward or backward"


@dataclass(frozen=True, eq=False)
class Candidate(FrozenRecord):
    """A recurrent part of a file, of one layer or several; its facts, and the network made of it."""

    name: str
    """The name of the module or layer in the file"""
    stack: tuple[tuple[RecurrentLayer, ...], ...]
    """The layers from the bottom up, each in one direction or two, the forward one first"""
    facts: tuple[Fact, ...]
    """What is known of it: cell, layers, directions, units, inputs, activation and so on"""
    embedding: Embedding | None
    """The table of embeddings before it, if one was found"""
    readouts: tuple[Head, ...]
    """The read-outs that fit behind its last layer, the likeliest first"""
    problems: Mapping[int, tuple[str, ...]]
    """Layer, from 1 → why it is no network here"""
    made: Network | None = None
    """The network itself, where the file is one of ours"""
    batch: Batch | None = None
    """What it ran over, where the file has that too: an archive of every array of a trace"""
    gathered: Gathered | None = None
    """The read-out of the file that reads several layers together, which is part of no network here"""
    file: str = ""
    """The path of the file, as it was given; empty where it stands in none"""

    @property
    def cell(self) -> str:
        """The kind of its layers: `rnn`, `gru`, `lstm`, or a cell of ours by its name."""
        return self.made.cell_name if self.made is not None else self.stack[0][0].cell

    @property
    def layers(self) -> int:
        """How many layers stand on each other."""
        return len(self.made.cell.stack) if self.made is not None else max(len(self.stack), 1)

    @property
    def directions(self) -> int:
        """1, or 2 where it also runs from the last step to the first."""
        if self.made is not None:
            return 2 if any(use.ahead for use in self.made.uses.values()) else 1
        return max((len(layer) for layer in self.stack), default=1)

    @property
    def input_size(self) -> int:
        """n_x: how many inputs the lowest layer reads."""
        return self.made.input_size if self.made is not None else self.stack[0][0].input_size

    @property
    def hidden_size(self) -> int:
        """n_a: the units of the last layer, in one direction."""
        return self.made.hidden_size if self.made is not None else self.stack[-1][0].hidden_size

    @property
    def heads(self) -> tuple[Head, ...]:
        """Every read-out that can be asked for by its name: those that fit, and the one that reads several layers."""
        return self.readouts if self.gathered is None else (*self.readouts, self.gathered.head)

    @property
    def unknown(self) -> tuple[Fact, ...]:
        """The facts that somebody has to be asked for before there is a network."""
        return tuple(fact for fact in self.facts if not fact.known and fact.name in ("activation", "gates"))

    def fact(self, name: str) -> Fact | None:
        """The fact of this name, None where there is none."""
        return next((fact for fact in self.facts if fact.name == name), None)

    def network(
        self,
        *,
        layer: int | None = None,
        direction: str | None = None,
        activation: str | None = None,
        gates: str | None = None,
        readout: str | None = None,
        loss: str | None = None,
        between: str | None = None,
        pooling: str | None = None,
    ) -> Network:
        """The network, in float64; without a read-out unless one is asked for: its loss is then given from outside.

        Args:
            layer: One layer, from 1 at the bottom; None for all of them, as one stack.
            direction: `forward` or `backward`, one direction of a layer that has both; None for all there are, as one
                bidirectional network. One that runs backward reads its inputs from the last to the first.
            activation: φ, where the file does not say it.
            gates: `sigmoid`, `hard-sigmoid` or `hard-sigmoid-keras2`, where the file does not say what the gates have.
            readout: The name of one of `readouts`.
            loss: A key of `LOSSES`, for the read-out: what is behind it, where the file does not say it.
            between: φ of the hidden layers of a read-out that has some, where the file does not say it: one for all
                of them, or one for each, the lowest first, with commas between.
            pooling: Which states the read-out reads: `every` one, the `last`, their `mean` or their `max`. With the
                first two it is the batch that says which steps are scored.

        Raises:
            ValueError: something is not known and not given, is given and not there, or no cell here is that of the
                file; one sentence that says what, and what to give.
        """
        if self.made is not None:
            return self._own(self.made, layer, direction, activation, readout, loss)
        chosen = self._chosen(layer, direction)
        self._refuse(layer)
        head, g = self._head(readout, loss, layer, direction)
        if readout is not None:
            functions = functions_between(called(self.readouts, readout), between)
            g = head_readout(read_by(chosen[-1], over_time(self.fact("pooling"), pooling)), functions, g).name
        bare = [[self._bare(one, activation, gates) for one in each] for each in chosen]
        return self._with_head(self._joined(chosen, bare), head, g)

    def _own(
        self,
        made: Network,
        layer: int | None,
        direction: str | None,
        activation: str | None,
        readout: str | None,
        loss: str | None,
    ) -> Network:
        """The network of a file of ours, which says everything of it."""
        if layer is not None or direction is not None:
            raise ValueError(f"{self.name} is read as a whole; leave layer and direction away")
        if activation not in (None, made.activation_name):
            raise ValueError(f"activation {activation} was asked for, and the file says {made.activation_name}")
        if readout is not None and called(self.readouts, readout) is None:
            raise ValueError(f"no read-out {readout!r} fits behind {self.name}; {self._offered()}")
        if loss is not None and loss not in LOSSES:
            raise ValueError(f"unknown loss {loss!r}; known are {', '.join(LOSSES)}")
        if loss is not None and LOSSES[loss] != made.readout.g:
            raise ValueError(f"loss {loss} was asked for, and the file says {LOSS_OF.get(made.readout.g, 'none')}")
        return made

    def _chosen(self, layer: int | None, direction: str | None) -> list[tuple[RecurrentLayer, ...]]:
        if layer is not None and not 1 <= layer <= self.layers:
            raise ValueError(f"layer {layer} was asked for, and {self.name} has layers 1 … {self.layers}")
        if direction not in (None, "forward", "backward"):
            raise ValueError(f"direction must be forward or backward, got {direction}")
        layers = list(self.stack) if layer is None else [self.stack[layer - 1]]
        if direction is not None:
            layers = [tuple(one for one in each if one.backward == (direction == "backward")) for each in layers]
            if not all(layers):
                raise ValueError(f"{self.name} does not run {direction}")
        return layers

    def _refuse(self, layer: int | None) -> None:
        for number in range(1, self.layers + 1) if layer is None else (layer,):
            if self.problems.get(number):
                raise ValueError(self._of_file("; ".join(self.problems[number])))

    def _of_file(self, said: str) -> str:
        return f"{visible(self.file)}: {said}" if self.file else said

    def _bare(self, layer: RecurrentLayer, activation: str | None, gates: str | None) -> Network:
        """One layer in one direction, without a read-out."""
        phi, sigma = self._activation(layer, activation), self._gates(layer, gates)
        try:
            return Network(cell_of_ours(layer, sigma), layer.parameters(), phi, "none")
        except ValueError as error:
            raise ValueError(f"{layer.part}: {error}") from None

    def _activation(self, layer: RecurrentLayer, given: str | None) -> str:
        """φ, as the file says it, or as it was asked for where the file says nothing."""
        fact = activation_of(layer)
        if given is not None and given not in ACTIVATIONS:
            raise ValueError(f"unknown activation {given!r}; known are {', '.join(ACTIVATIONS)}")
        if given is not None and (not fact.known or fact.value == given or fact.certainty == "INFERRED"):
            return given
        if given is not None:
            raise ValueError(f"activation {given} was asked for, and the file says {fact.value} ({fact.source})")
        if not fact.known:
            raise ValueError(f"the activation of {self.name} is not known: {fact.source}")
        if fact.value not in ACTIVATIONS:
            raise ValueError(f"{self.name} has the activation {fact.value}, and here there is {', '.join(ACTIVATIONS)}")
        return fact.value

    def _gates(self, layer: RecurrentLayer, given: str | None) -> str:
        """The function of the gates, as the file says it, or as it was asked for; `sigmoid` of a cell without them."""
        fact = gates_of(layer)
        if given is not None and given not in GATE_FUNCTIONS:
            raise ValueError(f"gates {given!r} was asked for, and the cells here have {', '.join(GATE_FUNCTIONS)}")
        if fact is None:
            return "sigmoid"
        if given is not None and fact.certainty == "CONFIRMED" and fact.value != given:
            raise ValueError(f"gates {given} was asked for, and the file says {fact.value} ({fact.source})")
        if not fact.known and given is None:
            raise ValueError(f"the function in the gates of {self.name} is not known: {fact.source}")
        return given or fact.value

    def _head(
        self, name: str | None, loss: str | None, layer: int | None, direction: str | None
    ) -> tuple[dict[str, Floats], str]:
        """W_y and b_y, and g; nothing and `none` where no read-out is asked for."""
        if loss is not None and loss not in LOSSES:
            raise ValueError(f"unknown loss {loss!r}; known are {', '.join(LOSSES)}")
        if name is None:
            if loss is not None:
                raise ValueError(f"loss {loss} was asked for without a read-out; {self._offered()}")
            return {}, "none"
        if layer not in (None, self.layers):
            raise ValueError(f"layer {layer} has no read-out behind it: layer {self.layers} has")
        if direction is not None and len(self.stack[-1]) > 1:
            raise ValueError(f"the {direction} direction has no read-out of its own: one reads both directions")
        head = called(self.readouts, name)
        if head is None:
            raise ValueError(f"no read-out {name!r} fits behind {self.name}; {self._offered()}")
        if loss is None and not head.function:
            raise ValueError(f"the loss behind {head.name} is not known; give one of {', '.join(LOSSES)}")
        g = LOSSES[loss] if loss is not None else head.function
        assert g in READOUTS
        if head.wrong:
            raise ValueError(self._of_file(head.wrong))
        found = head.parameters()
        lowest = next(iter(found))
        return {**found, lowest: side_by_side(found[lowest], self.stack[-1])}, g

    def _offered(self) -> str:
        return f"there is {', '.join(one.name for one in self.readouts)}" if self.readouts else "the file has none"

    @property
    def whole(self) -> bool:
        """Whether all its layers and directions are one network here; else one layer or direction is to be chosen."""
        return not self.apart

    @property
    def apart(self) -> str:
        """Why its layers and directions are not one network here; empty where they are."""
        return self._apart(list(self.stack))

    def _apart(self, layers: Sequence[Sequence[RecurrentLayer]]) -> str:
        """Why these layers and directions are not one network; empty where they are."""
        several = len(layers) > 1
        has = f"{self.name} has {len(layers)} layers"
        choose = f"choose one of its layers: layer 1 … {self.layers}" if several else f"choose one: {_DIRECTIONS}"
        every = [one for each in layers for one in each]
        functions = list(dict.fromkeys(activation_of(one).value for one in every))
        unknown = not_read_so(layers)
        if len(layers) > MOST_LAYERS:
            return f"{has}, and a stack has {MOST_LAYERS} at most here; {choose}"
        if several and any(len(each) == 1 and each[0].backward for each in layers):
            return f"{has}, one of which runs backward only, and here it would need one beside it; {choose}"
        if unknown:
            return (
                f"{self.name} puts its directions together by {unknown}, and here a layer above reads them side by "
                f"side, added or averaged; {choose}"
            )
        if len(functions) > 1:
            return f"{self.name} has the activations {', '.join(functions)}, and one network has one here; {choose}"
        return ""

    def _joined(self, layers: Sequence[Sequence[RecurrentLayer]], networks: Sequence[Sequence[Network]]) -> Network:
        """One network of these layers and directions."""
        if reason := self._apart(layers):
            raise ValueError(reason)
        wide = [
            [reading_side_by_side(one, layers[at - 1]) if at else one for one in each]
            for at, each in enumerate(networks)
        ]
        return Network.stacked(
            [each[0] if len(each) == 1 else Network.bidirectional(each[0], each[1]) for each in wide]
        )

    def _with_head(self, network: Network, head: Mapping[str, Floats], g: str) -> Network:
        """The network with a read-out behind it."""
        try:
            return replace(network, parameters={**network.parameters, **head}, readout_name=g)
        except ValueError as error:
            raise ValueError(f"{self.name}: {error}") from None
