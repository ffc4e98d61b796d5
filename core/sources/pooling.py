"""Which states a read-out reads: that of each step, the last, or the mean or the maximum over time.

A file of weights has nothing of it. Keras' configuration has: a layer between that pools, or `return_sequences`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal

from core.network.head_readout import HeadReadout
from core.network.network import Network
from core.sources.arrays import Arrays
from core.sources.facts import CONFIRMED, UNKNOWN, Fact
from core.sources.layers import RecurrentLayer
from core.sources.surroundings import Head, told_of

BETWEEN: Final = ("relu", "tanh", "sigmoid", "identity")
"""The functions that are offered for what stands between the layers of a read-out, the most usual first"""

POOLINGS: Final[Mapping[str, str]] = {"every": "", "last": "", "mean": "mean", "max": "max"}
"""What is answered → how the read-out of the network reads over time; `every` and `last` are which steps are scored"""

_CLASSES: Final[Mapping[str, str]] = {"GlobalAveragePooling1D": "mean", "GlobalMaxPooling1D": "max"}
"""Keras' layers that pool over time"""


def pooling_fact(last: Sequence[RecurrentLayer], heads: Sequence[Head], arrays: Arrays) -> list[Fact]:
    """What is known of the states that the likeliest read-out reads; nothing where there is no read-out.

    Args:
        last: The layer below it, in one direction or two.
        heads: The read-outs, the likeliest first.
        arrays: All that stands in the file.
    """
    if not heads:
        return []
    lowest = heads[0].hidden[0] if heads[0].hidden else heads[0]
    source = str(told_of(arrays, lowest.names[0]).get("reads", ""))
    kind = str(arrays.modules.get(source, {}).get("class", ""))
    if kind in _CLASSES:
        return [Fact("pooling", _CLASSES[kind], CONFIRMED, f"class {kind} of {source}")]
    whole = last[0].told.get("return_sequences")
    if not isinstance(whole, bool) or not source:
        return [Fact("pooling", "", UNKNOWN, f"weights do not tell it; give pooling {', '.join(POOLINGS)}")]
    if len(last) > 1 and not whole:
        said = "the last state of each direction, and a read-out here reads both at one step"
        return [Fact("pooling", said, CONFIRMED, f"return_sequences of {last[0].part}")]
    return [Fact("pooling", "every" if whole else "last", CONFIRMED, f"return_sequences of {last[0].part}")]


def over_time(fact: Fact | None, given: str | None) -> str:
    """How a read-out reads over time, `mean`, `max` or empty, from what the file says and what is asked for.

    Raises:
        ValueError: there is no such way, or the file says another.
    """
    if given not in (None, *POOLINGS):
        raise ValueError(f"pooling must be {', '.join(POOLINGS)}, got {given}")
    told = fact.value if fact is not None and fact.value in POOLINGS else ""
    if POOLINGS.get(told) and given not in (None, told):
        raise ValueError(f"pooling {given} was asked for, and the file says {told}")
    return POOLINGS[given or told or "every"]


def scored_by(pooling: str) -> Literal["every", "last"]:
    """Which steps are scored with a read-out that pools so: one output for each example is that of its last step."""
    return "every" if pooling == "every" else "last"


def head_said(network: Network) -> str:
    """What a read-out has more than one linear layer, a clause: `, with relu in between, over the mean of …`."""
    readout = network.readout
    if not isinstance(readout, HeadReadout):
        return ""
    between = ", ".join(dict.fromkeys(readout.activations))
    over = {"mean": "the mean", "max": "the maximum", "attention": "an attention"}.get(readout.over_time, "")
    both = ", over the product of the two directions" * readout.product
    return (
        both
        + f", with {between} in between" * bool(between)
        + f", over {over} of the states up to its step" * bool(over)
    )
