"""A recurrent part of a file: what is known of it, and the network that it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from core.network.activations import ACTIVATIONS
from core.network.batch import Batch
from core.network.network import Network
from core.network.readout import READOUTS
from core.numerics.frozen import FrozenRecord
from core.numerics.scaled import Floats
from core.sources.facts import Fact
from core.sources.layers import RecurrentLayer
from core.sources.surroundings import Embedding, Head

LOSSES: Final[Mapping[str, str]] = {
    "squared-error": "identity",
    "binary-cross-entropy": "sigmoid",
    "cross-entropy": "softmax",
}
"""Name of a loss → the g that it goes with"""


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

    @property
    def cell(self) -> str:
        """The kind of its layers: `rnn`, `gru`, `lstm`, or a cell of ours by its name."""
        return self.made.cell_name if self.made is not None else self.stack[0][0].cell

    @property
    def layers(self) -> int:
        """How many layers stand on each other."""
        return max(len(self.stack), 1)

    @property
    def directions(self) -> int:
        """1, or 2 where it also runs from the last step to the first."""
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
    ) -> Network:
        """The network, in float64; without a read-out unless one is asked for: its loss is then given from outside.

        Args:
            layer: One layer, from 1 at the bottom; None for all of them.
            direction: `forward` or `backward`, one direction of a layer that has both; None for all there are. One
                that runs backward reads its inputs from the last to the first.
            activation: φ, where the file does not say it.
            gates: `sigmoid`, to confirm it where the file does not say the function of the gates.
            readout: The name of one of `readouts`.
            loss: A key of `LOSSES`, for the read-out: what is behind it, where the file does not say it.

        Raises:
            ValueError: something is not known and not given, is given and not there, or no cell here is that of the
                file; one sentence that says what, and what to give.
        """
        if self.made is not None:
            return self.made
        chosen = self._chosen(layer, direction)
        self._refuse(layer)
        phi = self._activation(activation)
        self._gates(gates)
        head, g = self._head(readout, loss, layer)
        networks = [
            [_network(one, phi, head if last else {}, g if last else "none") for one in each]
            for last, each in zip([False] * (len(chosen) - 1) + [True], chosen, strict=True)
        ]
        return self._whole(networks)

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
                raise ValueError("; ".join(self.problems[number]))

    def _activation(self, given: str | None) -> str:
        """φ, as the file says it, or as it was asked for where the file says nothing."""
        fact = self.fact("activation")
        assert fact is not None
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

    def _gates(self, given: str | None) -> None:
        fact = self.fact("gates")
        if given not in (None, "sigmoid"):
            raise ValueError(f"gates {given!r} was asked for, and the cells here have sigmoid")
        if fact is not None and not fact.known and given is None:
            raise ValueError(f"the function in the gates of {self.name} is not known: {fact.source}")

    def _head(self, name: str | None, loss: str | None, layer: int | None) -> tuple[dict[str, Floats], str]:
        """W_y and b_y, and g; nothing and `none` where no read-out is asked for."""
        if loss is not None and loss not in LOSSES:
            raise ValueError(f"unknown loss {loss!r}; known are {', '.join(LOSSES)}")
        if name is None:
            if loss is not None:
                raise ValueError(f"loss {loss} was asked for without a read-out; {self._offered()}")
            return {}, "none"
        if layer not in (None, self.layers):
            raise ValueError(f"layer {layer} has no read-out behind it: layer {self.layers} has")
        head = next((one for one in self.readouts if name in one.known_as), None)
        if head is None:
            raise ValueError(f"no read-out {name!r} fits behind {self.name}; {self._offered()}")
        if loss is None and not head.function:
            raise ValueError(f"the loss behind {head.name} is not known; give one of {', '.join(LOSSES)}")
        g = LOSSES[loss] if loss is not None else head.function
        assert g in READOUTS
        return head.parameters(), g

    def _offered(self) -> str:
        return f"there is {', '.join(one.name for one in self.readouts)}" if self.readouts else "the file has none"

    def _whole(self, networks: list[list[Network]]) -> Network:
        """One network of all layers and directions."""
        if any(len(each) > 1 for each in networks):
            raise ValueError(f"{self.name} runs in both directions; choose one: forward or backward")
        if len(networks) == 1:
            return networks[0][0]
        raise ValueError(f"{self.name} has {len(networks)} layers; choose one of them: layer 1 … {len(networks)}")


def _network(layer: RecurrentLayer, activation: str, head: Mapping[str, Floats], g: str) -> Network:
    try:
        return Network(layer.cell, {**layer.parameters(), **head}, activation, g)
    except ValueError as error:
        raise ValueError(f"{layer.part}: {error}") from None
