"""Which functions a layer uses: φ and those of its gates, and whether the file says so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from core.sources.facts import CONFIRMED, INFERRED, UNKNOWN, Fact
from core.sources.layers import RecurrentLayer

_OWN: Final[Mapping[str, str]] = {
    "tanh": "tanh",
    "relu": "relu",
    "sigmoid": "sigmoid",
    "linear": "identity",
    "identity": "identity",
    "affine": "identity",
    "hard_sigmoid": "hard_sigmoid",
    "hardsigmoid": "hard_sigmoid",
}
"""What others call a function → its name here, where it has one"""

CHOICES: Final = "tanh, relu, sigmoid or identity"


def activation_of(layer: RecurrentLayer) -> Fact:
    """φ: of a plain RNN the function of its units, of the others that of the candidate."""
    told = layer.told
    if layer.convention == "onnx":
        names = _of_direction(layer)
        return Fact("activation", _own(names[0 if layer.cell == "rnn" else 1]), CONFIRMED, "the node of the graph")
    for key in ("nonlinearity", "mode", "activation"):
        value = told.get(key)
        if isinstance(value, str) and (found := _own(value.removeprefix("RNN_"))) and value not in ("LSTM", "GRU"):
            return Fact("activation", found, CONFIRMED, f"{key} of {layer.part}")
    if layer.convention == "cudnn":
        return Fact("activation", "tanh", CONFIRMED, "the layout of cuDNN, which has no other")
    if layer.cell == "rnn":
        return Fact("activation", "", UNKNOWN, f"weights do not tell it; give activation {CHOICES}")
    if "torch" in str(told.get("class", "")):
        return Fact("activation", "tanh", CONFIRMED, f"the class of {layer.part}, which has no other")
    return Fact("activation", "tanh", INFERRED, _usual(layer))


def gates_of(layer: RecurrentLayer, metadata: Mapping[str, str]) -> Fact | None:
    """The function of the gates; None of a cell without them."""
    if layer.cell == "rnn":
        return None
    if layer.convention == "onnx":
        return Fact("gates", _own(_of_direction(layer)[0]), CONFIRMED, "the node of the graph")
    stated = layer.told.get("recurrent_activation")
    version = metadata.get("keras_version", "")
    if isinstance(stated, str):
        old = version.startswith(("1", "2"))
        found = _own(stated)
        named = f"{found} ({'0.2 x + 0.5' if old else 'x / 6 + 0.5'})" if found == "hard_sigmoid" else found
        return Fact("gates", named, CONFIRMED, f"recurrent_activation of {layer.part}")
    if layer.convention == "cudnn":
        return Fact("gates", "sigmoid", CONFIRMED, "the layout of cuDNN, which has no other")
    if layer.convention == "keras" and version.startswith(("1.", "2.0", "2.1", "2.2")) and "tf" not in version:
        said = f"no configuration, and Keras {version} had hard_sigmoid by default; give gates sigmoid where it is that"
        return Fact("gates", "", UNKNOWN, said)
    if "torch" in str(layer.told.get("class", "")):
        return Fact("gates", "sigmoid", CONFIRMED, f"the class of {layer.part}, which has no other")
    return Fact("gates", "sigmoid", INFERRED, _usual(layer))


def _usual(layer: RecurrentLayer) -> str:
    cell = "an LSTM" if layer.cell == "lstm" else "a GRU"
    return f"Keras' default for {cell}" if layer.convention == "keras" else f"what {cell} has in PyTorch and Flax"


def problems_of(layer: RecurrentLayer, gates: Fact | None) -> list[str]:
    """Why no network can be made of this layer, a sentence for each reason; empty where one can."""
    name, found = layer.part, []
    if "peephole" in layer.arrays:
        found.append(f"{name} has peepholes, weights from the cell state to the gates, and no cell here has them")
    if "projection" in layer.arrays:
        found.append(f"{name} projects its {layer.hidden_size} units to {layer.output_size}, and no cell here does")
    if layer.cell == "gru" and layer.resets_after is False:
        found.append(f"{name} is a GRU that resets before its recurrent matrix, and the cell here resets after it")
    if layer.cell == "gru" and layer.resets_after is None:
        found.append(f"{name} is a GRU without biases, and nothing says whether it resets before or after its matrix")
    if gates is not None and gates.known and gates.value != "sigmoid":
        found.append(f"{name} has {gates.value or 'an unknown function'} in its gates, and the cells here have sigmoid")
    if layer.told.get("clip"):
        found.append(f"{name} clips its pre-activations, and no cell here does")
    if layer.told.get("input_forget"):
        found.append(f"{name} ties its input gate to its forget gate, and no cell here does")
    if layer.convention == "onnx" and layer.cell == "lstm":
        names = _of_direction(layer)
        if _own(names[1]) != _own(names[2]):
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


def _own(name: str) -> str:
    """Our name of a function; as the file has it where there is none."""
    return _OWN.get(name.lower(), name)
