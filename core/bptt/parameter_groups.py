"""Families of parameters: the lines that a gradient profile is shown as, however many parameters a cell has.

A parameter's name says what it makes and what it reads: W_fa makes the gate f and reads the state a. Parameters
can so be taken together by **source** (all that read a, all that read x, all biases) or by **gate** (all that make
f), and the contribution of a group is that of its parameters laid side by side in one long vector:

    ‖contribution(t, k) of a group‖² = Σ over its parameters θ of ‖contribution(t, k) of θ‖²

In the vanilla cell, one parameter reads each source, and the groups by source are the parameters themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from core.bptt.backward import READOUT_USES
from core.network.cells.protocol import Source
from core.numerics.frozen import FrozenMapping

if TYPE_CHECKING:
    from core.network.network import Network

Grouping: TypeAlias = Literal["source", "gate", "parameter"]

GROUPINGS: tuple[Grouping, ...] = ("source", "gate", "parameter")

_READS: Mapping[Source, str] = FrozenMapping({"a": "all W_·a", "x": "all W_·x", "1": "all b_·"})


@dataclass(frozen=True)
class ParameterGroup:
    """Parameters that are shown as one line."""

    name: str
    """The parameter's own name where it is alone, `all W_·a` or `gate f` otherwise"""
    parameters: tuple[str, ...]
    recurrent: bool
    """Whether the contributions pass through the Jacobians, and so have lags; the read-out's do not"""
    sources: tuple[Source, ...]
    """What the parameters read"""
    gates: tuple[str, ...]
    """What they make: the gates' letters, `a` in the vanilla cell, `y` for the read-out"""


def parameter_groups(network: Network, by: Grouping = "source") -> Mapping[str, ParameterGroup]:
    """The groups of a network's parameters by name, in the order of display, those of the read-out last.

    Args:
        network: The network.
        by: What the parameters of one group have in common; `parameter`: each stands for itself.
    """
    found: dict[tuple[str, ...], list[str]] = {}
    uses = network.cell.uses()
    for name, use in uses.items():
        key = {"source": (use.source,), "gate": (gate(name),), "parameter": (name,)}[by]
        found.setdefault(key, []).append(name)
    whole = [_group(tuple(names), {name: uses[name].source for name in names}, by) for names in found.values()]
    whole += [ParameterGroup(name, (name,), False, (use.source,), ("y",)) for name, use in READOUT_USES.items()]
    return FrozenMapping({group.name: group for group in whole})


def grouped(network: Network) -> bool:
    """Whether there is anything to take together: several parameters that read the same."""
    return any(len(line.parameters) > 1 for line in parameter_groups(network).values())


def gate(parameter: str) -> str:
    """What a parameter makes: the first letter of its subscript, `f` for W_fa, W_fx and b_f."""
    return parameter.partition("_")[2][:1]


def _group(names: tuple[str, ...], sources: Mapping[str, Source], by: Grouping) -> ParameterGroup:
    read = tuple(dict.fromkeys(sources.values()))
    made = tuple(dict.fromkeys(gate(name) for name in names))
    together = _READS[read[0]] if by == "source" else f"gate {made[0]}"
    return ParameterGroup(names[0] if len(names) == 1 else together, names, True, read, made)
