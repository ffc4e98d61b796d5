"""Keras' configuration of a model, in JSON: each layer's class and what was said of it."""

from __future__ import annotations

from typing import Final

DEEPEST: Final = 60

RECURRENT: Final = ("SimpleRNN", "LSTM", "GRU", "CuDNNLSTM", "CuDNNGRU", "SimpleRNNCell", "LSTMCell", "GRUCell")


def modules_of(config: object) -> dict[str, dict[str, object]]:
    """Name of a layer → its class, single values of its configuration, and the layer that it reads where one is known.

    The layer that it reads is known in a Sequential model, whose layers stand in their order.
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
        if found[name].get("class") not in ("Dropout", "InputLayer", "Masking", "SpatialDropout1D"):
            before = name
