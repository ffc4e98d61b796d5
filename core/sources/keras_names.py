"""Keras' names: `kernel`, `recurrent_kernel`, `bias`, or `vars.0`, `vars.1`, `vars.2` of a cell; forward and backward.

Keras 2 on cuDNN has biases of 2·G·H numbers in one row, and its kernels in another layout.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from numpy.typing import NDArray

from core.sources.arrays import Arrays
from core.sources.layers import RecurrentLayer, cell_of, fits

_NUMBERED: Final = {"vars.0": "input", "vars.1": "recurrent", "vars.2": "bias"}
_NAMED: Final = {"kernel": "input", "recurrent_kernel": "recurrent", "bias": "bias"}
_DIRECTION: Final = re.compile(r"(forward|backward)_")
_PEEPHOLES: Final = re.compile(r"(.*)\.(input|forget|output)_gate_peephole_weights|(.*)\.peephole.*")
_NOT_NAMES: Final = re.compile(
    r"layers|model_weights|vars|cell|(lstm|gru|simple_rnn)_cell(_\d+)?|forward_.*|backward_.*"
)


def find(arrays: Arrays) -> list[RecurrentLayer]:
    """Every recurrent layer among Keras' names, in the order of the file."""
    groups: dict[str, dict[str, str]] = {}
    peepholes = set()
    for name in arrays.arrays:
        group, role = _role(name)
        if role:
            groups.setdefault(group, {})[role] = name
        if (found := _PEEPHOLES.fullmatch(name)) is not None:
            peepholes.add(found[1] or found[3])
    layers = []
    for group, names in groups.items():
        if not {"input", "recurrent"} <= names.keys():
            continue
        stored: dict[str, NDArray[Any]] = {role: arrays.arrays[name] for role, name in names.items()}
        cell = cell_of(stored["recurrent"], "keras")
        if cell is None or not fits(cell, "keras", stored):
            continue
        if group in peepholes:
            stored["peephole"] = stored["recurrent"]
        layers.append(_layer(group, cell, stored, names, arrays))
    return layers


def _role(name: str) -> tuple[str, str]:
    """The group and the role of a name; no role where it is none of a recurrent layer's."""
    for end, role in {**_NUMBERED, **_NAMED}.items():
        if name.endswith(f".{end}"):
            group = name[: -len(end) - 1]
            if end in _NAMED or group.endswith("cell"):
                return group, role
    return ("", _NAMED[name]) if name in _NAMED else ("", "")


def _layer(
    group: str, cell: str, stored: Mapping[str, NDArray[Any]], names: Mapping[str, str], arrays: Arrays
) -> RecurrentLayer:
    path = group.split(".")
    key, told = _told(path, arrays.modules)
    units = stored["recurrent"].shape[0]
    bias = stored.get("bias")
    one_row = bias is not None and bias.ndim == 1
    doubled = one_row and bias is not None and bias.size == 2 * stored["recurrent"].shape[1]
    convention = "cudnn" if doubled or "CuDNN" in str(told.get("class", "")) else "keras"
    resets_after: bool | None = True
    if cell == "gru" and convention == "keras":
        stated = told.get("reset_after")
        known = stated if isinstance(stated, bool) else None
        resets_after = known if bias is None else bias.size == 6 * units
    direction = next((found[1] for one in path if (found := _DIRECTION.match(one))), "")
    alone = told.get("go_backwards") is True and "forward" not in key
    part = _part(path, arrays.modules) or cell
    around = arrays.modules.get(part, {})
    if "merge_mode" in around:
        told = {**told, "merge_mode": around["merge_mode"]}
    reads, follows = (str(around.get(key, "")) for key in ("reads", "follows"))
    return RecurrentLayer(
        part,
        cell,
        convention,
        stored,
        names,
        backward=direction == "backward" or alone,
        in_its_order=alone and not direction,
        told=told,
        resets_after=resets_after,
        reads=reads or follows,
        reads_guessed=not reads,
    )


def _told(path: list[str], modules: Mapping[str, Mapping[str, object]]) -> tuple[str, Mapping[str, object]]:
    """What the configuration says of the layer at this path: the innermost one that has units."""
    places = [".".join(path[:end]) for end in range(len(path), 0, -1)] + path[::-1]
    for key in places:
        if "units" in modules.get(key, {}):
            return key, modules[key]
    return "", {}


def _part(path: list[str], modules: Mapping[str, Mapping[str, object]]) -> str:
    """The name of the layer that a person gave or Keras made: `gru_1`, `bidirectional`, `encoder.lstm`."""
    told = [place for end in range(len(path), 0, -1) if (place := ".".join(path[:end])) in modules]
    for key in (*told, *path):
        if "units" in modules.get(key, {}) or modules.get(key, {}).get("class") == "Bidirectional":
            name = str(modules[key].get("name", key))
            if not _DIRECTION.match(name):
                return name
    names = [one for one in path if not _NOT_NAMES.fullmatch(one)]
    return ".".join(dict.fromkeys(names))
