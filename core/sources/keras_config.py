"""Keras' configuration of a model, in JSON: each layer's class and what was said of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

DEEPEST: Final = 60

PASSED: Final = ("Dropout", "InputLayer", "Masking", "SpatialDropout1D")
"""Layers that change no number of a trained network"""

MERGING: Final = ("Add", "Average", "Multiply", "Maximum", "Minimum", "Subtract", "Dot", "Concatenate")
"""Layers that put several together to one row of numbers"""

RECURRENT: Final = ("SimpleRNN", "LSTM", "GRU", "CuDNNLSTM", "CuDNNGRU", "SimpleRNNCell", "LSTMCell", "GRUCell")


def modules_of(config: object) -> dict[str, dict[str, object]]:
    """Name of a layer → its class, single values of its configuration, and the layer that it reads where one is known.

    The layer that it reads is known in a Sequential model, whose layers stand in their order, and in a functional one,
    where each says what it reads. Of a layer that puts several together, such as Add, `merges` has their names.
    """
    found: dict[str, dict[str, object]] = {}
    _collect(config, found, 0)
    return found


def _collect(value: object, found: dict[str, dict[str, object]], depth: int) -> None:
    if depth > DEEPEST:
        return
    if isinstance(value, list):
        for one in value:
            _collect(one, found, depth + 1)
    if not isinstance(value, dict):
        return
    kind, config = value.get("class_name"), value.get("config")
    if isinstance(kind, str) and isinstance(config, dict) and isinstance(config.get("name"), str):
        plain = {key: one for key, one in config.items() if isinstance(one, str | int | float | bool)}
        found[config["name"]] = {**plain, "class": kind}
    for one in value.values():
        _collect(one, found, depth + 1)
    if kind == "Sequential" and isinstance(config, dict):
        _chain(config.get("layers"), found)
    if kind in ("Functional", "Model") and isinstance(config, dict):
        _graph(config.get("layers"), found)


def _chain(layers: object, found: dict[str, dict[str, object]]) -> None:
    """Which layer each one of a Sequential model reads, with nothing between that changes a number."""
    before = ""
    for layer in layers if isinstance(layers, list) else ():
        config = layer.get("config") if isinstance(layer, dict) else None
        name = config.get("name") if isinstance(config, dict) else None
        if not isinstance(name, str) or name not in found:
            continue
        if before:
            found[name]["reads"] = before
        if found[name].get("class") not in PASSED:
            before = name


def _graph(layers: object, found: dict[str, dict[str, object]]) -> None:
    """Which layer each one of a functional model reads, with nothing between that changes a number."""
    reads: dict[str, list[str]] = {}
    for layer in layers if isinstance(layers, list) else ():
        config = layer.get("config") if isinstance(layer, dict) else None
        name = config.get("name") if isinstance(config, dict) else None
        if isinstance(name, str) and name in found:
            reads[name] = list(dict.fromkeys(_read(layer.get("inbound_nodes"), 0)))
    for name, sources in reads.items():
        if found[name].get("class") in MERGING and len(sources) > 1:
            found[name]["merges"] = " and ".join(sources)
            continue
        source, passed = next(iter(sources), ""), 0
        while found.get(source, {}).get("class") in PASSED and reads.get(source) and passed < len(reads):
            source, passed = reads[source][0], passed + 1
        if found.get(source, {}).get("class", "InputLayer") not in PASSED:
            found[name]["reads"] = source


def _read(nodes: object, depth: int) -> Iterator[str]:
    """The names of the layers that a layer is called with, as Keras 3 and Keras 2 write them, what it reads first."""
    if depth > DEEPEST:
        return
    if isinstance(nodes, dict):
        history = nodes.get("keras_history")
        if isinstance(history, list) and history and isinstance(history[0], str):
            yield history[0]
        for one in nodes.values():
            yield from _read(one, depth + 1)
    elif isinstance(nodes, list):
        if len(nodes) >= 3 and isinstance(nodes[0], str) and all(isinstance(one, int) for one in nodes[1:3]):
            yield nodes[0]
        for one in nodes:
            yield from _read(one, depth + 1)


def merged_before(modules: Mapping[str, Mapping[str, object]], name: str) -> str:
    """What a layer reads of several put together: `add (Add of lstm and lstm_1), and …`; empty where of one only."""
    source = str(modules.get(name, {}).get("reads", ""))
    told = modules.get(source, {})
    return f"{source} ({told.get('class')} of {told['merges']}), and not only this part" if "merges" in told else ""
