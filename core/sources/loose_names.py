"""Names that people give by hand: `w_ih`, `enc_W_hh`, `Wxh`, `Waa`, `bh`. Whatever is found so is marked as a guess."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from numpy.typing import NDArray

from core.sources.arrays import Arrays
from core.sources.layers import RecurrentLayer, cell_of, fits

_NAMES: Final = {
    "input": re.compile(r"(.*?)[wW](?:eights?)?_?(?:ih|xh|ax|x)(_l?\d+)?"),
    "recurrent": re.compile(r"(.*?)[wW](?:eights?)?_?(?:hh|aa|h)(_l?\d+)?"),
    "bias": re.compile(r"(.*?)b(?:ias)?_?(?:ih|h|a|x|)(_l?\d+)?"),
    "recurrent_bias": re.compile(r"(.*?)b(?:ias)?_?hh(_l?\d+)?"),
}


def find(arrays: Arrays) -> list[RecurrentLayer]:
    """Every recurrent layer among names given by hand, in the order of the file."""
    groups: dict[tuple[str, str], dict[str, str]] = {}
    for name in arrays.arrays:
        for role in ("recurrent_bias", "recurrent", "input", "bias"):
            found = _NAMES[role].fullmatch(name)
            if found is not None:
                groups.setdefault((found[1], found[2] or ""), {}).setdefault(role, name)
                break
    layers = (_layer(*key, names, arrays.arrays) for key, names in groups.items())
    return [layer for layer in layers if layer is not None]


def _layer(
    prefix: str, number: str, names: Mapping[str, str], arrays: Mapping[str, NDArray[Any]]
) -> RecurrentLayer | None:
    if not {"input", "recurrent"} <= names.keys():
        return None
    stored = {role: arrays[name] for role, name in names.items()}
    part = prefix.strip("._/ ") + number
    index = int(re.sub(r"\D", "", number) or 0) if "l" in number else 0
    for convention in ("torch", "keras"):
        cell = cell_of(stored["recurrent"], convention)
        if cell is not None and fits(cell, convention, stored):
            after = True if convention == "torch" else None
            whose = "PyTorch" if convention == "torch" else "Keras"
            said = f"the names and shapes of {names['input']} and {names['recurrent']}, and {whose}'s order of gates"
            return RecurrentLayer(part or cell, cell, convention, stored, names, index, guess=said, resets_after=after)
    return None
