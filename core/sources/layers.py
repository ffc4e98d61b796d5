"""One recurrent layer as it stands in a file, and its parameters in our own order.

The gates of a layer stand in one matrix, one block of H rows (or columns) after another; H units, I inputs, G gates, P
numbers of the state that the next step reads, H unless the layer projects them.

    convention   matrices                   LSTM       GRU      biases
    torch        (G·H, I), (G·H, P)         i f g o    r z n    two, added; of the GRU's n they stay apart
    keras        (I, G·H), (H, G·H)         i f g o    z r n    one; two rows in a GRU that resets after
    cudnn        as keras, in blocks of C   i f g o    z r n    two, one behind the other
    onnx         (G·H, I), (G·H, H)         i o f g    z r n    two, one behind the other

flax has a matrix for each gate; they are put together as torch has them. Numbers of 16 and 32 bits are widened before
anything is added. Sources: the documentation of torch.nn.LSTM and GRU, Keras' LSTM, GRU and (for cuDNN)
`preprocess_weights_for_loading`, ONNX's operators LSTM and GRU.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.numerics.frozen import FrozenMapping, FrozenRecord
from core.numerics.scaled import Floats
from core.sources.arrays import frozen

CELL_OF: Final = {1: "rnn", 3: "gru", 4: "lstm"}
"""How many blocks of rows the recurrent matrix has → the cell"""

_ORDERS: Final = {
    "lstm": {"torch": "ifgo", "keras": "ifgo", "cudnn": "ifgo", "onnx": "iofg"},
    "gru": {"torch": "rzn", "keras": "zrn", "cudnn": "zrn", "onnx": "zrn"},
    "rnn": {"torch": "a", "keras": "a", "cudnn": "a", "onnx": "a"},
}


@dataclass(frozen=True, eq=False)
class RecurrentLayer(FrozenRecord):
    """One layer, one direction: its arrays, each of the shape that its convention has, and what is known of it."""

    part: str
    """The name of the module or layer in the file"""
    cell: str
    """`rnn`, `gru` or `lstm`"""
    convention: str
    """`torch`, `keras`, `cudnn` or `onnx`"""
    arrays: Mapping[str, NDArray[Any]]
    """Role → array, its shape that of the convention: input, recurrent, bias, recurrent_bias, projection, peephole"""
    names: Mapping[str, str]
    """Role → the array's name in the file"""
    index: int = 0
    """Place in the stack, from 0 at the bottom"""
    backward: bool = False
    in_its_order: bool = False
    """Whether a layer above reads its states in the order in which it makes them, the last step first: so it is of a
    layer of Keras that goes backward by itself, and not of one direction of two"""
    guess: str = ""
    """From what it was guessed that this is a recurrent layer; empty where its names say so"""
    reads: str = ""
    """The part whose state it reads; empty where that is not known or is none"""
    reads_guessed: bool = False
    """Whether `reads` is only the layer before it in the file"""
    told: Mapping[str, object] = field(default_factory=lambda: FrozenMapping({}))
    """What the file says of the module"""
    resets_after: bool | None = True
    """Whether the reset gate of a GRU acts behind the recurrent matrix; None where nothing tells"""
    version: str = ""
    """The version of Keras that wrote the file, which decides what hard_sigmoid is; empty where it is not known"""

    def __post_init__(self) -> None:
        object.__setattr__(self, "arrays", frozen(self.arrays))
        object.__setattr__(self, "names", FrozenMapping(self.names))
        object.__setattr__(self, "told", FrozenMapping(self.told))

    @property
    def rows(self) -> bool:
        """Whether a gate is a block of rows of the matrices, and not of columns."""
        return self.convention in ("torch", "onnx")

    @property
    def hidden_size(self) -> int:
        """H, the number of units."""
        return self.arrays["recurrent"].shape[0 if self.rows else 1] // len(_ORDERS[self.cell]["torch"])

    @property
    def output_size(self) -> int:
        """P, the numbers that the layer shows: H, or fewer where it projects them."""
        return self.arrays["recurrent"].shape[1 if self.rows else 0]

    @property
    def input_size(self) -> int:
        """I, the number of inputs."""
        return self.arrays["input"].shape[1 if self.rows else 0]

    def parameters(self) -> dict[str, Floats]:
        """The layer's parameters by our names, W_aa (n_a, n_a), W_ax (n_a, n_x), b_a (n_a,) in the vanilla cell.

        A GRU that resets before its matrix has one bias b_n, and no b_na; a layer that projects has W_am (P, H).
        """
        order, size = _ORDERS[self.cell][self.convention], self.hidden_size
        into, recurrent = (_by_gate(self._rows(what), order, size) for what in ("input", "recurrent"))
        biases = [_by_gate(bias, order, size) for bias in self._biases()]
        found = {}
        for gate in _ORDERS[self.cell]["torch"]:
            found[f"W_{gate}a"], found[f"W_{gate}x"] = recurrent[gate], into[gate]
            apart = self.cell == "gru" and gate == "n" and self.resets_after
            found[f"b_{gate}"] = biases[0][gate] if apart else biases[0][gate] + biases[1][gate]
            if apart:
                found["b_na"] = biases[1][gate]
        if "projection" in self.arrays:
            found["W_am"] = np.asarray(self.arrays["projection"], np.float64)
        return {name: np.ascontiguousarray(array) for name, array in found.items()}

    def _rows(self, what: str) -> Floats:
        """A matrix as float64 with gates as blocks of rows, (G·H, I) or (G·H, P)."""
        array = np.asarray(self.arrays[what], np.float64)
        if self.rows:
            return array
        if self.convention == "keras":
            return array.T
        blocks = np.hsplit(array, len(_ORDERS[self.cell]["torch"]))
        width = self.input_size if what == "input" else self.hidden_size
        return np.concatenate([block.reshape(self.hidden_size, width) for block in blocks])

    def _biases(self) -> tuple[Floats, Floats]:
        """What is added to the input's part and to the recurrent one, (G·H,) each; zeros where there is none."""
        size = len(_ORDERS[self.cell]["torch"]) * self.hidden_size
        nothing = np.zeros(size)
        given = [
            np.asarray(self.arrays[name], np.float64) for name in ("bias", "recurrent_bias") if name in self.arrays
        ]
        if not given:
            return nothing, nothing
        if len(given) == 2:
            return given[0].ravel(), given[1].ravel()
        bias = given[0].ravel()
        return (bias[:size], bias[size:]) if bias.size == 2 * size else (bias, nothing)


def _by_gate(rows: Floats, order: str, size: int) -> dict[str, Floats]:
    """Gate → its block of so many rows, of (G·H, …) or (G·H,)."""
    return {gate: rows[at * size : (at + 1) * size] for at, gate in enumerate(order)}


def fits(cell: str, convention: str, arrays: Mapping[str, NDArray[Any]]) -> bool:
    """Whether the shapes of these arrays are those of one layer of this cell."""
    gates = len(_ORDERS[cell]["torch"])
    into, recurrent = arrays["input"], arrays["recurrent"]
    if into.ndim != 2 or recurrent.ndim != 2 or 0 in into.shape or 0 in recurrent.shape:
        return False
    if convention in ("keras", "cudnn"):
        into, recurrent = into.T, recurrent.T
    height, shown = recurrent.shape
    size = height // gates
    projection = arrays.get("projection")
    projected = projection is not None and projection.shape == (shown, size)
    biases = [arrays[name] for name in ("bias", "recurrent_bias") if name in arrays]
    return (
        height == gates * size == into.shape[0]
        and (shown == size or (projected and cell == "lstm"))
        and all(bias.size in (height, 2 * height) for bias in biases)
        and (len(biases) < 2 or all(bias.size == height for bias in biases))
    )


def cell_of(recurrent: NDArray[Any], convention: str, shown: int = 0) -> str | None:
    """The cell by the shape of the recurrent matrix, (G·H, P) or (P, G·H): G = 4, 3 or 1.

    Args:
        recurrent: The matrix.
        convention: Whose it is, one of the table above.
        shown: H where the layer projects, so that the matrix does not tell it; 0 where P = H.
    """
    if recurrent.ndim != 2 or 0 in recurrent.shape:
        return None
    height, width = recurrent.shape if convention in ("torch", "onnx") else recurrent.shape[::-1]
    gates, left = divmod(height, shown or width)
    return CELL_OF.get(gates) if not left else None
