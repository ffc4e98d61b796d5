"""ONNX: a graph of operations, whose RNN, LSTM and GRU nodes are the recurrent parts.

A weight is an initializer, or what Identity, Cast, Transpose, Unsqueeze, Squeeze, Slice, Concat, Reshape or If make of
one, which is worked out here. What matters around a recurrent node is read from the graph: which node it reads, which
matrix is behind it and which table of embeddings before it. Weights that stand in a second file are read from it where
it lies beside the first. Source: https://onnx.ai/onnx/repo-docs/IR.html, and its operators LSTM, GRU and RNN.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.sources.arrays import MOST_ARRAYS, Arrays, is_number, viewed, widened_bfloat16
from core.sources.onnx_folding import DEEPEST, OPERATIONS
from core.sources.protobuf import Message

RECURRENT: Final = ("RNN", "LSTM", "GRU")
INPUTS: Final = {1: "W", 2: "R", 3: "B", 7: "P"}
"""Which input of a recurrent node is which array: weights, recurrent weights, biases, peepholes"""

_TYPES: Final = {1: "<f4", 6: "<i4", 7: "<i8", 10: "<f2", 11: "<f8"}
_BOOLEAN, _BFLOAT16, _EXTERNAL = 9, 16, 1
_PASSED: Final = ("Transpose", "Squeeze", "Reshape", "Identity", "Dropout", "Cast", "Slice", "Gather", "Unsqueeze")
"""What may stand between two recurrent nodes, or between one and its read-out, without changing a number"""

Beside = Callable[[str], bytes]
"""Gives the content of a file that lies beside the one that is read, by its name"""


@dataclass(frozen=True)
class Node:
    """An operation: the names of what it reads and makes, and its attributes."""

    kind: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Message]

    @property
    def scope(self) -> str:
        """The module that the exporter made it from, with dots: `/encoder/rnn/LSTM` is of `encoder.rnn`."""
        return ".".join(self.name.strip("/").split("/")[:-1])


def read(data: bytes, beside: Beside) -> Arrays:
    """The arrays of an ONNX model: those of its recurrent nodes, and of the matrices and tables around them.

    Raises:
        ValueError: it is no ONNX model or damaged, or its weights stand in a file that is not there.
    """
    graph = Message(memoryview(data)).message(7)
    if graph is None:
        raise ValueError("it has no graph")
    return _Graph(graph, beside, len(data)).arrays()


class _Graph:
    """The nodes of a graph, and its constants, worked out when they are asked for."""

    def __init__(self, graph: Message, beside: Beside, size: int) -> None:
        self.nodes = [_node(message) for message in graph.messages(1)]
        self._initializers = {tensor.text(8): tensor for tensor in graph.messages(5)}
        if len(self.nodes) + len(self._initializers) > MOST_ARRAYS:
            raise ValueError(f"it has more than {MOST_ARRAYS:,} nodes and arrays, as no network has")
        self._makers = {name: node for node in self.nodes for name in node.outputs if name}
        self._readers: dict[str, list[Node]] = {}
        for node in self.nodes:
            for name in node.inputs:
                self._readers.setdefault(name, []).append(node)
        self._known: dict[str, NDArray[Any] | None] = {}
        self._beside, self._size = beside, size

    def arrays(self) -> Arrays:
        arrays: dict[str, NDArray[Any]] = {}
        modules: dict[str, dict[str, object]] = {}
        recurrent = [node for node in self.nodes if node.kind in RECURRENT]
        names: dict[int, str] = {}
        for node in recurrent:
            names[id(node)] = _unique(node.scope or node.name or node.outputs[0], modules)
            modules[names[id(node)]] = {}
        for node in recurrent:
            name = names[id(node)]
            for at, what in INPUTS.items():
                found = self.constant(node.inputs[at]) if at < len(node.inputs) and node.inputs[at] else None
                if found is not None:
                    arrays[f"{name}.{what}"] = found
            before = self._before(node.inputs[0]) if node.inputs else None
            modules[name] = _told(node) | {"reads": names.get(id(before), "")}
        for node in self.nodes:
            self._around(node, arrays)
        return Arrays("ONNX", "onnx", arrays, modules)

    def constant(self, name: str, depth: int = 0) -> NDArray[Any] | None:
        """The array of any shape that has this name, None where it depends on the input."""
        if name not in self._known:
            self._known[name] = None  # also while it is worked out: a cycle ends here
            if name in self._initializers:
                self._known[name] = tensor(self._initializers[name], self._beside)
            elif name in self._makers and depth < DEEPEST:
                self._known[name] = self._folded(self._makers[name], depth)
        return self._known[name]

    def _folded(self, node: Node, depth: int) -> NDArray[Any] | None:
        if node.kind == "Constant" and "value" in node.attributes:
            value = node.attributes["value"].message(5)
            return None if value is None else tensor(value, self._beside)
        if node.kind == "If":
            return self._chosen(node, depth)
        if node.kind not in OPERATIONS:
            return None
        given = [self.constant(name, depth + 1) if name else None for name in node.inputs]
        if not given or any(one is None for one, name in zip(given, node.inputs, strict=True) if name):
            return None
        found = OPERATIONS[node.kind](given, node.attributes)
        if found is not None and found.nbytes > 2 * self._size + 4096:
            raise ValueError("its constants become larger than the file itself")
        return found

    def _chosen(self, node: Node, depth: int) -> NDArray[Any] | None:
        """What a branch gives whose condition is a constant, or where both give the same initializer."""
        condition = self.constant(node.inputs[0], depth + 1) if node.inputs else None
        if condition is None or condition.size != 1:
            return None
        graph = node.attributes.get("then_branch" if condition.all() else "else_branch")
        inner = None if graph is None else graph.message(6)
        if inner is None:
            return None
        branch = _Graph(inner, self._beside, self._size)
        branch._known = dict(self._known)
        branch._makers = self._makers | branch._makers
        branch._initializers = self._initializers | branch._initializers
        outputs = inner.messages(12)
        return branch.constant(outputs[0].text(1), depth + 1) if outputs else None

    def _before(self, name: str) -> Node | None:
        """The recurrent node that a value comes from, with nothing between that changes a number."""
        for _ in range(DEEPEST):
            node = self._makers.get(name)
            if node is None or node.kind in RECURRENT:
                return node
            if node.kind not in _PASSED:
                return None
            name = node.inputs[0]
        return None

    def _around(self, node: Node, arrays: dict[str, NDArray[Any]]) -> None:
        """The matrix of a linear layer, as (outputs, inputs), with its bias; a table of embeddings."""
        if node.kind == "Gather" and len(node.inputs) == 2:
            table = self.constant(node.inputs[0])
            if table is not None and table.ndim == 2 and is_number(table.dtype):
                arrays[_unique(node.inputs[0] if "emb" in node.inputs[0] else "embedding.weight", arrays)] = table
        if node.kind not in ("MatMul", "Gemm") or len(node.inputs) < 2:
            return
        matrix = self.constant(node.inputs[1])
        if matrix is None or matrix.ndim != 2 or not is_number(matrix.dtype):
            return
        transposed = node.kind == "Gemm" and "transB" in node.attributes and node.attributes["transB"].integer(3)
        name = _unique(node.scope or node.inputs[1].removesuffix(".weight"), arrays, ".weight")
        arrays[f"{name}.weight"] = matrix if transposed else matrix.T
        added = [node.inputs[2]] if len(node.inputs) > 2 else []
        for reader in self._readers.get(node.outputs[0], ()) if node.outputs else ():
            added += [one for one in reader.inputs if reader.kind == "Add" and one != node.outputs[0]]
        for one in added:
            bias = self.constant(one)
            if bias is not None and bias.shape == (len(arrays[f"{name}.weight"]),):
                arrays[f"{name}.bias"] = bias


def _unique(name: str, taken: Mapping[str, object], end: str = "") -> str:
    found, number = name, 1
    while f"{found}{end}" in taken:
        found, number = f"{name}_{number}", number + 1
    return found


def _node(message: Message) -> Node:
    attributes = {one.text(1): one for one in message.messages(5)}
    return Node(message.text(4), message.text(3), tuple(message.texts(1)), tuple(message.texts(2)), attributes)


def _told(node: Node) -> dict[str, object]:
    """What a recurrent node says of itself."""
    of = node.attributes
    told: dict[str, object] = {"class": node.kind}
    for name in ("hidden_size", "linear_before_reset", "input_forget", "layout"):
        if name in of:
            told[name] = of[name].integer(3)
    if "direction" in of:
        told["direction"] = of["direction"].text(4)
    if "activations" in of:
        told["activations"] = " ".join(of["activations"].texts(9))
    if "activation_alpha" in of or "activation_beta" in of:
        told["scaled"] = True
    if "clip" in of:
        told["clip"] = True
    return told


def tensor(message: Message, beside: Beside) -> NDArray[Any] | None:
    """The array of any shape that a TensorProto describes; None where its numbers are of another kind than weights.

    Raises:
        ValueError: there are more or fewer numbers than its shape says.
    """
    shape, kind, name = tuple(message.integers(1)), message.integer(2), repr(message.text(8))
    raw: bytes | memoryview = message.content(9)
    if message.integer(14) == _EXTERNAL:
        raw = _external(message, beside, name)
    if kind == _BOOLEAN:
        raw = raw or bytes(message.integers(5))
        return viewed(raw, np.dtype("?"), shape, name)
    if kind == _BFLOAT16:
        return widened_bfloat16(raw).reshape(shape)
    if kind not in _TYPES:
        return None
    if not len(raw):
        raw = _typed(message, kind)
    return viewed(raw, np.dtype(_TYPES[kind]), shape, name)


def _typed(message: Message, kind: int) -> bytes:
    """The numbers where they stand in a field of their own type."""
    if kind in (1, 11):
        return message.floats(4 if kind == 1 else 10)
    if kind == 10:
        return np.array(message.integers(5), "<u2").tobytes()
    return np.array(message.integers(5 if kind == 6 else 7), _TYPES[kind]).tobytes()


def _external(message: Message, beside: Beside, name: str) -> memoryview:
    """The bytes of an array that stand in a second file."""
    place = {entry.text(1): entry.text(2) for entry in message.messages(13)}
    content = memoryview(beside(place.get("location", "")))
    start, length = int(place.get("offset", "0")), int(place.get("length", str(len(content))))
    if not 0 <= start <= start + length <= len(content):
        raise ValueError(f"{name} lies outside of the second file, {place.get('location')}")
    return content[start : start + length]
