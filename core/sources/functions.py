"""Which functions a layer uses: φ and those of its gates, and whether the file says so; and which cell it is.

What Keras calls hard_sigmoid is clip(x/6 + ½) in Keras 3 and clip(0.2 x + ½) in Keras 2 and 1, as ONNX' HardSigmoid is
where the node gives no numbers of its own: the version that wrote the file decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from core.network.cells.gate_products import GATE_FUNCTIONS
from core.sources.arrays import not_finite
from core.sources.facts import CONFIRMED, INFERRED, UNKNOWN, Fact
from core.sources.layers import RecurrentLayer

_OWN: Final[Mapping[str, str]] = {
    "tanh": "tanh",
    "relu": "relu",
    "sigmoid": "sigmoid",
    "linear": "identity",
    "identity": "identity",
    "affine": "identity",
}
"""What others call a function → its name here, where it has one"""

CHOICES: Final = "tanh, relu, sigmoid or identity"
NODE: Final = "the node of the graph"
AMBIGUOUS: Final = "hard_sigmoid"
"""What Keras calls either of these"""
HARD: Final[Mapping[str, str]] = {"hard-sigmoid": "x / 6 + 0.5", "hard-sigmoid-keras2": "0.2 x + 0.5"}
"""Name here → what is cut to 0 … 1"""
HARD_CHOICES: Final = "give gates hard-sigmoid-keras2 for 0.2 x + 0.5, hard-sigmoid for x / 6 + 0.5"


def activation_of(layer: RecurrentLayer) -> Fact:
    """φ: of a plain RNN the function of its units, of the others that of the candidate."""
    told = layer.told
    if layer.convention == "onnx":
        names = _of_direction(layer)
        return Fact("activation", _own(names[0 if layer.cell == "rnn" else 1], layer), CONFIRMED, NODE)
    for key in ("nonlinearity", "mode", "activation"):
        value = told.get(key)
        if (
            isinstance(value, str)
            and value not in ("LSTM", "GRU")
            and (found := _own(value.removeprefix("RNN_"), layer))
        ):
            return Fact("activation", found, CONFIRMED, f"{key} of {layer.part}")
    if layer.convention == "cudnn":
        return Fact("activation", "tanh", CONFIRMED, "the layout of cuDNN, which has no other")
    if layer.cell == "rnn":
        return Fact("activation", "", UNKNOWN, f"weights do not tell it; give activation {CHOICES}")
    if "torch" in str(told.get("class", "")):
        return Fact("activation", "tanh", CONFIRMED, f"the class of {layer.part}, which has no other")
    return Fact("activation", "tanh", INFERRED, _usual(layer))


def gates_of(layer: RecurrentLayer) -> Fact | None:
    """The function of the gates, by its name here; None of a cell without them."""
    if layer.cell == "rnn":
        return None
    if layer.convention == "onnx":
        return Fact("gates", _own(_of_direction(layer)[0], layer), CONFIRMED, NODE)
    stated, version = layer.told.get("recurrent_activation"), layer.version
    if isinstance(stated, str):
        found, said = _own(stated, layer), f"recurrent_activation of {layer.part}"
        if found == AMBIGUOUS:
            return Fact("gates", "", UNKNOWN, f"{said} is {found} of an unknown version of Keras; {HARD_CHOICES}")
        how = f", {HARD[found]} in Keras {version}" if found in HARD else ""
        return Fact("gates", found, CONFIRMED, f"{said}{how}")
    if layer.convention == "cudnn":
        return Fact("gates", "sigmoid", CONFIRMED, "the layout of cuDNN, which has no other")
    if layer.convention == "keras" and version.startswith(("1.", "2.0", "2.1", "2.2")) and "tf" not in version:
        said = f"no configuration, and Keras {version} had hard_sigmoid by default"
        return Fact("gates", "", UNKNOWN, f"{said}; give gates hard-sigmoid-keras2, or sigmoid where it is that")
    if "torch" in str(layer.told.get("class", "")):
        return Fact("gates", "sigmoid", CONFIRMED, f"the class of {layer.part}, which has no other")
    return Fact("gates", "sigmoid", INFERRED, _usual(layer))


def _usual(layer: RecurrentLayer) -> str:
    cell = "an LSTM" if layer.cell == "lstm" else "a GRU"
    return f"Keras' default for {cell}" if layer.convention == "keras" else f"what {cell} has in PyTorch and Flax"


_ENDINGS: Final[Mapping[str, str]] = {
    "sigmoid": "",
    "hard-sigmoid": "-hard",
    "hard-sigmoid-keras2": "-hard-keras2",
}
"""Function of the gates → what stands behind the name of a cell that has it"""


def cell_of_ours(layer: RecurrentLayer, gates: str) -> str:
    """The name of the cell here that a layer is: `lstm-projected`, `gru-before`, `gru-before-hard-keras2`.

    Args:
        layer: One layer in one direction.
        gates: The function of its gates, one of `GATE_FUNCTIONS`; not looked at in a cell without them.
    """
    kind = layer.cell
    if kind == "gru" and layer.resets_after is False:
        kind = "gru-before"
    if "projection" in layer.arrays:
        kind = "lstm-projected"
    return kind if layer.cell == "rnn" else f"{kind}{_ENDINGS[gates]}"


def problems_of(layer: RecurrentLayer) -> list[str]:
    """Why no network can be made of this layer, a sentence for each reason; empty where one can."""
    name, gates, found = layer.part, gates_of(layer), []
    found += [said for role, array in layer.arrays.items() if (said := not_finite(layer.names.get(role, role), array))]
    if "peephole" in layer.arrays:
        found.append(f"{name} has peepholes, weights from the cell state to the gates, and no cell here has them")
    if layer.cell == "gru" and layer.resets_after is None:
        found.append(f"{name} is a GRU without biases, and nothing says whether it resets before or after its matrix")
    if gates is not None and gates.known and gates.value not in GATE_FUNCTIONS:
        found.append(f"{name} has {gates.value} in its gates, and the cells here have {', '.join(GATE_FUNCTIONS)}")
    if layer.told.get("clip"):
        found.append(f"{name} clips its pre-activations, and no cell here does")
    if layer.told.get("input_forget"):
        found.append(f"{name} ties its input gate to its forget gate, and no cell here does")
    if layer.convention == "onnx" and layer.cell == "lstm":
        names = _of_direction(layer)
        if _own(names[1], layer) != _own(names[2], layer):
            found.append(f"{name} has {names[1]} for its candidate and {names[2]} behind it, and the cell here has one")
    return found


_DEFAULTS: Final[Mapping[str, tuple[str, ...]]] = {
    "rnn": ("Tanh",),
    "gru": ("Sigmoid", "Tanh"),
    "lstm": ("Sigmoid", "Tanh", "Tanh"),
}
"""ONNX's functions of each cell: of the gates, of the candidate, and of what is shown of the cell state"""


def _of_direction(layer: RecurrentLayer) -> tuple[str, ...]:
    """The functions of an ONNX node for this layer's own direction: those of both stand one behind the other."""
    default = _DEFAULTS[layer.cell]
    stated = tuple(str(layer.told.get("activations", "")).split())
    at = len(default) if layer.backward and layer.told.get("direction") == "bidirectional" else 0
    own = stated[at : at + len(default)]
    return own if len(own) == len(default) else default


def _own(name: str, layer: RecurrentLayer) -> str:
    """Our name of a function; as the file has it where there is none."""
    if name.lower() not in ("hard_sigmoid", "hardsigmoid"):
        return _OWN.get(name.lower(), name)
    if layer.convention == "onnx":
        return f"{name} with numbers of its own" if layer.told.get("scaled") else "hard-sigmoid-keras2"
    if not layer.version:
        return AMBIGUOUS
    return "hard-sigmoid-keras2" if layer.version.startswith(("1", "2")) else "hard-sigmoid"
